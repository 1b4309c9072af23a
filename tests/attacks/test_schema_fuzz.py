"""Every call of the API against its own OpenAPI schema: what it takes, and what it answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from anyio.from_thread import start_blocking_portal
from fastapi.routing import APIRoute
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.core.result import Ok
from schemathesis.core.transport import Response
from schemathesis.generation import GenerationMode
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi import checks

from bot.errors import RoomError
from tests.attacks.http_server import Served, served

_SEED = 15
_EXAMPLES = 12
_KEY = "correct horse battery"
_PLENTY = {"max_sessions": 1000, "starts_per_minute": 100_000}
_HOUSES: dict[str, dict[str, Any]] = {
    "open": _PLENTY,
    "a key is needed": {**_PLENTY, "access": "key", "access_key": _KEY},
    "behind a proxy": {**_PLENTY, "trusted_proxies": "127.0.0.1"},
    "full": {**_PLENTY, "max_sessions": 1},
    "one a minute": {**_PLENTY, "starts_per_minute": 1},
    "LiveKit is gone": _PLENTY,
}
_CHECKS = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
    checks.unsupported_method,
    checks.allow_header_conformance,
]
_MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


class _Caller:
    """Sends requests; some know a call that lives, and show its token or the house's key."""

    def __init__(self, server: Served, client: requests.Session, *, comes_from: str) -> None:
        self._client = client
        self._comes_from = comes_from
        self.app = server.api.app
        self.url = f"http://{server.host}:{server.port}"

    def prepare(self, case: Case[Any], knows: str) -> None:
        """Make it the request of somebody who knows this much."""
        if self._comes_from:
            case.headers["X-Forwarded-For"] = self._comes_from
        if knows == "nothing":
            return
        case.headers["Authorization"] = f"Bearer {_KEY}"
        if "session_id" in case.path_parameters:
            begun = self._client.post(f"{self.url}/api/sessions", headers=dict(case.headers))
            token = begun.json().get("participant_token", "none")
            case.path_parameters["session_id"] = begun.json().get("session_id", "0" * 20)
            case.headers["Authorization"] = f"Bearer {token if knows == 'all' else 'x.y.z'}"

    def ask(self, case: Case[Any]) -> None:
        """Send it, and hold the answer to the schema."""
        answer: Response = case.call(base_url=self.url, session=self._client)
        assert answer.status_code < 500 or answer.status_code == 503, answer.text
        case.validate_response(answer, checks=_CHECKS)


@pytest.fixture(params=_HOUSES)
def caller(request: pytest.FixtureRequest) -> Iterator[_Caller]:
    """Serve the real API, on fake rooms, in a thread of its own."""
    house = _HOUSES[request.param]
    opened = served(**house)
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(opened) as server,
        requests.Session() as client,
    ):
        if request.param == "LiveKit is gone":
            server.api.rooms.error = RoomError("livekit_unreachable", "LiveKit does not answer.")
        yield _Caller(server, client, comes_from="203.0.113.5" * ("trusted_proxies" in house))


@pytest.mark.promise(
    "Starting a call", "Every call of the API takes and answers what its schema says, no more."
)
def test_every_call_keeps_to_its_schema(caller: _Caller) -> None:
    described = schemathesis.openapi.from_dict(caller.app.openapi())
    operations = [found.ok() for found in described.get_all_operations() if isinstance(found, Ok)]
    routes = {
        (route.path, method)
        for route in caller.app.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }
    assert {(one.path, one.method.upper()) for one in operations} == routes
    for operation in operations:
        _attack(operation, caller)


def _attack(operation: APIOperation[Any, Any, Any, Any], caller: _Caller) -> None:
    cases = st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in _MODES))

    @seed(_SEED)
    @settings(
        max_examples=_EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=(HealthCheck.too_slow, HealthCheck.filter_too_much),
    )
    # What it found is told with the seed: --hypothesis-seed is not needed to see it again.
    @given(cases, st.sampled_from(("nothing", "all", "whose call")))
    def attack(case: Case[Any], knows: str) -> None:
        caller.prepare(case, knows)
        caller.ask(case)

    # The bare address first: without a body, or a right to anything.
    caller.ask(operation.Case(path_parameters={"session_id": "0" * 20}))
    attack()
