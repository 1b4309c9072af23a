"""Whether sound gets to LiveKit: by UDP, by TCP where there is none, and through its relay."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from bot.doctor import stun
from bot.doctor.finding import Finding, well, wrong
from bot.doctor.handshake import connected, why_unreached
from bot.doctor.names import Place, Resolve
from bot.doctor.signalling import Candidate, Line, NoLineError, Relay, open_line
from bot.lan.given import judging_context
from bot.settings import Settings

_LINE_SECS = 8.0
_ANSWER_SECS = 4.0
"""Eight tries by UDP."""
_UDP_TRANSPORT = bytes([17, 0, 0, 0])
_PRIORITY = (1).to_bytes(4, "big")
_TIE_BREAKER = bytes(8)
_UNAUTHORIZED = 401
_NOT_TAKEN = (400, 401, 441)
"""What servers say to a signature that is wrong; LiveKit's own says 400."""
_LAST_PORT = 65_535
_TURN_URL = re.compile(
    r"(?P<scheme>turns?):(?P<host>\[.+\]|[^:?]+)(:(?P<port>\d{1,5}))?(\?(?P<rest>.*))?"
)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How long to wait, in seconds."""

    line_secs: float = _LINE_SECS
    answer_secs: float = _ANSWER_SECS


async def look_at_media(
    settings: Settings, url: str, place: Place, *, resolve: Resolve, limits: Limits | None = None
) -> list[Finding]:
    """Join LiveKit at its public address and ask every place that it names for an answer."""
    limits = limits or Limits()
    what = f"LiveKit's websocket opens at {url}"
    if not (settings.livekit_api_key and settings.livekit_api_secret.get_secret_value()):
        advice = "set LIVEKIT_API_KEY and LIVEKIT_API_SECRET here, as they are there, to try it"
        return [well("LiveKit's websocket, sound and relay were not tried", advice)]
    opened = open_line(
        url,
        place,
        api_key=settings.livekit_api_key,
        api_secret=settings.livekit_api_secret,
        agent_name=settings.agent_name,
    )
    try:
        async with asyncio.timeout(limits.line_secs) as patience, opened as line:
            patience.reschedule(None)
            looks = (
                _by(line, limits, is_tcp=False),
                _by(line, limits, is_tcp=True),
                _relays(line.relays, resolve, limits),
            )
            found = await asyncio.gather(*looks)
    except TimeoutError:
        fix = "does the proxy pass websockets on, and without waiting for more of them?"
        return [wrong(f"{what}: no answer within {limits.line_secs:g} s", fix)]
    except NoLineError as error:
        return [wrong(what, str(error))]
    return [well(what), *(one for findings in found for one in findings)]


async def _by(line: Line, limits: Limits, *, is_tcp: bool) -> list[Finding]:
    """Ask every place of one kind; sound gets in if one of them answers."""
    name = "TCP" if is_tcp else "UDP"
    places = [one for one in line.candidates if one.is_tcp is is_tcp]
    if not places:
        setting = "tcp_port: 7881" if is_tcp else "udp_port: 7882"
        what = f"sound by {name}: LiveKit names no place for it"
        fix = f"set `rtc: {setting}` in LiveKit's configuration"
        # Without it some callers have no call; without UDP all of them stutter.
        return [well(what, fix) if is_tcp else wrong(what, fix)]
    answers = await asyncio.gather(*(_answers(one, line, limits) for one in places))
    shown = ", ".join(f"{one.address} port {one.port}" for one in places)
    what = f"sound gets in by {name} ({shown})"
    if any(answers):
        return [well(what)]
    ports = ", ".join(sorted({f"{one.port}/{name.lower()}" for one in places}))
    fix = (
        f"let {ports} in at the firewall, there and at whoever hosts it; if that is not the "
        "address others reach it by, set `rtc: use_external_ip: true` or `node_ip`"
    )
    return [wrong(what, f"nobody answers: {fix}")]


async def _answers(candidate: Candidate, line: Line, limits: Limits) -> bool:
    request = stun.build_request(
        stun.BINDING,
        {
            stun.USERNAME: line.username.encode(),
            stun.PRIORITY: _PRIORITY,
            stun.ICE_CONTROLLED: _TIE_BREAKER,
        },
        key=line.password.encode(),
    )
    try:
        async with asyncio.timeout(limits.answer_secs):
            if not candidate.is_tcp:
                await stun.ask_by_udp(candidate.address, candidate.port, request)
                return True
            async with connected(candidate.address, candidate.port) as streams:
                await stun.ask_by_stream(*streams, request, is_framed=True)
                return True
    except OSError:
        return False


async def _relays(relays: Sequence[Relay], resolve: Resolve, limits: Limits) -> list[Finding]:
    if not relays:
        advice = (
            "networks that let nothing but TLS through get no sound: the end of "
            "deploy/livekit.yaml says how to offer it"
        )
        return [well("LiveKit offers no relay (TURN)", advice)]
    return list(await asyncio.gather(*(_relay(one, resolve, limits) for one in relays)))


async def _relay(relay: Relay, resolve: Resolve, limits: Limits) -> Finding:
    what = f"the relay at {relay.url} gives a place"
    parts = _TURN_URL.fullmatch(relay.url)
    if parts is None or int(parts["port"] or 1) > _LAST_PORT:
        return wrong(what, "this is no address of a relay: look at LiveKit's configuration")
    is_tls = parts["scheme"] == "turns"
    host, port = parts["host"].strip("[]"), int(parts["port"] or (5349 if is_tls else 3478))
    is_udp = not is_tls and "transport=tcp" not in (parts["rest"] or "")
    where = f"{host} port {port}"
    try:
        async with asyncio.timeout(limits.answer_secs):
            address = (await resolve(host))[0]
            if is_udp:
                return _judged(
                    what, await _allocate(partial(stun.ask_by_udp, address, port), relay)
                )
            tls = judging_context() if is_tls else None
            async with connected(address, port, tls=tls, name=host) as streams:
                ask = partial(stun.ask_by_stream, *streams)
                return _judged(what, await _allocate(ask, relay))
    except TimeoutError:
        kind = "udp" if is_udp else "tcp"
        secs = f"{limits.answer_secs:g} s"
        return wrong(what, f"no answer within {secs}: let {port}/{kind} in at the firewall")
    except ssl.SSLCertVerificationError as error:
        return wrong(what, f"its certificate is not one for {host}: {error.verify_message}")
    except OSError as error:
        return wrong(what, why_unreached(error, where))


async def _allocate(ask: stun.Ask, relay: Relay) -> stun.Answer:
    """Ask for a place as clients do: who asks unsigned is told what to sign with."""
    wish = {stun.REQUESTED_TRANSPORT: _UDP_TRANSPORT}
    first = await ask(stun.build_request(stun.ALLOCATE, wish))
    realm, nonce = (first.attributes.get(kind, b"") for kind in (stun.REALM, stun.NONCE))
    if first.code != _UNAUTHORIZED:
        return first
    signed = {stun.USERNAME: relay.username.encode(), stun.REALM: realm, stun.NONCE: nonce}
    key = stun.long_term_key(relay.username, realm, relay.password)
    return await ask(stun.build_request(stun.ALLOCATE, wish | signed, key=key))


def _judged(what: str, answer: stun.Answer) -> Finding:
    if answer.is_success:
        return well(what)
    if answer.code in _NOT_TAKEN:
        return wrong(what, "it does not take the name and password that LiveKit gives its callers")
    return wrong(what, f"it refuses (STUN error {answer.code}): its own log says why")
