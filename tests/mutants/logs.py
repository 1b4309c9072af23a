"""Against what is promised of the logs, the doctor and the parts on this machine."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_LOGS = "tests/bot/test_logs.py"
_RUN = "tests/e2e/test_settings.py"
_DOCTOR = "tests/test_doctor_command.py"
_LAUNCH = "tests/bot/test_launch.py"
_LIVEKIT = "tests/bot/livekit"
_RELEASE = f"{_LIVEKIT}/test_release.py"
_SPEECH = "At no level, by no library, is it logged what people, the model or tools say."
_KEYS = "At no level, by no library, is a key or a token logged."
_WRONG = 'What is missing or refused is no "ok" of doctor\'s: it says the fix, and ends with 1.'
_ALL_WRONG = f"{_DOCTOR}::test_all_that_is_wrong_is_told_with_its_fix"
_QUIET = f"{_LOGS}::test_no_library_shows_what_it_handles_at_any_level"
_SECRET = "The secret of this machine's LiveKit is new at each start, in no file or process list."


def _wrong(name: str, before: str, after: str, file: str = "bot/doctor/installation.py") -> Mutant:
    """The doctor takes for well what is not."""
    return Mutant(
        name=f"doctor-{name}",
        promise=_WRONG,
        file=file,
        before=before,
        after=after,
        tests=(_ALL_WRONG,),
    )


_ONE_LINE = "Nobody can forge a line of the log, or command the terminal by one."

_OF_LOGS = (
    Mutant(
        name="lines-that-forge-lines",
        promise=_ONE_LINE,
        file="bot/logs.py",
        before="    if message.isprintable():\n",
        after="    if True:\n",
        tests=(f"{_LOGS}::test_a_line_is_one_line",),
    ),
    Mutant(
        name="exceptions-in-their-words",
        promise=_SPEECH,
        file="bot/logs.py",
        before="one if isinstance(one, str | int | float) else type(one).__name__ for",
        after="one for",
        tests=(f"{_LOGS}::test_trouble_with_connections_repeats_no_words_of_an_exception",),
    ),
    Mutant(
        name="threads-fail-in-their-words",
        promise=_SPEECH,
        file="bot/logs.py",
        before="        threading.excepthook = _log_uncaught\n",
        after="        pass\n",
        tests=(f"{_LOGS}::test_what_python_itself_would_write_has_no_words",),
    ),
    Mutant(
        name="every-library-at-every-level",
        promise=_SPEECH,
        file="bot/logs.py",
        before='if not is_open and record["level"].no < logging.WARNING:',
        after='if not is_open and record["level"].no < logging.DEBUG:',
        tests=(_QUIET,),
    ),
    Mutant(
        name="a-name-that-begins-like-ours-is-ours",
        promise=_SPEECH,
        file="bot/logs.py",
        before='name == package or name.startswith(f"{package}.")',
        after="name.startswith(package)",
        tests=(_QUIET,),
    ),
    Mutant(
        name="warnings-of-pipecat-in-words",
        promise=_SPEECH,
        file="bot/logs.py",
        before='*("livekit", "uvicorn",',
        after='*("pipecat", "livekit", "uvicorn",',
        tests=(f"{_LOGS}::test_a_warning_that_may_repeat_what_was_said_shows_its_place_alone",),
    ),
    Mutant(
        name="tracebacks-with-their-words",
        promise=_SPEECH,
        file="bot/logs.py",
        before='{kind}{code}\\n"',
        after='{kind}: {error}\\n"',
        tests=(f"{_LOGS}::test_a_traceback_shows_where_it_was_and_no_words_or_values",),
    ),
    Mutant(
        name="tracebacks-as-loguru-prints-them",
        promise=_SPEECH,
        file="bot/logs.py",
        before="{message}\\n{extra[traceback]}",
        after="{message}\\n{exception}",
        tests=(f"{_LOGS}::test_a_traceback_shows_where_it_was_and_no_words_or_values",),
    ),
    Mutant(
        name="a-failed-tool-with-its-error",
        promise=_SPEECH,
        file="tools/runtime/call_tasks.py",
        before='logger.warning("tool {} failed: {}", call.tool.name, type(error).__name__)',
        after='logger.warning("tool {} failed: {}", call.tool.name, error)',
        tests=(f"{_RUN}::test_nothing_that_was_said_is_written_anywhere",),
    ),
    Mutant(
        name="tool-calls-with-their-arguments",
        promise=_SPEECH,
        file="tools/runtime/runtime.py",
        before='logger.info("{}: {}", type(event).__name__, name)',
        after='logger.info("{}", event)',
        tests=(f"{_RUN}::test_nothing_that_was_said_is_written_anywhere",),
    ),
    Mutant(
        name="tokens-in-addresses",
        promise=_KEYS,
        file="bot/logs.py",
        before='record["message"] = _TOKEN.sub("***", _on_one_line(record["message"]))',
        after="pass",
        tests=(f"{_LOGS}::test_a_token_in_an_address_is_stars",),
    ),
    Mutant(
        name="settings-in-the-log-of-a-start",
        promise=_KEYS,
        file="bot/worker/worker.py",
        before='    process.userdata["settings"] = settings\n',
        after='    process.userdata["settings"] = settings\n'
        '    logger.debug("{}", settings.openai_tts_api_key.get_secret_value())\n',
        tests=(f"{_RUN}::test_no_key_and_no_token_is_written_anywhere",),
    ),
)

_OF_THE_DOCTOR = (
    _wrong("a-page-is-always-built", "is_well=is_built(), what", "is_well=True, what"),
    _wrong("livekit-is-always-there", "is_well=bool(has_program), what=", "is_well=True, what="),
    _wrong(
        "a-refused-key-is-well",
        "return Finding(is_well=False, what=what, fix=await fix_of(error, stage, settings))",
        "return Finding(is_well=True, what=what, fix=await fix_of(error, stage, settings))",
    ),
    _wrong("fallbacks-are-not-asked", "stages_of(settings).in_use()]", "stages_of(settings)]"),
    _wrong(
        "always-ends-with-0",
        "return _OK if all(finding.is_well for finding in findings) else _FAILED",
        "return _OK",
        "runner.py",
    ),
    _wrong("keeps-its-fixes", '_say(f"      -> {finding.fix}")', "pass", "runner.py"),
    Mutant(
        name="a-certificate-for-six-days-is-always-late",
        promise="A certificate is late by how long it is for, be it hours or a year.",
        file="bot/doctor/handshake.py",
        before="min((ends - begins) * _LATE_LEFT, _LATE)",
        after="_LATE",
        tests=(
            "tests/bot/doctor/test_handshake.py::"
            "test_each_certificate_is_judged_as_a_browser_would",
        ),
    ),
    Mutant(
        name="doctor-does-not-look-on-the-path",
        promise="Doctor finds nothing in a whole installation, and ends with 0.",
        file="bot/doctor/installation.py",
        before='shutil.which("livekit-server") or cached_program(CACHE_DIR).is_file()',
        after="cached_program(CACHE_DIR).is_file()",
        tests=(f"{_DOCTOR}::test_a_whole_installation_is_well",),
    ),
    Mutant(
        name="doctor-keeps-the-webhook-to-itself",
        promise="Doctor tells of a LiveKit that does not call our webhook.",
        file="bot/doctor/installation.py",
        before="return Finding(is_well=True, what=what, fix=fix)\n\n\nasync def _local",
        after="return Finding(is_well=True, what=what)\n\n\nasync def _local",
        tests=(f"{_DOCTOR}::test_a_webhook_that_is_not_called_is_a_note",),
    ),
    Mutant(
        name="doctor-asks-without-the-key",
        promise="Doctor asks each stage in use as a call does, with its key.",
        file="bot/stages/questions/elevenlabs.py",
        before='headers={"xi-api-key": stage.sent_key}',
        after="headers={}",
        tests=(
            "tests/bot/call/test_vendor_settings.py"
            "::test_doctor_asks_a_vendor_with_what_is_set_for_it[text_to_speech-elevenlabs]",
        ),
    ),
)

_OF_PARTS = (
    Mutant(
        name="livekit-secret-in-the-environment",
        promise=_SECRET,
        file="bot/livekit/server.py",
        before='environment={"PATH": os.defpath},',
        after='environment={"PATH": os.defpath, "KEYS": self.api_secret.get_secret_value()},',
        tests=(f"{_LIVEKIT}/test_server.py::test_the_secret_is_in_no_argument_or_environment",),
    ),
    Mutant(
        name="livekit-secret-of-the-last-start",
        promise=_SECRET,
        file="bot/livekit/server.py",
        before="SecretStr(secrets.token_hex(_SECRET_BYTES))",
        after='SecretStr("s" * 2 * _SECRET_BYTES)',
        tests=(f"{_LIVEKIT}/test_server.py::test_every_start_has_a_new_and_long_secret",),
    ),
    Mutant(
        name="the-workers-secret-in-the-process-list",
        promise=_SECRET,
        file="bot/launch.py",
        before='"runner.py"), "worker", *forks),',
        after='"runner.py"), "worker", livekit.api_secret.get_secret_value()),',
        tests=(f"{_LAUNCH}::test_worker_gets_livekit_and_providers_by_environment",),
    ),
    Mutant(
        name="a-release-with-another-checksum",
        promise="A LiveKit release is unpacked only if its SHA-256 is the one in the source.",
        file="bot/livekit/release.py",
        before="if got != checksums[_architecture(platform.machine())]:",
        after="if len(got) != 64:",
        tests=(f"{_RELEASE}::test_a_false_archive_with_its_own_checksum_is_refused",),
    ),
    Mutant(
        name="a-redirect-may-leave-https",
        promise="Programs are downloaded by https only, redirects included.",
        file="bot/livekit/release.py",
        before='        if request.url.scheme != "https" and not (',
        after='        if not is_here and request.url.scheme != "https" and not (',
        tests=(f"{_RELEASE}::test_a_redirect_to_an_open_way_is_refused",),
    ),
)

MUTANTS: tuple[Mutant, ...] = (*_OF_LOGS, *_OF_THE_DOCTOR, *_OF_PARTS)
