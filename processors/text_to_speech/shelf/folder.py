"""Clips on disk, shared by every call of this machine. Blocks: it is for a thread beside the loop.

Nothing here can fail a call: a disk that is full or read-only keeps nothing, and a file that is
not whole, not ours or too old is not there.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from loguru import logger

from .clip import LARGEST_BYTES, Clip

MAX_AGE_SECS = 30 * 86_400.0
"""A vendor may change a voice and keep its name: then it is heard anew within a month."""

MAX_FILES = 2000
"""So that a folder is looked through within 20 ms."""

LOADED_BYTES = 2_000_000
"""Of one voice, in the memory of a call: some 60 clips."""

_NAME = re.compile(r"[0-9a-f]{32}-[0-9a-f]{32}")
_UNFINISHED = re.compile(r"[0-9a-f]{32}-[0-9a-f]{32}\.[0-9a-f]{32}\.part")
_UNFINISHED_SECS = 3600.0
"""After which a file that is being written has been left by its process."""


class ShelfFolder:
    """Keeps clips by their names, `<voice>-<text>`, both hashes.

    Args:
        path: Made when the first clip is kept.
        limit_bytes: Of all files; those go that were not used for longest.
        now_secs: The calendar's clock.
    """

    def __init__(
        self, path: Path, *, limit_bytes: int, now_secs: Callable[[], float] = time.time
    ) -> None:
        self._path = path
        self._limit_bytes = limit_bytes
        self._now_secs = now_secs
        self._is_failing = False

    def load(self, voice: str, *, known: frozenset[str] = frozenset()) -> dict[str, Clip]:
        """Return the clips of a voice by their names, the ones used last if there are too many.

        Args:
            voice: The first half of their names.
            known: Names that are not looked for.
        """
        clips: dict[str, Clip] = {}
        left_bytes = LOADED_BYTES
        for name, _, size in self._files():
            if not name.startswith(voice) or size > LARGEST_BYTES:
                continue
            left_bytes -= size
            if left_bytes < 0:
                break
            if name not in known and (clip := self._read(name)):
                clips[name] = clip
        return clips

    def write(self, name: str, clip: Clip) -> None:
        """Keep a clip, unless the disk does not want it."""
        unfinished = self._path / f"{name}.{uuid4().hex}.part"
        try:
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            data = clip.to_bytes(name, made_at_secs=self._now_secs())
            file = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(file, "wb") as target:
                target.write(data)
            unfinished.replace(self._path / name)
            self.note_use(name)
        except OSError as error:
            self._tell(error)
            with suppress(OSError):
                unfinished.unlink()
        self._trim()

    def note_use(self, name: str) -> None:
        """Note that a clip was heard."""
        with suppress(OSError):
            os.utime(self._path / name, (self._now_secs(), self._now_secs()))

    def _read(self, name: str) -> Clip | None:
        try:
            kept = Clip.from_bytes((self._path / name).read_bytes(), name)
        except OSError as error:
            self._tell(error)
            return None
        if kept is None or not 0 <= self._now_secs() - kept[1] <= MAX_AGE_SECS:
            return None
        return kept[0]

    def _files(self) -> list[tuple[str, float, int]]:
        """Return name, time of last use and length of every clip, the one used last first."""
        found: list[tuple[str, float, int]] = []
        with suppress(OSError), os.scandir(self._path) as entries:
            for entry in entries:
                # Another process may remove it meanwhile. A pipe, or a link to one, would block.
                with suppress(OSError):
                    if _NAME.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                        status = entry.stat(follow_symlinks=False)
                        found.append((entry.name, status.st_mtime, status.st_size))
        return sorted(found, key=lambda file: file[1], reverse=True)

    def _trim(self) -> None:
        left_bytes, left_files = self._limit_bytes, MAX_FILES
        for name, used_at_secs, size in self._files():
            left_bytes, left_files = left_bytes - size, left_files - 1
            is_unused = self._now_secs() - used_at_secs > MAX_AGE_SECS
            if is_unused or left_bytes < 0 or left_files < 0:
                with suppress(OSError):
                    (self._path / name).unlink()
        for path in self._path.glob("*.part"):
            with suppress(OSError):
                age_secs = self._now_secs() - path.stat().st_mtime
                if _UNFINISHED.fullmatch(path.name) and age_secs > _UNFINISHED_SECS:
                    path.unlink()

    def _tell(self, error: OSError) -> None:
        if not self._is_failing:
            logger.warning("The speech shelf cannot be used: {}", type(error).__name__)
        self._is_failing = True
