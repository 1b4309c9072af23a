"""Ports that are open to others, and those that only seem to be."""

from __future__ import annotations

import socket

from bot.doctor.names import Place
from bot.doctor.ports import knock, look_at_ports, private_ports
from bot.settings import Settings
from tests.bot.doctor.servers import open_server, says_nothing
from tests.ports import free_port


async def test_what_is_open_is_told_and_what_is_closed_is_not() -> None:
    closed = free_port()
    async with open_server(says_nothing) as place:
        ports = {place.port: "Redis", closed: "Postgres"}
        (found,) = await knock(["127.0.0.1"], ports, limit_secs=4.0)
    assert not found.is_well
    assert found.what == f"Redis is open to others at 127.0.0.1 port {place.port}"
    assert "listen at 127.0.0.1" in found.fix


async def test_nothing_open_is_well() -> None:
    (found,) = await knock(["127.0.0.1"], {free_port(): "Redis"}, limit_secs=4.0)
    assert (found.is_well, found.fix) == (True, "")


async def test_a_door_that_does_not_answer_is_closed_in_time() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            # Its queue is full then, and the kernel drops who comes next.
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        (found,) = await knock(["127.0.0.1"], {port: "Redis"}, limit_secs=0.3)
        for one in waiting:
            one.close()
    assert found.is_well


async def test_who_takes_a_connection_at_any_port_is_not_believed() -> None:
    # Everything in 127.0.0.0/8 is this machine; a whole range of ports is not to be had, so the
    # address is one whose every port is the same server.
    async with open_server(says_nothing) as place:
        found = await knock(
            ["127.0.0.1"], {place.port: "Redis"}, limit_secs=4.0, nobodys=[place.port]
        )
    (only,) = found
    assert only.is_well
    assert "cannot be told" in only.fix


async def test_at_loopback_all_are_where_they_belong() -> None:
    async with open_server(says_nothing) as place:
        settings = Settings.model_validate({"port": place.port})
        here = Place(host="a.test", port=443, addresses=["127.0.0.1", "::1"])
        assert await look_at_ports(settings, [here]) == []


def test_which_ports_are_nobody_else_s() -> None:
    settings = Settings.model_validate(
        {
            "port": 8080,
            "worker_port": 8081,
            "livekit_url": "ws://127.0.0.1:7000",
            "livekit_api_key": "k",
            "livekit_api_secret": "s" * 32,
            "local_base_url": "http://127.0.0.1:9000",
            "database_url": "postgresql://parley:words@db.test:6543/parley",
        }
    )
    ports = private_ports(settings, public={443, 7861})
    assert ports[8080] == "Parley without its proxy"
    assert (ports[7000], ports[9000]) == ("LiveKit without TLS", "the local providers")
    assert (ports[6543], ports[5432], ports[6379]) == ("Postgres", "Postgres", "Redis")
    assert not {443, 7861} & ports.keys()
