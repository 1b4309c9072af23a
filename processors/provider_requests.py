"""What every provider reached over HTTP has in common: the client and how its requests fail."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

import httpx2
from openai import APIConnectionError, DefaultAsyncHttpxClient, OpenAI, OpenAIError
from pipecat.utils.errors import ErrorCategory, classify_http_status_code

from .tls import shared_tls_context


class EmptyAnswerError(Exception):
    """The provider answered with success and nothing usable in it."""

    is_final = False
    """Whether asking again is no use."""


class ProviderError(Exception):
    """The provider said that the request failed, inside an answer that began with success.

    Args:
        body: What it said; never for the log, it may quote the caller.
        code: Its own name for the failure.
        status_code: The HTTP status that would have said the same; None if there is none.
        retry_after_secs: How long it wants to be left alone; None if it does not say.
    """

    def __init__(
        self,
        *,
        body: object,
        code: str,
        status_code: int | None,
        retry_after_secs: float | None = None,
    ) -> None:
        super().__init__("an error inside the answer")
        self.body = body
        self.code = code
        self.status_code = status_code
        self.retry_after_secs = retry_after_secs


REQUEST_ERRORS = (
    OpenAIError,
    httpx2.HTTPError,
    httpx2.StreamError,
    EmptyAnswerError,
    ProviderError,
    TimeoutError,
    OSError,
)
"""Everything a request, or reading its answer, fails with."""

CONNECT_SECS = 3.0

_OPENAI = "api.openai.com"
_AZURE = ".openai.azure.com"


def is_openais(base_url: str | None) -> bool:
    """Return True for OpenAI's own address, of any region; none stands for it too."""
    return not base_url or f".{urlsplit(base_url).hostname}".endswith(f".{_OPENAI}")


def is_azures(base_url: str | None) -> bool:
    """Return True for an address of OpenAI's models at Azure."""
    return f".{urlsplit(base_url or '').hostname}".endswith(_AZURE)


def build_http_client() -> DefaultAsyncHttpxClient:
    """Build a client whose idle connections are kept: the SDK's own close after 5 s of silence."""
    return DefaultAsyncHttpxClient(
        verify=shared_tls_context(),
        limits=httpx2.Limits(
            max_connections=20, max_keepalive_connections=20, keepalive_expiry=600
        ),
    )


@dataclass(frozen=True)
class Complaint:
    """What a provider says about a request it did not answer."""

    status_code: int
    """0 if it did not say."""
    text: str
    """All its words in lower case, to look for known ones; never for the log."""

    @classmethod
    def of(cls, error: Exception) -> Complaint | None:
        """Read an error; None if it is not of the provider's making."""
        # The SDKs of all vendors have the same two names, and no type in common.
        status_code: object = getattr(error, "status_code", None)
        if isinstance(error, ProviderError) or isinstance(status_code, int):
            words = " ".join(words_of(getattr(error, "body", None)))[:_LONGEST_COMPLAINT_CHARS]
            text = f"{getattr(error, 'code', None) or ''} {words}".lower()
            return cls(status_code if isinstance(status_code, int) else 0, text)
        return None

    @property
    def refuses_key(self) -> bool:
        """Whether no request with this key will be answered."""
        is_moderated = self.status_code == 403 and _MODERATED.search(self.text) is not None
        is_refused = self.status_code in (401, 403) and not is_moderated
        return is_refused or _KEY_REFUSED.search(self.text) is not None

    @property
    def knows_no_such_model(self) -> bool:
        """Whether the provider has no model of this name."""
        return self.status_code in (0, 400, 404) and _NO_SUCH_MODEL.search(self.text) is not None

    @property
    def is_hopeless(self) -> bool:
        """Whether no request will ever be answered."""
        return self.refuses_key or self.knows_no_such_model

    @property
    def is_out_of_credit(self) -> bool:
        """Whether the account has to be paid for first."""
        return self.status_code == 402 or _UNPAID.search(self.text) is not None

    @property
    def is_loading(self) -> bool:
        """Whether the provider is getting ready."""
        return self.status_code == 503 and _LOADING.search(self.text) is not None

    @property
    def is_about_content(self) -> bool:
        """Whether the provider will not talk about this."""
        return self.status_code in (400, 403, 422) and _MODERATED.search(self.text) is not None


_LONGEST_COMPLAINT_CHARS = 4000
"""What comes after is a web page, or the request once more."""

