"""Connections to a mail server before any protocol: names, sockets, TLS, bytes in bounds."""
