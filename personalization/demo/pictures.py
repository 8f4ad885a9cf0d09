"""What does a product's picture look like? SVG, drawn from its shape, its category's colours and a backdrop."""

import zlib
from string import Template

from personalization.demo.catalogue import Product
from personalization.demo.shapes import SHAPES

# Four colours for each of the lines of a category: the product, its shadow, its light, a contrasting detail.
PALETTES = (
    ("#2f6f6a", "#1d4a47", "#8cc2b8", "#e9a13b"),
    ("#b8633a", "#7d3f22", "#eab893", "#2c5d73"),
    ("#5b6a8f", "#39456a", "#b6c2e2", "#d96c5f"),
    ("#8a7443", "#5c4c28", "#dccb9a", "#4f7d59"),
)
# Background, and the colour of its pattern; one for each category, so that a shelf looks like a shelf.
BACKDROPS = {
    "kitchen": ("#f6ece0", "#ecd9c1"),
    "lighting": ("#f7f0d8", "#eee0b1"),
    "living": ("#efe9f2", "#dfd3e6"),
    "outdoor": ("#e4efe6", "#cbe0d0"),
    "running": ("#e5eef7", "#cddff0"),
    "bags": ("#f4e8e4", "#e7d1c9"),
    "audio": ("#e9ebf0", "#d4d8e2"),
    "desk": ("#eef0e6", "#dce0cb"),
    "garden": ("#e6f1e0", "#cfe3c3"),
    "kids": ("#fbeaec", "#f5d3d8"),
}
PATTERNS = (
    '<circle cx="120" cy="126" r="98" fill="{0}"/>',
    '<path d="M0 170Q60 140 120 168T240 160V240H0z" fill="{0}"/>',
    '<path d="M120 18L228 222H12z" fill="{0}"/>',
    '<circle cx="54" cy="62" r="36" fill="{0}"/><circle cx="186" cy="176" r="52" fill="{0}"/>',
    '<path d="M22 240V120a98 98 0 0 1 196 0V240z" fill="{0}"/>',
)
SHADOW = '<ellipse cx="120" cy="212" rx="82" ry="9" fill="#000" opacity=".1"/>'


def picture(product: Product) -> str:
    """A square SVG of about two kilobytes; the same product always looks the same."""
    background, pattern = BACKDROPS[product.category.key]
    variety = zlib.crc32(product.key.encode())
    palette = PALETTES[(product.tint + len(product.category.key)) % len(PALETTES)]
    drawing = Template(SHAPES[product.shape]).substitute(dict(zip("abcd", palette, strict=True)))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 240 240" role="img"><title>{product.name}</title><rect'
        ' width="240" height="240"'
        f' fill="{background}"/>{PATTERNS[variety % len(PATTERNS)].format(pattern)}{SHADOW}{drawing}</svg>'
    )
