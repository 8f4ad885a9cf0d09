"""How does a form take a date and time? As clocks of the site show it; where they show it twice or never, it asks."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

from django import forms
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from sites.local_time import readings
from sites.pages.clock import current_zone

SHOWN = "%Y-%m-%dT%H:%M:%S"  # as exact as what the API stores, or saving would cut it


class Typed(NamedTuple):
    """What the browser sent: a time on the wall, and which moment is meant by it, where somebody chose one."""

    text: str
    meant: str  # ISO 8601, in UTC


class When(forms.DateTimeInput):
    """The browser's own picker, and below it a choice where the time may mean two moments, or none."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(attrs={"step": 1})

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Typed:
        return Typed((data.get(name) or "").strip(), data.get(f"{name}-meant") or "")

    def format_value(self, value: Any) -> str:
        if isinstance(value, Typed):
            return value.text
        return f"{value.astimezone(current_zone()):{SHOWN}}" if isinstance(value, datetime) else ""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        if isinstance(value, datetime):  # for those who think in UTC, and to see that the zone is right
            attrs = (attrs or {}) | {"title": f"{value.astimezone(UTC):%-d %b %Y, %H:%M} UTC"}
        return super().render(name, value, attrs, renderer) + self._choice(name, value)

    def _choice(self, name: str, value: Any) -> SafeString:
        """Nothing, where clocks show the time once."""
        shown = _parse(self.format_value(value))
        meant = value.meant if isinstance(value, Typed) else _iso(value)
        options = _options(shown)
        if not options:
            return SafeString()
        radios = format_html_join(
            "",
            '<label><input type="radio" name="{}-meant" value="{}"{}> {}</label>',
            ((name, iso, SafeString(" checked") if iso == meant else "", words) for iso, words in options.items()),
        )
        legend = "Which of the two?" if len(options) > 1 else "Take the next that there is?"
        return format_html('<fieldset class="s-readings"><legend>{}</legend>{}</fieldset>', legend, radios)


class LocalMoment(forms.DateTimeField):
    """A moment, in UTC, that is typed by the clocks of the page's site. The hour that comes twice, and the one that is
    left out, are an error that offers what may be meant; what was typed stays."""

    widget = When

    def bound_data(self, data: Any, initial: Any) -> Any:
        return data

    def prepare_value(self, value: Any) -> Any:
        return value

    def to_python(self, value: Any) -> datetime | None:
        typed = value if isinstance(value, Typed) else Typed(str(value or "").strip(), "")
        if not typed.text:
            return None
        shown = _parse(typed.text)
        if shown is None:
            raise forms.ValidationError("Write a date and a time, like 2026-11-27 09:00.")
        if shown.tzinfo is not None:  # no browser sends one; whoever does has said which moment is meant
            return shown.astimezone(UTC)
        options = _options(shown)
        if not options:
            return readings(shown, current_zone())[0].moment
        if typed.meant in options:
            return datetime.fromisoformat(typed.meant)
        raise forms.ValidationError(_question(shown, options))

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(initial != self.to_python(data))
        except forms.ValidationError:
            return True

    def in_words(self, moment: datetime | None) -> str:
        """For the change log, which people of several zones read: with the name of the zone's time."""
        return f"{moment.astimezone(current_zone()):%-d %b %Y, %H:%M %Z}" if moment else "nothing"


def _parse(text: str) -> datetime | None:
    """None for what is none, and at the ends of the calendar, where clocks of some zones have no date."""
    try:
        shown = parse_datetime(text)
    except ValueError:
        return None
    return shown if shown and 1 < shown.year < datetime.max.year else None


def _options(shown: datetime | None) -> dict[str, str]:
    """ISO 8601 -> words of what may be meant; empty where there is nothing to choose."""
    if shown is None or shown.tzinfo is not None:
        return {}
    zone = current_zone()
    found = readings(shown, zone)
    is_clear = len(found) == 1 and found[0].moment.astimezone(zone).replace(tzinfo=None) == shown
    return {} if is_clear else {_iso(each.moment): each.words for each in found}


def _iso(moment: Any) -> str:
    return moment.astimezone(UTC).isoformat() if isinstance(moment, datetime) else ""


def _question(shown: datetime, options: dict[str, str]) -> str:
    zone = current_zone().key
    if len(options) > 1:
        return f"Clocks in {zone} show {shown:%H:%M} twice that day, as they go back. Choose which is meant."
    return (
        f"Clocks in {zone} never show {shown:%H:%M} that day, as they go forward. Take the next that there is, or write"
        " another."
    )
