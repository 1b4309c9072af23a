"""Every vendor's service, and two as one, is what the contract of its stage says."""

from __future__ import annotations

from typing import Any

import pytest

from bot.stages.vendor import Vendor, load
from bot.stages.vendors import LANGUAGE_MODEL, SPEECH_TO_TEXT, TEXT_TO_SPEECH, VENDORS
from processors.language_model.contract import LanguageModel
from processors.language_model.reply_ahead import PreparedSpeech
from processors.speech_to_text.contract import SpeechToText
from processors.text_to_speech.contract import TextToSpeech

_CONTRACTS: dict[str, tuple[type[Any], ...]] = {
    SPEECH_TO_TEXT.setting: (SpeechToText,),
    LANGUAGE_MODEL.setting: (LanguageModel,),
    TEXT_TO_SPEECH.setting: (TextToSpeech, PreparedSpeech),
}


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda v: f"{v.kind.field}-{v.name}")
async def test_it_keeps_the_contract_of_its_stage(vendor: Vendor) -> None:
    first, second = (vendor.load_service()(api_key="a key") for _ in range(2))
    both = load(vendor.kind.with_fallback)(first=first, second=second)
    for contract in _CONTRACTS[vendor.kind.setting]:
        assert isinstance(first, contract)
        assert isinstance(both, contract)
    await first.cleanup()
    await second.cleanup()
