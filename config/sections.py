"""The settings as values: each section, each default, and how each value is read from what was written.

`example.yaml` explains them to an operator.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, PlainValidator, SecretStr
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from config import values
from config.problems import Misfit, shown
from spaces import zones
from spaces.errors import Malformed
from spaces.identifiers import UserId, printable

T = TypeVar("T")
RoomVersion = Literal["auto", "10", "11", "12"]
Language = Literal["en", "cy"]
KeyTransport = Literal["sync", "transactions"]
LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["text", "json"]


# -- how one value is read --------------------------------------------------------------------------


def _said(what: str, mend: str) -> PydanticCustomError:
    return PydanticCustomError("said", "{what} {mend}", {"what": what, "mend": mend})


def _text(read: Callable[[str], object]) -> PlainValidator:
    def validate(value: object) -> object:
        if not isinstance(value, str):
            raise _said("It must be text.", "Put it into quotes.")
        try:
            return read(value)
        except Misfit as misfit:
            raise _said(misfit.what, misfit.mend) from None
        except Malformed as malformed:
            raise _said(malformed.sentence, "") from None

    return PlainValidator(validate)


def _number(lowest: int, highest: int) -> PlainValidator:
    def validate(value: object) -> int:
        text = "" if isinstance(value, bool) else str(value).strip()
        if text.isascii() and text.isdigit() and len(text) < 10 and lowest <= int(text) <= highest:
            return int(text)
        raise _said(f"{shown(value)} does not fit.", f"Write a whole number from {lowest} to {highest}.")

    return PlainValidator(validate)


def _flag(value: object) -> bool:
    word = str(value).strip().lower()
    if word in {"true", "yes", "on", "1"}:
        return True
    if word in {"false", "no", "off", "0"}:
        return False
    raise _said(f"{shown(value)} is neither yes nor no.", "Write true or false.")


def _one_of(words: tuple[str, ...]) -> PlainValidator:
    def validate(value: object) -> str:
        word = str(value).strip().lower()
        if word in words:
            return word
        raise _said(f"{shown(value)} is not one of the choices.", f"Write one of: {', '.join(words)}.")

    return PlainValidator(validate)


def _user_ids(value: object) -> tuple[UserId, ...]:
    """A list, or text with commas between (as a variable has it)."""
    items = value.replace(",", " ").split() if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise _said("It must be a list of Matrix IDs.", 'Write it as ["@alice:example.org"].')
    try:
        return tuple(dict.fromkeys(UserId.parse(item) for item in items))
    except Malformed as malformed:
        raise _said(malformed.sentence, "") from None


def _words(longest: int, text: str) -> str:
    if not text.strip() or len(text) > longest or printable(text) != text:
        raise Misfit(f"{shown(text)} does not fit.", f"Write 1 to {longest} characters on one line.")
    return text.strip()


def _prefix(text: str) -> str:
    if len(_words(20, text).split()) > 1:
        raise Misfit(f"{shown(text)} holds a space.", "Write one word, such as !hedge.")
    return text.strip()


def _secret(read: Callable[[str], str], text: str) -> SecretStr:
    return SecretStr(read(text))


Token = Annotated[SecretStr, _text(partial(_secret, values.read_token))]
Localpart = Annotated[str, _text(values.read_localpart)]
Listen = Annotated[values.ListenAddress, _text(values.read_listen), PlainSerializer(str)]
Flag = Annotated[bool, PlainValidator(_flag)]


# -- the sections -----------------------------------------------------------------------------------


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class HomeserverSettings(_Section):
    """Whose application service this is, as its registration says."""

    url: Annotated[str, _text(values.read_url)]
    domain: Annotated[str, _text(values.read_domain)]
    as_token: Token
    hs_token: Token
    previous_hs_token: Token | None = None
    sender_localpart: Localpart
    bot_localpart: Localpart = "hedgerow"
    appservice_id: Annotated[str, _text(values.read_appservice_id)] = "hedgerow"

    @property
    def bot(self) -> UserId:
        """The bot's Matrix ID."""
        return UserId.parse(f"@{self.bot_localpart}:{self.domain}")

    @property
    def sender(self) -> UserId:
        """The user that the homeserver makes for the registration. Nobody ever acts as it."""
        return UserId.parse(f"@{self.sender_localpart}:{self.domain}")


class MetricsSettings(_Section):
    listen: Listen | None = None


class PublicSettings(_Section):
    """The pages of invite codes, off without `listen`. `base_url` is where others reach them.

    `directory`: beside them stands what everyone may see of the directory, as Open Referral UK asks.
    `news`: and the news of public networks, as a page and a feed of each.
    """

    listen: Listen | None = None
    base_url: Annotated[str | None, _text(values.read_url)] = None
    directory: Flag = True
    news: Flag = True


