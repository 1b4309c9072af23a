"""The tool that tells the weather, from Open-Meteo (no key)."""

from __future__ import annotations

from typing import Any, Literal, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from tools.errors import ToolError
from tools.tool import tool

# https://open-meteo.com/en/docs/geocoding-api and https://open-meteo.com/en/docs
_GEOCODING_URL = "https://geocoding-api.open-meteo.com/v1/search"
_FORECAST_URL = "https://api.open-meteo.com/v1/forecast"

# WMO code table 4677 as Open-Meteo documents it, in words one would say.
_SKY = {
    (0,): "clear sky",
    (1,): "mostly clear",
    (2,): "partly cloudy",
    (3,): "overcast",
    (45, 48): "fog",
    (51, 53, 55): "drizzle",
    (56, 57, 66, 67): "freezing rain",
    (61, 63, 65): "rain",
    (71, 73, 75, 77): "snow",
    (80, 81, 82): "showers",
    (85, 86): "snow showers",
    (95, 96, 99): "thunderstorms",
}


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
    place: str, day: Literal["today", "tomorrow"] = "today", *, http: httpx.AsyncClient
) -> dict[str, object]:
    """Tell the weather in a place, now and for today, or for tomorrow.

    Args:
        place: A city or town, like "Lisbon".
        day: Which day is meant.
        http: The shared client.
    """
    found = await _find_place(place, http=http)
    forecast = await _fetch_forecast(found, http=http)
    index = 0 if day == "today" else 1
    daily = forecast.daily
    if len(daily.temperature_2m_max) <= index:
        raise ToolError("no_forecast", f"The weather service has no forecast for {found.name}.")
    low, high = round(daily.temperature_2m_min[index]), round(daily.temperature_2m_max[index])
    rain = (daily.precipitation_probability_max + [None, None])[index]
    outlook = f"{day} {_sky(daily.weather_code[index])}, {low} to {high} degrees"
    if rain is not None:
        outlook += f", {rain} percent chance of rain"
    now = forecast.current
    present = f"now {_sky(now.weather_code)}, {round(now.temperature_2m)} degrees; "
    return {
        "place": f"{found.name}, {found.country}".removesuffix(", "),
        "day": day,
        "now_celsius": now.temperature_2m if day == "today" else None,
        "wind_kmh": now.wind_speed_10m if day == "today" else None,
        "low_celsius": low,
        "high_celsius": high,
        "rain_percent": rain,
        "spoken": f"In {found.name}: {present if day == 'today' else ''}{outlook}.",
    }


async def _find_place(place: str, *, http: httpx.AsyncClient) -> _Place:
    query = {"name": place.partition(",")[0].strip(), "count": 1, "language": "en"}
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


def _sky(code: int) -> str:
    return next((words for codes, words in _SKY.items() if code in codes), "unsettled weather")
