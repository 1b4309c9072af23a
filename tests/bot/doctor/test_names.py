"""Names that lead nowhere, or where nobody else gets to."""

from __future__ import annotations

import asyncio

import pytest

from bot.doctor.names import Place, has_way, look_at_name, resolve_name


def _anywhere(_: str) -> bool:
    return True


@pytest.mark.parametrize(
    ("addresses", "reached", "is_well", "words"),
    [
        (["9.9.9.9", "2620:fe::fe"], ["9.9.9.9"], True, "ask once more from one that has"),
        (["9.9.9.9", "2620:fe::fe"], ["2620:fe::fe"], True, "ask once more from one that has"),
        (["9.9.9.9", "2620:fe::fe"], [], False, "no way to any of it"),
        (["2620:fe::fe"], ["2620:fe::fe"], True, "give a.test an A record too"),
        (["2620:fe::fe"], [], False, "give a.test an A record too; so does this machine"),
    ],
)
async def test_what_this_machine_has_no_way_to_is_no_fault_of_the_server(
    addresses: list[str], reached: list[str], is_well: bool, words: str
) -> None:
    async def resolve(_: str) -> list[str]:
        return addresses

    place, (leads, found) = await look_at_name(
        Place(host="a.test", port=443), resolve=resolve, reaches=lambda one: one in reached
    )
    assert (place.addresses, leads.is_well) == (reached, True)
    assert (found.is_well, words in found.fix) == (is_well, True)


def test_there_is_a_way_to_this_machine_and_none_to_nowhere() -> None:
    assert has_way("127.0.0.1")
    assert not has_way("fe80::1%nowhere")


@pytest.mark.parametrize(
    ("addresses", "is_well", "words"),
    [
        (["9.9.9.9"], True, ""),
        (["9.9.9.9", "2620:fe::fe"], True, ""),
        (["127.0.0.1"], False, "/etc/hosts"),
        (["::1", "127.0.1.1"], False, "this machine alone"),
        (["10.0.0.4"], True, "only its own network reaches 10.0.0.4"),
        (["9.9.9.9", "fe80::1%eth0"], True, "only its own network reaches fe80::1"),
        (["0.0.0.0"], False, "no server has such an address"),
    ],
)
async def test_where_a_name_leads_is_judged(
    addresses: list[str], is_well: bool, words: str
) -> None:
    async def resolve(_: str) -> list[str]:
        return addresses

    place, (found,) = await look_at_name(
        Place(host="a.test", port=443), resolve=resolve, reaches=_anywhere
    )
    assert (place.addresses, found.is_well) == (addresses, is_well)
    assert words in found.fix and bool(words) is bool(found.fix)
    assert f"a.test leads to {addresses[0].partition('%')[0]}" in found.what


async def test_this_machine_s_own_address_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.doctor.names.own_addresses", lambda: ["9.9.9.9"])

    async def resolve(_: str) -> list[str]:
        return ["9.9.9.9"]

    _, (found,) = await look_at_name(
        Place(host="a.test", port=443), resolve=resolve, reaches=_anywhere
    )
    assert found.is_well
    assert "ask once more from another machine" in found.fix


async def test_a_name_that_is_none_is_told_with_the_record_it_needs() -> None:
    place, (found,) = await look_at_name(
        Place(host="no.such.name.invalid", port=443), resolve=resolve_name
    )
    assert not place.addresses
    assert "give no.such.name.invalid an A record" in found.fix


async def test_a_resolver_that_hangs_holds_up_nothing() -> None:
    async def hang(_: str) -> list[str]:
        await asyncio.Event().wait()
        raise AssertionError

    place = Place(host="a.test", port=443)
    _, (found,) = await look_at_name(place, resolve=hang, limit_secs=0.05)
    assert "DNS does not answer" in found.fix


async def test_the_system_is_asked() -> None:
    assert "127.0.0.1" in await resolve_name("localhost")
    with pytest.raises(OSError):
        await resolve_name("a" * 70 + ".test")


@pytest.mark.parametrize(
    ("host", "port", "shown"),
    [("a.test", 443, "a.test"), ("a.test", 7860, "a.test:7860"), ("::1", 443, "[::1]")],
)
def test_a_place_is_shown_as_people_write_it(host: str, port: int, shown: str) -> None:
    assert Place(host=host, port=port).shown == shown
