"""The table of vendors: one row a vendor and stage, and above them the settings the rows name.

Everything else reads it: settings, services, launcher, first load, doctor, health, logs, and the
tests that compare `.env.example` and docs/services.md with it. A further vendor is one file in
`processors/`, its question in `bot/stages/questions/`, and here a row and its settings. Nothing of
a vendor is imported before it is used.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from bot.setting_checks import Key, PatienceSecs, SocketUrl, WebUrl
from bot.stages.vendor import LOCAL, ModelFamily, StageKind, Vendor

_NO_KEY = SecretStr("")


class VendorSettings(BaseSettings):
    """What is set for vendors. Default models and voices are those of Pipecat 1.14's services."""

    speech_to_text_patience_secs: PatienceSecs = None
    """How long a recogniser may be without a useful connection, or take for the words of a segment;
    None: the row decides by the address. For any vendor of the stage, as the next two."""
    language_model_patience_secs: PatienceSecs = None
    """To the first token."""
    text_to_speech_patience_secs: PatienceSecs = None
    """To the first audio."""

    local_base_url: WebUrl = ""
    """Where local providers run already; the launcher sets it for the worker."""
    local_api_key: Key = _NO_KEY
    """What they want to be sent; new at each start of those that the launcher runs."""

    deepgram_api_key: Key = _NO_KEY
    """For `deepgram_base_url` alone; if that is empty, for Deepgram's own address alone. So with
    every key and address below."""
    deepgram_base_url: SocketUrl = ""
    deepgram_model: str = "nova-3-general"
    deepgram_voice: str = "aura-2-helena-en"

    openai_api_key: Key = _NO_KEY
    openai_llm_api_key: Key = _NO_KEY
    openai_tts_api_key: Key = _NO_KEY
    openai_stt_api_key: Key = _NO_KEY
    openai_base_url: WebUrl = ""
    openai_llm_base_url: WebUrl = ""
    openai_tts_base_url: WebUrl = ""
    openai_stt_base_url: WebUrl = ""
    openai_llm_patience_secs: PatienceSecs = None
    openai_tts_patience_secs: Annotated[float | None, Field(ge=0.5, le=120.0)] = None
    openai_model: str = "gpt-4.1"
    openai_tts_model: str = "gpt-4o-mini-tts"
    openai_stt_model: str = "gpt-transcribe"
    openai_voice: str = "alloy"

    anthropic_api_key: Key = _NO_KEY
    anthropic_base_url: WebUrl = ""
    anthropic_model: str = "claude-sonnet-4-6"

    google_api_key: Key = _NO_KEY
    google_base_url: WebUrl = ""
    google_model: str = "gemini-3.6-flash"

    assemblyai_api_key: Key = _NO_KEY
    assemblyai_base_url: SocketUrl = ""
    assemblyai_model: str = "universal-3-6-pro"

    elevenlabs_api_key: Key = _NO_KEY
    elevenlabs_base_url: SocketUrl = ""
    elevenlabs_model: str = "eleven_flash_v2_5"
    elevenlabs_voice: str = "JBFqnCBsd6RMkjVDRZzb"
    """George, the voice of ElevenLabs' own documentation."""

    cartesia_api_key: Key = _NO_KEY
    cartesia_base_url: SocketUrl = ""
    cartesia_model: str = "sonic-3.6"
    cartesia_voice: str = "f786b574-daa5-4673-aa0c-cbe3e8534c02"
    """Katie, whom Cartesia recommends for agents."""


SPEECH_TO_TEXT = StageKind(
    name="speech-to-text",
    setting="SPEECH_TO_TEXT",
    with_fallback="processors.speech_to_text.with_fallback:SpeechToTextWithFallback",
)
LANGUAGE_MODEL = StageKind(
    name="language-model",
    setting="LANGUAGE_MODEL",
    with_fallback="processors.language_model.with_fallback:LanguageModelWithFallback",
)
TEXT_TO_SPEECH = StageKind(
    name="text-to-speech",
    setting="TEXT_TO_SPEECH",
    with_fallback="processors.text_to_speech.with_fallback:TextToSpeechWithFallback",
)
KINDS = (SPEECH_TO_TEXT, LANGUAGE_MODEL, TEXT_TO_SPEECH)

