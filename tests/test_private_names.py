"""What we hold on to that libraries may take away: few names, each with its reason."""

from __future__ import annotations

import pytest

from tests.private_names import OURS, private_uses

# Where, which name, and why there is no other way. A name that a library renames is no longer found
# in it, so its row fails here.
_HELD = {
    ("bot/worker/fork_server.py", "_forkserver"): "no public way to ask one that runs already",
    ("bot/worker/fork_server.py", "_forkserver_address"): "the same",
    ("bot/worker/fork_server.py", "_forkserver_alive_fd"): "the same",
    ("bot/processes/process_end.py", "_transport"): (
        "asyncio closes the pipes of a child that ignores its end by the transport alone"
    ),
    ("processors/agent_protocol/utterance.py", "_info"): (
        "rtc tells the protocol version of a participant nowhere else"
    ),
    ("processors/language_model/google.py", "_client"): (
        "`create_client`, to be overridden for it, has to set it"
    ),
    ("processors/room/transport.py", "_call_event_handler"): (
        "how a Pipecat object tells events of its own"
    ),
    ("processors/room/transport.py", "_register_event_handler"): (
        "how a Pipecat object has events of its own"
    ),
    ("processors/text_to_speech/cartesia.py", "_process_messages"): (
        "what one connection brings; `_receive_messages` connects again without a pause"
    ),
    ("processors/text_to_speech/cartesia.py", "_receive_messages"): (
        "what one connection brings; `_receive_messages` connects again without a pause"
    ),
    ("processors/text_to_speech/cartesia.py", "_get_websocket"): (
        "Pipecat loses a sentence at a message it does not know; nothing else stands before it"
    ),
    ("processors/text_to_speech/elevenlabs.py", "_close_context"): (
        "Pipecat closes a context at the end of a reply; a text is over only once it is closed"
    ),
    ("processors/text_to_speech/elevenlabs.py", "_get_websocket"): (
        "late messages of a text that was cut move Pipecat's clock of words; nothing else sees them"
    ),
    ("processors/text_to_speech/speaking_on_socket.py", "_connect"): (
        "no public way to replace a connection that is open and silent"
    ),
    ("processors/text_to_speech/speaking_on_socket.py", "_disconnect"): (
        "no public way to replace a connection that is open and silent"
    ),
    ("tools/mcp/command.py", "mcp.client._transport"): "the type of a stream has no public name",
    ("tools/mcp/listing.py", "mcp.client._transport"): "the type of a stream has no public name",
    ("tools/runtime/tool_calling.py", "_has_async_tools"): (
        "no public switch for what Pipecat adds to the system prompt"
    ),
}


@pytest.fixture(scope="module")
def found() -> set[tuple[str, str]]:
    return {(use.path.as_posix(), use.name) for use in private_uses(*OURS)}


def test_every_private_name_that_is_used_has_its_reason(found: set[tuple[str, str]]) -> None:
    assert not sorted(found - _HELD.keys())


@pytest.mark.parametrize("held", _HELD, ids=lambda held: f"{held[0]}-{held[1]}")
def test_the_library_still_has_it(held: tuple[str, str], found: set[tuple[str, str]]) -> None:
    assert held in found
