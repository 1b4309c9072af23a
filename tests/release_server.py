"""A file server on loopback that stands in for the place where LiveKit publishes releases."""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from typing_extensions import override

from bot.livekit.release import LIVEKIT_VERSION


class ReleaseServer:
    """Serves `files` by name in the version's folder; `stalled` ones never arrive whole."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.files: dict[str, bytes] = {}
        self.stalled: set[str] = set()
        self.moved_to = ""
        """Where it sends whoever asks; empty: nowhere."""
        self.asked: list[str] = []
        self.is_stalling = threading.Event()
        self.is_closing = threading.Event()

    def publish(self, name: str, archive: bytes) -> dict[str, str]:
        """Put an archive there; returns its true checksum, for every architecture."""
        self.files[name] = archive
        digest = hashlib.sha256(archive).hexdigest()
        # As a release does it; whoever serves a false archive writes its checksum too.
        self.files["checksums.txt"] = f"{digest}  {name}\n".encode()
        return {"amd64": digest, "arm64": digest}


@contextmanager
def running_release_server() -> Generator[ReleaseServer]:
    """Run the file server on a free port while the block runs."""
    release: ReleaseServer

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            folder, _, name = self.path.strip("/").partition("/")
            release.asked.append(name)
            if release.moved_to:
                _move(self, release.moved_to)
                return
            content = release.files.get(name)
            if folder != f"v{LIVEKIT_VERSION}" or content is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if name in release.stalled:
                self.wfile.write(content[: len(content) // 2])
                release.is_stalling.set()
                release.is_closing.wait()
            else:
                self.wfile.write(content)

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        release = ReleaseServer(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield release
        finally:
            release.is_closing.set()
            server.shutdown()
            thread.join()


def _move(handler: BaseHTTPRequestHandler, url: str) -> None:
    handler.send_response(302)
    handler.send_header("Location", url)
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def build_archive(files: Mapping[str, bytes], *, links: Mapping[str, str] | None = None) -> bytes:
    """Return a .tar.gz with these files, and these names as symbolic links."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
        for name, target in (links or {}).items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            tar.addfile(entry)
    return buffer.getvalue()
