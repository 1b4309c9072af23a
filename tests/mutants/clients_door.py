"""Against what is promised to LiveKit's own clients at the door, and to those who look closer."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_SERVED = (
    "What LiveKit's own clients ask for is served; room and identity are always the call's own."
)
_OTHERS = "Who asks for somebody else's agent is told, instead of getting ours."
_UPLINK = (
    "The playground's uplink latency has its figures, without an address of the bot's network."
)
_ANSWERED = "Every request is answered, at the latest when the call ends."
_LATE = (
    "A page that mounts its transcript within a second of joining misses no word of the greeting."
)
_DISMISSED = (
    "Who disconnects the bot by RTVI ends the call at once, and is told so as one who left."
)
_MODELS = "Usage and figures name the models that run, on this machine too."
_RULE = "Of people who are there before the bot, the first with a microphone is the caller."
_TOKEN_TEST = "tests/bot/http/starts/test_token_endpoint.py"
_REQUESTS_TEST = "tests/processors/agent_protocol/test_session_requests.py"
_CAPTIONS_TEST = "tests/processors/agent_protocol/test_captions.py"
_RULE_TEST = (
    "tests/processors/room/test_client.py::test_of_several_people_the_caller_is_chosen_by_rule"
)

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="fields-of-newer-clients-are-refused",
        promise=_SERVED,
        file="bot/http/wire.py",
        before='        extra="ignore",\n',
        after='        extra="forbid",\n',
        tests=(f"{_TOKEN_TEST}::test_what_livekits_own_clients_send_is_served",),
    ),
    Mutant(
        name="names-have-one-kind-of-space",
        promise=_SERVED,
        file="bot/http/wire.py",
        before="    if not is_one_line(text):\n",
        after="    if not text.isprintable():\n",
        tests=(f"{_TOKEN_TEST}::test_a_name_is_taken_as_it_is_written_anywhere",),
    ),
    Mutant(
        name="two-agents-of-ours-are-refused",
        promise=_SERVED,
        file="bot/http/wire.py",
        before="| None, Field(max_length=_MOST, strict=False)",
        after="| None, Field(max_length=1, strict=False)",
        tests=(f"{_TOKEN_TEST}::test_what_livekits_own_clients_send_is_served",),
    ),
    Mutant(
        name="identity-is-not-told",
        promise=_SERVED,
        file="bot/http/starts/token_endpoint.py",
        before='        "participant_identity": prepared.plan.caller_identity,\n',
        after='        "participant_identity": caller.name,\n',
        tests=(f"{_TOKEN_TEST}::test_what_livekits_own_clients_send_is_served",),
    ),
    Mutant(
        name="any-agents-name-gets-ours",
        promise=_OTHERS,
        file="bot/http/starts/token_endpoint.py",
        before='        if agent.agent_name not in (None, "", agent_name):',
        after="        if False:",
        tests=(f"{_TOKEN_TEST}::test_somebody_elses_agent_is_refused",),
    ),
    Mutant(
        name="figures-name-addresses",
        promise=_UPLINK,
        file="processors/agent_protocol/session_requests.py",
        before='{"local_candidate", "remote_candidate", "certificate"}',
        after='{"remote_candidate", "certificate"}',
        tests=(f"{_REQUESTS_TEST}::test_figures_of_the_connection_name_no_address",),
    ),
    Mutant(
        name="figures-that-hang-are-waited-for",
        promise=_ANSWERED,
        file="processors/agent_protocol/session_requests.py",
        before="RTC_STATS_LIMIT_SECS = 5.0",
        after="RTC_STATS_LIMIT_SECS = 500.0",
        tests=(f"{_REQUESTS_TEST}::test_figures_that_do_not_come_are_an_error",),
    ),
    Mutant(
        name="first-caption-comes-before-its-reader",
        promise=_LATE,
        file="processors/agent_protocol/captions.py",
        before="MOUNT_SECS = 1.0",
        after="MOUNT_SECS = 0.5",
        tests=(f"{_CAPTIONS_TEST}::test_a_late_transcript_misses_nothing",),
    ),
    Mutant(
        name="every-caption-is-held",
        promise=_LATE,
        file="processors/agent_protocol/captions.py",
        before="max(0.0, self._reads_from_secs - self._clock_secs())",
        after="MOUNT_SECS",
        tests=(f"{_CAPTIONS_TEST}::test_a_late_transcript_misses_nothing",),
    ),
    Mutant(
        name="dismissed-bot-does-not-know-why",
        promise=_DISMISSED,
        file="bot/call/course.py",
        before="        self._to(Phase.OVER, EndReason.CALLER_LEFT)\n\n    def drained",
        after="        self._to(Phase.OVER)\n\n    def drained",
        tests=(
            "tests/bot/call/test_session_clients.py::test_who_disconnects_the_bot_by_rtvi_has_left",
        ),
    ),
    Mutant(
        name="local-stages-have-a-vendors-model",
        promise=_MODELS,
        file="bot/stages/table.py",
        before=" or vendor.only_model",
        after="",
        tests=("tests/bot/stages/test_table.py::test_local_stages_name_what_runs",),
    ),
    Mutant(
        name="watcher-is-the-caller",
        promise=_RULE,
        file="processors/room/client.py",
        before="    return is_mute, joined_at",
        after="    return not is_mute, joined_at",
        tests=(_RULE_TEST,),
    ),
    Mutant(
        name="last-who-came-is-the-caller",
        promise=_RULE,
        file="processors/room/client.py",
        before="joined_at.timestamp() if joined_at else 0.0",
        after="-joined_at.timestamp() if joined_at else 0.0",
        tests=(_RULE_TEST,),
    ),
)
