"""Makes what the speech models need beside the files that Pipecat ships, once and always the same.

`make models` writes it into `processors/turns/`, where it is kept: it changes when Pipecat ships
other models, and then this says so. The app only reads it.
"""

from __future__ import annotations

import hashlib
import io
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from numpy.typing import NDArray

FOLDER = Path(__file__).resolve().parent.parent / "processors" / "turns"

_SILERO = ("pipecat.audio.vad.data", "silero_vad.onnx")
_SMART_TURN = ("pipecat.audio.turn.smart_turn.data", "smart-turn-v3.2-cpu.onnx")
SHA256 = {
    "silero_vad.onnx": "1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3",
    "smart-turn-v3.2-cpu.onnx": "2bb026316b14a660486a75b1733cd3fbab8c2fd0314dc9af7be49f8cca967e4f",
    "silero.npz": "3312726efcc09b5f0a67c70f803b44b46e7b1b6189ef917d5c299b3c58259f08",
    "smart_turn_readers.onnx": "9a5813a879a3d7679b8e669d5f75ad7b757035c39cce8ee84527264a4daf5f38",
}

_SOFTMAX_OUTPUTS = ("val_69", "val_142", "val_215", "val_288")
"""What the softmax of each layer gives in smart-turn-v3.2-cpu.onnx."""

_LSTM_UNITS = 128
_FLOAT = 1

_Floats = NDArray[np.float32]


def main() -> None:
    """Write the files."""
    for name, content in made().items():
        (FOLDER / name).write_bytes(content)


def made() -> dict[str, bytes]:
    """Return the files' contents by name.

    Raises:
        SystemExit: What Pipecat ships, or what is made of it, is not what this was written for.
    """
    _shipped(*_SMART_TURN)
    files = {
        "silero.npz": _packed(_silero_weights(_shipped(*_SILERO))),
        "smart_turn_readers.onnx": _second_readers(_SOFTMAX_OUTPUTS),
    }
    for name, content in files.items():
        _check(name, content)
    return files


def _shipped(package: str, name: str) -> bytes:
    content = resources.files(package).joinpath(name).read_bytes()
    _check(name, content)
    return content


def _check(name: str, content: bytes) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256[name]:
        sys.exit(f"{name} is not the known file: its SHA-256 is {found}")


def _second_readers(names: tuple[str, ...]) -> bytes:
    """Return an ONNX fragment that gives each tensor a reader more: a `Shape` nobody asks for.

    ONNX Runtime 1.32 fuses a softmax with its quantisation into an operator that takes 10 of a
    look's 33 ms; the plain operators take 2. What has two readers it does not fuse. Protobuf merges
    messages that follow each other, so the fragment is put behind the model.
    """
    message = _model()
    for name in names:
        message.graph.node.add(input=[name], output=[f"{name}_shape"], op_type="Shape")
    return message.SerializeToString(deterministic=True)


def _silero_weights(model: bytes) -> dict[str, _Floats]:
    """Return the model's 16 kHz weights, laid out for one matrix product a layer."""
    tensors = _float_tensors(model)

    def tensor(name: str) -> _Floats:
        # The other branch of the file's condition is the model for 8 kHz.
        return tensors[f"If_0_then_branch__Inline_0__{name}"]

    taps = [tensor(f"encoder.{layer}.reparam_conv.weight") for layer in range(4)]
    # Two strides of two leave one frame after the third layer, so its first tap and the outer two
    # of the fourth only ever meet padding.
    used = [taps[0], taps[1], taps[2][:, :, 1:], taps[3][:, :, 1:2]]
    # A gate's sigmoid is a scaled tanh of half its input, and tanh is one call for all gates.
    halves = np.repeat(np.array([0.5, 0.5, 1.0, 0.5], np.float32), _LSTM_UNITS)
    gates = np.concatenate((tensor("decoder.rnn.weight_ih"), tensor("decoder.rnn.weight_hh")), 1)
    bias = tensor("decoder.rnn.bias_ih") + tensor("decoder.rnn.bias_hh")
    return {
        **{
            f"convolution_{layer}": tap.transpose(2, 1, 0).reshape(-1, tap.shape[0])
            for layer, tap in enumerate(used)
        },
        **{
            f"convolution_bias_{layer}": tensor(f"encoder.{layer}.reparam_conv.bias")
            for layer in range(4)
        },
        "lstm": gates * halves[:, np.newaxis],
        "lstm_bias": bias * halves,
        "output": tensor("decoder.decoder.2.weight").ravel(),
        "output_bias": tensor("decoder.decoder.2.bias"),
    }


def _float_tensors(model: bytes) -> dict[str, _Floats]:
    """Return an ONNX file's constants by name, those in the branches of its conditions too."""
    tensors: dict[str, _Floats] = {}
    graphs: list[Any] = [_model(model).graph]
    while graphs:
        for node in graphs.pop().node:
            for attribute in node.attribute:
                if attribute.HasField("g"):
                    graphs.append(attribute.g)
                tensor = attribute.t
                if tensor.data_type == _FLOAT and tensor.raw_data:
                    values = np.frombuffer(tensor.raw_data, np.float32)
                    tensors[node.output[0]] = values.reshape(list(tensor.dims))
    return tensors


def _packed(arrays: dict[str, _Floats]) -> bytes:
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **{k: np.ascontiguousarray(v) for k, v in arrays.items()})
    return file.getvalue()


def _model(content: bytes = b"") -> Any:
    """Read an ONNX model: of onnx.proto, the messages and fields that are needed here."""
    kind = descriptor_pb2.FieldDescriptorProto
    fields = {
        "Model": [("graph", 7, "Graph")],
        "Graph": [("node*", 1, "Node")],
        "Node": [
            ("input*", 1, kind.TYPE_STRING),
            ("output*", 2, kind.TYPE_STRING),
            ("op_type", 4, kind.TYPE_STRING),
            ("attribute*", 5, "Attribute"),
        ],
        "Attribute": [("t", 5, "Tensor"), ("g", 6, "Graph")],
        "Tensor": [
            ("dims*", 1, kind.TYPE_INT64),
            ("data_type", 2, kind.TYPE_INT32),
            ("raw_data", 9, kind.TYPE_BYTES),
        ],
    }
    file = descriptor_pb2.FileDescriptorProto(name="onnx.proto", package="onnx", syntax="proto2")
    for message, rows in fields.items():
        described = file.message_type.add(name=message)
        for name, number, of in rows:
            field = described.field.add(name=name.rstrip("*"), number=number)
            field.label = kind.LABEL_REPEATED if name[-1] == "*" else kind.LABEL_OPTIONAL
            if isinstance(of, str):
                field.type, field.type_name = kind.TYPE_MESSAGE, f".onnx.{of}"
            else:
                field.type = of
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    made = message_factory.GetMessageClass(pool.FindMessageTypeByName("onnx.Model"))()
    made.ParseFromString(content)
    return made


if __name__ == "__main__":
    main()