_CONNECTION_SECS = 60.0
"""Without a useful one, as `processors.speech_to_text.live_connection` says why: then a recogniser
is given up. A second one is asked at the first failure."""
_HANDSHAKE_SECS = 3.0
"""It takes two or three round trips."""
_TOKEN_SECS = 4.0
"""Published times to first token of large models: p50 .5-.8, p99 2-3 s."""
_CPU_TOKEN_SECS = 30.0
"""A model on a CPU reads 70 to 200 tokens a second: our prompt and tools with a talk of ten
minutes, 2000 tokens, in 10 to 29 s."""
_SEGMENT_SECS = 4.0
"""Published times of OpenAI's transcription: p50 .64, p99 1.7 s; a segment may be long."""
_AUDIO_SECS = 2.0
"""Public first-byte times: p50 .4, p99 1.5 s."""
_CPU_AUDIO_SECS = 10.0
"""A sentence of 8 s, heard or made about as fast as it is spoken and sent whole."""

_OPENAI_READS = (
    "OPENAI_ADMIN_KEY",
    "OPENAI_CUSTOM_HEADERS",
    "OPENAI_ORG_ID",
    "OPENAI_PROJECT_ID",
)

_FLUX = ModelFamily(
    prefix="flux-",
    service="processors.speech_to_text.deepgram_flux:FluxSpeechToText",
    question="bot.stages.questions.deepgram:LISTEN_FOR_TURNS",
    languages={
        "flux-general-en": ("en",),
        "flux-general-multi": ("en", "multi", "de", "es", "fr", "hi", "it", "ja", "nl", "pt", "ru"),
    },
)

_SPEECH_TO_TEXT = (
    Vendor(
        name="deepgram",
        kind=SPEECH_TO_TEXT,
        service="processors.speech_to_text.deepgram:DeepgramSpeechToText",
        question="bot.stages.questions.deepgram:LISTEN",
        url="wss://api.deepgram.com",
        scheme="ws",
        key="DEEPGRAM_API_KEY",
        address="DEEPGRAM_BASE_URL",
        model="DEEPGRAM_MODEL",
        strict_secs=_CONNECTION_SECS,
        patient_secs=_CONNECTION_SECS,
        question_secs=_HANDSHAKE_SECS,
        taken_up_by=("DEEPGRAM_API_KEY", "DEEPGRAM_BASE_URL"),
        nicknames=("nova", "flux"),
        families=(_FLUX,),
    ),
    Vendor(
        name="openai",
        kind=SPEECH_TO_TEXT,
        service="processors.speech_to_text.openai:OpenAISpeechToText",
        question="bot.stages.questions.openai:TRANSCRIPTION",
        url="https://api.openai.com/v1",
        key="OPENAI_STT_API_KEY",
        address="OPENAI_STT_BASE_URL",
        model="OPENAI_STT_MODEL",
        shared_key="OPENAI_API_KEY",
        shared_address="OPENAI_BASE_URL",
        strict_secs=_SEGMENT_SECS,
        patient_secs=_CPU_AUDIO_SECS,
        taken_up_by=("OPENAI_STT_API_KEY", "OPENAI_STT_BASE_URL"),
        loads_when_asked=True,
        sdk_reads=_OPENAI_READS,
        nicknames=("whisper", "groq", "speaches", "gpt"),
    ),
    Vendor(
        name="assemblyai",
        kind=SPEECH_TO_TEXT,
        service="processors.speech_to_text.assemblyai:AssemblyAISpeechToText",
        question="bot.stages.questions.assemblyai:LISTEN",
        url="wss://streaming.assemblyai.com",
        scheme="ws",
        key="ASSEMBLYAI_API_KEY",
        address="ASSEMBLYAI_BASE_URL",
        model="ASSEMBLYAI_MODEL",
        strict_secs=_CONNECTION_SECS,
        patient_secs=_CONNECTION_SECS,
        question_secs=_HANDSHAKE_SECS,
    ),
    Vendor(
        name=LOCAL,
        kind=SPEECH_TO_TEXT,
        service="processors.speech_to_text.deepgram:DeepgramSpeechToText",
        question="bot.stages.questions.deepgram:LISTEN",
        url="",
        scheme="ws",
        address="LOCAL_BASE_URL",
        key="LOCAL_API_KEY",
        only_model="moonshine-tiny-en",
        strict_secs=_CONNECTION_SECS,
        patient_secs=_CONNECTION_SECS,
        question_secs=_HANDSHAKE_SECS,
        languages=("en",),
        nicknames=("moonshine",),
    ),
)

