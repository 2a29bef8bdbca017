"""What is said, taken back and read: messages, and the files that come with them."""

from __future__ import annotations

from dataclasses import dataclass, field

from spaces.actions.action import Action, Content
from spaces.identifiers import EventId, UserId


@dataclass(frozen=True, slots=True)
class Say(Action):
    """Send one m.room.message event. `said` is unique for what is said, so that it is said once."""

    said: str = ""
    content: Content = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"Say:{self.said}"


@dataclass(frozen=True, slots=True)
class SendFile(Say):
    """Send everything that is kept about the one person whom it is for as a file: `form` is json or txt.

    It is gathered when it goes out, so that it does not wait anywhere.
    """

    form: str = "json"


@dataclass(frozen=True, slots=True)
class Redact(Action):
    """Take back an event of the bot's own."""

    event: EventId = EventId("")

    @property
    def key(self) -> str:
        return f"Redact:{self.room}:{self.event}"


@dataclass(frozen=True, slots=True)
class ReadFile(Action):
    """Read the list in the file of `user`'s message `event`, and hear the message again with it.

    `file` is the message's content; what is heard is the list between `before` and `after`.
    """

    event: EventId = EventId("")
    user: UserId = UserId("")
    file: Content = field(default_factory=dict)
    before: str = ""
    after: str = ""

    @property
    def key(self) -> str:
        return f"ReadFile:{self.event}"


@dataclass(frozen=True, slots=True)
class LookUp(Action):
    """Ask our homeserver whether it has an account `user`, and hear the message `event` again after it.

    `heard` is the whole message, as `sender` is taken to have said it.
    """

    event: EventId = EventId("")
    sender: UserId = UserId("")
    user: UserId = UserId("")
    heard: Content = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"LookUp:{self.event}"


@dataclass(frozen=True, slots=True)
class ReadMessage(Action):
    """Read what the message `event` of this very room says now, to make a story of it or to follow it."""

    event: EventId = EventId("")

    @property
    def key(self) -> str:
        return f"ReadMessage:{self.room}:{self.event}"
