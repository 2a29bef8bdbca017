"""What people can put into a message on purpose: content as a homeserver may push it, told apart by name.

All of it is said by a member in their direct room with the bot, unless it names a room: there a bare
word is a command, so that each of these comes as far as it can.
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
OWN_ID = "$own"  # stands for the id of the event itself, and `OTHER_ID` for that of the other of two
OTHER_ID = "$other"
BOB = "https://matrix.to/#/@bob:hs.test"
_DEEP: Any = "help"
for _ in range(100):
    _DEEP = {"m.relates_to": {"m.in_reply_to": {"event_id": "$x", "content": _DEEP}}}


def _thread_on(root: object) -> Json:
    return {"body": "help", "m.relates_to": {"rel_type": "m.thread", "event_id": root}}


BODIES: dict[str, str] = {
    "a script": "<script>alert(1)</script>",
    "a script in a name": "show <script>alert(1)</script>",
    "an image that loads": "show <img src=x onerror=alert(1)>",
    "a link to somebody": f'show <a href="{BOB}">Bob</a>',
    "a closing tag": "show </li></ul></p><h1>Arts</h1>",
    "entities": "show &lt;b&gt;&amp;#64;room&quot;",
    "a pill in Markdown": f"show [Bob]({BOB})",
    "a bare link to somebody": f"show {BOB}",
    "somebody's id": "show @bob:hs.test",
    "the whole room": "@room",
    "the whole room, asked for": "show @room",
    "the whole room in capitals": "show @ROOM",
    "the whole room, doubled": "show @@room@room",
    "the whole room in two parts": "show @ro\u200bom",
    "the whole room behind a joiner": "show @\u2060room",
    "the whole room in wide letters": "show \uff20room",
    "the whole room in code": "show `@room`",
    "the whole room across a cut": "show " + "x" * 75 + "@room" * 900,
    "a network called like the whole room": "network create Everyone @room now",
    "a network called like it in two parts": "network create a@\u200broom",
    "a network called like a link": f"network create {BOB}",
    "a network called like HTML": "network create <b>Bold</b> <a href=x>Arts</a>",
    "a network called like a list": "network create Arts\n- Health, public\n- Other",
    "a network with a topic of HTML": f'network create Tags --topic <a href="{BOB}">@room</a>',
    "a name of quotes": 'network create """\' “”‘’',
    "sixty kilobytes": "show " + "x" * 60_000,
    "sixty kilobytes of words": "show " + "word " * 12_000,
    "sixty kilobytes of lines": "help\n" * 12_000,
    "sixty kilobytes of backquotes": "`" * 60_000,
    "sixty kilobytes of quotes": '"' * 60_000,
    "sixty kilobytes of quoting": "> " * 30_000,
    "sixty kilobytes of options": "network create x " + "--under " * 7_000,
    "sixty kilobytes of marks on one letter": "show a" + "\u0301" * 20_000,
    "right to left": "show \u202estrA",
    "right to left in a name": "network create \u202eevil",
    "isolated marks": "\u2067show arts\u2069",
    "nothing to be seen": "\u200b\u2060\ufeff",
    "a command with nothing in between": "sh\u200bow arts",
    "a name with nothing in between": "network create A\u200brts",
    "a name with a joiner of emoji": "network create Family \U0001f469\u200d\U0001f469\u200d\U0001f466",
    "a null": "show \x00arts",
    "nothing but a null": "\x00",
    "a null in a name": "network create A\x00B",
    "half a letter": "\ud800",
    "half a letter in a name": "network create \ud83d",
    "half a letter that is asked for": "show \udfff arts",
    "control characters": "show \x07\x1b[31marts\x7f\x85",
    "nothing": "",
    "blanks": " \t\n\r\v\f\u00a0\u3000",
    "a command in a code block": "```\nnetwork create Fenced\n```",
    "a command in code": "`network create Coded`",
    "a command that is quoted": "> network create Quoted",
    "a command behind a quotation": "> <@bob:hs.test> network create Quoted\n\nshow arts",
    "quotations in quotations": "> " * 500 + "network create Quoted",
    "a format string": "show {0} {name} %s %(x)s $HOME",
    "SQL": "show '; DROP TABLE networks; --",
}

