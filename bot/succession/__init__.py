"""A network that nobody looks after: its members propose who is to, and agree."""
