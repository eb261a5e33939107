"""What makes a bare machine ready for Mail Sync: Odoo, PostgreSQL, Dovecot, SMTP, demo data.

`python3 -m dev` lists the commands. The modules `console`, `paths`, `machine`, `odoo` and
`venv` need the standard library only, for they run before anything is installed; all others
run in the virtual environment that `venv` makes. All state lies in `.dev/`.
"""
