"""The HTML of a mail → HTML that is safe to show and has every word that its reader sees."""
