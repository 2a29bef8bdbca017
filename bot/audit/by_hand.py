"""What an entry without a difference tells: what people did in their clients, and what was done about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from bot.audit.ports import Entry
from bot.reply import Inline, Person
from spaces.identifiers import UserId
from spaces.sentences import Sentence, sentence

_SAID: Mapping[str, Sentence] = {
    r"by hand: invite (@\S+)": sentence("invited {person} to {place}"),
    r"by hand: deny (@\S+)": sentence("did not let {person} into {place}"),
    r"by hand: kick (@\S+)": sentence("took {person} out of {place}"),
    r"by hand: ban (@\S+)": sentence("banned {person} from {place}"),
    r"by hand: unban (@\S+)": sentence("ended the ban of {person} from {place}"),
    r"by hand: power of (@\S+)": sentence("set the level of {person} in {place} from {before} to {after}"),
    r"by hand: picture": sentence("changed the picture of {place}"),
    r"by hand: room \S+ added": sentence("put a room into {place}"),
    r"by hand: room \S+ taken out": sentence("took a room out of {place}"),
    r"by hand: taken off the list of \S+": sentence("took {place} off the list of its network"),
    r"by hand: listed again": sentence("put {place} on the list of its network again"),
    r"by hand: the bot was taken out": sentence("took me out of {place}"),
    r"put back what (@\S+) changed by hand: .*": sentence("put back what {person} had changed in {place}"),
    r"put back what the homeserver had lost: .*": sentence(
        "put back what the homeserver had lost of {place}"
    ),
    r"pause": sentence("paused {place}"),
    r"resume": sentence("resumed {place}"),
    r"paused after a fight": sentence("gave up a fight over {place}"),
    r"no path left for (@\S+): .*": sentence("found that no network of {person} leads to {place} any more"),
    r"took out (@\S+): no path left": sentence("took {person} out of {place}, with no network left to it"),
}
_PATTERNS = [(re.compile(pattern), said) for pattern, said in _SAID.items()]


def said_of(entry: Entry, place: Inline) -> Sentence | None:
    """What was done with `place`, where there is a sentence for it."""
    for pattern, said in _PATTERNS:
        if (found := pattern.fullmatch(entry.what)) is not None:
            person = {"person": Person(UserId(found[1]))} if found.groups() else {}
            levels = {"before": entry.before, "after": entry.after} if "{before}" in said.text else {}
            return replace(said, parts={"place": place, **person, **levels})
    return None
