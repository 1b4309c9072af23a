"""What the language model may call. A new tool is one file here plus its name in `TOOLS`."""

from __future__ import annotations

from tools.book_appointment import book_appointment
from tools.cancel_appointment import cancel_appointment
from tools.cancel_timer import cancel_timer
from tools.end_call import end_call
from tools.list_appointments import list_appointments
from tools.move_appointment import move_appointment
from tools.set_timer import set_timer
from tools.time_in_place import time_in_place
from tools.tool import Tool
from tools.weather import weather

TOOLS: list[Tool] = [
    time_in_place,
    weather,
    set_timer,
    cancel_timer,
    list_appointments,
    book_appointment,
    move_appointment,
    cancel_appointment,
    end_call,
]
