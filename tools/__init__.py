"""What the language model may call. A new tool is one file here plus its name in `TOOLS`."""

from __future__ import annotations

from tools.end_call import end_call
from tools.time_in_place import time_in_place
from tools.tool import Tool
from tools.weather import weather

TOOLS: list[Tool] = [time_in_place, weather, end_call]
