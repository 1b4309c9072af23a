from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from tools.english import ENGLISH
from tools.errors import ToolError
from tools.weather import weather

_PLACES = {
    "results": [{"name": "Lisbon", "country": "Portugal", "latitude": 38.7, "longitude": -9.1}]
}
_FORECAST = {
    "current": {"temperature_2m": 18.4, "wind_speed_10m": 11.0, "weather_code": 2},
    "daily": {
        "temperature_2m_max": [21.6, 19.2],
        "temperature_2m_min": [14.1, 13.0],
        "weather_code": [61, 3],
        "precipitation_probability_max": [70, None],
    },
}


def _client(places: object = _PLACES, forecast: object = _FORECAST) -> httpx.AsyncClient:
    def answer(request: httpx.Request) -> httpx.Response:
        body = places if "geocoding" in request.url.host else forecast
        return httpx.Response(200, json=body)

    return httpx.AsyncClient(transport=httpx.MockTransport(answer))


async def test_today_tells_what_is_now_and_what_comes() -> None:
    async with _client() as http:
        result = await weather("Lisbon", http=http)
    assert result == {
        "place": "Lisbon, Portugal",
        "day": "today",
        "now_celsius": 18.4,
        "wind_kmh": 11.0,
        "low_celsius": 14,
        "high_celsius": 22,
        "rain_percent": 70,
        "spoken": "In Lisbon: now partly cloudy, 18 degrees; "
        "today rain, 14 to 22 degrees, 70 percent chance of rain.",
    }


@pytest.mark.promise("Languages", "The weather knows places by their names in the language.")
async def test_a_place_is_asked_for_in_the_callers_language() -> None:
    asked: list[httpx.URL] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        body = _PLACES if "geocoding" in request.url.host else _FORECAST
        return httpx.Response(200, json=body)

    german = replace(ENGLISH, code="de")
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        await weather("Lissabon, Portugal", http=http, language=german)
    assert (asked[0].params["name"], asked[0].params["language"]) == ("Lissabon", "de")
    assert (asked[1].params["latitude"], asked[1].params["longitude"]) == ("38.7", "-9.1")


async def test_tomorrow_leaves_out_the_present() -> None:
    async with _client() as http:
        result = await weather("Lisbon", "tomorrow", http=http)
    assert isinstance(result, dict)
    assert result["spoken"] == "In Lisbon: tomorrow overcast, 13 to 19 degrees."
    assert result["now_celsius"] is None


async def test_a_place_nobody_knows_is_said() -> None:
    async with _client(places={}) as http:
        with pytest.raises(ToolError, match="unknown_place"):
            await weather("Atlantis", http=http)


async def test_without_a_network_it_says_so() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("name resolution failed for secret-host", request=request)

    async with httpx.AsyncClient(transport=httpx.MockTransport(refuse)) as http:
        with pytest.raises(ToolError) as caught:
            await weather("Lisbon", http=http)
    assert caught.value.code == "offline"
    assert "secret-host" not in caught.value.message


async def test_an_error_of_the_service_is_said() -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(503))
    async with httpx.AsyncClient(transport=transport) as http:
        with pytest.raises(ToolError, match="service_failed"):
            await weather("Lisbon", http=http)


@pytest.mark.parametrize("forecast", [{}, {"current": None}, {**_FORECAST, "daily": {}}, [1]])
async def test_an_answer_of_another_shape_is_said(forecast: object) -> None:
    async with _client(forecast=forecast) as http:
        with pytest.raises(ToolError, match="bad_answer"):
            await weather("Lisbon", http=http)


async def test_a_forecast_without_the_day_is_said() -> None:
    daily = {"temperature_2m_max": [1.0], "temperature_2m_min": [0.0], "weather_code": [0]}
    async with _client(forecast={**_FORECAST, "daily": daily}) as http:
        with pytest.raises(ToolError, match="no_forecast"):
            await weather("Lisbon", "tomorrow", http=http)
