"""The bot's cross-signing keys: kept sealed, published whole, and judged as any client judges them."""

from __future__ import annotations

import base64
import copy
from collections.abc import Mapping
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from appservice.cross_signing import Seeds, SigningKeys, canonical, is_cross_signed
from spaces.errors import Unavailable
from spaces.identifiers import UserId
from tests.appservice.stage import ALICE, BOT

KEY, DEVICE = "a-key-of-the-configuration", "HEDGEROW1"
Json = dict[str, Any]


def unpadded(raw: bytes) -> str:
    return base64.b64encode(raw).decode().rstrip("=")


class Device:
    """A device's own signing key."""

    def __init__(self) -> None:
        self.private = Ed25519PrivateKey.generate()
        self.public = unpadded(self.private.public_key().public_bytes_raw())

    def sign(self, plain: Mapping[str, Any]) -> str:
        return unpadded(self.private.sign(canonical(plain)))

    def published(self, user: UserId = BOT) -> Json:
        keys = {f"ed25519:{DEVICE}": self.public, f"curve25519:{DEVICE}": self.public}
        plain = {"user_id": user, "device_id": DEVICE, "algorithms": [], "keys": keys}
        signatures = {user: {f"ed25519:{DEVICE}": self.sign(plain)}}
        return {**plain, "signatures": signatures, "unsigned": {"device_display_name": "Hedgerow"}}


def shown(signing: SigningKeys, device: Device) -> Json:
    """What a homeserver shows once all is uploaded."""
    keys, published = signing.published(), device.published()
    signed = signing.device_signed(published)
    signatures = {BOT: {**published["signatures"][BOT], **signed["signatures"][BOT]}}
    return {
        "device_keys": {BOT: {DEVICE: {**published, "signatures": signatures}}},
        "master_keys": {BOT: keys["master_key"]},
        "self_signing_keys": {BOT: keys["self_signing_key"]},
    }


def test_seeds_come_back_with_their_key_and_with_no_other() -> None:
    seeds = Seeds.fresh()
    sealed = seeds.sealed(KEY, BOT)
    assert Seeds.opened(sealed, KEY, BOT) == seeds
    assert seeds.sealed(KEY, BOT) != sealed
    assert Seeds.fresh() != seeds
    for text, key, user in (
        (sealed, f"{KEY}x", BOT),
        (sealed, KEY, ALICE),
        (sealed[:-8], KEY, BOT),
        ("?", KEY, BOT),
    ):
        with pytest.raises(Unavailable, match=r"`encryption\.key` does not open") as refused:
            Seeds.opened(text, key, user)
        assert "Put the former key back" in refused.value.sentence


def test_a_device_that_is_signed_from_the_master_key_down_is_cross_signed() -> None:
    signing, device = SigningKeys(Seeds.fresh(), BOT), Device()
    answer = shown(signing, device)
    assert is_cross_signed(answer, BOT, DEVICE)
    assert signing.are_published(answer)
    assert not SigningKeys(Seeds.fresh(), BOT).are_published(answer)
    assert not is_cross_signed(answer, BOT, "ANOTHER")
    assert not is_cross_signed(answer, ALICE, DEVICE)


def test_the_master_key_bears_the_devices_signature() -> None:
    signing, device = SigningKeys(Seeds.fresh(), BOT), Device()
    master = signing.master_signed_by(DEVICE, device.sign)
    plain = {name: value for name, value in master.items() if name != "signatures"}
    assert plain == signing.published()["master_key"]
    assert master["signatures"] == {BOT: {f"ed25519:{DEVICE}": device.sign(plain)}}


def _other_identity(answer: Json) -> None:
    answer["device_keys"][BOT][DEVICE]["keys"][f"curve25519:{DEVICE}"] = "something else"


def _unsigned_by_us(answer: Json) -> None:
    signatures = answer["device_keys"][BOT][DEVICE]["signatures"][BOT]
    for name in list(signatures):
        if name != f"ed25519:{DEVICE}":
            del signatures[name]


def _unsigned_by_itself(answer: Json) -> None:
    del answer["device_keys"][BOT][DEVICE]["signatures"][BOT][f"ed25519:{DEVICE}"]


def _other_master(answer: Json) -> None:
    answer["master_keys"] = {BOT: SigningKeys(Seeds.fresh(), BOT).published()["master_key"]}


def _no_master(answer: Json) -> None:
    del answer["master_keys"]


def _two_keys(answer: Json) -> None:
    answer["self_signing_keys"][BOT]["keys"]["ed25519:more"] = "more"


def _nonsense(answer: Json) -> None:
    answer["self_signing_keys"][BOT] = ["?"]


def _bad_signature(answer: Json) -> None:
    signatures = answer["self_signing_keys"][BOT]["signatures"][BOT]
    signatures.update(dict.fromkeys(signatures, "é"))


@pytest.mark.parametrize(
    "spoil",
    [
        _other_identity,
        _unsigned_by_us,
        _unsigned_by_itself,
        _other_master,
        _no_master,
        _two_keys,
        _nonsense,
        _bad_signature,
    ],
)
def test_a_chain_that_is_broken_anywhere_is_none(spoil: Any) -> None:
    answer = copy.deepcopy(shown(SigningKeys(Seeds.fresh(), BOT), Device()))
    spoil(answer)
    assert not is_cross_signed(answer, BOT, DEVICE)
