"""Against what is promised of the parts on this machine."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_PROCESSES = "tests/bot/processes"
_RESTARTS = f"{_PROCESSES}/test_restarts.py"
_CHILD = f"{_PROCESSES}/test_child_process.py"
_WHOLE_RUN = "tests/test_runner_run.py::test_whole_run_serves_recovers_drains_and_leaves_nothing"
_TWO_SIGNALS = (
    "tests/bot/worker/test_worker_run.py"
    "::test_a_bot_too_large_is_ended_alone_and_the_worker_by_its_second_signal"
)
_RESTARTED = "A part that dies is started again, with pauses that double up to a limit."
_ASKED = "A part is asked to stop before it is killed."
_MEMORY = "A bot that needs too much memory is ended, and no other with it."
_PLACES = "A worker has a place for every session, every parked room and three that still end."
_PART = "tests/bot/processes/test_part.py"
_TOGETHER = "Parts start beside each other, and one that does not start leaves no other."
_LIGHT = "No program of ours loads what it has no use for."
_LOADED = "tests/test_imports.py::test_nothing_slow_is_loaded_without_need"
_END = "tests/bot/worker/test_worker_end.py"
_ADMISSION = "tests/bot/worker/test_admission.py"
_WORKER_PLACES = f"{_ADMISSION}::test_a_worker_takes_a_bot_for_each_of_its_places_and_no_more"
_SIGNALS = "The worker's first SIGTERM lets its calls go on, the second ends it."
_DRAIN = "A runner that is stopped lets calls go on for a while, then the bot says goodbye."
_KILLED = "A runner that is killed leaves none of its processes behind."
_NOW = "A second Ctrl-C stops everything at once."

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="part-that-was-killed-is-started-again",
        promise=_NOW,
        file="bot/processes/child_process.py",
        before="            self._supervisor.cancel()\n        if (pid",
        after="            pass\n        if (pid",
        tests=(f"{_RESTARTS}::test_what_was_killed_is_not_started_again",),
    ),
    Mutant(
        name="restarts-come-without-growing-pauses",
        promise=_RESTARTED,
        file="bot/processes/child_process.py",
        before="min(pause_secs * 2, self._limits.last_restart_secs)",
        after="self._limits.first_restart_secs",
        tests=(f"{_RESTARTS}::test_the_pauses_before_restarts_double_up_to_the_last",),
    ),
    Mutant(
        name="pauses-before-restarts-grow-without-limit",
        promise=_RESTARTED,
        file="bot/processes/child_process.py",
        before="min(pause_secs * 2, self._limits.last_restart_secs)",
        after="pause_secs * 2",
        tests=(f"{_RESTARTS}::test_the_pauses_before_restarts_double_up_to_the_last",),
    ),
    Mutant(
        name="part-is-restarted-without-a-pause",
        promise=_RESTARTED,
        file="bot/processes/child_process.py",
        before="            await asyncio.sleep(pause_secs)\n",
        after="",
        tests=(f"{_RESTARTS}::test_the_pauses_before_restarts_double_up_to_the_last",),
    ),
    Mutant(
        name="part-that-ran-well-is-not-forgiven",
        promise=_RESTARTED,
        file="bot/processes/child_process.py",
        before="if time.monotonic() - self._started >= self._limits.stable_secs:",
        after="if time.monotonic() - self._started >= 1000 * self._limits.stable_secs:",
        tests=(f"{_RESTARTS}::test_a_child_that_ran_long_enough_begins_anew_with_the_first_pause",),
    ),
    Mutant(
        name="failed-restart-is-the-last",
        promise=_RESTARTED,
        file="bot/processes/child_process.py",
        before='                logger.error("{}", error.message)\n',
        after='                logger.error("{}", error.message)\n                return\n',
        tests=(f"{_RESTARTS}::test_a_child_that_cannot_be_started_again_is_tried_again",),
    ),
    Mutant(
        name="time-to-stop-is-not-given",
        promise=_ASKED,
        file="bot/processes/child_process.py",
        before="await ended(process, stop_secs or self._limits.stop_secs)",
        after="await ended(process, self._limits.stop_secs)",
        tests=(f"{_CHILD}::test_a_child_may_take_as_long_to_stop_as_it_is_given",),
    ),
    Mutant(
        name="part-is-killed-without-being-asked",
        promise=_ASKED,
        file="bot/processes/child_process.py",
        before="            send(process, last)\n",
        after="            kill_group(process.pid)\n",
        tests=(f"{_CHILD}::test_a_child_may_take_as_long_to_stop_as_it_is_given",),
    ),
    Mutant(
        name="memory-limit-does-not-reach-the-worker",
        promise=_MEMORY,
        file="bot/worker/worker.py",
        before="memory_limit_mb=limit_mb",
        after="memory_limit_mb=1_000_000",
        tests=(_TWO_SIGNALS,),
    ),
    Mutant(
        name="parked-rooms-take-the-places-of-calls",
        promise=_PLACES,
        file="bot/worker/admission.py",
        before="settings.max_sessions + settings.parked_bots + ENDING_BOTS",
        after="settings.max_sessions + ENDING_BOTS",
        tests=(_WORKER_PLACES,),
    ),
    Mutant(
        name="bots-that-end-take-the-places-of-calls",
        promise=_PLACES,
        file="bot/worker/admission.py",
        before="settings.max_sessions + settings.parked_bots + ENDING_BOTS",
        after="settings.max_sessions + settings.parked_bots",
        tests=(_WORKER_PLACES,),
    ),
    Mutant(
        name="calls-that-end-together-keep-their-worker",
        promise="A worker that drains ends with its calls, also if they end together.",
        file="bot/worker/worker_end.py",
        before="        await join(self)\n        await asyncio.sleep(0)\n",
        after="        await join(self)\n",
        tests=(f"{_END}::test_calls_that_end_together_end_their_worker",),
    ),
    Mutant(
        name="second-signal-waits-for-the-calls",
        promise=_SIGNALS,
        file="bot/worker/worker_end.py",
        before="            hurry.set()\n",
        after="            pass\n",
        tests=(_TWO_SIGNALS,),
    ),
    Mutant(
        name="calls-end-with-the-first-signal",
        promise=_DRAIN,
        file="bot/serve.py",
        before="{signal.SIGINT: 10.0, signal.SIGTERM: 14.0}",
        after="{signal.SIGINT: 0.010, signal.SIGTERM: 0.014}",
        tests=(_WHOLE_RUN,),
    ),
    Mutant(
        name="goodbye-of-a-drain-is-cut",
        promise=_DRAIN,
        file="bot/serve.py",
        before="_FAREWELL_SECS = 10.0",
        after="_FAREWELL_SECS = 0.01",
        tests=(_WHOLE_RUN,),
    ),
    Mutant(
        name="bots-are-not-told-of-the-drain",
        promise=_DRAIN,
        file="bot/front.py",
        before="        await _each(backend, _tell_drained)\n",
        after="",
        tests=(_WHOLE_RUN,),
    ),
    Mutant(
        name="parts-outlive-a-killed-runner",
        promise=_KILLED,
        file="bot/processes/child_process.py",
        before="*with_parent(self._command.arguments)",
        after="*self._command.arguments",
        tests=("tests/test_runner_run.py::test_children_go_when_the_runner_is_killed",),
    ),
    Mutant(
        name="second-ctrl-c-waits-like-the-first",
        promise=_NOW,
        file="bot/serve.py",
        before="            signals.on_second(parts.kill)\n            await",
        after="            await",
        tests=("tests/test_runner_run.py::test_second_ctrl_c_ends_a_call_at_once",),
    ),
    Mutant(
        name="first-signal-of-a-worker-closes-it-at-once",
        promise=_SIGNALS,
        file="bot/worker/worker_end.py",
        before="timeout=drain_secs, return_when",
        after="timeout=0.0, return_when",
        tests=(f"{_END}::test_the_first_signal_waits_for_the_calls_and_the_second_does_not",),
    ),
    Mutant(
        name="worker-that-hangs-is-only-told-of",
        promise="A worker that hangs is ended and started anew.",
        file="bot/processes/part.py",
        before="            self._hung.unanswered(pid)\n",
        after="",
        tests=(f"{_PART}::test_part_that_hangs_is_ended_and_started_anew",),
    ),
    Mutant(
        name="parts-start-one-after-the-other",
        promise=_TOGETHER,
        file="bot/processes/part.py",
        before="group.create_task(part.process.start())",
        after="await part.process.start()",
        tests=(f"{_PART}::test_parts_start_beside_each_other_and_who_stops_waiting_leaves_none",),
    ),
    Mutant(
        name="runner-loads-the-engine-of-the-bots",
        promise=_LIGHT,
        file="bot/prices.py",
        before="import tomllib\n",
        after="import tomllib\n\nimport pipecat.metrics.metrics  # noqa: F401\n",
        tests=(f"{_LOADED}[bot.front]",),
    ),
    Mutant(
        name="every-command-loads-the-database",
        promise=_LIGHT,
        file="bot/store/settings.py",
        before="from pydantic_settings import BaseSettings\n",
        after="from pydantic_settings import BaseSettings\nfrom sqlalchemy import make_url\n",
        tests=(f"{_LOADED}[bot.serve]",),
    ),
    Mutant(
        name="each-worker-loads-what-bots-need",
        promise="What bots are forked from outlives a worker that dies, and never held its secret.",
        file="bot/launch.py",
        before='("--fork-server", fork_place.told) if fork_place else ()',
        after="()",
        tests=("tests/bot/test_launch.py::test_a_worker_is_told_where_its_bots_are_forked",),
    ),
    Mutant(
        name="what-bots-are-forked-from-is-given-the-secret",
        promise="What bots are forked from outlives a worker that dies, and never held its secret.",
        file="bot/launch.py",
        before='{**changes, "LIVEKIT_API_SECRET": NO_SECRET}',
        after="changes",
        tests=("tests/bot/test_launch.py::test_a_worker_is_told_where_its_bots_are_forked",),
    ),
    Mutant(
        name="bot-that-hangs-outlives-everybody",
        promise="A runner that is killed leaves none of its processes behind.",
        file="bot/worker/fork_server.py",
        before="ORPHAN_SIGNAL = signal.SIGCONT",
        after="ORPHAN_SIGNAL = signal.SIGWINCH",
        tests=(
            "tests/bot/worker/test_fork_place.py"
            "::test_nobody_is_left_whoever_hangs_and_in_whatever_order_they_are_killed",
        ),
    ),
    Mutant(
        name="what-bots-are-forked-from-stays-stopped",
        promise="What bots are forked from does not stay stopped.",
        file="bot/local_stack.py",
        before="            self.fork_server.go_on()\n",
        after="            pass\n",
        tests=("tests/bot/worker/test_fork_place.py::test_one_that_was_stopped_goes_on",),
    ),
)
