"""Signing in at a provider, and the tokens that come of it: authlib on the engine's network."""
