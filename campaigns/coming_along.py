"""What comes along with a form? A picture goes into the library at once, so that it is not lost while other fields are
mended, and the form is told which one it is; rows that it makes besides need their own permissions."""

from collections.abc import Iterable

from django.contrib import messages
from django.db.models import Model
from django.http import QueryDict

from campaigns.forms.new_creative import FAULT
from campaigns.pictures import library
from campaigns.pictures.decoding import MOST_BYTES, NoPicture
from sites.models import Site
from sites.pages.history import Actor
from sites.pages.shell import PageRequest

ENDING = "-upload"


def with_uploads(request: PageRequest, site: Site) -> QueryDict:
    """What was posted, with the picture that each upload became, or why it is none."""
    posted, by = request.POST.copy(), Actor(request.user)
    if not request.user.has_perm("campaigns.add_picture"):
        return posted
    for name in filter(lambda name: name.endswith(ENDING), request.FILES):
        prefix, file = name.removesuffix(ENDING), request.FILES.getlist(name)[-1]
        try:
            row, _ = library.add(site, file.read(MOST_BYTES + 1), file.name or "", by)
        except NoPicture as fault:
            posted[f"{prefix}-{FAULT}"] = f"{file.name}: {fault}"
        else:
            posted[f"{prefix}-picture"] = str(row.pk)
    return posted


def may_make(request: PageRequest, rows: Iterable[Model]) -> bool:
    """May whoever sent it add each of them? Says which they may not."""
    kinds = {f"{row._meta.app_label}.add_{row._meta.model_name}": str(row._meta.verbose_name) for row in rows}
    refused = [kind for permission, kind in kinds.items() if not request.user.has_perm(permission)]
    for kind in refused:
        messages.error(request, f"Your role may not add a {kind}: choose one that there is.")
    return not refused
