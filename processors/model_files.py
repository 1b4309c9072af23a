"""Finds the model files inside installed packages and checks that they are the known ones.

The packages that only carry data are never imported: their files are read by path.
"""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple


class ModelFileError(Exception):
    """A model file is missing or is not the file this code was tested with."""


class ModelFile(NamedTuple):
    """One file of one installed package."""

    package: str
    path: str
    """Relative to the package's folder."""
    sha256: str


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
