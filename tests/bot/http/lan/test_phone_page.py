"""The page that helps a phone in."""

from __future__ import annotations

from pathlib import Path

from bot.http.lan.phone_page import phone_page
from bot.lan.reach import Reach
from bot.settings import Settings
from tests.bot.lan.certificates import write_pair


def _reach(folder: Path, **given: object) -> Reach:
    given = {"host": "10.1.2.3", "data_dir": folder, "caroot": folder, **given}
    return Reach(Settings.model_validate(given), port=7860)


def test_it_says_what_to_trust_on_each_device(tmp_path: Path) -> None:
    reach = _reach(tmp_path)
    page = phone_page(reach)
    text = bytes(page.body).decode()
    assert reach.authority is not None
    for words in ("iPhone and iPad", "Android", "Computer", reach.authority.fingerprint):
        assert words in text
    assert f'href="{reach.origin}/"' in text
    assert "<svg" not in text
    assert "style-src 'self' 'sha256-" in page.headers["content-security-policy"]


def test_own_certificate_leaves_nothing_to_trust(tmp_path: Path) -> None:
    pair = write_pair(tmp_path, ["10.1.2.3"])
    reach = _reach(tmp_path, tls_cert=pair.certificate, tls_key=pair.key)
    text = bytes(phone_page(reach, link="https://10.1.2.3/").body).decode()
    assert "fingerprint" not in text
    assert "<svg" in text
