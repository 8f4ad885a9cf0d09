"""When may something run? Dates by the clocks of the site, and hours of the week."""

import re
from datetime import datetime
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from campaigns import hours
from campaigns.hours import PRESETS
from sites.pages.clock import current_zone
from sites.pages.edits import EditForm
from sites.pages.moments import LocalMoment
from sites.zones import title

CELL = re.compile(r"[0-6]-(?:1?[0-9]|2[0-3])")  # weekday and hour


class HoursGrid(forms.Widget):
    """A week of boxes to tick, by weekday and hour. Presets are buttons: without scripts they send the form, which
    comes back with their hours ticked."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:
        if wanted := PRESETS.get(data.get(f"{name}-preset", "")):
            return wanted[1]
        ticked = [cell.split("-") for cell in data.getlist(name) if CELL.fullmatch(cell)]
        return hours.write(hours.of_cells((int(day), int(hour)) for day, hour in ticked))

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        week = hours.parse(value or "")
        rows = [
            (title, [(hour, f"{day}-{hour}", week[day] >> hour & 1 if week else 0) for hour in range(24)])
            for day, title in enumerate(hours.LONG_NAMES)
        ]
        presets = [(key, words.partition(":")[0], words) for key, (words, _) in PRESETS.items()]
        context = {"name": name, "rows": rows, "presets": presets, "words": hours.in_words(week), "is_open": bool(week)}
        return render_to_string("campaigns/_hours.html", context)


class HoursField(forms.CharField):
    """Hours of the week, as their text; empty, where none is ticked, for always."""

    widget = HoursGrid

    def in_words(self, value: str) -> str:
        return hours.in_words(hours.parse(value))


SCHEDULE = {"starts_at": LocalMoment, "ends_at": LocalMoment, "hours": HoursField}


class Scheduled(EditForm):
    """By the clocks of the site, whose zone the labels say. Keeps the fractions of seconds that its pickers do not
    show."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in (("starts_at", "Starts"), ("ends_at", "Ends")):
            self.fields[name].label = f"{label} ({title(current_zone().key)})"
        self.fields["hours"].label = f"Hours of the week ({title(current_zone().key)})"
        self.fields["hours"].help_text = "By the clocks of the site; none ticked means always."

    def clean_hours(self) -> str:
        if wanted := PRESETS.get(self.data.get("hours-preset", "")):
            raise forms.ValidationError(f"Ticked below: {wanted[0]}. Save to keep them.")
        return str(self.cleaned_data["hours"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for name in ("starts_at", "ends_at"):
            cleaned[name] = self._to_the_fraction(name, cleaned.get(name))
        return cleaned

    def _to_the_fraction(self, name: str, typed: datetime | None) -> datetime | None:
        """What is stored, where the same second was typed: the picker shows no fractions."""
        stored = self.initial.get(name)
        return stored if isinstance(stored, datetime) and typed == stored.replace(microsecond=0) else typed
