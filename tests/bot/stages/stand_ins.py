"""Services as small as can be: they keep what they were built with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from pipecat.processors.frame_processor import FrameProcessor
from pipecat.services.llm_service import LLMService
from pipecat.services.settings import LLMSettings

from bot.stages.vendor import Vendor
from bot.stages.vendors import VENDORS

HERE = "tests.bot.stages.stand_ins"


class KeptService(FrameProcessor):
    """A recogniser or a voice."""

    def __init__(self, **given: Any) -> None:
        super().__init__()
        self.given: dict[str, Any] = given


@dataclass
class KeptSettings(LLMSettings):
    pass


class KeptModel(LLMService[Any]):
    """A language model."""

    Settings = KeptSettings  # pyright: ignore[reportIncompatibleVariableOverride]

    def __init__(self, *, settings: KeptSettings, **given: Any) -> None:
        super().__init__()
        self.given: dict[str, Any] = given | {"system_instruction": settings.system_instruction}


class Pair(FrameProcessor):
    """A service with its fallback."""

    def register_function(self, *_: Any) -> None:
        """As of a language model."""

    def __init__(self, first: FrameProcessor, second: FrameProcessor, **given: Any) -> None:
        super().__init__()
        self.given: dict[str, Any] = given
        self.first = first
        self.second = second


def stand_in_vendors() -> list[Vendor]:
    """Return the rows, each with a service that only keeps what it is given."""
    return [_stand_in(vendor) for vendor in VENDORS]


def _stand_in(vendor: Vendor) -> Vendor:
    is_model = vendor.kind.field == "language_model"
    return replace(
        vendor,
        kind=replace(vendor.kind, with_fallback=f"{HERE}:Pair"),
        service=f"{HERE}:{'KeptModel' if is_model else 'KeptService'}",
    )
