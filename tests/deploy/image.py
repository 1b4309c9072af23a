"""The image of `deploy/Containerfile`, built without an engine: buildah, on a tree of Debian's own.

No registry of images is asked: the base is what debootstrap makes, slimmed as `debian:13-slim` is.
Where this machine has no LiveKit release, its own program takes the place of the release's.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.settings import PROJECT_ROOT

BUILD_SECS = 3000.0
_NAME, _BASE, _LIVEKIT = "localhost/parley", "localhost/debian", "localhost/livekit"
_SUITE = "trixie"
_OWN_AUTHORITIES = Path("/usr/local/share/ca-certificates")
# What says how this machine reaches packages.
_OF_PACKAGES = (Path("/etc/pip.conf"), Path.home() / ".npmrc")
_SLIM = ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info")

# buildah's own way writes into the root.
_ROOT = """
mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && mount -t proc proc "$0/proc" &&
mount --rbind /dev "$0/dev" && mount -t tmpfs tmpfs "$0/tmp" && mount --bind "$1" "$0/data" || exit
root=$0 chroot=$2 user=$3 folder=$4 && shift 4
exec "$chroot" --userspec="$user" "$root" /usr/bin/env -C "$folder" "$@"
"""


def lacks() -> str:
    """Return why there can be no image here; empty: there can be one."""
    if os.geteuid() != 0:
        return "building an image needs root here"
    missing = [one for one in ("buildah", "debootstrap") if not shutil.which(one)]
    return f"not installed: {', '.join(missing)}" if missing else ""


@dataclass(frozen=True)
class Images:
    """Where images are kept. Layers that are there are not built again."""

    folder: Path

    def build(self, livekit: Path) -> str:
        """Build the image; returns its name."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._import(_BASE, self._tree(), "/")
        self._import(_LIVEKIT, livekit, "/usr/local/bin/livekit-server")
        mounts = [("--volume", f"{one}:{one}:ro") for one in _OF_PACKAGES if one.is_file()]
        self.run(
            *("bud", "--isolation", "chroot", "--layers", "--format", "docker"),
            *("--build-arg", f"BASE={_BASE}", "--build-arg", f"LIVEKIT={_LIVEKIT}"),
            *(part for mount in mounts for part in mount),
            *("--file", "deploy/Containerfile", "--tag", _NAME, "."),
        )
        return _NAME

    def run(self, *arguments: str) -> str:
        """Run buildah; returns what it says."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=PROJECT_ROOT,
            check=False,
            capture_output=True,
            text=True,
            timeout=BUILD_SECS,
        )
        assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
        return done.stdout.strip()

    def command(self, *arguments: str) -> list[str]:
        """Return the command line."""
        places = ("--root", str(self.folder / "store"), "--runroot", str(self.folder / "run"))
        return ["buildah", "--storage-driver", "vfs", *places, *arguments]

    def size_bytes(self, name: str) -> int:
        """Return how large an image is, unpacked."""
        told = self.run("images", "--format", "{{.Name}} {{.Size}}", "--json", name)
        return _bytes_of(json.loads(told)[0]["size"])

    def _tree(self) -> Path:
        """Return a folder with a small Debian, which is made at the first time."""
        tree = self.folder / "tree"
        if (tree / "etc/debian_version").is_file():
            return tree
        draft = self.folder / "tree.draft"
        shutil.rmtree(draft, ignore_errors=True)
        include = "--include=ca-certificates"
        _check(["debootstrap", "--variant=minbase", include, _SUITE, str(draft)])
        for one in _OWN_AUTHORITIES.glob("*.crt"):
            shutil.copy(one, draft / "usr/local/share/ca-certificates")
        _check(["chroot", str(draft), "update-ca-certificates"])
        for name in (*_SLIM, "var/lib/apt/lists", "var/cache/apt", "dev"):
            shutil.rmtree(draft / name)
            (draft / name).mkdir()
        draft.rename(tree)
        return tree

    def _import(self, name: str, source: Path, target: str) -> None:
        found = subprocess.run(
            self.command("images", "--quiet", name), check=False, capture_output=True
        )
        if found.returncode == 0:
            return
        container = self.run("from", "scratch")
        self.run("copy", container, str(source), target)
        self.run("commit", "--format", "docker", container, name)
        self.run("rm", container)


@dataclass
class Container:
    """A container of an image, in which one thing runs at a time."""

    images: Images
    name: str

    def said(self, *command: str) -> str:
        """Run a command to its end; returns what it says."""
        return self.images.run("run", "--isolation", "chroot", self.name, "--", *command)

    def start(
        self, *command: str, data: Path, log: Path, settings: dict[str, str]
    ) -> subprocess.Popen[bytes]:
        """Start a command that stays, with a root that cannot be written, as the image says."""
        config = json.loads(self.images.run("inspect", self.name))["Docker"]["config"]
        told = dict(line.split("=", 1) for line in config["Env"])
        found = [shutil.which(one) or one for one in ("unshare", "sh", "chroot")]
        unshare, shell, chroot = found
        root = self.images.run("mount", self.name)
        script = (_ROOT, root, str(data), chroot, config["User"], config["WorkingDir"], *command)
        with log.open("ab") as sink:
            return subprocess.Popen(
                [unshare, "--mount", "--pid", "--fork", "--kill-child", shell, "-c", *script],
                env=told | settings,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )


def stop(process: subprocess.Popen[bytes], limit_secs: float = 60.0) -> None:
    """End what was started, and all that belongs to it."""
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(limit_secs)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _check(command: Sequence[str]) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, (done.stdout + done.stderr)[-2000:]


def _bytes_of(text: str) -> int:
    number, unit = text.split()
    return int(float(number) * {"B": 1, "KB": 1e3, "MB": 1e6, "GB": 1e9}[unit.upper()])
