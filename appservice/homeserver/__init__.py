"""The homeserver, spoken to as the bot.

What comes back and what goes wrong is in `answers.py`, how a request is made in `session.py`, and the
single calls are in `calls.py`: each knows those before it. `kinds.py` has words to count them by.
"""

from __future__ import annotations

from appservice.homeserver.answers import Disowned, HomeserverError, Limited, TooLarge, Unreachable
from appservice.homeserver.calls import Homeserver
from appservice.homeserver.session import Identity, quoted

__all__ = [
    "Disowned",
    "Homeserver",
    "HomeserverError",
    "Identity",
    "Limited",
    "TooLarge",
    "Unreachable",
    "quoted",
]
