"""Looks for what a process must not hold, in all of its memory."""

from __future__ import annotations

from pathlib import Path


def is_in_memory_of(pid: int, secret: str) -> bool:
    """Tell whether the bytes are anywhere in what a process can write to.

    Raises:
        PermissionError: the process is another user's, or hides its memory from this one.
    """
    folder, wanted = Path(f"/proc/{pid}"), secret.encode()
    with (folder / "mem").open("rb", buffering=0) as memory:
        for line in (folder / "maps").read_text().splitlines():
            span, rights, *_ = line.split()
            if not rights.startswith("rw"):
                continue
            begin, end = (int(one, 16) for one in span.split("-"))
            try:
                memory.seek(begin)
                # In one piece: the bytes may stand across any border within.
                if wanted in memory.read(end - begin):
                    return True
            except (OSError, OverflowError):
                continue  # device memory, or unmapped by now
    return False
