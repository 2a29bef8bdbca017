"""The composition root: the only place where things are built, and the only one that reads the clock.

Foundation   database, who the bot is            (plan and apply need no more)
Engine       + homeserver, outbox                (whoever acts: the service, or apply)
Hedgerow     + server, inbox, conversation, schedule: the service
"""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog

from appservice.homeserver import Homeserver, HomeserverError, Identity
from appservice.inbox import Inbox, Mailbox
from appservice.listeners import Listeners
from appservice.metrics import Numbers
from appservice.outbox import Outbox
from appservice.performing import Performer
from appservice.places import Places
from appservice.provisioning import Provisioner
from appservice.reconciler import Reconciler
from appservice.schedule import Schedule
from appservice.server import Server, build, build_watch
from appservice.settling import Settler
from appservice.store import inbox, journal, outbox, rooms
from appservice.store.database import Connection, Database, StoreError
from appservice.store.locks import ActingLock
from appservice.store.migrate import migrate
from appservice.version import VERSION
from appservice.work import Health, RandomIds, Surroundings, Works
from bot.conversation import Conversation
from bot.networks import network_commands
from config.blueprints import template
from config.settings import Settings
from spaces.errors import Unavailable
from spaces.power_levels import choose_version
from spaces.reconcile import Maker
from spaces.wanted import published_under

log = structlog.get_logger(__name__)

WANTED_MARK = "acting wanted"
_HEALTH_SECONDS = 10
_PROGRESS_SECONDS = 0.5
_DAY_SECONDS = 86_400
_ROOMS_EVERY = 20  # looks at all rooms' state once in so many catch-ups
_STOP_SECONDS = 6.0


class Foundation:
    """The database, brought to this version's shape, and who the bot is."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.database = Database(settings.database_url)
        self.health = Health()
        self.secret = ""
        self.device_id = ""
        self.room_version = ""

    async def lay(self) -> None:
        """Migrate, and read or make what outlives the process. Raises `Unavailable`."""
        try:
            self.database.make_file()
            await migrate(self.database)
            async with self.database.writing() as connection:
                self.secret = await _kept(connection, "secret", secrets.token_hex(16))
                self.device_id = await _kept(connection, "device", f"HEDGEROW{secrets.token_hex(4).upper()}")
                self.room_version = await journal.mark(connection, "room version") or ""
        except (StoreError, OSError) as error:
            raise Unavailable(
                f"The database cannot be opened ({type(error).__name__}). Look at `database` in the "
                "configuration: the folder must be there and writable, or PostgreSQL must answer."
            ) from error

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
            ids=RandomIds(),
        )


async def _kept(connection: Connection, name: str, fresh: str) -> str:
    """The mark of that name; `fresh` if there was none."""
    found = await journal.mark(connection, name)
    if found is None:
        await journal.set_mark(connection, name, fresh)
    return found or fresh


class Engine:
    """What delivers: used by the service, and by `apply` when no service acts."""

    def __init__(self, foundation: Foundation) -> None:
        settings = foundation.settings
        self.foundation = foundation
        self.homeserver = Homeserver(
            Identity(
                url=settings.homeserver.url,
                user=settings.homeserver.bot,
                as_token=settings.homeserver.as_token.get_secret_value(),
                device_id=foundation.device_id,
            )
        )
        self.places = Places(settings.homeserver.domain)
        self.works: Works
        self.outbox: Outbox
        self.settler: Settler

    async def greet(self) -> None:
        """Make the bot's account and device, and choose the room version. Raises `HomeserverError`."""
        await self.homeserver.register()
        await self.homeserver.make_device("Hedgerow")
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

    async def assemble(self) -> None:
        """Build what delivers, once greeted."""
        database = self.foundation.database
        self.works = Works(database, self.foundation.surroundings(), self._woken)
        provisioner = Provisioner(self.homeserver, self.places, time.time)
        performer = Performer(self.homeserver, self.places, provisioner)
        self.settler = Settler(self.works, self.places)
        self.outbox = Outbox(
            self.works,
            performer,
            self.settler,
            self.places,
            time.time,
            side_by_side=self.foundation.settings.outbox.side_by_side,
        )
        async with database.reading() as connection:
            rows = await rooms.all_rooms(connection)
        for row in rows:
            if row.room_id is not None:
                self.places.put(row.place, row.room_id)
        self.outbox.prepare([(row.place, row.ready) for row in rows if row.room_id is not None])

    def _woken(self) -> None:
        self.outbox.wake()

    async def close(self) -> None:
        await self.homeserver.close()


