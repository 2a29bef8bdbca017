"""What is answered to a look: the tree, one place, oneself, the service."""

from __future__ import annotations

from collections.abc import Iterator

from bot.command import Call, reply_to
from bot.networks.looking import Oneself, Running, Shown, Tree
from bot.networks.phrases import command, link, links, people, who_gets_in
from bot.networks.questions import answers, summary
from bot.networks.rules import Named, Question
from bot.networks.tree import Leaf
from bot.ports import ServiceStatus
from bot.reply import Block, Bold, Bullet, Document, Line, Paragraph, Person, line, say
from spaces.network import Kind, Status

_LISTED_AT_MOST = 20


@reply_to(Tree)
def tree(result: Tree, call: Call) -> Document:
    blocks = [*_top(result), *(Bullet(_leaf(leaf), leaf.depth) for leaf in result.leaves)]
    if result.left_out:
        blocks.append(Paragraph(line(f"… and {result.left_out} more.")))
    if not result.leaves and not result.groups:
        blocks.append(
            Paragraph(line("There is nothing below it." if result.top else "There is no network yet."))
        )
    if result.in_company and not result.top:
        blocks.append(
            Paragraph(
                line("That is what everyone here may see. In a direct message I show you all of yours.")
            )
        )
    return Document(tuple(blocks))


def _top(result: Tree) -> Iterator[Block]:
    if result.top:
        yield Paragraph(_leaf(result.top))
        yield from (Bullet(line(link(group), ", group")) for group in result.groups[:_LISTED_AT_MOST])
        if len(result.groups) > _LISTED_AT_MOST:
            yield Bullet(line(f"… and {len(result.groups) - _LISTED_AT_MOST} more groups"))


def _leaf(leaf: Leaf) -> Line:
    kind = "" if leaf.kind is Kind.NETWORK else f"{leaf.kind}, "
    start = line(link(leaf.network), f", {kind}{leaf.access}")
    if leaf.again:
        return line(*start, ", as above")
    if leaf.more:
        return line(*start, f" … and {leaf.more} more: ", command("tree", leaf.network.slug))
    return start


@reply_to(Shown)
def shown(result: Shown, call: Call) -> Document:
    kind = "group" if result.kind is None else result.kind.value
    waits = result.status is Status.PROPOSED
    state = {Status.PROPOSED: ", not made yet", Status.ARCHIVED: ", archived"}.get(result.status, "")
    head = line(link(result.place), f", {kind}{state}: ", command(result.place.slug))
    blocks: list[Block] = [Paragraph(head)]
    if result.topic:
        blocks.append(Paragraph(line(result.topic)))
    if not waits:
        blocks.append(Paragraph(who_gets_in(result.ways)))
    return Document((*blocks, *(Bullet(item) for item in _facts(result))))


def _facts(result: Shown) -> Iterator[Line]:
    for title, places in (
        ("In" if result.kind is None else "Under", result.above),
        ("Networks below", result.children),
        ("Groups", result.groups if result.status is not Status.PROPOSED else ()),
    ):
        if places:
            yield line(f"{title}: ", *_some(places))
    for waiting in result.waiting:
        yield line(
            "Waits for: ", *(links([waiting.side]) if waiting.side else line("a network you cannot see"))
        )
    if result.coordinators:
        yield line("Looked after by: ", *people(result.coordinators, "and"))
    else:
        yield line("Nobody looks after it at present.")
    if result.members is not None and result.status is Status.ACTIVE:
        yield line(f"Members: {result.members}")


def _some(places: tuple[Named, ...]) -> Line:
    if len(places) <= _LISTED_AT_MOST:
        return links(places)
    shown = links(places[:_LISTED_AT_MOST], ",")
    return line(*shown, f" … and {len(places) - _LISTED_AT_MOST} more")


@reply_to(Oneself)
def oneself(result: Oneself, call: Call) -> Document:
    admin = ", an admin of this homeserver" if result.is_admin else ""
    you = Paragraph(line("You are ", Person(result.user), f"{admin}."))
    if result.in_company:
        return Document((you, Paragraph(line("In a direct message I tell you about your networks."))))
    return Document((you, *_own(result), *_questions(result.questions)))


def _own(result: Oneself) -> Iterator[Block]:
    if result.coordinates:
        yield Paragraph(line("You look after ", *_some(result.coordinates), "."))
    if result.member_of:
        yield Paragraph(line("You are in ", *_some(result.member_of), "."))
    if not result.coordinates and not result.member_of:
        yield Paragraph(
            line("You are in no network yet. ", command("tree"), " shows those that you can see.")
        )


def _questions(questions: tuple[Question, ...]) -> Iterator[Block]:
    if questions:
        yield Paragraph(line("These wait for your yes:"))
    for question in questions:
        yes, no = answers(question)
        yield Bullet(line(*summary(question), ": ", command(*yes), " or ", command(*no)))


@reply_to(Running)
def running(result: Running, call: Call) -> Document:
    if result.status:
        blocks = tuple(_service(result.status))
    elif result.homeserver_answers:
        blocks = say("All is well.").blocks
    else:
        blocks = say(
            "I am here, but the homeserver does not answer. What you asked for is kept until it does."
        ).blocks
    quiet = () if result.questions or result.status else (Paragraph(line("Nothing waits for your yes.")),)
    return Document((*blocks, *_questions(result.questions), *quiet))


def _service(status: ServiceStatus) -> Iterator[Block]:
    answers_ = "answers" if status.homeserver_answers else "does not answer"
    yield Paragraph(line(Bold(f"Hedgerow {status.version}"), f". The homeserver {answers_}."))
    yield Bullet(line(f"Networks: {status.networks}, groups: {status.groups}"))
    yield Bullet(line(f"Writes that wait: {status.waiting}"))
    yield Bullet(line(f"Events set aside: {status.set_aside}"))
    yield Bullet(line(f"Writes that failed: {len(status.failed)}"))
    yield from (Bullet(line(failed), 1) for failed in status.failed[:_LISTED_AT_MOST])
    if len(status.failed) > _LISTED_AT_MOST:
        yield Bullet(line(f"… and {len(status.failed) - _LISTED_AT_MOST} more"), 1)
