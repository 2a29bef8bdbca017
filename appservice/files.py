"""Lists that people send as a file: read, and heard as if they had been typed.

m.file in a direct room ──▶ is it for a command that takes a list? ──▶ ReadFile waits in the outbox
fetched, opened if it is encrypted ──▶ the entries in it ──▶ the event is heard once more, as text
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from appservice.encryption import opened_file
from appservice.event import Event
from appservice.hearing import is_direct, message_in
from appservice.homeserver import Homeserver, TooLarge
from appservice.olm import sealed_file
from appservice.speech import notice, reply_to
from appservice.store import inbox
from appservice.store.rooms import ConversationRow
from appservice.work import UnitOfWork
from bot.conversation import Conversation
from bot.reply import Document, say
from spaces.actions import ReadFile, Say
from spaces.identifiers import UserId
from spaces.invitations import entries_in_table
from spaces.sentences import Sentence, sentence

_MOST_BYTES = 200_000
_MXC = re.compile(r"mxc://(?!\.+/)([A-Za-z0-9.:\[\]-]{1,255})/([A-Za-z0-9_-]{1,255})")  # no way up a path
_NO_TEXT = re.compile(r"[\"“”„‟«»'‘’‚‛,;<>()\[\]]+|(?<!\w)[-‒–—―]+")


class Unreadable(Exception):
    """The file is no list that can be read; `said` tells why."""

    def __init__(self, said: Sentence) -> None:
        super().__init__(str(said))
        self.said = said


@dataclass(frozen=True, slots=True)
class File:
    """A file to be sent; `kind` is its content type."""

    name: str
    kind: str
    data: bytes


async def file_in(
    event: Event, here: ConversationRow | None, conversation: Conversation, bot: UserId, work: UnitOfWork
) -> ReadFile | None:
    """What is to be done with a file that somebody sends in their direct room; None if nothing is."""
    content = event.content
    if content.get("msgtype") != "m.file" or not is_direct(event, here):
        return None
    body, name = content.get("body"), content.get("filename")
    caption = body if isinstance(body, str) and isinstance(name, str) and body != name else ""
    heard = message_in(replace(event, content={**content, "msgtype": "m.text", "body": caption}), bot)
    around = None if heard is None else await conversation.around_list(replace(heard, is_direct=True), work)
    if around is None:
        return None
    return ReadFile(event.room, event.id, event.sender, dict(content), *around)


async def read(homeserver: Homeserver, content: Mapping[str, Any]) -> str:
    """The text of the file that a message's content refers to. Raises `Unreadable`, `HomeserverError`."""
    sealed = content.get("file")
    url = sealed.get("url") if isinstance(sealed, dict) else content.get("url")
    found = _MXC.fullmatch(url) if isinstance(url, str) else None
    if found is None:
        raise Unreadable(sentence("the message does not tell where it is"))
    try:
        data = await homeserver.download(found[1], found[2], most=_MOST_BYTES)
    except TooLarge:
        raise Unreadable(sentence("it is larger than {most} KB", most=_MOST_BYTES // 1000)) from None
    try:
        return _text_of(opened_file(data, sealed) if isinstance(sealed, dict) else data)
    except ValueError:
        raise Unreadable(sentence("it is no text. Save it as CSV (comma-separated values) first")) from None


async def sent(homeserver: Homeserver, file: File, *, sealed: bool) -> dict[str, Any]:
    """Upload it, `sealed` for an encrypted room; the content of the message that refers to it."""
    about = {"mimetype": file.kind.partition(";")[0], "size": len(file.data)}  # clients show it as it is
    content = {"msgtype": "m.file", "body": file.name, "filename": file.name, "info": about}
    if not sealed:
        return {**content, "url": await homeserver.upload(file.data, file.kind, file.name)}
    data, opens = sealed_file(file.data)
    return {
        **content,
        "file": {**opens, "url": await homeserver.upload(data, "application/octet-stream", "")},
    }


def _text_of(data: bytes) -> str:
    """Raises `ValueError` for what is no text. Spreadsheets write UTF-8, UTF-16 or Windows-1252."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16")
    if b"\0" in data or data.startswith(b"PK"):
        raise ValueError("no text")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


async def hear_again(work: UnitOfWork, action: ReadFile, text: str) -> None:
    """Hear the message once more, with the entries of the file as a list in it."""
    entries = [entry.user or _NO_TEXT.sub(" ", entry.typed) for entry in entries_in_table(text)]
    if not entries:
        refuse(work, action, sentence("there is nobody in it"))
        return
    body = f"{action.before}\n- {', '.join(entries)}\n{action.after}"
    kept = {name: value for name, value in action.file.items() if name == "m.relates_to"}
    content = {"msgtype": "m.text", "body": body, **kept}
    await inbox.hear_again(work.connection, action.event, action.room, action.user, content)


def refuse(work: UnitOfWork, action: ReadFile, reason: Sentence) -> None:
    """Answer that the file cannot be read."""
    told: Document = say("I cannot read that file: {reason}. Nothing was done.", reason=reason)
    carried = notice(told, reply_to(action.event), person=action.user)
    work.put(Say(action.room, f"answer:{action.event}", carried))
