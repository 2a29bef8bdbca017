"""The description of the API, as OpenAPI 3.1 has it: what is served, and what may be asked for."""

from __future__ import annotations

import json
from typing import Any

from spaces.hsds import schema_of

Json = dict[str, Any]

VERSION = "3.0"
"""Of HSDS, and of its UK profile."""

PROFILE = "https://open-referral-uk-profile.readthedocs.io/en/latest/"
MOST_PER_PAGE = 100
MOST_PAGES = 1_000_000
LONGEST_SEARCH = 200

_COUNTS = {
    "total_items": "How many there are on all pages.",
    "total_pages": "How many pages there are.",
    "page_number": "Which page this is; the first is 1.",
    "size": "How many are on this page.",
}
_SIGNS = {
    "first_page": "Whether this is the first page.",
    "last_page": "Whether no page comes after it.",
    "empty": "Whether nothing is on it.",
}


def document(base_url: str) -> Json:
    """The whole of it, for an API that is reached at `base_url`."""
    schemas = json.loads(
        json.dumps({**schema_of("service")["$defs"]}).replace("#/$defs/", "#/components/schemas/")
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Directory",
            "version": VERSION,
            "description": "What everyone may see of the directory, after the UK profile of HSDS 3.0.",
        },
        "servers": [{"url": base_url}],
        "paths": {
            "/": {"get": _operation("about", "What this API is.", _about())},
            "/services": _list("services", "service", [_SEARCH, _SINCE, _BY]),
            "/services/{id}": _one("service"),
            "/organizations": _list("organizations", "organization", [_SEARCH, _SINCE]),
            "/organizations/{id}": _one("organization"),
        },
        "components": {"schemas": {**schemas, "error": _ERROR}},
    }


_ERROR = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}


def _query(name: str, description: str, **schema: Any) -> Json:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}


_SEARCH = _query("search", "All of these words are in it.", type="string", maxLength=LONGEST_SEARCH)
_SINCE = _query(
    "modified_after", "It was last said to hold at this time or later.", type="string", format="date-time"
)
_BY = _query("organization_id", "The organization whose services they are.", type="string", format="uuid")
_PAGING = [
    _query("page", "Which page.", type="integer", minimum=1, maximum=MOST_PAGES, default=1),
    _query("per_page", "How many on a page.", type="integer", minimum=1, maximum=MOST_PER_PAGE, default=50),
]


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _answers(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}


def _operation(name: str, summary: str, schema: Json, **more: Json) -> Json:
    failed = {"content": _answers(_ref("error"))}
    answers = {
        "200": {"description": summary, "content": _answers(schema)},
        "400": {"description": "What was asked for cannot be read.", **failed},
        "404": {"description": "There is nothing of that id.", **failed},
        "429": {"description": "You ask too often: wait a minute.", **failed},
        "503": {"description": "Not at present.", **failed},
    }
    return {"operationId": name, "summary": summary, "responses": answers, **more}


def _about() -> Json:
    text = {"type": "string"}
    address = {"type": "string", "format": "uri"}
    fields = {"version": text, "profile": address, "openapi_url": address}
    return {"type": "object", "required": [*fields], "properties": fields}


def _list(path: str, kind: str, filters: list[Json]) -> Json:
    fields: Json = {name: {"type": "integer", "description": said} for name, said in _COUNTS.items()}
    fields |= {name: {"type": "boolean", "description": said} for name, said in _SIGNS.items()}
    fields["contents"] = {"type": "array", "items": _ref(kind)}
    page = {"type": "object", "required": [*fields], "properties": fields}
    operation = _operation(path, f"A page of all {path}, each in brief.", page)
    return {"get": {**operation, "parameters": [*_PAGING, *filters]}}


def _one(kind: str) -> Json:
    operation = _operation(kind, f"One {kind} with all that is in it.", _ref(kind))
    its_id = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
    return {"parameters": [its_id], "get": operation}
