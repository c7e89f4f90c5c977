"""The contract for other programs as an OpenAPI 3.1 document, written by hand (a test compares it with the addresses)."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from chengxin.web.api.schema import PUBLIC_FILE, USCC

Json = dict[str, Any]

ABOVE = "Above the limit of public reads; see Retry-After"
PROBLEM: Json = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "errors": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
    },
}
ITEM: Json = {
    "type": "object",
    "required": ["uscc", "name", "division", "type"],
    "properties": {
        "uscc": USCC,
        "name": {"type": "string"},
        "division": {"type": "string"},
        "division_name": {"type": "string"},
        "type": {"type": "string"},
        "records": {"type": "integer"},
        "approved_at": {"type": "string", "format": "date-time"},
        "why": {"type": "string", "description": "Why it was found, where its name does not say it."},
    },
}
LISTING: Json = {
    "type": "object",
    "required": ["items", "next", "total", "total_is_more"],
    "properties": {
        "items": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}},
        "next": {"type": ["string", "null"]},
        "total": {"type": "integer", "description": "Exact to 1,000."},
        "total_is_more": {"type": "boolean"},
        "notice": {"type": "string"},
    },
}
RECORDS: Json = {
    "type": "object",
    "required": ["uscc", "group", "items", "next"],
    "properties": {
        "uscc": USCC,
        "group": {"type": "string"},
        "items": {"type": "array", "items": PUBLIC_FILE["properties"]["records"]["items"]},
        "next": {"type": ["string", "null"]},
    },
}
DIVISIONS: Json = {
    "type": "object",
    "required": ["items"],
    "properties": {
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["code", "name", "parent", "level"],
                "properties": {
                    "code": {"type": "string"},
                    "name": {"type": "string"},
                    "parent": {"type": ["string", "null"]},
                    "level": {"type": "integer"},
                },
            },
        }
    },
}
LEAF: Json = {
    "type": "object",
    "description": "Sent as the exact canonical bytes whose SHA-256, after a zero byte, is the leaf of the tree.",
    "required": ["v", "kind", "id", "at"],
    "additionalProperties": False,
    "properties": {
        "v": {"const": 1},
        "kind": {"enum": ["record.published", "record.ended"]},
        "id": {"type": "string", "format": "uuid"},
        "at": {"type": "string", "format": "date-time"},
        "commitment": {"type": "string", "contentEncoding": "base64", "description": "Only of record.published."},
    },
}
BATCH: Json = {
    "type": "object",
    "required": ["items"],
    "properties": {
        "items": {
            "type": "array",
            "description": "One entry for each code asked for, in that order.",
            "items": {
                "type": "object",
                "required": ["uscc", "found"],
                "properties": {
                    "uscc": {"type": "string"},
                    "found": {"type": "boolean", "description": "False alike for known and unknown codes."},
                    "etag": {"type": "string"},
                    "file": {"$ref": "#/components/schemas/PublicFile"},
                },
            },
        }
    },
}
CODES: Json = {
    "type": "object",
    "required": ["codes"],
    "properties": {"codes": {"type": "array", "minItems": 1, "maxItems": 100, "items": {"type": "string", "maxLength": 40}}},
}
CHANGES: Json = {
    "type": "object",
    "required": ["items", "next", "origin"],
    "properties": {
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["position", "uscc", "kind", "etag"],
                "additionalProperties": False,
                "properties": {
                    "position": {"type": "integer", "minimum": 1, "description": "Consecutive: one more than the entry before."},
                    "uscc": {"type": "string"},
                    "kind": {"enum": ["changed", "removed"], "description": "removed: no public file any more; nothing else is said."},
                    "etag": {"type": ["string", "null"], "description": "Entity tag of the file as of this change."},
                },
            },
        },
        "next": {"type": "integer", "description": "What to give as `after` next time."},
        "origin": {"type": "string", "description": "Name of the series; another one than before: begin with a snapshot."},
    },
}
MANIFEST: Json = {
    "type": "object",
    "required": ["name", "file", "made_at", "position", "origin", "log_size", "count", "bytes", "sha256", "uncompressed_bytes"],
    "properties": {
        "name": {"type": "string"},
        "file": {"type": "string", "description": "Name of the data beside the manifest: lines, each a public file, Zstandard."},
        "made_at": {"type": "string", "format": "date-time"},
        "position": {"type": "integer", "description": "All changes up to this position are in it: go on with /api/v1/changes after it."},
        "origin": {"type": "string", "description": "The series the position belongs to."},
        "log_size": {"type": "integer", "description": "Size of the public log when it was made."},
        "count": {"type": "integer", "description": "Lines."},
        "bytes": {"type": "integer"},
        "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "uncompressed_bytes": {"type": "integer"},
    },
}
SNAPSHOTS: Json = {
    "type": "object",
    "required": ["items"],
    "properties": {"items": {"type": "array", "items": MANIFEST}},
}
NAME_PARAMETER: Json = {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
CODE_PARAMETER: Json = {"name": "uscc", "in": "path", "required": True, "schema": {"type": "string"}}
VERSION_PARAMETER: Json = {"name": "version_id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
KIND_PARAMETER: Json = {"name": "kind", "in": "query", "schema": {"enum": ["published", "ended"], "default": "published"}}
LOG_PARAMETER: Json = {"name": "log", "in": "query", "schema": {"enum": ["public", "audit"], "default": "public"}}


def _query(name: str, text: str, schema: Json | None = None) -> Json:
    return {"name": name, "in": "query", "description": text, "schema": schema or {"type": "string"}}


def _error(text: str) -> Json:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": text, "content": {"application/problem+json": {"schema": schema}}}


def _read(
    summary: str,
    *,
    schema: Json | None = None,
    media: str = "application/json",
    parameters: tuple[Json, ...] = (),
    errors: dict[str, str] | None = None,
) -> Json:
    content = {media: {"schema": schema or {"type": "string"}}}
    answers: Json = {
        "200": {"description": "OK", "content": content, "headers": {"ETag": {"schema": {"type": "string"}}}},
        "304": {"description": "Unchanged since the entity tag of If-None-Match"},
    }
    answers |= {status: _error(text) for status, text in (errors or {}).items()}
    answers["429"] = _error(ABOVE)
    return {"get": {"summary": summary, "parameters": list(parameters), "responses": answers}}


def _asked(summary: str, *, question: Json, schema: Json, errors: dict[str, str]) -> Json:
    """A read whose question comes in the body."""
    answers: Json = {"200": {"description": "OK", "content": {"application/json": {"schema": schema}}}}
    answers |= {status: _error(text) for status, text in errors.items()}
    answers["429"] = _error(ABOVE)
    body = {"required": True, "content": {"application/json": {"schema": question}}}
    security: list[Json] = [{}, {"key": []}]
    return {"post": {"summary": summary, "parameters": [], "security": security, "requestBody": body, "responses": answers}}


LIMIT = _query("limit", "Entries a page, at most 100", {"type": "integer", "minimum": 1, "maximum": 100})
CURSOR = _query("cursor", "The `next` of the page before")
NO_SNAPSHOT = {"404": "No such snapshot; old ones are removed"}
NO_FILE = {"404": "No public file; alike for known and unknown codes"}


def _file_paths() -> Json:
    return {
        "/api/v1/files": _read(
            "All public files, or those searched for, in fixed order",
            schema={"$ref": "#/components/schemas/Listing"},
            parameters=(
                _query("q", "Name from two characters, former or shop name, code, domain, link, pinyin initials"),
                _query("division", "Code of a division; includes all below it"),
                _query("type", "Type of enterprise"),
                CURSOR,
                LIMIT,
            ),
            errors={"422": "A parameter is wrong"},
        ),
        "/api/v1/files/{uscc}": _read(
            "The public file of a unified social credit code",
            schema={"$ref": "#/components/schemas/PublicFile"},
            parameters=(CODE_PARAMETER,),
            errors=NO_FILE,
        ),
        "/api/v1/files/{uscc}/records": _read(
            "All records of one group, also those the file only counts",
            schema=RECORDS,
            parameters=(CODE_PARAMETER, _query("group", "Code of the group") | {"required": True}, CURSOR, LIMIT),
            errors={**NO_FILE, "422": "A parameter is wrong"},
        ),
    }


def _bulk_paths() -> Json:
    return {
        "/api/v1/files:batch": _asked(
            "The public files of up to 100 codes",
            question=CODES,
            schema=BATCH,
            errors={"401": "The key is not good", "422": "No list of 1 to 100 codes"},
        ),
        "/api/v1/changes": _read(
            "What changed after a position, in order; lines (application/x-ndjson) where Accept asks for them",
            schema=CHANGES,
            parameters=(
                _query("after", "Position read last; 0 for the beginning", {"type": "integer", "minimum": 0, "default": 0}),
                _query("limit", "Entries, at most 10,000", {"type": "integer", "minimum": 1, "maximum": 10_000, "default": 1_000}),
            ),
            errors={"409": "Nothing has this position: begin with a snapshot", "422": "A parameter is wrong"},
        ),
        "/api/v1/snapshots/": _read("Snapshots of all public files, the newest first", schema=SNAPSHOTS),
        "/api/v1/snapshots/{name}.json": _read("One manifest", schema=MANIFEST, parameters=(NAME_PARAMETER,), errors=NO_SNAPSHOT),
        "/api/v1/snapshots/{name}.ndjson.zst": _read(
            "The data of a snapshot, whole or in one range (206, 416)",
            media="application/zstd",
            parameters=(NAME_PARAMETER,),
            errors=NO_SNAPSHOT,
        ),
    }


def _log_paths() -> Json:
    absent = {"404": "No such record version", "422": "kind is neither published nor ended"}
    waiting = absent | {"503": "Published, waiting for its place in the log; see Retry-After"}
    no_log = {"404": "No such log"}
    return {
        "/api/v1/records/{version_id}/proof": _read(
            "Inclusion proof (c2sp.org/tlog-proof@v1)", media="text/plain", parameters=(VERSION_PARAMETER, KIND_PARAMETER), errors=waiting
        ),
        "/api/v1/records/{version_id}/entry": _read(
            "The exact bytes of the leaf", schema=LEAF, parameters=(VERSION_PARAMETER, KIND_PARAMETER), errors=absent
        ),
        "/log/vkey": _read("Verifier key (c2sp.org/signed-note, Ed25519)", media="text/plain", parameters=(LOG_PARAMETER,), errors=no_log),
        "/log/vkeys": _read("Verifier keys of every name the log has had", media="text/plain", parameters=(LOG_PARAMETER,), errors=no_log),
        "/log/successions": _read(
            "Signed statements that closed the log and began its next life", media="text/plain", parameters=(LOG_PARAMETER,), errors=no_log
        ),
        "/log/checkpoint": _read(
            "Newest checkpoint (c2sp.org/tlog-checkpoint)", media="text/plain", parameters=(LOG_PARAMETER,), errors=no_log
        ),
        "/log/{path}": _read(
            "Tiles and entry bundles (c2sp.org/tlog-tiles)",
            media="application/octet-stream",
            parameters=({"name": "path", "in": "path", "required": True, "schema": {"type": "string"}},),
            errors={"404": "Not there yet"},
        ),
    }


def document() -> Json:
    """The description as served."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": settings.SITE_NAME,
            "version": "1",
            "description": "Public reads. Changes within v1 only add. Limit per address: "
            f"{settings.PUBLIC_READS_PER_MINUTE or 'none'} a minute.",
        },
        "servers": [{"url": settings.SITE_ORIGIN}],
        "paths": {
            **_file_paths(),
            **_bulk_paths(),
            "/api/v1/divisions": _read("Administrative divisions, parents first", schema=DIVISIONS),
            "/api/v1/schemas/public-file.json": _read("JSON Schema of the public file", schema={"type": "object"}),
            "/api/v1/openapi.json": _read("This document", schema={"type": "object"}),
            **_log_paths(),
        },
        "components": {
            "schemas": {"PublicFile": PUBLIC_FILE, "Problem": PROBLEM, "Item": ITEM, "Listing": LISTING},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "Optional; raises the limit of batches."}},
        },
    }
