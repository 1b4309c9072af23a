"""The rules of the house, as tests."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

from tests.layout import (
    PROJECT_ROOT,
    PYTHON_PARTS,
    functions,
    line_count,
    parsed,
    python_files,
    tracked_files,
)

_FILE_LIMIT_LINES = 250
_TEST_FILE_LIMIT_LINES = 350  # one for each source file, it may need more than its source does
_FUNCTION_LIMIT_LINES = 40
_COMPONENT_LIMIT_LINES = 120

_LONG_FILES = {
    "bot/call/course.py": "every way in which a call ends",
    "bot/call/session.py": "the parts of one session, put together, run and taken down",
    "bot/session_log/session_log.py": "one log, and all that a session tells it",
    "bot/http/backend.py": "a list of parts and who gets which",
    "bot/settings.py": "every setting but the vendors', in one place",
    "processors/turns/end.py": "every signal that may end a turn",
    "bot/stages/vendors.py": "every vendor, in one place",
    "tools/calls/ledger.py": "one state machine",
    "tools/runtime/runtime.py": "one object, what the pipeline and the calls ask of each other",
    "processors/room/client.py": "one room, what goes in and out of it, and who is in it",
    "processors/room/playout.py": "one account of samples",
    "processors/room/output.py": "one account of what the caller hears",
    "processors/speech_to_text/unsettled_audio.py": "one account of audio without its words",
}
_LONG_FUNCTIONS = {
    "bot/http/backend.py:build_backend": "a list of parts and who gets which",
    "bot/call/audience.py:build_audience": "a list of parts and who gets which",
    "bot/call/pipeline.py:build_pipeline": "the pipeline as one list",
    "bot/call/session.py:_hold": "a list of parts and who gets which",
}

_PROTOCOL = "tests/processors/language_model/openai_protocol"
_PERSEVERING = "tests/processors/text_to_speech/test_persevering.py"
_VOICES = "tests/services/text_to_speech/test_conformance.py"
# Source without a test file of its own, and the tests that exercise it: a file of the mirrored
# folder by its name, others by their path. A folder stands for all in it.
_TESTED_THROUGH = {
    "bot/worker/worker.py": "test_worker_run.py",
    "bot/call/given_call.py": "test_session_handed_over.py",
    "bot/errors.py": "test_settings.py",
    "bot/http/connections.py": "tests/attacks/test_connections.py",
    "bot/http/declared.py": "tests/attacks/test_schema_fuzz.py",
    "bot/http/errors.py": "test_api.py",
    "bot/networks.py": "tests/bot/http/starts/test_rate_limit.py",
    "bot/http/origins.py": "test_guard.py",
    "bot/http/captions.py": "test_resume.py",
    "bot/http/visitors.py": "tests/attacks/test_proxies.py",
    "bot/languages": "tests/bot/languages/test_choice.py",
    "bot/livekit/mark.py": "test_instance.py",
    "bot/livekit/server_api.py": "tests/bot/rooms/test_rooms.py",
    "bot/local": "tests/contract",
    "bot/local_stack.py": "tests/e2e",
    "bot/processes/process_end.py": "test_child_process.py",
    "bot/http/backend.py": "tests/bot/http/test_api.py",
    "bot/access/errors.py": "test_doors.py",
    "bot/access/owed_uses.py": "test_invites.py",
    "bot/call/failures.py": "test_session_failures.py",
    "bot/processes/hung.py": "tests/bot/worker/test_bot_guard.py",
    "bot/worker/fork_loaded.py": "test_fork_place.py",
    "bot/rooms/lines/arrivals.py": "tests/attacks/test_lines.py",
    "bot/rooms/watch/seen.py": "tests/bot/rooms/test_rooms.py",
    "bot/rooms/bot_leases.py": "tests/bot/store/test_bot_leases.py",
    "bot/rooms/end_note.py": "tests/bot/rooms/watch/test_sweep.py",
    "bot/rooms/lines/place.py": "test_waiting_line.py",
    "bot/rooms/plan.py": "test_rooms.py",
    "bot/rooms/resuming.py": "tests/bot/http/test_resume.py",
    "bot/rooms/lines/shares.py": "tests/attacks/test_lines.py",
    "bot/store/migrations": "tests/bot/store/test_store.py",
    "bot/store/tables.py": "test_store.py",
    "bot/store/engines.py": "test_store.py",
    "bot/store/session_rows.py": "test_sessions.py",
    "bot/store/redact_child.py": "test_redact_process.py",
    "bot/session_log/call_log.py": "test_session_log.py",
    "bot/session_log/turn_log.py": "test_session_log.py",
    "bot/session_log/turn_timings.py": "test_session_log.py",
    "bot/call/session_room.py": "test_session.py",
    "bot/stages/diagnosis.py": "tests/bot/doctor/test_installation.py",
    "processors/agent_protocol/events.py": "test_observer.py",
    "processors/agent_protocol/session_feed.py": "test_session_host.py",
    "bot/stages/questions": "tests/bot/stages/test_questions.py",
    "bot/stages/stage.py": "test_table.py",
    "bot/stages/vendor.py": "test_vendors.py",
    "tools/mcp/answer_size.py": "test_command.py",
    "processors/frames.py": "tests/processors",
    "processors/language_model/anthropic.py": "tests/services/language_model",
    "processors/language_model/anthropic_reply.py": "tests/services/language_model",
    "processors/language_model/attempting.py": "test_answering.py",
    "processors/language_model/contract.py": "tests/services/test_contracts.py",
    "processors/language_model/excuses.py": f"{_PROTOCOL}/test_model_refusals.py",
    "processors/language_model/google.py": "tests/services/language_model",
    "processors/language_model/google_reply.py": "tests/services/language_model",
    "processors/language_model/reply.py": "test_answering.py",
    "processors/language_model/sdk_answering.py": "tests/services/language_model",
    "processors/language_model/openai_protocol/reply_pieces.py": "test_model_servers.py",
    "processors/language_model/openai_protocol/returned_thoughts.py": "test_request_shape.py",
    "processors/speech_to_text/assemblyai.py": "tests/services/speech_to_text",
    "processors/speech_to_text/common_words.py": "test_with_fallback.py",
    "processors/speech_to_text/contract.py": "tests/services/test_contracts.py",
    "processors/speech_to_text/handover.py": "test_with_fallback.py",
    "processors/speech_to_text/live_recognition.py": "test_recognition.py",
    "processors/speech_to_text/live_socket.py": "test_deepgram_socket.py",
    "processors/speech_to_text/results.py": "test_deepgram_results.py",
    "processors/speech_to_text/seam.py": "test_with_fallback.py",
    "processors/speech_to_text/transcriptions.py": "test_openai.py",
    "processors/text_to_speech/cartesia.py": _VOICES,
    "processors/text_to_speech/contract.py": "tests/services/test_contracts.py",
    "processors/text_to_speech/deepgram.py": _VOICES,
    "processors/text_to_speech/elevenlabs.py": _VOICES,
    "processors/text_to_speech/forms": "tests/processors/text_to_speech/forms/test_decoding.py",
    "processors/text_to_speech/said_text.py": "test_speakable_text.py",
    "processors/text_to_speech/service_contexts.py": _VOICES,
    "processors/text_to_speech/service_speech.py": _VOICES,
    "processors/text_to_speech/shelf/spare_lines.py": _PERSEVERING,
    "processors/text_to_speech/shelf/stock.py": _PERSEVERING,
    "processors/text_to_speech/reply_texts.py": "test_persevering.py",
    "processors/text_to_speech/spare_speech.py": "test_persevering.py",
    "processors/task_owner.py": _PERSEVERING,
    "processors/speech_to_text/trouble.py": "test_live_connection.py",
    "processors/text_to_speech/speakable_frames.py": "test_openai.py",
    "processors/text_to_speech/speakable_markup.py": "test_speakable_text.py",
    "processors/text_to_speech/speaking.py": _VOICES,
    "processors/text_to_speech/speaking_on_socket.py": _VOICES,
    "processors/text_to_speech/verdict.py": "test_speech_attempts.py",
    "processors/tls.py": "tests/processors/language_model/test_openai.py",
    "processors/turns/stretch.py": "test_words_once.py",
    "tools/calls": "tests/tools/calls/test_ledger_model.py",
    "tools/english.py": "test_spoken.py",
    "tools/errors.py": "tests/tools/runtime/test_tool_calling.py",
    "tools/reminders.py": "test_cancel_timer.py",
    "tools/runtime/call_tasks.py": "test_tool_calling.py",
    "tools/runtime/ticker.py": "test_tool_calling.py",
    "tools/runtime/outlet.py": "test_tool_calling.py",
}
_TESTS_OF_MANY = {
    "tests/bot/call/test_answers.py": "model and voice as a call's pipeline puts them together",
    "tests/bot/call/test_kept_answers.py": "model, voice and what another call kept, in a call",
    "tests/bot/call/test_session_away.py": "a session whose caller is gone for a while",
    "tests/bot/call/test_session_handed_over.py": "two sessions, of which one hands its call over",
    "tests/bot/call/test_session_clients.py": "what clients and strangers see of a whole session",
    "tests/bot/call/test_session_continued.py": "whole sessions that go on with an earlier one",
    "tests/bot/call/test_session_kept.py": "whole sessions, and what is kept of them",
    "tests/bot/call/test_session_taken_over.py": "whole sessions that go on with a lost bot's call",
    "tests/bot/call/test_session_ends.py": "a session through each way in which a call ends",
    "tests/bot/call/test_session_troubles.py": "a session whose voice leaves and comes back",
    "tests/bot/call/test_session_failures.py": "a session whose provider refuses",
    "tests/bot/call/test_session_room_events.py": "a session through all that happens in its room",
    "tests/bot/rooms/test_rooms_elsewhere.py": "rooms whose LiveKit node has died, or is slow",
    "tests/bot/worker/test_worker_run.py": "the worker as a process, its limit and its signals",
    "tests/bot/call/test_vendor_settings.py": "every vendor's settings, to what its server gets",
    "tests/bot/call/test_drafts_of_calls.py": "guessed words in a whole call's pipeline",
    "tests/bot/call/test_language_of_turns.py": "the words of the language that is set, in turns",
    "tests/bot/languages/test_consent.py": "yes and no, in every language",
    "tests/bot/languages/test_said.py": "what is said, in every language",
    "tests/bot/languages/test_turns.py": "noises, stop words and pauses, in every language",
    "tests/bot/http/test_many_starts.py": "starts on a real server",
    "tests/bot/http/test_repeated_starts.py": "starts that come again, through all their limits",
    "tests/bot/store/test_one_line.py": "one waiting line at two runners, through kills",
    "tests/bot/store/test_one_count.py": "what two runners on one store count together",
    "tests/bot/rooms/test_end_reasons.py": "why a session ended, by every way it is learnt",
    "tests/bot/rooms/test_spent_day.py": "the day's budget and the switch, through all starts",
    "tests/bot/rooms/test_handing_out.py": "a parked room on its way to a caller",
    "tests/bot/processes/test_restarts.py": "a child's restarts, one after the other",
    "tests/bot/rooms/test_parking_races.py": "parked rooms, starts, webhook and sweep in any order",
    "tests/bot/rooms/test_token_grants.py": "what a token may do, tried on the real server",
    "tests/bot/stages/test_choosing.py": "which vendor a stage is, and what stops the start",
    "tests/bot/stages/test_questions.py": "every vendor's question, on its own wire",
    f"{_PROTOCOL}/test_model_refusals.py": "requests that fail, at any moment",
    f"{_PROTOCOL}/test_model_servers.py": "what model servers send, on the wire",
    "tests/processors/speech_to_text/test_ends_of_two.py": "ends that two recognisers hear",
    "tests/processors/turns/test_drafted_turns.py": "guessed words in turns and interruptions",
    "tests/processors/room/test_heard_memory.py": "the output and the memory of what was heard",
    "tests/processors/room/test_heard_speech.py": "who must listen, cuts, pauses and the end",
    "tests/processors/room/test_real_room.py": "what is heard in a real room, both ways",
    "tests/processors/speech_to_text/test_gone_recognisers.py": "two as one, of which one is gone",
    "tests/processors/speech_to_text/test_two_of_segments.py": "two of utterances as one",
    "tests/processors/text_to_speech/test_kept_of_two.py": "two voices, each with a shelf",
    "tests/processors/turns/test_caller_sounds.py": "real sounds, through the turn's start",
    "tests/processors/turns/test_heard_ends.py": "ends of turns that a recogniser hears too",
    "tests/processors/turns/test_switched_off.py": "a turn whose microphone is switched off",
    "tests/processors/turns/test_quiet_caller.py": "words without voice, through the whole turn",
    "tests/processors/turns/test_random_turns.py": "turns, words and speculations, at random",
    "tests/tools/calls/test_ledger_model.py": "the state machine against a model of it",
    "tests/tools/runtime/test_answers.py": "yes and no to a question: spoken, typed, pressed",
    "tests/tools/runtime/test_fillers.py": "the silence of a tool, whatever came before it",
    "tests/tools/runtime/test_injection.py": "texts that give orders, and a model that obeys them",
    "tests/tools/runtime/test_random_talk.py": "the runtime inside a pipeline, at random",
    "tests/tools/runtime/test_repeated_requests.py": "the key of a request, however it is repeated",
    "tests/tools/runtime/test_two_models.py": "the same with two models, or one of Pipecat's own",
    "tests/bot/store/test_kills.py": "processes that are killed at work on a store",
    "tests/bot/store/test_two_runners.py": "what several runners agree about",
    "tests/bot/store/test_bot_leases.py": "who sees to bots, as the store fails one runner",
    "tests/bot/store/test_faults.py": "what befalls a store in the middle of a call",
    "tests/tools/test_docs.py": "the example and the figures of docs/tools.md",
}

# Put together here, so that this file does not hold what it looks for.
_FORBIDDEN_TEXTS = (
    "registry." + "npmjs",
    "pypi." + "org",
    "python" + "hosted.org",
    "proxy." + "golang",
    "deb." + "debian",
    "/ro" + "ot/",
    "/wo" + "rk/",
    "/ho" + "me/",
)
_BINARY_SUFFIXES = {".wav", ".png", ".ico", ".woff2", ".onnx", ".npz", ".mp3", ".jpg", ".webp"}


def test_every_room_says_what_lives_in_it() -> None:
    rooms = [path for path in python_files("bot", "processors", "tools") if len(path.parts) > 2]
    inits = [path for path in rooms if path.name == "__init__.py"]
    assert not [str(path) for path in inits if not ast.get_docstring(parsed(path))]
    assert not {path.parent for path in rooms} - {path.parent for path in inits}


def test_files_are_short() -> None:
    long = {
        str(path): lines
        for path in python_files(*PYTHON_PARTS)
        if (lines := line_count(path)) > _line_limit(path)
    }
    assert not [f"{path}: {lines}" for path, lines in long.items() if path not in _LONG_FILES]
    assert not _LONG_FILES.keys() - long, "these need no exception"


def test_functions_are_short() -> None:
    long = {
        f"{path}:{name}": lines
        for path in python_files(*PYTHON_PARTS)
        for name, lines in functions(path)
        if lines > _FUNCTION_LIMIT_LINES
    }
    assert not [f"{name}: {lines}" for name, lines in long.items() if name not in _LONG_FUNCTIONS]
    assert not _LONG_FUNCTIONS.keys() - long, "these need no exception"


def test_components_and_hooks_are_short() -> None:
    web = PROJECT_ROOT / "web"
    files = [p for folder in ("app", "components", "hooks") for p in (web / folder).rglob("*.ts*")]
    long = {p.name: n for p in files if (n := line_count(p)) > _COMPONENT_LIMIT_LINES}
    assert not long


def test_every_source_file_has_its_test() -> None:
    without = [
        path
        for path in python_files("bot", "processors", "tools")
        if path.name not in ("__init__.py", "__main__.py")
        and not (PROJECT_ROOT / "tests" / path.parent / f"test_{path.name}").exists()
    ]
    excused = {name for path in without for name in (str(path), *map(str, path.parents))}
    assert not [
        str(path)
        for path in without
        if not {str(path), *map(str, path.parents)} & _TESTED_THROUGH.keys()
    ]
    assert not _TESTED_THROUGH.keys() - excused, "these have tests of their own, or are gone"
    assert not [
        test for source, test in _TESTED_THROUGH.items() if not _test_of(source, test).exists()
    ]


def test_every_test_file_mirrors_a_source_file() -> None:
    without = {
        str(path)
        for part in ("bot", "processors", "tools")
        for path in python_files(f"tests/{part}")
        if path.name.startswith("test_") and not (PROJECT_ROOT / _mirrored(path)).exists()
    }
    assert without == _TESTS_OF_MANY.keys()


def test_only_settings_touch_the_environment() -> None:
    wrong = [
        f"{path}:{node.lineno}"
        for path in python_files("runner.py", "bot", "processors", "tools")
        if path != Path("bot/settings.py")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv", "putenv")
    ]
    assert not wrong


def test_no_tracked_file_names_a_registry_or_a_place_on_one_machine() -> None:
    wrong = [
        f"{path}: {text}"
        for path in tracked_files()
        if path.suffix not in _BINARY_SUFFIXES
        for text in _FORBIDDEN_TEXTS
        if text in (PROJECT_ROOT / path).read_text(encoding="utf-8")
    ]
    assert not wrong


def test_the_locks_hold_hashes_and_no_addresses() -> None:
    servers = "tests/contract/servers"
    locks = ("requirements.lock", "requirements-dev.lock", f"{servers}/requirements.txt")
    for name in locks:
        text = (PROJECT_ROOT / name).read_text(encoding="utf-8")
        pins = re.findall(r"^\S+==\S+", text, flags=re.MULTILINE)
        blocks = re.split(r"\n(?=\S)", text.strip())
        assert len(pins) == len(blocks), name
        assert all("--hash=sha256:" in block for block in blocks), name
        assert "://" not in text, name
    for folder in ("web", servers):
        lock = PROJECT_ROOT / folder / "package-lock.json"
        packages = json.loads(lock.read_text(encoding="utf-8"))["packages"]
        entries = {path: entry for path, entry in packages.items() if path}
        assert not [path for path, entry in entries.items() if "resolved" in entry]
        assert not [path for path, entry in entries.items() if "integrity" not in entry]


def test_the_folder_map_of_the_readme_is_true() -> None:
    readme = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")
    block = re.search(r"## What is where\n+```\n(.*?)```", readme, flags=re.DOTALL)
    assert block is not None
    names = [line.split()[0] for line in block.group(1).splitlines() if line.strip()]
    assert not [name for name in names if not (PROJECT_ROOT / name).exists()]
    folders = {f"{path.parent}/" for path in python_files("bot", "processors", "tools")}
    whole = block.group(1)
    assert not [folder for folder in folders if folder.count("/") == 2 and folder not in whole]


def _line_limit(path: Path) -> int:
    return _TEST_FILE_LIMIT_LINES if path.parts[0] == "tests" else _FILE_LIMIT_LINES


def _test_of(source: str, test: str) -> Path:
    return PROJECT_ROOT / (test if "/" in test else Path("tests", source).parent / test)


def _mirrored(test: Path) -> Path:
    return test.relative_to("tests").with_name(test.name.removeprefix("test_"))
