"""Which event is meant? Any name, with those that the site sends to choose from."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from sites.models import Site
from tracking.seen_events import LATELY, seen_events


class SeenEvents(forms.TextInput):
    """Any name, with those that the site has sent lately to choose from."""

    def __init__(self, site: Site) -> None:
        super().__init__(attrs={"list": "seen-events", "autocomplete": "off"})
        self._site = site

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        seen = seen_events(self._site, timezone.now())
        told = ((name, f"{total:,}", LATELY.days) for name, total in seen.items())
        options = format_html_join("", '<option value="{}">{} in {} days</option>', told)
        field = super().render(name, value, attrs, renderer)
        return format_html('{}<datalist id="seen-events">{}</datalist>', field, options)
