"""What somebody names as a file is asked of the homeserver, or of nobody (SSRF, ways up a path)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from appservice import files
from appservice.homeserver import Homeserver, HomeserverError, Identity
from spaces.identifiers import UserId
from tests.fake import FakeHomeserver, Fault, Registration

MEDIA = "GET /media/download/{server_name}/{media_id}"
NO_FILES = (
    "mxc://../x",
    "mxc://./x",
    "mxc://.../x",
    "mxc://../../x",
    "mxc://h/a?b",
    "mxc://h/a#b",
    "mxc://h/a/b",
    "mxc://h/..",
    "mxc://h/%2e%2e",
    "mxc://%2e%2e/x",
    "mxc://h\\..\\x/a",
    "mxc://user@h/a",
    "mxc://h\n/a",
    "mxc:///a",
    "mxc://h/",
    "MXC://h/a",
    "http://127.0.0.1/a",
    "https://[::1]/a",
    "http://[::ffff:127.0.0.1]/a",
    "http://169.254.169.254/latest/meta-data",
    "file:///etc/passwd",
    "//127.0.0.1/a",
    "",
)


@pytest.fixture
async def bot() -> AsyncIterator[tuple[FakeHomeserver, Homeserver]]:
    async with FakeHomeserver(Registration()) as fake:
        identity = Identity(fake.base_url, UserId(fake.bot), fake.registration.as_token, "DEVICE")
        homeserver = Homeserver(identity)
        await homeserver.register()
        yield fake, homeserver
        await homeserver.close()


@pytest.mark.parametrize("url", NO_FILES)
async def test_a37_what_is_no_file_of_the_media_repository_is_asked_of_nobody(
    bot: tuple[FakeHomeserver, Homeserver], url: str
) -> None:
    fake, homeserver = bot
    before = len(fake.calls)
    with pytest.raises(files.Unreadable):
        await files.read(homeserver, {"url": url})
    assert fake.calls[before:] == []


@pytest.mark.parametrize("server", ["127.0.0.1:8008", "169.254.169.254", "[::1]", "localhost"])
async def test_a37_a_file_of_any_server_is_asked_of_our_own_homeserver_alone(
    bot: tuple[FakeHomeserver, Homeserver], server: str
) -> None:
    fake, homeserver = bot
    with pytest.raises(HomeserverError):
        await files.read(homeserver, {"url": f"mxc://{server}/a"})
    assert [call.name for call in fake.calls[1:]] == [MEDIA]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a37_where_the_homeserver_sends_us_to_another_place_we_do_not_go(
    bot: tuple[FakeHomeserver, Homeserver], status: int
) -> None:
    fake, homeserver = bot
    async with FakeHomeserver(Registration()) as elsewhere:
        away = Fault(status, {}, headers={"Location": f"{elsewhere.base_url}/_matrix/client/versions"})
        fake.script(lambda _: True, away, times=None)
        with pytest.raises(HomeserverError):
            await files.read(homeserver, {"url": "mxc://hs.test/a"})
        with pytest.raises(HomeserverError):
            await homeserver.who_am_i()
        assert elsewhere.calls == []
