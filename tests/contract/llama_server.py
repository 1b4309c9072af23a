"""llama.cpp's own server with a model that says what `servers/tiny_model.py` makes it say."""

from __future__ import annotations

import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SERVERS_DIR = Path(__file__).parent / "servers"
_PYTHON = Path(__file__).parents[2] / ".cache" / "servers-venv" / "bin" / "python"
KEY = "key"


@dataclass(frozen=True)
class LlamaServer:
    http_url: str
    process: subprocess.Popen[str]

    @property
    def base_url(self) -> str:
        return f"{self.http_url}/v1"


@contextmanager
def open_llama_server(template: str = "free.jinja") -> Generator[LlamaServer]:
    """Serve on a free port of the loopback interface until the block ends.

    Args:
        template: The chat template, a file in `servers`.
    """
    assert _PYTHON.exists(), "`make setup` installs the servers of the contract tests"
    command = [_PYTHON, SERVERS_DIR / "serve_llama.py", template, KEY]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            assert url, f"llama-server ended with code {process.wait()}"
            yield LlamaServer(url, process)
        finally:
            process.kill()
