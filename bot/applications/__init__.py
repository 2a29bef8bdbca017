"""Applications: people ask to be let in, coordinators decide. The commands are in `commands.py`."""
