"""Does a cluster's name still say what it is? A name stays over trainings, so that rules and reports keep their word;
figures move on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NotRequired, TypedDict

from django.db.models import Model

from segments.conditions.operators import OPERATORS, Argument
from segments.conditions.tree import Kind, nodes, read
from segments.models import ModelVersion, Segment
from segments.users import users_in_other_rooms
from sites.models import Site

LONGEST_NAME = 60


class ClusterRow(TypedDict):
    """What a model stores of each of its clusters."""

    id: int
    name: str
    size: int  # visitors of its training
    share: float
    apart: list[str]  # what sets it apart, strongest first
    today: NotRequired[str]  # the name that its figures alone would give; older models have none
    named_by: NotRequired[str]  # who gave it its name, where that was a person


@dataclass(frozen=True)
class Named:
    """A cluster of a model: the model that gave it its name, and the name that today's figures would give, if
    another."""

    id: int
    name: str
    size: int
    share: float
    apart: list[str]
    since: int  # number of the model
    since_at: datetime
    today: str
    named_by: str


def clusters_of(model: ModelVersion) -> list[Named]:
    """In the model's order; one query. Ids are never given twice, so the first model with id and name is the one that
    gave it."""
    earlier = ModelVersion.objects.filter(site=model.site_id, family=model.family, number__lt=model.number).exclude(
        status=ModelVersion.Status.REJECTED
    )
    givers: dict[tuple[int, str], ModelVersion] = {}
    for version in [*earlier.only("number", "created_at", "clusters").order_by("number"), model]:
        for cluster in version.clusters:
            givers.setdefault((cluster["id"], cluster["name"]), version)
    return [_read_row(cluster, givers[cluster["id"], cluster["name"]]) for cluster in model.clusters]


def _read_row(cluster: ClusterRow, giver: ModelVersion) -> Named:
    today, by = cluster.get("today", ""), cluster.get("named_by", "")
    return Named(
        cluster["id"], cluster["name"], cluster["size"], cluster["share"], cluster["apart"],
        giver.number, giver.created_at, today if today != cluster["name"] and not by else "", by,
    )  # fmt: skip


def carry_names(before: Sequence[ClusterRow], after: Sequence[ClusterRow]) -> list[ClusterRow]:
    """The rows of a later model, with who gave a name that went on with its cluster."""
    givers = {(row["id"], row["name"]): row["named_by"] for row in before if "named_by" in row}
    carried = []
    for row in after:
        by = givers.get((row["id"], row["name"]))
        carried.append(row | {"named_by": by} if by else row)
    return carried


def name_fault(clusters: Sequence[ClusterRow], cluster: int, name: str) -> str:
    """Why this cluster may not be called so; empty where it may."""
    if not name:
        return "Type a name."
    if len(name) > LONGEST_NAME:
        return f"A name has at most {LONGEST_NAME} characters; this one has {len(name)}."
    taken = {row["name"].casefold() for row in clusters if row["id"] != cluster}
    return f"Another cluster is called “{name}” already." if name.casefold() in taken else ""


def users_of_name(site: Site, name: str) -> list[Model]:
    """Segments and rows of other rooms whose condition compares the name of the cluster with this one."""
    found: list[tuple[Model, Any]] = [(row, row.condition) for row in Segment.objects.filter(site=site).order_by("id")]
    found += users_in_other_rooms(site.pk)
    return [row for row, condition in found if name in set(_names_in(condition))]


def _names_in(condition: Any) -> Iterator[str]:
    for node in nodes(read(condition)):
        is_ours = node.kind is Kind.COMPARISON and node.attribute == "cluster.name"
        if is_ours and OPERATORS[node.operator].argument in (Argument.LITERAL, Argument.LITERALS):
            yield from node.argument if isinstance(node.argument, list) else [node.argument]
