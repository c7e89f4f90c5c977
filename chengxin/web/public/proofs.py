"""「验证」: what stands behind one published record, and everything a stranger needs to check it."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from chengxin.common.canonical import canonical
from chengxin.ledger import queries as ledger
from chengxin.ledger import rules as log_rules
from chengxin.records import openings, queries
from chengxin.web.public.files import subject_of
from chengxin.web.public.reads import code_of, item, origin, public


@dataclass(frozen=True)
class Proof:
    """What this site itself found on checking its proof; `index` is None while the log has not taken it in."""

    index: int | None
    size: int
    commitment: str
    matches: bool
    included: bool
    logged_at: str


@public
def record(request: HttpRequest, *, uscc: str, version_id: UUID) -> HttpResponse:
    """The record in words, its state in the log, and the downloads."""
    code = code_of(uscc)
    found, document = queries.public_record(uscc=code, version_id=version_id), queries.document(uscc=code)
    values = {
        "subject": subject_of(document),
        "item": item(found, disputed=document.get("disputed", ())),
        "origin": origin(found),
        "proof": proof_of(version_id, found),
        "canonical": canonical(found["content"]).decode(),
        "salt": found["salt"],
        "version_id": version_id,
        "vkey": ledger.vkey(),
        "api": f"/api/v1/records/{version_id}",
    }
    return render(request, "public/record.html", values)


def proof_of(version_id: UUID, found: dict[str, Any]) -> Proof:
    """Recompute the commitment from the opening and check the inclusion, as a stranger would."""
    leaf = ledger.entry(version_id)
    said = json.loads(leaf)
    commitment = base64.b64encode(openings.commitment(content=found["content"], salt=base64.b64decode(found["salt"]))).decode()
    index, size, included = None, 0, False
    try:
        text = ledger.proof(version_id)
    except ledger.NotYetLogged:
        pass
    else:
        checkpoint = log_rules.verify_proof(text, leaf=leaf, verifier=ledger.vkey())
        index, size, included = log_rules.parse_proof(text).index, checkpoint.size, True
    return Proof(
        index=index,
        size=size,
        commitment=commitment,
        matches=commitment == said["commitment"],
        included=included,
        logged_at=said["at"],
    )


@public
def opening(request: HttpRequest, *, uscc: str, version_id: UUID) -> HttpResponse:
    """Salt and content of one published record, as a file to keep."""
    found = queries.public_record(uscc=code_of(uscc), version_id=version_id)
    body = {"version_id": str(version_id), "salt": found["salt"], "content": found["content"]}
    response = JsonResponse(body, json_dumps_params={"ensure_ascii": False})
    response.headers["Content-Disposition"] = f'attachment; filename="{version_id}.json"'
    return response
