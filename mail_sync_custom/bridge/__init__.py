"""The bridge between the engine and Odoo: the engine's Store over recordsets."""
