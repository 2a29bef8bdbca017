"""The registration of the test rigs, for the fake and for the real homeserver: made-up tokens, one bot."""

from __future__ import annotations

import re
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml


@dataclass
class Registration:
    """An application service whose bot is `@hedgerow:hs.test`, which is not its `sender_localpart`.

    `url` is where it listens; None means that nothing is pushed. `more` is merged into the file.
    """

    url: str | None = None
    server_name: str = "hs.test"
    appservice_id: str = "hedgerow"
    as_token: str = "test-as-token-0a1b2c3d4e5f"
    hs_token: str = "test-hs-token-f5e4d3c2b1a0"
    sender_localpart: str = "_hedgerow_sender_7c1e"
    bot_localpart: str = "hedgerow"
    alias_prefix: str = "hedge_"
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def port(self) -> int:
        """The port of `url`: where a test's application service has to listen."""
        port = urllib.parse.urlsplit(self.url or "").port
        if port is None:
            raise ValueError("this registration has no url")
        return port

    @property
    def bot(self) -> str:
        return f"@{self.bot_localpart}:{self.server_name}"

    @property
    def sender(self) -> str:
        return f"@{self.sender_localpart}:{self.server_name}"

    @property
    def user_pattern(self) -> str:
        return f"(?i:@{re.escape(self.bot_localpart)}:{re.escape(self.server_name)})"

    @property
    def alias_pattern(self) -> str:
        return f"(?i:#{re.escape(self.alias_prefix)}.*:{re.escape(self.server_name)})"

    def as_mapping(self) -> dict[str, Any]:
        """The registration as the specification's file has it."""
        return {
            "id": self.appservice_id,
            "url": self.url,
            "as_token": self.as_token,
            "hs_token": self.hs_token,
            "sender_localpart": self.sender_localpart,
            "rate_limited": False,
            "receive_ephemeral": False,
            "protocols": ["hedgerow"],
            "namespaces": {
                "users": [{"exclusive": True, "regex": self.user_pattern}],
                "aliases": [{"exclusive": True, "regex": self.alias_pattern}],
                "rooms": [],
            },
            **self.more,
        }

    def write(self, path: Path) -> Path:
        path.write_text(yaml.safe_dump(self.as_mapping(), sort_keys=False), encoding="utf-8")
        return path
