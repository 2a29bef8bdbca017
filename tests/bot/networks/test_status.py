"""How the service is: what an admin is told, and nobody else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from spaces.network import Pause
from spaces.sentences import sentence
from tests.bot.dialogue import Stage


@pytest.mark.parametrize(
    ("cross_signed", "told"),
    [
        (None, "Encryption is off"),
        (True, "Encryption is on, and my device is cross-signed."),
        (False, "Encryption is on, but my device is not cross-signed"),
    ],
)
async def test_an_admin_is_told_whether_encrypted_messages_can_be_read(
    cross_signed: bool | None, told: str
) -> None:
    stage = Stage(["ada"])
    stage.work.cross_signed = cross_signed
    assert told in await stage.say("ada", "status")
    assert "ncryption" not in await stage.say("sam", "status")
    assert "ncryption" not in await stage.say("ada", "!hedge status", "elsewhere")


async def test_of_very_many_failures_the_first_are_shown_and_the_others_counted() -> None:
    stage = Stage(["ada"])
    stage.work.failed = tuple(sentence("write {number}", number=f"{n:02}") for n in range(53))
    pages = [await stage.say("ada", "status")]
    while "more shows it" in pages[-1]:
        pages.append(await stage.say("ada", "more"))
    shown = "\n".join(pages)
    assert "Writes that failed: 53" in shown
    assert "write 49" in shown
    assert "write 50" not in shown
    assert "… and 3 more" in shown


async def test_h5_a_coordinator_sees_what_was_fought_over_and_what_is_still_put_back_there() -> None:
    stage = Stage(["ada"])
    await stage.say("ada", "network create Arts UK")
    arts = stage.place("arts-uk")
    fought = replace(stage.work.landscape.networks[arts], paused=Pause.FIGHT)
    stage.work.landscape = stage.work.landscape.having(fought)
    left = "only what keeps strangers out is put back in it until resume arts-uk"
    assert f"- Arts UK was fought over: {left}" in await stage.say("ada", "status")
    assert f"- Fought over: {left}" in await stage.say("ada", "show arts-uk")
    assert "ought over" not in await stage.say("sam", "show arts-uk")
    await stage.say("ada", "resume arts-uk")
    assert "ought over" not in await stage.say("ada", "status")
