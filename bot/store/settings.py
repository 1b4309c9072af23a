"""What is set about what is kept, and where."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings

from bot.errors import SettingsError
from bot.store.tls import FILES, MODES, check_files, check_words

_SERVERS = ("postgres", "postgresql", "postgresql+asyncpg")
# A socket's folder, or several servers, are host=.
_AFTER = ("host", "port", "ssl", "sslmode", *FILES)


def _checked_database(url: SecretStr) -> SecretStr:
    text = url.get_secret_value()
    if not text:
        return url
    # Here, as every command reads the settings, and few need a server.
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parsed = make_url(text)
    except (ArgumentError, ValueError):
        parsed = None
    if parsed is None or parsed.drivername not in _SERVERS:
        raise ValueError("must look like postgresql://user:password@host/database")
    # Hosts add what their own clients know, as `channel_binding`; ours would not start by it.
    if strangers := sorted(parsed.query.keys() - {*_AFTER}):
        known = ", ".join(_AFTER)
        raise ValueError(f"takes {known} alone after its ?, so leave out {ascii(strangers[0])}")
    query = {name: value for name, value in parsed.query.items() if isinstance(value, str)}
    for name in ("ssl", "sslmode"):
        if name in parsed.query and query.get(name) not in MODES:
            raise ValueError(f"{name} must be one of {', '.join(MODES)}")
    if twice := parsed.query.keys() - query.keys() - {"host", "port"}:
        raise ValueError(f"{twice.pop()} is named twice")
    check_words(query)
    return url


class StoreSettings(BaseSettings):
    """What is kept over restarts, where, and for how long."""

    store: bool = True
    """False: nothing of callers is written to disk."""
    database_url: Annotated[SecretStr, AfterValidator(_checked_database)] = SecretStr("")
    """A Postgres server; empty: a file in DATA_DIR."""
    keep_days: int = Field(default=30, ge=1, le=3650)
    """How long a session is kept after its last word."""
    redact_file: Path | None = None
    """A Python file with `redact(text) -> text`, which sees all words before they are kept."""

    @property
    def kept_days(self) -> int:
        """How long it is kept what is said; 0: it is not."""
        return self.keep_days if self.store else 0

    @property
    def keeps_file(self) -> bool:
        """Whether it is kept in a file of this machine."""
        return self.store and not self.is_store_shared

    @property
    def is_store_shared(self) -> bool:
        """Whether runners and workers on other machines may have it too."""
        return self.store and bool(self.database_url.get_secret_value())

    @property
    def store_place(self) -> str:
        """Where it is, as the operator is told; an address may hold a password."""
        if not self.store:
            return "STORE=off"
        return "DATABASE_URL" if self.database_url.get_secret_value() else "DATA_DIR"


def check_database_files(settings: StoreSettings) -> None:
    """Look at the files that DATABASE_URL names; bots may begin while those are replaced.

    Raises:
        SettingsError: code "bad_settings": one cannot be used.
    """
    if not (url := settings.database_url.get_secret_value()):
        return
    from sqlalchemy.engine import make_url

    query = make_url(url).query
    try:
        check_files({name: str(value) for name, value in query.items()})
    except ValueError as error:
        raise SettingsError("bad_settings", f"DATABASE_URL: {error}") from error
