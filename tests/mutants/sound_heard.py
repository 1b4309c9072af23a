"""Against what is promised of what the caller hears of the bot."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_TESTS = "tests/processors/room"
_SPEECH = f"{_TESTS}/test_heard_speech.py"
_PLAYOUT = f"{_TESTS}/test_playout.py"
_OUTPUT_TESTS = f"{_TESTS}/test_output.py"
_CLIENT = f"{_TESTS}/test_client.py"
_OUTPUT = "processors/room/output.py"
_LISTENS = "Nothing is said before the caller listens, however late that is."
_GREETING = f"{_SPEECH}::test_a_greeting_waits_for_the_caller_and_is_heard_from_its_first_sample"
_WAITS = f"{_CLIENT}::test_the_bot_speaks_when_the_caller_listens_and_to_one_who_never_does"
_LAST = "The last word is heard to its end before the room is left, and then it is."
_END = f"{_SPEECH}::test_the_last_samples_are_heard_before_the_room_is_left"
_CUT = "After an interruption nothing of the old reply is heard, and all of the new."
_CUTS = f"{_SPEECH}::test_a_cut_at_any_moment_ends_the_old_reply_and_costs_none_of_the_new"
_PAUSED = "A paused reply goes on at the sample where it stopped."
_PAUSES = f"{_PLAYOUT}::test_pauses_lose_and_double_no_sample"
_PACE = "Speech is handed to the room just ahead of the ear, and no faster."
_LOST = (
    "Speech the room does not take is lost alone; if it takes none, the call ends with a reason."
)

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="speaks-before-anybody-listens",
        promise=_LISTENS,
        file=_OUTPUT,
        before="        try:\n            await self._client.wait_for_listener()",
        after="        self.playout.open()\n"
        "        try:\n            await self._client.wait_for_listener()",
        tests=(_GREETING,),
    ),
    Mutant(
        name="greeting-of-a-parked-bot-runs-out",
        promise=_LISTENS,
        file="processors/room/transport.py",
        before="    params.audio_out_write_timeout_secs = None",
        after="    params.audio_out_write_timeout_secs = 10.0",
        tests=(_GREETING,),
    ),
    Mutant(
        name="subscription-is-not-awaited",
        promise=_LISTENS,
        file="processors/room/client.py",
        before="            self._publication = await self._room",
        after="            await self._room",
        tests=(_WAITS,),
    ),
    Mutant(
        name="slow-listener-is-not-awaited",
        promise=_LISTENS,
        file="processors/room/client.py",
        before="_LISTENER_LIMIT_SECS = 10.0",
        after="_LISTENER_LIMIT_SECS = 1.0",
        tests=(_WAITS,),
    ),
    Mutant(
        name="silent-where-nobody-can-tell-who-listens",
        promise="A bot that cannot know who listens speaks all the same.",
        file=_OUTPUT,
        before='            logger.info("The caller listens")\n        self.playout.open()',
        after='            logger.info("The caller listens")\n            self.playout.open()',
        tests=(f"{_SPEECH}::test_where_nobody_can_tell_who_listens_the_bot_speaks_all_the_same",),
    ),
    Mutant(
        name="leaves-with-speech-in-the-queue",
        promise=_LAST,
        file=_OUTPUT,
        before="        if await self.playout.drained():\n"
        "            await asyncio.sleep(_END_MARGIN_SECS)\n",
        after="        await asyncio.sleep(0.05)\n",
        tests=(_END,),
    ),
    Mutant(
        name="leaves-with-speech-on-its-way",
        promise=_LAST,
        file=_OUTPUT,
        before="_END_MARGIN_SECS = 0.3",
        after="_END_MARGIN_SECS = 0.03",
        tests=(_END,),
    ),
    Mutant(
        name="leaves-before-the-last-words",
        promise=_LAST,
        file=_OUTPUT,
        before="        self.playout.resume()\n        await super().stop(frame)\n",
        after="        self.playout.resume()\n"
        "        await self._leave()\n"
        "        await super().stop(frame)\n",
        tests=(_END,),
    ),
    Mutant(
        name="pause-holds-the-end-of-the-call",
        promise=_LAST,
        file=_OUTPUT,
        before="            if not self._is_ending:\n                await self.playout.pause()",
        after="            await self.playout.pause()",
        tests=(_END,),
    ),
    Mutant(
        name="paused-goodbye-is-never-over",
        promise=_LAST,
        file=_OUTPUT,
        before="        self._is_ending = True\n        self.playout.resume()\n",
        after="        self._is_ending = True\n",
        tests=(_END,),
    ),
    Mutant(
        name="silence-after-the-goodbye",
        promise=_LAST,
        file="processors/room/transport.py",
        before="        audio_out_end_silence_secs=0,\n",
        after="",
        tests=(_END,),
    ),
    Mutant(
        name="chunk-in-the-hands-of-pipecat-is-played",
        promise=_CUT,
        file=_OUTPUT,
        before="        if frame.interruptible and self._unmarked_cuts:\n",
        after="        if False:\n",
        tests=(_CUTS,),
    ),
    Mutant(
        name="chunk-is-taken-while-the-cut-is-under-way",
        promise=_CUT,
        file=_OUTPUT,
        before="        self._unmarked_cuts += 1\n"
        "        self._cuts_ahead += 1\n"
        "        was_playing = await self._cut()\n",
        after="        self._cuts_ahead += 1\n"
        "        was_playing = await self._cut()\n"
        "        self._unmarked_cuts += 1\n",
        tests=(_CUTS,),
    ),
    Mutant(
        name="mute-after-an-interruption",
        promise=_CUT,
        file=_OUTPUT,
        before="            self._unmarked_cuts -= 1\n            return",
        after="            return",
        tests=(_CUTS,),
    ),
    Mutant(
        name="cut-in-a-pause-stays-paused",
        promise=_CUT,
        file="processors/room/playout.py",
        before="            self._generation += 1\n            self._is_paused = False\n",
        after="            self._generation += 1\n",
        tests=(f"{_PLAYOUT}::test_a_cut_during_a_pause_never_plays_the_held_rest",),
    ),
    Mutant(
        name="end-of-speech-that-was-none",
        promise="The bot is said to speak while it is heard, and at no other time.",
        file=_OUTPUT,
        before="was_playing = self._floor.is_bot_speaking",
        after="was_playing = True",
        tests=(f"{_SPEECH}::test_an_interruption_of_nobody_is_no_end_of_speech",),
    ),
    Mutant(
        name="queued-is-taken-for-played",
        promise="The bot is said to speak while it is heard, and at no other time.",
        file="processors/room/playout.py",
        before="and (self._pending or self._unplayed):\n            await",
        after="and self._pending:\n            await",
        tests=(f"{_OUTPUT_TESTS}::test_the_bot_has_stopped_only_when_its_last_sample_was_played",),
    ),
    Mutant(
        name="paused-speech-is-said-again",
        promise=_PAUSED,
        file="processors/room/playout.py",
        before="tail = kept[len(kept) - size_bytes :]",
        after="tail = kept[-size_bytes - self._chunk_bytes :]",
        tests=(_PAUSES,),
    ),
    Mutant(
        name="what-was-queued-at-a-pause-is-lost",
        promise=_PAUSED,
        file="processors/room/playout.py",
        before="            self._put_back(unplayed * SAMPLE_BYTES)",
        after="            self._put_back(0)",
        tests=(_PAUSES,),
    ),
    Mutant(
        name="pause-counts-samples-for-bytes",
        promise=_PAUSED,
        file="processors/room/playout.py",
        before="            self._put_back(unplayed * SAMPLE_BYTES)",
        after="            self._put_back(unplayed)",
        tests=(f"{_SPEECH}::test_a_reply_paused_twice_is_heard_whole_and_once",),
    ),
    Mutant(
        name="resume-does-not-wake",
        promise=_PAUSED,
        file="processors/room/playout.py",
        before="        self._is_paused = False\n        self._wake()\n",
        after="        self._is_paused = False\n",
        tests=(f"{_SPEECH}::test_a_reply_paused_twice_is_heard_whole_and_once",),
    ),
    Mutant(
        name="speech-runs-ahead-of-the-ear",
        promise=_PACE,
        file="processors/room/playout.py",
        before="self._queue_secs = queue_ms / 1000",
        after="self._queue_secs = queue_ms / 100",
        tests=(f"{_PLAYOUT}::test_the_source_is_never_filled_beyond_its_queue",),
    ),
    Mutant(
        name="no-speech-ahead-of-the-ear",
        promise=_PACE,
        file="processors/room/playout.py",
        before="self._queue_secs = queue_ms / 1000",
        after="self._queue_secs = 0.041",
        tests=(f"{_PLAYOUT}::test_a_hiccup_of_the_event_loop_is_not_heard",),
    ),
    Mutant(
        name="source-that-hangs-is-waited-for",
        promise=_LOST,
        file="processors/room/playout.py",
        before="            async with asyncio.timeout(CAPTURE_SECS):",
        after="            async with asyncio.timeout(None):",
        tests=(f"{_PLAYOUT}::test_a_source_that_loses_a_piece_is_heard_again",),
    ),
    Mutant(
        name="source-that-takes-nothing-is-not-told-of",
        promise=_LOST,
        file="processors/room/playout.py",
        before="LOST_SECS = 2.5",
        after="LOST_SECS = 25.0",
        tests=(f"{_PLAYOUT}::test_a_source_that_does_not_recover_is_reported_once",),
    ),
    Mutant(
        name="bot-has-no-microphone",
        promise="The bot speaks on one track, its microphone.",
        file="processors/room/client.py",
        before="rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)",
        after="rtc.TrackPublishOptions()",
        tests=(
            f"{_TESTS}/test_real_room.py"
            "::test_the_caller_hears_the_bot_from_the_first_sample_to_the_last",
        ),
    ),
    Mutant(
        name="speech-that-a-cut-overtook-is-heard-after-it",
        promise=_CUT,
        file=_OUTPUT,
        before="return frame.interruptible and not isinstance(frame, SystemFrame)",
        after="return False",
        tests=(f"{_SPEECH}::test_a_cut_that_overtakes_speech_in_the_queue_cuts_it_too",),
    ),
    Mutant(
        name="a-cut-takes-the-new-reply-with-the-old",
        promise=_CUT,
        file=_OUTPUT,
        before="            self._cuts_ahead -= 1\n",
        after="            pass\n",
        tests=(f"{_SPEECH}::test_a_cut_that_overtakes_speech_in_the_queue_cuts_it_too", _CUTS),
    ),
)
