"""Against what is promised of starts where something is late, and of who asks how it went."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_LATE = "A start waits two minutes for a database server that is late, and goes on by no other."
_TOLD = "A part that does not start is told at once, also while others wait."
_ASKED = "A container is asked how it is, also one that speaks TLS itself."
_FAULTS = "tests/bot/store/test_faults.py"
_FRONT = (
    "tests/bot/test_front.py::test_a_part_that_does_not_start_is_told_while_the_store_is_waited_for"
)
_REFUSED = "A key that LiveKit refuses ends the start at once, by its name."
_TLS = "tests/test_deploy_files.py::test_health_of_a_runner_that_speaks_tls_itself"
_FIRST = "In a container without an init, whatever ends leaves the list of processes."
_LATER = "A store that cannot be used at a start is used once it can be."

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="late-database-is-not-waited-for",
        promise=_LATE,
        file="bot/store/preparing.py",
        before="if clock_secs() >= gives_up_at:",
        after="if True:",
        tests=(f"{_FAULTS}::test_a_server_that_is_late_at_a_start",),
    ),
    Mutant(
        name="late-database-is-waited-for-for-ever",
        promise=_LATE,
        file="bot/store/preparing.py",
        before="if clock_secs() >= gives_up_at:",
        after="if False:",
        tests=(f"{_FAULTS}::test_a_server_that_never_comes",),
    ),
    Mutant(
        name="worker-needs-its-database-to-start",
        promise="A database server that is late keeps no worker from taking calls.",
        file="bot/worker/tables.py",
        before="asyncio.timeout(limit_secs)",
        after="asyncio.timeout(None)",
        tests=(
            "tests/bot/worker/test_tables.py"
            "::test_those_of_a_server_that_is_late_are_made_once_it_comes",
        ),
    ),
    Mutant(
        name="each-call-waits-for-a-file-that-cannot-be-used",
        promise=_LATER,
        file="bot/worker/tables.py",
        before="0.0 if self._has_waited else _CALL_WAIT_SECS",
        after="_CALL_WAIT_SECS",
        tests=(
            "tests/bot/worker/test_tables.py"
            "::test_a_file_that_somebody_holds_keeps_no_call_waiting_and_is_made_later",
        ),
    ),
    Mutant(
        name="file-that-could-not-be-used-is-not-tried-again",
        promise=_LATER,
        file="bot/store/preparing.py",
        before="                await move(engine)\n",
        after="                pass\n",
        tests=(
            "tests/bot/store/test_preparing.py"
            "::test_what_was_written_meanwhile_is_kept_beside_what_was_there",
        ),
    ),
    Mutant(
        name="what-was-spent-gets-less-by-the-return",
        promise=_LATER,
        file="bot/store/preparing.py",
        before="with_greater(row) if table is SPENT else row.on_conflict_do_nothing()",
        after="row.on_conflict_do_nothing()",
        tests=(
            "tests/bot/store/test_preparing.py"
            "::test_what_was_spent_does_not_get_less_by_the_return[500-500]",
        ),
    ),
    Mutant(
        name="disk-that-hangs-holds-up-the-rest",
        promise=_LATER,
        file="bot/store/preparing.py",
        before="await _in_thread(lambda: make_private(data_dir, FILE_NAME))",
        after="make_private(data_dir, FILE_NAME)",
        tests=("tests/bot/store/test_preparing.py::test_a_disk_that_hangs_holds_up_nothing_else",),
    ),
    Mutant(
        name="newer-version-that-comes-late-stops-no-call",
        promise=_LATER,
        file="bot/store/store.py",
        before="        store.refuse(error)\n",
        after="",
        tests=(
            "tests/bot/worker/test_tables.py"
            "::test_those_of_a_newer_version_that_come_late_have_no_bot_come",
        ),
    ),
    Mutant(
        name="failed-part-is-told-late",
        promise=_TOLD,
        file="bot/processes/part.py",
        before="is_given_up = task.cancel()",
        after="is_given_up = False",
        tests=(_FRONT,),
    ),
    Mutant(
        name="refused-key-is-taken-for-a-late-livekit",
        promise=_REFUSED,
        file="bot/worker/bot_rooms.py",
        before='getattr(error.__cause__, "status", None) == _NOT_KNOWN',
        after="False",
        tests=(
            "tests/bot/worker/test_bot_rooms.py::test_a_key_that_livekit_refuses_is_told_at_once",
        ),
    ),
    Mutant(
        name="a-phone-is-led-into-a-vpn",
        promise="A phone is led to the network around it, not into a VPN.",
        file="bot/lan/addresses.py",
        before="        if one.is_tunnel:\n",
        after="        if False:\n",
        tests=(
            "tests/bot/lan/test_addresses.py::"
            "test_the_likeliest_is_the_way_out_of_the_network_around",
        ),
    ),
    Mutant(
        name="a-phone-is-led-to-a-container-s-bridge",
        promise="A phone is led to the network around it, not into a VPN.",
        file="bot/lan/addresses.py",
        before="return 2 if is_way_out else 5",
        after="return 5",
        tests=(
            "tests/bot/lan/test_addresses.py::"
            "test_the_likeliest_is_the_way_out_of_the_network_around",
        ),
    ),
    Mutant(
        name="a-bridge-on-a-card-is-taken-for-a-container-s",
        promise="A phone is led to the network around it, not into a VPN.",
        file="bot/lan/addresses.py",
        before=' or any(map(is_card, device.glob("lower_*")))',
        after="",
        tests=(
            "tests/bot/lan/test_addresses.py::test_a_bridge_on_a_card_is_told_from_a_container_s",
        ),
    ),
    Mutant(
        name="a-narrow-terminal-breaks-the-code",
        promise="A code for phones is drawn whole and dark on light, or not at all.",
        file="bot/lan/terminal.py",
        before="    if 0 < terminal.columns < width:\n",
        after="    if False:\n",
        tests=("tests/bot/lan/test_terminal.py::test_a_code_is_drawn_whole_or_not_at_all",),
    ),
    Mutant(
        name="compose-kills-before-the-goodbye",
        promise="Nobody kills a runner or a worker before its calls have ended.",
        file="deploy/compose.yaml",
        before="    stop_grace_period: 60s\n",
        after="    stop_grace_period: 30s\n",
        tests=("tests/test_deploy_files.py::test_no_stop_is_cut_short",),
    ),
    Mutant(
        name="a-new-column-stops-the-version-before",
        promise="A version that runs beside the next one goes on writing into its tables.",
        file="bot/store/migrations/versions/seats.py",
        before='sa.Column("taken", sa.Integer, nullable=False, server_default="0")',
        after='sa.Column("taken", sa.Integer, nullable=False)',
        tests=("tests/bot/store/test_store.py::test_an_older_version_writes_beside_a_newer_one",),
    ),
    Mutant(
        name="runner-with-tls-is-always-well",
        promise=_ASKED,
        file="deploy/is_well.py",
        before='            _asked(f"https://{place}")\n',
        after="            pass\n",
        tests=(_TLS,),
    ),
    Mutant(
        name="what-others-leave-stays-in-the-list",
        promise=_FIRST,
        file="runner.py",
        before="        leave_first_place()\n",
        after="",
        tests=(
            "tests/bot/processes/test_first_process.py"
            "::test_a_runner_leaves_the_first_place_before_anything_else",
        ),
    ),
    Mutant(
        name="first-process-buries-nobody-but-its-own",
        promise=_FIRST,
        file="bot/processes/first_process.py",
        before="os.waitpid(-1, os.WNOHANG)",
        after="os.waitpid(pid, os.WNOHANG)",
        tests=(
            "tests/bot/processes/test_first_process.py"
            "::test_what_others_leave_is_buried_and_no_end_is_taken_from_who_waits_for_it",
        ),
    ),
    Mutant(
        name="first-process-keeps-the-interrupt-to-itself",
        promise="In a container without an init, the program gets what tells it to end, once.",
        file="bot/processes/first_process.py",
        before="_PASSED_ON = (signal.SIGTERM, signal.SIGINT)",
        after="_PASSED_ON = (signal.SIGTERM,)",
        tests=("tests/bot/processes/test_first_process.py::test_a_signal_comes_once",),
    ),
    Mutant(
        name="worker-without-livekit-stays",
        promise="A worker that gives LiveKit up closes all it has, and ends by name.",
        file="bot/worker/worker_end.py",
        before="        await server.aclose()\n        message",
        after="        message",
        tests=("tests/bot/worker/test_worker_end.py::test_a_worker_that_gives_livekit_up_ends",),
    ),
)
