"""What is answered when networks, groups, links and roles have changed."""

from __future__ import annotations

from collections.abc import Iterator

from bot.command import Call, reply_to
from bot.languages import LANGUAGES
from bot.networks.asking import Waiting
from bot.networks.describing import Described, Renamed
from bot.networks.founding import AlreadyThere, Created, GroupCreated
from bot.networks.linking import Accepted, Declined, LinkAsked, Linked, Unlinked
from bot.networks.membership import AlreadyIn, InvitedTo, Left, NotOpen
from bot.networks.phrases import in_a_row, link, links, people, stays_for, who_gets_in
from bot.networks.roles import CoordinatorAdded, CoordinatorRemoved
from bot.networks.rules import Named
from bot.reply import Block, Bold, Bullet, Document, Paragraph, Person, line, paragraph, say
from spaces.sentences import Sentence, counted, sentence


@reply_to(Created)
def created(result: Created, call: Call) -> Document:
    if not result.network.is_made:
        return _proposed(result)
    return Document(
        (
            Paragraph((_is_made(result),)),
            *(waits(waiting) for waiting in result.waiting),
            paragraph(
                "You look after it, and an invitation to it waits for you. It begins with {groups}.",
                groups=links(result.kit),
            ),
            paragraph("Next: `group create NAME --in {slug}`", slug=result.network.slug),
        )
    )


def _is_made(result: Created) -> Sentence:
    network, ways = link(result.network), who_gets_in(result.ways)
    if result.waiting or not result.parents:
        return sentence("{network} is made. {ways}", network=network, ways=ways)
    parents = links(result.parents)
    return sentence("{network} is made, under {parents}. {ways}", network=network, parents=parents, ways=ways)


def _proposed(result: Created) -> Document:
    return Document(
        (
            paragraph(
                "{bridge} will be a bridge between {networks}.",
                bridge=Bold(result.network.name),
                networks=links(result.parents),
            ),
            *(waits(waiting) for waiting in result.waiting),
            paragraph("Then it is made, and I tell you. {ways}", ways=who_gets_in(result.ways)),
        )
    )


def waits(waiting: Waiting) -> Paragraph:
    """Whose yes is waited for."""
    if waiting.side is None:
        return paragraph("It waits for the yes of a network that you cannot see.")
    network = link(waiting.side)
    if not waiting.who:
        return paragraph(
            "It waits for the yes of {network}, which has no coordinator at present. "
            "An admin can name one: `coordinator add @USER --in {slug}`",
            network=network,
            slug=waiting.side.slug,
        )
    return paragraph(
        "It waits for the yes of {network}. I have asked {people}.",
        network=network,
        people=people(waiting.who, "and"),
    )


@reply_to(GroupCreated)
def group_created(result: GroupCreated, call: Call) -> Document:
    made = sentence(
        "{group} is made, in {network}. {ways}",
        group=link(result.group),
        network=link(result.home),
        ways=who_gets_in(result.ways),
    )
    sealed = sentence("It is end-to-end encrypted.") if result.encrypted else None
    short_name = paragraph("Its short name is `{slug}`.", slug=result.group.slug)
    return Document((in_a_row(made, sealed), short_name))


@reply_to(AlreadyThere)
def already_there(result: AlreadyThere, call: Call) -> Document:
    place, slug = link(result.place), result.place.slug
    if result.place.is_made:
        already = paragraph("{place} is already there: `show {slug}`", place=place, slug=slug)
    else:
        already = paragraph("{bridge} is already proposed: `show {slug}`", bridge=place, slug=slug)
    return Document((already, *(waits(waiting) for waiting in result.waiting)))


@reply_to(Renamed)
def renamed(result: Renamed, call: Call) -> Document:
    place = link(result.place)
    if result.place == result.before:
        return say("{place} is its name already.", place=place)
    changed = paragraph("{before} is called {place} now.", before=Bold(result.before.name), place=place)
    return Document((changed, _new_short_name(result.place, result.before)))


@reply_to(Described)
def described(result: Described, call: Call) -> Document:
    place = link(result.place)
    if not result.changed:
        return say("{place} is like that already.", place=place)
    told: list[Block] = [paragraph("{place} is changed. {ways}", place=place, ways=who_gets_in(result.ways))]
    if result.topic:
        told.append(paragraph("It is about: {topic}", topic=result.topic))
    elif result.topic is not None:
        told.append(paragraph("It has no topic now."))
    if result.language:
        told.append(
            paragraph(
                "I speak {language} there with everyone who has not chosen a language.",
                language=LANGUAGES[result.language],
            )
        )
    if result.timezone:
        told.append(
            paragraph(
                "The clock of {zone} holds there for everyone who has not chosen a time zone.",
                zone=result.timezone,
            )
        )
    if result.questions:
        told.append(paragraph("Who applies to join is asked:"))
        told += [Bullet(line(question)) for question in result.questions]
    elif result.questions is not None:
        told.append(paragraph("Who applies to join is asked nothing now."))
    told += _settled(result)
    if result.place.slug != result.before.slug:
        told.append(_new_short_name(result.place, result.before))
    return Document(tuple(told))


def _settled(result: Described) -> Iterator[Paragraph]:
    """How long people stay without a path, and what those who join are told."""
    if result.grace_days is not None:
        yield Paragraph((stays_for(result.grace_days),))
    if result.offer is True:
        yield paragraph("I tell everyone who joins it which groups there are.")
    if result.offer is False:
        yield paragraph("Only who talks with me already is told which groups there are.")


