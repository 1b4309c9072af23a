from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from processors.text_to_speech.shelf.clip import LARGEST_BYTES, Clip
from processors.text_to_speech.shelf.folder import LOADED_BYTES, MAX_AGE_SECS, ShelfFolder
from tests.layout import PROJECT_ROOT
from tests.spoken_sound import RATE_HZ, pcm

VOICE, OTHER = "a" * 32, "b" * 32
NAME = f"{VOICE}-{'0' * 32}"
CLIP = Clip(pcm(), RATE_HZ)
_FILE_BYTES = len(CLIP.to_bytes(NAME, made_at_secs=1e9))
_WRITERS = """
import sys
from pathlib import Path
from processors.text_to_speech.shelf.clip import Clip
from processors.text_to_speech.shelf.folder import ShelfFolder
folder = ShelfFolder(Path(sys.argv[1]), limit_bytes=10**7)
clip = Clip(bytes([int(sys.argv[2]), 9]) * 20_000, 24_000)
for number in range(40):
    folder.write(sys.argv[3][:33] + f"{number % 4:032d}", clip)
    for kept in folder.load(sys.argv[3][:32]).values():
        assert len(set(kept.pcm[::2])) == 1 and len(kept.pcm) == 40_000
"""


class Clock:
    now_secs = 2e9

    def __call__(self) -> float:
        return self.now_secs


def name_of(number: int, voice: str = VOICE) -> str:
    return f"{voice}-{number:032d}"


def open_folder(path: Path, *, files: int = 10, clock: Clock | None = None) -> ShelfFolder:
    return ShelfFolder(path, limit_bytes=files * _FILE_BYTES + 100, now_secs=clock or Clock())


def test_what_one_call_keeps_the_next_one_has(tmp_path: Path) -> None:
    open_folder(tmp_path).write(NAME, CLIP)
    assert open_folder(tmp_path).load(VOICE) == {NAME: CLIP}
    assert open_folder(tmp_path).load(VOICE, known=frozenset({NAME})) == {}
    assert open_folder(tmp_path).load(OTHER) == {}
    assert open_folder(tmp_path / "none").load(VOICE) == {}


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    open_folder(tmp_path / "new" / "shelf").write(NAME, CLIP)
    kept = tmp_path / "new" / "shelf"
    assert kept.stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode & 0o777 for path in kept.iterdir()] == [0o600]


@pytest.mark.promise(
    "Text-to-speech",
    "Speech is kept for a month at most: a vendor may change a voice and keep its name.",
)
@pytest.mark.parametrize(
    ("age_secs", "is_there"), [(MAX_AGE_SECS - 60, True), (MAX_AGE_SECS + 60, False), (-60, False)]
)
def test_what_is_old_is_not_heard_however_often_it_was_used(
    tmp_path: Path, age_secs: float, is_there: bool
) -> None:
    clock = Clock()
    folder = open_folder(tmp_path, clock=clock)
    folder.write(NAME, CLIP)
    clock.now_secs += age_secs
    folder.note_use(NAME)
    assert (folder.load(VOICE) == {NAME: CLIP}) is is_there
    # It is made anew, in its place.
    folder.write(NAME, CLIP)
    assert folder.load(VOICE) == {NAME: CLIP}


@pytest.mark.promise(
    "Text-to-speech",
    "Kept speech takes no more room than is set; what was not used for longest goes.",
)
def test_what_was_not_used_for_longest_goes(tmp_path: Path) -> None:
    clock = Clock()
    folder = open_folder(tmp_path, files=3, clock=clock)
    for number in (1, 2, 3):
        clock.now_secs += 1
        folder.write(name_of(number), CLIP)
    clock.now_secs += 1
    folder.note_use(name_of(1))
    clock.now_secs += 1
    folder.write(name_of(4, OTHER), CLIP)
    assert folder.load(VOICE).keys() == {name_of(1), name_of(3)}
    assert folder.load(OTHER).keys() == {name_of(4, OTHER)}


