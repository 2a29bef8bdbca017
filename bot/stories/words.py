"""What is told about stories to those who did not just speak, and what several replies share."""

from __future__ import annotations

from collections.abc import Sequence

from bot.networks.phrases import link
from bot.networks.rules import named
from bot.reply import Block, Document, EventLink, Inline, Line, Text, paragraph, say
from spaces.access import Standing, may_see
from spaces.identifiers import NetworkId, PlaceId, UserId
from spaces.landscape import Landscape
from spaces.network import Group
from spaces.sentences import Sentence, sentence
from spaces.stories import Level, Levels, Story, on_one_line, title, way_of
from spaces.wanted import room_name

_SHOWN_OF_TEXT = 200


def shown_title(story: Story, level: Level | None, standing: Standing) -> Inline:
    """Its headline or first words, with a link to the message for who is in that room."""
    shown = title(story, level)
    return EventLink(shown, story.room, story.event) if story.group in standing.joined else Text(shown)


def byline(story: Story) -> Sentence | str:
    """How its author is named."""
    return sentence("a member") if story.byline is None else story.byline


def way(landscape: Landscape, standing: Standing, places: Sequence[PlaceId]) -> Line:
    """`Singing for Lungs → Arts & Health → Somerset`, without the places that the reader may not see.

    `places` come from `spaces.stories.way_of`: the group, then each network. Admins read as others do.
    """
    reader = Standing(standing.user, joined=standing.joined, invited=standing.invited)
    group, *networks = places
    seen = [network for network in networks if may_see(landscape, reader, network)]
    parts: list[Inline] = [link(named(landscape, network)) for network in seen]
    if may_see(landscape, reader, group):
        parts.insert(0, Text(room_name(landscape, landscape.place(group))))
    elif seen and seen[0] == networks[0]:
        parts[0] = sentence("a group of {network}", network=parts[0])
    return tuple(one for n, part in enumerate(parts) for one in ((Text(" → "), part) if n else (part,)))


def shown_way(
    landscape: Landscape, standing: Standing, story: Story, levels: Levels, network: NetworkId
) -> Line:
    return way(landscape, standing, way_of(story, levels, network))


def told_in_full(
    landscape: Landscape, standing: Standing, story: Story, levels: Levels, network: NetworkId
) -> Sentence:
    """One line about a story as a network has it: `“Headline”, by Mia (Singing → Arts & Health)`."""
    return sentence(
        "“{title}”, by {author} ({way})",
        title=shown_title(story, levels.get(network), standing),
        author=byline(story),
        way=shown_way(landscape, standing, story, levels, network),
    )


def proposed(landscape: Landscape, network: NetworkId, by: UserId) -> Document:
    """In the room, to who has proposed a message."""
    name = landscape.networks[network].name
    if by in landscape.coordinators_of(network):
        return say("It is a story of {network} now. Who wrote it can take it away.", network=name)
    return say(
        "It is proposed to the coordinators of {network}. Who wrote it can take it away.", network=name
    )


# -- to the author ------------------------------------------------------------------------------------


def to_the_author(landscape: Landscape, story: Story, *, is_taken: bool, closed: bool) -> Document:
    """Once: what was proposed, where it may appear, and what they can do about it."""
    group = landscape.groups[story.group]
    network, number = landscape.networks[group.home], story.number
    parts = {
        "group": link(named(landscape, group.id)),
        "network": link(named(landscape, network.id)),
        "text": EventLink(on_one_line(story.text, _SHOWN_OF_TEXT), story.room, story.event),
    }
    blocks: list[Block] = [
        paragraph("What you wrote in {group} is a story of {network} now: “{text}”", **parts)
        if is_taken
        else paragraph(
            "What you wrote in {group} is proposed as a story to the coordinators of {network}: “{text}”",
            **parts,
        )
    ]
    blocks += [
        paragraph(
            "{where} You are named as {name}.", where=_where(landscape, group, closed), name=byline(story)
        ),
        paragraph(
            "Would you rather not? Reply `withdraw`, or say `story withdraw {number}` at any time: it is "
            "then gone everywhere.",
            number=number,
        ),
        paragraph(
            "Another name: `story byline {number} NAME` or `story byline {number} --anonymous`. It stands on "
            "public pages and in print only if you say `story print {number} yes`.",
            number=number,
        ),
    ]
    if closed:
        blocks.append(
            paragraph(
                "{group} is for invited people, so it goes no further than {network} unless you say "
                "`story share {number}`.",
                group=parts["group"],
                network=parts["network"],
                number=number,
            )
        )
    return Document(tuple(blocks))


def _where(landscape: Landscape, group: Group, closed: bool) -> Sentence:
    """Where it may come to stand."""
    network = link(named(landscape, group.home))
    if closed or not landscape.parents(group.home):
        return sentence("It may stand in digests of {network}.", network=network)
    return sentence(
        "It may stand in digests of {network}, and be offered to the networks above.", network=network
    )
