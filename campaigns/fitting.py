"""Does a creative fit its placement? By the shape of its template, and the room that there is. Pure."""

from typing import NamedTuple


class Room(NamedTuple):
    """Pixels that a template needs; 0: it does not matter."""

    least_width: int = 0
    most_width: int = 0
    least_height: int = 0
    most_height: int = 0


ROOMS = {
    "hero": Room(least_width=420, least_height=160),
    "banner": Room(least_width=280, most_height=150),
    "card": Room(most_width=640, least_height=200),
    "row": Room(least_width=360, least_height=180),
    "message": Room(most_height=240),
    "countdown": Room(least_width=280, least_height=110),
}


def misfit(template: str, width: int, height: int) -> str:
    """Why a creative of this template does not fit a placement of that size, in pixels; empty where it does, or where
    the size is not known (0)."""
    room = ROOMS.get(template, Room())
    if width and width < room.least_width:
        return f"a {template} needs {room.least_width} pixels of width, and there are {width}"
    if width and room.most_width and width > room.most_width:
        return f"a {template} is made for at most {room.most_width} pixels of width, and there are {width}"
    if height and height < room.least_height:
        return f"a {template} needs {room.least_height} pixels of height, and {height} are reserved"
    if height and room.most_height and height > room.most_height:
        return f"a {template} fills at most {room.most_height} of the {height} pixels of height that are reserved"
    return ""
