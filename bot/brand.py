"""What an operator calls the assistant and how it is to look, from the file BRAND_FILE names."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

_MAX_LOGO_BYTES = 64 * 1024
_LOGO_TYPES = (".svg", ".png", ".webp")
_FULL_CHROMA = 0.19
"""Of the page's own accent, `--voice-deep` in web/app/globals.css."""

_Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BrandLink(_Strict):
    """A link below the welcome, such as to an imprint."""

    text: Annotated[_Line, Field(max_length=40)]
    url: str = Field(pattern=r"^(https?://|mailto:)[^\s\"<>]+$", max_length=500)


class Brand(_Strict):
    """What differs from Parley's own; the defaults are Parley's."""

    name: Annotated[_Line, Field(max_length=40)] = "Parley"
    headline: _Line | None = None
    """The first words of the welcome, in every language; None: the page's own."""
    color: str | None = Field(default=None, pattern=r"^#[0-9a-fA-F]{6}$")
    """The voice takes its hue and strength; how light it is stays, and so do the contrasts."""
    logo: Path | None = None
    """SVG, PNG or WebP, in the file's folder or below; shown in place of the name."""
    links: tuple[BrandLink, ...] = Field(default=(), max_length=4)


def read_brand(path: Path | None) -> Brand:
    """Read and check it; without a file it is Parley's own.

    Raises:
        ValueError: with the reason, in words for the operator.
    """
    if path is None:
        return Brand()
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
        brand = Brand.model_validate(told)
    except ValidationError as error:
        raise ValueError("; ".join(map(_problem, error.errors()))) from error
    except UnicodeDecodeError as error:
        raise ValueError("cannot be read as UTF-8 text") from error
    except OSError as error:
        raise ValueError(f"cannot be read ({error.strerror})") from error
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"is not TOML: {error}") from error
    if brand.logo is None:
        return brand
    return brand.model_copy(update={"logo": _checked_logo(path.parent, brand.logo)})


def accent_of(color: str) -> tuple[float, float]:
    """Return the hue of `#rrggbb` in degrees of OKLCH, and its chroma as a share of our accent's.

    The matrices are those of https://bottosson.github.io/posts/oklab/.
    """
    red, green, blue = (_linear(int(color[at : at + 2], 16) / 255) for at in (1, 3, 5))
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    chroma_share = min(1.0, math.hypot(a, b) / _FULL_CHROMA)
    return round(math.degrees(math.atan2(b, a)) % 360, 1), round(chroma_share, 2)


def _linear(value: float) -> float:
    """Undo the gamma of sRGB."""
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _checked_logo(folder: Path, logo: Path) -> Path:
    found = (folder / logo).resolve()
    if not found.is_relative_to(folder.resolve()) or not found.is_file():
        raise ValueError("logo: there is no such file in the folder of this one")
    if found.suffix not in _LOGO_TYPES or found.stat().st_size > _MAX_LOGO_BYTES:
        raise ValueError(f"logo: must be {', '.join(_LOGO_TYPES)}, of at most 64 kB")
    return found


def _problem(error: Any) -> str:
    place = ".".join(str(part) for part in error["loc"])
    return f"{place}: {error['msg']}"
