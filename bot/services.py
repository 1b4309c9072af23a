"""Builds the vendor clients of one session from settings. Cloud or local is only an address."""

from __future__ import annotations

from dataclasses import dataclass

from pipecat.services.deepgram.stt import DeepgramSTTService
from pipecat.services.openai.llm import OpenAILLMService
from pipecat.services.openai.tts import OpenAITTSService
from pydantic import SecretStr

from bot.settings import Settings
from processors.excuses import Excuses
from processors.language_model import OpenAILanguageModel
from processors.speech_to_text import DeepgramSpeechToText
from processors.text_to_speech import OpenAITextToSpeech
from tools.tool_calling import ToolCalling

EXCUSES = Excuses(
    apology="I'm sorry, I lost my train of thought. Could you say that again?",
    slow="One moment, I'm still thinking.",
    cut="Sorry, my answer was cut short there. Shall I go on?",
    after_tool="I have the result, but I can't find the words. Please ask me what came of it.",
    filtered="I'm sorry, I can't talk about that.",
    unusable="I'm sorry, I can't think at all just now.",
)
_NO_KEY = "local"
"""The vendors' clients refuse an empty key; a provider that stands in ignores it."""


@dataclass(frozen=True)
class Endpoint:
    """Where a vendor's client goes."""

    api_key: str
    base_url: str
    """Empty means the vendor's own address."""


def speech_to_text_endpoint(settings: Settings) -> Endpoint:
    """Choose where speech-to-text goes."""
    return _endpoint(settings.deepgram_api_key, settings.deepgram_base_url)


def language_model_endpoint(settings: Settings) -> Endpoint:
    """Choose where the language model is; its own address wins over the shared one."""
    return _endpoint(
        settings.openai_api_key, settings.openai_llm_base_url or settings.openai_base_url
    )


def text_to_speech_endpoint(settings: Settings) -> Endpoint:
    """Choose where text-to-speech is; its own address wins over the shared one."""
    return _endpoint(
        settings.openai_api_key, settings.openai_tts_base_url or settings.openai_base_url
    )


def build_speech_to_text(settings: Settings) -> DeepgramSpeechToText:
    """Build the recogniser."""
    endpoint = speech_to_text_endpoint(settings)
    return DeepgramSpeechToText(
        api_key=endpoint.api_key,
        base_url=endpoint.base_url,
        settings=DeepgramSTTService.Settings(model=settings.deepgram_model),
    )


class LanguageModel(ToolCalling, OpenAILanguageModel):
    """The language model, its tool calls carried out by the session's tool runtime."""


def build_language_model(settings: Settings) -> LanguageModel:
    """Build the language model with the system prompt."""
    endpoint = language_model_endpoint(settings)
    return LanguageModel(
        api_key=endpoint.api_key,
        base_url=endpoint.base_url or None,
        settings=OpenAILLMService.Settings(
            model=settings.openai_model, system_instruction=system_prompt(settings)
        ),
        excuses=EXCUSES,
    )


def build_text_to_speech(settings: Settings) -> OpenAITextToSpeech:
    """Build the voice."""
    endpoint = text_to_speech_endpoint(settings)
    return OpenAITextToSpeech(
        api_key=endpoint.api_key,
        base_url=endpoint.base_url or None,
        settings=OpenAITTSService.Settings(
            model=settings.openai_tts_model, voice=settings.openai_voice
        ),
    )


def system_prompt(settings: Settings) -> str:
    """Read the system prompt."""
    return settings.system_prompt_file.read_text(encoding="utf-8").strip()


def _endpoint(key: SecretStr, base_url: str) -> Endpoint:
    return Endpoint(api_key=key.get_secret_value() or _NO_KEY, base_url=base_url)