# "API key not valid" is a 400 of Gemini's, "Incorrect API key provided" one of xAI's.
_KEY_REFUSED = re.compile(
    r"invalid_api_key|api_key_invalid|api[ _-]?key.{0,30}(not valid|invalid|incorrect|expired)|"
    r"(invalid|incorrect|expired|missing) api[ _-]?key"
)
_UNPAID = re.compile(r"insufficient_quota|credit balance")
_NO_SUCH_MODEL = re.compile(
    r"not_found_error\W+model\b|model_not_found|model_not_exist|deploymentnotfound|"
    r"not a valid model|"
    r"(unknown|invalid|no such) model|models?\b.{0,80}(not found|not exist|decommissioned)"
)
_LOADING = re.compile(r"loading|warming|starting|not ready")
_MODERATED = re.compile(
    r"moderation|content[_ ]filter|content management policy|flagged|responsibleai"
)


def may_pass(status_code: int) -> bool:
    """Return True for an HTTP status of which the same request may be free when made again."""
    # Conflict, locked, too early; 499 is a proxy's whose client was gone.
    return status_code in (408, 409, 423, 425, 429, 499) or status_code >= 500


def is_transient(error: Exception) -> bool:
    """Return True if the same request may succeed when made again."""
    complaint = Complaint.of(error)
    if complaint is None:
        return True
    return complaint.status_code == 0 or may_pass(complaint.status_code)


def failure_of(error: Exception) -> tuple[str, ErrorCategory]:
    """Describe a failed request without a word of what was asked or answered.

    The category is a permanent one only if no request will ever succeed.
    """
    complaint = Complaint.of(error)
    if complaint is not None:
        status = complaint.status_code
        return f"HTTP {status}" if status else str(error), _category(complaint)
    if isinstance(error, EmptyAnswerError):
        return str(error), ErrorCategory.SERVER
    if isinstance(error, TimeoutError | httpx2.TimeoutException):
        return "no answer in time", ErrorCategory.CONNECTIVITY
    if isinstance(error, APIConnectionError | httpx2.HTTPError | OSError):
        return f"no connection ({type(error).__name__})", ErrorCategory.CONNECTIVITY
    if isinstance(error.__cause__, Exception):
        # An SDK's own error stands for what it was raised from.
        return failure_of(error.__cause__)
    return type(error).__name__, ErrorCategory.UNKNOWN


def _category(complaint: Complaint) -> ErrorCategory:
    if complaint.is_out_of_credit:
        return ErrorCategory.QUOTA
    if complaint.refuses_key:
        is_known = complaint.status_code == 403
        return ErrorCategory.AUTHORIZATION if is_known else ErrorCategory.AUTHENTICATION
    if complaint.knows_no_such_model:
        return ErrorCategory.INVALID_REQUEST
    category = classify_http_status_code(complaint.status_code or 500)
    # This request failed; the next one has other words in it.
    return ErrorCategory.APPLICATION if category.is_permanent else category


def words_of(value: object) -> Iterator[str]:
    """Yield what an error says, without the request it may quote."""
    if isinstance(value, Mapping):
        for name, inner in cast("Mapping[str, object]", value).items():
            if name not in ("input", "failed_generation"):
                yield from words_of(inner)
    elif isinstance(value, list):
        for inner in cast("list[object]", value):
            yield from words_of(inner)
    elif value is not None:
        yield str(value)


async def warm(client: Any) -> None:
    """Open a connection before it is needed; whether the request succeeds does not matter."""
    with suppress(Exception):
        await client.models.list(timeout=CONNECT_SECS)


def load() -> None:
    """Have the SDK build what its first request would build, without a network or a thread.

    Costs .3 s once; without it, the first reply of every session does.
    """
    transport = httpx2.MockTransport(_canned_answer)
    with OpenAI(api_key="none", http_client=httpx2.Client(transport=transport)) as client:
        completions = client.chat.completions.with_streaming_response
        with completions.create(
            model="m", messages=[{"role": "user", "content": "Hi"}], stream=True
        ) as answer:
            answer.read()
        speech = client.audio.speech.with_streaming_response
        with speech.create(model="m", voice="v", input="Hi", response_format="pcm") as answer:
            answer.read()


def _canned_answer(_: httpx2.Request) -> httpx2.Response:
    return httpx2.Response(200, content=b"\x00\x00")
