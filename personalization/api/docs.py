"""What can the API do? Its OpenAPI document as one page of our own: no script, nothing from a third party."""

from functools import cache
from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

from sites.models import Site
from sites.pages.shell import PageRequest, page, render_page
from tracking.installation import public_address

METHODS = ("get", "post", "patch", "delete")


@cache
def _schema() -> dict[str, Any]:
    """The same for everybody and for as long as the process lives; making it takes half a second of the processor."""
    return SchemaGenerator().get_schema(request=None, public=True)


class RememberedSchema(SchemaGenerator):
    """What `SpectacularAPIView` asks for."""

    def get_schema(self, request: Any = None, public: bool = False) -> dict[str, Any]:
        return _schema()


@require_safe
@page("", without_site=True)
def api_docs(request: PageRequest, site: Site | None) -> HttpResponse:
    schema = _schema()
    context: dict[str, Any] = {"site": site, "title": "API reference", "host": public_address(request)}
    context |= {"info": schema["info"], "resources": _resources(schema)}
    return render_page(request, "personalization/api_docs.html", context)


def _resources(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Operations by the resource that their path names."""
    resources: dict[str, list[dict[str, Any]]] = {}
    for path, operations in schema["paths"].items():
        name = path.removeprefix("/api/v1/").split("/")[0]
        resources.setdefault(name, []).extend(
            _operation(schema, path, method, operations[method]) for method in METHODS if method in operations
        )
    return [{"name": name, "operations": operations} for name, operations in resources.items()]


def _operation(schema: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    answers = {
        status: answer.get("content", {}).get("application/json", {}).get("schema")
        for status, answer in operation["responses"].items()
    }
    return {
        "method": method.upper(),
        "path": path,
        "id": operation["operationId"],
        "text": operation.get("description", ""),
        "parameters": [
            {
                "name": one["name"],
                "type": _type(one.get("schema", {})),
                "required": one.get("required", False),
                "text": one.get("description", ""),
            }
            for one in operation.get("parameters", ())
        ],
        "body": _fields(schema, body) if body else [],
        "answers": [
            {"status": status, "fields": _fields(schema, answer) if answer else []}
            for status, answer in answers.items()
        ],
    }


def _fields(schema: dict[str, Any], node: dict[str, Any]) -> list[dict[str, Any]]:
    """The fields of an object; of the rows, where it is a page of results."""
    node = _resolve(schema, node)
    if "results" in node.get("properties", {}):
        node = _resolve(schema, node["properties"]["results"]["items"])
    required = node.get("required", ())
    return [
        {
            "name": name,
            "type": _type(field),
            "required": name in required,
            "choices": _resolve(schema, (field.get("allOf") or field.get("oneOf") or [field])[0]).get("enum", ()),
            "text": field.get("description", "").partition("\n\n*")[0],
        }
        for name, field in node.get("properties", {}).items()
    ]


def _resolve(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    return schema["components"]["schemas"][node["$ref"].rpartition("/")[2]] if "$ref" in node else node


def _type(field: dict[str, Any]) -> str:
    if field.get("type") == "array":
        return f"list of {_type(field['items'])}"
    named = field.get("format") or field.get("type") or "choice"
    return f"{named} or null" if field.get("nullable") else str(named)
