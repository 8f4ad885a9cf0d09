"""The page of clusters: who they are, where they lie, why so many; their training and their names."""

from itertools import zip_longest
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from segments import editing
from segments.cluster_map import drawn
from segments.cluster_names import clusters_of
from segments.clustering.base import CLUSTER
from segments.clustering.kinds import KINDS
from segments.models import ModelVersion, TrainingRun
from segments.models_in_force import version_in_force
from segments.training_runs import usual_kind
from sites.models import Site
from sites.pages.history import Actor
from sites.pages.shell import PageRequest, page, render_page
from sites.storable import make_storable


@require_GET
@page("segments.view_modelversion")
def clusters(request: PageRequest, site: Site) -> HttpResponse:
    if request.htmx.target == "training":
        return render(request, "segments/_training.html", _training(site))
    return _clusters_page(request, site)


@require_POST
@page("segments.change_segment")
def name_cluster(request: PageRequest, site: Site, cluster: int) -> HttpResponse:
    """What was typed stays where it cannot be its name."""
    model, name = version_in_force(site), make_storable(request.POST.get("name", ""))
    if model is None:
        messages.error(request, "No model is in use any more, so there is nothing to name.")
        return redirect("clusters")
    try:
        editing.rename_cluster(model, cluster, name, Actor(request.user))
    except editing.NotNamed as error:
        return _clusters_page(request, site, {"cluster": cluster, "name": name, "fault": str(error)})
    messages.success(request, f"It is called “{' '.join(name.split())}”. Visitors have the name with the next release.")
    return redirect("clusters")


@require_POST
@page("segments.add_trainingrun")
def retrain(request: PageRequest, site: Site) -> HttpResponse:
    kind = request.POST.get("kind", "")
    if editing.ask_for_training(site, Actor(request.user), kind if kind in KINDS else None) is None:
        messages.info(request, "A training is running already.")
    return redirect("clusters")


def _training(site: Site) -> dict[str, Any]:
    run = TrainingRun.objects.filter(site=site).select_related("model").first()
    kinds = [(kind.KIND, kind.TITLE, kind.SENTENCE) for kind in KINDS.values()]  # templates call what can be called
    return {"site": site, "run": run, "kinds": kinds, "usual_kind": usual_kind(site)}


def _clusters_page(request: PageRequest, site: Site, typed: dict[str, Any] | None = None) -> HttpResponse:
    versions = list(ModelVersion.objects.filter(site=site, family=CLUSTER)[:20])
    promoted = next((version for version in versions if version.status == ModelVersion.Status.PROMOTED), None)
    model = promoted or (versions[0] if versions else None)
    named = clusters_of(model) if model else []
    shown = drawn(named, model.metrics.get("map")) if model else None
    context = _training(site) | {
        "model": model,
        "named": zip_longest(named, shown.nearest if shown else [], fillvalue=""),
        "map": shown,
        "versions": versions,
        "typed": typed,
        "title": "Clusters",
    }
    return render_page(request, "segments/clusters.html", context)