def _new_short_name(place: Named, before: Named) -> Paragraph:
    return paragraph(
        "Its short name is `{slug}` now; `{before}` still leads there.", slug=place.slug, before=before.slug
    )


@reply_to(Linked)
def linked(result: Linked, call: Call) -> Document:
    child, parent, ways = link(result.child), link(result.parent), who_gets_in(result.ways)
    if result.was_there:
        return say("{child} is already under {parent}. {ways}", child=child, parent=parent, ways=ways)
    return say("{child} is now under {parent}. {ways}", child=child, parent=parent, ways=ways)


@reply_to(LinkAsked)
def link_asked(result: LinkAsked, call: Call) -> Document:
    child, parent = link(result.child), link(result.parent)
    if result.again:
        asked = paragraph("{child} is already asked to be under {parent}.", child=child, parent=parent)
    else:
        asked = paragraph("{child} is to be under {parent}.", child=child, parent=parent)
    then = paragraph("With that yes: {ways}", ways=who_gets_in(result.ways))
    return Document((asked, waits(result.waiting), then))


@reply_to(Unlinked)
def unlinked(result: Unlinked, call: Call) -> Document:
    child, parent = link(result.child), link(result.parent)
    if result.was_asked:
        return say(
            "{child} does not come under {parent}; the question is closed.", child=child, parent=parent
        )
    gone = sentence("{child} is no longer under {parent}.", child=child, parent=parent)
    still = sentence("It is still under {parents}.", parents=links(result.parents))
    return Document((in_a_row(gone, still if result.parents else None),))


@reply_to(Accepted)
def accepted(result: Accepted, call: Call) -> Document:
    if result.parents:
        agreed = sentence("You have agreed for {networks}.", networks=links(result.parents))
    else:
        agreed = sentence("You have agreed.")
    bridge = link(result.bridge)
    if result.waiting:
        not_yet = in_a_row(agreed, sentence("{bridge} is not made yet.", bridge=bridge))
        return Document((not_yet, *(waits(waiting) for waiting in result.waiting)))
    made = sentence("{bridge} is made. {ways}", bridge=bridge, ways=who_gets_in(result.ways))
    return Document((in_a_row(agreed, made),))


@reply_to(Declined)
def declined(result: Declined, call: Call) -> Document:
    bridge, networks = Bold(result.bridge.name), links(result.parents)
    if result.parents and result.given_up:
        return say(
            "You have declined {bridge} for {networks}, and it will not be made.",
            bridge=bridge,
            networks=networks,
        )
    if result.parents:
        return say("You have declined {bridge} for {networks}.", bridge=bridge, networks=networks)
    if result.given_up:
        return say("You have declined {bridge}, and it will not be made.", bridge=bridge)
    return say("You have declined {bridge}.", bridge=bridge)


@reply_to(CoordinatorAdded)
def coordinator_added(result: CoordinatorAdded, call: Call) -> Document:
    person, network = Person(result.person), link(result.network)
    if result.was_already:
        return say("{person} looks after {network} already.", person=person, network=network)
    return say(
        "{person} looks after {network} from now on, and is invited to it if they are not in it yet.",
        person=person,
        network=network,
    )


@reply_to(CoordinatorRemoved)
def coordinator_removed(result: CoordinatorRemoved, call: Call) -> Document:
    gone = sentence(
        "{person} no longer looks after {network}, and stays a member.",
        person=Person(result.person),
        network=link(result.network),
    )
    others = people(result.left, "and")
    still = counted("{people} still does.", "{people} still do.", len(result.left), people=others)
    return Document((in_a_row(gone, still),))


@reply_to(InvitedTo)
def invited_to(result: InvitedTo, call: Call) -> Document:
    place = link(result.place)
    if result.again:
        accept = sentence(
            "An invitation to {place} waits for you already: accept it in your client.", place=place
        )
    elif result.along is not None:
        accept = sentence(
            "Invitations to {network} and {place} wait for you: accept both in your client, and {place} "
            "shows under {network}.",
            network=link(result.along),
            place=place,
        )
    else:
        accept = sentence("An invitation to {place} waits for you: accept it in your client.", place=place)
    if result.then is None:
        return Document((in_a_row(accept),))
    then = sentence("Once you are in, I invite you on to {place}.", place=link(result.then))
    return Document((in_a_row(accept, then),))


@reply_to(AlreadyIn)
def already_in(result: AlreadyIn, call: Call) -> Document:
    return say("You are in {place} already.", place=link(result.place))


@reply_to(NotOpen)
def not_open(result: NotOpen, call: Call) -> Document:
    if result.coordinators:
        ask = sentence("A coordinator can invite you: ask {people}.", people=people(result.coordinators))
    else:
        ask = sentence("It has no coordinator at present. Ask an admin of this server to name one.")
    shut = sentence("I cannot let you into {place}.", place=Bold(result.place.name))
    return Document((in_a_row(shut, who_gets_in(result.ways), ask),))


@reply_to(Left)
def left(result: Left, call: Call) -> Document:
    kept = sentence(
        "You stay in {groups}, which another network of yours has too.", groups=links(result.kept)
    )
    role = sentence("You no longer look after it.") if result.gave_up_role else None
    return Document((in_a_row(_gone(result), role, kept if result.kept else None),))


def _gone(result: Left) -> Sentence:
    place = link(result.place)
    if result.place.id.is_group or not result.groups:
        return sentence("You have left {place}.", place=place)
    return counted(
        "You have left {place} and one group of it.",
        "You have left {place} and {count} groups of it.",
        result.groups,
        place=place,
    )
