"""The service: the composition root, where everything is built and the clock is read."""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections.abc import Callable, Mapping

import structlog
from aiohttp import web

from appservice.acting import Acting
from appservice.codes import JoinPages
from appservice.departing import Departing
from appservice.ecosystems import Ecosystems
from appservice.engine import Engine, Foundation, tell_silence
from appservice.homeserver import HomeserverError
from appservice.hsds.api import Api
from appservice.hsds.served import EveryonesDirectory
from appservice.ics import CalendarFiles
from appservice.inbox import Inbox
from appservice.listeners import Listeners
from appservice.mailbox import Mailbox
from appservice.measuring import Measuring
from appservice.news_pages import NewsPages
from appservice.public import build_public
from appservice.public_news import PublicNews
from appservice.reconciler import Reconciler
from appservice.schedule import Schedule
from appservice.server import Server, build, build_watch
from appservice.ticks import ticks
from appservice.works import Works
from bot.conversation import Conversation
from bot.repertoire import all_commands
from config.blueprints import template
from config.settings import Settings
from config.values import ListenAddress
from spaces.by_hand import CLOSING_SECONDS
from spaces.errors import Unavailable

log = structlog.get_logger(__name__)

_HEALTH_SECONDS = 10
_MEASURE_SECONDS = 10
_GREETING_WAITS = (1.0, 30.0)
_PING_SECONDS = 2
_PROGRESS_SECONDS = 0.5
_SEALED_SECONDS = 1.0
_PATHS_SECONDS = 5.0
_DEVICE_SECONDS = 600
_DAY_SECONDS = 86_400
_ROOMS_EVERY = 5  # looks at all rooms' state once in so many catch-ups
_STOP_SECONDS = 6.0


