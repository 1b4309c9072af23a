from __future__ import annotations

import pytest

from bot.errors import LaunchError
from bot.http.listener import bind, bind_near, url_of


def test_taken_port_names_the_settings() -> None:
    with bind("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(LaunchError) as caught:
            bind("127.0.0.1", port)
    assert caught.value.code == "port_taken"
    assert f"127.0.0.1:{port}" in caught.value.message
    assert "HOST or PORT" in caught.value.message


def test_next_free_port_is_taken_where_nobody_names_one() -> None:
    with bind("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with bind_near("127.0.0.1", port) as other:
            assert port < other.getsockname()[1] <= port + 20
    with pytest.raises(LaunchError, match="change HOST or PORT"):
        bind_near("192.0.2.77", port)


def test_unknown_host_names_the_setting() -> None:
    with pytest.raises(LaunchError) as caught:
        bind("no.such.host.invalid", 0)
    assert caught.value.code == "bad_host"
    assert "HOST" in caught.value.message


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_url_leads_to_this_machine(host: str) -> None:
    with bind(host, 0) as listener:
        assert url_of(listener) == f"http://127.0.0.1:{listener.getsockname()[1]}"
