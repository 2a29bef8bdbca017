"""nio's Olm machine and its store, stricter about whose keys are kept, and how many of them."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import vodozemac
from nio.crypto import InboundGroupSession, Olm
from nio.crypto.attachments import encrypt_attachment
from nio.store import SqliteStore
from nio.store.models import (
    DeviceKeys,
    DeviceTrustState,
    Keys,
    MegolmInboundSessions,
    OlmSessions,
)

MOST_DEVICES = 100  # of one person
MOST_TALKS = 10  # Olm sessions with one device
MOST_ROOM_KEYS = 50  # of one device in one room
_LONGEST = 512  # a session's key has about 300 letters, an id at most 255
_MOST_WAITING = 1000
_MOST_WAITING_OF_ONE = 50

Key = tuple[str, str, str, str, str]
"""What nio makes a session of: the device's two keys, the room, the session's id and key."""


def sealed_file(data: bytes) -> tuple[bytes, dict[str, Any]]:
    """An encrypted attachment, and what the message says of it (EncryptedFile, but for its `url`)."""
    sealed, file = encrypt_attachment(data)
    return sealed, file


class Store(SqliteStore):
    """nio keeps one session of each id, whoever brought it; here each device has its own of that id."""

    def save_inbound_group_session(self, session: InboundGroupSession) -> None:
        with self.database.bind_ctx(self.models):
            MegolmInboundSessions.insert(
                sender_key=session.sender_key,
                account=self._get_account(),
                fp_key=session.ed25519,
                room_id=session.room_id,
                session=session.pickle(self.pickle_key),
                session_id=_row(session),
            ).on_conflict_ignore().execute()

    def drop_room_key(self, session: InboundGroupSession) -> None:
        of_one = (MegolmInboundSessions.sender_key == session.sender_key) & (
            MegolmInboundSessions.session_id.in_((_row(session), session.id))
        )
        with self.database.bind_ctx(self.models):
            MegolmInboundSessions.delete().where(of_one).execute()

    def forget_person(self, user: str, keys: Collection[str]) -> None:
        """Whatever is kept of them, of whom these are the devices' keys; the file is written anew."""
        of_theirs = DeviceKeys.select(DeviceKeys.id).where(DeviceKeys.user_id == user)
        with self.database.bind_ctx(self.models):
            for table in (Keys, DeviceTrustState):
                table.delete().where(table.device.in_(of_theirs)).execute()
            DeviceKeys.delete().where(DeviceKeys.user_id == user).execute()
            for table in (OlmSessions, MegolmInboundSessions):
                table.delete().where(table.sender_key.in_(list(keys))).execute()
        self.database.execute_sql("VACUUM")

    def drop_talk(self, id_: str) -> None:
        with self.database.bind_ctx(self.models):
            OlmSessions.delete().where(OlmSessions.session_id == id_).execute()


def _row(session: InboundGroupSession) -> str:
    return json.dumps((session.room_id, session.id, session.sender_key))


class Machine(Olm):
    """nio's machine. What `arrived` are the keys of rooms that came since they were last taken."""

    def __init__(self, user: str, device_id: str, store: Store) -> None:
        self.arrived: list[Key] = []
        super().__init__(user, device_id, store)

    def create_group_session(self, *key: str) -> None:
        """It is for us to say whether it is kept."""
        _, _, room_id, session_id, session_key = key
        if all(isinstance(part, str) and len(part) <= _LONGEST for part in key):
            "".join(key).encode()  # no store keeps what is no text
            vodozemac.SessionKey(session_key)
            self.arrived.append((key[0], key[1], room_id, session_id, session_key))

    def keep(self, key: Key) -> None:
        """The first that a device brings under an id is kept: later ones could only read less."""
        sender_key, _, room_id, session_id, _ = key
        if self.inbound_group_store.get(room_id, sender_key, session_id) is None:
            super().create_group_session(*key)
        ours = self.inbound_group_store[room_id][sender_key]
        while len(ours) > MOST_ROOM_KEYS:
            self.store.drop_room_key(ours.pop(next(iter(ours))))

    def create_outbound_group_session(self, room_id: str) -> None:
        """Our own is known at once: we have it from nobody."""
        super().create_outbound_group_session(room_id)
        arrived, self.arrived = self.arrived, []
        for key in arrived:
            self.keep(key)

    def _handle_forwarded_room_key_event(self, *_: object) -> None:
        return None

    def held(self, room_id: str, session_id: str) -> Iterator[InboundGroupSession]:
        by_sender = self.inbound_group_store[room_id].values()
        return (sessions[session_id] for sessions in by_sender if session_id in sessions)

    def prune_talks(self, sender_key: str) -> None:
        """Whoever begins to talk again and again has only the last times remembered."""
        talks = self.session_store[sender_key]
        talks.sort(key=lambda talk: talk.use_time, reverse=True)
        for talk in talks[MOST_TALKS:]:
            self.store.drop_talk(talk.id)
        del talks[MOST_TALKS:]
        if not talks:
            del self.session_store._entries[sender_key]

    def forget_person(self, user: str) -> list[str]:
        """Their devices, what was said with them and the keys that came from them; those devices' keys."""
        keys = [str(device.curve25519) for device in self.device_store[user].values()]
        self.store.forget_person(user, keys)
        self.device_store._entries.pop(user, None)
        for key in keys:
            self.session_store._entries.pop(key, None)
        for by_sender in self.inbound_group_store._entries.values():
            for key in keys:
                by_sender.pop(key, None)
        for session in self.outbound_group_sessions.values():
            session.users_shared_with = {one for one in session.users_shared_with if one[0] != user}
        return keys

    def is_sound(self, user: str, device_id: str, keys: Any) -> bool:
        """Whether nio can take the device in: one that it cannot would keep all others out."""
        try:
            named = (keys["user_id"], keys["device_id"]) == (user, device_id)
            vodozemac.Curve25519PublicKey.from_base64(keys["keys"][f"curve25519:{device_id}"])
            signed = self.verify_json(dict(keys), keys["keys"][f"ed25519:{device_id}"], user, device_id)
        except Exception:
            return False
        return bool(named and signed)


class WaitingKeys:
    """Keys of rooms that we do not know (yet): in memory, few of each device, the oldest go first."""

    def __init__(self) -> None:
        self._keys: OrderedDict[tuple[str, str, str], Key] = OrderedDict()

    def put(self, key: Key) -> None:
        sender_key, _, room_id, session_id, _ = key
        self._keys.setdefault((room_id, session_id, sender_key), key)
        of_one = [name for name in self._keys if name[2] == sender_key]
        if len(of_one) > _MOST_WAITING_OF_ONE:
            del self._keys[of_one[0]]
        while len(self._keys) > _MOST_WAITING:
            self._keys.popitem(last=False)

    def pop(self, room_id: str, session_id: str) -> list[Key]:
        names = [name for name in self._keys if name[:2] == (room_id, session_id)]
        return [self._keys.pop(name) for name in names]


def signed_part(keys: Mapping[str, Any]) -> dict[str, Any]:
    """A device's keys without what nobody has signed: anything may stand there."""
    return {name: value for name, value in keys.items() if name != "unsigned"}
