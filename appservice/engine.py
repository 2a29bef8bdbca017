"""What whoever acts is made of: the database and who the bot is, and what delivers.

Foundation   database, who the bot is            (plan needs no more)
Engine       + homeserver, outbox                (whoever acts: the service, or apply)
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable

import structlog

from appservice import lost_rooms
from appservice.allowance import Limits
from appservice.device import DEVICE_MARK, DEVICE_NAME, new_device_id
from appservice.encrypted_rooms import Rooms
from appservice.envelope import Envelope
from appservice.gathering import Gathering
from appservice.homeserver import Homeserver, HomeserverError, Identity
from appservice.invitations import Reports
from appservice.key_calls import KeyCalls
from appservice.metrics import Meters
from appservice.outbox import Outbox
from appservice.performing import Performer
from appservice.places import Places
from appservice.provisioning import Provisioner
from appservice.secrecy import Secrecy
from appservice.settling import Settler
from appservice.store import journal, rooms, upgrades
from appservice.store.database import Connection, Database, StoreError
from appservice.store.migrate import look, migrate
from appservice.store.pooling import check_sessions
from appservice.store.standing import why_unusable
from appservice.store.stillness import Stillness
from appservice.surroundings import Health, RandomIds, Surroundings
from appservice.version import VERSION
from appservice.works import Works
from config.settings import Settings
from spaces.errors import Unavailable
from spaces.power_levels import choose_version
from spaces.reconcile import Maker

log = structlog.get_logger(__name__)

WANTED_MARK = "acting wanted"
_NO_MARK = "nothing"
_ASK_AGAIN_SECONDS = 2.0


def unusable(error: Exception) -> Unavailable:
    """What is said where the database cannot be opened, or not be written to."""
    return Unavailable(
        f"The database cannot be used ({why_unusable(error)}). Look at `database` in the configuration: "
        "PostgreSQL must answer; SQLite's folder must be there, and this user must be allowed to write to it "
        "and to the file. `hedgerow doctor` says which it is."
    )


def tell_silence(error: HomeserverError) -> None:
    """Log that the homeserver does not do what the bot needs first of all."""
    if error.errcode == "M_UNKNOWN_TOKEN":
        log.warning("token_not_known", mend="hedgerow doctor", status=error.status, errcode=error.errcode)
    else:
        log.warning("homeserver_does_not_answer", status=error.status, errcode=error.errcode)


_ACTED_ON = (
    "The database is of an older version of Hedgerow, and a process of that version acts on it. Stop that "
    "one (`systemctl stop hedgerow`) and say this again; or start the service of this version, which waits "
    "for the other's end and then brings the database to its shape."
)


class Foundation:
    """The database, brought to this version's shape, and who the bot is.

    Nobody acts on a shape that they do not know: an older database is migrated by whoever acts, or while
    nobody does.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.meters = Meters(time.perf_counter)
        self.database = Database(settings.database_url, self.meters)
        self.health = Health()
        self.envelope = Envelope(settings.homeserver.as_token.get_secret_value())
        self.ids = RandomIds()
        self.secret = ""
        self.device_id = ""
        self.room_version = ""
        self.fits = False
        """Whether the database had this version's shape when it was looked at last."""

    async def open(self) -> None:
        """Reach the database, and make its tables where there are none. Raises `Unavailable`."""
        try:
            self.database.make_file()
            if not self.database.is_sqlite:
                await check_sessions(self.database.engine)
            self.fits = await look(self.database)
        except (StoreError, OSError) as error:
            raise unusable(error) from error

    async def lay(self, *, acts: bool = False) -> None:
        """Migrate, and read or make what outlives the process. Raises `Unavailable`.

        Unless this process `acts`, another may, and then an older database is refused.
        """
        await self.open()
        try:
            if not self.fits:
                await (migrate(self.database) if acts else self._migrate_alone())
                self.fits = True
            async with self.database.writing() as connection:
                self.secret = await _kept(connection, "secret", secrets.token_hex(16))
                self.device_id = await _kept(connection, DEVICE_MARK, new_device_id())
                self.room_version = await journal.mark(connection, "room version") or ""
                self.ids.lost.know(await lost_rooms.kept(connection))
                await journal.clear_mark(connection, _NO_MARK)  # SQLite refuses a read-only file only here
        except (StoreError, OSError) as error:
            raise unusable(error) from error

    async def _migrate_alone(self) -> None:
        """While nobody acts."""
        lock = Stillness(self.database)
        try:
            if not await lock.take():
                raise Unavailable(_ACTED_ON)
            await migrate(self.database)
        finally:
            await lock.release()

    def surroundings(self) -> Surroundings:
        wished = self.settings.rooms.version
        chosen = self.room_version or ("12" if wished == "auto" else wished)
        return Surroundings(
            maker=Maker(self.settings.homeserver.bot, chosen),
            admins=frozenset(self.settings.admins),
            now=time.time,
            health=self.health,
            version=VERSION,
            secret=self.secret,
            ids=self.ids,
            called=self.settings.bot.display_name,
            language=self.settings.bot.language,
            timezone=self.settings.bot.timezone,
            envelope=self.envelope,
            public_url=self.settings.public.base_url or "",
            backups_kept_days=self.settings.backups.kept_days,
            limits=Limits(
                finds_per_minute=self.settings.directory.finds_per_minute,
                people_per_day=self.settings.directory.people_per_day,
            ),
        )


