"""Resume tickets: who shows one comes back to the session it was given for.

A ticket opens no room. While the session lives it is exchanged for a new token of the caller;
after its end a new session is started with its memory, for as long as that is kept. One ticket for
both: a second one would be given to the same page with it, and be lost or stolen with it.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from pathlib import Path

from loguru import logger
from pydantic import SecretStr

from bot.processes.set_clock import SetClock
from bot.rooms.plan import is_session_id
from bot.rooms.tokens import TokenError
from bot.store.key_file import KEY_BYTES, open_key

MAX_TICKET_CHARS = 512
"""With a name of 64 characters, which may be four bytes each."""
_KEY_FILE = "tickets.key"
_PURPOSE = b"parley resume ticket"
_FORGED = "This is not the ticket of a call here."


class Tickets:
    """Makes and checks tickets: `<session id>.<Unix seconds of its end>[.<name>].<signature>`.

    Args:
        key: Of this installation.
        lasts_secs: How long each is good for.
        time: Nothing is too old because that was set: a ticket lasts as long, or longer by as much
            as it was set. What it opens has its own end.
    """

    def __init__(self, *, key: bytes, lasts_secs: float, time: SetClock | None = None) -> None:
        self._key = key
        self._lasts_secs = lasts_secs
        self._time = time or SetClock()

    def ticket_of(self, session_id: str, *, person: str = "", name: str = "") -> str:
        """Return the ticket of one session.

        Args:
            session_id: Whose.
            person: Who its caller is by somebody else's word: nobody else may use it.
            name: What its caller is called by their own; the ticket tells it, as nobody else knows
                it when they come back.
        """
        told = f"{session_id}.{int(self._time.latest_secs() + self._lasts_secs)}"
        if name:
            told += f".{base64.urlsafe_b64encode(_bytes(name)).decode()}"
        return f"{told}.{self._signature(told, person)}"

    def check(
        self, ticket: str, *, session_id: str, person: str = "", kept_secs: float = 0.0
    ) -> str:
        """Check that it is a ticket of this session; returns what its caller is called.

        Args:
            ticket: What was shown.
            session_id: Whose it is to be.
            person: Who shows it.
            kept_secs: So long it is good for after the call it was made for.

        Raises:
            TokenError: code "unauthorized" if nobody here made it for this person, "forbidden" if
                it is another session's, "session_gone" if it is too old.
        """
        told, _, signature = ticket.rpartition(".")
        expected = self._signature(told, person)
        # Text from outside may hold halves of characters, which UTF-8 has no form for.
        if not hmac.compare_digest(_bytes(signature), expected.encode()):
            raise TokenError("unauthorized", _FORGED)
        owner, until, *name = told.split(".")
        if not is_session_id(owner) or owner != session_id:
            raise TokenError("forbidden", "This ticket belongs to another call.")
        if int(until) + kept_secs <= self._time.earliest_secs():
            raise TokenError("session_gone", "This ticket is too old.")
        return base64.urlsafe_b64decode(name[0]).decode(errors="surrogatepass") if name else ""

    def _signature(self, told: str, person: str) -> str:
        return hmac.digest(self._key, _bytes(f"{told}\n{person}"), "sha256").hex()


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


def ticket_key(*, api_secret: SecretStr | None, data_dir: Path) -> bytes:
    """Return the key that tickets are signed with; it outlasts a restart of the runner.

    Args:
        api_secret: Of a LiveKit server elsewhere, which all runners at it share; None: our own
            server's, which is a new one at every start.
        data_dir: Where a key is kept then.
    """
    if api_secret is not None:
        return hmac.digest(api_secret.get_secret_value().encode(), _PURPOSE, "sha256")
    path = data_dir / _KEY_FILE
    try:
        key = open_key(path)
    except OSError as error:
        logger.warning("{} cannot be used ({}); tickets end with this run", path, error.strerror)
        return secrets.token_bytes(KEY_BYTES)
    if len(key) != KEY_BYTES:
        logger.warning("{} is damaged: delete it; tickets end with this run", path)
        return secrets.token_bytes(KEY_BYTES)
    return key
