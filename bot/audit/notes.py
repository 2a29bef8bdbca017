"""What an entry without a difference tells: the words that were noted, as sentences for people.

A new note needs a row in `_NOTES`. Without one its words are not shown, since they may name what the
reader must not know of.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from bot.audit.ports import Entry
from bot.reply import Code, Inline, Person
from spaces.identifiers import UserId
from spaces.sentences import Sentence, counted, sentence

_Said = Sentence | Callable[[int], Sentence]
_PERSON = r"(?P<person>@\S+)"

_NOTES: tuple[tuple[str, _Said], ...] = (
    # what is done by command
    (r"(?P<how>.*): looked at by @\S+, as an admin", sentence("looked at {place} with {how}, as an admin")),
    (r"code create (?P<number>\d+)", sentence("made code {number}, which lets people into {place}")),
    (
        r"code create (?P<number>\d+) --role coordinator",
        sentence("made code {number}, which makes people coordinators of {place}"),
    ),
    (r"code revoke (?P<number>\d+)", sentence("ended code {number} of {place}")),
    (r"redeem code (?P<number>\d+)", sentence("used code {number} of {place}")),
    (
        r"invite (?P<count>\d+) people",
        lambda n: counted("invited one person to {place}", "invited {count} people to {place}", n),
    ),
    (rf"accept {_PERSON}", sentence("said yes to an invitation to {place}")),
    (rf"decline {_PERSON}", sentence("said no to an invitation to {place}")),
    (rf"(join|knock) {_PERSON}: asks to be let in", sentence("asked to be let into {place}")),
    (rf"withdraw {_PERSON}", sentence("no longer asks to be let into {place}")),
    (rf"approve(d)? {_PERSON}(, in a Matrix client)?", sentence("let {person} into {place}")),
    (
        rf"(deny|denied|by hand: deny) {_PERSON}(, in a Matrix client)?",
        sentence("did not let {person} into {place}"),
    ),
    ("release(d)?", sentence("released {place}")),
    (
        r"list (organisation|service) (?P<number>\d+)",
        sentence("put listing {number} into the directory of {place}"),
    ),
    (r"edit listing (?P<number>\d+)", sentence("changed listing {number} of {place}")),
    (
        r"remove listing (?P<number>\d+)",
        sentence("took listing {number} out of the directory of {place}"),
    ),
    (
        rf"steward add {_PERSON}: listing (?P<number>\d+)",
        sentence("made {person} a steward of listing {number} of {place}"),
    ),
    (
        rf"steward remove {_PERSON}: listing (?P<number>\d+)",
        sentence("made {person} no longer a steward of listing {number} of {place}"),
    ),
    (
        r"confirm (?P<count>\d+) listings",
        lambda n: counted("confirmed one listing of {place}", "confirmed {count} listings of {place}", n),
    ),
    (r"offer (?P<number>\d+)", sentence("was told of offer {number} in {place}")),
    (r"want (?P<number>\d+)", sentence("was told of want {number} in {place}")),
    (r"together (?P<number>\d+)", sentence("brought two people together about {number} in {place}")),
    (r"close (offer|want) (?P<number>\d+)", sentence("took {number} away from {place}")),
    ("digest schedule off", sentence("ended the digest of {place}")),
    (r"digest schedule (?P<how>.+)", sentence("chose when the digest of {place} comes: {how}")),
    (
        r"directory import: new (?P<new>\d+), changed (?P<others>\d+)",
        sentence("imported listings into {place}: {new} new, {others} changed"),
    ),
    # what is done by hand
    (rf"by hand: invite {_PERSON}", sentence("invited {person} to {place}")),
    (rf"(by hand: )?kick {_PERSON}", sentence("took {person} out of {place}")),
    (rf"by hand: ban {_PERSON}", sentence("banned {person} from {place}")),
    (rf"by hand: unban {_PERSON}", sentence("ended the ban of {person} from {place}")),
    (
        rf"by hand: power of {_PERSON}",
        sentence("changed the power of {person} in {place} from {before} to {after}"),
    ),
    ("by hand: picture", sentence("changed the picture of {place}")),
    (r"by hand: room (?P<room>\S+) added", sentence("put the room {room} into {place}")),
    (r"by hand: room (?P<room>\S+) taken out", sentence("took the room {room} out of {place}")),
    ("by hand: listed again", sentence("listed {place} again")),
    (r"by hand: taken off the list of \S+", sentence("took {place} off the list of a network")),
    ("by hand: the bot was taken out", sentence("took Hedgerow out of {place}")),
    ("(by hand: )?upgrade", sentence("gave {place} a new room: {after} in place of {before}")),
    (
        "by hand: upgrade not followed",
        sentence("marked {place} as replaced by a room that does not replace it"),
    ),
    # what comes of it by itself
    (
        rf"no path left for {_PERSON}: stays for (?P<count>\d+) days",
        lambda n: counted(
            "found no way left for {person} into {place}, where they can stay for one day more",
            "found no way left for {person} into {place}, where they can stay for {count} days more",
            n,
        ),
    ),
    (rf"took out {_PERSON}: no path left", sentence("took {person}, who had no way left, out of {place}")),
    (
        rf"put back what {_PERSON} changed by hand: .+",
        sentence("put back what {person} had changed in {place}"),
    ),
    (
        "put back what the homeserver had lost: .+",
        sentence("put back what the homeserver had lost of {place}"),
    ),
    (
        r"not confirmed: (?P<count>\d+) listings",
        lambda n: counted(
            "marked one listing of {place}, which nobody confirms, as perhaps out of date",
            "marked {count} listings of {place}, which nobody confirms, as perhaps out of date",
            n,
        ),
    ),
    ("requests: .* told", sentence("reminded those who can let people into {place}")),
    ("gave up: .+", sentence("could not do something that {place} needs")),
)
_TYPED = ("how", "room")


def what_was_noted(entry: Entry, place: Inline) -> Sentence:
    """`entry.what` in words, without its subject and full stop."""
    for pattern, said in _NOTES:
        if found := re.fullmatch(pattern, entry.what, re.DOTALL):
            texts = {"before": entry.before, "after": entry.after, **found.groupdict()}
            parts = {name: _shown(name, text or "") for name, text in texts.items() if name != "count"}
            one = said if isinstance(said, Sentence) else said(int(texts["count"] or 0))
            return replace(one, parts={**one.parts, **parts, "place": place})
    return sentence("changed {place}", place=place)


def _shown(name: str, text: str) -> Inline | str:
    if name == "person":
        return Person(UserId(text))
    return Code(text) if name in _TYPED else text
