"""The page in a page of another site: who may frame it, and what such sites have to be told."""

from __future__ import annotations

from collections.abc import Collection, Mapping

_NO_FRAMES = "frame-ancestors 'none'"
LOADER = "embed.js"
EMBEDDED_PAGE = "embed.html"

FOR_ISOLATED_SITES: Mapping[str, str] = {
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}
"""Of loader and page: sites that let in only what agrees to it (COEP) may have both."""


def framed_policy(policy: str, sites: Collection[str]) -> str:
    """Return the policy of a page that these sites may frame."""
    if not sites:
        return policy
    return policy.replace(_NO_FRAMES, " ".join(("frame-ancestors", *sites)))
