"""What is typed becomes what is meant: one converter for each type that a parameter may have."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import unquote

from bot.command import Call, Entries, Name, Parameter
from bot.nearby import short_names_like
from bot.reading import read_list
from bot.scanning import Word, text_of
from bot.suggestions import close_to, did_you_mean
from spaces import access
from spaces.errors import Ambiguous, Malformed, Refusal, Unknown
from spaces.finding import find_place
from spaces.identifiers import GroupId, NetworkId, PlaceId, RoomId, UserId, printable
from spaces.sentences import Sentence, listed, sentence
from spaces.unseen import Kind, unknown

_KINDS: dict[type[PlaceId], Kind] = {NetworkId: "network", GroupId: "group", PlaceId: "any"}
_PERMALINK = re.compile(r"https?://matrix\.to/#/([^\s?)>\]]+)", re.IGNORECASE)
_URI = re.compile(r"matrix:(u|r|roomid)/([^\s/?)>\]]+)", re.IGNORECASE)
_SIGILS = {"u": "@", "r": "#", "roomid": "!"}
_BETWEEN_PEOPLE = re.compile(r"[\s,;]+")
_WRAPPING = "<>()[]"


async def converted(parameter: Parameter, words: Sequence[Word], call: Call) -> Any:
    """The value of `parameter` that `words` give. Raises a `Refusal` that says what cannot be read."""
    text = text_of(words) if words else ""
    if parameter.is_place:
        return await _places(parameter, words, call)
    if parameter.many:
        return list(dict.fromkeys(_user(piece) for piece in _people_in(text)))
    if parameter.type is Entries:
        return Entries("".join(("\n" if word.starts_line else " ") + word.raw for word in words))
    if parameter.choices:
        return _choice(parameter, text)
    return _PLAIN[parameter.type](text)


async def is_place_there(parameter: Parameter, words: Sequence[Word], call: Call) -> bool:
    """Whether these words are the name of a place that the speaker may see, or of several."""
    try:
        await _place(parameter, text_of(words), call)
    except Unknown:
        return False
    except Refusal:
        return True
    return True


class _Nowhere(Unknown):
    """No place that the speaker may see is what was `typed`."""

    def __init__(self, said: Sentence, typed: str) -> None:
        super().__init__(said)
        self.typed = typed


async def _places(parameter: Parameter, words: Sequence[Word], call: Call) -> Any:
    """The place, or the list of them. What is not known is answered with what may be meant."""
    try:
        if parameter.many:
            return await read_list(words, lambda typed: _place(parameter, typed, call))
        return await _place(parameter, text_of(words) if words else "", call)
    except _Nowhere as nowhere:
        kind = _KINDS[parameter.type]
        guesses = await short_names_like(nowhere.typed, kind, call)
        raise unknown(kind, nowhere.typed, did_you_mean(guesses)) from None


async def _place(parameter: Parameter, typed: str, call: Call) -> PlaceId:
    """By slug, name or alias, or by the id of its room or a link to it; only what the speaker may see."""
    kind = _KINDS[parameter.type]
    meant = _identifier_in(typed)
    try:
        if meant.startswith("!"):
            room = RoomId.parse(meant)
            found = await call.work.place_of_room(room)
            place = access.require_sight(call.landscape, call.standing, found, typed, kind=kind)
        else:
            place = _found(meant, kind, call)
    except Unknown as refused:
        raise _Nowhere(refused.said, typed) from None
    made: PlaceId = parameter.type(place)
    return made


def _found(meant: str, kind: Kind, call: Call) -> PlaceId:
    """By name. Which places have that name is told to the speaker alone."""
    try:
        return find_place(call.landscape, call.standing, meant, kind=kind, server=call.server)
    except Ambiguous as several:
        if call.heard.is_direct:
            raise
        raise Ambiguous("Several have that name; ask me in a direct message.") from several


def _identifier_in(typed: str) -> str:
    """The Matrix identifier that a link points to, be it matrix.to or `matrix:`; else what was typed."""
    if link := _PERMALINK.search(typed):
        return unquote(link[1].partition("/")[0])
    if uri := _URI.search(typed):
        return _SIGILS[uri[1].lower()] + unquote(uri[2])
    return typed


def _people_in(text: str) -> list[str]:
    pieces = (piece.strip(_WRAPPING) for piece in _BETWEEN_PEOPLE.split(text))
    return [piece for piece in pieces if piece and piece.casefold() != "and"]


def _user(typed: str) -> UserId:
    return UserId.parse(_identifier_in(typed).strip(_WRAPPING))


def _number(typed: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", typed):
        raise Malformed("“{typed}” is not a number. One looks like 3.", typed=printable(typed)[:40])
    return int(typed)


def _choice(parameter: Parameter, typed: str) -> Any:
    said = typed.casefold()
    try:
        return parameter.type(said)
    except ValueError:
        choices = listed((sentence("`{it}`", it=choice) for choice in parameter.choices), "or")
        guess = did_you_mean(close_to(said, parameter.choices, 1))
        shown = printable(typed)[:40]
    if not parameter.is_option:
        raise Malformed(
            "“{typed}” is not one of {choices}.{guess}", typed=shown, choices=choices, guess=guess
        )
    raise Malformed(
        "“{typed}” is not one of {choices}, which `{option}` can be.{guess}",
        typed=shown,
        choices=choices,
        option=parameter.option,
        guess=guess,
    )


_PLAIN: dict[Any, Callable[[str], Any]] = {
    str: str,
    Name: Name,
    bool: lambda _: True,
    int: _number,
    UserId: _user,
}
