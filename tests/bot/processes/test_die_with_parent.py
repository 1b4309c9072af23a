from __future__ import annotations

import subprocess
import sys

import psutil
import pytest

from bot.processes import die_with_parent
from bot.processes.die_with_parent import with_parent

_LIMIT_SECS = 10.0
# Starts a wrapped `sleep`, says its process id, and waits to be killed.
_PARENT = """
import subprocess, sys
from bot.processes.die_with_parent import with_parent
child = subprocess.Popen(with_parent([sys.executable, "-c", "import time; time.sleep(60)"]))
print(child.pid, flush=True)
child.wait()
"""


# The same on a system without the kernel's parent-death signal.
_PARENT_ELSEWHERE = """
import os, subprocess, sys
from bot.processes import die_with_parent
code = "import runpy, sys; sys.platform = 'other'; sys.argv = sys.argv[1:]; "
code += "runpy.run_path(sys.argv[0], run_name='__main__')"
command = [sys.executable, "-c", "import time; time.sleep(60)"]
child = subprocess.Popen(
    [sys.executable, "-c", code, die_with_parent.__file__, str(os.getpid()), *command]
)
print(child.pid, flush=True)
child.wait()
"""


@pytest.mark.parametrize("is_asked_nicely", [True, False])
@pytest.mark.parametrize("code", [_PARENT, _PARENT_ELSEWHERE], ids=["Linux", "elsewhere"])
def test_a_child_dies_with_its_parent(code: str, is_asked_nicely: bool) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        if is_asked_nicely:
            parent.terminate()
        else:
            parent.kill()
        parent.wait(_LIMIT_SECS)
        _, alive = psutil.wait_procs([child], _LIMIT_SECS)
    assert not alive


def test_a_command_whose_parent_is_already_gone_never_starts() -> None:
    wrapped = with_parent([sys.executable, "-c", "print('started')"])
    wrapped[wrapped.index(die_with_parent.__file__) + 1] = "1"  # not this process
    result = subprocess.run(wrapped, capture_output=True, text=True, timeout=_LIMIT_SECS)
    assert (result.returncode, result.stdout) == (1, "")


def test_a_command_keeps_its_process_id_arguments_and_exit_code() -> None:
    code = "import os, sys; print(os.getpid(), sys.argv[1:]); sys.exit(7)"
    with subprocess.Popen(
        with_parent([sys.executable, "-c", code, "a b", "--c"]), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.read() == f"{process.pid} ['a b', '--c']\n"
    assert process.returncode == 7
