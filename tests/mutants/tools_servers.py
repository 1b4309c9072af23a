"""Against what is promised of MCP servers that lie, hang or break."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_A_TOOL_THAT_BREAKS_THE_PROTO = (
    "A tool that breaks the protocol costs itself at most, never its server."
)
_AN_ANSWER_OF_A_SERVER_THAT_C = (
    "An answer of a server that cannot be read fails its own call and nothing else."
)
_SERVERS_TEST = "tests/tools/mcp/test_servers.py"
_LISTING_TEST = "tests/tools/mcp/test_listing.py"
_CONNECTION_TEST = "tests/tools/mcp/test_connection.py"

_ATTACKS = "tests/attacks/test_mcp_servers.py"

_COMMAND_TEST = "tests/tools/mcp/test_command.py"
_FLOOD = "A server of tools that floods its line takes neither memory nor time of the call."

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="mcp-read-hints-are-believed",
        promise="That a tool only reads counts only of a server that the operator trusts.",
        file="tools/calls/admission.py",
        before="if call.tool.effect is Effect.IRREVERSIBLE or call.tool.is_outside:",
        after="if call.tool.effect is Effect.IRREVERSIBLE:",
        tests=(f"{_ATTACKS}::test_a_read_of_an_untrusted_server_needs_a_yes",),
    ),
    Mutant(
        name="mcp-schemas-of-any-size",
        promise="A schema of an outside tool that stands for much work is refused.",
        file="tools/mcp/outside_schema.py",
        before="        if self._nodes_left < 0 or self._chars_left < 0:\n",
        after="        if False:\n",
        tests=(f"{_ATTACKS}::test_a_schema_freezes_nobody",),
    ),
    Mutant(
        name="mcp-patterns-run",
        promise="Of a schema only what is harmless to check is kept.",
        file="tools/mcp/outside_schema.py",
        before='_VALUES = {"enum",',
        after='_VALUES = {"pattern", "enum",',
        tests=(f"{_ATTACKS}::test_no_pattern_runs_and_no_address_is_fetched",),
    ),
    Mutant(
        name="mcp-tool-in-the-place-of-another",
        promise="No tool takes the place of another, in whatever order they come.",
        file="tools/runtime/toolbox.py",
        before="            elif tool.name in self._tools:\n",
        after="            elif False:\n",
        tests=(f"{_ATTACKS}::test_no_server_takes_the_place_of_a_tool",),
    ),
    Mutant(
        name="mcp-gets-the-bots-environment",
        promise="The command of an MCP server gets nothing of the settings of the bot.",
        file="tools/mcp/command.py",
        before="env={**get_default_environment(), **env},",
        after="env={**os.environ, **env},",
        tests=(f"{_SERVERS_TEST}::test_the_bots_own_environment_is_not_passed_on",),
    ),
    Mutant(
        name="mcp-tools-without-a-word-are-harmless",
        promise="A tool that does not say that it only reads needs the yes of the caller.",
        file="tools/mcp/servers.py",
        before="    if annotations is None:\n        return Effect.IRREVERSIBLE",
        after="    if annotations is None:\n        return Effect.WRITE",
        tests=(f"{_SERVERS_TEST}::test_what_a_server_does_not_call_harmless_needs_a_yes",),
    ),
    Mutant(
        name="one-bad-tool-costs-the-server",
        promise=_A_TOOL_THAT_BREAKS_THE_PROTO,
        file="tools/mcp/listing.py",
        before="[tool for tool in fit if tool is not None]",
        after="fit",
        tests=(f"{_LISTING_TEST}::test_what_is_no_tool_alone_is_left_out",),
    ),
    Mutant(
        name="odd-tool-is-left-out",
        promise=_A_TOOL_THAT_BREAKS_THE_PROTO,
        file="tools/mcp/listing.py",
        before="return bare if _are_fit([bare]) else None",
        after="return None",
        tests=(f"{_LISTING_TEST}::test_a_tool_in_an_odd_form_is_offered_too",),
    ),
    Mutant(
        name="servers-are-waited-for",
        promise="A server of tools that hangs holds up neither the call nor its end.",
        file="tools/mcp/servers.py",
        before="    try:\n        yield\n    finally:\n        for task",
        after=(
            "    try:\n"
            "        await asyncio.wait(opening, timeout=2.0) if opening else None\n"
            "        yield\n"
            "    finally:\n"
            "        for task"
        ),
        tests=(f"{_CONNECTION_TEST}::test_a_server_that_accepts_and_is_silent_holds_up_nobody",),
    ),
    Mutant(
        name="mcp-time-limit-not-handed-on",
        promise="A call that a server never answers ends in words.",
        file="tools/mcp/servers.py",
        before="        timeout_secs=connection.server.timeout_secs,\n",
        after="",
        tests=(f"{_CONNECTION_TEST}::test_a_call_that_is_never_answered_ends_in_words",),
    ),
    Mutant(
        name="unreadable-answer-looks-fine",
        promise=_AN_ANSWER_OF_A_SERVER_THAT_C,
        file="tools/mcp/servers.py",
        before="        if result.is_error:\n",
        after="        if False:\n",
        tests=(f"{_CONNECTION_TEST}::test_an_answer_of_any_kind_takes_only_its_own_call",),
    ),
    Mutant(
        name="long-errors-of-servers",
        promise=_AN_ANSWER_OF_A_SERVER_THAT_C,
        file="tools/mcp/servers.py",
        before="message = _text(result)[:_MAX_ERROR_CHARS]",
        after="message = _text(result)",
        tests=(f"{_CONNECTION_TEST}::test_an_answer_of_any_kind_takes_only_its_own_call",),
    ),
    Mutant(
        name="huge-result-is-looked-at-whole",
        promise="Of a huge result only the beginning is looked at.",
        file="tools/result.py",
        before="some = value if max_nodes is None else _beginning(value, iter(range(max_nodes)))",
        after="some = value",
        tests=(f"{_ATTACKS}::test_of_a_huge_result_only_the_beginning_is_looked_at",),
    ),
    Mutant(
        name="line-of-a-command-has-no-end",
        promise=_FLOOD,
        file="tools/mcp/command.py",
        before="        limit=MAX_ANSWER_BYTES,\n",
        after="        limit=2**31,\n",
        tests=(f"{_COMMAND_TEST}::test_what_is_too_much_is_not_taken",),
    ),
    Mutant(
        name="message-of-a-command-has-any-number-of-parts",
        promise=_FLOOD,
        file="tools/mcp/command.py",
        before="if parts_of(line) > MAX_PARTS:",
        after="if not line:",
        tests=(f"{_COMMAND_TEST}::test_what_is_too_much_is_not_taken",),
    ),
    Mutant(
        name="server-of-tools-may-chatter",
        promise=_FLOOD,
        file="tools/mcp/listing.py",
        before="        await self._pace.take()\n",
        after="",
        tests=("tests/tools/mcp/test_listing.py::test_whoever_says_much_waits",),
    ),
)
