"""What does the demo shop sell? 240 invented products in ten categories, the same ones every time."""

import json
import random
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.utils.text import slugify

from sites.money import major, scale

CURRENCY = "EUR"


@dataclass(frozen=True)
class Category:
    key: str
    name: str
    sentence: str
    kinds: tuple[tuple[str, str, int], ...]  # noun, picture (demo.shapes), price in minor units of the plainest one
    lines: tuple[tuple[str, str, float], ...]  # brand, what makes its products special, factor on the price
    details: tuple[str, ...]

    @property
    def emblem(self) -> str:
        """Key of the product that stands for it: the plainest of its first kind."""
        brand, quality, _ = self.lines[0]
        return slugify(f"{quality} {self.kinds[0][0]} {brand}")


@dataclass(frozen=True)
class Product:
    key: str
    name: str
    category: Category
    brand: str
    shape: str
    price_minor: int
    sentence: str
    facts: tuple[tuple[str, str], ...]
    tint: int = field(default=0)  # which palette the picture uses
    old_price_minor: int | None = None  # before the sale

    @property
    def price(self) -> str:
        return major(self.price_minor, CURRENCY)

    @property
    def old_price(self) -> str:
        """Before the sale; empty for what is not in it."""
        return major(self.old_price_minor, CURRENCY) if self.old_price_minor else ""

    @property
    def rating(self) -> str:
        """Of five, as "4.2"."""
        return dict(self.facts)["Rating"].split()[0]

    @property
    def half_stars(self) -> int:
        """Out of ten."""
        return round(float(self.rating) * 2)

    @property
    def stock(self) -> int:
        """How many there are, the same every time; most are plenty."""
        return zlib.crc32(self.key.encode()) % 40

    @cached_property
    def properties(self) -> dict[str, Any]:
        """As events carry it: Segment's names, the price in major units."""
        return {
            "product_id": self.key,
            "name": self.name,
            "category": self.category.name,
            "brand": self.brand,
            "price": self.price_minor / scale(CURRENCY),
            "currency": CURRENCY,
        }

    @property
    def segue(self) -> str:
        """For the attribute data-segue-properties."""
        return json.dumps(self.properties)


CATEGORIES = (
    Category(
        "kitchen",
        "Kitchen",
        "Tools that earn their place on the worktop.",
        (
            ("Kettle", "kettle", 3900),
            ("Frying Pan", "pan", 3400),
            ("Mug", "mug", 1100),
            ("Stockpot", "pot", 5200),
            ("Mixing Bowl", "bowl", 1600),
            ("Coffee Press", "press", 2800),
        ),
        (("Harrow", "Enamel", 1.0), ("Oltre", "Copper", 2.1), ("Fernhill", "Stoneware", 1.2), ("Kessel", "Steel", 1.5)),
        ("Dishwasher safe", "Works on every hob", "Ten-year guarantee"),
    ),
    Category(
        "lighting",
        "Lighting",
        "Warm light for late evenings.",
        (
            ("Table Lamp", "lamp", 4500),
            ("Pendant", "pendant", 6900),
            ("Floor Lamp", "floorlamp", 11900),
            ("Lantern", "lantern", 2900),
            ("Desk Light", "desklight", 5400),
            ("Candle Holder", "candle", 1400),
        ),
        (
            ("Lumen & Loom", "Linen", 1.0),
            ("Oltre", "Brass", 1.9),
            ("Nordlys", "Opal", 1.4),
            ("Fernhill", "Rattan", 0.9),
        ),
        ("Dimmable", "Bulb included", "Two-metre textile cable"),
    ),
    Category(
        "living",
        "Living Room",
        "Furniture to sink into.",
        (
            ("Armchair", "armchair", 24900),
            ("Side Table", "sidetable", 8900),
            ("Sofa", "sofa", 64900),
            ("Cushion", "cushion", 1900),
            ("Bookshelf", "bookshelf", 15900),
            ("Stool", "stool", 5900),
        ),
        (("Norrland", "Oak", 1.0), ("Fernhill", "Bouclé", 1.3), ("Atelier Mo", "Walnut", 1.7), ("Halle", "Felt", 0.8)),
        ("Certified timber", "Delivered in one piece", "Covers can be washed"),
    ),
    Category(
        "outdoor",
        "Outdoor",
        "For the far side of the front door.",
        (
            ("Tent", "tent", 18900),
            ("Sleeping Bag", "sleepingbag", 9900),
            ("Trail Stove", "stove", 4900),
            ("Water Bottle", "bottle", 1900),
            ("Head Torch", "torch", 2700),
            ("Camp Chair", "campchair", 4400),
        ),
        (
            ("Ridgeway", "Alpine", 1.5),
            ("Skarn", "Basecamp", 1.0),
            ("Tarn", "Ultralight", 1.9),
            ("Fernhill", "Weekend", 0.8),
        ),
        ("Packs small", "Tested in rain", "Spare parts for ten years"),
    ),
    Category(
        "running",
        "Running",
        "Made for the first kilometre and the fortieth.",
        (
            ("Shoes", "shoe", 8900),
            ("Jacket", "jacket", 7400),
            ("Cap", "cap", 1900),
            ("Socks", "sock", 900),
            ("Belt", "belt", 2400),
            ("Singlet", "singlet", 3200),
        ),
        (("Veloz", "Trail", 1.2), ("Skarn", "Road", 1.0), ("Ridgeway", "Winter", 1.4), ("Paceline", "Race", 1.6)),
        ("Reflective details", "Recycled yarn", "Thirty days to try"),
    ),
    Category(
        "bags",
        "Bags",
        "Carry less, better.",
        (
            ("Backpack", "backpack", 7900),
            ("Tote", "tote", 2900),
            ("Messenger", "messenger", 6900),
            ("Weekender", "weekender", 10900),
            ("Pouch", "pouch", 1500),
            ("Wallet", "wallet", 3900),
        ),
        (
            ("Halden", "Canvas", 1.0),
            ("Atelier Mo", "Leather", 2.2),
            ("Tarn", "Ripstop", 1.1),
            ("Fernhill", "Waxed", 1.3),
        ),
        ("Lined with cotton", "Repairs for life", "Fits a 15-inch laptop"),
    ),
    Category(
        "audio",
        "Audio",
        "Hear the room, not the box.",
        (
            ("Headphones", "headphones", 12900),
            ("Speaker", "speaker", 14900),
            ("Earbuds", "earbuds", 6900),
            ("Turntable", "turntable", 22900),
            ("Radio", "radio", 8400),
            ("Microphone", "microphone", 9900),
        ),
        (
            ("Resona", "Studio", 1.4),
            ("Nordlys", "Field", 1.0),
            ("Kessel", "Reference", 2.0),
            ("Paceline", "Everyday", 0.7),
        ),
        ("Thirty hours of battery", "Firmware stays open", "Parts can be replaced"),
    ),
    Category(
        "desk",
        "Desk",
        "A calmer place to think.",
        (
            ("Notebook", "notebook", 1400),
            ("Fountain Pen", "pen", 3600),
            ("Keyboard", "keyboard", 9900),
            ("Organiser", "organiser", 2600),
            ("Clock", "clock", 4200),
            ("Monitor Stand", "stand", 5900),
        ),
        (("Halle", "Felt", 0.9), ("Norrland", "Oak", 1.2), ("Kessel", "Aluminium", 1.6), ("Fernhill", "Cork", 0.8)),
        ("Lies flat", "Made in small series", "Plastic-free packaging"),
    ),
    Category(
        "garden",
        "Garden",
        "From the first seed to the last tomato.",
        (
            ("Watering Can", "wateringcan", 2900),
            ("Planter", "planter", 2200),
            ("Trowel", "trowel", 1300),
            ("Secateurs", "secateurs", 3400),
            ("Bird House", "birdhouse", 2700),
            ("Seed Box", "seedbox", 1800),
        ),
        (
            ("Harrow", "Zinc", 1.0),
            ("Fernhill", "Terracotta", 0.9),
            ("Norrland", "Larch", 1.3),
            ("Oltre", "Copper", 2.0),
        ),
        ("Frost-proof", "Blades can be sharpened", "Made to be left outside"),
    ),
    Category(
        "kids",
        "Kids",
        "Toys that outlive the first birthday.",
        (
            ("Building Blocks", "blocks", 2900),
            ("Train", "train", 3400),
            ("Puzzle", "puzzle", 1600),
            ("Kite", "kite", 2400),
            ("Teddy", "teddy", 2700),
            ("Night Light", "nightlight", 3200),
        ),
        (("Pim", "Beech", 1.0), ("Halle", "Felt", 1.1), ("Norrland", "Pine", 0.8), ("Fernhill", "Rainbow", 1.3)),
        ("Safe from one year on", "Water-based colours", "Made to be handed down"),
    ),
)
CATEGORY_BY_KEY = {category.key: category for category in CATEGORIES}


