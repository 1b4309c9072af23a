"""The one shape of every HTTP error, and the one table from error codes to status numbers."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from loguru import logger
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from bot.access.errors import AccessError
from bot.errors import SessionGoneError, VoiceError
from bot.http.wire import ErrorAnswer, ErrorDetail, WaitAnswer
from bot.rooms.lines.waiting_line import KEPT_SECS, StillWaiting

STATUS_BY_CODE = {
    "bad_request": 400,
    "unauthorized": 401,
    "key_needed": 401,
    "wrong_key": 401,
    "invite_needed": 401,
    "sign_in_needed": 401,
    "forbidden": 403,
    "invite_unknown": 403,
    "invite_used_up": 403,
    "invite_expired": 403,
    "invite_revoked": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "idempotency_conflict": 409,
    "session_live": 409,
    "join_link_used": 410,
    "session_gone": 410,
    "session_forgotten": 410,
    "body_too_large": 413,
    "unsupported_media_type": 415,
    "field_not_allowed": 422,
    "rate_limited": 429,
    "access_slowed": 429,
    "internal": 500,
    "at_capacity": 503,
    "draining": 503,
    "paused": 503,
    "daily_budget": 503,
    "livekit_unreachable": 503,
    "store_unreachable": 503,
}
_CODE_BY_STATUS = {404: "not_found", 405: "method_not_allowed"}
_RETRY_AFTER_SECS = {
    "rate_limited": 10,
    "at_capacity": 10,
    "draining": 15,
    "livekit_unreachable": 5,
    "store_unreachable": 5,
    "paused": 300,
    "daily_budget": 3600,
}
_SHOWN_NAME_CHARS = 64


class ApiError(VoiceError):
    """A request that is refused.

    Args:
        code: One of the table above.
        message: One plain sentence.
        status: Where a code has two statuses, as bad_request has: 400 unreadable, 422 unfit.
        retry_after_secs: When to try again.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int | None = None,
        retry_after_secs: int | None = None,
    ) -> None:
        super().__init__(code, message)
        self.status = status
        self.retry_after_secs = retry_after_secs


def error_response(
    code: str,
    message: str,
    *,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
    reason: str | None = None,
) -> JSONResponse:
    """Return an error in the one shape."""
    body = ErrorAnswer(error=ErrorDetail(code=code, message=message, reason=reason))
    return JSONResponse(
        body.model_dump(exclude_none=True),
        status_code=status or STATUS_BY_CODE[code],
        headers=dict(headers or {}),
    )


def refusal_of(error: ValidationError) -> ApiError:
    """Turn pydantic's finding into an error that names the field; never its value."""
    finding = error.errors(include_url=False, include_input=False, include_context=False)[0]
    if finding["type"] == "json_invalid":
        return ApiError("bad_request", "The body is not valid JSON.")
    if not finding["loc"]:
        return ApiError("bad_request", "The body must be a JSON object.", status=422)
    # A field's name comes from outside as well: shown short and in ASCII.
    name = ascii(".".join(map(str, finding["loc"])))[1:-1][:_SHOWN_NAME_CHARS]
    if finding["type"] == "field_not_allowed":
        return ApiError("field_not_allowed", f"{name} {finding['msg']}.")
    if finding["type"] == "extra_forbidden":
        return ApiError("bad_request", f"{name} is not a field of this call.", status=422)
    return ApiError("bad_request", f"{name}: {finding['msg']}.", status=422)


def install_error_handlers(app: FastAPI, *, headers: Mapping[str, str]) -> None:
    """Give every failure of the app the one shape.

    Args:
        app: The app.
        headers: Security headers; an unforeseen failure is answered outside all middleware.
    """

    # Not in threads, as plain functions would be: a flood is mostly refusals.
    async def on_voice_error(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, VoiceError)
        return response_of(error)

    async def on_still_waiting(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, StillWaiting)
        body = WaitAnswer(place=error.place, kept_secs=int(KEPT_SECS))
        headers = {"Retry-After": str(error.ask_again_secs)}
        return JSONResponse(body.model_dump(), status_code=202, headers=headers)

    async def on_http_error(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        code = _CODE_BY_STATUS.get(error.status_code, "bad_request")
        message = f"{HTTPStatus(error.status_code).phrase}."
        return error_response(code, message, status=error.status_code, headers=error.headers)

    async def on_bug(_: Request, error: Exception) -> JSONResponse:
        del error  # the server logs it with its traceback
        return error_response("internal", "Something went wrong on our side.", headers=headers)

    app.add_exception_handler(VoiceError, on_voice_error)
    app.add_exception_handler(StillWaiting, on_still_waiting)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(Exception, on_bug)


def response_of(error: VoiceError) -> JSONResponse:
    """Return the answer to a call that failed."""
    code, message = error.code, error.message
    if code == "livekit_refused":
        logger.error("{}", message)
        code, message = "livekit_unreachable", "The voice server cannot be used just now."
    if code == "store_failed":
        logger.error("What is kept cannot be reached: {}", message)
        message = "What is kept cannot be reached just now. Try again shortly."
        code = "store_unreachable"
    if code not in STATUS_BY_CODE:
        logger.error("an error without a status: {}", code)
        code, message = "internal", "Something went wrong on our side."
    status = error.status if isinstance(error, ApiError) else None
    retry_after_secs = _RETRY_AFTER_SECS.get(code)
    if isinstance(error, ApiError | AccessError) and error.retry_after_secs is not None:
        retry_after_secs = error.retry_after_secs
    headers = {"Retry-After": str(retry_after_secs)} if retry_after_secs is not None else {}
    if (status or STATUS_BY_CODE[code]) == 401:
        headers["WWW-Authenticate"] = "Bearer"
    reason = error.reason if isinstance(error, SessionGoneError) else None
    return error_response(code, message, status=status, headers=headers, reason=reason)
