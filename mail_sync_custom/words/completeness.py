"""What the comparison of a folder with the server found, as a person reads it."""

from ._marker import _lt

#: In the order in which they are shown.
FOUND = {
    "present": _lt("On their leads: %s."),
    "unrelated": _lt("Concerning no lead: %s."),
    "report": _lt("Reports about sent mails: %s."),
    "listed": _lt("Left out, with an address that is never recorded: %s."),
    "internal": _lt("Left out, only among colleagues: %s."),
    "old": _lt("Left out, older than you chose: %s."),
    "removed": _lt("Removed on purpose: %s."),
    "set_aside": _lt("Set aside: %s."),
    "deleted": _lt("Missing, deleted in the CRM: %s."),
    "lead_deleted": _lt("Missing, deleted with a lead: %s."),
    "left_out": _lt("Missing, not recorded when they were read: %s."),
}


def words(env, tally):
    """Return how many mails there are of each kind; ``tally`` counts them by code."""
    found = [env._(text, tally[code]) for code, text in FOUND.items() if tally.get(code)]
    return " ".join(found) or env._("The folder is empty.")
