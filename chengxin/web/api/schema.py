"""The JSON Schema of the public file, as served at /api/v1/schemas/public-file.json."""

from __future__ import annotations

from typing import Any

MOMENT = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$"}
DAY = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
USCC = {"type": "string", "pattern": "^[0-9A-HJ-NPQRTUWXY]{18}$"}
TEXTS = {"type": "array", "items": {"type": "string"}}

RECORD: dict[str, Any] = {
    "type": "object",
    "description": "One published record version with its opening: the commitment in the log is "
    "SHA-256('chengxin/record/v1' || 0x00 || salt || RFC 8785 bytes of content).",
    "required": ["version_id", "group", "origin", "form", "published_at", "salt", "content"],
    "properties": {
        "version_id": {"type": "string", "format": "uuid"},
        "group": {"type": "string", "description": "Code of the group, such as S05."},
        "origin": {"enum": ["government", "enterprise"]},
        "form": {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "Hash of the form version it was filed under."},
        "published_at": MOMENT,
        "publicity_until": {"anyOf": [DAY, {"type": "null"}]},
        "salt": {"type": "string", "contentEncoding": "base64", "pattern": "^[A-Za-z0-9+/]{43}=$"},
        "content": {"type": "object"},
        "source": {
            "anyOf": [
                {"type": "null"},
                {
                    "type": "object",
                    "required": ["unit", "no", "collected_at"],
                    "properties": {
                        "unit": {"type": "string"},
                        "no": {"type": "string"},
                        "collected_at": {"anyOf": [MOMENT, {"type": "null"}]},
                    },
                },
            ]
        },
    },
}

PUBLIC_FILE: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "/api/v1/schemas/public-file.json",
    "title": "Public file of an enterprise",
    "type": "object",
    "required": [
        "schema",
        "uscc",
        "name",
        "kind",
        "type",
        "division",
        "division_name",
        "approved_at",
        "first_published_at",
        "commitment",
        "former_names",
        "marks",
        "groups",
        "records",
    ],
    "properties": {
        "schema": {"const": 1},
        "uscc": USCC,
        "name": {"type": "string", "minLength": 1},
        "kind": {"type": "string", "pattern": "^[0-9A-HJ-NPQRTUWXY]{2}$", "description": "First two signs of the code."},
        "type": {"enum": ["PLATFORM", "IN_PLATFORM", "SELF_SITE", "OTHER_NET", "SERVICE"]},
        "division": {"type": "string", "pattern": "^[0-9]{6}$"},
        "division_name": {"type": "string"},
        "approved_at": MOMENT,
        "first_published_at": MOMENT,
        "commitment": {
            "type": "object",
            "required": ["code", "version"],
            "properties": {"code": {"type": "string"}, "version": {"type": "string"}},
        },
        "former_names": TEXTS,
        "marks": TEXTS,
        "groups": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["total", "more"],
                "properties": {
                    "total": {"type": "integer", "minimum": 1},
                    "more": {"type": "boolean", "description": "Whether there are records beyond those listed here."},
                },
            },
        },
        "records": {"type": "array", "items": RECORD},
        "disputed": {
            "type": "array",
            "items": {"type": "string", "format": "uuid"},
            "description": "Version ids of records with an open objection (异议中); absent where there is none.",
        },
    },
}