async def _kept(connection: Connection, name: str, fresh: str) -> str:
    """The mark of that name; `fresh` if there was none."""
    found = await journal.mark(connection, name)
    if found is None:
        await journal.set_mark(connection, name, fresh)
    return found or fresh


class Engine:
    """What delivers: used by the service, and by `apply` when no service acts."""

    def __init__(self, foundation: Foundation, may_call: Callable[[], bool]) -> None:
        settings = foundation.settings
        self.foundation = foundation
        self.homeserver = Homeserver(
            Identity(
                url=settings.homeserver.url,
                user=settings.homeserver.bot,
                as_token=settings.homeserver.as_token.get_secret_value(),
                device_id=foundation.device_id,
            ),
            foundation.meters,
            may_call,
        )
        self.secrecy: Secrecy | None = None
        if settings.encryption.enabled:
            self.secrecy = Secrecy(settings, foundation.database, self.homeserver, foundation.health)
        self.places = Places(settings.homeserver.domain)
        self.works: Works
        self.outbox: Outbox
        self.settler: Settler

    async def greet(self) -> None:
        """Make the bot's account and device, and choose the room version. Raises `HomeserverError`."""
        await self.homeserver.register()
        await self.homeserver.make_device(DEVICE_NAME)
        await self.homeserver.set_display_name(self.foundation.settings.bot.display_name)
        offered, default = await self.homeserver.room_versions()
        wished = self.foundation.settings.rooms.version
        chosen = choose_version(wished, offered, default)
        if chosen is None:
            raise Unavailable(
                f"The homeserver offers no room version that fits `rooms.version: {wished}` "
                f"(it has {', '.join(offered) or 'none'}). Set one that it offers, from 10 on."
            )
        self.foundation.room_version = chosen
        async with self.foundation.database.writing() as connection:
            await journal.set_mark(connection, "room version", chosen)
        self.foundation.health.homeserver_answers = True

    async def secure(self) -> None:
        """Have a device that reads and writes what is encrypted. Raises `HomeserverError`."""
        if self.secrecy is not None:
            await self.secrecy.device.begin()
            await self.secrecy.rooms.look_at_known()

    async def assemble(self) -> None:
        """Build what delivers, once greeted."""
        database = self.foundation.database
        self.works = Works(database, self.foundation.surroundings(), self._woken)
        # waits of this process: a clock that is set right does not make them an hour longer
        provisioner = Provisioner(self.homeserver, self.places, time.monotonic)
        in_the_clear = Rooms(database, KeyCalls(self.homeserver))
        said_in = in_the_clear if self.secrecy is None else self.secrecy.rooms
        gathering = Gathering(self.works, self.secrecy.encryption if self.secrecy else None)
        performer = Performer(
            self.homeserver, self.places, provisioner, said_in, self.foundation.envelope, gathering
        )
        self.settler = Settler(self.works, self.places, Reports(self.foundation.settings.bot.prefix))
        self.outbox = Outbox(
            self.works,
            performer,
            self.settler,
            self.places,
            time.monotonic,
            side_by_side=self.foundation.settings.outbox.side_by_side,
            watch=self.foundation.meters,
        )
        async with database.reading() as connection:
            rows = await rooms.all_rooms(connection)
            moved = await upgrades.pending(connection, upgrades.MOVED)
        for row in rows:
            if row.room_id is not None:
                self.places.put(row.place, row.room_id)
        for upgrade in moved:
            self.places.knows_by(upgrade.place, upgrade.old)
        self.outbox.prepare([(row.place, row.ready) for row in rows if row.room_id is not None])

    async def find_lost_rooms(self) -> None:
        """Know, before anything is heard or done, which rooms were made after the backup, if it is one."""
        while True:
            try:
                lost = await lost_rooms.look(self.works, self.homeserver, self.places)
                return self.foundation.ids.lost.know(lost)
            except HomeserverError as error:
                tell_silence(error)
            await asyncio.sleep(_ASK_AGAIN_SECONDS)

    def _woken(self) -> None:
        self.outbox.wake()

    async def close(self) -> None:
        if self.secrecy is not None:
            self.secrecy.close()
        await self.homeserver.close()
