"""Why a stage did not give its word, as one sentence that names what to change.

No word of the server's own is shown: it may hold what was sent.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import httpx
from websockets.exceptions import WebSocketException

from bot.settings import Settings
from bot.stage_questions import FAILURES, NoWord, Refusal, ask_model, listed_models
from bot.stages import Place, Stage

_SHOWN_MODELS = 5
_LOOK_SECS = 5.0
_QUOTA_CODES = ("insufficient_quota", "billing_hard_limit_reached")
_MODEL_STATUSES = (200, 400, 404, 405, 422)


async def fix_of(error: Exception, stage: Stage, settings: Settings) -> str:
    """Return what to do about a failed question."""
    if isinstance(error, Refusal):
        return await _fix_of_refusal(error, stage, settings)
    if isinstance(error, NoWord):
        return await _fix_of_request(stage, settings, "there is no usable answer", status=200)
    return _fix_of_connection(error, stage)


async def _fix_of_refusal(error: Refusal, stage: Stage, settings: Settings) -> str:
    row, status = stage.row, error.status
    if error.code in _QUOTA_CODES or status == 402:
        return "its quota is used up: look at the account's billing"
    if status in (401, 403):
        return _fix_of_key(stage)
    if status in (408, 429):
        return "it is too busy just now: try again later, or look at the account's limits"
    if status == 503:
        return "it is not ready (HTTP 503): it may still be loading its model"
    if status >= 500:
        return f"it fails itself (HTTP {status}): its own log says why"
    if row.shared_address:
        return await _fix_of_request(stage, settings, f"it refuses (HTTP {status})", status=status)
    return f"it refuses (HTTP {status}): check {row.model}, LANGUAGE and {row.address}"


def _fix_of_key(stage: Stage) -> str:
    row = stage.row
    if not stage.key.get_secret_value():
        shared = f" ({row.shared_key} is for {row.shared_address} only)" if row.shared_key else ""
        return f"it wants a key: set {row.key}{shared}"
    if not stage.has_shared_key:
        return f"the key was refused: check {row.key}"
    if stage.place is Place.VENDOR:
        hint = f"; if it is another server's, set {row.shared_address} too"
        return f"the key was refused: check {row.shared_key}{hint}"
    return f"the key was refused: check {row.shared_key}"


async def _fix_of_request(stage: Stage, settings: Settings, problem: str, *, status: int) -> str:
    """Look at what the server has before naming a setting: its paths, its models, its tools."""
    row, address = stage.row, stage.address
    address_name = row.address
    if not getattr(settings, row.address.lower()) and row.shared_address:
        address_name = row.shared_address
    is_listening = not row.shared_address
    if is_listening:
        return f"{problem}: check {address_name}, or whether this is a speech-to-text server"
    models = await listed_models(stage, address, limit_secs=_LOOK_SECS)
    if models is None and not address.endswith("/v1"):
        below = await listed_models(stage, f"{address}/v1", limit_secs=_LOOK_SECS)
        if below is not None:
            return f"the path is wrong: set {address_name}={stage.shown_address}/v1"
    if models and not any(stage.model in (one, one.rpartition("/")[2]) for one in models):
        names = ", ".join(models[:_SHOWN_MODELS]) + (", ..." if models[_SHOWN_MODELS:] else "")
        return f"it has no model {stage.model!r}: set {row.model} to one it has ({names})"
    if row.name == "text-to-speech":
        return f"{problem}: check {row.model}, OPENAI_VOICE and {address_name}"
    if status == 400 and await _answers_without_tools(stage, settings):
        return f"the model {stage.model!r} takes no tools: set {row.model} to one that does"
    if status in _MODEL_STATUSES:
        ends = "" if address.endswith("/v1") else " (it usually ends with /v1)"
        return f"{problem}: check {row.model} and {address_name}{ends}"
    return f"{problem}: check {address_name}"


async def _answers_without_tools(stage: Stage, settings: Settings) -> bool:
    try:
        await ask_model(stage, settings, limit_secs=stage.patience_secs, has_tools=False)
    except FAILURES:
        return False
    return True


def _fix_of_connection(error: Exception, stage: Stage) -> str:
    row, causes = stage.row, list(_causes(error))
    address = row.address if not row.shared_address else f"{row.address} or {row.shared_address}"
    address = address if stage.place is Place.ELSEWHERE else "the network"

    def is_caused_by(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    if is_caused_by(ssl.SSLCertVerificationError):
        return "its certificate is not trusted on this machine (SSL_CERT_FILE can name another CA)"
    if is_caused_by(ssl.SSLError):
        return f"it does not speak TLS there: begin {address} with http:// or ws://"
    if is_caused_by(socket.gaierror):
        return f"there is no such host: check {address}"
    if is_caused_by(ConnectionRefusedError):
        return f"nothing listens there: start the server, or check {address}"
    if is_caused_by(TimeoutError, httpx.TimeoutException):
        more = f", or give it more time by {row.patience}" if row.patience else ""
        return f"no answer within {stage.patience_secs:g} s: check {address}{more}"
    if is_caused_by(httpx.ProxyError):
        return "the proxy of HTTPS_PROXY or HTTP_PROXY refuses: check it, or NO_PROXY"
    if is_caused_by(httpx.RemoteProtocolError, httpx.ReadError, WebSocketException):
        return f"it closes the connection: does it want https:// or wss://? Check {address}"
    return f"no connection: check {address}"


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