_LANGUAGE_MODEL = (
    Vendor(
        name="openai",
        kind=LANGUAGE_MODEL,
        service="processors.language_model.openai:OpenAILanguageModel",
        question="bot.stages.questions.openai:CHAT",
        url="https://api.openai.com/v1",
        key="OPENAI_LLM_API_KEY",
        address="OPENAI_LLM_BASE_URL",
        model="OPENAI_MODEL",
        patience="OPENAI_LLM_PATIENCE_SECS",
        shared_key="OPENAI_API_KEY",
        shared_address="OPENAI_BASE_URL",
        strict_secs=_TOKEN_SECS,
        patient_secs=_CPU_TOKEN_SECS,
        taken_up_by=(
            "OPENAI_LLM_API_KEY",
            "OPENAI_LLM_BASE_URL",
            "OPENAI_API_KEY",
            "OPENAI_BASE_URL",
        ),
        loads_when_asked=True,
        sdk_reads=_OPENAI_READS,
        nicknames=("ollama", "vllm", "llama", "groq", "openrouter", "gpt"),
    ),
    Vendor(
        name="anthropic",
        kind=LANGUAGE_MODEL,
        service="processors.language_model.anthropic:AnthropicLanguageModel",
        question="bot.stages.questions.anthropic:MESSAGES",
        url="https://api.anthropic.com",
        key="ANTHROPIC_API_KEY",
        address="ANTHROPIC_BASE_URL",
        model="ANTHROPIC_MODEL",
        strict_secs=_TOKEN_SECS,
        patient_secs=_CPU_TOKEN_SECS,
        extra="anthropic",
        package="anthropic",
        sdk_reads=("ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_CUSTOM_HEADERS"),
        nicknames=("claude",),
    ),
    Vendor(
        name="google",
        kind=LANGUAGE_MODEL,
        service="processors.language_model.google:GoogleLanguageModel",
        question="bot.stages.questions.google:GENERATE",
        url="https://generativelanguage.googleapis.com",
        key="GOOGLE_API_KEY",
        address="GOOGLE_BASE_URL",
        model="GOOGLE_MODEL",
        strict_secs=_TOKEN_SECS,
        patient_secs=_CPU_TOKEN_SECS,
        extra="google",
        package="google.genai",
        sdk_reads=("GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_GENAI_USE_ENTERPRISE"),
        nicknames=("gemini",),
    ),
    Vendor(
        name=LOCAL,
        kind=LANGUAGE_MODEL,
        service="processors.language_model.openai:OpenAILanguageModel",
        question="bot.stages.questions.openai:CHAT",
        url="",
        address="LOCAL_BASE_URL",
        key="LOCAL_API_KEY",
        only_model="scripted-brain",
        path="/v1",
        patience="OPENAI_LLM_PATIENCE_SECS",
        strict_secs=_TOKEN_SECS,
        patient_secs=_TOKEN_SECS,
        nicknames=("script", "scripted"),
    ),
)

