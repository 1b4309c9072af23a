"""The tool that tells the weather, from Open-Meteo (no key)."""

from __future__ import annotations

from typing import Any, Literal, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from tools.english import ENGLISH
from tools.errors import ToolError
from tools.language import ToolLanguage
from tools.tool import tool

# https://open-meteo.com/en/docs/geocoding-api and https://open-meteo.com/en/docs
_GEOCODING_URL = "https://geocoding-api.open-meteo.com/v1/search"
_FORECAST_URL = "https://api.open-meteo.com/v1/forecast"

# WMO code table 4677 as Open-Meteo documents it, one entry for each sky one would have a word for.
SKY_CODES = (
    (0,),
    (1,),
    (2,),
    (3,),
    (45, 48),
    (51, 53, 55),
    (56, 57, 66, 67),
    (61, 63, 65),
    (71, 73, 75, 77),
    (80, 81, 82),
    (85, 86),
    (95, 96, 99),
)


_Answer = TypeVar("_Answer", bound=BaseModel)


class _Place(BaseModel):
    name: str
    country: str = ""
    latitude: float
    longitude: float


class _Places(BaseModel):
    results: list[_Place] = []


class _Current(BaseModel):
    temperature_2m: float
    wind_speed_10m: float
    weather_code: int


class _Daily(BaseModel):
    temperature_2m_max: list[float]
    temperature_2m_min: list[float]
    weather_code: list[int]
    precipitation_probability_max: list[int | None] = []


class _Forecast(BaseModel):
    current: _Current
    daily: _Daily


@tool(timeout_secs=10.0, filler="Let me look at the sky there.")
async def weather(
    place: str,
    day: Literal["today", "tomorrow"] = "today",
    *,
    http: httpx.AsyncClient,
    language: ToolLanguage = ENGLISH,
) -> dict[str, object]:
    """Tell the weather in a place, now and for today, or for tomorrow.

    Args:
        place: A city or town, like "Lisbon".
        day: Which day is meant.
        http: The shared client.
        language: What the caller speaks.
    """
    found = await _find_place(place, code=language.code, http=http)
    forecast = await _fetch_forecast(found, http=http)
    index = 0 if day == "today" else 1
    daily = forecast.daily
    if len(daily.temperature_2m_max) <= index:
        raise ToolError("no_forecast", f"The weather service has no forecast for {found.name}.")
    low, high = round(daily.temperature_2m_min[index]), round(daily.temperature_2m_max[index])
    rain = (daily.precipitation_probability_max + [None, None])[index]
    now, said = forecast.current, language.tools
    sentence = said.weather_today if day == "today" else said.weather_tomorrow
    return {
        "place": f"{found.name}, {found.country}".removesuffix(", "),
        "day": day,
        "now_celsius": now.temperature_2m if day == "today" else None,
        "wind_kmh": now.wind_speed_10m if day == "today" else None,
        "low_celsius": low,
        "high_celsius": high,
        "rain_percent": rain,
        "spoken": sentence.format(
            place=found.name,
            sky_now=_sky(now.weather_code, language),
            degrees_now=round(now.temperature_2m),
            sky=_sky(daily.weather_code[index], language),
            low=low,
            high=high,
            rain="" if rain is None else said.rain.format(percent=rain),
        ),
    }


async def _find_place(place: str, *, code: str, http: httpx.AsyncClient) -> _Place:
    query = {"name": place.partition(",")[0].strip(), "count": 1, "language": code}
    places = _parse(_Places, await _get_json(_GEOCODING_URL, query, http=http))
    if not places.results:
        raise ToolError("unknown_place", f"The weather service does not know {place}.")
    return places.results[0]


async def _fetch_forecast(place: _Place, *, http: httpx.AsyncClient) -> _Forecast:
    query = {
        "latitude": place.latitude,
        "longitude": place.longitude,
        "current": "temperature_2m,wind_speed_10m,weather_code",
        "daily": "weather_code,temperature_2m_max,temperature_2m_min,precipitation_probability_max",
        "forecast_days": 2,
        "timezone": "auto",
    }
    return _parse(_Forecast, await _get_json(_FORECAST_URL, query, http=http))


async def _get_json(url: str, query: dict[str, Any], *, http: httpx.AsyncClient) -> bytes:
    try:
        response = await http.get(url, params=query)
        response.raise_for_status()
    except httpx.TransportError:
        message = "I cannot reach the weather service from here right now."
        raise ToolError("offline", message) from None
    except httpx.HTTPStatusError:
        message = "The weather service answered with an error."
        raise ToolError("service_failed", message) from None
    return response.content


def _parse(model: type[_Answer], content: bytes) -> _Answer:
    try:
        return model.model_validate_json(content)
    except ValidationError:
        message = "The weather service sent an answer I could not read."
        raise ToolError("bad_answer", message) from None


def _sky(code: int, language: ToolLanguage) -> str:
    skies = zip(SKY_CODES, language.tools.skies, strict=False)
    return next((words for codes, words in skies if code in codes), language.tools.skies[-1])
