from __future__ import annotations

import contextlib
import secrets
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.setting_checks import (
    HTTP_SCHEMES,
    checked_key,
    checked_language,
    checked_origin,
    checked_prompt_file,
    checked_url,
    unwrapped,
)


@given(st.text() | st.from_regex(r"https?://[^\s]{0,20}"))
def test_any_text_is_a_url_or_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        url = checked_url(text, HTTP_SCHEMES)
        assert not url.endswith("/")


@given(st.text())
def test_any_text_is_a_key_or_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert checked_key(text).isascii()


@pytest.mark.parametrize(
    "key",
    [
        "sk-proj-Ab_9-xyz",
        "ollama",
        "devkey",
        "3f2a6c0e9d",
        "not-needed",
        "xAbxxcd",
        pytest.param(secrets.token_hex(32), id="one of ours"),
    ],
)
def test_keys_as_vendors_and_local_servers_have_them_pass(key: str) -> None:
    assert checked_key(key) == key


@pytest.mark.parametrize(
    "key", ["sk-...", "<key>", "your-key", "YOUR_API_KEY", "sk-xxxxxxxx", "changeme", "change_me"]
)
def test_placeholders_are_refused(key: str) -> None:
    with pytest.raises(ValueError, match="placeholder"):
        checked_key(key)


@pytest.mark.parametrize("url", ["http://", "http:///path", "http://a:b", "http://[::1", "ftp://a"])
def test_an_address_nobody_can_reach_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        checked_url(url, HTTP_SCHEMES)


def test_an_origin_is_scheme_host_and_port() -> None:
    assert checked_origin("https://a.example:8443") == "https://a.example:8443"
    for text in ("https://a.example/x", "https://user@a.example", "https://a.example?q"):
        with pytest.raises(ValueError, match="no path"):
            checked_origin(text)


def test_a_folder_is_no_prompt(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no such file"):
        checked_prompt_file(tmp_path)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('"sk-1"', "sk-1"),
        ("'sk-1'", "sk-1"),
        ("\u2018sk-1\u2019", "sk-1"),
        (" sk-1\r", "sk-1"),
        ("\ufeffsk-1\u2060", "sk-1"),
        ('" sk-1 "', "sk-1"),
        ('""', ""),
        ("# none", ""),
        # Half a pair, and quotes that belong to the words, are left for who looks at the value.
        ('"', '"'),
        ('"sk-1', '"sk-1'),
        ('"Hello" is "hi"', '"Hello" is "hi"'),
    ],
)
def test_docker_passes_quotes_on_and_people_paste_what_nobody_sees(
    value: str, expected: str
) -> None:
    assert unwrapped(value) == expected


@pytest.mark.parametrize(
    ("given", "language"),
    [("de", "de"), ("EN-us", "en-US"), ("zh-hant-tw", "zh-Hant-TW"), ("Multi", "multi")],
)
def test_a_language_is_written_as_usual(given: str, language: str) -> None:
    assert checked_language(given) == language


@pytest.mark.parametrize("language", ["English", "en_US", "en-", "e", "", "en US"])
def test_what_is_no_language_tag_is_refused(language: str) -> None:
    with pytest.raises(ValueError, match="pt-BR"):
        checked_language(language)
