"""What is answered when networks, groups, links and roles have changed."""

from __future__ import annotations

from collections.abc import Iterable

from bot.command import Call, reply_to
from bot.networks.asking import Waiting
from bot.networks.describing import Described, Renamed
from bot.networks.founding import AlreadyThere, Created, GroupCreated
from bot.networks.linking import Accepted, Declined, LinkAsked, Linked, Unlinked
from bot.networks.membership import AlreadyIn, InvitedTo, Left, NotOpen
from bot.networks.phrases import command, link, links, people, who_gets_in
from bot.networks.roles import CoordinatorAdded, CoordinatorRemoved
from bot.networks.rules import Named
from bot.reply import Bold, Document, Inline, Line, Paragraph, Person, line, say


@reply_to(Created)
def created(result: Created, call: Call) -> Document:
    if not result.network.is_made:
        return _proposed(result)
    under = line(", under ", *links(result.parents)) if result.parents and not result.waiting else ()
    return _paragraphs(
        line(link(result.network), " is made", *under, ". ", *who_gets_in(result.ways)),
        *(_waits(waiting) for waiting in result.waiting),
        line(
            "You look after it, and an invitation to it waits for you. It begins with ",
            *links(result.kit),
            ".",
        ),
        line("Next: ", command("group create", "NAME", "--in", result.network.slug)),
    )


def _proposed(result: Created) -> Document:
    return _paragraphs(
        line(Bold(result.network.name), " will be a bridge between ", *links(result.parents), "."),
        *(_waits(waiting) for waiting in result.waiting),
        line("Then it is made, and I tell you. ", *who_gets_in(result.ways)),
    )


def _waits(waiting: Waiting) -> Line:
    if waiting.side is None:
        return line("It waits for the yes of a network that you cannot see.")
    if not waiting.who:
        return line(
            "It waits for the yes of ",
            link(waiting.side),
            ", which has no coordinator at present. An admin can name one: ",
            command("coordinator add", "@USER", "--in", waiting.side.slug),
        )
    return line(
        "It waits for the yes of ", link(waiting.side), ". I have asked ", *people(waiting.who, "and"), "."
    )


@reply_to(GroupCreated)
def group_created(result: GroupCreated, call: Call) -> Document:
    sealed = " It is end-to-end encrypted." if result.encrypted else ""
    return _paragraphs(
        line(link(result.group), " is made, in ", link(result.home), ". ", *who_gets_in(result.ways), sealed),
        line("Its short name is ", command(result.group.slug), "."),
    )


@reply_to(AlreadyThere)
def already_there(result: AlreadyThere, call: Call) -> Document:
    already = " is already there" if result.place.is_made else " is already proposed"
    return _paragraphs(
        line(link(result.place), already, ": ", command("show", result.place.slug)),
        *(_waits(waiting) for waiting in result.waiting),
    )


@reply_to(Renamed)
def renamed(result: Renamed, call: Call) -> Document:
    if result.place == result.before:
        return say(link(result.place), " is its name already.")
    return _paragraphs(
        line(Bold(result.before.name), " is called ", link(result.place), " now."),
        _new_short_name(result.place, result.before),
    )


@reply_to(Described)
def described(result: Described, call: Call) -> Document:
    if not result.changed:
        return say(link(result.place), " is like that already.")
    lines = [line(link(result.place), " is changed. ", *who_gets_in(result.ways))]
    if result.topic is not None:
        lines.append(line(f"It is about: {result.topic}" if result.topic else "It has no topic now."))
    if result.place.slug != result.before.slug:
        lines.append(_new_short_name(result.place, result.before))
    return _paragraphs(*lines)


def _new_short_name(place: Named, before: Named) -> Line:
    return line(
        "Its short name is ", command(place.slug), " now; ", command(before.slug), " still leads there."
    )


@reply_to(Linked)
def linked(result: Linked, call: Call) -> Document:
    already = " already" if result.was_there else " now"
    return say(
        link(result.child), " is", already, " under ", link(result.parent), ". ", *who_gets_in(result.ways)
    )


