"""Starts as they come over HTTP: counted, written down, repeated with their key, kept waiting."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any

from fastapi import Request

from bot.access.doors import Guest
from bot.errors import VoiceError
from bot.http.access import guest_of
from bot.http.backend import Backend
from bot.http.body import read_json
from bot.http.captions import captions_of
from bot.http.errors import ApiError
from bot.http.starts.idempotency import Idempotency, check_key
from bot.http.starts.rate_limit import RateLimit
from bot.http.starts.shared_starts import SharedStarts
from bot.http.starts.token_endpoint import answer_of, caller_of, read_token_request
from bot.http.visitors import Visitor, Visitors
from bot.http.wire import ContinuedSession, StartAnswer, StartRequest
from bot.networks import networks_of
from bot.rooms.journal import network_of
from bot.rooms.lines.waiting_line import StillWaiting, Ticket
from bot.rooms.plan import RoomPlan
from bot.rooms.tokens import Caller, StartedSession
from bot.settings import Settings
from bot.store.session_rows import TurnRow

_STARTS_PER_LINE = 10
"""Starts a minute of everybody together, for each session there may be."""


class Starts:
    """Takes requests for a session, or for a token that starts one.

    Args:
        settings: All of them.
        backend: Starts the sessions.
        livekit_url: What callers are given.
        visitors: Tells where a request comes from.
    """

    def __init__(
        self, *, settings: Settings, backend: Backend, livekit_url: str, visitors: Visitors
    ) -> None:
        self._settings = settings
        self._backend = backend
        self._livekit_url = livekit_url
        self._visitors = visitors
        self._repeated: Idempotency[StartAnswer] = Idempotency()
        secret = backend.livekit.api_secret.get_secret_value().encode()
        # A session is on one LiveKit, which knows no token of another.
        mark = backend.livekit.mark(settings.agent_name, key=secret)
        self._shared = SharedStarts(backend.shared, secret=mark)
        backend.agreement.each_round(self._shared.tell)
        self._hidden = backend.shared.hidden
        self._rate_limit = RateLimit(
            per_minute=settings.starts_per_minute,
            over_all_per_minute=lambda: max(
                settings.starts_per_minute,
                _STARTS_PER_LINE * backend.agreement.lines(settings.max_sessions),
            ),
            shared=backend.shared,
        )

    async def start(self, request: Request) -> StartAnswer:
        """Start a session.

        Raises:
            StillWaiting: whoever asked wanted to wait, and has to.
            VoiceError: there is none.
        """
        visitor, guest = self._visitors.of(request), guest_of(request)
        key = request.headers.get("idempotency-key")
        if key is None:
            self.take(visitor, guest)
            body = await read_json(request, StartRequest)
            return await self._begin(body, visitor, guest, ticket=None)
        whose = _caller_of(visitor, guest)
        ticket = Ticket(key=self._key_of(whose, key), network=self._share_of(visitor))

        def admit() -> None:
            # Somebody who waits has been counted when they came.
            if not self._backend.line.holds(ticket):
                self.take(visitor, guest)

        with self._repeated.using(key, address=whose, admit=admit):
            body = await read_json(request, StartRequest)
            return await self._repeated.run(
                key,
                address=whose,
                body=body.model_dump_json(),
                work=lambda: self._begin(body, visitor, guest, ticket=ticket),
            )

    async def leave(self, request: Request) -> None:
        """Give up the place of a start that waits; none is fine.

        Raises:
            ApiError: code "bad_request" without a key.
        """
        whose = _caller_of(self._visitors.of(request), guest_of(request))
        key = request.headers.get("idempotency-key", "")
        check_key(key)
        await self._backend.line.leave(Ticket(key=self._key_of(whose, key), network=None))

    async def prepare(self, request: Request) -> dict[str, str]:
        """Make a token that starts a session, for LiveKit's own clients.

        Raises:
            VoiceError: there is none.
        """
        visitor, guest = self._visitors.of(request), guest_of(request)
        self.take(visitor, guest)
        body = await read_token_request(request)
        caller = caller_of(body, agent_name=self._settings.agent_name, person=guest.person)
        with self.written_down(visitor, guest) as note:
            await self.take_with_others(visitor)
            async with guest.use():
                prepared = await self._backend.sessions.prepare(
                    caller=caller, network=self._share_of(visitor)
                )
            note(prepared)
        ticket = self._backend.resuming.ticket_of(prepared, person=guest.person)
        return answer_of(prepared, caller, livekit_url=self._livekit_url, resume_ticket=ticket)

    async def _begin(
        self, body: StartRequest, visitor: Visitor, guest: Guest, *, ticket: Ticket | None
    ) -> StartAnswer:
        if body.wait and ticket is None:
            message = "wait needs an Idempotency-Key, by which the place is kept."
            raise ApiError("bad_request", message, status=422)
        waits = ticket if body.wait else None
        with self.written_down(visitor, guest) as note:
            earlier, name = await self._earlier(body.continues, guest)
            caller = Caller(name=body.participant_name or name, person=guest.person)

            async def make() -> StartedSession:
                if waits is None or not self._backend.line.holds(waits):
                    await self.take_with_others(visitor)
                async with guest.use():
                    started = await self._backend.sessions.start(
                        caller=caller,
                        join_code=body.join_code,
                        network=self._share_of(visitor),
                        ticket=waits,
                        continues=body.continues.session_id if body.continues else None,
                    )
                note(started)
                return started

            async with self._backend.line.waiting(waits):
                if ticket is None:
                    started = await make()
                else:
                    started = await self._shared.run(
                        ticket.key,
                        body=body.model_dump_json(),
                        work=make,
                        again=lambda session_id: self._again(session_id, caller),
                    )
        fields = start_fields(self._backend, started, guest, self._livekit_url)
        return StartAnswer.model_validate({**fields, "captions": captions_of(earlier)})

    async def _earlier(
        self, continued: ContinuedSession | None, guest: Guest
    ) -> tuple[Sequence[TurnRow] | None, str]:
        """Return what was said in the session that a start continues, and its caller's name."""
        if continued is None:
            return None, ""
        return await self._backend.ended_sessions.check(
            continued.session_id, ticket=continued.resume_ticket, person=guest.person
        )

    def _again(self, session_id: str, caller: Caller) -> StartedSession:
        """Return a session that another runner has started, or the one before this."""
        plan = RoomPlan(agent_name=self._settings.agent_name, session_id=session_id)
        return StartedSession(plan=plan, token=self._backend.tokens.for_caller(plan, caller=caller))

    def _share_of(self, visitor: Visitor) -> str | None:
        # Somebody alone on this machine has all lines, unless the operator has said how many.
        is_free = visitor.is_local and self._settings.sessions_per_address is None
        return None if is_free else self._hidden(f"network {visitor.network}")

    def _key_of(self, whose: str, key: str) -> str:
        return self._hidden(f"start {whose}\n{key}")

    def take(self, visitor: Visitor, guest: Guest) -> None:
        """Count a start here.

        Raises:
            ApiError: code "rate_limited".
        """
        with self.written_down(visitor, guest):
            self._rate_limit.take(visitor.address)

    async def take_with_others(self, visitor: Visitor) -> None:
        """Count a start that was taken here with those at other runners.

        Raises:
            ApiError: code "rate_limited".
        """
        await self._rate_limit.take_with_others(visitor.address)

    @contextmanager
    def written_down(
        self, visitor: Visitor, guest: Guest
    ) -> Generator[Callable[[StartedSession], None]]:
        """Have one line in the log for the start that is made in the block, or its refusal."""
        network, journal = network_of(visitor.address), self._backend.journal

        def note(started: StartedSession) -> None:
            self._backend.spending.begin(started.plan.session_id, network=network, by=guest.mark)

        try:
            yield note
        except StillWaiting as answer:
            if answer.is_new:
                journal.waits(answer.place, network=network)
            raise
        except VoiceError as error:
            journal.refused(error.code, network=network)
            raise


def _caller_of(visitor: Visitor, guest: Guest) -> str:
    """Return whose a key is: people behind one address are told apart as far as they are known."""
    # A phone changes its IPv6 address within its network as it likes.
    return "\n".join((networks_of(visitor.address)[0], guest.mark, guest.person))


def start_fields(
    backend: Backend, started: StartedSession, guest: Guest, livekit_url: str
) -> dict[str, Any]:
    """Return what the answer of a start, and of a resume, tells."""
    return {
        "session_id": started.plan.session_id,
        "room_name": started.plan.room_name,
        "server_url": livekit_url,
        "participant_token": started.token.jwt,
        "expires_at": started.token.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "resume_ticket": backend.resuming.ticket_of(started, person=guest.person),
        "resume_secs": backend.resuming.waits_secs,
        "lived_secs": started.lived_secs,
        "is_kept": backend.ended_sessions.is_possible,
    }