def test_a_call_holds_a_few_clips_in_memory_the_ones_used_last(tmp_path: Path) -> None:
    clock = Clock()
    folder = open_folder(tmp_path, files=100, clock=clock)
    fitting = LOADED_BYTES // _FILE_BYTES
    for number in range(fitting + 3):
        clock.now_secs += 1
        folder.write(name_of(number), CLIP)
    assert folder.load(VOICE).keys() == {name_of(3 + number) for number in range(fitting)}


@pytest.mark.promise(
    "Text-to-speech",
    "Kept speech that is damaged, half written or not ours is not there, and no call is the worse "
    "for it.",
)
@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(path.read_bytes()[:-100]),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(os.urandom(9000)),
        lambda path: path.write_bytes(bytes(LARGEST_BYTES + 1)),
        lambda path: (path.unlink(), path.mkdir()),
        lambda path: (path.unlink(), os.mkfifo(path)),
        lambda path: (path.unlink(), path.symlink_to("/dev/zero")),
        lambda path: path.rename(path.with_name(name_of(2))),
        lambda path: path.rename(path.with_name(f"{path.name}.{'0' * 32}.part")),
    ],
    ids=["cut", "empty", "noise", "huge", "folder", "pipe", "link", "moved", "half"],
)
def test_a_file_that_is_not_whole_is_not_there(tmp_path: Path, spoil: object) -> None:
    folder = open_folder(tmp_path, files=100)
    folder.write(name_of(1), CLIP)
    folder.write(name_of(9), CLIP)
    spoil(tmp_path / name_of(1))  # pyright: ignore[reportCallIssue]
    assert folder.load(VOICE) == {name_of(9): CLIP}
    folder.write(name_of(8), CLIP)
    assert folder.load(VOICE).keys() == {name_of(8), name_of(9)}


def test_what_is_not_ours_is_left_alone_and_what_a_dead_writer_left_goes(tmp_path: Path) -> None:
    clock = Clock()
    folder = open_folder(tmp_path, files=1, clock=clock)
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "mine.part").write_text("mine")
    left = tmp_path / f"{NAME}.{'0' * 32}.part"
    for path in (left, tmp_path / "mine.part"):
        path.touch()
        os.utime(path, (clock.now_secs - 7200, clock.now_secs - 7200))
    folder.write(name_of(1), CLIP)
    folder.write(name_of(2), CLIP)
    assert {path.name for path in tmp_path.iterdir()} == {"notes.txt", "mine.part", name_of(2)}


@pytest.mark.promise(
    "Text-to-speech",
    "Kept speech that is damaged, half written or not ours is not there, and no call is the worse "
    "for it.",
)
@pytest.mark.parametrize("error", [28, 30, 13], ids=["full", "read-only", "forbidden"])
def test_a_disk_that_takes_nothing_keeps_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    folder = open_folder(tmp_path)
    folder.write(name_of(1), CLIP)

    def fail(*_: object, **__: object) -> None:
        raise OSError(error, "no")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", fail)
        folder.write(name_of(2), CLIP)
        patched.setattr(os, "open", fail)
        folder.write(name_of(3), CLIP)
        patched.setattr(Path, "mkdir", fail)
        folder.write(name_of(4), CLIP)
    assert [path.name for path in tmp_path.iterdir()] == [name_of(1)]
    assert folder.load(VOICE) == {name_of(1): CLIP}


def test_a_file_in_the_place_of_the_folder_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "shelf").write_text("mine")
    folder = open_folder(tmp_path / "shelf")
    folder.write(NAME, CLIP)
    folder.note_use(NAME)
    assert folder.load(VOICE) == {}
    assert (tmp_path / "shelf").read_text() == "mine"


def test_two_processes_write_at_once_and_no_clip_is_of_both(tmp_path: Path) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITERS, str(tmp_path), str(number), NAME], cwd=PROJECT_ROOT
        )
        for number in (1, 2)
    ]
    assert [writer.wait(30) for writer in writers] == [0, 0]
    assert len([*tmp_path.iterdir()]) == 4
    assert len(open_folder(tmp_path).load(VOICE)) == 0  # Made before this clock's time.
    assert len(ShelfFolder(tmp_path, limit_bytes=0).load(VOICE)) == 4
