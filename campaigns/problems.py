"""What is wrong with a draft? One finding, in words for marketers."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Named:
    """A row that something is said of."""

    app: str  # "campaigns", "segments", "sites"
    kind: str  # name of its model: "advariant", "rule", "treatment", "placement", "segment", "campaign", "goal", "site"
    pk: int | None
    name: str


@dataclass(frozen=True)
class Problem(Named):
    """What is wrong with one row, which mends it. An error refuses a publication; a warning is shown and lets it
    pass."""

    field: str
    message: str
    is_error: bool = True
    others: tuple[Named, ...] = ()  # rows without which it would be none, such as a rule that always wins over this one
    witness: dict[str, Any] | None = None  # for whom it is one: values by the paths of conditions; None: for everybody

    def __str__(self) -> str:
        return f"{self.kind} '{self.name}', {self.field}: {self.message}"


def problem_of(
    row: Any,
    field: str,
    message: str,
    *,
    is_error: bool = True,
    others: Iterable[Any] = (),
    witness: dict[str, Any] | None = None,
) -> Problem:
    return Problem(*_name(row), field, message, is_error, tuple(Named(*_name(other)) for other in others), witness)


def _name(row: Any) -> tuple[str, str, int | None, str]:
    return row._meta.app_label, row._meta.model_name, row.pk, str(row)