def _price(base: int, factor: float, chance: random.Random) -> int:
    return _rounded(base * factor * chance.uniform(0.92, 1.08))


def _rounded(raw: float) -> int:
    """Ends in 90 cents below a hundred, in whole units above."""
    return int(raw // 100 * 100 + 90) if raw < 10_000 else int(raw // 500 * 500)


def _old_price(name: str, price_minor: int) -> int | None:
    """About one in five is in the sale, 13 to 32 per cent below its old price."""
    luck = zlib.crc32(f"{name}/sale".encode())
    return _rounded(price_minor * (1.2 + luck // 5 % 4 * 0.08)) if luck % 5 == 0 else None


def _products() -> Iterator[Product]:
    for category in CATEGORIES:
        for noun, shape, base in category.kinds:
            for tint, (brand, quality, factor) in enumerate(category.lines):
                name = f"{quality} {noun}"
                chance = random.Random(f"{category.key}/{name}")
                weight = round(base / 100 * chance.uniform(0.2, 0.6)) * 10 + 80
                price = _price(base, factor, chance)
                yield Product(
                    key=slugify(f"{name} {brand}"),
                    name=name,
                    category=category,
                    brand=brand,
                    shape=shape,
                    price_minor=price,
                    old_price_minor=_old_price(name, price),
                    sentence=f"{brand}'s {name.lower()}: {chance.choice(_PRAISE)}",
                    facts=(
                        ("Brand", brand),
                        ("Weight", f"{weight} g"),
                        ("Rating", f"{chance.uniform(3.6, 4.9):.1f} of 5"),
                        ("Good to know", chance.choice(category.details)),
                    ),
                    tint=tint,
                )


_PRAISE = (
    "quietly good at one thing, and made to be repaired.",
    "the one you reach for without thinking.",
    "simple lines, honest materials, no surprises.",
    "made in small series by people who use it themselves.",
    "built for every day, pretty enough for Sundays.",
)
PRODUCTS = tuple(_products())
PRODUCT_BY_KEY = {product.key: product for product in PRODUCTS}


def in_category(category: Category) -> list[Product]:
    return [product for product in PRODUCTS if product.category is category]


def with_words(words: str) -> list[Product]:
    """Products whose name, brand or category holds every word."""
    wanted = words.lower().split()
    if not wanted:
        return []
    return [
        product
        for product in PRODUCTS
        if all(word in f"{product.name} {product.brand} {product.category.name}".lower() for word in wanted)
    ]
