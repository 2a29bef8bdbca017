"""Choose the language in which somebody is spoken with."""

from __future__ import annotations

from typing import Annotated

from bot.command import Call, command
from bot.languages import LANGUAGES, Language
from bot.reply import Document, item, paragraph, say


class Speaking:
    """Choose the language in which somebody is spoken with."""

    @command("language", topic="speaking", examples=("language cy", "language en"))
    async def language(
        self, call: Call, language: Annotated[Language | None, "its code, or its own name"] = None
    ) -> Document:
        """Choose the language that I speak with you.

        Until you choose, it is that of your network, or of this server.
        """
        if language is None:
            return await _spoken(call)
        await call.work.set_language(call.sender, language.value)
        return say("I speak {language} with you from now on.", language=LANGUAGES[language])


async def _spoken(call: Call) -> Document:
    """Which it is, and which there are, each by its own name."""
    now = LANGUAGES[await call.work.language_for(call.heard)]
    choices = (
        item("`language {code}` – {language}", code=code, language=called)
        for code, called in LANGUAGES.items()
    )
    return Document((paragraph("I speak {language} with you.", language=now), *choices))