class Hedgerow:
    """The service."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.foundation = Foundation(settings)
        self.engine: Engine
        self._acting = Acting(self.foundation, self._replaced)
        self.mailbox = Mailbox(
            self.foundation.database, time.time, self._acting.lock.is_answered, self.foundation.health
        )
        self.inbox: Inbox
        self.listeners: Listeners
        self.reconciler: Reconciler
        self.departing: Departing
        self.schedule = Schedule(self.foundation.meters)
        self.started = asyncio.Event()
        self._servers: dict[ListenAddress, Server] = {}
        self._loops: list[asyncio.Task[None]] = []
        self._meters = self.foundation.meters
        self._measuring = Measuring(self.foundation, self.mailbox, time.time)
        self._restarts_seen = 0
        self._stop_asked = asyncio.Event()
        self._ended: str | None = None
        self._ping_failure: tuple[int, str] | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set. Raises `Unavailable` where it cannot start, or go on."""
        self._stop_asked = stop
        try:
            await self.foundation.open()
            await self._acting.begin(stop, self._listen)
            if not stop.is_set():
                await self._act(stop)
        finally:
            await self._stop()
        if self._ended is not None:
            raise Unavailable(f"Hedgerow has ended: {self._ended}. It is to be started again.")

    # -- starting --------------------------------------------------------------------------------

    async def _act(self, stop: asyncio.Event) -> None:
        self._meters.acts(True)
        self.engine = Engine(self.foundation, self._acting.lock.is_fresh)
        await self._listen()
        starting = asyncio.create_task(self._start())
        await _first_of(starting, stop)
        await stop.wait()

    async def _listen(self) -> None:
        """On each address that lacks it. Public pages read what only tables of this version's shape hold."""
        apart, public = self.settings.metrics.listen, self.settings.public.listen
        await self._serve(self._api, self.settings.listen)
        if apart is not None:
            await self._serve(lambda: build_watch(self, self._meters), apart)
        if public is not None and self.foundation.fits:
            await self._serve(self._public_pages, public)

    async def _serve(self, built: Callable[[], web.Application], address: ListenAddress) -> None:
        if address in self._servers:
            return
        server = Server(built())
        try:
            await server.start(address.host, address.port)
        except OSError as error:
            raise Unavailable(
                f"Nothing can listen on {address} ({error.strerror}). Is another Hedgerow running? "
                "Change `listen` in the configuration and `url` in the registration, or end the other."
            ) from error
        self._servers[address] = server

    def _api(self) -> web.Application:
        homeserver, apart = self.settings.homeserver, self.settings.metrics.listen
        previous = homeserver.previous_hs_token
        return build(
            hs_token=homeserver.hs_token.get_secret_value(),
            transactions=self.mailbox,
            pings=self,
            networks=Ecosystems(self.foundation.database),
            health=None if apart else self,
            metrics=None if apart else self._meters,
            legacy_query_auth=self.settings.legacy_query_auth,
            previous_hs_token=previous.get_secret_value() if previous else "",
            clock=time.monotonic,
        )

    def _public_pages(self) -> web.Application:
        bot, language = self.settings.homeserver.bot, self.settings.bot.language
        invitations = JoinPages(self.foundation.database, bot, language, time.time)
        public = self.settings.public
        directory = EveryonesDirectory(self.foundation.database, bot.server)
        api = Api(directory, public.base_url or "") if public.directory else None
        calendars = CalendarFiles(self.foundation.database, bot, self.settings.bot.display_name, time.time)
        works = Works(self.foundation.database, self.foundation.surroundings(), lambda: None)
        news = NewsPages(PublicNews(works), public.base_url or "", time.time) if public.news else None
        return build_public(invitations, time.time, language, api=api, calendars=calendars, news=news)

    async def _start(self) -> None:
        await self._greet()
        await self.engine.assemble()
        await self.engine.find_lost_rooms()
        commands = all_commands(template)
        bot = self.settings.homeserver.bot
        conversation = Conversation(
            commands,
            bot,
            self.settings.bot.prefix,
            self.settings.bot.display_name,
            open_creation=self.settings.networks.open_creation,
            count=self._meters.command,
        )
        self._meters.knows(command.name for command in conversation.commands)
        works = self.engine.works
        await works.fill_directory()
        self.listeners = Listeners(conversation, bot, self.settings.homeserver.sender)
        self.inbox = Inbox(self.mailbox, works, self.listeners, self._meters)
        self._measuring.attend(self.inbox, self.listeners, self.engine.secrecy)
        self.reconciler = Reconciler(works, self.engine.homeserver, self.inbox, self.engine.places)
        self._loops = [asyncio.create_task(self.engine.outbox.run()), asyncio.create_task(self.inbox.run())]
        if (secrecy := self.engine.secrecy) is not None:
            secrecy.attend(works, self.listeners, self.inbox)
            self._loops.append(asyncio.create_task(secrecy.loop.run()))
        for loop in self._loops:
            loop.add_done_callback(self._loop_ended)
        await self._ping()
        self.departing = Departing(works)
        await self.departing.begin()
        await self.reconciler.look_at_rooms()
        self._set_schedule()
        self.started.set()
        log.info("ready", room_version=self.foundation.room_version)

    async def _greet(self) -> None:
        """Until the homeserver answers; it may come up after us."""
        wait, longest = _GREETING_WAITS
        while True:
            try:
                await self.engine.greet()
                return await self.engine.secure()
            except HomeserverError as error:
                tell_silence(error)
            await asyncio.sleep(wait * random.uniform(0.7, 1.0))
            wait = min(wait * 2, longest)

    def _set_schedule(self) -> None:
        every = self.settings.reconcile.every_seconds
        self.schedule.every(every, "catch up", self.reconciler.catch_up, jitter=every / 10, at_once=True)
        self.schedule.every(every * _ROOMS_EVERY, "look at rooms", self.reconciler.look_at_rooms)
        self.schedule.every(CLOSING_SECONDS, "look at fights", self.reconciler.look_at_fights)
        self.schedule.every(_PROGRESS_SECONDS, "progress", self.engine.settler.tell_progress)
        self.schedule.every(_HEALTH_SECONDS, "health", self._check_health, at_once=True)
        self.schedule.every(_MEASURE_SECONDS, "measure", self._measuring.look, at_once=True)
        self.schedule.every(_PING_SECONDS, "ping", self._ping_again)
        if (secrecy := self.engine.secrecy) is not None:
            self.schedule.every(_SEALED_SECONDS, "sealed", secrecy.sealed.judge)
            self.schedule.every(_DEVICE_SECONDS, "device", secrecy.device.look_after)
        encryption = secrecy.encryption if secrecy is not None else None
        for tick in ticks(self.engine.works, time.time, encryption):
            self.schedule.every(tick.seconds, tick.name, tick.look, at_once=True)
        self.schedule.every(_PATHS_SECONDS, "paths", self.departing.tick)
        self.schedule.every(_DAY_SECONDS, "tidy", self.reconciler.tidy)
        self.schedule.every(_DAY_SECONDS, "silence", self._look_for_silence, at_once=True)
        self.schedule.start()

    async def _look_for_silence(self) -> None:
        await self.reconciler.look_for_silence(self.settings.networks.silent_days * _DAY_SECONDS)

    def _loop_ended(self, loop: asyncio.Task[None]) -> None:
        """A loop ends when it is told to. If it ends otherwise, so does the service, to be started again."""
        if not self._stop_asked.is_set():
            error = None if loop.cancelled() else loop.exception()
            self._end(f"a loop has ended ({type(error).__name__})")

    def _replaced(self) -> None:
        self._end("another process has begun to act, and this one's writes are refused")

    def _end(self, reason: str) -> None:
        log.critical("ending", reason=reason)
        self._ended = self._ended or reason
        self._stop_asked.set()

    # -- watching --------------------------------------------------------------------------------

    async def _check_health(self) -> None:
        """After an outage, and after a sign of the homeserver's restart, read again what may be missed."""
        health = self.foundation.health
        was_well = health.homeserver_answers
        health.homeserver_answers = await self._is_known()
        if health.homeserver_answers:
            await self._ping()
        restarted = self.mailbox.restarts_seen != self._restarts_seen
        self._restarts_seen = self.mailbox.restarts_seen
        if health.homeserver_answers and (restarted or not was_well):
            health.forget_rooms()
            self.engine.outbox.homeserver_answers()
            if self.engine.secrecy is not None:
                self.engine.secrecy.encryption.doubt()
            await self.reconciler.catch_up()
            await self.reconciler.look_at_rooms()

    async def _is_known(self) -> bool:
        """Whether the homeserver answers, and takes us for the bot; a device that it lost is made again."""
        homeserver = self.engine.homeserver
        try:
            await homeserver.who_am_i()
        except HomeserverError as error:
            tell_silence(error)
            if error.errcode == "M_UNKNOWN_DEVICE":
                await self._greet()
            return error.errcode == "M_UNKNOWN_DEVICE"
        return True

    async def _ping(self) -> None:
        try:
            await self.engine.homeserver.ping(self.settings.homeserver.appservice_id, secrets.token_hex(8))
            self.foundation.health.pinged, self._ping_failure = True, None
        except HomeserverError as error:
            self.foundation.health.pinged = False
            failure = error.status, error.errcode
            if failure != self._ping_failure:
                log.warning("ping_failed", status=error.status, errcode=error.errcode)
            self._ping_failure = failure

    async def _ping_again(self) -> None:
        """A balancer may not have found us yet; and a homeserver that is answered sends what it kept."""
        if self.foundation.health.homeserver_answers and not self.foundation.health.pinged:
            await self._ping()

    def received(self, txn_id: str | None) -> None:
        """A ping came in (`server.Pings`)."""
        self.foundation.health.pinged = True

    async def ready(self) -> Mapping[str, bool]:
        """What `/ready` tells (`server.Health`)."""
        health, told = self.foundation.health, await self._acting.ready()
        if not self._acting.acts:
            return told
        return {
            **told,
            "homeserver": health.homeserver_answers,
            "ping": health.pinged,
        }

    # -- stopping --------------------------------------------------------------------------------

    async def _stop(self) -> None:
        """Let what is under way end, within the time that a service manager gives."""
        log.info("stopping")
        servers = (server.stop() for server in self._servers.values())
        await asyncio.gather(self._end_loops(), self.schedule.stop(), *servers)
        if hasattr(self, "engine"):
            await self.engine.close()
        await self._acting.lock.release()
        await self.foundation.database.close()

    async def _end_loops(self) -> None:
        if not self._loops:
            return
        self.engine.outbox.stop()
        self.inbox.stop()
        if self.engine.secrecy is not None:
            self.engine.secrecy.loop.stop()
        _, late = await asyncio.wait(self._loops, timeout=0 if self._acting.is_lost else _STOP_SECONDS)
        for task in late:
            task.cancel()


async def _first_of(starting: asyncio.Task[None], stop: asyncio.Event) -> None:
    """Wait for the start to end, or for `stop`, which ends it; what the start raises is raised."""
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((starting, stopping), return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        starting.cancel()
        await asyncio.wait((starting,))  # nothing of it may open again what is closed next
    if not starting.cancelled():
        starting.result()
