from __future__ import annotations

import json

import pytest

from tools.errors import ToolDefinitionError
from tools.mcp.config import parse_servers


def test_commands_and_urls_are_read_in_both_shapes() -> None:
    plain = {
        "files": {"command": "mcp-files", "args": ["--root", "docs"], "env": {"TOKEN": "abc"}},
        "web": {"url": "https://example.com/mcp", "headers": {"Authorization": "Bearer abc"}},
    }
    servers = parse_servers(json.dumps(plain))
    assert servers == parse_servers(json.dumps({"mcpServers": plain}))
    assert servers["files"].args == ("--root", "docs")
    assert not servers["web"].trusted
    assert "abc" not in repr(servers)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "JSON"),
        ("[]", "dictionary|object"),
        ('{"a": {}}', "either a command or a url"),
        ('{"a": {"command": "x", "url": "http://y"}}', "either a command or a url"),
        ('{"a": {"url": "ftp://y"}}', "a.url"),
        ('{"a": {"url": "http://y", "args": ["z"]}}', "belong to a command"),
        ('{"a": {"command": "x", "headers": {"k": "secret-value"}}}', "belong to a url"),
        ('{"A b": {"command": "x"}}', "A b"),
        ('{"a": {"command": "x", "shell": true}}', "a.shell"),
    ],
)
def test_what_is_wrong_is_named_without_its_value(text: str, problem: str) -> None:
    with pytest.raises(ToolDefinitionError, match=problem) as caught:
        parse_servers(text)
    assert "secret-value" not in str(caught.value)
