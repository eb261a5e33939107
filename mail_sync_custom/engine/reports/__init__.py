"""What mail systems and mail programs report about mails that were sent.

``notices`` says which header blocks may belong to a report, ``reading`` turns a message into a
:class:`~.report.Report`, and ``attribution`` finds the mail that it is about. ``automatic`` is
about answers that no person wrote. All of it is pure, and none of it ever raises.
"""
