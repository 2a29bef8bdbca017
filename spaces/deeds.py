"""What people may ask for, and what is said to those who may not: who can, and whom to ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum

from spaces.identifiers import NetworkId, PlaceId, UserId
from spaces.landscape import Landscape
from spaces.sentences import Listed, Sentence, listed, sentence

_NAMED_AT_MOST = 3


class Deed(StrEnum):
    """What may be asked for."""

    CREATE_TOP = "create a network at the top"
    CREATE_UNDER = "create a network under it"
    CREATE_GROUP = "create a group in it"
    RENAME = "rename it"
    DESCRIBE = "describe it or change who gets in"
    LINK = "link it"
    UNLINK = "unlink it"
    SHARE = "share it"
    COORDINATE = "name its coordinators"
    ARCHIVE = "archive or restore it"
    RELEASE = "release it"
    INVITE = "invite to it"
    ACCEPT = "answer for it"
    BAN = "ban people from it or take them out"
    AUDIT = "read its audit log"
    PAUSE = "pause or resume it"
    ADOPT = "bring rooms into it"
    UPGRADE = "upgrade it"
    LIST = "list organisations and services in it"
    ANNOUNCE = "announce something in its name"


_WHO_CAN: Mapping[Deed, Sentence] = {
    Deed.CREATE_UNDER: sentence("Only a coordinator of {whose} can create a network under it."),
    Deed.CREATE_GROUP: sentence("Only a coordinator of {whose} can create a group in it."),
    Deed.RENAME: sentence("Only a coordinator of {whose} can rename it."),
    Deed.DESCRIBE: sentence("Only a coordinator of {whose} can describe it or change who gets in."),
    Deed.LINK: sentence("Only a coordinator of {whose} can link it."),
    Deed.UNLINK: sentence("Only a coordinator of {whose} can unlink it."),
    Deed.SHARE: sentence("Only a coordinator of {whose} can share it."),
    Deed.COORDINATE: sentence("Only a coordinator of {whose} can name its coordinators."),
    Deed.ARCHIVE: sentence("Only a coordinator of {whose} can archive or restore it."),
    Deed.RELEASE: sentence("Only a coordinator of {whose} can release it."),
    Deed.INVITE: sentence("Only a coordinator of {whose} can invite to it."),
    Deed.ACCEPT: sentence("Only a coordinator of {whose} can answer for it."),
    Deed.BAN: sentence("Only a coordinator of {whose} can ban people from it or take them out."),
    Deed.AUDIT: sentence("Only a coordinator of {whose} can read its audit log."),
    Deed.PAUSE: sentence("Only a coordinator of {whose} can pause or resume it."),
    Deed.ADOPT: sentence("Only a coordinator of {whose} can bring rooms into it."),
    Deed.UPGRADE: sentence("Only a coordinator of {whose} can upgrade it."),
    Deed.LIST: sentence("Only a coordinator of {whose} can list organisations and services in it."),
    Deed.ANNOUNCE: sentence("Only a coordinator of {whose} can announce something in its name."),
}


def refusal_at_top(*, open_creation: bool) -> Sentence:
    """To who may not create a network at the top."""
    if open_creation:
        return sentence(
            "Only people with an account on this server can create a network at the top. Ask one of them."
        )
    return sentence(
        "Only an admin of this server can create a network at the top. Ask one, "
        "or ask a coordinator of a network to create yours under it."
    )


def refusal_within(
    landscape: Landscape, deed: Deed, place: PlaceId, network: NetworkId, *, names_network: bool
) -> Sentence:
    """To who may not do `deed` to `place`, which is `network` or a group of it.

    Without `names_network` they may not see the network, and it is not named.
    """
    called, home = landscape.place(place).name, landscape.networks[network].name
    if not names_network:
        whose = sentence("the network that “{group}” belongs to", group=called)
        return sentence("{who_can} Ask there.", who_can=_who_can(deed, whose))
    whose = sentence("“{network}”", network=home)
    if place != network:
        whose = sentence("“{network}”, which “{group}” belongs to,", network=home, group=called)
    who_can, coordinators = _who_can(deed, whose), landscape.coordinators_of(network)
    if not coordinators:
        return sentence(
            "{who_can} There is none at present. Ask an admin of this server to name one: `coordinator add`.",
            who_can=who_can,
        )
    return sentence("{who_can} Ask {people}.", who_can=who_can, people=_some_of(coordinators))


def _who_can(deed: Deed, whose: Sentence) -> Sentence:
    return replace(_WHO_CAN[deed], parts={"whose": whose})


def _some_of(coordinators: tuple[UserId, ...]) -> Listed:
    return listed(coordinators[:_NAMED_AT_MOST], "or")
