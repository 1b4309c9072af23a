"""The program that REDACT_FILE runs in, with nothing of the project: it may hang, end or print.

Started by its path, with the file's. Says `{"problem": ""}`, or why the file cannot be used. Then
it reads a text as JSON on each line, and answers on one: `{"words": ...}`, or `{"problem": ...}`.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
from collections.abc import Callable
from typing import Any, TextIO


def main(path: str) -> None:
    """Serve until the line is closed."""
    asked, told = _own_line()
    # What stands beside the file can be imported, behind all that is installed.
    sys.path.append(os.path.dirname(os.path.abspath(path)))
    try:
        redact = runpy.run_path(path).get("redact")
    except BaseException as error:  # noqa: BLE001 - it is the operator's code
        _say(told, {"problem": f"cannot be run ({type(error).__name__})"})
        return
    if not callable(redact):
        _say(told, {"problem": "has no function redact(text)"})
        return
    _say(told, {"problem": ""})
    for line in asked:
        _say(told, _answer(redact, json.loads(line)))


def _answer(redact: Callable[[str], Any], text: str) -> dict[str, str]:
    try:
        words = redact(text)
    except BaseException as error:  # noqa: BLE001 - it is the operator's code, and may end itself
        # Only the type: the message may hold what was said.
        return {"problem": type(error).__name__}
    return {"words": words} if isinstance(words, str) else {"problem": "it returned no text"}


def _own_line() -> tuple[TextIO, TextIO]:
    """Take what it is asked and answers by from the file's code, which may read and print."""
    asked, told = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1):
        os.dup2(nothing, number)
    return asked, told


def _say(told: TextIO, answer: dict[str, str]) -> None:
    told.write(f"{json.dumps(answer)}\n")
    told.flush()


if __name__ == "__main__":
    main(sys.argv[1])
