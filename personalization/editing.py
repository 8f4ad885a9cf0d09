"""How are API tokens issued, changed and revoked? Each verb is one transaction, with its entry in the change log, and
the edge hears which tokens may ask for traces. While Redis is away, beat tells it within a minute of its return."""

from datetime import datetime

from django.db import transaction

from personalization import tokens
from personalization.models import ApiToken
from sites.editing import delete_row, save_row
from sites.models import Site
from sites.pages.history import Actor, record


@transaction.atomic
def issue(
    by: Actor, *, name: str, scopes: list[str], site: Site | None = None, expires_at: datetime | None = None
) -> ApiToken:
    """For the person who asks. The token knows its `secret` this once."""
    token, secret = ApiToken.issue(name=name, scopes=scopes, site=site, expires_at=expires_at, created_by=by.user)
    token.secret = secret
    record(by, token, f"Added for {token.site or 'every site'}: {', '.join(token.scopes)}.", created=True)
    transaction.on_commit(tokens.push, robust=True)
    return token


@transaction.atomic
def save(token: ApiToken, by: Actor) -> None:
    save_row(token, by)
    transaction.on_commit(tokens.push, robust=True)


@transaction.atomic
def delete(token: ApiToken, by: Actor) -> None:
    """It opens nothing from now on."""
    delete_row(token, by)
    transaction.on_commit(tokens.push, robust=True)
