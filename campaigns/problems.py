"""What is wrong with a draft? One finding, in words for marketers."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Problem:
    """An error refuses a publication; a warning is shown and lets it pass."""

    kind: str  # name of the model: "advariant", "rule", "placement", "segment", "campaign", "goal", "item", "site"
    pk: int | None
    name: str
    field: str
    message: str
    is_error: bool = True

    def __str__(self) -> str:
        return f"{self.kind} '{self.name}', {self.field}: {self.message}"


def problem_of(row: Any, field: str, message: str, *, is_error: bool = True) -> Problem:
    return Problem(row._meta.model_name, row.pk, str(row), field, message, is_error)
