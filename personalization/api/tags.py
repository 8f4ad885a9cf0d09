"""How do programs tag rows, and find them by a tag?"""

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request

from sites.tags import tidy

TAG = OpenApiParameter("tag", str, description="One that the rows have, in small letters.")


class Tags(serializers.ListField):
    """Kept in their one form."""

    child = serializers.CharField(max_length=40)

    def to_internal_value(self, data: Any) -> list[str]:
        return tidy(super().to_internal_value(data))


def tags_field() -> Tags:
    return Tags(required=False, help_text="To find it by; kept in small letters, each once, in order.")


def with_tag(queryset: Any, request: Request) -> Any:
    """All of them where no tag is asked for."""
    tag = request.query_params.get("tag", "").replace("\0", "")
    return queryset.filter(tags__contains=[tag]) if tag else queryset
