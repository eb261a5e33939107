"""Codes → what a person reads."""
