"""Against what is promised of recognisers."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_HERE = "processors/speech_to_text"
_LIFE = f"tests/{_HERE}/test_live_connection.py"
_SERVICE = f"tests/{_HERE}/test_live_service.py"

_MUTED = "A muted microphone costs no connection."
_AWAY = "A service that brings no result for 60 s is given up, and asked ever less."
_START = "A call begins after 3 s without a recogniser that is not there yet."
_DROPS = "A connection that drops is replaced within 2 s."
_TOLD_ONCE = "Each kind of failure is told once until the service has worked for 5 s."
_UNANSWERED = "A recogniser that does not answer when asked for the last words is left."
_SILENT = "A recogniser that is silent to 4 s of speech is left."
_DEAF = "A recogniser that is deaf to seconds of speech is given up, one deaf to coughs is not."
_STUCK = "A connection that takes nothing any more is left."
_UNSETTLED = "After a lost connection up to 10 s of speech are sent again, so no word is lost."

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="nobody-keeps-the-connection-alive",
        promise=_MUTED,
        file=f"{_HERE}/live_connection.py",
        before='keep_alive = self.create_task(self._keep_alive(socket), "keep_alive")',
        after="keep_alive = None",
        tests=(f"{_LIFE}::test_a_connection_without_audio_is_kept_open",),
    ),
    Mutant(
        name="keep-alive-comes-too-late",
        promise=_MUTED,
        file=f"{_HERE}/live_connection.py",
        before="KEEP_ALIVE_SECS = 5.0",
        after="KEEP_ALIVE_SECS = 15.0",
        tests=(f"{_LIFE}::test_a_connection_without_audio_is_kept_open",),
    ),
    Mutant(
        name="keep-alive-by-another-name",
        promise=_MUTED,
        file=f"{_HERE}/deepgram_socket.py",
        before='KEEP_ALIVE = \'{"type":"KeepAlive"}\'',
        after='KEEP_ALIVE = ""',
        tests=(f"{_LIFE}::test_a_connection_without_audio_is_kept_open",),
    ),
    Mutant(
        name="every-row-has-a-patience-of-its-own",
        promise=_AWAY,
        file="bot/stages/vendors.py",
        before="_CONNECTION_SECS = 60.0",
        after="_CONNECTION_SECS = 8.0",
        tests=(
            "tests/bot/stages/test_table.py::test_a_recogniser_that_is_gone_is_tried_for_a_minute",
        ),
    ),
    Mutant(
        name="a-dead-service-is-asked-for-ever",
        promise=_AWAY,
        file=f"{_HERE}/live_connection.py",
        before="GIVE_UP_SECS = 60.0",
        after="GIVE_UP_SECS = 600.0",
        tests=(f"{_LIFE}::test_a_service_that_stays_away_is_given_up_after_a_minute",),
    ),
    Mutant(
        name="a-dead-service-is-hammered",
        promise=_AWAY,
        file=f"{_HERE}/connection_failures.py",
        before="        self._pause_secs = self._next_backoff_secs\n",
        after="        self._pause_secs = self._first_backoff_secs\n",
        tests=(f"{_LIFE}::test_a_service_that_stays_away_is_given_up_after_a_minute",),
    ),
    Mutant(
        name="the-start-waits-for-a-dead-recogniser",
        promise=_START,
        file=f"{_HERE}/live_connection.py",
        before="START_SECS = 3.0",
        after="START_SECS = 7.5",
        tests=(
            f"{_LIFE}::test_a_service_that_is_away_at_the_start_holds_the_call_for_three_seconds"
            "_and_is_kept",
        ),
    ),
    Mutant(
        name="the-start-does-not-wait-at-all",
        promise=_START,
        file=f"{_HERE}/live_connection.py",
        before="await asyncio.wait_for(self._is_settled.wait(), START_SECS)",
        after="await asyncio.wait_for(self._is_settled.wait(), 0.0)",
        tests=(
            f"{_LIFE}::test_a_service_that_is_away_at_the_start_holds_the_call_for_three_seconds"
            "_and_is_kept",
        ),
    ),
    Mutant(
        name="backoff-in-tens-of-seconds",
        promise=_DROPS,
        file=f"{_HERE}/live_connection.py",
        before="MAX_BACKOFF_SECS = 2.0",
        after="MAX_BACKOFF_SECS = 20.0",
        tests=(f"{_LIFE}::test_a_connection_that_drops_is_replaced_soon_however_often",),
    ),
    Mutant(
        name="backoff-never-begins-anew",
        promise=_DROPS,
        file=f"{_HERE}/connection_failures.py",
        before="            self._next_backoff_secs = self._first_backoff_secs\n",
        after="            pass\n",
        tests=(f"{_LIFE}::test_a_connection_that_drops_is_replaced_soon_however_often",),
    ),
    Mutant(
        name="old-failures-are-never-news-again",
        promise=_TOLD_ONCE,
        file=f"{_HERE}/connection_failures.py",
        before="            self._reported.clear()\n",
        after="            pass\n",
        tests=(f"{_LIFE}::test_a_failure_is_told_again_only_after_the_service_has_worked",),
    ),
    Mutant(
        name="every-failure-is-news",
        promise=_TOLD_ONCE,
        file=f"{_HERE}/recognition.py",
        before="if self.is_news(error.error) or force_treat_as_permanent:",
        after="if True:",
        tests=(f"{_LIFE}::test_a_failure_is_told_again_only_after_the_service_has_worked",),
    ),
    Mutant(
        name="an-unanswered-finalize-is-not-watched",
        promise=_UNANSWERED,
        file=f"{_HERE}/live_service.py",
        before="            await self._socket.send_finalize()\n"
        "            self.unsettled.watch.on_finalize_sent()\n",
        after="            await self._socket.send_finalize()\n",
        tests=(
            f"{_SERVICE}::test_an_unanswered_finalize_leads_to_a_new_connection_that_is_asked_again",
        ),
    ),
    Mutant(
        name="the-new-connection-is-not-asked-for-the-last-words",
        promise=_UNANSWERED,
        file=f"{_HERE}/live_service.py",
        before="            await socket.send_finalize()\n"
        "            self.unsettled.watch.on_finalize_sent()\n",
        after="            self.unsettled.watch.on_finalize_sent()\n",
        tests=(
            f"{_SERVICE}::test_an_unanswered_finalize_leads_to_a_new_connection_that_is_asked_again",
        ),
    ),
    Mutant(
        name="the-second-unanswered-finalize-is-not-watched",
        promise=_UNANSWERED,
        file=f"{_HERE}/live_service.py",
        before="            await socket.send_finalize()\n"
        "            self.unsettled.watch.on_finalize_sent()\n",
        after="            await socket.send_finalize()\n",
        tests=(
            f"{_SERVICE}::test_the_new_connection_that_does_not_answer_either_is_left_when_the_"
            "caller_goes_on",
        ),
    ),
    Mutant(
        name="answers-are-waited-for-in-tens-of-seconds",
        promise=_UNANSWERED,
        file=f"{_HERE}/unsettled_audio.py",
        before="ANSWER_SECS = 2.0",
        after="ANSWER_SECS = 20.0",
        tests=(
            f"{_SERVICE}::test_an_unanswered_finalize_leads_to_a_new_connection_that_is_asked_again",
        ),
    ),
    Mutant(
        name="silence-to-speech-is-not-noticed",
        promise=_SILENT,
        file=f"{_HERE}/unsettled_audio.py",
        before="SILENT_SECS = 4.0",
        after="SILENT_SECS = 40.0",
        tests=(
            f"{_SERVICE}::test_a_service_that_says_nothing_to_speech_is_left_after_four_seconds",
        ),
    ),
    Mutant(
        name="a-deaf-service-is-kept-as-its-connections-live-long",
        promise=_DEAF,
        file=f"{_HERE}/live_connection.py",
        before="is_hopeless = self._failures.is_hopeless or self._is_deaf",
        after="is_hopeless = self._failures.is_hopeless",
        tests=(f"{_SERVICE}::test_a_service_that_is_deaf_for_good_is_given_up",),
    ),
    Mutant(
        name="silent-connections-are-not-counted",
        promise=_DEAF,
        file=f"{_HERE}/live_service.py",
        before="        self._silent_connections += 1\n",
        after="",
        tests=(f"{_SERVICE}::test_a_service_that_is_deaf_for_good_is_given_up",),
    ),
    Mutant(
        name="coughs-end-the-call",
        promise=_DEAF,
        file=f"{_HERE}/live_service.py",
        before="self._is_deaf = not self._was_useful and self._unheard_secs >= self._deaf_secs",
        after="self._is_deaf = not self._was_useful",
        tests=(f"{_SERVICE}::test_a_service_that_says_nothing_to_coughs_is_kept",),
    ),
    Mutant(
        name="a-half-open-connection-is-kept",
        promise=_STUCK,
        file=f"{_HERE}/live_service.py",
        before="if self.unsettled.is_overdue(audio) or socket.is_stuck:",
        after="if self.unsettled.is_overdue(audio):",
        tests=(
            f"{_SERVICE}::test_a_connection_that_takes_nothing_is_left_though_the_caller_is_silent",
        ),
    ),
    Mutant(
        name="one-second-is-sent-again",
        promise=_UNSETTLED,
        file=f"{_HERE}/unsettled_audio.py",
        before="\nREPLAY_SECS = 10.0",
        after="\nREPLAY_SECS = 1.0",
        tests=(f"{_SERVICE}::test_what_was_said_without_final_words_is_sent_again",),
    ),
    Mutant(
        name="speech-is-kept-like-silence",
        promise=_UNSETTLED,
        file=f"{_HERE}/recognition.py",
        before="            self.unsettled.on_voice_started()\n",
        after="",
        tests=(f"{_SERVICE}::test_what_was_said_without_final_words_is_sent_again",),
    ),
    Mutant(
        name="what-is-said-without-a-connection-is-kept-like-silence",
        promise=_UNSETTLED,
        file=f"{_HERE}/live_service.py",
        before="is_connected=socket is not None",
        after="is_connected=True",
        tests=(f"{_SERVICE}::test_what_is_said_while_there_is_no_connection_is_kept_for_it",),
    ),
    Mutant(
        name="a-handshake-may-hang-as-long-as-the-library-likes",
        promise="A handshake that hangs is left after 3 s, for another attempt.",
        file=f"{_HERE}/live_socket.py",
        before="        open_timeout=OPEN_SECS,\n",
        after="",
        tests=(
            f"tests/{_HERE}/test_deepgram_socket.py::"
            "test_a_handshake_that_hangs_is_left_after_three_seconds",
        ),
    ),
)
