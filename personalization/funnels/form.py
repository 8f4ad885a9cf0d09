"""What has somebody typed of a funnel so far? Steps as event rows without a number, a span, a period and whose steps
are counted; all of it in the address, so that it can be sent to others."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils import timezone

from personalization.funnels.question import LEAST_STEPS, MOST_STEPS, Asked, address_of, span_of, step_of
from personalization.results.period import USUAL, read
from segments import seen
from segments.event_form import PRESSES, EventRow, Where, posted_event
from segments.models import Segment
from segments.typed_values import BadRow
from sites.models import Site
from sites.pages.shell import whole

PRESSED = ("where", "unwhere", "mean")  # buttons of an event row that a step has
USUAL_SPAN = ("7", "days")
# What a funnel may begin as, where its events were seen.
STARTERS = {
    "From product to order": ("Product Viewed", "Product Added", "Order Completed"),
    "From visit to product": ("page", "Product Viewed"),
    "From search to cart": ("Products Searched", "Product Viewed", "Product Added"),
    "From a creative to an order": ("Impression", "Click", "Order Completed"),
}


@dataclass
class FunnelForm:
    """Read from an address. `faults` are by field: a number of a step counted from 0, "steps", "within", "segment",
    "than", or those of the period."""

    site: Site
    rows: list[EventRow]
    number: str = USUAL_SPAN[0]
    unit: str = USUAL_SPAN[1]
    segment: str = ""
    than: str = ""
    is_pressed: bool = False  # somebody is still typing
    faults: dict[Any, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.period = read({}, self.site.local_day(timezone.now()))

    @classmethod
    def of_address(cls, data: QueryDict, site: Site) -> "FunnelForm":
        count = next(number for number in range(MOST_STEPS + 1) if f"did-{number}-event" not in data)
        names = [str(one.value) for one in seen.events(site)]
        rows = [_event(data, number) for number in range(count)] or _begin_with(names)
        form = cls(site, rows, data.get("within", USUAL_SPAN[0]), data.get("unit", USUAL_SPAN[1]))
        form.segment, form.than = data.get("segment", ""), data.get("than", "")
        days = {name: data.get(name, "") for name in ("period", "from", "to")}
        form.period = read(days, site.local_day(timezone.now()))
        if button := data.get("do", ""):
            form._press(button)
        return form

    def _press(self, button: str) -> None:
        self.is_pressed = True
        what, _, which = button.partition(":")
        number, _, rest = which.partition(":")
        place = whole(number)
        if what == "step" and len(self.rows) < MOST_STEPS:
            self.rows.append(EventRow())
        elif place is None or place >= len(self.rows):
            return
        elif what == "remove":
            del self.rows[place]
        elif what == "up" and place:
            self.rows[place - 1 : place + 1] = self.rows[place], self.rows[place - 1]
        elif what in PRESSED:
            self.rows[place] = PRESSES[what](self.rows[place], rest)

    def asked(self) -> Asked | None:
        """What is to be counted; None with `faults`."""
        steps = []
        self.faults = {}
        for number, row in enumerate(self.rows):
            try:
                steps.append(step_of(row, self.site.currency))
            except BadRow as fault:
                self.faults[number] = str(fault)
        if len(self.rows) < LEAST_STEPS:
            self.faults["steps"] = f"A funnel has at least {LEAST_STEPS} steps: add one."
        for name in ("segment", "than"):
            key = getattr(self, name)
            if key and key not in dict(self.segments()):
                self.faults[name] = f"There is no segment “{key}” here."
        try:
            within_ms = span_of(self.number.strip(), self.unit)
        except BadRow as fault:
            self.faults["within"] = str(fault)
        return None if self.faults else Asked(tuple(steps), within_ms)

    def segments(self) -> list[tuple[str, str]]:
        rows = Segment.objects.filter(site=self.site, archived=False).order_by("name", "id")
        return list(rows.values_list("key", "name"))

    @property
    def address(self) -> str:
        """Its query: asks the same, whoever opens it."""
        first, last = self.period.period.first.isoformat(), self.period.period.last.isoformat()
        return self._address({"period": self.period.preset} if self.period.preset else {"from": first, "to": last})

    def address_of_days(self, preset: str) -> str:
        """Asks the same of another period."""
        return self._address({"period": preset})

    def _address(self, days: dict[str, str]) -> str:
        groups = {"segment": self.segment, "than": self.than}
        return address_of(self.rows, {"within": self.number, "unit": self.unit} | days | groups)


def starters(site: Site) -> list[tuple[str, str]]:
    """(title, query) of those whose events the site has."""
    names = {str(one.value) for one in seen.events(site)}
    usual = {"within": USUAL_SPAN[0], "unit": USUAL_SPAN[1], "period": USUAL}
    return [(title, address_of(_rows(steps), usual)) for title, steps in STARTERS.items() if names.issuperset(steps)]


def _begin_with(names: list[str]) -> list[EventRow]:
    """The first usual funnel that the site has events for, else its two most frequent events."""
    return _rows(next((steps for steps in STARTERS.values() if set(names).issuperset(steps)), names[:LEAST_STEPS]))


def _rows(names: Iterable[str]) -> list[EventRow]:
    return [EventRow(event=name) for name in names]


def _event(data: QueryDict, number: int) -> EventRow:
    """Postgres has no character 0, so nothing is named with one."""
    row = posted_event(data, number)
    where = [Where(*(part.replace("\0", "") for part in (test.name, test.operator, test.value))) for test in row.where]
    return EventRow(event=row.event.replace("\0", ""), where=tuple(where))
