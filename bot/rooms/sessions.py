"""Starts of sessions: a slot, a room with a bot, a token."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from loguru import logger

from bot.errors import RoomError, SessionError
from bot.processes.task_set import TaskSet
from bot.rooms.agreement import Agreement
from bot.rooms.join_link import JoinLinks
from bot.rooms.lines.arrivals import Arrivals
from bot.rooms.lines.capacity import Capacity, Slot, busy
from bot.rooms.lines.shares import Shares
from bot.rooms.lines.waiting_line import Ticket, WaitingLine
from bot.rooms.parking import Parking
from bot.rooms.plan import RoomMetadata, RoomPlan, new_session_id
from bot.rooms.records import SessionRecords
from bot.rooms.rooms import BotState, Rooms
from bot.rooms.spent.spending import Spending
from bot.rooms.tokens import Caller, StartedSession, Tokens
from bot.rooms.watch.bot_watch import BotWatch


class Sessions:
    """Starts every session of this runner.

    Args:
        rooms: LiveKit's rooms.
        tokens: Makes callers' tokens.
        capacity: Admits starts.
        parking: Has rooms ready.
        watch: Sees to the bots.
        arrivals: Frees the line of a caller who does not come.
        shares: What one network may have of all lines.
        line: Who waits, and comes first.
        records: What happened.
        tasks: Owns clean-up that must outlive a request.
        spending: Refuses starts that nobody pays for.
        links: The one-time links that were printed.
        agreement: Of the runners, on who hands out what.
        agent_name: Whose bots.
        resume_secs: How long a session waits for a caller who is gone.
    """

    def __init__(  # noqa: PLR0913 - each part has its own file
        self,
        *,
        rooms: Rooms,
        tokens: Tokens,
        capacity: Capacity,
        parking: Parking,
        watch: BotWatch,
        arrivals: Arrivals,
        shares: Shares,
        line: WaitingLine,
        records: SessionRecords,
        tasks: TaskSet,
        spending: Spending,
        links: JoinLinks,
        agreement: Agreement,
        agent_name: str,
        resume_secs: float,
    ) -> None:
        self._agreement = agreement
        self._resume_secs = resume_secs
        self._spending = spending
        self._rooms = rooms
        self._tokens = tokens
        self._capacity = capacity
        self._parking = parking
        self._watch = watch
        self._arrivals = arrivals
        self._shares = shares
        self._line = line
        self._records = records
        self._tasks = tasks
        self._links = links
        self._agent_name = agent_name
        self.is_draining = False

    async def start(
        self,
        *,
        caller: Caller,
        join_code: str | None = None,
        network: str | None = None,
        ticket: Ticket | None = None,
        continues: str | None = None,
    ) -> StartedSession:
        """Start one session: one room, one bot, one token.

        Args:
            caller: Who will join.
            join_code: Of the one-time link.
            network: Digest: whose share of the lines it takes; None: nobody's.
            ticket: Of its place in the waiting line, if it has one.
            continues: The session that ended and whose talk goes on here.

        Raises:
            SessionError: nothing was started; the code says why.
            RoomError: LiveKit failed; nothing is left behind.
        """
        self._check()

        def ahead() -> int:
            # The room behind the one-time link waits for nobody else.
            return 0 if join_code is not None else self._line.ahead_of(ticket)

        with self._shares.taking(network):
            async with (
                self._links.using(join_code),
                self._capacity.slot(
                    ahead=ahead, network=network, call=ticket.key if ticket else ""
                ) as slot,
            ):
                self._line.take_turn(ticket)
                plan = await self._parked_room(
                    slot, has_link=join_code is not None, continues=continues
                )
                if plan is None:
                    _check_fresh(slot)
                    plan = await self._fresh_room(slot, continues=continues)
        self._watch.watch(plan.session_id)
        self._arrivals.watch(plan.session_id)
        token = self._tokens.for_caller(plan, caller=caller)
        return StartedSession(plan=plan, token=token, lived_secs=0.0)

    async def prepare(self, *, caller: Caller, network: str | None = None) -> StartedSession:
        """Make a token whose holder starts a session by joining; starts nothing by itself.

        The share of `network` is looked at again when the room is made.

        Raises:
            SessionError: as above.
            RoomError: LiveKit does not say what is alive.
        """
        self._check()
        with self._shares.taking(network):
            async with self._capacity.slot(
                ahead=lambda: self._line.ahead_of(None), network=network
            ) as slot:
                _check_fresh(slot)
                self._capacity.note_bot()
                plan = self._new_plan(network)
                token = self._tokens.for_caller(plan, caller=caller, creates_room=True)
        return StartedSession(plan=plan, token=token, lived_secs=0.0)

    def drain(self) -> None:
        """Admit no more sessions; those that live go on."""
        self.is_draining = True
        self._line.close()

    def _check(self) -> None:
        if self.is_draining:
            raise SessionError("draining", "The assistant is being restarted. Try again shortly.")
        self._spending.check()

    async def _parked_room(
        self, slot: Slot, *, has_link: bool, continues: str | None
    ) -> RoomPlan | None:
        """Take a parked room that is alive; None if there is none.

        Raises:
            SessionError: code "at_capacity" if the last one is somebody else's.
        """
        has_other = self._links.is_open and not has_link
        # The last room is the link's, unless it is the only line, or whoever asks has the machine.
        is_free = slot.is_last_bot and (slot.network is None or self._capacity.limit == 1)
        keep = int(has_other and not is_free)
        while plan := self._parking.take(keep=keep, is_last_bot=slot.is_last_bot):
            if not await self._agreement.take_parked(plan.room_name):
                continue
            self._note(plan, slot)
            claimed = RoomMetadata(
                session_id=plan.session_id,
                is_admitted=True,
                continues=continues,
                network=slot.network,
                handed_out_at=round(self._rooms.clock.now_secs()),
            )
            try:
                _, bot = await asyncio.gather(
                    self._rooms.set_metadata(plan.room_name, claimed),
                    self._rooms.bot_state(plan.room_name),
                )
            except RoomError as error:
                if error.code != "room_not_found":
                    self._delete_later(plan)
                    raise
                continue
            except BaseException:
                self._delete_later(plan)
                raise
            # The last place is given even if its bot is still on its way; the watch sees to it.
            if bot is not BotState.ABSENT or slot.is_last_bot:
                return plan
            self._delete_later(plan)
        if slot.is_last_bot and keep and self._parking.has_any:
            raise busy()  # the last one waits for whoever has the link
        return None

    async def _fresh_room(self, slot: Slot, *, continues: str | None) -> RoomPlan:
        plan = replace(self._new_plan(slot.network), is_admitted=True, continues=continues)
        self._note(plan, slot)
        self._capacity.note_bot()
        try:
            await self._rooms.create(plan)
        except BaseException:
            # LiveKit may have made the room although its answer was late or unwanted.
            self._delete_later(plan)
            raise
        return plan

    def _new_plan(self, network: str | None) -> RoomPlan:
        return RoomPlan(
            network=network,
            agent_name=self._agent_name,
            session_id=new_session_id(),
            resume_secs=self._resume_secs,
        )

    def _note(self, plan: RoomPlan, slot: Slot) -> None:
        slot.room_name = plan.room_name
        self._records.note_started(plan.session_id)

    def _delete_later(self, plan: RoomPlan) -> None:
        self._records.note_ended(plan.session_id, "error")
        self._tasks.spawn(self._delete(plan), name=f"delete {plan.room_name}")

    async def _delete(self, plan: RoomPlan) -> None:
        try:
            await self._rooms.delete(plan.room_name)
        except RoomError as error:
            logger.warning("{} could not be deleted: {}", plan.room_name, error.message)


def _check_fresh(slot: Slot) -> None:
    if not slot.may_be_fresh:
        raise busy()
