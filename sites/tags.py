"""By which words of their own do people find things again? Tags: short, in small letters, each once, in order."""

from collections.abc import Iterable
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models


def tags_field() -> "ArrayField[list[str], list[str]]":
    return ArrayField(
        models.CharField(max_length=40), default=list, blank=True, help_text="To find it by; commas between several."
    )


def tidy(tags: Iterable[str]) -> list[str]:
    return sorted({tag.strip().lower() for tag in tags} - {""})


def tags_in(rows: "models.QuerySet[Any]") -> list[str]:
    """All that any of the rows has. One query."""
    return sorted({tag for tags in rows.values_list("tags", flat=True) for tag in tags})
