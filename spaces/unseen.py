"""The one sentence for a place that is not there and for one that is hidden."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from spaces.errors import Unknown
from spaces.identifiers import PlaceId, printable
from spaces.sentences import Sentence, sentence

Kind = Literal["network", "group", "any"]
"""What somebody should have named."""

_TYPED_AT_MOST = 80


def unknown(what: Kind, typed: str, guess: Sentence | str = "") -> Unknown:
    """The one answer for what is not there and for what is hidden.

    It depends on nothing but what was typed and `what` was looked for: `network`, `group` or `any`;
    and on `guess`, which is a question of other places, with a space before it.
    """
    shown = " ".join(printable(typed.replace("\n", " ")).split())[:_TYPED_AT_MOST]
    said = (_UNKNOWN if shown else _NAMELESS)[what]
    return Unknown(replace(said, parts={"name": shown, "guess": guess}))


_UNKNOWN: Mapping[Kind, Sentence] = {
    "network": sentence(
        "I know no network called “{name}”.{guess} `tree` shows the networks that you can see."
    ),
    "group": sentence("I know no group called “{name}”.{guess} `tree` shows the networks that you can see."),
    "any": sentence(
        "I know no network or group called “{name}”.{guess} `tree` shows the networks that you can see."
    ),
}
_NAMELESS: Mapping[Kind, Sentence] = {
    "network": sentence("I know no network of that name. `tree` shows the networks that you can see."),
    "group": sentence("I know no group of that name. `tree` shows the networks that you can see."),
    "any": sentence("I know no network or group of that name. `tree` shows the networks that you can see."),
}


def is_kind(place: PlaceId, kind: Kind) -> bool:
    """Whether a place is of the kind that somebody should have named."""
    return {"network": place.is_network, "group": place.is_group}.get(kind, True)
