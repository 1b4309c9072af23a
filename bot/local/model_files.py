"""Finds the model files inside installed packages and checks that they are the known ones.

The packages that only carry data are never imported: their files are read by path.
"""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple


class ModelFileError(Exception):
    """A model file is missing or is not the file this server was tested with."""


class ModelFile(NamedTuple):
    """One file of one installed package."""

    package: str
    path: str
    """Relative to the package's folder."""
    sha256: str


# Moonshine AI's own tiny-en (quantized) download; the wheel moonshine-voice 0.1.0 carries it.
MOONSHINE_ENCODER = ModelFile(
    "moonshine_voice",
    "assets/tiny-en/encoder_model.ort",
    "94e90a4654fc45cdfedb77c4c08e1739f48862998e58fada384b25118134f221",
)
MOONSHINE_DECODER = ModelFile(
    "moonshine_voice",
    "assets/tiny-en/decoder_model_merged.ort",
    "cf524c4862d36e9e5ab032eddc73637efd822d70e868ac575cf1a46e1e4708a0",
)
MOONSHINE_TOKENS = ModelFile(
    "moonshine_voice",
    "assets/tiny-en/tokenizer.bin",
    "6884b35fd6377d4c4d32336a0bc152f36b64d1e45b6503683cdc238250a8472d",
)
SILERO = ModelFile(
    "pipecat",
    "audio/vad/data/silero_vad.onnx",
    "1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3",
)
HIBARI = ModelFile(
    "hibari",
    "assets/hibari.onnx",
    "5f70741d4e900f4e85d0037498736cc1b3e1b9a63a13546a5da1e63abf4fccd8",
)


def checked_path(file: ModelFile) -> Path:
    """Return where the file lies on this machine, after comparing its hash.

    Raises:
        ModelFileError: if the package or file is missing, or its content differs.
    """
    spec = find_spec(file.package)
    if spec is None or spec.origin is None:
        raise ModelFileError(
            f"the Python package {file.package!r} is not installed; run `make setup`"
        )
    path = Path(spec.origin).parent / file.path
    if not path.is_file():
        raise ModelFileError(f"{file.package}/{file.path} is missing; run `make setup`")
    with path.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if found != file.sha256:
        raise ModelFileError(
            f"{file.package}/{file.path} is not the expected file (sha256 {found[:12]}…, wanted"
            f" {file.sha256[:12]}…); reinstall the locked version with `make setup`"
        )
    return path
