"""Why a stage did not give its word, as one sentence that names what to change.

No word of the server's own is shown: it may hold what was sent.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import httpx
from websockets.exceptions import ProxyError, WebSocketException

from bot.proxies import proxy_for
from bot.settings import Settings
from bot.stages.questions import FAILURES, NoWord, Refusal, ask_model, listed_models
from bot.stages.table import Place, Stage

_SHOWN_MODELS = 5
_LOOK_SECS = 5.0
_QUOTA_CODES = ("insufficient_quota", "billing_hard_limit_reached")


async def fix_of(error: Exception, stage: Stage, settings: Settings) -> str:
    """Return what to do about a failed question."""
    row = stage.row
    has_own = not row.shared_address or getattr(settings, row.address.lower())
    address = row.address if has_own else row.shared_address
    if isinstance(error, NoWord):
        return await _fix_of_request("there is no usable answer", stage, settings, address)
    if not isinstance(error, Refusal):
        return _fix_of_connection(error, stage, address)
    if error.code in _QUOTA_CODES or error.status == 402:
        return "its quota is used up: look at the account's billing"
    if error.status in (401, 403):
        return _fix_of_key(stage)
    if error.status in (408, 429):
        return "it is too busy just now: try again later, or look at the account's limits"
    if error.status == 503:
        return "it is not ready (HTTP 503): it may still be loading its model"
    if error.status >= 500:
        return f"it fails itself (HTTP {error.status}): its own log says why"
    problem = f"it refuses (HTTP {error.status})"
    return await _fix_of_request(problem, stage, settings, address, may_be_tools=error.status < 404)


def _fix_of_key(stage: Stage) -> str:
    row = stage.row
    if not stage.key.get_secret_value():
        shared = f" ({row.shared_key} is for {row.shared_address} only)" if row.shared_key else ""
        return f"it wants a key: set {row.key}{shared}"
    if not stage.has_shared_key:
        return f"the key was refused: check {row.key}"
    is_vendor = stage.place is Place.VENDOR
    hint = f", and set {row.shared_address} if it is another server's" if is_vendor else ""
    return f"the key was refused: check {row.shared_key}{hint}"


async def _fix_of_request(
    problem: str, stage: Stage, settings: Settings, address: str, *, may_be_tools: bool = False
) -> str:
    """Look at what the server has before naming a setting: its paths, its models, its tools."""
    row = stage.row
    if row.name == "speech-to-text":
        return f"{problem}: check {row.model}, LANGUAGE and {address}"
    has_end = stage.address.endswith("/v1")
    models = await listed_models(stage, stage.address, limit_secs=_LOOK_SECS)
    if models is None and not has_end:
        below = await listed_models(stage, f"{stage.address}/v1", limit_secs=_LOOK_SECS)
        if below is not None:
            return f"the path is wrong: set {address}={stage.shown_address}/v1"
    if models and not any(stage.model in (one, one.rpartition("/")[2]) for one in models):
        names = ", ".join(models[:_SHOWN_MODELS]) + (", ..." if models[_SHOWN_MODELS:] else "")
        return f"it has no model {stage.model!r}: set {row.model} to one it has ({names})"
    if row.name == "text-to-speech":
        return f"{problem}: check {row.model}, OPENAI_VOICE and {address}"
    if may_be_tools and await _answers_without_tools(stage, settings):
        return f"the model {stage.model!r} takes no tools: set {row.model} to one that does"
    ends = "" if has_end else " (it usually ends with /v1)"
    return f"{problem}: check {row.model} and {address}{ends}"


async def _answers_without_tools(stage: Stage, settings: Settings) -> bool:
    try:
        await ask_model(stage, settings, limit_secs=stage.patience_secs, has_tools=False)
    except FAILURES:
        return False
    return True


def _fix_of_connection(error: Exception, stage: Stage, address: str) -> str:
    causes = list(_causes(error))
    check = f"check {address}" if stage.place is Place.ELSEWHERE else "check the network"
    if proxy_for(stage.address):
        check += ", and HTTPS_PROXY, HTTP_PROXY and NO_PROXY"

    def is_caused_by(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    if is_caused_by(ssl.SSLCertVerificationError):
        return "its certificate is not trusted on this machine (SSL_CERT_FILE can name another CA)"
    if is_caused_by(ssl.SSLError):
        return f"it does not speak TLS there: let {address} begin with http:// or ws://"
    if is_caused_by(socket.gaierror):
        return f"there is no such host: {check}"
    if is_caused_by(ConnectionRefusedError):
        return f"nothing listens there: start the server, or {check}"
    if is_caused_by(TimeoutError, httpx.TimeoutException):
        patience = stage.row.patience
        more = f", or give it more time by {patience}" if patience else ""
        return f"no answer within {stage.patience_secs:g} s: {check}{more}"
    if is_caused_by(httpx.ProxyError, ProxyError):
        return f"the proxy refuses: {check}"
    if is_caused_by(httpx.RemoteProtocolError, httpx.ReadError, WebSocketException):
        return f"it closes the connection: does it want https:// or wss://? Look at {address}"
    return f"no connection: {check}"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and all it came from."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions
        waiting += [cause for cause in (one.__cause__, one.__context__) if cause]
