"""What a failure inside the pipeline means for the call."""

from __future__ import annotations

from loguru import logger
from pipecat.frames.frames import ErrorFrame
from pipecat.services.llm_service import LLMService
from pipecat.services.stt_service import STTService
from pipecat.transports.base_input import BaseInputTransport
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.utils.errors import extract_http_status_code

from bot.call.course import Course


def end_if_useless(course: Course, _: object, frame: ErrorFrame) -> None:
    """End the call if what has failed can no longer do its job."""
    processor = frame.processor
    # Without the error's words: a server may repeat in them what it was sent.
    error, kind = frame.exception, type(frame.exception).__name__
    status = extract_http_status_code(error) if error else None
    logger.warning("{} failed: {} ({}, {})", processor, frame.category, kind, status)
    if processor is None or processor.is_usable:
        return
    logger.error("{} can no longer do its job: {}", processor.name, frame.category)
    if isinstance(processor, BaseInputTransport | BaseOutputTransport):
        # It is the room, which no provider answers for.
        course.close()
        return
    course.provider_failed(is_voice_left=isinstance(processor, STTService | LLMService))