_TEXT_TO_SPEECH = (
    Vendor(
        name="openai",
        kind=TEXT_TO_SPEECH,
        service="processors.text_to_speech.openai:OpenAITextToSpeech",
        question="bot.stages.questions.openai:SPEECH",
        url="https://api.openai.com/v1",
        key="OPENAI_TTS_API_KEY",
        address="OPENAI_TTS_BASE_URL",
        model="OPENAI_TTS_MODEL",
        voice="OPENAI_VOICE",
        patience="OPENAI_TTS_PATIENCE_SECS",
        shared_key="OPENAI_API_KEY",
        shared_address="OPENAI_BASE_URL",
        strict_secs=_AUDIO_SECS,
        patient_secs=_CPU_AUDIO_SECS,
        taken_up_by=(
            "OPENAI_TTS_API_KEY",
            "OPENAI_TTS_BASE_URL",
            "OPENAI_API_KEY",
            "OPENAI_BASE_URL",
        ),
        loads_when_asked=True,
        sdk_reads=_OPENAI_READS,
        nicknames=("kokoro", "piper", "speaches", "gpt"),
    ),
    Vendor(
        name="deepgram",
        kind=TEXT_TO_SPEECH,
        service="processors.text_to_speech.deepgram:DeepgramTextToSpeech",
        question="bot.stages.questions.deepgram:SPEAK",
        url="https://api.deepgram.com",
        key="DEEPGRAM_API_KEY",
        address="DEEPGRAM_BASE_URL",
        voice="DEEPGRAM_VOICE",
        voice_names_language=True,
        strict_secs=_AUDIO_SECS,
        patient_secs=_CPU_AUDIO_SECS,
        nicknames=("aura",),
    ),
    Vendor(
        name="elevenlabs",
        kind=TEXT_TO_SPEECH,
        service="processors.text_to_speech.elevenlabs:ElevenLabsTextToSpeech",
        question="bot.stages.questions.elevenlabs:SPEAK",
        url="wss://api.elevenlabs.io",
        scheme="ws",
        key="ELEVENLABS_API_KEY",
        address="ELEVENLABS_BASE_URL",
        model="ELEVENLABS_MODEL",
        voice="ELEVENLABS_VOICE",
        strict_secs=_AUDIO_SECS,
        patient_secs=_CPU_AUDIO_SECS,
        nicknames=("11labs", "eleven"),
    ),
    Vendor(
        name="cartesia",
        kind=TEXT_TO_SPEECH,
        service="processors.text_to_speech.cartesia:CartesiaTextToSpeech",
        question="bot.stages.questions.cartesia:SPEAK",
        url="wss://api.cartesia.ai",
        scheme="ws",
        path="/tts/websocket",
        key="CARTESIA_API_KEY",
        address="CARTESIA_BASE_URL",
        model="CARTESIA_MODEL",
        voice="CARTESIA_VOICE",
        strict_secs=_AUDIO_SECS,
        patient_secs=_CPU_AUDIO_SECS,
        nicknames=("sonic",),
    ),
    Vendor(
        name=LOCAL,
        kind=TEXT_TO_SPEECH,
        service="processors.text_to_speech.openai:OpenAITextToSpeech",
        question="bot.stages.questions.openai:SPEECH",
        url="",
        address="LOCAL_BASE_URL",
        key="LOCAL_API_KEY",
        only_model="hibari",
        path="/v1",
        patience="OPENAI_TTS_PATIENCE_SECS",
        strict_secs=_AUDIO_SECS,
        patient_secs=_AUDIO_SECS,
        languages=("en",),
        nicknames=("hibari",),
    ),
)

VENDORS: tuple[Vendor, ...] = (*_SPEECH_TO_TEXT, *_LANGUAGE_MODEL, *_TEXT_TO_SPEECH)
"""In the order in which they are looked for where none is named."""
