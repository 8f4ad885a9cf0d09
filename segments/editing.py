"""How are segments changed, and trainings asked for? Each verb is one transaction, with its entry in the change log.
What a segment is reaches visitors with the next release; how many are in it is counted at once."""

from secrets import token_hex

import msgspec
from django.db import transaction

from segments import artifacts
from segments.cluster_names import name_fault, users_of_name
from segments.forms import SegmentForm
from segments.models import ModelVersion, Segment, TrainingRun
from segments.tasks import count_soon, train_soon
from segments.training_runs import next_run
from sites.editing import Needed, delete_row, save_row, set_value
from sites.locks import lock_site
from sites.models import Site
from sites.pages.copying import copy_row, free_key, name_of_copy
from sites.pages.history import Actor, record


class NotNamed(Exception):
    """A cluster cannot be called so. Its text says why, and what to do."""


@transaction.atomic
def save(segment: Segment, by: Actor) -> None:
    save_row(segment, by, lambda: SegmentForm(instance=segment, site=segment.site).fields)
    count_soon(segment)


def delete(segment: Segment, by: Actor) -> None:
    """Raises ProtectedError or RestrictedError where rules or conditions need it."""
    delete_row(segment, by)


@transaction.atomic
def set_archived(segment: Segment, archived: bool, by: Actor) -> None:
    """Out of the choices of rules, or back into them. Raises Needed."""
    if archived and (fault := segment.archive_fault()):
        raise Needed(fault)
    set_value(segment, "archived", archived, by, "Archived." if archived else "Brought back.")
    if not archived:
        count_soon(segment)


@transaction.atomic
def duplicate(segment: Segment, by: Actor) -> Segment:
    name = name_of_copy(segment.name)
    key = free_key(name, set(segment.site.segments.values_list("key", flat=True)))
    fresh = copy_row(segment, name=name, key=key, shipped=False, archived=False)
    record(by, fresh, f"Duplicated from “{segment}”.", created=True)
    count_soon(fresh)
    return fresh


@transaction.atomic
def ask_for_training(site: Site, by: Actor, kind: str | None = None) -> TrainingRun | None:
    """A run that a worker takes up soon; None where one is under way already."""
    if run := next_run(site, by, kind):
        train_soon(run)
    return run


@transaction.atomic
def rename_cluster(model: ModelVersion, cluster: int, name: str, by: Actor) -> None:
    """Of the model in use; visitors have the name with the next release, and later models keep it with the cluster.
    Raises NotNamed."""
    lock_site(model.site)  # a training gives names as well
    model.refresh_from_db()
    name = " ".join(name.split())
    row = next((row for row in model.clusters if row["id"] == cluster), None)
    if row is None or model.status != ModelVersion.Status.PROMOTED:
        raise NotNamed("A later model is in use, and it may have other clusters. Look again.")
    if name == row["name"]:
        return
    if fault := name_fault(model.clusters, cluster, name):
        raise NotNamed(fault)
    if users := users_of_name(model.site, row["name"]):
        told = ", ".join(f"{user._meta.verbose_name} “{user}”" for user in users)
        raise NotNamed(
            f"“{row['name']}” stands in the condition of {told}. Compare the cluster there instead of its name"
            f" (its number is {cluster} and stays), then give it another name."
        )
    _rename_in_file(model, row["name"], name)
    words = f"Cluster “{row['name']}” is called “{name}”."
    row["name"], row["named_by"] = name, by.signature or str(by.user)
    model.save(update_fields=["clusters", "artifact", "digest"])
    record(by, model, words)


def _rename_in_file(model: ModelVersion, old: str, name: str) -> None:
    """In a file of its own: whoever reads the one before, and a transaction that fails, find it as it was."""
    try:
        clusters, about = artifacts.load(model.artifact, model.digest)
    except artifacts.BadArtifact as error:
        raise NotNamed(f"The model cannot be read ({error}). Train again; then give the name.") from error
    names = [name if each == old else each for each in clusters.names]
    model.artifact = f"site-{model.site_id}/{model.family}-{model.number}-{token_hex(4)}.npz"
    renamed = msgspec.structs.replace(clusters, names=names)
    model.digest = artifacts.save(artifacts.Artifact(renamed, about), model.artifact)
