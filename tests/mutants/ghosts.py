"""Defects of how bots are found out that LiveKit goes on listing, or that no runner looks for."""

from __future__ import annotations

from .mutant import Mutant

_GHOSTS = "tests/bot/rooms/watch/test_ghosts.py"
_ROOMS = "tests/bot/worker/test_bot_rooms.py"
_LISTED = "A bot that LiveKit goes on listing although its node is dead is replaced."
_FOR_ALL = "A bot that one runner has found to be gone is so for all."
_GUEST = "tests/bot/rooms/watch/test_guest_rooms.py"
_GUESTS = "A call in a room of another program whose bot is lost gets another one."
_BOTH = "A worker and a LiveKit node that die at once lose no call."

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="ghost-is-taken-for-a-bot",
        promise=_LISTED,
        file="bot/rooms/watch/sweep.py",
        before=" or await self._ghosts.is_gone(room, seen)",
        after="",
        tests=(f"{_GHOSTS}::test_bot_that_is_only_listed_is_replaced",),
    ),
    Mutant(
        name="bot-on-its-way-back-is-a-ghost",
        promise=_LISTED,
        file="bot/rooms/watch/ghosts.py",
        before="_BACK_SECS = 6.0",
        after="_BACK_SECS = 0.0",
        tests=(f"{_GHOSTS}::test_bot_that_comes_back_by_itself_is_not_replaced",),
    ),
    Mutant(
        name="bot-of-a-node-that-hangs-is-a-ghost",
        promise=_LISTED,
        file="bot/rooms/watch/ghosts.py",
        before="_HELD_UP_SECS = 20.0",
        after="_HELD_UP_SECS = 4.0",
        tests=(f"{_GHOSTS}::test_bot_that_comes_back_by_itself_is_not_replaced",),
    ),
    Mutant(
        name="room-of-a-ghost-is-left-at-its-node",
        promise=_LISTED,
        file="bot/rooms/watch/sender.py",
        before="        await self._rooms.move(room.room_name)\n",
        after="",
        tests=(f"{_GHOSTS}::test_bot_that_is_only_listed_is_replaced",),
    ),
    Mutant(
        name="a-ghost-is-one-for-its-finder-alone",
        promise=_FOR_ALL,
        file="bot/rooms/watch/sender.py",
        before="            await self._rooms.set_metadata(room.room_name, told)\n",
        after="            del told\n",
        tests=(f"{_GHOSTS}::test_another_runner_does_not_take_it_for_the_bot_that_comes",),
    ),
    Mutant(
        name="a-takeover-forgets-the-ghost",
        promise=_FOR_ALL,
        file="bot/rooms/watch/bot_watch.py",
        before="instead_of=seen.ghost or room.instead_of",
        after="instead_of=room.instead_of",
        tests=(f"{_GHOSTS}::test_another_runner_does_not_take_it_for_the_bot_that_comes",),
    ),
    Mutant(
        name="next-bot-steps-back-for-a-ghost",
        promise=_BOTH,
        file="bot/worker/bot_rooms.py",
        before=" if one.sid != job.instead_of]",
        after="]",
        tests=(f"{_ROOMS}::test_a_bot_that_is_only_listed_is_in_nobodys_way",),
    ),
    Mutant(
        name="dead-worker-s-bot-counts-at-a-dead-node",
        promise=_BOTH,
        file="bot/rooms/rooms.py",
        before="                    self.count_no_more(room_name, bot.sid)\n",
        after="                    return False\n",
        tests=(
            "tests/bot/rooms/test_rooms_elsewhere.py"
            "::test_a_bot_of_a_dead_worker_at_a_dead_node_counts_no_more",
        ),
    ),
    Mutant(
        name="older-ghost-hides-a-newer-one",
        promise="A bot that one runner has found to be gone is so for all.",
        file="bot/rooms/rooms.py",
        before="{**told, **self._ghosts}",
        after="{**self._ghosts, **told}",
        tests=("tests/bot/rooms/test_rooms.py::test_newest_bot_that_is_gone_is_the_one",),
    ),
    Mutant(
        name="call-that-is-over-is-sent-on",
        promise="No request about a room that is gone brings it back as a call.",
        file="bot/worker/bot_rooms.py",
        before="            if not (await limited(listing)).rooms:\n                return\n",
        after="            await limited(listing)\n",
        tests=(f"{_ROOMS}::test_a_call_that_is_over_is_not_sent_on",),
    ),
    Mutant(
        name="guests-that-are-lost-stay-lost",
        promise=_GUESTS,
        file="bot/worker/bot_rooms.py",
        before="        if not is_session_id(job.session_id):\n            lost",
        after="        if is_session_id(job.session_id):\n            lost",
        tests=(f"{_GUEST}::test_who_waits_in_a_room_of_another_program_gets_another_bot",),
    ),
    Mutant(
        name="guest-that-livekit-loses-says-goodbye",
        promise=_GUESTS,
        file="bot/worker/job_room.py",
        before="        if reason not in _PUT_OUT and self._is_replaced_by_worker:\n",
        after="        if reason is None:\n",
        tests=(f"{_GUEST}::test_a_guest_that_livekit_loses_is_gone_without_a_word_to_its_worker",),
    ),
    Mutant(
        name="guest-that-gives-livekit-up-says-goodbye",
        promise=_GUESTS,
        file="bot/worker/job_room.py",
        before="        if self._is_replaced_by_worker:\n",
        after="        if not _PUT_OUT:\n",
        tests=(f"{_GUEST}::test_a_guest_that_livekit_loses_is_gone_without_a_word_to_its_worker",),
    ),
    Mutant(
        name="guest-that-has-left-by-itself-stays-lost",
        promise=_GUESTS,
        file="bot/worker/bot_rooms.py",
        before="                    break\n                logger",
        after="                    return\n                logger",
        tests=(f"{_GUEST}::test_a_bot_that_cannot_be_taken_out_is_replaced_once_it_has_left",),
    ),
    Mutant(
        name="guest-that-is-shown-yet-is-the-next-one",
        promise=_GUESTS,
        file="bot/rooms/watch/guest_rooms.py",
        before="        return True\n    if any",
        after="        return False\n    if any",
        tests=(f"{_GUEST}::test_who_waits_in_a_room_of_another_program_gets_another_bot",),
    ),
)
