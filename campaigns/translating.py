"""How does a form hold texts in several languages? A set of fields for each language that there are words in."""

import re
from collections.abc import Iterable
from typing import Any

from django import forms

from campaigns.creatives import LANGUAGE, LONGEST, SPOKEN_FIELDS

_NAME = re.compile(r"in-([a-z]{2,3})-([a-z_]+)\Z")
NAMES = {
    "ar": "Arabic", "cs": "Czech", "da": "Danish", "de": "German", "en": "English", "es": "Spanish", "fi": "Finnish",
    "fr": "French", "it": "Italian", "ja": "Japanese", "ko": "Korean", "nb": "Norwegian", "nl": "Dutch", "pl": "Polish",
    "pt": "Portuguese", "sv": "Swedish", "tr": "Turkish", "uk": "Ukrainian", "zh": "Chinese",
}  # fmt: skip


class Translations(forms.JSONField):
    """Filled by the fields of its languages; never shown itself."""

    widget = forms.HiddenInput

    def in_words(self, value: Any) -> str:
        """For the change log."""
        told = [f"{name_of(language)}: {', '.join(own.values())}" for language, own in sorted((value or {}).items())]
        return "; ".join(told) or "none"


def name_of(language: str) -> str:
    return NAMES.get(language, language)


def field_of(language: str, name: str) -> str:
    return f"in-{language}-{name}"


def languages_in(data: Any, stored: Any) -> list[str]:
    """Those of a form that was posted, with the one that it asks for; else those that are stored."""
    if not data:
        return sorted(stored) if isinstance(stored, dict) else []
    found = {match[1] for match in map(_NAME.match, data) if match}
    asked = data.get("new-language", "").strip().lower()
    return sorted(found | ({asked} if LANGUAGE.match(asked) else set()))


def fields_for(languages: Iterable[str], labels: dict[str, str], stored: Any) -> dict[str, forms.CharField]:
    fields = {}
    for language in languages:
        own = stored.get(language, {}) if isinstance(stored, dict) else {}
        for name in SPOKEN_FIELDS:
            widget = forms.Textarea(attrs={"rows": 3, "lang": language}) if name == "body" else None
            field = forms.CharField(
                required=False,
                max_length=LONGEST[name],
                label=labels[name],
                initial=own.get(name, ""),
                widget=widget or forms.TextInput(attrs={"lang": language}),
            )
            fields[field_of(language, name)] = field
    return fields


def gathered(languages: Iterable[str], cleaned: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Without what is empty: there the words of the creative itself stand."""
    texts = {
        language: {name: text for name in SPOKEN_FIELDS if (text := cleaned.get(field_of(language, name)))}
        for language in languages
    }
    return {language: own for language, own in texts.items() if own}
