"""Against what is promised of settings, the doctor, logs and the parts on this machine."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_SETTINGS = "tests/bot/test_settings.py"
_CLIENT_NAMES = "tests/bot/test_client_environment.py"
_CHOOSING = "tests/bot/stages/test_choosing.py"
_TABLE = "tests/bot/stages/test_table.py"
_VENDORS = "tests/bot/call/test_vendor_settings.py"
_RUN = "tests/e2e/test_settings.py"
_ROW = f"{_RUN}::test_a_setting_reaches_the_part_it_is_for"
_PIPELINE = "tests/bot/call/test_language_of_turns.py"
_SERVICES = "tests/bot/call/test_services.py"
_WIRE = f"{_VENDORS}::test_a_vendor_gets_in_a_call_what_is_set_for_it_and_nobody_elses_key"
_PATHS = f"{_SETTINGS}::test_paths_count_from_the_project_and_not_from_the_working_directory"
_LOADS = "tests/bot/stages/test_first_load.py"
_CLIENTS = "Every process finds the same proxies and authorities, of the environment or `.env`."
_REACHES = "Every setting reaches the part it is for."
_KEYS = "A key goes to the address it was given for and nowhere else."
_NAMED = "All wrong settings are named at once, without their values."
_HANGS = f"{_PIPELINE}::test_a_sentence_that_hangs_in_the_language_that_is_set_is_waited_for"
_NOISE = f"{_PIPELINE}::test_a_listeners_noise_in_the_language_that_is_set_lets_the_bot_go_on"


def _lost(setting: str, file: str, before: str, after: str = "", *tests: str) -> Mutant:
    """A setting is not handed on."""
    return Mutant(
        name=f"{setting.lower().replace('_', '-')}-is-lost",
        promise=_REACHES,
        file=file,
        before=before,
        after=after,
        tests=tests or (f"{_ROW}[{setting.lower()}]",),
    )


_ON_THE_WAY = (
    _lost(
        "BOT_MEMORY_LIMIT_MB",
        "bot/worker/worker.py",
        "new_address(), settings.bot_memory_limit_mb",
        "new_address(), 1_000_000",
    ),
    _lost("IDLE_BOTS", "bot/worker/worker.py", "num_idle_processes=settings.idle_bots,"),
    _lost("WORKER_PORT", "bot/local_stack.py", 'settings.worker_port, setting="WORKER_PORT"'),
    _lost(
        "ENABLE_RTVI",
        "bot/call/audience.py",
        "if not settings.enable_rtvi:",
        "if True:",
    ),
    _lost("MAX_TOOL_STEPS", "bot/call/session_tools.py", "max_steps=settings.max_tool_steps,"),
    _lost(
        "GREETING",
        "bot/call/session.py",
        "self._settings.greeting or self._language.session.greeting",
        "self._language.session.greeting",
    ),
    _lost(
        "MCP_SERVERS",
        "bot/call/session_tools.py",
        "open_mcp_tools(servers, offer",
        "open_mcp_tools({}, offer",
    ),
    _lost(
        "LOG_FORMAT",
        "bot/launch.py",
        '"--log-format", settings.log_format]',
        '"--log-format", "text"]',
    ),
    _lost(
        "LANGUAGE_OF_INTERRUPTIONS",
        "bot/call/pipeline.py",
        "        heard_text=heard_text,\n        caller_words=caller_words,\n",
        "        heard_text=heard_text,\n",
        _NOISE,
    ),
    _lost(
        "LANGUAGE_OF_TURN_ENDS",
        "bot/call/pipeline.py",
        "analyzer=analyzer,\n        floor=floor,\n        caller_words=caller_words,\n",
        "analyzer=analyzer,\n        floor=floor,\n",
        _HANGS,
    ),
    _lost(
        "LANGUAGE_OF_THE_VOICE",
        "bot/call/services.py",
        "language=service_tag(stage.language),",
        'language="",',
        f"{_WIRE}[text_to_speech-elevenlabs]",
    ),
    _lost(
        "PATIENCE",
        "bot/call/services.py",
        '        "patience_secs": stage.patience_secs,\n',
        "",
        f"{_VENDORS}::test_an_attempt_gets_the_patience_that_is_set",
    ),
    _lost(
        "PATIENCE_OF_ONE_VENDOR",
        "bot/stages/table.py",
        "value_of(settings, vendor.patience) or value_of",
        "value_of",
        f"{_VENDORS}::test_an_attempt_gets_the_patience_that_is_set[-OPENAI_TTS_PATIENCE_SECS]",
    ),
    _lost(
        "MODEL_OF_A_VOICE",
        "bot/call/services.py",
        "            model=stage.model,\n            voice=stage.voice,",
        "            voice=stage.voice,",
        f"{_WIRE}[text_to_speech-openai]",
    ),
)

_OF_SERVICES = (
    Mutant(
        name="model-without-its-voice",
        promise="A reply is spoken ahead by the voice that is set.",
        file="bot/call/services.py",
        before="voice=voice if isinstance(voice, PreparedSpeech) else None,",
        after="voice=None,",
        tests=(f"{_SERVICES}::test_the_model_has_its_speech_made_by_the_voice",),
    ),
    Mutant(
        name="the-second-model-is-not-asked-at-the-start",
        promise="A server of your own is asked for one word when the runner starts.",
        file="bot/stages/first_load.py",
        before="stages_of(settings).in_use()",
        after="stages_of(settings)",
        tests=(f"{_LOADS}::test_a_server_that_only_stands_in_is_asked_too",),
    ),
    Mutant(
        name="a-server-that-loads-is-given-up",
        promise="A server of your own is asked for one word when the runner starts.",
        file="bot/stages/first_load.py",
        before="if refusal.status != _NOT_READY:",
        after="if refusal.status == _NOT_READY:",
        tests=(f"{_LOADS}::test_a_server_that_still_loads_is_asked_again",),
    ),
)

_OF_PATIENCE: tuple[Mutant, ...] = tuple(
    Mutant(
        name=f"{name}-is-waited-for-as-long-as-without-a-setting",
        promise=_REACHES,
        file=f"processors/speech_to_text/{name}.py",
        before="            patience_secs=patience_secs,\n",
        after="            patience_secs=None,\n",
        tests=(
            f"{_VENDORS}::test_a_recogniser_that_is_gone_is_waited_for_as_long_as_is_set[{name}]",
        ),
    )
    for name in ("assemblyai", "deepgram")
)

_OF_KEYS = (
    Mutant(
        name="shared-key-follows-every-address",
        promise=_KEYS,
        file="bot/stages/table.py",
        before='key = own_key or (shared_key if may_share else "")',
        after="key = own_key or shared_key",
        tests=(f"{_TABLE}::test_a_key_goes_only_where_it_was_given_for",),
    ),
    Mutant(
        name="port-of-an-address-is-not-looked-at",
        promise=_KEYS,
        file="bot/stages/table.py",
        before="parts.port or _DEFAULT_PORTS.get(scheme)",
        after="None",
        tests=(f"{_TABLE}::test_a_key_goes_only_where_it_was_given_for",),
    ),
    Mutant(
        name="fallback-gets-the-key-of-the-first",
        promise=_KEYS,
        file="bot/call/services.py",
        before="second=build(stage.fallback, ToolCalls, calls_of=tools),",
        after="second=build(stage, ToolCalls, calls_of=tools),",
        tests=(f"{_SERVICES}::test_a_fallback_is_built_with_its_own_key_after_the_first",),
    ),
    Mutant(
        name="keys-of-an-sdk-stay-in-the-environment",
        promise=_KEYS,
        file="bot/settings.py",
        before="            changes[name] = None\n    for name in (field",
        after="    for name in (field",
        tests=(f"{_SERVICES}::test_what_the_sdk_reads_by_itself_goes_nowhere",),
    ),
)

_OF_WRONG_SETTINGS = (
    Mutant(
        name="only-the-first-problem-is-named",
        promise=_NAMED,
        file="bot/settings.py",
        before="for item in error.errors()]",
        after="for item in error.errors()[:1]]",
        tests=(f"{_SETTINGS}::test_every_problem_is_named_at_once",),
    ),
    Mutant(
        name="a-refused-choice-is-repeated",
        promise=_NAMED,
        file="bot/setting_checks.py",
        before='f"must be one of',
        after='f"{choice} must be one of',
        tests=(f"{_SETTINGS}::test_no_refused_value_of_any_setting_is_repeated",),
    ),
    Mutant(
        name="a-refused-path-is-repeated",
        promise=_NAMED,
        file="bot/setting_files.py",
        before='raise ValueError("there is no such file or folder")',
        after='raise ValueError(f"there is no {path}")',
        tests=(f"{_SETTINGS}::test_no_refused_value_of_any_setting_is_repeated",),
    ),
    Mutant(
        name="a-slip-in-the-file-is-told-only-with-other-problems",
        promise=_NAMED,
        file="bot/settings.py",
        before="if settings is None or problems:",
        after="if settings is None:",
        tests=(f"{_SETTINGS}::test_a_misspelled_name_in_the_file_is_told",),
    ),
    Mutant(
        name="what-a-shell-sets-reaches-the-children",
        promise="What a shell sets for a purpose of its own is no setting, in no process.",
        file="bot/settings.py",
        before='set in .env is"\n            )\n            changes[name] = None',
        after='set in .env is"\n            )',
        tests=(f"{_SETTINGS}::test_what_a_shell_sets_for_itself_is_not_ours",),
    ),
    Mutant(
        name="a-child-finds-the-proxy-of-the-file-again",
        promise=_CLIENTS,
        file="bot/proxies.py",
        before='(name.title() for name in proxies.keys() - usable.keys()), ""',
        after='(), ""',
        tests=(f"{_CLIENT_NAMES}::test_a_child_that_reads_the_file_again_finds_the_same",),
    ),
    Mutant(
        name="a-closed-folder-at-home-fails-every-connection",
        promise="A home that may not be entered keeps nobody from Postgres.",
        file="bot/client_environment.py",
        before='f"{folder}/."',
        after="folder",
        tests=(
            "tests/bot/store/test_tls.py::test_a_home_without_an_authority_for_us_is_as_none",
            f"{_CLIENT_NAMES}::test_a_home_stays_where_nobody_asks_for_what_is_closed_in_it",
        ),
    ),
    Mutant(
        name="a-home-is-left-out-for-what-nobody-asks-for",
        promise="A home that may not be entered keeps nobody from Postgres.",
        file="bot/client_environment.py",
        before="    if not has_postgres:\n",
        after="    if False:\n",
        tests=(f"{_CLIENT_NAMES}::test_a_home_stays_where_nobody_asks_for_what_is_closed_in_it",),
    ),
    Mutant(
        name="an-empty-place-of-authorities-hides-the-file-s",
        promise=_CLIENTS,
        file="bot/client_environment.py",
        before="if name not in blank}",
        after="}",
        tests=(f"{_CLIENT_NAMES}::test_an_empty_place_is_none",),
    ),
    Mutant(
        name="a-machine-without-authorities-trusts-nobody",
        promise=_CLIENTS,
        file="bot/client_environment.py",
        before='return {"SSL_CERT_FILE": certifi.where()}, [notice]',
        after="return {}, [notice]",
        tests=(
            f"{_CLIENT_NAMES}"
            "::test_a_machine_without_authorities_takes_those_of_certifi_and_says_so",
        ),
    ),
    Mutant(
        name="tools-are-loaded-before-the-proxies-are-known",
        promise=_CLIENTS,
        file="runner.py",
        before="    _prepare(settings)\n    stages_of(settings)\n",
        after="    _check_own_files(settings)\n    _prepare(settings)\n    stages_of(settings)\n",
        tests=(
            "tests/test_runner.py"
            "::test_the_operator_s_tools_find_proxies_and_trust_as_clients_have_them",
        ),
    ),
    Mutant(
        name="the-environment-does-not-win-over-the-file",
        promise="The environment wins over `.env`.",
        file="bot/settings.py",
        before="return init_settings, _Environment(settings_cls), dotenv_settings",
        after="return init_settings, dotenv_settings, _Environment(settings_cls)",
        tests=(f"{_SETTINGS}::test_a_blank_in_the_environment_beats_the_file",),
    ),
    Mutant(
        name="tools-path-from-the-working-directory",
        promise="A relative path counts from the project's folder.",
        file="bot/settings.py",
        before="return path if path is None else checked_path(PROJECT_ROOT / path)",
        after="return path",
        tests=(_PATHS,),
    ),
    Mutant(
        name="calendar-in-the-working-directory",
        promise="A relative path counts from the project's folder.",
        file="bot/settings.py",
        before='        return PROJECT_ROOT / path\n\n    @field_validator("parked_bots")',
        after='        return path\n\n    @field_validator("parked_bots")',
        tests=(_PATHS,),
    ),
    Mutant(
        name="a-vendor-without-its-key-starts",
        promise="A choice that cannot work stops the start, and says why.",
        file="bot/stages/table.py",
        before="if named_by and place is Place.VENDOR and not key:",
        after="if named_by and place is Place.LOCAL and not key:",
        tests=(f"{_CHOOSING}::test_a_choice_that_cannot_work_stops_the_start",),
    ),
    Mutant(
        name="who-is-locked-out-blames-the-settings-file",
        promise="A file that one may not look at is named by its setting.",
        file="bot/setting_files.py",
        before="    except OSError as error:\n        hint = ",
        after="    except RecursionError as error:\n        hint = ",
        tests=(
            "tests/bot/test_setting_files.py::"
            "test_a_file_that_one_may_not_look_at_is_told_by_its_setting",
        ),
    ),
    Mutant(
        name="a-fallback-may-be-the-first-itself",
        promise="A choice that cannot work stops the start, and says why.",
        file="bot/stages/table.py",
        before="    if second is first:",
        after="    if second is first and named:",
        tests=(f"{_CHOOSING}::test_a_choice_that_cannot_work_stops_the_start",),
    ),
)

MUTANTS: tuple[Mutant, ...] = (
    *_ON_THE_WAY,
    *_OF_SERVICES,
    *_OF_PATIENCE,
    *_OF_KEYS,
    *_OF_WRONG_SETTINGS,
)