_KINDS: tuple[Any, ...] = (5, None, [], {}, True, "m.image", "m.emote", "m.notice", "m.file", "x" * 5_000)
_WRONG_BODIES: tuple[Any, ...] = (5, None, [], {}, ["help"])
_RELATIONS: tuple[Any, ...] = (
    "text",
    5,
    None,
    [],
    {},
    {"rel_type": ["m.thread"], "event_id": "$x"},
    {"rel_type": {"a": 1}, "event_id": "$x"},
    {"rel_type": "m.annotation", "event_id": "$x", "key": "@room"},
    {"rel_type": "org.example.unknown", "event_id": "$x"},
    {"m.in_reply_to": "text"},
    {"m.in_reply_to": 5},
    {"m.in_reply_to": []},
    {"m.in_reply_to": {"event_id": ["$x"]}},
    {"m.in_reply_to": {"event_id": OWN_ID}},
)
_ROOTS: tuple[Any, ...] = (
    "$x",
    "text",
    "",
    5,
    None,
    [],
    ["$x"],
    {},
    {"event_id": "$x"},
    "$" + "x" * 5_000,
    "$\ud800",
    "$\x00",
    "@bob:hs.test",
    OWN_ID,
)
_MENTIONS: tuple[Any, ...] = (
    "text",
    5,
    None,
    [],
    {"user_ids": "@hedgerow:hs.test"},
    {"user_ids": {"@hedgerow:hs.test": 1}},
    {"user_ids": [5, None, {}, [], "@hedgerow:hs.test"]},
    {"user_ids": ["@bob:hs.test"] * 3_000},
    {"room": True},
    {"room": "yes", "user_ids": 1},
)
_NEW: tuple[Any, ...] = (
    "text",
    5,
    None,
    [],
    {},
    {"body": {}},
    {"msgtype": 5, "body": "network create Inside"},
)
CONTENTS: dict[str, Json] = {
    **{
        f"a kind of message that is {kind!r}": {"msgtype": kind, "body": "network create Inside"}
        for kind in _KINDS
    },
    **{f"a body that is {body!r}": {"msgtype": "m.text", "body": body} for body in _WRONG_BODIES},
    "no content": {},
    "HTML beside it": {"body": "help", "formatted_body": "<h1>@room</h1>", "format": "x"},
    "HTML of the wrong kind": {"body": "help", "formatted_body": {"a": 1}, "format": ["x"]},
    "replies in replies": {"body": "help", "formatted_body": "<mx-reply>" * 1000 + "x"},
    "pills beside it": {"body": "show bob", "formatted_body": f'show <a href="{BOB}">bob</a>'},
    **{
        f"a relation that is {relation!r}"[:80]: {"body": "help", "m.relates_to": relation}
        for relation in _RELATIONS
    },
    **{f"a thread on {root!r}"[:80]: _thread_on(root) for root in _ROOTS},
    "a nest of relations": {"body": "help", "m.relates_to": _DEEP},
    **{
        f"mentions that are {mentions!r}"[:80]: {"body": "help", "m.mentions": mentions}
        for mentions in _MENTIONS
    },
    **{
        f"new content that is {new!r}"[:80]: {"body": "network create Inside", "m.new_content": new}
        for new in _NEW
    },
    "an edit of nothing": {
        "body": "* network create Inside",
        "m.new_content": {"msgtype": "m.text", "body": "network create Inside"},
        "m.relates_to": {"rel_type": "m.replace", "event_id": "$nothing"},
    },
    "an edit of itself": {
        "body": "* network create Inside",
        "m.new_content": {"msgtype": "m.text", "body": "network create Inside"},
        "m.relates_to": {"rel_type": "m.replace", "event_id": OWN_ID},
    },
}

PAIRS: dict[str, tuple[Json, Json]] = {
    "two that reply to each other": (
        {"body": "help", "m.relates_to": {"m.in_reply_to": {"event_id": OTHER_ID}}},
        {"body": "help", "m.relates_to": {"m.in_reply_to": {"event_id": OTHER_ID}}},
    ),
    "two in threads on each other": (
        {"body": "help", "m.relates_to": {"rel_type": "m.thread", "event_id": OTHER_ID}},
        {"body": "help", "m.relates_to": {"rel_type": "m.thread", "event_id": OTHER_ID}},
    ),
    "two that edit each other": (
        {"body": "x", "m.new_content": {}, "m.relates_to": {"rel_type": "m.replace", "event_id": OTHER_ID}},
        {"body": "x", "m.new_content": {}, "m.relates_to": {"rel_type": "m.replace", "event_id": OTHER_ID}},
    ),
}

NAMES: dict[str, str] = {
    "HTML": f'<b>Arts</b></li></ul><a href="{BOB}">Bob</a>',
    "a pill": BOB,
    "a pill in Markdown": f"[Bob]({BOB})",
    "the whole room": "@room @ROOM Arts",
    "the whole room in two parts": "Arts @ro\u200bom",
    "bullets": "Arts\n- Health, public\n  - Other, public",
    "other separators": "Arts\u2028- Health\u2029- Other\x85- Third\x0b- Fourth",
    "Markdown": "# Arts\n**bold** `code` | a | b |\n---",
    "right to left": "\u202eArts\u2066",
    "a null": "Ar\x00ts",
    "entities": "Arts &lt;/li&gt;&#64;room",
    "a placeholder": "{name} %s {0}",
    "nothing to be seen": "\u200b\u200b",
    "very much": "Arts " * 2_000,
}
