from __future__ import annotations

import contextlib
import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.setting_checks import (
    HTTP_SCHEMES,
    checked_key,
    checked_language,
    checked_origin,
    checked_url,
    unwrapped,
)
from bot.settings import Settings


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


@pytest.mark.parametrize(
    "site",
    [
        "https://*.a.example",
        "https://a.example;",
        "https://a.example script-src",
        "https://a.example'",
        "https://b\u00fccher.example",
    ],
)
def test_an_origin_is_one_host_and_nothing_that_a_policy_would_read(site: str) -> None:
    with pytest.raises(ValueError, match="one host"):
        checked_origin(site)
    for well in ("https://xn--bcher-kva.example", "https://[::1]:3000", "http://my_shop:80"):
        assert checked_origin(well) == well


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


@pytest.mark.parametrize(
    "language", ["English", "en_US", "en-", "e", "", "en US", "en" + "-abcdefgh" * 4]
)
def test_what_is_no_language_tag_is_refused(language: str) -> None:
    with pytest.raises(ValueError, match="pt-BR"):
        checked_language(language)


# --- addresses of a server that others reach


def _refusal(**given: str) -> str:
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate(given)
    (found,) = caught.value.errors()
    return found["msg"]


@pytest.mark.promise("Settings", "An address that strangers get to see holds no password.")
@pytest.mark.parametrize("name", ["public_url", "livekit_url", "livekit_public_url"])
def test_public_address_has_no_password(name: str) -> None:
    keys = {"livekit_api_key": "key", "livekit_api_secret": "secret"}
    for url in ("https://me:word@a.example", "https://me@a.example", "https://:word@a.example"):
        message = _refusal(**keys, **{name: url})
        assert "no name and password" in message
        assert "me" not in message.split() and "word@" not in message


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("public_url", "https://a.example/voice", "must have no path"),
        ("public_url", "https://a.example?x=1", "nothing after"),
        ("public_url", "voice.example", "http://"),
        ("trusted_proxies", "*", "10.0.0.0/8"),
        ("trusted_proxies", "proxy.example", "IP addresses"),
        ("trusted_proxies", "10.0.0.1/8", "IP addresses"),
        ("trusted_proxies", "10.0.0.1, 0.0.0.0/0", "everybody"),
        ("trusted_proxies", "::/0", "everybody"),
    ],
)
def test_bad_public_settings_say_why(name: str, value: str, reason: str) -> None:
    assert reason in _refusal(**{name: value})


@pytest.mark.parametrize("name", ["public_url", "livekit_url", "livekit_public_url"])
@pytest.mark.parametrize("host", ["bücher.example", "парли.example", "a b.example", "a;b.example"])
def test_a_public_address_is_what_browsers_send(name: str, host: str) -> None:
    keys = {"livekit_api_key": "key", "livekit_api_secret": "secret"}
    assert "as browsers send them (xn--...)" in _refusal(**keys, **{name: f"https://{host}"})


def test_secure_page_needs_a_secure_livekit() -> None:
    given = {"public_url": "https://a.example", "livekit_public_url": "ws://lk.example"}
    assert "wss://" in _refusal(**given)


@pytest.mark.parametrize(
    ("host", "public_url", "is_exposed"),
    [
        ("127.0.0.1", "", False),
        ("127.0.0.2", "", False),
        ("localhost", "", False),
        ("::1", "", False),
        ("0.0.0.0", "", True),
        ("::", "", True),
        ("192.0.2.1", "", True),
        ("127.0.0.1", "https://a.example", True),
    ],
)
def test_exposed_is_whatever_others_can_reach(host: str, public_url: str, is_exposed: bool) -> None:
    assert Settings(host=host, public_url=public_url, access="open").is_exposed is is_exposed
