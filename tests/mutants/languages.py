"""Against what is promised of languages, and of keys."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_CHOICE = "tests/bot/languages/test_choice.py"
_LANGUAGES = "tests/services/text_to_speech/test_languages.py"
_PROXIES = "tests/services/test_proxies.py"
_SAID = "tests/bot/languages/test_said.py"
_SERVICES = "tests/bot/call/test_services.py"

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="deepgram-voice-past-the-proxy",
        promise="Each vendor of an answer is reached through the proxy that is set.",
        file="processors/text_to_speech/deepgram.py",
        before="self._http_client: Any = http_client or self._own_http_client",
        after="self._http_client: Any = httpx2.AsyncClient(trust_env=False)",
        tests=(
            f"{_PROXIES}::test_each_vendor_is_reached_through_the_proxy[text_to_speech-deepgram]",
        ),
    ),
    Mutant(
        name="password-file-stops-livekit",
        promise="What ~/.netrc says is neither sent to LiveKit nor fatal.",
        file="bot/livekit/server_api.py",
        before="aiohttp.ClientSession(proxy=proxy_for(url), trace",
        after="aiohttp.ClientSession(trust_env=True, trace",
        tests=(
            "tests/bot/rooms/test_rooms_elsewhere.py::test_a_password_for_every_host_is_not_livekit_s",
        ),
    ),
    Mutant(
        name="models-past-the-proxy",
        promise="Each vendor of an answer is reached through the proxy that is set.",
        file="processors/provider_requests.py",
        before="        verify=shared_tls_context(),\n",
        after=("        verify=shared_tls_context(),\n        trust_env=False,\n"),
        tests=(
            f"{_PROXIES}::test_each_vendor_is_reached_through_the_proxy[language_model-openai]",
        ),
    ),
    Mutant(
        name="session-speaks-english",
        promise="A call in another language is greeted, nudged and parted from in it.",
        file="bot/call/session.py",
        before="language_for(settings.language)",
        after='language_for("en")',
        tests=(
            "tests/bot/call/test_session.py::test_what_the_bot_says_by_itself_is_in_the_callers_language",
        ),
    ),
    Mutant(
        name="sentence-left-in-english",
        promise=(
            "In each language that ships all is said that the bot says by itself, and none "
            "of it in English."
        ),
        file="bot/languages/fr.py",
        before="Vous êtes toujours là ?",
        after="Are you still there?",
        tests=(f"{_SAID}::test_no_sentence_is_still_english",),
    ),
    Mutant(
        name="region-is-no-language",
        promise="LANGUAGE means the closest language there is.",
        file="bot/languages/choice.py",
        before="for count in range(len(parts), 0, -1))",
        after="for count in (len(parts),))",
        tests=(f"{_CHOICE}::test_a_tag_means_the_closest_file",),
    ),
    Mutant(
        name="upper-case-is-no-language",
        promise="LANGUAGE means the closest language there is.",
        file="bot/languages/choice.py",
        before="tag.strip().lower()) if part]",
        after="tag.strip()) if part]",
        tests=(f"{_CHOICE}::test_a_tag_means_the_closest_file",),
    ),
    Mutant(
        name="english-words-in-any-language",
        promise=(
            "In a language without a file none of the caller's words is guessed, and what "
            "only fills silence is left out."
        ),
        file="bot/languages/neutral.py",
        before="    caller_words=CallerWords(),\n",
        after="",
        tests=(
            f"{_CHOICE}::test_an_unknown_language_is_spoken_to_in_english_and_none_of_its_words_is_known",
        ),
    ),
    Mutant(
        name="english-filler-in-any-language",
        promise=(
            "In a language without a file none of the caller's words is guessed, and what "
            "only fills silence is left out."
        ),
        file="bot/languages/neutral.py",
        before='    excuses=replace(_ENGLISH.excuses, slow=""),\n',
        after="",
        tests=(
            f"{_CHOICE}::test_an_unknown_language_is_spoken_to_in_english_and_none_of_its_words_is_known",
        ),
    ),
    Mutant(
        name="model-is-not-told-the-language",
        promise="The model is told which language to speak.",
        file="bot/call/services.py",
        before='f"{prompt.strip()}\\n\\n{language_for(settings.language).prompt}".strip()',
        after="prompt.strip()",
        tests=(f"{_CHOICE}::test_the_prompt_says_which_language_to_speak",),
    ),
    Mutant(
        name="tag-is-not-in-the-prompt",
        promise="The model is told which language to speak.",
        file="bot/languages/choice.py",
        before=(
            "return language if code else replace(language, prompt=language.prompt.format(tag=tag))"
        ),
        after="return language",
        tests=(f"{_CHOICE}::test_the_prompt_says_which_language_to_speak",),
    ),
    Mutant(
        name="voice-is-told-multi",
        promise="With several languages a voice is told none, and finds out.",
        file="bot/languages/choice.py",
        before='return "" if tag.strip().lower() == SEVERAL else tag',
        after="return tag",
        tests=(
            f"{_CHOICE}::test_a_service_for_one_language_is_not_told_of_several",
            f"{_SERVICES}::test_a_voice_that_may_speak_several_languages_finds_out_by_itself",
        ),
    ),
    Mutant(
        name="reply-cut-by-english-rules",
        promise=(
            "An answer is cut into sentences, and formulas are read out, by the rules of "
            "its language."
        ),
        file="processors/text_to_speech/speakable_frames.py",
        before="return SpokenPieces(language=self.spoken_language)",
        after="return SpokenPieces()",
        tests=(f"{_LANGUAGES}::test_a_reply_is_cut_by_the_rules_of_its_language",),
    ),
    Mutant(
        name="formulas-in-english",
        promise=(
            "An answer is cut into sentences, and formulas are read out, by the rules of "
            "its language."
        ),
        file="processors/text_to_speech/speakable_frames.py",
        before="pieces_of(frame.text, language=self.spoken_language)",
        after="pieces_of(frame.text)",
        tests=(f"{_LANGUAGES}::test_a_line_is_read_out_in_its_language",),
    ),
    Mutant(
        name="pair-does-not-know-its-language",
        promise=(
            "An answer is cut into sentences, and formulas are read out, by the rules of "
            "its language."
        ),
        file="processors/text_to_speech/with_fallback.py",
        before="        return self._first.spoken_language",
        after="        return super().spoken_language",
        tests=(
            f"{_LANGUAGES}::test_a_reply_is_cut_by_the_rules_of_its_language",
            f"{_LANGUAGES}::test_a_line_is_read_out_in_its_language",
        ),
    ),
    Mutant(
        name="times-are-said-in-english",
        promise="Times and lengths of time are said as one says them in the language.",
        file="bot/languages/es.py",
        before='moment_form="{day} a {clock}"',
        after='moment_form="{day} at {clock}"',
        tests=(f"{_SAID}::test_times_are_said_as_one_says_them",),
    ),
    Mutant(
        name="one-key-for-every-server",
        promise="A key goes to the server it was given for and to no other.",
        file="bot/stages/table.py",
        before='key = own_key or (shared_key if may_share else "")',
        after="key = shared_key or own_key",
        tests=(f"{_SERVICES}::test_each_server_gets_its_own_key",),
    ),
    Mutant(
        name="shared-key-goes-to-any-server",
        promise="A key goes to the server it was given for and to no other.",
        file="bot/stages/table.py",
        before='(shared_key if may_share else "")',
        after="shared_key",
        tests=(f"{_SERVICES}::test_the_keys_of_two_servers_never_cross",),
    ),
)
