"""Against what is promised of a caller who sends too much, too fast, or what is not theirs."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_RATES = "Whatever a caller asks for, in any order: each kind has its rate, and all have one."
_BUSY = "A client that asks for all there is once a second while its user types is not held up."
_ONCE = "However many texts are refused in a row, the caller hears so once, until one is taken."
_BOUNDED = "An answer on the session channel is 256 KiB at most, with the newest of the talk."
_FAST = "Requests that come too fast get an error, and cost no answer; slower ones get theirs."
_SLOW = "Several slow or endless messages do not hold up the one after them."
_FLOOD = "Who sends too much or too fast is not listened to for a moment, and then again."
_RTVI = (
    "By RTVI a caller sends text, under the bounds of all typed text, and asks for nothing that "
    "is not theirs: no tool's result, no file, no sound."
)
_BOMBS = (
    "Whatever a caller's streams and remote calls unpack to, the bot grows by less than 30 MB, and "
    "another call goes on."
)
_ALL_WAYS = (
    "A caller who floods the bot in every way at once hears one refusal, and is answered again."
)
_ALLOWANCE_TEST = "tests/processors/test_allowance.py"
_INBOX_TEST = "tests/processors/room/test_inbox.py"
_CHAT_TEST = "tests/processors/agent_protocol/test_chat.py"
_RTVI_TEST = "tests/processors/agent_protocol/test_rtvi.py"
_REQUESTS_TEST = "tests/processors/agent_protocol/test_session_requests.py"
_CLIENTS_TEST = "tests/bot/call/test_session_clients.py"
_BOMBS_TEST = "tests/attacks/test_stream_bombs.py"

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="streams-unpack-without-a-limit",
        promise=_BOMBS,
        file="bot/worker/job_room.py",
        before="        limit_streams(context.room)\n",
        after="",
        tests=(f"{_BOMBS_TEST}::test_no_bomb_takes_memory_or_another_call",),
    ),
    Mutant(
        name="each-way-in-has-an-allowance-of-its-own",
        promise=_ALL_WAYS,
        file="bot/call/session.py",
        before="partial(_answer_tool, tools),\n            allowance=allowance,\n",
        after="partial(_answer_tool, tools),\n",
        tests=(f"{_CLIENTS_TEST}::test_a_flood_of_all_kinds_is_refused_once_and_the_call_goes_on",),
    ),
    Mutant(
        name="messages-of-all-kinds-are-not-counted",
        promise=_RATES,
        file="processors/allowance.py",
        before="Act.MESSAGE: Rate(burst=32, secs_each=0.05)",
        after="Act.MESSAGE: Rate(burst=3200, secs_each=0.05)",
        tests=(f"{_ALLOWANCE_TEST}::test_a_flood_of_all_kinds_gets_no_more_than_the_rates",),
    ),
    Mutant(
        name="one-request-a-second",
        promise=_BUSY,
        file="processors/allowance.py",
        before="Act.REQUEST: Rate(burst=8, secs_each=0.25)",
        after="Act.REQUEST: Rate(burst=8, secs_each=1.0)",
        tests=(f"{_ALLOWANCE_TEST}::test_a_busy_client_is_not_held_up",),
    ),
    Mutant(
        name="every-long-text-is-refused-aloud",
        promise=_ONCE,
        file="processors/agent_protocol/chat.py",
        before="        if self._allowance.tells_refusal():\n",
        after="        if True:\n",
        tests=(f"{_CHAT_TEST}::test_a_flood_of_long_texts_is_refused_once",),
    ),
    Mutant(
        name="history-is-sent-whole",
        promise=_BOUNDED,
        file="processors/agent_protocol/session_items.py",
        before="        if max_bytes < 0:\n            break\n",
        after="",
        tests=(f"{_REQUESTS_TEST}::test_an_answer_is_bounded_and_holds_the_newest",),
    ),
    Mutant(
        name="the-oldest-of-the-history",
        promise=_BOUNDED,
        file="processors/agent_protocol/session_items.py",
        before="    for item in reversed(items):\n",
        after="    for item in items:\n",
        tests=(f"{_REQUESTS_TEST}::test_an_answer_is_bounded_and_holds_the_newest",),
    ),
    Mutant(
        name="requests-at-any-rate",
        promise=_FAST,
        file="processors/agent_protocol/session_requests.py",
        before="if not self._allowance.takes(Act.REQUEST):",
        after="if False:",
        tests=(f"{_REQUESTS_TEST}::test_requests_that_come_too_fast_get_an_error",),
    ),
    Mutant(
        name="slow-message-holds-the-rest",
        promise=_SLOW,
        file="processors/room/inbox.py",
        before="            if one.is_read:\n",
        after="            if True:\n",
        tests=(f"{_INBOX_TEST}::test_slow_streams_do_not_hold_the_next",),
    ),
    Mutant(
        name="flooded-topic-is-kept",
        promise=_FLOOD,
        file="processors/room/inbox.py",
        before="        self._unregister()\n        loop",
        after="        loop",
        tests=(f"{_INBOX_TEST}::test_in_a_flood_the_topic_is_left_for_a_moment",),
    ),
    Mutant(
        name="flooded-topic-is-left-for-good",
        promise=_FLOOD,
        file="processors/room/inbox.py",
        before="self._deaf = loop.call_later(DEAF_SECS, self._listen, self._register)",
        after="self._deaf = loop.call_later(3600, self._listen, self._register)",
        tests=(f"{_INBOX_TEST}::test_in_a_flood_the_topic_is_left_for_a_moment",),
    ),
    Mutant(
        name="rtvi-forges-a-tools-result",
        promise=_RTVI,
        file="processors/agent_protocol/rtvi.py",
        before='"disconnect-bot", "send-text"})',
        after='"disconnect-bot", "send-text", "llm-function-call-result"})',
        tests=(f"{_RTVI_TEST}::test_what_is_not_for_a_caller_to_send_is_refused",),
    ),
    Mutant(
        name="rtvi-text-at-any-rate",
        promise=_RTVI,
        file="processors/agent_protocol/rtvi.py",
        before="        if content is None:\n            return None\n",
        after="        if content is None:\n            content = typed.content\n",
        tests=(
            f"{_RTVI_TEST}::test_typed_text_is_taken_as_plain_words_at_the_rate_of_all_typed_text",
            f"{_RTVI_TEST}::test_a_long_text_is_refused_and_interrupts_nothing",
        ),
    ),
)
