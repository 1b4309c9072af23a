"""Against what is promised of a session's tools and of the servers they come from."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_GRACE = "A write that is under way when the call ends has 3 s to finish."
_LOOKUP = "A lookup ends with its call; nobody waits for it."
_LANGUAGE = "The tools ask and answer in the caller's language."
_AGAIN = "A call that a lost connection took is made again if it only reads, and never if not."
_UNTRUSTED = "With an MCP server that is not trusted, every effect needs the caller's yes."
_RPC = "The caller, and nobody else in the room, answers a tool's question by RPC."
_WHOLE_CALL = "In a whole call only the caller's own clear yes books, typed or pressed, and once."
_OUTSIDE_TEXT = (
    "What a server writes of its tools is cut, and arguments it does not know do not reach it."
)
_NO_YES = "No appointment is booked or cancelled without a yes of the caller."
_SESSION_TOOLS_TEST = "tests/bot/call/test_session_tools.py"
_SERVERS_TEST = "tests/tools/mcp/test_servers.py"
_AUDIENCE_TEST = "tests/bot/call/test_audience.py"
_APPOINTMENTS_TEST = "tests/tools/test_appointments.py"
_SESSION_CLIENTS_TEST = "tests/bot/call/test_session_clients.py"

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="no-time-for-writes",
        promise=_GRACE,
        file="tools/runtime/runtime.py",
        before="grace_secs: float = 3.0",
        after="grace_secs: float = 0.3",
        tests=(f"{_SESSION_TOOLS_TEST}::test_a_write_may_finish_after_the_call",),
    ),
    Mutant(
        name="writes-are-cut-with-the-call",
        promise=_GRACE,
        file="tools/runtime/runtime.py",
        before="                await self._tasks.finish(within_secs=grace_secs)",
        after="                pass",
        tests=(f"{_SESSION_TOOLS_TEST}::test_a_write_may_finish_after_the_call",),
    ),
    Mutant(
        name="everything-has-time-to-finish",
        promise=_LOOKUP,
        file="tools/runtime/runtime.py",
        before="if any(call.tool.effect is not Effect.READ for call in self._running):",
        after="if self._running:",
        tests=(f"{_SESSION_TOOLS_TEST}::test_a_lookup_ends_with_the_call",),
    ),
    Mutant(
        name="tools-outlive-the-session",
        promise=_LOOKUP,
        file="bot/call/session_tools.py",
        before="        stack.push_async_callback(runtime.aclose)\n",
        after="",
        tests=(f"{_SESSION_TOOLS_TEST}::test_a_lookup_ends_with_the_call",),
    ),
    Mutant(
        name="max-tool-steps-not-handed-on",
        promise="As many generations with tool calls as are set end in words.",
        file="bot/call/session_tools.py",
        before="            max_steps=settings.max_tool_steps,\n",
        after="",
        tests=(f"{_SESSION_TOOLS_TEST}::test_the_set_number_of_steps_is_the_sessions",),
    ),
    Mutant(
        name="tools-in-english-for-all",
        promise=_LANGUAGE,
        file="bot/call/session_tools.py",
        before="            language=language,\n",
        after="",
        tests=(f"{_SESSION_TOOLS_TEST}::test_the_tools_speak_the_callers_language",),
    ),
    Mutant(
        name="questions-in-english-for-all",
        promise=_LANGUAGE,
        file="bot/call/session_tools.py",
        before="for tool in language.told_in(TOOLS)",
        after="for tool in TOOLS",
        tests=(f"{_SESSION_TOOLS_TEST}::test_the_tools_speak_the_callers_language",),
    ),
    Mutant(
        name="calendar-of-the-default",
        promise="The calendar is the file that is set.",
        file="bot/call/session_tools.py",
        before="Appointments(settings.appointments_file)",
        after='Appointments(Settings.model_fields["appointments_file"].default)',
        tests=(f"{_SESSION_TOOLS_TEST}::test_an_appointment_goes_into_the_file_that_is_set",),
    ),
    Mutant(
        name="server-prints-into-the-log",
        promise="What a server of tools prints goes nowhere.",
        file="tools/mcp/command.py",
        before="        stderr=DEVNULL,\n",
        after="",
        tests=(
            (
                "tests/tools/mcp/test_connection.py::"
                "test_a_command_that_prints_what_is_no_message_works_all_the_same"
            ),
        ),
    ),
    Mutant(
        name="late-tools-are-not-advertised",
        promise="Tools of a server that come late are there from the next reply on.",
        file="tools/runtime/tool_calling.py",
        before="            self._tool_runtime.advertise_in(frame.context)\n",
        after="",
        tests=(f"{_SERVERS_TEST}::test_tools_that_come_late_are_offered_from_the_next_reply_on",),
    ),
    Mutant(
        name="lost-write-is-made-again",
        promise=_AGAIN,
        file="tools/mcp/servers.py",
        before="may_repeat=effect is Effect.READ",
        after="may_repeat=True",
        tests=(f"{_SERVERS_TEST}::test_a_lost_call_is_made_again_only_if_it_reads",),
    ),
    Mutant(
        name="lost-lookup-is-given-up",
        promise=_AGAIN,
        file="tools/mcp/servers.py",
        before="may_repeat=effect is Effect.READ",
        after="may_repeat=effect is Effect.WRITE",
        tests=(f"{_SERVERS_TEST}::test_a_lost_call_is_made_again_only_if_it_reads",),
    ),
    Mutant(
        name="lost-write-counts-as-not-made",
        promise=_AGAIN,
        file="tools/mcp/servers.py",
        before='raise ToolError("service_failed", message, is_harmless=False) from None',
        after='raise ToolError("service_failed", message) from None',
        tests=(f"{_SERVERS_TEST}::test_a_lost_call_is_made_again_only_if_it_reads",),
    ),
    Mutant(
        name="mcp-headers-not-sent",
        promise="An MCP server gets the headers that are set for it.",
        file="tools/mcp/connection.py",
        before=", **_revealed(server.headers)}",
        after="}",
        tests=(f"{_SERVERS_TEST}::test_a_server_gets_its_headers",),
    ),
    Mutant(
        name="any-number-of-mcp-tools",
        promise="At most 100 tools of a server are taken.",
        file="tools/mcp/servers.py",
        before="for one in described[:MAX_TOOLS]:",
        after="for one in described:",
        tests=(f"{_SERVERS_TEST}::test_a_hundred_tools_of_a_server_are_taken",),
    ),
    Mutant(
        name="every-server-is-trusted",
        promise=_UNTRUSTED,
        file="tools/mcp/servers.py",
        before="is_outside=not connection.server.trusted",
        after="is_outside=False",
        tests=(f"{_SERVERS_TEST}::test_an_effect_needs_a_yes_unless_the_server_is_trusted",),
    ),
    Mutant(
        name="no-server-is-trusted",
        promise=_UNTRUSTED,
        file="tools/mcp/servers.py",
        before="is_outside=not connection.server.trusted",
        after="is_outside=True",
        tests=(f"{_SERVERS_TEST}::test_an_effect_needs_a_yes_unless_the_server_is_trusted",),
    ),
    Mutant(
        name="late-outside-text-is-not-noticed",
        promise=_UNTRUSTED,
        file="tools/runtime/runtime.py",
        before="        self._ledger.has_outside_text = self._toolbox.has_outside_text\n",
        after="",
        tests=(f"{_SERVERS_TEST}::test_an_effect_needs_a_yes_unless_the_server_is_trusted",),
    ),
    Mutant(
        name="anybody-answers-a-tools-question",
        promise=_RPC,
        file="processors/agent_protocol/tool_answers.py",
        before="if data.caller_identity != self._caller_identity():",
        after="if self._caller_identity() is None:",
        tests=(f"{_AUDIENCE_TEST}::test_an_answer_to_a_tools_question_reaches_the_tools",),
    ),
    Mutant(
        name="late-press-looks-taken",
        promise=_RPC,
        file="processors/agent_protocol/tool_answers.py",
        before="        if not await self._on_answer(answer.call_id, answer.is_yes):\n",
        after=(
            "        await self._on_answer(answer.call_id, answer.is_yes)\n"
            "        if not answer.call_id:\n"
        ),
        tests=(f"{_AUDIENCE_TEST}::test_an_answer_to_a_tools_question_reaches_the_tools",),
    ),
    Mutant(
        name="appointments-move-onto-each-other",
        promise="No appointment is moved onto another one or into the past.",
        file="tools/appointments.py",
        before="                self._check_free(database, new, besides=old)\n",
        after="",
        tests=(f"{_APPOINTMENTS_TEST}::test_an_appointment_does_not_move_where_it_cannot_be",),
    ),
    Mutant(
        name="what-is-over-is-listed",
        promise="What is over is no appointment to come, what goes on is one.",
        file="tools/appointments.py",
        before="first = self._now() if day is None",
        after="first = datetime.min if day is None",
        tests=(f"{_APPOINTMENTS_TEST}::test_what_is_over_is_not_listed",),
    ),
    Mutant(
        name="filler-after-three-seconds",
        promise="The figures of the page about tools are those of the code.",
        file="tools/calls/dead_air.py",
        before="FILLER_AFTER_SECS = 0.7",
        after="FILLER_AFTER_SECS = 3.0",
        tests=("tests/tools/test_docs.py::test_the_figures_of_the_page_are_the_codes",),
    ),
    Mutant(
        name="tools-are-not-told-to-the-room",
        promise=_WHOLE_CALL,
        file="bot/call/session.py",
        before="            on_event=ToolReports(feed.tool_updates, log).on_event,\n",
        after="",
        tests=(f"{_SESSION_CLIENTS_TEST}::test_only_a_clear_yes_of_the_caller_books",),
    ),
    Mutant(
        name="late-press-is-told-as-taken",
        promise=_WHOLE_CALL,
        file="bot/call/session.py",
        before="    return is_asked",
        after="    return True",
        tests=(f"{_SESSION_CLIENTS_TEST}::test_only_a_clear_yes_of_the_caller_books",),
    ),
    Mutant(
        name="room-waits-for-the-tools",
        promise="The room goes when the call ends; a write that is under way finishes after it.",
        file="bot/call/session.py",
        before="                course.close()\n                self._given",
        after=(
            "                course.close()\n"
            "                await until_left.aclose()\n"
            "                self._given"
        ),
        tests=(f"{_SESSION_CLIENTS_TEST}::test_the_room_does_not_wait_for_a_write",),
    ),
    Mutant(
        name="any-length-of-a-description",
        promise=_OUTSIDE_TEXT,
        file="tools/mcp/servers.py",
        before="description=cut(described.description or described.name)",
        after="description=described.description or described.name",
        tests=(
            f"{_SERVERS_TEST}::test_what_a_server_writes_is_cut_and_what_it_did_not_ask_for_is_refused",
        ),
    ),
    Mutant(
        name="invented-arguments-reach-the-server",
        promise=_OUTSIDE_TEXT,
        file="tools/mcp/servers.py",
        before='{"additionalProperties": False, **schema}',
        after="schema",
        tests=(
            f"{_SERVERS_TEST}::test_what_a_server_writes_is_cut_and_what_it_did_not_ask_for_is_refused",
        ),
    ),
    Mutant(
        name="every-appointment-lasts-half-an-hour",
        promise="An appointment lasts as long as it was asked for.",
        file="tools/book_appointment.py",
        before="length=timedelta(minutes=minutes)",
        after="length=timedelta(minutes=30)",
        tests=(
            "tests/tools/test_book_appointment.py::test_an_appointment_lasts_as_long_as_was_asked",
        ),
    ),
    Mutant(
        name="places-in-english-only",
        promise="The weather knows places by their names in the language.",
        file="tools/weather.py",
        before="code=language.code",
        after='code="en"',
        tests=("tests/tools/test_weather.py::test_a_place_is_asked_for_in_the_callers_language",),
    ),
    Mutant(
        name="cancelled-without-a-question",
        promise=_NO_YES,
        file="tools/cancel_appointment.py",
        before='effect="irreversible"',
        after='effect="write"',
        tests=(f"{_SESSION_TOOLS_TEST}::test_nothing_is_booked_or_cancelled_without_a_yes",),
    ),
    Mutant(
        name="booked-without-a-question",
        promise=_NO_YES,
        file="tools/book_appointment.py",
        before='effect="irreversible"',
        after='effect="write"',
        tests=(f"{_SESSION_TOOLS_TEST}::test_nothing_is_booked_or_cancelled_without_a_yes",),
    ),
)
