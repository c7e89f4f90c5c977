"""The contract of the description: valid OpenAPI 3.1, and every address answers as it says, on the whole site (D-13 to D-19)."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pymerkle import InmemoryTree
from pypdf import PdfReader
from rfc8785 import dumps as rfc8785

from chengxin.exchange import snapshots
from chengxin.ledger import sequencer
from chengxin.ledger.tests.helpers import stranger_verifies
from chengxin.records.tests import makers
from chengxin.seals import pdf
from tests.site import running

pytestmark = pytest.mark.django_db(transaction=True)
NAME = "杭州澜序桥电子商务有限公司"


@pytest.fixture
def site(settings: Any) -> Iterator[httpx.Client]:
    """The whole site behind a real socket: edge, fast path, Django."""
    settings.PUBLIC_READS_PER_MINUTE = settings.BATCHES_PER_MINUTE = 0
    with running() as client:
        yield client


@pytest.fixture
def uscc() -> str:
    """A file with two own records, one ended since, and one of the government."""
    records = [makers.own_record(makers.shop(name)) for name in ("澜序旗舰店", "澜序直播间", "澜序旧店")]
    enterprise, code = makers.published(1, NAME, records)
    makers.take_in(enterprise, makers.penalty("余市监罚〔2026〕1号", until=None))
    makers.hide(enterprise, records[2].record_id)
    sequencer.step()
    return code


def described(site: httpx.Client) -> dict[str, Any]:
    document: dict[str, Any] = site.get("/api/v1/openapi.json").json()
    return document


def test_the_description_is_valid_openapi(site: httpx.Client) -> None:
    document = described(site)
    assert document["openapi"].startswith("3.1")
    assert not list(OpenAPIV31SpecValidator(document).iter_errors())


def addresses(uscc: str, version: str, size: int, snapshot: str) -> dict[str, tuple[str, dict[str, str]]]:
    """For each described path an address that answers 200, and addresses with the errors it names, by status."""
    unknown, file = makers.code(77), f"/api/v1/files/{uscc}"
    return {
        "/api/v1/files": ("/api/v1/files?q=" + quote("澜序") + "&limit=1", {"422": "/api/v1/files?limit=none"}),
        "/api/v1/files/{uscc}": (file, {"404": f"/api/v1/files/{unknown}"}),
        "/api/v1/files/{uscc}/records": (
            f"{file}/records?group=S06",
            {"404": f"/api/v1/files/{unknown}/records?group=S06", "422": f"{file}/records"},
        ),
        "/api/v1/changes": ("/api/v1/changes?limit=1", {"409": "/api/v1/changes?after=99", "422": "/api/v1/changes?after=none"}),
        "/api/v1/divisions": ("/api/v1/divisions", {}),
        "/api/v1/schemas/public-file.json": ("/api/v1/schemas/public-file.json", {}),
        "/api/v1/openapi.json": ("/api/v1/openapi.json", {}),
        "/api/v1/records/{version_id}/proof": (
            f"/api/v1/records/{version}/proof",
            {"404": f"/api/v1/records/{uuid4()}/proof", "422": f"/api/v1/records/{version}/proof?kind=none"},
        ),
        "/api/v1/records/{version_id}/entry": (
            f"/api/v1/records/{version}/entry",
            {"404": f"/api/v1/records/{uuid4()}/entry", "422": f"/api/v1/records/{version}/entry?kind=none"},
        ),
        "/api/v1/snapshots/": ("/api/v1/snapshots/", {}),
        "/api/v1/snapshots/{name}.json": (f"/api/v1/snapshots/{snapshot}.json", {"404": "/api/v1/snapshots/none.json"}),
        "/api/v1/snapshots/{name}.ndjson.zst": (f"/api/v1/snapshots/{snapshot}.ndjson.zst", {"404": "/api/v1/snapshots/none.ndjson.zst"}),
        "/log/vkey": ("/log/vkey", {"404": "/log/vkey?log=none"}),
        "/log/vkeys": ("/log/vkeys", {"404": "/log/vkeys?log=none"}),
        "/log/successions": ("/log/successions", {"404": "/log/successions?log=none"}),
        "/log/checkpoint": ("/log/checkpoint", {"404": "/log/checkpoint?log=none"}),
        "/log/{path}": (f"/log/tile/0/000.p/{size}", {"404": "/log/tile/0/999"}),
    }


def test_every_address_answers_as_described(site: httpx.Client, uscc: str) -> None:
    document = described(site)
    version = site.get(f"/api/v1/files/{uscc}").json()["records"][0]["version_id"]
    size = int(site.get("/log/checkpoint").text.split("\n")[1])
    made = snapshots.make()
    assert made
    asked = addresses(uscc, version, size, made.name)
    assert set(asked) == {path for path, item in document["paths"].items() if "get" in item}
    for path, (good, errors) in asked.items():
        answers = document["paths"][path]["get"]["responses"]
        answer = site.get(good)
        [media] = answers["200"]["content"]
        assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (200, media), good
        if media == "application/json":
            schema = {**answers["200"]["content"][media]["schema"], "components": document["components"]}
            Draft202012Validator(schema, format_checker=FormatChecker()).validate(answer.json())
        same = site.get(good, headers={"If-None-Match": answer.headers["ETag"]})
        assert (same.status_code, same.content) == (304, b""), good
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        for status, address in errors.items():
            assert status in answers, (path, status)
            refused(document, site.get(address), int(status))


def test_a_batch_answers_as_described(site: httpx.Client, uscc: str) -> None:
    document = described(site)
    operation = document["paths"]["/api/v1/files:batch"]["post"]
    question, answers = operation["requestBody"]["content"]["application/json"]["schema"], operation["responses"]
    asked = {"codes": [uscc, makers.code(77), "x", uscc.lower()]}
    Draft202012Validator(question).validate(asked)
    answer = site.post("/api/v1/files:batch", json=asked)
    assert answer.status_code == 200
    schema = {**answers["200"]["content"]["application/json"]["schema"], "components": document["components"]}
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(answer.json())
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    for wrong in ({"codes": []}, {"codes": [uscc] * 101}, {"codes": [1]}, {"codes": ["0" * 41]}, [uscc], {}):
        refused(document, site.post("/api/v1/files:batch", json=wrong), 422)
        assert not Draft202012Validator(question).is_valid(wrong)
    assert site.get("/api/v1/files:batch").headers["Allow"] == "POST, OPTIONS"


def refused(document: dict[str, Any], answer: httpx.Response, status: int) -> None:
    """An error is a problem of the described shape, in the language asked for."""
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json"), answer.url
    problem = answer.json()
    Draft202012Validator({"$ref": "#/components/schemas/Problem", "components": document["components"]}).validate(problem)
    assert problem["status"] == status
    if status == 422:
        assert all(texts and field for field, texts in problem["errors"].items()) and problem["errors"]


def test_too_many_and_not_yet_say_when_to_come_again(settings: Any, uscc: str) -> None:
    late = makers.published(2, "义乌迟到电子商务有限公司", [makers.own_record(makers.shop("迟到店"))])[1]
    settings.PUBLIC_READS_PER_MINUTE, settings.WEB_WORKERS = 30, 1
    with running() as site:
        document = described(site)
        version = site.get(f"/api/v1/files/{late}").json()["records"][0]["version_id"]
        early = site.get(f"/api/v1/records/{version}/proof")
        refused(document, early, 503)
        assert (early.json()["code"], early.headers["Retry-After"]) == ("not-yet-logged", "1")
        assert site.get(f"/api/v1/records/{version}/entry").status_code == 200
        answers = [site.get(f"/api/v1/files/{uscc}") for _ in range(31)]
        limits = [int(answer.headers["RateLimit-Remaining"]) for answer in answers if answer.status_code == 200]
        assert limits == sorted(limits, reverse=True) and answers[0].headers["RateLimit-Limit"] == "30"
        assert 0 <= int(answers[0].headers["RateLimit-Reset"]) <= 60
        last = answers[-1]
        refused(document, last, 429)
        assert 1 <= int(last.headers["Retry-After"]) <= 60


def test_the_list_walks_all_files_in_rank_order_without_repeats(site: httpx.Client) -> None:
    types = ("OTHER_NET", "PLATFORM", "IN_PLATFORM", "SERVICE", "SELF_SITE")
    for number in range(30):
        makers.published(number, f"杭州第{number}电子商务有限公司", type_=types[number % 5])
    for limit in (7, 20, 100):
        seen: list[dict[str, Any]] = []
        address = f"/api/v1/files?limit={limit}"
        while True:
            page = site.get(address).json()
            seen += page["items"]
            assert len(page["items"]) <= limit
            if page["next"] is None:
                break
            assert len(page["items"]) == limit
            address = f"/api/v1/files?limit={limit}&cursor={page['next']}"
        assert len({item["uscc"] for item in seen}) == len(seen) == 30
        order = [item["type"] for item in seen]
        assert order == sorted(order, key=["PLATFORM", "SERVICE", "SELF_SITE", "IN_PLATFORM", "OTHER_NET"].index)
        for kind in types:
            numbers = [int(re.findall(r"\d+", item["name"])[0]) for item in seen if item["type"] == kind]
            assert numbers == sorted(numbers)
    assert len(site.get("/api/v1/files?limit=100000").json()["items"]) == 30
    assert site.get("/api/v1/files").json()["total"] == 30


# --- A stranger: nothing of ours but addresses and published rules ---------------------------------------------------
def test_a_strangers_tool_verifies_records_ends_and_the_whole_log(site: httpx.Client, uscc: str) -> None:
    vkey = site.get("/log/vkey").text.strip()
    document = site.get(f"/api/v1/files/{uscc}").json()
    assert len(document["records"]) == 3
    for record in document["records"]:
        leaf = site.get(f"/api/v1/records/{record['version_id']}/entry").content
        said = json.loads(leaf)
        opening = b"chengxin/record/v1\x00" + base64.b64decode(record["salt"]) + rfc8785(record["content"])
        assert base64.b64decode(said.pop("commitment")) == hashlib.sha256(opening).digest()
        assert said == {"v": 1, "kind": "record.published", "id": record["version_id"], "at": record["published_at"]}
        stranger_verifies(site.get(f"/api/v1/records/{record['version_id']}/proof").text, leaf, vkey)
    leaves = whole_log(site, vkey)
    [ended] = [json.loads(leaf)["id"] for leaf in leaves if b"record.ended" in leaf]
    assert ended not in {record["version_id"] for record in document["records"]}
    for kind in ("published", "ended"):
        leaf = site.get(f"/api/v1/records/{ended}/entry?kind={kind}").content
        assert leaf in leaves and set(json.loads(leaf)) == {"v", "kind", "id", "at"} | ({"commitment"} if kind == "published" else set())
        stranger_verifies(site.get(f"/api/v1/records/{ended}/proof?kind={kind}").text, leaf, vkey)
    assert site.get(f"/files/{uscc}/{ended}/opening.json").status_code == 404


def whole_log(site: httpx.Client, vkey: str) -> list[bytes]:
    """Every leaf, read as c2sp.org/tlog-tiles says; tile and signed root agree with what pymerkle makes of them."""
    body, _empty, signatures = site.get("/log/checkpoint").text.partition("\n\n")
    origin, size, root = body.split("\n")
    name, short, key = vkey.split("+", 2)
    raw, signed = base64.b64decode(key), base64.b64decode(signatures.strip().split(" ")[2])
    assert (origin, signed[:4].hex()) == (name, short)
    Ed25519PublicKey.from_public_bytes(raw[1:]).verify(signed[4:], f"{body}\n".encode())
    data = io.BytesIO(site.get(f"/log/tile/entries/000.p/{size}").content)
    leaves = [data.read(int.from_bytes(data.read(2), "big")) for _ in range(int(size))]
    assert data.read() == b""
    judge = InmemoryTree(algorithm="sha256")
    for leaf in leaves:
        judge.append_entry(leaf)
    assert judge.get_root() == base64.b64decode(root)
    hashes = b"".join(hashlib.sha256(b"\x00" + leaf).digest() for leaf in leaves)
    assert site.get(f"/log/tile/0/000.p/{size}").content == hashes
    return leaves


def judged_by_pyhanko(paper: bytes) -> None:
    """The signature covers the whole paper, holds, and leads to the authority whose certificate the paper carries."""
    [signature] = PdfFileReader(io.BytesIO(paper)).embedded_signatures
    authority = next(cert for cert in signature.other_embedded_certs if cert.ca)
    status = validate_pdf_signature(signature, ValidationContext(trust_roots=[authority], allow_fetching=False))
    assert status.intact and status.valid and status.trusted
    assert status.coverage == SignatureCoverageLevel.ENTIRE_FILE


def test_the_report_is_signed_and_its_number_tells_what_changed(site: httpx.Client, uscc: str) -> None:
    paper = site.get(f"/files/{uscc}.pdf")
    assert (paper.status_code, paper.headers["Content-Type"]) == (200, "application/pdf")
    assert pdf.verify(paper.content)["ok"]
    judged_by_pyhanko(paper.content)
    changed = bytearray(paper.content)
    changed[len(changed) // 3] ^= 1
    assert not pdf.verify(bytes(changed))["ok"]
    number = paper.headers["X-Report-Number"]
    assert number in "".join(page.extract_text() for page in PdfReader(io.BytesIO(paper.content)).pages)
    told = site.get(f"/verify/{number}.json").json()
    assert (told["kind"], told["sha256"]) == ("report", hashlib.sha256(paper.content).hexdigest())
    assert told["changes"] == []
    page = site.get(f"/verify/{number}").text
    assert told["sha256"] in page and NAME in page
    assert site.get("/verify/BG20260101ABCDEFGHJK").status_code == 404
    assert site.get("/verify/BG20260101ABCDEFGHJK.json").headers["Content-Type"] == "application/problem+json"
