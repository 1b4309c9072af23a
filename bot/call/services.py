"""Builds the vendor clients of one session from settings. Cloud or local is only an address."""

from __future__ import annotations

from pipecat.services.deepgram.stt import DeepgramSTTService
from pipecat.services.openai.llm import OpenAILLMService
from pipecat.services.openai.tts import OpenAITTSService

from bot.languages.choice import language_for, service_tag
from bot.settings import Settings
from bot.stages.table import stages_of
from processors.language_model.openai import OpenAILanguageModel
from processors.speech_to_text.deepgram import DeepgramSpeechToText
from processors.text_to_speech.openai import OpenAITextToSpeech
from tools.runtime.tool_calling import ToolCalling


def build_speech_to_text(settings: Settings) -> DeepgramSpeechToText:
    """Build the recogniser."""
    stage = stages_of(settings).speech_to_text
    return DeepgramSpeechToText(
        api_key=stage.sent_key,
        base_url=stage.address,
        settings=DeepgramSTTService.Settings(model=stage.model, language=settings.language),
        numerals=language_for(settings.language).numerals,
    )


class LanguageModel(ToolCalling, OpenAILanguageModel):
    """The language model, its tool calls carried out by the session's tool runtime."""


def build_language_model(settings: Settings) -> LanguageModel:
    """Build the language model with the system prompt."""
    stage = stages_of(settings).language_model
    return LanguageModel(
        api_key=stage.sent_key,
        base_url=stage.address,
        settings=OpenAILLMService.Settings(
            model=stage.model, system_instruction=system_prompt(settings)
        ),
        excuses=language_for(settings.language).excuses,
        patience_secs=stage.patience_secs,
    )


def build_text_to_speech(settings: Settings) -> OpenAITextToSpeech:
    """Build the voice."""
    stage = stages_of(settings).text_to_speech
    return OpenAITextToSpeech(
        api_key=stage.sent_key,
        base_url=stage.address,
        settings=OpenAITTSService.Settings(
            model=stage.model,
            voice=settings.openai_voice,
            language=service_tag(settings.language) or None,
        ),
        patience_secs=stage.patience_secs,
    )


def system_prompt(settings: Settings) -> str:
    """Read the system prompt and add which language the model is to speak."""
    prompt = settings.system_prompt_file.read_text(encoding="utf-8")
    return f"{prompt.strip()}\n\n{language_for(settings.language).prompt}".strip()
