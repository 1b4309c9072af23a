"""Servers of other people, each a process of its own with an environment of its own.

What they are and which models they have is in `servers`.
"""

from __future__ import annotations

import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

SERVERS_DIR = Path(__file__).parent / "servers"
_PYTHON = Path(__file__).parents[2] / ".cache" / "servers-venv" / "bin" / "python"
KEY = "key"


@dataclass(frozen=True)
class OtherServer:
    http_url: str
    process: subprocess.Popen[str]

    @property
    def base_url(self) -> str:
        return f"{self.http_url}/v1"


@contextmanager
def open_llama_server(template: str = "free.jinja") -> Generator[OtherServer]:
    """Serve a language model that says what `servers/tiny_model.py` makes it say.

    Args:
        template: The chat template, a file in `servers`.
    """
    with _open_server("serve_llama.py", template, KEY) as server:
        yield server


@contextmanager
def open_piper_server() -> Generator[OtherServer]:
    """Serve a voice that says everything with the tone `servers/tone_voice.py` makes."""
    with _open_server("serve_piper.py") as server:
        yield server


@contextmanager
def _open_server(script: str, *arguments: str) -> Generator[OtherServer]:
    """Run a script that prints its address and ends with its standard input."""
    assert _PYTHON.exists(), "`make setup` installs the servers of the contract tests"
    with TemporaryDirectory() as folder:
        command = [_PYTHON, SERVERS_DIR / script, folder, *arguments]
        # onnxruntime reports to its maker unless told not to.
        environment = {"HOME": folder, "TMPDIR": folder, "ORT_DISABLE_TELEMETRY": "1"}
        pipe = subprocess.PIPE
        with subprocess.Popen(
            command, env=environment, stdin=pipe, stdout=pipe, text=True
        ) as process:
            try:
                assert process.stdout is not None
                url = process.stdout.readline().strip()
                assert url, f"{script} ended with code {process.wait()}"
                yield OtherServer(url, process)
            finally:
                process.kill()
