"""The operator's commands about invites: make one, list them, take one back."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from bot.access.doors import person_of
from bot.access.invites import make_invite, open_signer, share_invites
from bot.address_file import read_address
from bot.errors import LaunchError, StoreError
from bot.settings import Settings
from bot.store.invites import Invite, list_invites, revoke_invite
from bot.store.store import Store, open_store_of

_MOST_USES = 10_000
_MOST_DAYS = 3650


async def invite(settings: Settings, *, name: str, uses: int, days: int) -> str:
    """Make an invite; returns the lines for the operator.

    Raises:
        LaunchError: there is nothing to make, or no place to keep it.
    """
    person = person_of(name.encode())
    if not person:
        raise LaunchError("bad_invite", "--for needs a name, one line of at most 64 characters")
    if not (1 <= uses <= _MOST_USES and 1 <= days <= _MOST_DAYS):
        message = f"an invite is for 1 to {_MOST_USES} uses and 1 to {_MOST_DAYS} days"
        raise LaunchError("bad_invite", message)
    async with _opened(settings) as store:
        await share_invites(store, settings.data_dir)
        signer = open_signer(settings.data_dir)
        made = await make_invite(store, name=person, uses=uses, days=days)
    link = f"{_page_url(settings)}/#invite={signer.token_of(made.id)}"
    lines = [link, f"for {person}: {uses} calls, until {_day(made)}; its id is {made.id}"]
    if settings.access != "invite":
        lines.append("It opens nothing yet: ACCESS is not invite.")
    return "\n".join(lines)


async def invites(settings: Settings) -> str:
    """Return a line for each invite.

    Raises:
        LaunchError: they cannot be read.
    """
    async with _opened(settings) as store:
        rows = await list_invites(store)
    return "\n".join(map(_line, rows)) or "There are no invites."


async def revoke(settings: Settings, *, invite_id: str) -> str:
    """Take an invite back; calls that have begun go on.

    Raises:
        LaunchError: there is none of that id.
    """
    async with _opened(settings) as store:
        if not await revoke_invite(store, invite_id):
            raise LaunchError("bad_invite", f"there is no invite {invite_id}")
    return f"{invite_id} opens nothing any more."


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncGenerator[Store]:
    async with open_store_of(settings) as store:
        if not store.is_kept:
            message = f"invites must be kept, and with {settings.store_place} they cannot be"
            raise LaunchError("bad_invite", message)
        try:
            yield store
        except StoreError as error:
            raise LaunchError("bad_invite", f"{settings.store_place}: {error.message}") from error


def _page_url(settings: Settings) -> str:
    """Return what callers come to: also where the runner found another port than the usual one."""
    if told := settings.public_url or read_address(settings.data_dir):
        return told
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"{'https' if settings.serves_tls else 'http'}://{host}:{settings.port}"


def _day(made: Invite) -> str:
    return datetime.fromtimestamp(made.expires_at, tz=UTC).strftime("%Y-%m-%d %H:%M UTC")


def _line(made: Invite) -> str:
    is_over = made.expires_at <= datetime.now(tz=UTC).timestamp()
    state = "revoked" if made.is_revoked else "too old" if is_over else f"{made.uses_left} left"
    return f"{made.id}  {state:>9}  until {_day(made)}  {made.name or '(printed at the start)'}"
