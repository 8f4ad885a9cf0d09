"""Is this upload a picture, and what is kept of it? Its pixels, written anew in several widths; nothing else of it.

So whatever else the file is (a page, an archive, a script) or carries (where it was taken, comments, a colour profile)
stays behind. Knows Pillow and nothing of Django.
"""

import hashlib
import warnings
from io import BytesIO
from typing import NamedTuple

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "AVIF")
MOST_BYTES = 8_000_000
MOST_PIXELS = 24_000_000  # 6,000 x 4,000; four bytes each while it is decoded
MOST_SIDE = 12_000
LEAST_SIDE = 8
WIDTHS = (320, 640, 960, 1440, 1920)
QUALITY = 82

NO_PICTURE = "This is no picture that can be read. Use PNG, JPEG, WebP, GIF or AVIF."
TOO_MANY = f"It has {{}} pixels; at most {MOST_PIXELS // 1_000_000} million are taken, and {MOST_SIDE:,} on a side."
SVG = "SVG is not taken, because it can hold scripts. Save the drawing as PNG or WebP and upload that."


class NoPicture(Exception):
    """Its text says why, for whoever uploaded it; another file may help."""


class Decoded(NamedTuple):
    digest: str  # of the widest file, 32 hex digits: the same pixels have the same one
    width: int  # pixels, of the widest file
    height: int
    files: dict[int, bytes]  # WebP, by width
    is_animated: bool  # it was; the first frame is kept


def decode(data: bytes) -> Decoded:
    """Raises NoPicture. Of 24 million pixels it takes a second or two."""
    if len(data) > MOST_BYTES:
        raise NoPicture(f"The file has {len(data) / 1e6:.1f} MB; at most {MOST_BYTES // 1_000_000} MB are taken.")
    if _is_svg(data):
        raise NoPicture(SVG)
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(BytesIO(data), formats=FORMATS) as opened:
                _look_at_size(*opened.size)
                is_animated = getattr(opened, "n_frames", 1) > 1
                opened.seek(0)
                image = _pixels_of(opened)
        except UnidentifiedImageError:
            raise NoPicture(NO_PICTURE) from None
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise NoPicture(TOO_MANY.format("more")) from None
        # Pillow's readers raise whatever a broken file leads them into.
        except (
            OSError,
            SyntaxError,
            ValueError,
            EOFError,
            KeyError,
            IndexError,
            TypeError,
            MemoryError,
            OverflowError,
        ):
            raise NoPicture("The picture is broken, or not complete. Save it again and upload that.") from None
    widest = min(image.width, WIDTHS[-1])
    files = {width: _write(image, width) for width in [*(width for width in WIDTHS if width < widest), widest]}
    digest = hashlib.blake2b(files[widest], digest_size=16).hexdigest()
    return Decoded(digest, widest, _height(image, widest), files, is_animated)


def _is_svg(data: bytes) -> bool:
    head = data[:1000].lstrip().lower()
    return b"<svg" in head or head.startswith(b"<?xml")


def _look_at_size(width: int, height: int) -> None:
    """By what its head says, before anything is decoded."""
    if max(width, height) > MOST_SIDE or width * height > MOST_PIXELS:
        raise NoPicture(TOO_MANY.format(f"{width:,} x {height:,}"))
    if min(width, height) < LEAST_SIDE:
        raise NoPicture(f"It has {width} x {height} pixels; too few to be seen.")


def _pixels_of(opened: Image.Image) -> Image.Image:
    """Upright, in sRGB, without anything that is not a pixel."""
    opened.load()
    image = ImageOps.exif_transpose(opened)
    has_alpha = "A" in image.getbands() or "transparency" in image.info
    profile = image.info.get("icc_profile")
    image = image.convert("RGBA" if has_alpha else "RGB")
    if profile:
        image = _in_srgb(image, profile)
    bare = Image.new(image.mode, image.size)
    bare.paste(image)
    return bare


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """As it is where its profile cannot be used."""
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        return ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB")) or image
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image


def _write(image: Image.Image, width: int) -> bytes:
    sized = image if width == image.width else image.resize((width, _height(image, width)), Image.Resampling.LANCZOS)
    out = BytesIO()
    sized.save(out, "WEBP", quality=QUALITY, method=4)
    return out.getvalue()


def _height(image: Image.Image, width: int) -> int:
    return max(1, round(image.height * width / image.width))
