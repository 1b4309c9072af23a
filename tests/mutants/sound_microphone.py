"""Against what is promised of hearing the caller."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_TESTS = "tests/processors/room"
_AUDIO = f"{_TESTS}/test_caller_audio.py"
_CLIENT = f"{_TESTS}/test_client.py"
_RECORDING = (
    "What the caller said while connecting is heard once, whole and before what they say then."
)
_FIRST = f"{_AUDIO}::test_the_recording_is_heard_once_and_first_and_no_live_sample_is_lost"
_USELESS = "A recording that is damaged, huge, late, somebody else's or missing costs no live word."
_NO_USE = f"{_AUDIO}::test_a_recording_that_is_no_use_costs_no_live_sample"
_FORMS = "A recording in any form that browsers and phones send is understood."
_RAW = f"{_TESTS}/test_pre_connect_helper.py::test_raw_samples_of_mobile_clients_are_understood"
_ONLY = "Of all that sounds in the room only the caller's microphone is heard."
_SWITCHED = "A microphone that is switched or published anew is heard, and the old one is not."
_THERE = "Who is there before the bot is heard from the first."
_TYPED = "One message that fails does not stop those after it."

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="recording-after-live-audio",
        promise=_RECORDING,
        file="processors/room/caller_audio.py",
        before='        for frame in _frames_of(before or b""):',
        after="        async for event in stream:\n"
        "            self._heard.put_nowait((event.frame, identity))\n"
        '        for frame in _frames_of(before or b""):',
        tests=(_FIRST,),
    ),
    Mutant(
        name="what-the-track-says-again-is-heard-twice",
        promise=_RECORDING,
        file="processors/room/caller_audio.py",
        before="live[2 * repeated_samples(before, live) :]",
        after="live",
        tests=(f"{_AUDIO}::test_what_the_track_says_again_is_heard_once",),
    ),
    Mutant(
        name="recording-is-waited-for-too-briefly",
        promise=_RECORDING,
        file="processors/room/pre_connect_audio.py",
        before="WAIT_SECS = 3.0\n",
        after="WAIT_SECS = 0.3\n",
        tests=(_FIRST,),
    ),
    Mutant(
        name="only-the-first-seconds-of-a-recording",
        promise=_RECORDING,
        file="processors/room/pre_connect_audio.py",
        before="MAX_AUDIO_SECS = 12.0",
        after="MAX_AUDIO_SECS = 5.0",
        tests=(_FIRST,),
    ),
    Mutant(
        name="live-audio-is-dropped-while-it-waits",
        promise=_RECORDING,
        file="processors/room/caller_audio.py",
        before="frame_size_ms=_FRAME_MS\n",
        after="frame_size_ms=_FRAME_MS, capacity=20\n",
        tests=(_FIRST,),
    ),
    Mutant(
        name="queue-of-heard-audio-is-bounded",
        promise=_RECORDING,
        file="processors/room/caller_audio.py",
        before="= asyncio.Queue()\n\n    async def frames",
        after="= asyncio.Queue(maxsize=50)\n\n    async def frames",
        tests=(_FIRST,),
    ),
    Mutant(
        name="live-audio-at-its-own-rate",
        promise=_RECORDING,
        file="processors/room/caller_audio.py",
        before="track, sample_rate=INPUT_SAMPLE_RATE_HZ, num_channels",
        after="track, num_channels",
        tests=(_FIRST,),
    ),
    Mutant(
        name="recording-at-another-rate",
        promise=_RECORDING,
        file="processors/room/caller_audio.py",
        before="            sample_rate_hz=INPUT_SAMPLE_RATE_HZ,\n            build",
        after="            sample_rate_hz=24_000,\n            build",
        tests=(_FIRST,),
    ),
    Mutant(
        name="size-limit-counts-samples-for-bytes",
        promise=_RECORDING,
        file="processors/room/pre_connect_audio.py",
        before="int(MAX_AUDIO_SECS * 48_000 * 2 * 2)",
        after="int(MAX_AUDIO_SECS * 48_000)",
        tests=(f"{_AUDIO}::test_ten_seconds_in_the_largest_format_are_heard_whole",),
    ),
    Mutant(
        name="slow-recording-is-given-up",
        promise=_RECORDING,
        file="processors/room/pre_connect_audio.py",
        before="_READ_TIMEOUT_SECS = MAX_AUDIO_SECS + WAIT_SECS",
        after="_READ_TIMEOUT_SECS = WAIT_SECS",
        tests=(f"{_AUDIO}::test_a_recording_that_is_sent_as_it_is_made_is_heard_whole",),
    ),
    Mutant(
        name="one-recording-a-room",
        promise=_RECORDING,
        file="processors/room/pre_connect_audio.py",
        before="_MAX_TRACKS = 4",
        after="_MAX_TRACKS = 1",
        tests=(f"{_AUDIO}::test_of_several_recordings_the_one_of_this_track_is_heard",),
    ),
    Mutant(
        name="bad-recording-ends-the-microphone",
        promise=_USELESS,
        file="processors/room/pre_connect_audio.py",
        before="        except DecodingError as error:",
        after="        except TimeoutError as error:",
        tests=(_NO_USE,),
    ),
    Mutant(
        name="anybodys-recording",
        promise=_USELESS,
        file="processors/room/caller_audio.py",
        before="accepts=accepts,",
        after="accepts=lambda _: True,",
        tests=(_NO_USE,),
    ),
    Mutant(
        name="recording-that-goes-on-holds-the-caller",
        promise=_USELESS,
        file="processors/room/pre_connect_audio.py",
        before="END_WAIT_SECS = 1.0",
        after="END_WAIT_SECS = 10.0",
        tests=(f"{_AUDIO}::test_a_recording_that_goes_on_holds_the_live_audio_for_a_second_only",),
    ),
    Mutant(
        name="type-with-parameters-is-unknown",
        promise=_FORMS,
        file="processors/room/pre_connect_helper.py",
        before='mime_type.split(";")[0].strip().lower()',
        after="mime_type",
        tests=(_RAW,),
    ),
    Mutant(
        name="raw-samples-by-another-name",
        promise=_FORMS,
        file="processors/room/pre_connect_helper.py",
        before='"audio/pcm", "audio/raw", "audio/l16")',
        after='"audio/raw")',
        tests=(_RAW,),
    ),
    Mutant(
        name="telephone-rates-are-implausible",
        promise=_FORMS,
        file="processors/room/pre_connect_helper.py",
        before="range(8_000, 96_001)",
        after="range(16_000, 48_001)",
        tests=(_RAW,),
    ),
    Mutant(
        name="every-sound-of-the-caller",
        promise=_ONLY,
        file="processors/room/client.py",
        before="return is_microphone and self._is_caller(who)",
        after="return self._is_caller(who)",
        tests=(f"{_CLIENT}::test_only_the_callers_microphone_is_heard",),
    ),
    Mutant(
        name="everybodys-microphone",
        promise=_ONLY,
        file="processors/room/client.py",
        before="return is_microphone and self._is_caller(who)",
        after="return is_microphone",
        tests=(f"{_CLIENT}::test_only_the_callers_microphone_is_heard",),
    ),
    Mutant(
        name="recordings-of-listeners",
        promise=_ONLY,
        file="processors/room/client.py",
        before="is_caller = self._caller_identity in (None, identity)",
        after="is_caller = True",
        tests=(f"{_CLIENT}::test_a_recording_is_taken_from_who_may_be_the_caller",),
    ),
    Mutant(
        name="who-calls-by-telephone-is-nobody",
        promise=_ONLY,
        file="processors/room/client.py",
        before="    rtc.ParticipantKind.PARTICIPANT_KIND_SIP,\n",
        after="",
        tests=(
            f"{_CLIENT}::test_only_the_callers_microphone_is_heard",
            f"{_CLIENT}::test_without_a_named_caller_the_first_person_is_it_and_no_machine",
        ),
    ),
    Mutant(
        name="old-microphone-goes-on",
        promise=_SWITCHED,
        file="processors/room/caller_audio.py",
        before="        self._drop_stream()\n        if self._is_closed:",
        after="        if self._is_closed:",
        tests=(f"{_CLIENT}::test_two_switches_at_once_leave_one_microphone",),
    ),
    Mutant(
        name="end-of-the-old-microphone-ends-the-new",
        promise=_SWITCHED,
        file="processors/room/caller_audio.py",
        before="        if is_heard:\n            self._drop_stream()",
        after="        self._drop_stream()",
        tests=(f"{_CLIENT}::test_a_switched_microphone_is_heard_in_either_order_of_events",),
    ),
    Mutant(
        name="end-of-a-microphone-is-not-heard-of",
        promise=_SWITCHED,
        file="processors/room/client.py",
        before='            "track_unsubscribed": self._on_track_unsubscribed,\n',
        after="",
        tests=(f"{_CLIENT}::test_a_switched_microphone_is_heard_in_either_order_of_events",),
    ),
    Mutant(
        name="events-while-connecting-are-lost",
        promise=_THERE,
        file="processors/room/client.py",
        before="        for event, handler in self._handlers.items():\n"
        "            self._room.on(event, handler)\n"
        "        try:\n"
        "            await self._connect_room()\n",
        after="        try:\n"
        "            await self._connect_room()\n"
        "            for event, handler in self._handlers.items():\n"
        "                self._room.on(event, handler)\n",
        tests=(f"{_CLIENT}::test_a_microphone_that_is_there_before_the_bot_is_heard",),
    ),
    Mutant(
        name="reader-of-messages-dies-of-one",
        promise=_TYPED,
        file="processors/room/inbox.py",
        before="self._open.pop(task).is_over.set()",
        after="self._open.pop(task)",
        tests=(
            f"{_TESTS}/test_inbox.py::test_a_message_that_cannot_be_handled_does_not_stop_the_next",
        ),
    ),
    Mutant(
        name="torn-message-stops-the-rest",
        promise=_TYPED,
        file="processors/room/inbox.py",
        before="            async with asyncio.timeout(self._timeout_secs):\n",
        after="            async with asyncio.timeout(None):\n",
        tests=(
            f"{_TESTS}/test_inbox.py"
            "::test_a_stream_that_breaks_or_never_ends_does_not_stop_the_next",
        ),
    ),
    Mutant(
        name="message-without-attributes",
        promise=_TYPED,
        file="processors/room/inbox.py",
        before="attributes=reader.info.attributes or {},",
        after="attributes=reader.info.attributes,",
        tests=(f"{_TESTS}/test_inbox.py::test_a_stream_without_attributes_is_one_like_any_other",),
    ),
    Mutant(
        name="every-microphone-is-sent",
        promise="Of however many microphones a caller publishes the bot has one sent, the newest.",
        file="processors/room/client.py",
        before="            old.set_subscribed(False)\n",
        after="            pass\n",
        tests=(
            "tests/processors/room/test_real_room.py::"
            "test_of_many_microphones_one_is_sent_to_the_bot",
        ),
    ),
)
