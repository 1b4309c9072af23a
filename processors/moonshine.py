"""Moonshine tiny-en on plain onnxruntime: 16 kHz speech in, text out.

One object serves every call: sessions are safe to run from several threads at once, and
onnxruntime releases the interpreter lock while it computes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnxruntime
from onnxruntime.capi.onnxruntime_pybind11_state import Fail

from .model_files import ModelFile, checked_path

# Moonshine AI's own tiny-en (quantized) download; the wheel moonshine-voice 0.1.0 carries it.
ENCODER = ModelFile(
    "moonshine_voice",
    "assets/tiny-en/encoder_model.ort",
    "94e90a4654fc45cdfedb77c4c08e1739f48862998e58fada384b25118134f221",
)
DECODER = ModelFile(
    "moonshine_voice",
    "assets/tiny-en/decoder_model_merged.ort",
    "cf524c4862d36e9e5ab032eddc73637efd822d70e868ac575cf1a46e1e4708a0",
)
TOKENS = ModelFile(
    "moonshine_voice",
    "assets/tiny-en/tokenizer.bin",
    "6884b35fd6377d4c4d32336a0bc152f36b64d1e45b6503683cdc238250a8472d",
)

SAMPLE_RATE_HZ = 16_000

_BOS, _EOS = 1, 2
_LAYERS = 6
_EMPTY_CACHE_SHAPE = (1, 8, 0, 36)
_WIDTH = 8 * 36
# The publisher's limit against loops: speech has at most this many tokens a second.
_MAX_TOKENS_PER_SEC = 6.5
_MARKS = ".,?!;:"
# The encoder's convolutions need this much; shorter audio holds no word anyway.
_MIN_SAMPLES = SAMPLE_RATE_HZ // 10


@dataclass(frozen=True)
class Transcript:
    """What was heard in one stretch of audio."""

    text: str
    confidence: float
    """Mean probability of the chosen tokens, 0.0 to 1.0."""
    tokens: tuple[int, ...] = ()


NOTHING_HEARD = Transcript("", 0.0)


def _never() -> bool:
    return False


class Moonshine:
    """The recogniser. Built once, warmed, shared by all calls."""

    def __init__(self) -> None:
        self._encoder = _open_session(ENCODER)
        self._decoder = _open_session(DECODER)
        self._tokens = read_tokens(checked_path(TOKENS).read_bytes())
        self._outputs = [output.name for output in self._decoder.get_outputs()]

    def warm_up(self) -> None:
        """Run once on a second of noise, so that the first caller does not pay for it."""
        noise = np.random.default_rng(0).normal(0.0, 0.01, SAMPLE_RATE_HZ)
        self.transcribe(noise.astype(np.float32))

    def give_back_memory(self) -> None:
        """Free what the reads so far have touched, 14 MB; the next one takes a few ms longer.

        Memory is given back at the end of a run: of one that ends at once.
        """
        options = onnxruntime.RunOptions()
        options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
        options.terminate = True
        silence = _value(np.zeros((1, _MIN_SAMPLES), np.float32))
        mask = _value(np.ones((1, _MIN_SAMPLES), np.int64))
        with contextlib.suppress(Fail):
            inputs = {"input_values": silence, "attention_mask": mask}
            self._encoder.run_with_ort_values(None, inputs, options)
        feed = _first_feed(_value(np.zeros((1, 1, _WIDTH), np.float32)), mask, ())
        feed["use_cache_branch"] = _value(np.array([False]))
        with contextlib.suppress(Fail):
            self._decoder.run_with_ort_values(self._outputs, feed, options)

    def transcribe(
        self,
        audio: np.ndarray,
        *,
        after: Transcript = NOTHING_HEARD,
        guess: Transcript = NOTHING_HEARD,
        is_cancelled: Callable[[], bool] = _never,
    ) -> Transcript | None:
        """Return the text of 16 kHz mono float32 audio, or None if it was cancelled.

        Blocks; call it in a worker thread.

        Args:
            audio: Samples in -1.0 to 1.0.
            after: What was already heard in the first part of `audio`. Only the rest is returned,
                but it is understood in its context.
            guess: What the text may begin with, as a shorter part of the same audio said. Its
                tokens are tried in one step instead of one each; the result is the same.
            is_cancelled: Asked between steps, about every 5 ms.
        """
        if len(audio) < _MIN_SAMPLES:
            return NOTHING_HEARD
        samples = audio[np.newaxis].astype(np.float32, copy=False)
        mask = np.ones(samples.shape, np.int64)
        inputs = {"input_values": _value(samples), "attention_mask": _value(mask)}
        (states,) = self._encoder.run_with_ort_values(None, inputs)
        if is_cancelled():
            return None
        # The decoder wants a mask as long as the audio, not as the encoder's frames.
        known = self._without_marks(after.tokens)
        limit = int(len(audio) / SAMPLE_RATE_HZ * _MAX_TOKENS_PER_SEC) + 2 - len(known)
        guessed = guess.tokens[: max(0, limit - 1)]
        feed = _first_feed(states, inputs["attention_mask"], (*known, *guessed))
        chosen, probabilities = self._begin(feed, len(known), guessed)
        while chosen[-1] != _EOS and len(chosen) < limit:
            if is_cancelled():
                return None
            feed["input_ids"] = _value(np.array([[chosen[-1]]], np.int64))
            token, probability = _choice(self._step(feed, is_first=False)[-1])
            chosen.append(token)
            probabilities.append(probability)
        if chosen[-1] == _EOS:
            chosen.pop()
            probabilities.pop()
        confidence = round(float(np.mean(probabilities)), 4) if probabilities else 0.0
        text = self._text(chosen)
        # The mark that ends the part before belongs to that part.
        text = text.lstrip(_MARKS + " ") if known else text
        return Transcript(text, confidence, tuple(chosen)) if text else NOTHING_HEARD

    def _begin(
        self, feed: dict[str, Any], known: int, guessed: tuple[int, ...]
    ) -> tuple[list[int], list[float]]:
        """Take the first step; return the tokens it decides and how probable each is.

        Tokens of the guess that the model would have chosen itself count, and the one after them.
        """
        logits = self._step(feed, is_first=True)
        chosen: list[int] = []
        probabilities: list[float] = []
        for place in range(len(guessed) + 1):
            token, probability = _choice(logits[known + place])
            chosen.append(token)
            probabilities.append(probability)
            if place == len(guessed) or token != guessed[place]:
                break
        surplus = len(guessed) + 1 - len(chosen)
        if surplus:
            _forget(feed, surplus)
        return chosen, probabilities

    def _without_marks(self, tokens: tuple[int, ...]) -> tuple[int, ...]:
        """Drop a closing full stop or comma: it told the model that nothing follows."""
        is_mark = bool(tokens) and self._text(tokens[-1:]) in _MARKS
        return tokens[:-1] if is_mark else tokens

    def _step(self, feed: dict[str, Any], *, is_first: bool) -> np.ndarray:
        """Return the logits after each token that was fed; puts the grown cache into `feed`."""
        feed["use_cache_branch"] = _value(np.array([not is_first]))
        values = self._decoder.run_with_ort_values(self._outputs, feed)
        for name, value in zip(self._outputs[1:], values[1:], strict=True):
            # The encoder's part of the cache is complete after the first step.
            if is_first or ".encoder." not in name:
                feed[name.replace("present", "past_key_values")] = value
        return values[0].numpy()[0]

    def _text(self, ids: Sequence[int]) -> str:
        pieces = b"".join(self._tokens[i] for i in ids if i < len(self._tokens))
        return pieces.decode("utf-8", "replace").replace("\u2581", " ").strip()


def read_tokens(data: bytes) -> list[bytes]:
    """Read a `tokenizer.bin`: per token a length (one byte, or two from 128 on), then its bytes.

    Control tokens such as `<s>` become empty, so that they leave no trace in the text.
    """
    tokens: list[bytes] = []
    at = 0
    while at < len(data):
        length = data[at]
        at += 1
        if length >= 128:
            length = data[at] * 128 + length - 128
            at += 1
        token = data[at : at + length]
        is_control = token.startswith(b"<") and token.endswith(b">")
        tokens.append(b"" if is_control else token)
        at += length
    return tokens


def _open_session(file: ModelFile) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    # A second thread makes this small model slower, and calls are what runs in parallel here.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    path = str(checked_path(file))
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def _choice(logits: np.ndarray) -> tuple[int, float]:
    token = int(logits.argmax())
    return token, float(1.0 / np.exp(logits - logits[token]).sum())


def _forget(feed: dict[str, Any], count: int) -> None:
    """Take the last tokens out of the decoder's cache."""
    for name, value in feed.items():
        if name.startswith("past_key_values.") and ".decoder." in name:
            feed[name] = _value(np.ascontiguousarray(value.numpy()[:, :, :-count]))


def _value(array: np.ndarray) -> Any:
    return onnxruntime.OrtValue.ortvalue_from_numpy(array)


def _first_feed(states: Any, mask: Any, known: tuple[int, ...]) -> dict[str, Any]:
    empty = _value(np.zeros(_EMPTY_CACHE_SHAPE, np.float32))
    feed: dict[str, Any] = {
        "encoder_hidden_states": states,
        "encoder_attention_mask": mask,
        "input_ids": _value(np.array([[_BOS, *known]], np.int64)),
    }
    for layer in range(_LAYERS):
        for side in ("decoder", "encoder"):
            for kind in ("key", "value"):
                feed[f"past_key_values.{layer}.{side}.{kind}"] = empty
    return feed
