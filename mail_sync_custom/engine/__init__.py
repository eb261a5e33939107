"""The mail engine: plain Python that knows nothing of Odoo.

A mail flows one way: ``session`` (bytes from a server) → ``sync`` (what is new; whose is it; what
to fetch) → the ``Store`` that ``sync`` declares. Decisions are pure functions and tables; only
``session`` and ``smtp`` open a connection.
"""
