from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.render import gated, matrix_to, render
from bot.reply import (
    Block,
    Bold,
    Bullet,
    Code,
    Document,
    EventLink,
    OutsideLink,
    Paragraph,
    Person,
    PlaceLink,
    Text,
    from_json,
    line,
    say,
    to_json,
)
from spaces.identifiers import EventId, NetworkId, PlaceId, RoomId, UserId

PLACE = NetworkId.of_bytes(b"0123456789")
ADDRESS = "https://matrix.to/#/!arts:hs.test?via=hs.test"
ALLOWED = {"p", "ul", "li", "strong", "code", "a"}


def link(place: PlaceId) -> str | None:
    return ADDRESS if place == PLACE else None


class Reading(HTMLParser):
    """What a client would show as plain text: a line per paragraph and item, few addresses in brackets."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.shows_addresses = html.count("<a ") <= 3
        self.feed(html)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED, tag
        assert {name for name, _ in attrs} <= {"href"}
        assert not attrs or tag == "a"
        if tag == "p" or tag == "li":
            depth = self.open.count("li")
            self.lines.append("" if tag == "p" else "  " * depth + "- ")
        self.open.append(tag)
        self.addresses += [str(value) for _, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        if tag == "a" and self.shows_addresses:
            self.lines[-1] += f" ({self.addresses[-1]})"

    def handle_data(self, data: str) -> None:
        self.lines[-1] += data


def checked(document: Document) -> dict[str, Any]:
    """Render, and hold what must be true of every message."""
    content = render(document, link, via="hs.test")
    reading = Reading(content["formatted_body"])
    assert "\n".join(reading.lines) == content["body"]
    assert all(address.startswith("https://matrix.to/#/!") for address in reading.addresses)
    assert content["m.mentions"] == {}
    assert content["msgtype"] == "m.notice"
    assert "@room" not in (content["body"] + "".join(reading.lines)).lower()
    assert len(json.dumps(content, ensure_ascii=False).encode()) < 60_000
    return content


def test_a_reply_reads_well_as_plain_text_and_as_html() -> None:
    document = Document(
        (
            Paragraph(line("Created ", Bold("Arts & Crafts"), ": ", PlaceLink("Arts & Crafts", PLACE))),
            Bullet(line("ask ", Person(UserId("@alice:hs.test")))),
            Bullet(line("type ", Code("help")), depth=1),
            Paragraph(line("Done.")),
        )
    )
    content = checked(document)
    assert content["body"] == (
        "Created Arts & Crafts: Arts & Crafts (https://matrix.to/#/!arts:hs.test?via=hs.test)\n"
        "- ask @alice:hs.test\n  - type help\nDone."
    )
    assert content["formatted_body"] == (
        "<p>Created <strong>Arts &amp; Crafts</strong>: "
        '<a href="https://matrix.to/#/!arts:hs.test?via=hs.test">Arts &amp; Crafts</a></p>'
        "<ul><li>ask @alice:hs.test<ul><li>type <code>help</code></li></ul></li></ul><p>Done.</p>"
    )


def test_with_many_links_the_plain_text_has_their_words_only() -> None:
    several = [Bullet(line(PlaceLink(f"Arts {n}", PLACE))) for n in range(4)]
    assert checked(Document(tuple(several)))["body"] == "- Arts 0\n- Arts 1\n- Arts 2\n- Arts 3"
    assert ADDRESS in checked(Document(tuple(several[:3])))["body"]


def test_who_is_not_in_a_room_gets_a_link_to_its_first_event_whose_words_clients_keep() -> None:
    document = say("{place}", place=OutsideLink("Arts", PLACE))
    content = render(document, lambda _: "https://matrix.to/#/!v12hash?via=hs.test")
    assert 'href="https://matrix.to/#/!v12hash/$v12hash?via=hs.test">Arts<' in content["formatted_body"]
    assert content["body"] == "Arts (https://matrix.to/#/!v12hash?via=hs.test)"
    assert f'href="{ADDRESS}">Arts<' in render(document, link)["formatted_body"]


def test_a_place_without_a_room_is_just_its_name() -> None:
    assert checked(say(PlaceLink("Later", NetworkId.of_bytes(b"another..."))))["body"] == "Later"


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "https://matrix.to/#/@alice:hs.test", "http://example.org"]
)
def test_a_link_to_anything_but_a_room_is_dropped(address: str) -> None:
    content = render(say(PlaceLink("Arts", PLACE)), lambda _: address)
    assert content["body"] == "Arts"
    assert "href" not in content["formatted_body"]


def test_a_matrix_to_link_encodes_what_would_break_it() -> None:
    assert (
        matrix_to(RoomId("!a/b?c:hs.test"), "hs.test") == "https://matrix.to/#/!a%2Fb%3Fc:hs.test?via=hs.test"
    )
    assert matrix_to(RoomId("!v12"), "[::1]:8448", EventId("$e/+")) == (
        "https://matrix.to/#/!v12/$e%2F%2B?via=[::1]:8448"
    )
    assert matrix_to(RoomId("!v12"), None) == "https://matrix.to/#/!v12"


def test_lists_nest_one_step_at_a_time_and_not_without_end() -> None:
    content = checked(Document((Bullet(line("a"), 5), *(Bullet(line("b"), n) for n in range(40)))))
    assert content["body"].splitlines()[:3] == ["- a", "- b", "  - b"]
    assert max(len(text) - len(text.lstrip()) for text in content["body"].splitlines()) == 18


@pytest.mark.parametrize(
    "name",
    [
        "<img src=x onerror=alert(1)>",
        "<a href=javascript:alert(1)>x</a>",
        "<mx-reply>" * 200,
        "<b><i><p>unclosed",
        '<span data-mx-color="#f00">red</span>',
        '<font color="red">red</font>',
        "</p></li></ul><script>alert(1)</script>",
        "&lt;b&gt; &amp; &#64;room",
        '"><a href="https://matrix.to/#/@admin:hs.test">admin</a>',
    ],
)
def test_a34_markup_in_a_name_is_shown_as_text(name: str) -> None:
    document = Document((Paragraph(line("x ", Bold(name), PlaceLink(name, PLACE))), Bullet(line(Code(name)))))
    assert checked(document)["body"].count(name) == 3


def test_a34_the_last_gate_lets_through_nothing_but_our_tags_and_links_to_rooms() -> None:
    hostile = (
        '<p onclick="x">a<img src="http://example.org/x"><script>b</script><font color="red">c</font>'
        '<a href="https://matrix.to/#/@admin:hs.test">d</a><a href="javascript:x">e</a>'
        f'<a href="{ADDRESS}" target="x">f</a></p>'
    )
    assert gated(hostile) == f'<p>ac<a>d</a><a>e</a><a href="{ADDRESS}">f</a></p>'


def test_a34_markup_nested_a_thousand_deep_is_text_and_cut() -> None:
    assert checked(say("<mx-reply>" * 1000))["body"] == "<mx-reply>" * 400 + " …"


@pytest.mark.parametrize("name", ["@room", "@ROOM", "@\u200broom", "@\0room", "@@room", "x@room.", "@rOom"])
def test_a36_a_room_is_never_pinged_by_a_name(name: str) -> None:
    checked(say(name))
    checked(say(Person(UserId(f"{name}:hs.test"))))


def test_a36_a_room_is_not_pinged_by_two_names_side_by_side() -> None:
    checked(say("@", "room"))
    checked(say(Bold("@ro"), "om"))
    checked(say(PlaceLink("@r", PLACE), Text("oom")))


def test_a36_links_to_people_are_never_made() -> None:
    content = checked(say('<a href="https://matrix.to/#/@admin:hs.test">', Person(UserId("@admin:hs.test"))))
    assert "<a" not in content["formatted_body"]


def said(*texts: str) -> Document:
    """What somebody wrote, as one paragraph."""
    return Document((Paragraph(line(*texts)),))


def test_what_cannot_be_seen_is_taken_out_and_a_text_stays_on_its_line() -> None:
    assert checked(said("a\u202eb\0c\ud800d\ne\u2028f"))["body"] == "abcd e f"


def test_a_message_that_is_too_long_says_that_there_is_more() -> None:
    long = Document(tuple(Bullet(line(f"{n} " + '&"<\\' * 500)) for n in range(100)))
    assert checked(long)["body"].endswith("\n…")
    assert checked(said(*["€&\u00a0" * 5_000] * 20))["body"].endswith("\n…")


_ANY = st.text(st.characters(exclude_categories=()), max_size=40)
_HOSTILE = st.sampled_from(
    ["@", "room", "<b>", "&", "\n", "\0", "](javascript:)", "<a href='", "\ud800", "\u00a0"]
)
_WORDS = st.lists(st.one_of(_ANY, _HOSTILE), max_size=5).map("".join)
_PARTS = st.one_of(
    st.builds(Text, _WORDS),
    st.builds(Bold, _WORDS),
    st.builds(Code, _WORDS),
    st.builds(PlaceLink, _WORDS, st.just(PLACE)),
    st.builds(
        EventLink, _WORDS, _WORDS.map(lambda w: RoomId(f"!{w}")), _WORDS.map(lambda w: EventId(f"${w}"))
    ),
    st.builds(Person, _WORDS.map(UserId)),
)
_LINES = st.lists(_PARTS, max_size=5).map(tuple)
_BLOCKS: st.SearchStrategy[Block] = st.one_of(
    st.builds(Paragraph, _LINES), st.builds(Bullet, _LINES, st.integers(-3, 20))
)
_DOCUMENTS = st.builds(Document, st.lists(_BLOCKS, max_size=12).map(tuple))


@given(document=_DOCUMENTS)
def test_a34_both_forms_of_any_document_say_the_same(document: Document) -> None:
    checked(document)


@given(document=_DOCUMENTS)
def test_a_document_comes_back_from_json_as_it_was(document: Document) -> None:
    assert from_json(json.loads(json.dumps(to_json(document)))) == document
