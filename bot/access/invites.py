"""ACCESS=invite: who has a link of the operator's may call, as often as it says.

The link holds the invite's id, signed; what is left of it is in the store.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from bot.access.doors import Guest, Knock, Pass
from bot.access.errors import AccessError
from bot.access.owed_uses import OwedUses
from bot.errors import LaunchError, StoreError
from bot.processes.task_set import TaskSet
from bot.store.invites import (
    Invite,
    add_invite,
    find_invite,
    list_invites,
    take_use,
)
from bot.store.key_file import KEY_BYTES, open_key
from bot.store.shared.shared_keys import share_key
from bot.store.store import Store

_KEY_FILE = "invites.key"
_ID_BYTES = 8
_USE_BYTES = 16
_DAY_SECS = 86_400
_PRINTED_USES, _PRINTED_DAYS = 100, 7
_FEW_USES, _FEW_DAYS = 20, 2
"""What is left of a printed invite when the next start makes a new one."""


class InviteSigner:
    """Makes what a link holds, and knows its own.

    Args:
        key: Of this installation.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def token_of(self, invite_id: str) -> str:
        """Return what the link to an invite holds."""
        return f"{invite_id}.{self._signature(invite_id)}"

    def invite_id_of(self, token: str) -> str:
        """Return whose token it is.

        Raises:
            AccessError: code "invite_unknown": nobody here made it.
        """
        invite_id, _, signature = token.partition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(invite_id).encode()):
            raise AccessError("invite_unknown", "This invitation is not known here.")
        return invite_id

    def _signature(self, invite_id: str) -> str:
        return hmac.digest(self._key, invite_id.encode(), "sha256").hex()[:32]


class InviteDoor:
    """Whoever shows an invite may call, until its uses or its days are over.

    Args:
        store: Where the invites are.
        signer: Knows the tokens of this installation.
        tasks: What a store that was away owes is given back in it.
        clock: Seconds since 1970.
    """

    def __init__(
        self,
        *,
        store: Store,
        signer: InviteSigner,
        tasks: TaskSet,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._signer = signer
        self._clock = clock
        self._owed = OwedUses(store, tasks)

    async def admit(self, knock: Knock) -> Guest:
        """Take the token as a bearer, or from the cookie that the page has for it."""
        token = knock.bearer or knock.cookie
        if not token:
            raise AccessError("invite_needed", "An invitation is needed to talk here.")
        # Whether a use is left is asked when one is taken: a start that is repeated takes none.
        invite = await self._find(token)
        use = partial(self._use, invite.id)
        return Guest(person=invite.name, mark=f"invite:{invite.id}", use=use)

    async def exchange(self, secret: str, *, address: str) -> Pass:
        """Let the page keep the token until the invite's last day."""
        invite = await self._find(secret)
        _refuse_used_up(invite.uses_left)
        return Pass(cookie=secret, lasts_secs=max(int(invite.expires_at - self._clock()), 1))

    async def _find(self, token: str) -> Invite:
        invite = await find_invite(self._store, self._signer.invite_id_of(token))
        if invite is None:
            raise AccessError("invite_unknown", "This invitation is not known here.")
        if invite.is_revoked:
            raise AccessError("invite_revoked", "This invitation was taken back.")
        if invite.expires_at <= self._clock():
            raise AccessError("invite_expired", "This invitation is too old.")
        return invite

    @asynccontextmanager
    async def _use(self, invite_id: str) -> AsyncGenerator[None]:
        use, is_taken = secrets.token_hex(_USE_BYTES), True
        try:
            # Counted before the work: two starts at once must not both have the last use.
            is_taken = await self._take(invite_id, use)
            _refuse_used_up(int(is_taken))
            yield
        except BaseException as error:
            if is_taken:
                # Or may be, as the store has not answered: it is not waited for once more.
                is_well = not isinstance(error, StoreError)
                await self._owed.owe(invite_id, use, is_store_well=is_well)
            raise

    async def _take(self, invite_id: str, use: str) -> bool:
        now = int(self._clock())
        if await take_use(self._store, invite_id, use=use, now=now):
            return True
        # Its last ones may have come to nothing.
        for owed in self._owed.of(invite_id):
            await self._owed.give_back(owed)
            if await take_use(self._store, invite_id, use=use, now=now):
                return True
        return False


def _refuse_used_up(uses: int) -> None:
    if uses <= 0:
        raise AccessError("invite_used_up", "This invitation has been used up.")


def open_signer(data_dir: Path) -> InviteSigner:
    """Return the signer of an installation, with the key in its folder, made at the first time.

    Raises:
        LaunchError: code "no_invite_key": the folder cannot be used.
    """
    path = data_dir / _KEY_FILE
    try:
        key = open_key(path)
    except OSError as error:
        message = f"invites need DATA_DIR, and {path} cannot be used ({error.strerror})"
        raise LaunchError("no_invite_key", message) from error
    if len(key) != KEY_BYTES:
        raise LaunchError("no_invite_key", f"{path} is damaged: delete it, and send new invites")
    return InviteSigner(key)


async def share_invites(store: Store, data_dir: Path) -> None:
    """Have links that were made at one machine open the others', where they share a store.

    Raises:
        LaunchError: code "no_invite_key": they would not.
    """
    path = data_dir / _KEY_FILE
    try:
        await share_key(store, path)
    except (OSError, StoreError) as error:
        message = f"invites need the same key at every runner, and {path} cannot be shared"
        raise LaunchError("no_invite_key", message) from error


async def make_invite(
    store: Store,
    *,
    name: str,
    uses: int,
    days: int,
    clock: Callable[[], float] = time.time,
) -> Invite:
    """Make an invite and keep it.

    Raises:
        StoreError: it is not kept.
    """
    now = int(clock())
    invite = Invite(
        id=secrets.token_hex(_ID_BYTES),
        name=name,
        uses_left=uses,
        expires_at=now + days * _DAY_SECS,
        made_at=now,
    )
    await add_invite(store, invite)
    return invite


async def printed_invite(store: Store, *, clock: Callable[[], float] = time.time) -> Invite:
    """Return the invite that a start prints: the last one's, while enough of it is left.

    So a phone that has it need not be shown it again. It is for nobody in particular.

    Raises:
        StoreError: it is not kept.
    """
    last_day = clock() + _FEW_DAYS * _DAY_SECS
    kept = [
        one
        for one in await list_invites(store)
        if not (one.name or one.is_revoked)
        and one.uses_left >= _FEW_USES
        and one.expires_at >= last_day
    ]
    if kept:
        return kept[-1]
    return await make_invite(store, name="", uses=_PRINTED_USES, days=_PRINTED_DAYS, clock=clock)
