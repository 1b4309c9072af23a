"""Against what is promised of the sessions that are kept."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_SESSIONS = "tests/bot/store/test_sessions.py"
_TOMBSTONES = "tests/bot/store/test_tombstones.py"
_LOG = "tests/bot/session_log/test_session_log.py"
_WRITER = "tests/bot/session_log/test_session_writer.py"
_TLS = "tests/bot/store/test_tls.py"
_REDACTION = "tests/bot/store/test_redaction.py"

_WRITTEN = "A conversation is written down as it happens: in words, as heard."
_ONE_END = "Every session has exactly one reason for its end."
_DELETED = "A session that was deleted is gone, and no bot writes it again."
_FORGOTTEN = "A conversation is forgotten KEEP_DAYS after its last word."
_COSTS_NOTHING = "A store that hangs, fails, is full or is held costs a call nothing."
_REDACTED = "An operator's own function may change all words before they are kept."
_IN_TIME = (
    "Whatever REDACT_FILE does, no call waits for it; what it does not change in time is not kept."
)
_PROCESS = "tests/bot/store/test_redact_process.py"
_READ_BACK = "A session is read back whatever REDACT_FILE makes of its words."
_TAKEN_OVER = (
    "The bot that goes on with a session knows what was heard in it, and the one before writes no "
    "more."
)

_LATE = "A store that does not answer at a takeover loses nothing that was kept of the call."
_LATE_STORE = "tests/bot/session_log/test_late_talk.py"

_FOUND_LATE = "A talk that a store tells of late is remembered from then on, with its limits."
_TAKEOVER = "tests/bot/call/test_takeover.py"

_OFF = "With STORE=off nothing of a conversation reaches the disk."
_KILLED = "A bot that is killed has written down all but its unfinished turn."
_KILLS = "tests/bot/store/test_kills.py"

MUTANTS = (
    Mutant(
        name="a-turn-that-grows-is-kept-as-it-began",
        promise=_WRITTEN,
        file="bot/store/session_rows.py",
        before="return row.on_conflict_do_update(index_elements=keys, set_=changes)",
        after="return row.on_conflict_do_nothing(index_elements=keys)",
        tests=(f"{_SESSIONS}::test_a_turn_that_grows_is_one_line",),
    ),
    Mutant(
        name="what-was-not-to-be-remembered-is",
        promise=_WRITTEN,
        file="bot/session_log/turn_log.py",
        before='bot.memory = f"{bot.memory}{text}".lstrip()',
        after="bot.memory = bot.text",
        tests=(f"{_LOG}::test_words_that_memory_leaves_out_stay_out_of_it",),
    ),
    Mutant(
        name="words-of-one-reply-are-known-twice",
        promise=_WRITTEN,
        file="bot/session_log/turn_log.py",
        before='row.memory = ""',
        after="pass",
        tests=(f"{_LOG}::test_memory_and_sound_may_end_a_reply_in_any_order_and_number",),
    ),
    Mutant(
        name="a-second-end-counts",
        promise=_ONE_END,
        file="bot/store/sessions.py",
        before="is_open = (SESSIONS.c.id == session_id) & (SESSIONS.c.state != ENDED)\n    if",
        after="is_open = SESSIONS.c.id == session_id\n    if",
        tests=(f"{_SESSIONS}::test_a_session_ends_once",),
    ),
    Mutant(
        name="turns-outlive-their-session",
        promise=_DELETED,
        file="bot/store/sessions.py",
        before="await connection.execute(delete(table).where(table.c.session_id.in_(gone)))",
        after="pass",
        tests=(f"{_SESSIONS}::test_deleted_words_are_in_no_file",),
    ),
    Mutant(
        name="a-deleted-session-comes-back",
        promise=_DELETED,
        file="bot/store/session_rows.py",
        before=" & ~is_deleted(session.id)",
        after="",
        tests=(f"{_TOMBSTONES}::test_nothing_of_it_is_written_again",),
    ),
    Mutant(
        name="what-keep-days-forgets-comes-back",
        promise=_DELETED,
        file="bot/store/sessions.py",
        before="            await lay_tombstones(store, connection, gone)\n",
        after="",
        tests=(f"{_TOMBSTONES}::test_nothing_of_it_is_written_again",),
    ),
    Mutant(
        name="deleted-words-stay-in-the-file",
        promise=_DELETED,
        file="bot/store/engines.py",
        before='"secure_delete=ON"',
        after='"secure_delete=OFF"',
        tests=(f"{_SESSIONS}::test_deleted_words_are_in_no_file",),
    ),
    Mutant(
        name="forgetting-leaves-the-words",
        promise=_FORGOTTEN,
        file="bot/store/sessions.py",
        before="        if not gone:\n            break\n",
        after="        break\n",
        tests=(f"{_SESSIONS}::test_many_sessions_are_forgotten_part_by_part",),
    ),
    Mutant(
        name="what-was-not-kept-is-lost",
        promise=_COSTS_NOTHING,
        file="bot/session_log/session_writer.py",
        before="self._put_back(rows.values())\n            if not self._is_failing:\n",
        after="self._is_changed = True\n            if not self._is_failing:\n",
        tests=(f"{_WRITER}::test_a_store_that_fails_is_tried_again_and_said_once",),
    ),
    Mutant(
        name="each-failure-is-told",
        promise=_COSTS_NOTHING,
        file="bot/session_log/session_writer.py",
        before="            self._is_failing = True\n",
        after="",
        tests=(f"{_WRITER}::test_a_store_that_fails_is_tried_again_and_said_once",),
    ),
    Mutant(
        name="everything-waits-for-a-store-that-is-gone",
        promise=_COSTS_NOTHING,
        file="bot/session_log/session_writer.py",
        before="if len(self._waiting) > MAX_WAITING:",
        after="if False:",
        tests=(f"{_WRITER}::test_only_so_much_waits_for_a_store_that_is_gone",),
    ),
    Mutant(
        name="arguments-are-not-redacted",
        promise=_REDACTED,
        file="bot/store/redaction.py",
        before='CallRow: ("arguments", "result"),',
        after='CallRow: ("result",),',
        tests=(f"{_REDACTION}::test_all_words_are_changed_before_they_are_kept",),
    ),
    Mutant(
        name="a-function-may-take-for-ever",
        promise=_IN_TIME,
        file="bot/store/redact_process.py",
        before="            limit_secs = TEXT_LIMIT_SECS\n",
        after="            limit_secs = 3600.0\n",
        tests=(f"{_PROCESS}::test_what_it_does_not_change_is_not_kept_and_the_bot_goes_on",),
    ),
    Mutant(
        name="what-hung-is-asked-again-and-again",
        promise=_IN_TIME,
        file="bot/store/redact_process.py",
        before="            self._failures += 1\n",
        after="",
        tests=(f"{_PROCESS}::test_one_that_always_hangs_is_left_alone_for_a_while",),
    ),
    Mutant(
        name="times-are-words-to-redact",
        promise=_READ_BACK,
        file="bot/store/redaction.py",
        before="spoken=_SPOKEN.get(name)",
        after="spoken=None",
        tests=(f"{_REDACTION}::test_what_was_redacted_can_be_read_back",),
    ),
    Mutant(
        name="half-a-number-is-kept",
        promise=_REDACTED,
        file="bot/store/redaction.py",
        before="if isinstance(row, CallRow) or row.is_finished]",
        after="]",
        tests=(f"{_REDACTION}::test_half_a_number_is_not_kept",),
    ),
    Mutant(
        name="the-dead-write-on",
        promise=_TAKEN_OVER,
        file="bot/store/session_rows.py",
        before=" & (SESSIONS.c.takeovers == session.takeovers)",
        after="",
        tests=(f"{_SESSIONS}::test_the_bot_before_a_takeover_writes_no_more",),
    ),
    Mutant(
        name="a-store-that-failed-knows-of-no-session",
        promise=_LATE,
        file="bot/session_log/session_log.py",
        before="            self._late.is_missing, self._when_found = True, when_found\n",
        after="            pass\n",
        tests=(f"{_LATE_STORE}::test_what_was_kept_stays_and_the_rest_is_behind_it",),
    ),
    Mutant(
        name="what-is-found-late-is-not-remembered",
        promise=_FOUND_LATE,
        file="bot/call/takeover.py",
        before="        pipeline.context.remember_before(",
        after="        list(",
        tests=(f"{_TAKEOVER}::test_what_is_found_late_is_remembered_and_counts",),
    ),
    Mutant(
        name="what-is-found-late-has-no-limit",
        promise=_FOUND_LATE,
        file="bot/call/course.py",
        before="        if self._phase is Phase.LIVE:\n            self._left_secs",
        after="        if False:\n            self._left_secs",
        tests=(f"{_TAKEOVER}::test_what_is_found_late_is_remembered_and_counts",),
    ),
    Mutant(
        name="what-another-bot-began-is-begun-anew",
        promise=_LATE,
        file="bot/store/session_rows.py",
        before="(SESSIONS.c.began_at == session.began_at) & ",
        after="",
        tests=(f"{_LATE_STORE}::test_what_another_bot_began_is_never_begun_anew",),
    ),
    Mutant(
        name="a-new-bot-writes-over-the-old-turns",
        promise=_TAKEN_OVER,
        file="bot/session_log/session_log.py",
        before="self._next_place += behind",
        after="pass",
        tests=(f"{_LOG}::test_another_bot_goes_on_where_the_first_one_stopped",),
    ),
    Mutant(
        name="turns-are-written-at-the-end",
        promise=_KILLED,
        file="bot/session_log/session_writer.py",
        before="is_last = await self._gather(GATHER_SECS)",
        after="is_last = await self._gather(3600.0)",
        tests=(f"{_KILLS}::test_twenty_kills_of_each_store",),
    ),
    Mutant(
        name="off-is-on",
        promise=_OFF,
        file="bot/store/store.py",
        before="    if settings.store:\n",
        after="    if True:\n",
        tests=(
            "tests/bot/store/test_commands.py::test_with_the_store_off_there_is_nothing_to_list_and_no_file",
        ),
    ),
    Mutant(
        name="one-odd-character-and-nothing-is-kept",
        promise="Whatever a model or a person writes, the rest is kept.",
        file="bot/store/session_rows.py",
        before='text.replace("\\0", "").encode(errors="replace").decode()',
        after="text",
        tests=("tests/bot/store/test_sessions.py::test_text_that_no_database_takes",),
    ),
    Mutant(
        name="any-certificate-is-a-postgres-server-s",
        promise="A Postgres server is judged by the authority that DATABASE_URL names.",
        file="bot/store/tls.py",
        before='dsn = f"postgresql://?{urlencode(files)}" if files else None',
        after="dsn = None",
        tests=(f"{_TLS}::test_who_is_not_taken_is_told_with_the_fix",),
    ),
    Mutant(
        name="any-name-is-a-postgres-server-s",
        promise="A Postgres server of the machine's authorities has to have its name.",
        file="bot/store/tls.py",
        before='context.check_hostname = _mode(query) == "verify-full"',
        after="context.check_hostname = False",
        tests=(f"{_TLS}::test_what_the_machine_trusts_judges_where_no_file_is_named",),
    ),
    Mutant(
        name="libpq-s-places-are-passed-over",
        promise=(
            "Authorities, certificates and lists of the revoked count where libpq looks for them."
        ),
        file="bot/store/tls.py",
        before="            return dialect.connect(*given, **told)\n        except",
        after=(
            '            told["ssl"] = context() or told["ssl"]\n'
            "            return dialect.connect(*given, **told)\n        except"
        ),
        tests=(f"{_TLS}::test_what_libpq_reads_elsewhere_counts",),
    ),
    Mutant(
        name="a-certificate-for-postgres-is-read-once",
        promise="A certificate for Postgres that is replaced counts from the next connection on.",
        file="bot/store/tls.py",
        before="            _show_own(trust, query)\n",
        after=(
            "            if not vars(trust):\n                _show_own(trust, query)\n"
            '            vars(trust)["is_shown"] = True\n'
        ),
        tests=(f"{_TLS}::test_a_file_that_is_replaced_counts_from_the_next_connection_on",),
    ),
    Mutant(
        name="a-closed-home-fails-every-connection",
        promise="A home that may not be entered keeps nobody from Postgres.",
        file="bot/client_environment.py",
        before='without_home, [f"HOME',
        after='{}, [f"HOME',
        tests=(f"{_TLS}::test_a_home_without_an_authority_for_us_is_as_none",),
    ),
    Mutant(
        name="lost-statements-fail-every-other-write",
        promise="A pooler that loses prepared statements costs no word of what is kept.",
        file="bot/store/engines.py",
        before="            changes.update(_NO_STATEMENTS)\n",
        after="",
        tests=("tests/bot/store/test_faults.py::test_a_pooler_that_loses_prepared_statements",),
    ),
    Mutant(
        name="tables-are-made-half",
        promise="No kill at any moment leaves a store that cannot be used.",
        file="bot/store/engines.py",
        before='connection.exec_driver_sql("BEGIN IMMEDIATE")',
        after="pass",
        tests=(f"{_KILLS}::test_twenty_kills_of_each_store",),
    ),
    Mutant(
        name="turns-of-a-forgotten-session-stay",
        promise="A session that is forgotten leaves no word behind.",
        file="bot/store/sessions.py",
        before="(TURNS, TOOL_CALLS):\n        await connection.execute(delete(table)",
        after="(TOOL_CALLS,):\n        await connection.execute(delete(table)",
        tests=(
            "tests/bot/store/test_sessions.py::"
            "test_a_turn_that_is_written_while_its_session_is_forgotten",
        ),
    ),
    Mutant(
        name="what-a-tool-began-waits-for-its-words",
        promise=(
            "However long REDACT_FILE takes, what a tool began and ended is known; words follow."
        ),
        file="bot/session_log/session_writer.py",
        before="WORDS_SECS = 0.2",
        after="WORDS_SECS = 60.0",
        tests=(f"{_PROCESS}::test_what_is_changed_late_is_kept_without_its_words_first",),
    ),
    Mutant(
        name="a-summary-without-words-hides-the-turns",
        promise=(
            "However long REDACT_FILE takes, what a tool began and ended is known; words follow."
        ),
        file="bot/store/redaction.py",
        before="summary=summary, summary_until=until)",
        after="summary=summary)",
        tests=(f"{_REDACTION}::test_what_is_new_costs_nothing_that_was_kept",),
    ),
)