class Hedgerow:
    """The service."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.foundation = Foundation(settings)
        self.engine: Engine
        self.mailbox = Mailbox(self.foundation.database, time.time)
        self.inbox: Inbox
        self.reconciler: Reconciler
        self.schedule = Schedule()
        self.started = asyncio.Event()
        self._lock = ActingLock(self.foundation.database)
        self._servers: list[Server] = []
        self._loops: list[asyncio.Task[None]] = []
        self._numbers = Numbers(self._gauges)
        self._depth = 0
        self._restarts_seen = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set. Raises `Unavailable` where it cannot start at all."""
        await self.foundation.lay()
        try:
            await self._take_over(stop)
            if stop.is_set():
                return
            self.engine = Engine(self.foundation)
            await self._listen()
            starting = asyncio.create_task(self._start())
            await _first_of(starting, stop)
            await stop.wait()
        finally:
            await self._stop()

    # -- starting --------------------------------------------------------------------------------

    async def _take_over(self, stop: asyncio.Event) -> None:
        """Wait until no other process acts; one that only applies a blueprint gives way."""
        asked = False
        while not stop.is_set() and not await self._lock.take():
            if not asked:
                log.info("waiting_for_another_process_to_give_way")
                async with self.foundation.database.writing() as connection:
                    await journal.set_mark(connection, WANTED_MARK, "run")
                asked = True
            await asyncio.sleep(0.3)
        async with self.foundation.database.writing() as connection:
            await journal.clear_mark(connection, WANTED_MARK)

    async def _listen(self) -> None:
        homeserver = self.settings.homeserver
        apart = self.settings.metrics.listen
        app = build(
            hs_token=homeserver.hs_token.get_secret_value(),
            bot=homeserver.bot,
            transactions=self.mailbox,
            pings=self,
            networks=self,
            health=None if apart else self,
            metrics=None if apart else self._numbers,
            legacy_query_auth=self.settings.legacy_query_auth,
        )
        addresses = [(app, self.settings.listen)]
        if apart:
            addresses.append((build_watch(self, self._numbers), apart))
        for served, address in addresses:
            server = Server(served)
            try:
                await server.start(address.host, address.port)
            except OSError as error:
                raise Unavailable(
                    f"Nothing can listen on {address} ({error.strerror}). Is another Hedgerow running? "
                    "Change `listen` in the configuration and `url` in the registration, or end the other."
                ) from error
            self._servers.append(server)

    async def _start(self) -> None:
        await self._greet()
        await self.engine.assemble()
        commands = network_commands(template)
        bot = self.settings.homeserver.bot
        conversation = Conversation(
            commands,
            bot,
            self.settings.bot.prefix,
            self.settings.bot.display_name,
            open_creation=self.settings.networks.open_creation,
        )
        works = self.engine.works
        self.inbox = Inbox(self.mailbox, works, Listeners(conversation, bot))
        self.reconciler = Reconciler(works, self.engine.homeserver, self.inbox, self.engine.places)
        self._loops = [asyncio.create_task(self.engine.outbox.run()), asyncio.create_task(self.inbox.run())]
        await self._ping()
        await self.reconciler.look_at_rooms()
        self._set_schedule()
        self.started.set()
        log.info("ready", room_version=self.foundation.room_version)

    async def _greet(self) -> None:
        """Until the homeserver answers; it may come up after us."""
        wait = 1.0
        while True:
            try:
                return await self.engine.greet()
            except HomeserverError as error:
                log.warning("homeserver_does_not_answer", status=error.status, errcode=error.errcode)
            await asyncio.sleep(wait * random.uniform(0.7, 1.0))
            wait = min(wait * 2, 30.0)

    def _set_schedule(self) -> None:
        every = self.settings.reconcile.every_seconds
        self.schedule.every(every, "catch up", self.reconciler.catch_up, jitter=every / 10, at_once=True)
        self.schedule.every(every * _ROOMS_EVERY, "look at rooms", self.reconciler.look_at_rooms)
        self.schedule.every(_PROGRESS_SECONDS, "progress", self.engine.settler.tell_progress)
        self.schedule.every(_HEALTH_SECONDS, "health", self._check_health, at_once=True)
        self.schedule.every(_DAY_SECONDS, "tidy", self.reconciler.tidy)
        self.schedule.start()

    # -- watching --------------------------------------------------------------------------------

    async def _check_health(self) -> None:
        """After an outage, and after a sign of the homeserver's restart, read again what may be missed."""
        health = self.foundation.health
        was_well = health.homeserver_answers
        try:
            await self.engine.homeserver.versions()
            health.homeserver_answers = True
        except HomeserverError:
            health.homeserver_answers = False
        if health.homeserver_answers and not health.pinged:
            await self._ping()
        restarted = self.mailbox.restarts_seen != self._restarts_seen
        self._restarts_seen = self.mailbox.restarts_seen
        if health.homeserver_answers and (restarted or not was_well):
            self.engine.outbox.homeserver_answers()
            await self.reconciler.catch_up()
            await self.reconciler.look_at_rooms()
        async with self.foundation.database.reading() as connection:
            self._depth = await outbox.depth(connection)

    async def _ping(self) -> None:
        try:
            await self.engine.homeserver.ping(self.settings.homeserver.appservice_id, secrets.token_hex(8))
            self.foundation.health.pinged = True
        except HomeserverError as error:
            self.foundation.health.pinged = False
            log.warning("ping_failed", status=error.status, errcode=error.errcode)

    def received(self, txn_id: str | None) -> None:
        """A ping came in (`server.Pings`)."""
        self.foundation.health.pinged = True

    async def ready(self) -> Mapping[str, bool]:
        """What `/ready` tells (`server.Health`)."""
        health = self.foundation.health
        return {
            "database": await self.foundation.database.answers(),
            "homeserver": health.homeserver_answers,
            "ping": health.pinged,
        }

    async def instances(self) -> Sequence[Mapping[str, object]]:
        """The ecosystems in whose room directories something is listed (`server.PublicNetworks`)."""
        if not hasattr(self, "inbox"):
            return []
        landscape = await self.engine.works.landscape()
        listed = {published_under(landscape, network) for network in landscape.networks.values()}
        named = sorted((landscape.networks[top].name, top) for top in listed if top is not None)
        return [{"network_id": top, "desc": name, "fields": {}} for name, top in named]

    def _gauges(self) -> Mapping[str, float]:
        working = getattr(self, "inbox", None)
        return {
            "hedgerow_transactions_total": self.mailbox.transactions,
            "hedgerow_events_total": working.events if working else 0,
            "hedgerow_events_set_aside_total": working.set_aside if working else 0,
            "hedgerow_outbox_depth": self._depth,
            "hedgerow_homeserver_answers": float(self.foundation.health.homeserver_answers),
        }

    # -- stopping --------------------------------------------------------------------------------

    async def _stop(self) -> None:
        """Let what is under way end, within the time that a service manager gives."""
        log.info("stopping")
        if self._loops:
            self.engine.outbox.stop()
            self.inbox.stop()
        await asyncio.gather(self.schedule.stop(), *(server.stop() for server in self._servers))
        if self._loops:
            _, late = await asyncio.wait(self._loops, timeout=_STOP_SECONDS)
            for task in late:
                task.cancel()
        if hasattr(self, "engine"):
            await self.engine.close()
        await self._lock.release()
        await self.foundation.database.close()


async def _first_of(starting: asyncio.Task[None], stop: asyncio.Event) -> None:
    """Wait for the start to end, or for `stop`; what the start raises is raised."""
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait((starting, stopping), return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if starting.done():
        starting.result()
    else:
        starting.cancel()


@dataclass(frozen=True, slots=True)
class Counted:
    """How many events and actions there are, for whoever watches from another process."""

    waiting: int
    set_aside: int


async def counted(database: Database) -> Counted:
    """Read from the store how much waits and how much was set aside."""
    async with database.reading() as connection:
        waiting = await outbox.depth(connection)
        found = await inbox.counts(connection)
    return Counted(waiting, found.get("set aside", 0))
