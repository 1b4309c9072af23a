"""Against what is promised of limits, settings and health."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_RATE = "tests/bot/http/starts/test_rate_limit.py"
_SERVER = "tests/bot/http/test_server.py"
_BODY = "tests/bot/http/test_body.py"
_SESS = "tests/bot/rooms/test_sessions.py"
_API = "tests/bot/http/test_api.py"
_CAP = "tests/bot/rooms/lines/test_capacity.py"
_EVENTS = "tests/bot/rooms/test_events.py"
_SWEEP = "tests/bot/rooms/watch/test_sweep.py"
_HEALTH = "tests/bot/http/test_health.py"
_ADMISSION = "tests/bot/worker/test_admission.py"

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="rest-saves-up-starts",
        promise="An address starts no more calls in a minute than STARTS_PER_MINUTE says.",
        file="bot/http/starts/rate_limit.py",
        before="min(self._most, self.tokens + (now - self._filled_at) * per_sec)",
        after="self.tokens + (now - self._filled_at) * per_sec",
        tests=(f"{_RATE}::test_neither_a_rest_nor_insisting_changes_what_an_address_may_start",),
    ),
    Mutant(
        name="starts-come-back-within-a-second",
        promise="An address starts no more calls in a minute than STARTS_PER_MINUTE says.",
        file="bot/http/starts/rate_limit.py",
        before="per_sec = self._most / 60.0",
        after="per_sec = self._most",
        tests=(f"{_RATE}::test_neither_a_rest_nor_insisting_changes_what_an_address_may_start",),
    ),
    Mutant(
        name="address-at-its-limit-is-forgotten",
        promise="An address starts no more calls in a minute than STARTS_PER_MINUTE says.",
        file="bot/http/starts/rate_limit.py",
        before="            self._buckets.move_to_end(network)\n",
        after="",
        tests=(f"{_RATE}::test_address_at_its_limit_stays_there_among_many_others",),
    ),
    Mutant(
        name="visitors-of-a-proxy-share-the-limit",
        promise="An address starts no more calls in a minute than STARTS_PER_MINUTE says.",
        file="bot/http/visitors.py",
        before="if is_trusted else peer",
        after="if False else peer",
        tests=(f"{_SERVER}::test_visitors_of_a_proxy_on_this_machine_are_told_apart",),
    ),
    Mutant(
        name="body-may-take-for-ever",
        promise="A request that never ends is refused within ten seconds.",
        file="bot/http/body.py",
        before="asyncio.timeout(_READ_LIMIT_SECS)",
        after="asyncio.timeout(None)",
        tests=(f"{_BODY}::test_body_that_never_ends_is_given_up",),
    ),
    Mutant(
        name="long-body-is-read-whole",
        promise="A body that is too long is refused while it arrives.",
        file="bot/http/body.py",
        before=(
            "                if len(body) > limit_bytes:\n"
            "                    raise _too_large(limit_bytes)\n"
        ),
        after="",
        tests=(f"{_BODY}::test_oversized_chunked_body_is_refused_while_it_arrives",),
    ),
    Mutant(
        name="longest-call-is-not-known-to-the-tokens",
        promise=(
            "A caller may ask about and end a call for as long as SESSION_MAX_SECS lets it last."
        ),
        file="bot/http/backend.py",
        before="session_max_secs=settings.session_max_secs",
        after="session_max_secs=1800.0",
        tests=(f"{_SESS}::test_token_is_good_for_as_long_as_a_call_may_last",),
    ),
    Mutant(
        name="one-room-waits-whatever-is-set",
        promise="As many rooms wait with a bot in them as PARKED_BOTS says.",
        file="bot/http/backend.py",
        before="return settings.parked_bots + links.is_open",
        after="return 1 + links.is_open",
        tests=(f"{_SESS}::test_rooms_wait_as_the_setting_says_and_one_more_for_the_link",),
    ),
    Mutant(
        name="used-link-keeps-its-room",
        promise="As many rooms wait with a bot in them as PARKED_BOTS says.",
        file="bot/http/backend.py",
        before="return settings.parked_bots + links.is_open",
        after="return settings.parked_bots + (join_link is not None)",
        tests=(f"{_SESS}::test_rooms_wait_as_the_setting_says_and_one_more_for_the_link",),
    ),
    Mutant(
        name="nobody-parks",
        promise="As many rooms wait with a bot in them as PARKED_BOTS says.",
        file="bot/http/backend.py",
        before='        self.tasks.spawn(self.parking.run(), name="parking")\n',
        after="",
        tests=(f"{_SESS}::test_rooms_wait_as_the_setting_says_and_one_more_for_the_link",),
    ),
    Mutant(
        name="parked-rooms-come-on-top",
        promise="Parked rooms and calls together never exceed MAX_SESSIONS.",
        file="bot/rooms/parking.py",
        before="max(0, min(self._wanted(), allowed))",
        after="max(0, self._wanted())",
        tests=(f"{_SESS}::test_parked_rooms_make_way_for_calls",),
    ),
    Mutant(
        name="limit-of-calls-is-the-default",
        promise="MAX_SESSIONS calls live at once; one more is refused and leaves nothing.",
        file="bot/http/backend.py",
        before="rooms=rooms,\n        limit=settings.max_sessions",
        after="rooms=rooms,\n        limit=8",
        tests=(f"{_API}::test_full_house_is_at_capacity",),
    ),
    Mutant(
        name="one-call-more-than-allowed",
        promise="MAX_SESSIONS calls live at once; one more is refused and leaves nothing.",
        file="bot/rooms/lines/capacity.py",
        before="if used + ahead() >= self.limit",
        after="if used + ahead() > self.limit",
        tests=(f"{_API}::test_full_house_is_at_capacity",),
    ),
    Mutant(
        name="starts-under-way-do-not-count",
        promise="MAX_SESSIONS calls live at once; one more is refused and leaves nothing.",
        file="bot/rooms/lines/capacity.py",
        before="            self._slots.add(slot)\n",
        after="",
        tests=(f"{_CAP}::test_start_that_ends_or_begins_while_livekit_answers_is_counted",),
    ),
    Mutant(
        name="start-that-ends-in-the-count-is-missed",
        promise="MAX_SESSIONS calls live at once; one more is refused and leaves nothing.",
        file="bot/rooms/lines/capacity.py",
        before="        slots = set(self._slots)\n        live",
        after="        slots: set[Slot] = set()\n        live",
        tests=(f"{_CAP}::test_start_that_ends_or_begins_while_livekit_answers_is_counted",),
    ),
    Mutant(
        name="start-that-begins-in-the-count-is-missed",
        promise="MAX_SESSIONS calls live at once; one more is refused and leaves nothing.",
        file="bot/rooms/lines/capacity.py",
        before="        slots |= self._slots\n",
        after="",
        tests=(f"{_CAP}::test_start_that_ends_or_begins_while_livekit_answers_is_counted",),
    ),
    Mutant(
        name="start-under-way-takes-two-places",
        promise="MAX_SESSIONS calls live at once; one more is refused and leaves nothing.",
        file="bot/rooms/sessions.py",
        before="        slot.room_name = plan.room_name\n",
        after="",
        tests=(f"{_SESS}::test_start_whose_room_lives_already_takes_one_place_and_not_two",),
    ),
    Mutant(
        name="room-of-a-token-is-not-checked",
        promise="Rooms of tokens beyond MAX_SESSIONS are ended, and no others.",
        file="bot/rooms/events.py",
        before="if await self._capacity.is_beyond(room_name):",
        after="if self._records.has_ended(session_id):",
        tests=(f"{_EVENTS}::test_room_that_a_token_made_beyond_capacity_is_ended",),
    ),
    Mutant(
        name="parked-room-takes-a-place",
        promise="Rooms of tokens beyond MAX_SESSIONS are ended, and no others.",
        file="bot/rooms/lines/capacity.py",
        before="if not room.is_parked and room.end_reason is None]",
        after="if room.end_reason is None]",
        tests=(f"{_CAP}::test_neither_parked_rooms_nor_ended_ones_make_another_one_too_many",),
    ),
    Mutant(
        name="oldest-room-is-the-one-too-many",
        promise="Rooms of tokens beyond MAX_SESSIONS are ended, and no others.",
        file="bot/rooms/lines/capacity.py",
        before="(not room.is_admitted, room.created_at",
        after="(not room.is_admitted, -room.created_at",
        tests=(f"{_CAP}::test_neither_parked_rooms_nor_ended_ones_make_another_one_too_many",),
    ),
    Mutant(
        name="start-is-ended-for-a-token",
        promise="Rooms of tokens beyond MAX_SESSIONS are ended, and no others.",
        file="bot/rooms/lines/capacity.py",
        before=" if not room.is_admitted}\n        if self._shares",
        after="}\n        if self._shares",
        tests=(f"{_CAP}::test_rooms_of_starts_come_before_older_ones_of_tokens",),
    ),
    Mutant(
        name="claim-does-not-say-it-was-admitted",
        promise="Rooms of tokens beyond MAX_SESSIONS are ended, and no others.",
        file="bot/rooms/sessions.py",
        before="                is_admitted=True,\n                continues",
        after="                continues",
        tests=(
            f"{_SWEEP}::test_rooms_of_tokens_beyond_the_limit_are_ended_and_those_of_starts_never",
        ),
    ),
    Mutant(
        name="start-does-not-say-it-was-admitted",
        promise="Rooms of tokens beyond MAX_SESSIONS are ended, and no others.",
        file="bot/rooms/sessions.py",
        before="replace(self._new_plan(slot.network), is_admitted=True, continues=continues)",
        after="replace(self._new_plan(slot.network), continues=continues)",
        tests=(
            f"{_SWEEP}::test_rooms_of_tokens_beyond_the_limit_are_ended_and_those_of_starts_never",
        ),
    ),
    Mutant(
        name="health-does-not-know-of-draining",
        promise="GET /api/health says what is wrong, and answers 503 then.",
        file="bot/http/backend.py",
        before="is_draining=lambda: sessions.is_draining,\n        look_at_parts",
        after="is_draining=lambda: False,\n        look_at_parts",
        tests=(f"{_HEALTH}::test_runner_that_drains_says_so",),
    ),
    Mutant(
        name="sweep-that-fails-is-not-shown",
        promise="GET /api/health says what is wrong, and answers 503 then.",
        file="bot/http/backend.py",
        before='"rooms": sweep.upkeep',
        after='"rooms": parking.upkeep',
        tests=(f"{_HEALTH}::test_upkeep_that_fails_for_a_minute_says_so_by_its_name",),
    ),
    Mutant(
        name="warm-bots-are-not-counted",
        promise="GET /api/health says what is wrong, and answers 503 then.",
        file="bot/http/health.py",
        before="parked=self._parking.ready_count",
        after="parked=0",
        tests=(f"{_HEALTH}::test_warm_bots_and_calls_are_counted",),
    ),
    Mutant(
        name="dead-worker-is-healthy",
        promise="GET /api/health says what is wrong, and answers 503 then.",
        file="bot/http/health.py",
        before='            and self._parts.worker == "ok"\n',
        after="",
        tests=(f"{_HEALTH}::test_every_part_counts",),
    ),
    Mutant(
        name="runner-does-not-ask-its-worker",
        promise="GET /api/health says what is wrong, and answers 503 then.",
        file="bot/local_stack.py",
        before='worker="ok" if await self.worker.is_healthy() else "down"',
        after='worker="ok"',
        tests=(f"{_HEALTH}::test_parts_on_this_machine_are_asked_how_they_are",),
    ),
    Mutant(
        name="dead-providers-are-unused",
        promise="GET /api/health says what is wrong, and answers 503 then.",
        file="bot/local_stack.py",
        before=('"unused" if self.providers is None else "ok" if providers_are_well else "down"'),
        after='"ok" if providers_are_well else "unused"',
        tests=(f"{_HEALTH}::test_parts_on_this_machine_are_asked_how_they_are",),
    ),
    Mutant(
        name="every-question-is-passed-on",
        promise="Who asks for the health often asks LiveKit once a second at most.",
        file="bot/http/health.py",
        before="if self._looked_at is None or self._clock() - self._looked_at >= _FRESH_SECS:",
        after="if self._looked_at is None or self._clock() > self._looked_at - _FRESH_SECS:",
        tests=(f"{_HEALTH}::test_parts_are_asked_once_a_second",),
    ),
    Mutant(
        name="bots-that-wait-take-places-of-calls",
        promise="A worker takes MAX_SESSIONS calls beside the bots that wait.",
        file="bot/worker/admission.py",
        before=" + settings.parked_bots + ",
        after=" + ",
        tests=(f"{_ADMISSION}::test_a_worker_has_room_for_every_call_while_others_wait_or_end",),
    ),
    Mutant(
        name="bots-that-end-take-places-of-calls",
        promise="A worker takes MAX_SESSIONS calls beside the bots that wait.",
        file="bot/worker/admission.py",
        before=" + ENDING_BOTS",
        after="",
        tests=(f"{_ADMISSION}::test_a_worker_has_room_for_every_call_while_others_wait_or_end",),
    ),
    Mutant(
        name="starts-are-counted-while-others-begin-and-end",
        promise="MAX_SESSIONS calls live at once; one more is refused and leaves nothing.",
        file="bot/rooms/lines/capacity.py",
        before="        async with self._lock:\n",
        after="        async with asyncio.Lock():\n",
        tests=(f"{_CAP}::test_a_whole_start_while_livekit_answers_another_one_is_counted",),
    ),
    Mutant(
        name="worker-that-is-full-keeps-a-call-from-the-others",
        promise="A worker has a place for every session, every parked room and three that still"
        " end.",
        file="bot/worker/admission.py",
        before='bots are running", running)\n            await request.reject(terminate=False)',
        after='bots are running", running)\n            await request.reject(terminate=True)',
        tests=(f"{_ADMISSION}::test_a_worker_takes_a_bot_for_each_of_its_places_and_no_more",),
    ),
)
