"""Pictures as marketers and strangers upload them."""

from io import BytesIO
from typing import Any

from PIL import Image


def a_picture(
    colour: str = "teal", size: tuple[int, int] = (64, 48), kind: str = "PNG", mode: str = "RGB", **options: Any
) -> bytes:
    out = BytesIO()
    Image.new(mode, size, colour).save(out, kind, **options)
    return out.getvalue()
