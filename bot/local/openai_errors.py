"""OpenAI's error bodies, as its SDK turns them into exceptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import JSONResponse

from bot.local.faults import Faults

_TYPES = {
    401: ("invalid_request_error", "invalid_api_key"),
    403: ("invalid_request_error", "forbidden"),
    404: ("invalid_request_error", "not_found"),
    429: ("requests", "rate_limit_exceeded"),
}


class BadRequestError(Exception):
    """The request cannot be served as it is. It becomes HTTP 400."""

    def __init__(self, message: str, *, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.code = code


def error_response(
    status: int,
    message: str,
    *,
    param: str | None = None,
    code: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Return the body OpenAI sends with this status."""
    default = ("invalid_request_error", None) if status < 500 else ("server_error", None)
    kind, default_code = _TYPES.get(status, default)
    error = {"message": message, "type": kind, "param": param, "code": code or default_code}
    return JSONResponse({"error": error}, status, headers=dict(headers or {}))


def fault_response(faults: Faults, status: int) -> JSONResponse:
    """Return the error a fault plan asks for."""
    headers: dict[str, str] = {}
    if faults.retry_after_secs is not None:
        headers["retry-after"] = f"{faults.retry_after_secs:g}"
        headers["retry-after-ms"] = f"{faults.retry_after_secs * 1_000:g}"
    return error_response(status, "This error was asked for by a fault plan.", headers=headers)


def validation_response(
    errors: Sequence[Mapping[str, Any]], *, param: str | None = None
) -> JSONResponse:
    """Return the first problem of a request, named by its field."""
    first = errors[0]
    field = ".".join(str(part) for part in first["loc"] if part != "body")
    message = f"Invalid value for '{field}': {first['msg']}." if field else f"{first['msg']}."
    return error_response(400, message, param=param or field or None)
