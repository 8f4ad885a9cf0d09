"""What does a decision read? An immutable snapshot, as plain data, loaded by every edge process.

`campaigns.publish` makes the source from the drafts and compiles it; `load` turns the compiled bytes into a `Release`.
"""

import msgspec


class Item(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A catalogue entry as decisions need it."""

    key: str
    name: str
    category: str
    category_url: str
    price_minor: int
    currency: str
    url: str
    image_url: str
    related: str = ""  # key of a related item: same category, nearest in price
    similar: str = ""  # key of a similar item at a lower price, "" if none


class Variant(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A compiled creative. `pieces` joined with the values of `holes` between them is the JSON of the answer's `variant`."""

    id: int
    key: str
    slot: str  # AdVariant.Slot
    link: str  # where a click leads, holes in braces; "" for none
    pieces: list[bytes]  # n + 1 pieces of JSON text around n holes
    holes: list[str]  # "item.name" and so on; a value is inserted escaped (html inside "html", JSON everywhere)
    in_html: list[bool]  # per hole: it lies inside the HTML, so the value is escaped for HTML first


class Segment(msgspec.Struct, array_like=True, frozen=True, gc=False):
    key: str
    name: str
    condition: dict


class Clusters(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A fitted k-means with its preprocessing (segments.clustering); lists, so that it travels as plain data."""

    version: int
    features: list[str]
    low: list[float]
    high: list[float]
    mean: list[float]
    scale: list[float]
    centroids: list[list[float]]
    temperature: float
    names: list[str]


class Placement(msgspec.Struct, array_like=True, frozen=True, gc=False):
    key: str
    default: int  # index into variants, -1 for none
    min_height: int
    enabled: bool = True


class Rule(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One rule. Rules are sorted by who wins: priority, targeted before untargeted, first publication, id."""

    id: int
    name: str
    campaign: str  # key
    campaign_name: str
    goal: str
    placement: str  # key
    priority: int
    condition: dict  # the segment's and the rule's own, joined; {} matches everybody
    segment: str  # key of the segment named by the rule, "" without one
    variant: int  # index into variants
    starts_at: int  # milliseconds, 0 for no bound: the later of rule and campaign
    ends_at: int  # milliseconds, 0 for no bound: the earlier of rule and campaign
    cap_per_day: int  # 0: no cap
    cap_total: int  # 0: no cap
    first_published_at: int = 0


class Source(msgspec.Struct, frozen=True):
    """The plain content of a release, before compiling; its hash is the release's version."""

    site: int
    segments: list[Segment]
    clusters: Clusters | None
    placements: list[Placement]
    rules: list[Rule]
    variants: list[Variant]
    items: list[Item]
