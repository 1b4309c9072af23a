"""Against what is promised of tokens, of callers and of what LiveKit lists."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_ROOMS = "tests/bot/rooms/test_rooms.py"
_TOK = "tests/bot/rooms/test_tokens.py"
_ROOM_EVENTS = "tests/bot/call/test_session_room_events.py"
_SESS = "tests/bot/rooms/test_sessions.py"

_CLOCKS = "A LiveKit whose clock differs by up to a minute is believed, an old webhook is not."
_SIGNED = "tests/bot/rooms/test_tokens.py::test_a_webhook_may_be_signed_by_a_clock_that_differs"

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="admission-is-not-listed",
        promise="What LiveKit lists says which rooms wait, were admitted or are over.",
        file="bot/rooms/watch/seen.py",
        before="        is_admitted=metadata.is_admitted,\n",
        after="",
        tests=(f"{_ROOMS}::test_claiming_a_parked_room_shows_in_its_metadata",),
    ),
    Mutant(
        name="admission-is-not-written",
        promise="What LiveKit lists says which rooms wait, were admitted or are over.",
        file="bot/rooms/plan.py",
        before='"is_parked", "is_admitted", "takeovers"',
        after='"is_parked", "takeovers"',
        tests=(f"{_ROOMS}::test_claiming_a_parked_room_shows_in_its_metadata",),
    ),
    Mutant(
        name="caller-may-publish-anything",
        promise="A caller's token opens one room, for a microphone and nothing else.",
        file="bot/rooms/tokens.py",
        before='            can_publish_sources=["microphone"],\n',
        after="",
        tests=(f"{_TOK}::test_token_has_the_fewest_grants",),
    ),
    Mutant(
        name="caller-may-rename-themselves",
        promise="A caller's token opens one room, for a microphone and nothing else.",
        file="bot/rooms/tokens.py",
        before="can_update_own_metadata=False",
        after="can_update_own_metadata=True",
        tests=(f"{_TOK}::test_token_has_the_fewest_grants",),
    ),
    Mutant(
        name="token-lives-as-long-as-livekits-default",
        promise="A caller's token opens its room for ten minutes at most.",
        file="bot/rooms/tokens.py",
        before="            .with_ttl(expires_at - datetime.now(UTC))\n",
        after="",
        tests=(f"{_TOK}::test_token_lives_ten_minutes_at_most",),
    ),
    Mutant(
        name="job-takes-whoever-comes",
        promise="The caller named in the plan is the caller, whoever comes first.",
        file="bot/rooms/job_plan.py",
        before=(
            "            is_parked=fields.is_parked,\n"
            "            caller_identity=caller_identity_of(fields.session_id),\n"
        ),
        after="            is_parked=fields.is_parked,\n",
        tests=(f"{_TOK}::test_bots_job_knows_the_caller_by_the_name_in_the_token",),
    ),
    Mutant(
        name="session-takes-whoever-comes",
        promise="The caller named in the plan is the caller, whoever comes first.",
        file="bot/call/session.py",
        before="caller_identity=self._plan.caller_identity or self",
        after="caller_identity=self",
        tests=(f"{_ROOM_EVENTS}::test_somebody_who_comes_before_the_caller_is_not_taken_for_one",),
    ),
    Mutant(
        name="names-of-rooms-can-be-guessed",
        promise="Nobody can guess the name of a room.",
        file="bot/rooms/plan.py",
        before="secrets.token_hex(_SESSION_ID_BYTES)",
        after="secrets.token_hex(2).zfill(20)",
        tests=(f"{_TOK}::test_session_ids_cannot_be_guessed",),
    ),
    Mutant(
        name="ready-bot-is-seen-late",
        promise="A bot that has got ready is handed out, a lost one replaced, at once.",
        file="bot/rooms/parking.py",
        before="_TEND_WHILE_WARMING_SECS = 0.25",
        after="_TEND_WHILE_WARMING_SECS = 2.5",
        tests=(f"{_SESS}::test_changes_of_parked_rooms_are_seen_at_once",),
    ),
    Mutant(
        name="lost-bot-is-replaced-late",
        promise="A bot that has got ready is handed out, a lost one replaced, at once.",
        file="bot/rooms/parking.py",
        before="room.is_ready, room.is_spent = False, True\n                self._woken.set()",
        after="room.is_ready, room.is_spent = False, True",
        tests=(f"{_SESS}::test_changes_of_parked_rooms_are_seen_at_once",),
    ),
    Mutant(
        name="clock-of-livekit-must-be-ours",
        promise=_CLOCKS,
        file="bot/rooms/tokens.py",
        before="leeway_secs=60.0",
        after="leeway_secs=0.0",
        tests=(_SIGNED,),
    ),
    Mutant(
        name="old-webhooks-are-believed-as-long-as-callers",
        promise=_CLOCKS,
        file="bot/rooms/tokens.py",
        before="leeway_secs=60.0",
        after="leeway_secs=self._session_max_secs",
        tests=(_SIGNED,),
    ),
)
