"""A studio for Piper voices with an OpenAI end point: `serve_piper.py FOLDER`.

Prints its address when it is ready, and ends with its standard input.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from pathlib import Path

import uvicorn
from tone_voice import write_voice


def main(folder: str) -> None:
    """Serve until the parent is gone."""
    data = Path(folder)
    (data / "voices").mkdir()
    write_voice(data / "voices" / "tone.onnx")
    settings = {"api_default_voice": "tone", "api_normalize": False, "device": "cpu"}
    (data / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    os.environ["LOCAL_TTS_DATA_DIR"] = folder
    # It logs there.
    address, sys.stdout = sys.stdout, sys.stderr
    # It reads where its data is when it is imported.
    from local_tts.server.app import (  # pyright: ignore[reportMissingImports] - installed apart
        app,
    )

    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
    threading.Thread(target=_end_with_stdin, args=(server,), daemon=True).start()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        # The system takes connections from here on.
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", file=address, flush=True)
        server.run(sockets=[listener])


def _end_with_stdin(server: uvicorn.Server) -> None:
    sys.stdin.read()
    server.should_exit = True


if __name__ == "__main__":
    main(*sys.argv[1:])
