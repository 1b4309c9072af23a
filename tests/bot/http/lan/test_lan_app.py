"""What a phone of the local network gets, before and after it trusts us."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from cryptography import x509

from bot.access.invites import InviteSigner, make_invite, open_signer
from bot.http.lan.lan_app import build_lan_app
from bot.lan.qr import qr_svg
from bot.lan.reach import Reach
from bot.settings import Settings
from bot.store.store import Store, open_store
from tests.bot.http.api_client import Api, open_api
from tests.bot.lan.certificates import write_pair

_HOST = "10.1.2.3"
_PORT = 7860


@dataclass
class Lan:
    api: Api
    reach: Reach
    phone: httpx.AsyncClient
    plain: httpx.AsyncClient
    store: Store
    signer: InviteSigner

    async def invite(self, uses: int = 3) -> str:
        made = await make_invite(self.store, name="Ada", uses=uses, days=1)
        return self.signer.token_of(made.id)


@asynccontextmanager
async def open_lan(folder: Path, **given: object) -> AsyncGenerator[Lan]:
    settings = Settings.model_validate(
        {"host": _HOST, "data_dir": folder / "data", "caroot": folder, "parked_bots": 0, **given}
    )
    async with open_store(data_dir=folder / "data") as store, open_api(store=store) as api:
        reach = Reach(settings, port=_PORT)
        app = build_lan_app(settings=settings, backend=api.backend, reach=reach)

        def client(scheme: str) -> httpx.AsyncClient:
            transport = httpx.ASGITransport(app, client=("10.1.2.9", 4711))  # pyright: ignore[reportArgumentType]
            return httpx.AsyncClient(transport=transport, base_url=f"{scheme}://{_HOST}:{_PORT}")

        signer = open_signer(settings.data_dir)
        async with client("https") as phone, client("http") as plain:
            yield Lan(api, reach, phone, plain, store, signer)


async def test_a_device_that_does_not_trust_us_learns_how(tmp_path: Path) -> None:
    async with open_lan(tmp_path) as lan:
        assert "Download the certificate" in (await lan.plain.get("/")).text
        root = await lan.plain.get("/parley-root.crt")
        assert root.headers["content-type"] == "application/x-x509-ca-cert"
        assert lan.reach.authority is not None
        assert x509.load_der_x509_certificate(root.content) == lan.reach.authority.certificate


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize(
    "path", ["/api/sessions", "/api/token", "/api/health", "/api/access", "/check", "/rtc/validate"]
)
async def test_without_tls_there_is_nothing_else(tmp_path: Path, path: str, method: str) -> None:
    async with open_lan(tmp_path) as lan:
        token = await lan.invite()
        answer = await lan.plain.request(
            method, path, headers={"Authorization": f"Bearer {token}"}, follow_redirects=False
        )
        assert (answer.status_code, answer.headers["location"]) == (302, "/")
        assert lan.api.rooms.created == []


async def test_livekits_events_come_without_tls_and_signed(tmp_path: Path) -> None:
    async with open_lan(tmp_path) as lan:
        assert (await lan.plain.post("/api/livekit/webhook", content=b"{}")).status_code == 401


async def test_the_page_and_the_api_are_at_one_origin_with_the_signalling(tmp_path: Path) -> None:
    async with open_lan(tmp_path) as lan:
        bearer = {"Authorization": f"Bearer {await lan.invite()}"}
        started = (await lan.phone.post("/api/sessions", headers=bearer)).json()
        assert started["server_url"] == f"wss://{_HOST}:{_PORT}"
        page = await lan.phone.get("/")
        assert f"wss://{_HOST}:{_PORT}" in page.headers["content-security-policy"]
        # A name of this machine may serve others without TLS, also on other ports.
        assert "strict-transport-security" not in page.headers


@pytest.mark.parametrize("name", ["localhost:7860", "box.local:7860", "10.9.9.9:7860", _HOST])
@pytest.mark.parametrize(
    ("path", "place"),
    [("/", "/"), ("/check?lang=de", "/check?lang=de"), ("/phone", "/phone"), ("/a%0ab", "/a%0Ab")],
)
async def test_a_page_opened_by_another_name_goes_to_the_one_origin(
    tmp_path: Path, name: str, path: str, place: str
) -> None:
    visit = {"Accept": "text/html,*/*;q=0.8", "Host": name}
    async with open_lan(tmp_path) as lan:
        # Whose calls LiveKit's door would take for another site's.
        moved = await lan.phone.get(path, headers=visit, follow_redirects=False)
        assert (moved.status_code, moved.headers["location"]) == (302, f"{lan.reach.origin}{place}")
        assert (await lan.phone.get("/", headers={"Accept": "text/html"})).status_code == 200
        asked = await lan.phone.get("/api/health", headers={"Host": "localhost:7860"})
        assert asked.status_code in (200, 503)


async def test_behind_a_proxy_no_name_is_another_one(tmp_path: Path) -> None:
    pair = write_pair(tmp_path, ["voice.example"])
    given = {"public_url": "https://voice.example", "access": "key", "access_key": "k" * 12}
    async with open_lan(tmp_path, tls_cert=pair.certificate, tls_key=pair.key, **given) as lan:
        page = await lan.phone.get("/", headers={"Accept": "text/html"})
        assert page.status_code == 200


async def test_nobody_comes_in_uninvited(tmp_path: Path) -> None:
    async with open_lan(tmp_path) as lan:
        answer = await lan.phone.post("/api/sessions")
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invite_needed")


@pytest.mark.parametrize("path", ["/phone"])
async def test_the_picture_leads_to_the_link_of_whoever_looks(tmp_path: Path, path: str) -> None:
    async with open_lan(tmp_path) as lan:
        assert "<svg" not in (await lan.phone.get(path)).text
        token = await lan.invite()
        await lan.phone.post("/api/access", json={"key": token})
        shown = (await lan.phone.get(path)).text
        assert qr_svg(f"{lan.reach.origin}/#invite={token}") in shown
        assert token not in shown
        # A cookie that somebody sent without TLS shows nothing.
        lan.plain.cookies.update(lan.phone.cookies)
        assert "<svg" not in (await lan.plain.get("/")).text


async def test_with_a_key_the_picture_holds_none(tmp_path: Path) -> None:
    async with open_lan(tmp_path, access="key", access_key="correct horse battery") as lan:
        await lan.phone.post("/api/access", json={"key": "correct horse battery"})
        shown = (await lan.phone.get("/phone")).text
        assert qr_svg(f"{lan.reach.origin}/") in shown


@pytest.mark.parametrize(
    "path", ["/rtc", "/rtc/v1", "/agent", "/twirp/livekit.RoomService/X", "/metrics"]
)
async def test_nothing_else_of_livekit_answers(tmp_path: Path, path: str) -> None:
    async with open_lan(tmp_path) as lan:
        assert (await lan.phone.get(path)).status_code == 404


async def test_own_certificate_needs_no_root(tmp_path: Path) -> None:
    pair = write_pair(tmp_path, [_HOST])
    async with open_lan(tmp_path, tls_cert=pair.certificate, tls_key=pair.key) as lan:
        page = await lan.plain.get("/")
        assert not re.search("crt|fingerprint", page.text)
        assert (await lan.plain.get("/parley-root.crt", follow_redirects=False)).status_code == 302
