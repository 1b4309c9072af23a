"""What is refused of DATABASE_URL, before anything is opened by it."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from bot.settings import Settings

_URL = "postgresql://parley:secret@db.example.com/parley"


@pytest.mark.parametrize(
    "url",
    [
        *(_URL + more for more in ("", "?sslmode=require", "?sslmode=verify-full", "?ssl=require")),
        "postgresql://parley:secret@/parley?host=/run/postgresql&port=5433",
        "postgresql://parley:secret@/parley?host=a.example.com:5432&host=b.example.com:5432",
        f"{_URL}?sslmode=verify-ca&host=a.example.com:5432&host=b.example.com:5432",
    ],
)
def test_what_other_programs_write_is_taken(url: str) -> None:
    settings = Settings(database_url=url)  # pyright: ignore[reportArgumentType]
    assert settings.is_store_shared


@pytest.mark.parametrize(
    ("url", "words"),
    [
        # As hosts of Postgres hand it out: the driver would raise TypeError at the start.
        (f"{_URL}?sslmode=require&channel_binding=require", "leave out 'channel_binding'"),
        (f"{_URL}?pgbouncer=true", "leave out 'pgbouncer'"),
        (f"{_URL}?connect_timeout=10", "leave out 'connect_timeout'"),
        (f"{_URL}?sslmode=on", "sslmode must be one of disable, allow"),
        (f"{_URL}?ssl=true", "ssl must be one of disable, allow"),
        (f"{_URL}?sslmode=require&sslmode=disable", "sslmode must be one of"),
        (f"{_URL}?sslmode=require&ssl=require&ssl=require", "ssl must be one of"),
        # Of whom the driver would look at no certificate.
        (f"{_URL}?sslrootcert=/ca.pem", "sslrootcert needs sslmode=verify-full"),
        (f"{_URL}?sslrootcert=/ca.pem&sslmode=prefer", "sslrootcert needs sslmode=verify-full"),
        (f"{_URL}?sslkey=/key.pem&sslmode=disable", "sslkey needs sslmode=verify-full"),
        (f"{_URL}?sslmode=verify-full&sslrootcert=a.pem", "sslrootcert must be a whole path"),
        (f"{_URL}?sslmode=verify-ca&sslrootcert=/a&sslrootcert=/b", "sslrootcert is named twice"),
        (f"{_URL}?sslmode=require&sslkey=/own.key", "sslkey needs its certificate beside it"),
        (f"{_URL}?sslmode=require&sslcrl=/no/crl", "leave out 'sslcrl'"),
        ("mysql://parley@db.example.com/parley", "must look like postgresql://"),
        ("db.example.com", "must look like postgresql://"),
    ],
)
def test_what_it_would_not_start_by_is_refused(url: str, words: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(database_url=url)  # pyright: ignore[reportArgumentType]
    (error,) = refused.value.errors(include_input=False)
    assert error["loc"] == ("database_url",)
    assert words in error["msg"]
    assert "secret" not in error["msg"]
