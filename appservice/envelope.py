"""Words that nobody but their reader is to see: sealed as long as they wait in the database.

What is sealed stands in a text, as data, and is opened only when the message goes out. The key is made
of the application service's token, which is in the configuration and not in the database.
"""

from __future__ import annotations

import base64
import re
import secrets
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from appservice.cross_signing import derived

_SEALED = re.compile(r"⟦sealed:([A-Za-z0-9_=-]+)⟧")
_NONCE_BYTES = 12
_LOST = "…"


class Envelope:
    """Seals with a key made of `token`; without one, with a key that is gone with the process."""

    def __init__(self, token: str = "") -> None:
        self._cipher = AESGCM(derived(token or secrets.token_hex(32), "words on their way"))

    def sealed(self, text: str) -> str:
        """`text` as it may be kept (AES-256-GCM)."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        raw = nonce + self._cipher.encrypt(nonce, text.encode(), None)
        return f"⟦sealed:{base64.urlsafe_b64encode(raw).decode()}⟧"

    def opened(self, carried: Any) -> Any:
        """`carried` (mappings, lists and text) with all that is sealed in it opened."""
        if isinstance(carried, str):
            return _SEALED.sub(lambda found: self._open(found[1]), carried) if "⟦" in carried else carried
        if isinstance(carried, dict):
            return {key: self.opened(value) for key, value in carried.items()}
        if isinstance(carried, (list, tuple)):
            return [self.opened(value) for value in carried]
        return carried

    def _open(self, sealed: str) -> str:
        """What was sealed with another token, or by nobody, stays unsaid."""
        try:
            raw = base64.urlsafe_b64decode(sealed)
            return self._cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], None).decode()
        except (InvalidTag, ValueError):
            return _LOST
