"""What is wrong with a certificate of the operator's own is told before anybody calls."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import LaunchError
from bot.lan.given import check_given
from bot.lan.leaf import keep_leaf
from tests.bot.lan.certificates import NONSENSE, Pair, read_authority, write_key, write_pair

_NAMES = ("192.168.1.20", "box.local")


def _with_another_key(folder: Path) -> Pair:
    write_key(folder / "other.pem")
    return Pair(write_pair(folder, _NAMES).certificate, folder / "other.pem")


def _with_a_locked_key(folder: Path) -> Pair:
    write_key(folder / "locked.pem", passphrase=b"secret words")
    return Pair(write_pair(folder, _NAMES).certificate, folder / "locked.pem")


def _swapped(folder: Path) -> Pair:
    pair = write_pair(folder, _NAMES)
    return Pair(pair.key, pair.key)


def _without_a_key(folder: Path) -> Pair:
    pair = write_pair(folder, _NAMES)
    return Pair(pair.certificate, pair.certificate)


def _unreadable(folder: Path) -> Pair:
    # A folder in its place: root reads every file.
    pair = write_pair(folder, _NAMES)
    pair.key.unlink()
    pair.key.mkdir()
    return pair


def _cut_off(folder: Path) -> Pair:
    pair = write_pair(folder, _NAMES)
    pair.certificate.write_bytes(pair.certificate.read_bytes()[:200])
    return pair


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda folder: write_pair(folder, ["other.example"]), "is for other.example, and callers"),
        (lambda folder: write_pair(folder, ["192.168.1.21"]), "is for 192.168.1.21, and callers"),
        (lambda folder: write_pair(folder, []), "is for nothing, and callers come to 192.168.1.20"),
        (lambda folder: write_pair(folder, _NAMES, ends=timedelta(hours=-1)), "expired on "),
        (
            lambda folder: write_pair(folder, _NAMES, begins=timedelta(hours=1)),
            "is the clock right?",
        ),
        (_with_another_key, "the key in TLS_KEY does not fit"),
        (_with_a_locked_key, "has a passphrase"),
        (_swapped, "holds no certificate in PEM"),
        (_without_a_key, "holds no private key in PEM"),
        (_cut_off, "holds no certificate in PEM"),
        (_unreadable, "TLS_KEY: "),
        (lambda folder: Pair(folder / "nowhere.pem", folder / "nowhere.pem"), "cannot be read"),
        (lambda folder: write_pair(folder, NONSENSE), "holds no certificate in PEM"),
        (lambda folder: write_pair(folder, _NAMES, kind="Ed25519"), "with a key of Ed25519"),
        (lambda folder: write_pair(folder, _NAMES, kind="secp521r1"), "with a key of secp521r1"),
    ],
)
def test_what_no_browser_takes_is_told_in_a_sentence(
    tmp_path: Path, make: Callable[[Path], Pair], sentence: str
) -> None:
    pair = make(tmp_path)
    with pytest.raises(LaunchError) as refused:
        check_given(pair.certificate, pair.key, names=_NAMES)
    assert refused.value.code == "bad_certificate"
    assert sentence in refused.value.message


@pytest.mark.parametrize(
    ("known", "name"),
    [
        (["192.168.1.20"], "192.168.1.20"),
        (["BOX.local"], "box.local"),
        (["*.local"], "box.local"),
        (["box.local", "192.168.1.20"], "192.168.1.20"),
    ],
)
def test_callers_come_by_a_name_of_the_certificate(
    tmp_path: Path, known: list[str], name: str
) -> None:
    pair = write_pair(tmp_path, known)
    assert check_given(pair.certificate, pair.key, names=_NAMES).name == name


@pytest.mark.parametrize("kind", ["P-256", "P-384", "RSA"])
def test_a_key_that_browsers_know_may_be_used(tmp_path: Path, kind: str) -> None:
    pair = write_pair(tmp_path, _NAMES, kind=kind)
    assert check_given(pair.certificate, pair.key, names=_NAMES).name == _NAMES[0]


_PARAMETERS = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"


def _with_parameters(pair: Pair) -> Pair:
    # As `openssl ecparam -genkey` writes it.
    pair.key.write_text(_PARAMETERS + pair.key.read_text())
    return pair


def _in_one_file(pair: Pair) -> Pair:
    pair.certificate.write_text(pair.certificate.read_text() + pair.key.read_text())
    return Pair(pair.certificate, pair.certificate)


def _in_one_file_key_first(pair: Pair) -> Pair:
    pair.key.write_text(pair.key.read_text() + pair.certificate.read_text())
    return Pair(pair.key, pair.key)


@pytest.mark.parametrize("write", [_with_parameters, _in_one_file, _in_one_file_key_first])
def test_files_may_be_as_openssl_takes_them(tmp_path: Path, write: Callable[[Pair], Pair]) -> None:
    pair = write(write_pair(tmp_path, _NAMES))
    assert check_given(pair.certificate, pair.key, names=_NAMES).name == _NAMES[0]


def test_an_authority_is_asked_no_more_than_by_a_browser(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = write_pair(tmp_path, [], is_authority=True, stem="theirs")
    authority = read_authority(theirs)
    leaf = keep_leaf(tmp_path, authority=authority, names=_NAMES)
    monkeypatch.setenv("SSL_CERT_FILE", str(theirs.certificate))
    plain = ssl.create_default_context

    def strict() -> ssl.SSLContext:
        context = plain()
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        return context

    # As it is from Python 3.13 on.
    monkeypatch.setattr(ssl, "create_default_context", strict)
    assert check_given(leaf, leaf, names=_NAMES).notice == ""


def test_an_authority_nobody_knows_is_told_and_may_be_used(tmp_path: Path) -> None:
    pair = write_pair(tmp_path, _NAMES)
    notice = check_given(pair.certificate, pair.key, names=_NAMES).notice
    assert "signed by CN=somebody, which this machine does not know" in notice
