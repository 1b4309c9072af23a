"""A supervised process as small as can be: it answers HTTP and says a few lines."""

from __future__ import annotations

import sys
from collections.abc import Callable

from bot.launch import free_port
from bot.processes.child_process import ChildCommand
from bot.processes.part import Part

_SERVER = """
import http.server, signal, sys
port, is_stubborn, words = int(sys.argv[1]), sys.argv[2] == "True", sys.argv[3:]
if is_stubborn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *_): pass
with http.server.HTTPServer(("127.0.0.1", port), Handler) as server:
    print("starting", flush=True)
    for word in words: print(word, flush=True)
    server.serve_forever()
"""


def small_part(
    *words: str,
    on_line: Callable[[str], None],
    ready_line: str = "",
    is_stubborn: bool = False,
) -> Part:
    """Return a part that says `words`; a stubborn one does not listen to SIGTERM."""
    port = free_port()
    arguments = (sys.executable, "-c", _SERVER, str(port), str(is_stubborn), *words)
    return Part(
        command=ChildCommand(name="test part", arguments=arguments),
        health_url=f"http://127.0.0.1:{port}/",
        on_line=on_line,
        ready_line=ready_line,
    )
