"""The language model with tools, as bot/call/services.py puts it together."""

from __future__ import annotations

from processors.language_model.openai import OpenAILanguageModel
from tools.runtime.tool_calling import ToolCalling


class LanguageModel(ToolCalling, OpenAILanguageModel):
    """OpenAI's, its calls carried out by a tool runtime."""
