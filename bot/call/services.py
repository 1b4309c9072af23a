"""Builds the vendor clients of one session from settings. Cloud or local is only an address."""

from __future__ import annotations

from pipecat.services.deepgram.stt import DeepgramSTTService
from pipecat.services.openai.llm import OpenAILLMService
from pipecat.services.openai.tts import OpenAITTSService

from bot.settings import Settings
from bot.stages.table import stages_of
from processors.language_model.excuses import Excuses
from processors.language_model.openai import OpenAILanguageModel
from processors.language_model.reply_ahead import PreparedSpeech
from processors.speech_to_text.deepgram import DeepgramSpeechToText
from processors.text_to_speech.openai import OpenAITextToSpeech
from tools.runtime.runtime import ToolRuntime
from tools.runtime.tool_calling import ToolCalling

EXCUSES = Excuses(
    apology="I'm sorry, I lost my train of thought. Could you say that again?",
    slow="One moment, I'm still thinking.",
    cut="Sorry, my answer was cut short there. Shall I go on?",
    after_tool="I have the result, but I can't find the words. Please ask me what came of it.",
    filtered="I'm sorry, I can't talk about that.",
    unspeakable="I could only show you that, not say it. Shall I put it in words?",
    unusable="I'm sorry, I can't think at all just now.",
)


def build_speech_to_text(settings: Settings) -> DeepgramSpeechToText:
    """Build the recogniser."""
    stage = stages_of(settings).speech_to_text
    return DeepgramSpeechToText(
        api_key=stage.sent_key,
        base_url=stage.address,
        settings=DeepgramSTTService.Settings(model=stage.model, language=settings.language),
    )


class LanguageModel(ToolCalling, OpenAILanguageModel):
    """The language model, its tool calls carried out by the session's tool runtime."""


def build_language_model(
    settings: Settings, *, tools: ToolRuntime, voice: PreparedSpeech | None = None
) -> LanguageModel:
    """Build the language model with the system prompt."""
    stage = stages_of(settings).language_model
    return LanguageModel(
        api_key=stage.sent_key,
        base_url=stage.address,
        settings=OpenAILLMService.Settings(
            model=stage.model, system_instruction=system_prompt(settings)
        ),
        excuses=EXCUSES,
        patience_secs=stage.patience_secs,
        voice=voice,
        tools=tools,
    )


def build_text_to_speech(settings: Settings) -> OpenAITextToSpeech:
    """Build the voice."""
    stage = stages_of(settings).text_to_speech
    return OpenAITextToSpeech(
        api_key=stage.sent_key,
        base_url=stage.address,
        settings=OpenAITTSService.Settings(model=stage.model, voice=settings.openai_voice),
        patience_secs=stage.patience_secs,
    )


def system_prompt(settings: Settings) -> str:
    """Read the system prompt."""
    return settings.system_prompt_file.read_text(encoding="utf-8").strip()