@reply_to(LinkAsked)
def link_asked(result: LinkAsked, call: Call) -> Document:
    again = "already asked to be" if result.again else "to be"
    return _paragraphs(
        line(link(result.child), f" is {again} under ", link(result.parent), "."),
        _waits(result.waiting),
        line("With that yes: ", *who_gets_in(result.ways)),
    )


@reply_to(Unlinked)
def unlinked(result: Unlinked, call: Call) -> Document:
    if result.was_asked:
        return say(
            link(result.child), " does not come under ", link(result.parent), "; the question is closed."
        )
    left = line(" It is still under ", *links(result.parents), ".") if result.parents else ()
    return say(link(result.child), " is no longer under ", link(result.parent), ".", *left)


@reply_to(Accepted)
def accepted(result: Accepted, call: Call) -> Document:
    agreed = line("You have agreed", *_on_behalf(result.parents), ". ")
    if result.waiting:
        return _paragraphs(
            line(*agreed, link(result.bridge), " is not made yet."), *(_waits(w) for w in result.waiting)
        )
    return say(*agreed, link(result.bridge), " is made. ", *who_gets_in(result.ways))


@reply_to(Declined)
def declined(result: Declined, call: Call) -> Document:
    end = ", and it will not be made" if result.given_up else ""
    return say("You have declined ", Bold(result.bridge.name), *_on_behalf(result.parents), f"{end}.")


def _on_behalf(parents: tuple[Named, ...]) -> Line:
    return line(" for ", *links(parents)) if parents else ()


@reply_to(CoordinatorAdded)
def coordinator_added(result: CoordinatorAdded, call: Call) -> Document:
    if result.was_already:
        return say(Person(result.person), " looks after ", link(result.network), " already.")
    return say(
        Person(result.person),
        " looks after ",
        link(result.network),
        " from now on, and is invited to it if they are not in it yet.",
    )


@reply_to(CoordinatorRemoved)
def coordinator_removed(result: CoordinatorRemoved, call: Call) -> Document:
    return say(
        Person(result.person),
        " no longer looks after ",
        link(result.network),
        ", and stays a member. ",
        *people(result.left, "and"),
        " still ",
        "does." if len(result.left) == 1 else "do.",
    )


@reply_to(InvitedTo)
def invited_to(result: InvitedTo, call: Call) -> Document:
    already = " already" if result.again else ""
    accept = line(
        "An invitation to ", link(result.place), f" waits for you{already}: accept it in your client."
    )
    if result.then is None:
        return say(*accept)
    return say(
        *accept, " From there you get into ", link(result.then), ": ", command("join", result.then.slug)
    )


@reply_to(AlreadyIn)
def already_in(result: AlreadyIn, call: Call) -> Document:
    return say("You are in ", link(result.place), " already.")


@reply_to(NotOpen)
def not_open(result: NotOpen, call: Call) -> Document:
    ask = (
        line("A coordinator can invite you: ask ", *people(result.coordinators), ".")
        if result.coordinators
        else line("It has no coordinator at present. Ask an admin of this server to name one.")
    )
    return say("I cannot let you into ", Bold(result.place.name), ". ", *who_gets_in(result.ways), " ", *ask)


@reply_to(Left)
def left(result: Left, call: Call) -> Document:
    groups = {0: "", 1: " and one group of it"}.get(result.groups, f" and {result.groups} groups of it")
    groups = "" if result.place.id.is_group else groups
    kept = line(" You stay in ", *links(result.kept), ", which another network of yours has too.")
    role = " You no longer look after it." if result.gave_up_role else ""
    return say("You have left ", link(result.place), groups, ".", role, *(kept if result.kept else ()))


def _paragraphs(*lines: Iterable[Inline | str]) -> Document:
    return Document(tuple(Paragraph(line(*parts)) for parts in lines))
