"""Does a cluster's name still say what it is? A name stays over trainings, so that rules and reports keep their word;
figures move on."""

from dataclasses import dataclass
from datetime import datetime
from typing import NotRequired, TypedDict

from segments.models import ModelVersion


class ClusterRow(TypedDict):
    """What a model stores of each of its clusters."""

    id: int
    name: str
    size: int  # visitors of its training
    share: float
    apart: list[str]  # what sets it apart, strongest first
    today: NotRequired[str]  # the name that its figures alone would give; older models have none


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
    today = cluster.get("today", "")
    return Named(
        cluster["id"], cluster["name"], cluster["size"], cluster["share"], cluster["apart"],
        giver.number, giver.created_at, today if today != cluster["name"] else "",
    )  # fmt: skip