class RoomsSettings(_Section):
    """`auto` is 12 where the homeserver offers it, else its default, at least 10."""

    version: Annotated[RoomVersion, _one_of(get_args(RoomVersion))] = "auto"


class NetworksSettings(_Section):
    """`open_creation`: local users may create networks at the top, not only admins.

    `silent_days`: after so many days without a word of any coordinator members may find another.
    """

    open_creation: Flag = False
    silent_days: Annotated[int, _number(1, 3_650)] = 180


class DirectorySettings(_Section):
    """How much one person may look up. `people_per_day` are different ones, within any 24 hours."""

    finds_per_minute: Annotated[int, _number(1, 1_000)] = 30
    people_per_day: Annotated[int, _number(1, 100_000)] = 200


class BotSettings(_Section):
    prefix: Annotated[str, _text(_prefix)] = "!hedge"
    display_name: Annotated[str, _text(partial(_words, 100))] = "Hedgerow"
    language: Annotated[Language, _one_of(get_args(Language))] = "en"
    timezone: Annotated[str, _text(values.read_zone)] = zones.DEFAULT


class OutboxSettings(_Section):
    """`side_by_side`: how many rooms are worked on at the same time."""

    side_by_side: Annotated[int, _number(1, 64)] = 8


class ReconcileSettings(_Section):
    """`every_seconds`: seconds between two looks at what was missed; all rooms are read once in five."""

    every_seconds: Annotated[int, _number(10, 86_400)] = 180


class EncryptionSettings(_Section):
    """`key` seals what is kept; needed where `enabled`. `store` is a folder; None: beside the database."""

    enabled: Flag = True
    key: Token | None = None
    store: Annotated[str | None, _text(partial(_words, 1000))] = None
    transport: Annotated[KeyTransport, _one_of(get_args(KeyTransport))] = "sync"


class BackupsSettings(_Section):
    """How long backups are kept: who is forgotten hears until when one may still hold them."""

    kept_days: Annotated[int, _number(0, 3650)] = 30


class LogSettings(_Section):
    level: Annotated[LogLevel, _one_of(get_args(LogLevel))] = "info"
    format: Annotated[LogFormat, _one_of(get_args(LogFormat))] = "text"


class Settings(BaseSettings):
    """All settings, checked. `database` is a secret since a password may stand in it.

    Where each value was said is kept track of in `sources.py`, which gathers them, so that all
    problems can be told at once with their places; nothing is read behind its back.
    """

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, validate_default=False
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)

    homeserver: HomeserverSettings
    listen: Listen = values.ListenAddress("127.0.0.1", 29330)
    metrics: MetricsSettings = Field(default_factory=MetricsSettings)
    public: PublicSettings = Field(default_factory=PublicSettings)
    database: Annotated[SecretStr, _text(partial(_secret, values.read_database))] = SecretStr(
        "sqlite:///hedgerow.db"
    )
    admins: Annotated[tuple[UserId, ...], PlainValidator(_user_ids)] = ()
    rooms: RoomsSettings = Field(default_factory=RoomsSettings)
    networks: NetworksSettings = Field(default_factory=NetworksSettings)
    directory: DirectorySettings = Field(default_factory=DirectorySettings)
    bot: BotSettings = Field(default_factory=BotSettings)
    outbox: OutboxSettings = Field(default_factory=OutboxSettings)
    reconcile: ReconcileSettings = Field(default_factory=ReconcileSettings)
    encryption: EncryptionSettings = Field(default_factory=EncryptionSettings)
    backups: BackupsSettings = Field(default_factory=BackupsSettings)
    legacy_query_auth: Flag = False
    log: LogSettings = Field(default_factory=LogSettings)

    @property
    def database_url(self) -> str:
        """The database's URL with its async driver. Holds the password: never to be shown."""
        return values.async_driver_url(self.database.get_secret_value())


SECRETS = frozenset(
    {
        *(("homeserver", name) for name in ("as_token", "hs_token", "previous_hs_token")),
        *(("encryption", "key"), ("database",)),
    }
)


def setting_names() -> dict[str, Any]:
    """Every setting: name → None, section → a mapping of the same make."""
    return _names_of(Settings)


def _names_of(section: type[BaseModel]) -> dict[str, Any]:
    names: dict[str, Any] = {}
    for name, field in section.model_fields.items():
        kind = field.annotation
        is_section = isinstance(kind, type) and issubclass(kind, BaseModel)
        names[name] = _names_of(kind) if is_section and isinstance(kind, type) else None
    return names
