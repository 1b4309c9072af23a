"""The sets of a bench: which recogniser the subjects use, and how slow each provider is.

D and F are what people have: Deepgram's Nova and its Flux as documented (bench/standin/nova.py,
bench/standin/flux.py). W is a server that hears an utterance when it is over. The others share a
recogniser that is kinder than any: each word shows at the next tenth of a second after its end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Recogniser = Literal["prompt", "nova", "flux", "whisper"]
"""prompt and nova speak Deepgram's `/v1/listen`, flux its `/v2/listen`, whisper OpenAI's HTTP."""


@dataclass(frozen=True)
class Delays:
    """Which recogniser, and how slow each provider is. The defaults are set S."""

    stt_final_ms: float = 150
    """prompt: the last word to the final. nova, flux: audio to every message about it. whisper: a
    request to its answer, the middle of what is drawn."""
    llm_first_token_ms: float = 200
    llm_token_ms: float = 10
    tts_first_byte_ms: float = 150
    tts_speed: float = 4.0
    """Audio seconds delivered per second."""
    is_drawn: bool = False
    """Draw first bytes from fits of real providers instead (median and p95 in ms)."""
    recogniser: Recogniser = "prompt"


FLUX_LATENCY_MS = 50
"""With the quiet that bench/standin/flux.py needs, what Deepgram's quickstart calls "about 260 ms
end-of-turn detection"."""
WHISPER_LATENCY_MS = 450

SETS = {
    "D": Delays(recogniser="nova"),
    "D-real": Delays(recogniser="nova", is_drawn=True),
    "F": Delays(FLUX_LATENCY_MS, recogniser="flux"),
    "W": Delays(WHISPER_LATENCY_MS, recogniser="whisper"),
    "S": Delays(),
    "Z": Delays(0, 0, 0, 0, tts_speed=1000.0),
    "slow": Delays(tts_speed=1.2),
    "real": Delays(is_drawn=True),
}
"""D: Nova. F: Flux. W: Whisper-like. S: a prompt recogniser, everything else as in D. Z: no delay.
slow: speech barely faster than it plays. real and D-real: S and D with drawn delays."""
