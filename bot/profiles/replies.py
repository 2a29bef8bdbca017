"""What is answered about a profile: what is written, who finds it, and what can be done next."""

from __future__ import annotations

from collections.abc import Iterator

from bot.command import Call, reply_to
from bot.networks.phrases import links
from bot.profiles.commands import Deed, FieldTold, ProfileTold
from bot.reply import Block, Bullet, Document, Paragraph, item, paragraph, say
from spaces.sentences import counted, sentence

_FIRST = {
    Deed.LOOKED: sentence("You have written this about yourself:"),
    Deed.WRITTEN: sentence("It is written. This is what there is now:"),
    Deed.SHOWN: sentence("From now on it is like this:"),
}


@reply_to(ProfileTold)
def profile_told(result: ProfileTold, call: Call) -> Document:
    if not result.fields:
        return _nothing_written(result)
    if result.deed is Deed.HIDDEN:
        return say(
            "Nobody finds you in the directory from now on. What you have written is kept: `profile` tells "
            "it, and `profile show public` or `profile show network NETWORK` lets it be found again."
        )
    first = Paragraph((_FIRST[result.deed],))
    return Document((first, *map(_line_of, result.fields), *_what_then(result)))


def _nothing_written(result: ProfileTold) -> Document:
    if result.deed is Deed.WRITTEN:
        return say("It is taken out. There is nothing now that anybody could find about you.")
    return say(
        "You have written nothing about yourself, so nobody finds you. For example: `profile set skills: "
        "welding, bicycles; place: Taunton`. Nobody finds that either, until you show it."
    )


def _line_of(told: FieldTold) -> Bullet:
    field, text = told.field.value, told.text
    if told.everyone:
        return item("`{field}`: {text} – everyone finds it.", field=field, text=text)
    if told.networks:
        networks = links(told.networks)
        return item(
            "`{field}`: {text} – members of {networks} find it.", field=field, text=text, networks=networks
        )
    return item("`{field}`: {text} – nobody finds it.", field=field, text=text)


def _what_then(result: ProfileTold) -> Iterator[Block]:
    found = [one for one in result.fields if one.is_found]
    if not found:
        yield paragraph(
            "Nobody finds you yet. `profile show public` lets everyone find it, `profile show network "
            "NETWORK` the members of a network that you are in; `--field` names one part of it."
        )
    else:
        yield paragraph(
            "Who finds it sees your name and your Matrix ID with it. `profile hide` takes you out at once."
        )
    if result.deed is Deed.WRITTEN and found and len(found) < len(result.fields):
        yield paragraph("What nobody finds is found once you say so: `profile show public`, for example.")
    if result.away:
        away = counted(
            "You show something to members of one network that you are not in now. They find nothing of it.",
            "You show something to members of {count} networks that you are not in now. They find nothing "
            "of it.",
            result.away,
        )
        yield Paragraph((away,))
