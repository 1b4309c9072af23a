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
from bot.stages.questions.question import FAILURES, NoWord, Refusal, question_of
from bot.stages.stage import Place, Stage
from bot.stages.table import value_of
from bot.stages.vendors import LANGUAGE_MODEL

_SHOWN_MODELS = 5
_LOOK_SECS = 5.0
_QUOTA_CODES = ("insufficient_quota", "billing_hard_limit_reached", "billing_error")
_KEY_CODES = ("API_KEY_INVALID",)
"""Google says it with HTTP 400."""
_BUSY_CODES = ("overloaded_error", "rate_limit_error")
"""Anthropic says it in the stream of an answer."""


async def fix_of(error: Exception, stage: Stage, settings: Settings) -> str:
    """Return what to do about a failed question."""
    vendor = stage.vendor
    has_own = not vendor.shared_address or value_of(settings, vendor.address)
    address = vendor.address if has_own else vendor.shared_address
    is_answer = isinstance(error, NoWord) or (isinstance(error, Refusal) and error.status < 500)
    if stage.is_local and is_answer:
        # Ours want no key and have no model to choose.
        return f"these are not the local providers: check {address}"
    if isinstance(error, NoWord):
        return await _fix_of_request("there is no usable answer", stage, address)
    if not isinstance(error, Refusal):
        return _fix_of_connection(error, stage, address)
    if error.code in _QUOTA_CODES or error.status == 402:
        return "its quota is used up: look at the account's billing"
    if error.code in _KEY_CODES or error.status in (401, 403):
        return _fix_of_key(stage)
    if error.code in _BUSY_CODES or error.status in (408, 429):
        return "it is too busy just now: try again later, or look at the account's limits"
    if error.status == 503:
        return "it is not ready (HTTP 503): it may still be loading its model"
    if error.status >= 500:
        return f"it fails itself (HTTP {error.status}): its own log says why"
    problem = f"it refuses (HTTP {error.status})"
    return await _fix_of_request(problem, stage, address, may_be_tools=error.status < 404)


def _fix_of_key(stage: Stage) -> str:
    vendor = stage.vendor
    if not stage.key.get_secret_value():
        shared = (
            f" ({vendor.shared_key} is for {vendor.shared_address} only)"
            if vendor.shared_key
            else ""
        )
        return f"it wants a key: set {vendor.key}{shared}"
    if not stage.has_shared_key:
        return f"the key was refused: check {vendor.key}"
    is_vendor = stage.place is Place.VENDOR
    hint = f", and set {vendor.shared_address} if it is another server's" if is_vendor else ""
    return f"the key was refused: check {vendor.shared_key}{hint}"


async def _fix_of_request(
    problem: str, stage: Stage, address: str, *, may_be_tools: bool = False
) -> str:
    """Look at what the server has before naming a setting: its paths, its models, its tools."""
    end = question_of(stage).usual_end
    has_end = stage.address.endswith(end)
    models = await _models(stage, stage.address)
    if models is None and not has_end and await _models(stage, stage.address + end) is not None:
        return f"the path is wrong: set {address}={stage.shown_address}{end}"
    if models and not any(stage.model in (one, one.rpartition("/")[2]) for one in models):
        names = ", ".join(models[:_SHOWN_MODELS]) + (", ..." if models[_SHOWN_MODELS:] else "")
        return f"it has no model {stage.model!r}: set {stage.vendor.model} to one it has ({names})"
    if may_be_tools and await _answers_without_tools(stage):
        return (
            f"the model {stage.model!r} takes no tools: set {stage.vendor.model} to one that does"
        )
    ends = "" if has_end else f" (it usually ends with {end})"
    return f"{problem}: check {_all_of(stage, address)}{ends}"


def _all_of(stage: Stage, address: str) -> str:
    """Return what a request is made of, as a list in words."""
    vendor = stage.vendor
    is_model = vendor.kind is LANGUAGE_MODEL
    names = [vendor.model, vendor.voice, "" if is_model or vendor.voice else "LANGUAGE", address]
    *others, last = [name for name in names if name]
    return f"{', '.join(others)} and {last}" if others else last


async def _models(stage: Stage, address: str) -> list[str] | None:
    look = question_of(stage).list_models
    return await look(stage, address, limit_secs=_LOOK_SECS) if look else None


async def _answers_without_tools(stage: Stage) -> bool:
    ask = question_of(stage).ask_without_tools
    try:
        if ask:
            await ask(stage, limit_secs=stage.question_secs)
    except FAILURES:
        return False
    return ask is not None


def _fix_of_connection(error: Exception, stage: Stage, address: str) -> str:
    causes = list(_causes(error))
    check = "check the network" if stage.place is Place.VENDOR else f"check {address}"
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
        patience = stage.vendor.patience or stage.kind.patience
        return (
            f"no answer within {stage.question_secs:g} s: {check}, or give it more time by "
            f"{patience}"
        )
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
