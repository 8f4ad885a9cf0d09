"""Does a list know every parameter that it was asked with? A misspelt filter must not answer with everything."""

from difflib import get_close_matches
from typing import Any

from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ValidationError
from rest_framework.filters import BaseFilterBackend, OrderingFilter, SearchFilter
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.settings import api_settings


class KnownParameters(BaseFilterBackend):
    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        known = _known_parameters(queryset, view)
        faults = {name: [_sentence(name, known)] for name in request.query_params if name not in known}
        if faults and view.action == "list":
            raise ValidationError(faults)
        return queryset


class Search(SearchFilter):
    """Documented where a list can be searched, and only there."""

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return super().get_schema_operation_parameters(view) if getattr(view, "search_fields", None) else []


class TotalOrder(OrderingFilter):
    """Rows that are equal by what a list is ordered by follow their key, or pages would repeat some and leave others
    out."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        ordered = super().filter_queryset(request, queryset, view)
        if isinstance(view.paginator, CursorPagination):  # which tells equal rows apart by their place
            return ordered
        return ordered.order_by(*(ordered.query.order_by or ordered.model._meta.ordering), "pk")


def _known_parameters(queryset: QuerySet[Any], view: Any) -> set[str]:
    filters = DjangoFilterBackend().get_filterset_class(view, queryset)
    pages = [
        getattr(view.paginator, name, None)
        for name in ("page_query_param", "page_size_query_param", "cursor_query_param")
    ]
    # Long tables have one order.
    sorts = api_settings.ORDERING_PARAM if getattr(view, "ordering_fields", None) != () else None
    searches = api_settings.SEARCH_PARAM if getattr(view, "search_fields", None) else None
    always = (searches, sorts, api_settings.URL_FORMAT_OVERRIDE)
    own = getattr(view, "own_parameters", ())  # which the view itself filters by
    return {str(name) for name in (*(filters.base_filters if filters else ()), *pages, *always, *own) if name}


def _sentence(name: str, known: set[str]) -> str:
    near = get_close_matches(name, known, 1)
    return f"This list has no such parameter{f'; did you mean {near[0]}?' if near else '.'}"
