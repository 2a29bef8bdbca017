"""The server itself, and people: registering, logging in, devices, profiles, account data, keys, ping."""

from __future__ import annotations

import json
import time

import aiohttp

from tests.fake.creation import VERSIONS
from tests.fake.wire import Answer, Ask, Json, MatrixError, Routes, bad_request, forbidden, not_found
from tests.fake.world import Account, World

routes = Routes()
_DEVICE = "/devices/{device_id}"
_DATA = "/user/{user_id}/account_data/{type}"
_ROOM_DATA = "/user/{user_id}/rooms/{room_id}/account_data/{type}"


@routes("GET", "/versions", open_to_all=True)
async def versions(world: World, ask: Ask) -> Answer:
    return {"versions": [f"v1.{minor}" for minor in range(1, 13)], "unstable_features": {}}


@routes("GET", "/capabilities")
async def capabilities(world: World, ask: Ask) -> Answer:
    available = dict.fromkeys(VERSIONS, "stable")
    known = {"default": world.default_version, "available": available}
    return {"capabilities": {"m.room_versions": known}}


@routes("POST", "/register", open_to_all=True)
async def register(world: World, ask: Ask) -> Answer:
    user = f"@{ask.body.get('username')}:{world.server_name}"
    if ask.body.get("type") == "m.login.application_service":
        if not ask.appservice:
            raise bad_request("M_UNKNOWN", "Appservice token must be provided")
        if not world.is_ours(user):
            raise bad_request("M_EXCLUSIVE", "The username is not in our namespace")
    elif world.is_ours(user):
        raise bad_request("M_EXCLUSIVE", "This user ID is reserved by an application service.")
    if user in world.accounts:
        raise bad_request("M_USER_IN_USE", "User ID already taken.")
    localpart = user[1:].partition(":")[0]
    world.accounts[user] = Account(user, ask.body.get("password"), {"displayname": localpart})
    return {"user_id": user} if ask.body.get("inhibit_login") else log_in(world, user, None)


@routes("GET", "/register/available", open_to_all=True)
async def available(world: World, ask: Ask) -> Answer:
    raise forbidden("Registration has been disabled")


@routes("POST", "/login", open_to_all=True)
async def login(world: World, ask: Ask) -> Answer:
    if ask.body.get("type") != "m.login.password":
        raise bad_request("M_APPSERVICE_LOGIN_UNSUPPORTED", "Only passwords are taken here")
    named = ask.body.get("identifier", {}).get("user", "")
    user = named if named.startswith("@") else f"@{named}:{world.server_name}"
    account = world.accounts.get(user)
    if account is None or account.password is None or account.password != ask.body.get("password"):
        raise forbidden("Invalid username or password")
    return log_in(world, user, ask.body.get("device_id"))


def log_in(world: World, user: str, device_id: str | None) -> Json:
    """Make a device and a token for `user`."""
    device = device_id or f"DEVICE{len(world.tokens)}"
    token = f"token-{len(world.tokens)}-{user}"
    world.tokens[token] = (user, device)
    world.account(user).devices[device] = {"device_id": device, "user_id": user}
    return {"user_id": user, "access_token": token, "device_id": device}


@routes("GET", "/account/whoami")
async def whoami(world: World, ask: Ask) -> Answer:
    device = {"device_id": ask.device} if ask.device else {}
    return {"user_id": ask.user, "is_guest": False, **device}


@routes("GET", "/devices")
async def devices(world: World, ask: Ask) -> Answer:
    return {"devices": list(world.account(ask.user).devices.values())}


@routes("GET", _DEVICE)
async def get_device(world: World, ask: Ask) -> Answer:
    device = world.account(ask.user).devices.get(ask.params["device_id"])
    if device is None:
        raise not_found("No device found")
    return device


@routes("PUT", _DEVICE)
async def put_device(world: World, ask: Ask) -> Answer:
    """An application service makes its devices this way (MSC4190); a person can only rename theirs."""
    held, device_id = world.account(ask.user).devices, ask.params["device_id"]
    if device_id not in held and not ask.appservice:
        return {}
    made = device_id not in held
    held[device_id] = {"device_id": device_id, "user_id": ask.user, **ask.body}
    return (201, {}) if made else {}


