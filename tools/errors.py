"""What a tool raises when it cannot do what it was asked."""

from __future__ import annotations


class ToolError(Exception):
    """The tool could not do what it was asked.

    Args:
        code: Short snake_case name, stable across versions.
        message: One plain sentence the caller may hear; the model gets it as the result.
        is_harmless: Nothing was changed, so it may be tried again.
    """

    def __init__(self, code: str, message: str, *, is_harmless: bool = True) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.is_harmless = is_harmless


class ArgumentsError(ToolError):
    """The model's arguments do not fit the tool; the message is a correction for the model."""


class ToolDefinitionError(Exception):
    """A tool is written in a way that cannot work. The message names the tool and the fix."""
