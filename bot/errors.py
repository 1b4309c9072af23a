"""Errors a caller or an operator may meet: a stage, a code and one plain sentence.

The code is for programs, the message for people. Exception text of a library never becomes a
message.
"""

from __future__ import annotations


class VoiceError(Exception):
    """Base of all our errors.

    Args:
        code: Short snake_case name, stable across versions.
        message: One plain sentence, safe to show to anybody.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class SettingsError(VoiceError):
    """A setting is missing, malformed or contradicts another one."""


class LaunchError(VoiceError):
    """A local part (LiveKit server, local providers, worker) could not be started."""


class RoomError(VoiceError):
    """LiveKit refused or did not answer a request about a room."""


class StoreError(VoiceError):
    """What the installation keeps could not be read or written."""


class SessionError(VoiceError):
    """A session could not start or go on."""


class SessionGoneError(SessionError):
    """A session has ended.

    Args:
        reason: Why, if that is known.
    """

    def __init__(self, reason: str | None) -> None:
        super().__init__("session_gone", "This call has ended.")
        self.reason = reason