@routes("DELETE", _DEVICE)
async def delete_device(world: World, ask: Ask) -> Answer:
    account = world.account(ask.user)
    account.devices.pop(ask.params["device_id"], None)
    account.keys.pop(ask.params["device_id"], None)
    return {}


@routes("GET", "/media/download/{server_name}/{media_id}")
async def download(world: World, ask: Ask) -> Answer:
    """A file that a test has put into `media`."""
    data = world.media.get(f"mxc://{ask.params['server_name']}/{ask.params['media_id']}")
    if data is None:
        raise MatrixError(404, "M_NOT_FOUND", "Not found")
    return data


@routes("GET", "/profile/{user_id}", open_to_all=True)
async def get_profile(world: World, ask: Ask) -> Answer:
    account = world.accounts.get(ask.params["user_id"])
    if account is None:
        raise MatrixError(404, "M_UNKNOWN", "Profile was not found")
    if not any(account.profile.values()):
        raise not_found("Profile was not found")
    return account.profile


@routes("GET", "/profile/{user_id}/{field:displayname|avatar_url}", open_to_all=True)
async def get_profile_field(world: World, ask: Ask) -> Answer:
    field = ask.params["field"]
    if ask.params["user_id"] not in world.accounts:
        raise not_found("Profile was not found")
    profile = world.accounts[ask.params["user_id"]].profile
    return {field: profile[field]} if field in profile else {}


@routes("PUT", "/profile/{user_id}/{field:displayname|avatar_url}")
async def put_profile_field(world: World, ask: Ask) -> Answer:
    field, account = ask.params["field"], world.account(ask.user)
    if ask.params["user_id"] != ask.user:
        raise MatrixError(400, "M_FORBIDDEN", "Cannot set another user's profile")
    if account.profile.get(field) == ask.body.get(field):
        return {}
    account.profile[field] = ask.body.get(field)
    for room in world.rooms.values():
        if room.membership(ask.user) == "join":
            world.set_membership(ask.user, room, ask.user, {**account.profile, "membership": "join"})
    return {}


# -- account data -----------------------------------------------------------------------------------


@routes("PUT", _DATA)
@routes("PUT", _ROOM_DATA)
async def put_account_data(world: World, ask: Ask) -> Answer:
    _require_self(ask)
    key = (ask.params.get("room_id", ""), ask.params["type"])
    world.account(ask.user).account_data[key] = (world.advance(), ask.body)
    return {}


@routes("GET", _DATA)
@routes("GET", _ROOM_DATA)
async def get_account_data(world: World, ask: Ask) -> Answer:
    _require_self(ask)
    held = world.account(ask.user).account_data.get((ask.params.get("room_id", ""), ask.params["type"]))
    if held is None:
        raise not_found("Account data not found")
    return held[1]


def _require_self(ask: Ask) -> None:
    if ask.params["user_id"] != ask.user:
        raise forbidden("Cannot touch the account data of another user.")


@routes("POST", "/user/{user_id}/filter")
async def post_filter(world: World, ask: Ask) -> Answer:
    _require_self(ask)
    filters = world.account(ask.user).filters
    filters.append(ask.body)
    return {"filter_id": str(len(filters) - 1)}


@routes("PUT", "/rooms/{room_id}/typing/{user_id}")
async def put_typing(world: World, ask: Ask) -> Answer:
    world.room_for(ask.user, ask.params["room_id"])
    return {}


@routes("POST", "/rooms/{room_id}/receipt/{type}/{event_id}")
@routes("POST", "/rooms/{room_id}/read_markers")
async def post_receipt(world: World, ask: Ask) -> Answer:
    world.room_for(ask.user, ask.params["room_id"])
    return {}


# -- keys: enough for a client to start; nothing here encrypts --------------------------------------


