"""llama.cpp's own server, from its Python package: `serve_llama.py FOLDER TEMPLATE KEY`.

Prints its address when it is ready, and ends with its standard input.
"""

from __future__ import annotations

import sys
from pathlib import Path

import xllamacpp  # pyright: ignore[reportMissingImports] - installed apart, see the Makefile
from tiny_model import write_model


def main(folder: str, template: str, key: str) -> None:
    """Serve until the parent is gone."""
    model = Path(folder) / "tiny.gguf"
    write_model(model)
    params = xllamacpp.CommonParams()
    params.model.path = str(model)
    params.chat_template = (Path(__file__).parent / template).read_text(encoding="utf-8")
    params.use_jinja = True
    params.port = 0
    params.api_keys = [key]
    params.n_ctx = 16_384
    # It reads a long prompt in seconds and says meanwhile, each second, that it is alive.
    params.n_batch, params.n_ubatch = 64, 8
    params.sse_ping_interval = 1
    params.cpuparams.n_threads = 1
    params.sampling.temp = 0.0
    params.verbosity = 1
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)  # noqa: T201 - read by the test
    sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
