"""Which MCP servers a session uses, as JSON in the shape other MCP clients read too."""

from __future__ import annotations

from typing import Annotated

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from tools.errors import ToolDefinitionError

ServerName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,19}$")]


class McpServer(BaseModel):
    """One server: a command that is run for each session, or a URL (streamable HTTP)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    command: str = ""
    args: tuple[str, ...] = ()
    env: dict[str, SecretStr] = {}
    """Added to a minimal environment; nothing of the bot's own is passed on."""
    url: str = Field(default="", pattern=r"^(https?://.+)?$")
    headers: dict[str, SecretStr] = {}
    trusted: bool = False
    """Its descriptions are as good as our own; otherwise every effect needs the caller's yes."""
    timeout_secs: float = Field(default=20.0, gt=0, le=120)

    @model_validator(mode="after")
    def _has_one_address(self) -> McpServer:
        if bool(self.command) == bool(self.url):
            raise ValueError("give either a command or a url")
        if self.url and (self.args or self.env):
            raise ValueError("args and env belong to a command")
        if self.command and self.headers:
            raise ValueError("headers belong to a url")
        return self


_SERVERS = TypeAdapter(dict[ServerName, McpServer])


class _Wrapped(BaseModel):
    """The file other MCP clients use."""

    mcpServers: dict[ServerName, McpServer]


def parse_servers(text: str) -> dict[str, McpServer]:
    """Read `{"name": {"command": ...}, "other": {"url": ...}}`, perhaps below "mcpServers".

    Raises:
        ToolDefinitionError: The message names the place and the reason, but no value.
    """
    try:
        if '"mcpServers"' in text:
            return _Wrapped.model_validate_json(text).mcpServers
        return _SERVERS.validate_json(text)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, item['loc'])) or 'text'}: {item['msg']}"
            for item in error.errors(include_input=False, include_url=False)
        )
        raise ToolDefinitionError(f"MCP servers: {problems}") from None
