"""Who calls the API, and may they? Tokens with scopes for programs, the session for staff."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

from django.contrib.auth.models import User
from django.db.models import QuerySet
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from personalization import tokens
from personalization.models import ApiToken
from sites.pages.history import Actor

USE_NOTED_EVERY = timedelta(minutes=1)
PERMISSIONS = {"POST": "add", "PUT": "change", "PATCH": "change", "DELETE": "delete"}


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer sk_...`. The caller is the person who issued the token; the token narrows what they may
    do."""

    def authenticate(self, request: Request) -> tuple[Any, ApiToken] | None:
        scheme, _, secret = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = tokens.find(secret.strip())
        if token is None:
            raise AuthenticationFailed("This token is unknown, expired or revoked.")
        _note_use(token)
        return token.created_by, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def _note_use(token: ApiToken) -> None:
    """At most once a minute: reading must not become writing."""
    now = datetime.now(UTC)
    if token.last_used_at is None or now - token.last_used_at > USE_NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)


def actor_of(request: Request) -> Actor:
    """Who changes what, for the change log: whoever is logged in, or a token in the name of its owner."""
    user = cast("User", request.user)  # `MayUse` has let nobody else in
    return Actor(user, f"API token {request.auth}" if request.auth else "")


class MayUse(BasePermission):
    """The person needs Django's permission on the model (a role gives it), and a token the scope.

    A view may name `permission_of_action` and `scope_of_action` for actions that are neither reading nor editing.
    """

    message = "You may not do this."

    def has_permission(self, request: Request, view: Any) -> bool:
        user, token = request.user, cast("ApiToken | None", request.auth)
        if not (user and user.is_authenticated and user.is_active and user.is_staff):
            return False
        if token is not None and (scope := _scope(request, view)) not in token.scopes:
            self.message = f"This token lacks the scope {scope}."
            return False
        permission = _permission(request, view)
        self.message = f"You lack the permission {permission}."
        return user.has_perm(permission)


def _scope(request: Request, view: Any) -> str:
    named = getattr(view, "scope_of_action", {}).get(view.action)
    return named or ("read" if request.method in SAFE_METHODS else "write")


def _permission(request: Request, view: Any) -> str:
    if named := getattr(view, "permission_of_action", {}).get(view.action):
        return named
    model = view.model._meta
    return f"{model.app_label}.{PERMISSIONS.get(request.method or '', 'view')}_{model.model_name}"


def of_site(rows: QuerySet[Any], request: Request, path: str | None) -> QuerySet[Any]:
    """The rows that the caller's token may see. `path` leads to the site's id; None: rows that belong to no site."""
    site = getattr(request.auth, "site_id", None)
    if site is None:
        return rows
    return rows.filter(**{path: site}) if path else rows.none()


class _TokenScheme(OpenApiAuthenticationExtension):
    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A token issued under API tokens: sk_..."}
