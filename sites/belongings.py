"""What goes with a site that is deleted? Told in numbers: of some there are millions."""

from collections.abc import Iterable

from sites.models import Site


def belongings(sites: Iterable[Site]) -> dict[str, int]:
    """How many rows of each kind are theirs, those of which there are most first. A query for each kind of row."""
    counts: dict[str, int] = {}
    for relation in Site._meta.related_objects:
        if number := relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": sites}).count():
            counts[str(relation.related_model._meta.verbose_name_plural)] = number
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
