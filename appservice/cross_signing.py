"""Cross-signing (Client-Server API, “Cross-signing”): others' clients refuse a device without it.

    master key ──signs──▶ self-signing key ──signs──▶ the bot's device
         └──────signs──▶ user-signing key            (unused, but a complete set is expected)

The three private keys are seeds of 32 bytes. They are made once, and kept in our database sealed with
the key from the configuration.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from spaces.errors import Unavailable
from spaces.identifiers import UserId

Sign = Callable[[Mapping[str, Any]], str]
_USAGES = ("master", "self_signing", "user_signing")
_SEED_BYTES = 32
_NONCE_BYTES = 12


def derived(key: str, purpose: str) -> bytes:
    """32 bytes for one purpose from the key in the configuration (HKDF, RFC 5869)."""
    return HKDF(SHA256(), 32, salt=None, info=f"hedgerow {purpose}".encode()).derive(key.encode())


@dataclass(frozen=True, slots=True)
class Seeds:
    """The private keys, by usage."""

    master: bytes
    self_signing: bytes
    user_signing: bytes

    @classmethod
    def fresh(cls) -> Self:
        return cls(*(secrets.token_bytes(_SEED_BYTES) for _ in _USAGES))

    def sealed(self, key: str, user: UserId) -> str:
        """As text that only `key` opens, for `user` only (AES-256-GCM)."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        plain = self.master + self.self_signing + self.user_signing
        cipher = AESGCM(derived(key, "cross-signing seeds"))
        return base64.b64encode(nonce + cipher.encrypt(nonce, plain, user.encode())).decode()

    @classmethod
    def opened(cls, sealed: str, key: str, user: UserId) -> Self:
        """Raises `Unavailable` where `key` is not the one that it was sealed with."""
        try:
            raw = base64.b64decode(sealed, validate=True)
            cipher = AESGCM(derived(key, "cross-signing seeds"))
            plain = cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], user.encode())
        except (InvalidTag, ValueError):
            raise Unavailable(
                "`encryption.key` does not open the bot's cross-signing keys in the database: it is not the "
                "key that they were sealed with. Nothing was changed. Put the former key back, from a backup "
                "of the configuration; without it, `encryption.enabled: false` starts without encryption."
            ) from None
        return cls(*(plain[n : n + _SEED_BYTES] for n in range(0, 3 * _SEED_BYTES, _SEED_BYTES)))


class SigningKeys:
    """The public keys that belong to the seeds, and what is signed with them."""

    def __init__(self, seeds: Seeds, user: UserId) -> None:
        self._user = user
        self._private = {
            usage: Ed25519PrivateKey.from_private_bytes(getattr(seeds, usage)) for usage in _USAGES
        }
        self.ids = {
            usage: _unpadded(key.public_key().public_bytes_raw()) for usage, key in self._private.items()
        }

    def published(self) -> dict[str, Any]:
        """The body of `/keys/device_signing/upload`: each key, the two lower ones signed by the master."""
        keys = {usage: self._public(usage) for usage in _USAGES}
        for usage in _USAGES[1:]:
            keys[usage] = self._signed("master", keys[usage])
        return {f"{usage}_key": key for usage, key in keys.items()}

    def master_signed_by(self, device_id: str, sign: Sign) -> dict[str, Any]:
        """The master key with the device's signature: clients that know the device know the key then."""
        key = self._public("master")
        return {**key, "signatures": {self._user: {f"ed25519:{device_id}": sign(key)}}}

    def device_signed(self, device: Mapping[str, Any]) -> dict[str, Any]:
        """The device's keys as published, with the self-signing key's signature alone."""
        bare = {name: value for name, value in device.items() if name not in ("signatures", "unsigned")}
        return self._signed("self_signing", bare)

    def are_published(self, answer: Mapping[str, Any]) -> bool:
        """Whether the homeserver shows these keys for the bot (an answer of `/keys/query`)."""
        shown = {usage: _shown(answer, usage, self._user) for usage in _USAGES}
        return all(_key_of(key) == self.ids[usage] for usage, key in shown.items() if usage != "user_signing")

    def _public(self, usage: str) -> dict[str, Any]:
        id_ = self.ids[usage]
        return {"user_id": self._user, "usage": [usage], "keys": {f"ed25519:{id_}": id_}}

    def _signed(self, by: str, plain: Mapping[str, Any]) -> dict[str, Any]:
        signature = _unpadded(self._private[by].sign(canonical(plain)))
        return {**plain, "signatures": {self._user: {f"ed25519:{self.ids[by]}": signature}}}


def is_cross_signed(answer: Mapping[str, Any], user: UserId, device_id: str) -> bool:
    """Whether the device's keys are signed by a self-signing key that the master key signed.

    `answer` is that of `/keys/query` for `user`. It is what anybody's client looks at.
    """
    master, own = (_shown(answer, usage, user) for usage in ("master", "self_signing"))
    device = device_shown(answer, user, device_id)
    return (
        device is not None
        and _is_signed(own, user, _key_of(master), _key_of(master))
        and _is_signed(device, user, _key_of(own), _key_of(own))
        and _is_signed(device, user, device_id, device["keys"].get(f"ed25519:{device_id}"))
    )


def device_shown(answer: Mapping[str, Any], user: UserId, device_id: str) -> dict[str, Any] | None:
    """The device's keys in an answer of `/keys/query`; None where it has published none."""
    device = _inside(answer, "device_keys", user, device_id)
    return device if isinstance(device, dict) and isinstance(device.get("keys"), dict) else None


def devices_shown(answer: Mapping[str, Any], user: UserId) -> frozenset[str]:
    """The ids of all devices that have published keys, in an answer of `/keys/query`."""
    devices = _inside(answer, "device_keys", user)
    return frozenset(devices) if isinstance(devices, dict) else frozenset()


def _shown(answer: Mapping[str, Any], usage: str, user: UserId) -> object:
    return _inside(answer, f"{usage}_keys", user)


def _inside(value: object, *path: str) -> object:
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _key_of(key: object) -> str | None:
    """The public key, where there is exactly one."""
    keys = _inside(key, "keys")
    found = [value for value in keys.values() if isinstance(value, str)] if isinstance(keys, dict) else []
    return found[0] if len(found) == 1 else None


def _is_signed(signed: object, user: UserId, key_id: str | None, public: object) -> bool:
    signature = _inside(signed, "signatures", user, f"ed25519:{key_id}")
    if not isinstance(signed, dict) or not isinstance(signature, str) or not isinstance(public, str):
        return False
    bare = {name: value for name, value in signed.items() if name not in ("signatures", "unsigned")}
    try:
        Ed25519PublicKey.from_public_bytes(_bytes(public)).verify(_bytes(signature), canonical(bare))
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return True


def canonical(value: Mapping[str, Any]) -> bytes:
    """Canonical JSON (specification, appendix “Signing JSON”)."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _unpadded(raw: bytes) -> str:
    return base64.b64encode(raw).decode().rstrip("=")


def _bytes(unpadded: str) -> bytes:
    return base64.b64decode(unpadded + "=" * (-len(unpadded) % 4))