@routes("POST", "/keys/upload")
async def keys_upload(world: World, ask: Ask) -> Answer:
    if ask.device is None:
        raise bad_request("M_UNKNOWN", "To upload keys, you must pass device_id when authenticating")
    account = world.account(ask.user)
    if "device_keys" in ask.body:
        account.keys[ask.device] = ask.body["device_keys"]
    held = account.one_time_keys.setdefault(ask.device, {})
    held.update(ask.body.get("one_time_keys", {}))
    return {"one_time_key_counts": {"signed_curve25519": len(held)}}


@routes("POST", "/keys/query")
async def keys_query(world: World, ask: Ask) -> Answer:
    asked = [world.accounts[u] for u in ask.body.get("device_keys", {}) if u in world.accounts]
    answer: Json = {"device_keys": {account.user_id: account.keys for account in asked}, "failures": {}}
    for account in asked:
        for usage, key in account.signing_keys.items():
            answer.setdefault(f"{usage}s", {})[account.user_id] = key
    return answer


@routes("POST", "/keys/claim")
async def keys_claim(world: World, ask: Ask) -> Answer:
    claimed: Json = {}
    for user, wanted in ask.body.get("one_time_keys", {}).items():
        for device in wanted:
            held = world.account(user).one_time_keys.get(device, {})
            if held:
                key_id = next(iter(held))
                claimed.setdefault(user, {})[device] = {key_id: held.pop(key_id)}
    return {"one_time_keys": claimed, "failures": {}}


@routes("POST", "/keys/device_signing/upload")
async def keys_signing(world: World, ask: Ask) -> Answer:
    keys = {usage: key for usage, key in ask.body.items() if usage.endswith("_key")}
    world.account(ask.user).signing_keys.update(keys)
    return {}


@routes("POST", "/keys/signatures/upload")
async def keys_signatures(world: World, ask: Ask) -> Answer:
    """Signatures of one's own devices, which nobody here verifies."""
    account = world.account(ask.user)
    for id_, signed in ask.body.get(ask.user, {}).items():
        if id_ in account.keys:
            held = account.keys[id_].setdefault("signatures", {}).setdefault(ask.user, {})
            held.update(signed["signatures"][ask.user])
    return {}


@routes("PUT", "/sendToDevice/{type}/{txn_id}")
async def send_to_device(world: World, ask: Ask) -> Answer:
    for user, devices_ in ask.body.get("messages", {}).items():
        for device, content in devices_.items():
            event = {"type": ask.params["type"], "sender": ask.user, "content": content}
            world.account(user).to_device.append((world.advance(), device, event))
    return {}


# -- ping -------------------------------------------------------------------------------------------


@routes("POST", "/appservice/{appservice_id}/ping")
async def ping(world: World, ask: Ask) -> Answer:
    """Ask the application service whether it is there, and tell what came of it."""
    registration = world.registration
    if not ask.appservice or ask.params["appservice_id"] != registration.appservice_id:
        raise forbidden("Mismatching application service")
    if registration.url is None:
        raise bad_request("M_URL_NOT_SET", "The application service does not have a URL set")
    started = time.monotonic()
    headers = {"Authorization": f"Bearer {registration.hs_token}"}
    body = {"transaction_id": ask.body["transaction_id"]} if "transaction_id" in ask.body else {}
    url = f"{registration.url}/_matrix/app/v1/ping"
    timeout = aiohttp.ClientTimeout(total=10)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.post(url, json=body, headers=headers) as answer,
        ):
            text = await answer.text()
            if answer.status >= 300:
                raise MatrixError(502, "M_BAD_STATUS", "Bad status", status=answer.status, body=text)
            json.loads(text)
    except TimeoutError as error:
        raise MatrixError(504, "M_CONNECTION_TIMEOUT", "No answer in time") from error
    except (aiohttp.ClientError, ValueError) as error:
        raise MatrixError(502, "M_CONNECTION_FAILED", f"{error}") from error
    world.pushing.set()
    return {"duration_ms": int((time.monotonic() - started) * 1000)}
