"""What is uploaded is a picture, or is refused by a sentence; of a picture only the pixels stay."""

import struct
import zlib
from contextlib import suppress
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from campaigns.pictures.decoding import MOST_BYTES, WIDTHS, NoPicture, decode
from tests.pictures import a_picture

SCRIPT = b"<script>alert(1)</script>"


def opened(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image


def png_of(width: int, height: int) -> bytes:
    """A head that claims so many pixels, and nothing behind it."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + head
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk)) + b"\0\0\0\0IEND"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "AVIF"])
def test_takes_what_browsers_show_and_writes_it_as_webp(kind):
    decoded = decode(a_picture("#336699", (500, 250), kind))

    assert (decoded.width, decoded.height, sorted(decoded.files)) == (500, 250, [320, 500])
    for width, data in decoded.files.items():
        image = opened(data)
        assert (image.format, image.size) == ("WEBP", (width, width // 2))
        assert all(
            abs(a - b) < 12 for a, b in zip(image.convert("RGB").getpixel((9, 9)), (0x33, 0x66, 0x99), strict=True)
        )


def test_a_large_one_is_there_in_all_widths_and_no_wider():
    decoded = decode(a_picture(size=(2400, 600), kind="JPEG"))

    assert tuple(sorted(decoded.files)) == WIDTHS
    assert (decoded.width, decoded.height) == (1920, 480)


def test_nothing_but_pixels_stays():
    exif = Image.Exif()
    exif[0x010E] = "taken in my garden"
    exif[0x0112] = 6  # to be turned
    photo = a_picture(size=(80, 40), kind="JPEG", exif=exif.tobytes(), comment=SCRIPT) + SCRIPT + b"PK\x05\x06"

    decoded = decode(photo)

    assert (decoded.width, decoded.height) == (40, 80)
    for data in decoded.files.values():
        assert SCRIPT not in data and b"garden" not in data and b"PK\x05\x06" not in data
        assert not opened(data).getexif() and "icc_profile" not in opened(data).info


def test_what_can_be_seen_through_stays_so():
    decoded = decode(a_picture((255, 0, 0, 0), mode="RGBA"))

    assert opened(decoded.files[64]).convert("RGBA").getpixel((5, 5))[3] == 0


def test_of_an_animation_the_first_frame_is_kept():
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    out = BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])

    decoded = decode(out.getvalue())

    assert decoded.is_animated
    assert opened(decoded.files[20]).convert("RGB").getpixel((9, 9))[0] > 200


def test_the_same_pixels_have_the_same_digest():
    assert decode(a_picture()).digest == decode(a_picture(kind="PNG", optimize=True)).digest
    assert decode(a_picture()).digest != decode(a_picture("red")).digest


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no picture"),
        (b"GIF89a" + SCRIPT, "broken|no picture"),
        (b"\xff\xd8\xff" + SCRIPT, "broken|no picture"),
        (b"%PDF-1.7", "no picture"),
        (b"<!doctype html>" + SCRIPT, "no picture"),
        (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "SVG is not taken"),
        (b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "b">]><svg/>', "SVG is not taken"),
        (a_picture()[:60], "broken"),
        (a_picture(kind="TIFF"), "no picture"),
        (a_picture(kind="ICO"), "no picture"),
        (png_of(100_000, 100_000), "pixels"),
        (png_of(12_001, 8), "pixels"),
        (png_of(2, 2), "too few"),
        (b"x" * (MOST_BYTES + 1), "8 MB"),
    ],
    ids=[
        "empty",
        "gif of text",
        "jpeg of text",
        "pdf",
        "page",
        "svg",
        "svg with entities",
        "cut",
        "tiff",
        "ico",
        "bomb",
        "wide",
        "tiny",
        "heavy",
    ],
)
def test_anything_else_is_refused_by_a_sentence(data, words):
    with pytest.raises(NoPicture, match=words):
        decode(data)


@given(st.binary(max_size=200), st.integers(0, 300))
def test_no_bytes_do_more_than_be_refused(noise, place):
    whole = a_picture(kind="GIF")
    place %= len(whole)
    with suppress(NoPicture):
        decode(whole[:place] + noise + whole[place:])
