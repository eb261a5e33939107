# Each target is a command of the package `dev`, which runs on Python 3.10 or newer.
PYTHON ?= python3
export ODOO ADDONS_PATH DB ONLY CHECK RUNS KILLS MAILS FAULTS SECONDS SEED

.PHONY: help demo test bench scale soak fuzz mails odoo-tests serve lint sizes screenshots
help:
	@echo "make demo     everything, then the main job on sample mailboxes; CHECK=1: once, exit 0 or 1"
	@echo "make test     everything, then all tests; SUITE=addon ARGS='-k name' for some"
	@echo "make bench    all figures: name ours peer ratio unit; ONLY=name for one"
	@echo "make scale    5,000 mailboxes, and a million leads: figures against their bars; ONLY="
	@echo "make soak     mails while everything is killed, sending under faults, bad servers; KILLS= MAILS= …"
	@echo "make mails    every mail of the folder DIR= through Dovecot, a sync and the CRM, and checked"
	@echo "make odoo-tests  Odoo's own tests with and without the addon: what differs; ONLY=/crm"
	@echo "make fuzz     fuzz what reads bytes from strangers: a million runs, or RUNS="
	@echo "make serve    the web client; ODOO= ADDONS_PATH= DB= for your own"
	@echo "make lint     ruff, pylint-odoo, XML, sizes, the addon's pages, translations"
	@echo "make sizes    the longest files and functions"
	@echo "make screenshots  the pictures in docs/screenshots, taken anew"

demo bench scale soak fuzz odoo-tests serve lint sizes screenshots:
	@$(PYTHON) -m dev $@

test:
	@$(PYTHON) -m dev test $(SUITE) $(if $(ARGS),-- $(ARGS))

mails:
	@$(PYTHON) -m dev mails "$(DIR)"
