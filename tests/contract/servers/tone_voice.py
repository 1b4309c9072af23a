"""A Piper voice that says everything with one tone."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx  # pyright: ignore[reportMissingImports] - installed apart, see the Makefile
from onnx import TensorProto, helper, numpy_helper  # pyright: ignore[reportMissingImports]

RATE_HZ = 22_050
TONE_HZ = 440.0
TONE_SECS = 1.0
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def write_voice(path: Path) -> None:
    """Write the voice: an ONNX graph that gives out what it holds, and its description beside."""
    times = np.arange(round(RATE_HZ * TONE_SECS)) / RATE_HZ
    tone = (np.sin(2 * np.pi * TONE_HZ * times) * 0.3).astype(np.float32)
    inputs = {
        "input": (TensorProto.INT64, [1, "length"]),
        "input_lengths": (TensorProto.INT64, [1]),
        "scales": (TensorProto.FLOAT, [3]),
    }
    graph = helper.make_graph(
        [helper.make_node("Identity", ["tone"], ["output"])],
        "tone",
        [helper.make_tensor_value_info(name, *kind) for name, kind in inputs.items()],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 1, 1, len(times)])],
        [numpy_helper.from_array(tone.reshape(1, 1, 1, -1), "tone")],
    )
    # Of 2022, which every onnxruntime reads.
    opset = helper.make_opsetid("", 17)
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=8), path)
    ids = {symbol: [number] for number, symbol in enumerate("_^$ " + _LETTERS)}
    description = {
        "audio": {"sample_rate": RATE_HZ},
        "espeak": {"voice": "en-us"},
        "num_speakers": 1,
        "num_symbols": len(ids),
        "phoneme_id_map": ids,
        "phoneme_type": "text",
    }
    Path(f"{path}.json").write_text(json.dumps(description), encoding="utf-8")
