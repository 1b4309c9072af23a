"""Every bench, one after the other, and the page of results: `make bench`.

    python -m bench [--quick] [--only room start ...]

The whole run takes about four hours on two cores and needs the machine for itself; --quick takes
ten minutes and shows that everything works, not how fast it is.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

from bench.report import write_report
from bench.stage import ROOT

_FULL = {
    "inprocess": ["--sessions", "5", "--cycles", "5"],
    "room": ["--sessions", "5", "--cycles", "5"],
    "keyless": [],
    "start": ["--starts", "20", "--subjects", "ours", "livekit-agents", "pipecat"],
    "barge_in": [],
    "turns": [],
    "drafts": [],
    "load": [],
    "caption_timing": ["--replies", "20", "--interruptions", "30"],
    "abuse": [],
    "store": [],
    "page": [],
    "early_words": [],
}
_QUICK = {
    "inprocess": ["--sessions", "1", "--cycles", "1", "--sets", "D"],
    "room": ["--sessions", "1", "--cycles", "1", "--sets", "D", "F"],
    "keyless": ["--sessions", "1", "--questions", "3"],
    "start": ["--starts", "2"],
    "barge_in": ["--limit", "6", "--subjects", "ours"],
    "turns": ["--limit", "12"],
    "drafts": ["--limit", "12"],
    "load": ["--calls", "1", "2", "--rounds", "2", "--subjects", "ours"],
    "caption_timing": [],
    "abuse": ["--secs", "4", "--rate", "200"],
    "store": ["--sessions", "200", "--secs", "3"],
    "page": ["--rounds", "1", "--evenings", "1"],
    "early_words": ["--calls", "2"],
}


def main() -> int:
    """Run the benches; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", nargs="+", choices=list(_FULL), default=list(_FULL))
    options = parser.parse_args()
    sizes = _QUICK if options.quick else _FULL
    failed: list[str] = []
    for name in options.only:
        print(f"\n=== {name}", flush=True)
        command = [sys.executable, "-m", f"bench.{name}", *sizes[name]]
        if subprocess.run(command, cwd=ROOT).returncode != 0:
            failed.append(name)
    print(f"\nreport: {write_report()}")
    if failed:
        print(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
