"""Digests: what happened, once, for each person, at their hour."""
