"""The contract for other programs, over HTTP (issue: contract; PUB-03, PUB-05, PUB-06, ARC-05, ARC-07)."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from datetime import date
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.test import Client
from django.urls import get_resolver
from jsonschema import Draft202012Validator

from chengxin.common.canonical import canonical
from chengxin.ledger import sequencer
from chengxin.records.tests import makers

pytestmark = pytest.mark.django_db(transaction=True)

NAME = "杭州澜序桥电子商务有限公司"
JSON = "application/json; charset=utf-8"


@pytest.fixture
def uscc() -> str:
    """A file with two own records, one hidden one and one penalty."""
    records = [makers.own_record(makers.shop(name)) for name in ("澜序旗舰店", "澜序直播间")]
    hidden = makers.own_record(makers.shop("秘密店铺"), public=False)
    enterprise, code = makers.published(1, NAME, [*records, hidden])
    penalty = makers.penalty("余市监罚〔2026〕1号", until=date(2099, 1, 1))
    makers.take_in(enterprise, penalty)
    return code


def test_look_up_by_code(client: Client, uscc: str) -> None:
    answer = client.get(f"/api/v1/files/{uscc}")
    assert (answer.status_code, answer["Content-Type"]) == (200, JSON)
    body = answer.json()
    assert (body["uscc"], body["name"]) == (uscc, NAME)
    assert answer["Access-Control-Allow-Origin"] == "*"
    again = client.get(f"/api/v1/files/{uscc}", headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", answer["ETag"])
    assert client.get(f"/api/v1/files/{uscc}", headers={"If-None-Match": f'W/{answer["ETag"]}, "x"'}).status_code == 304
    assert client.get(f"/api/v1/files/{uscc}", headers={"If-None-Match": '"other"'}).status_code == 200
    assert client.get(f"/api/v1/files/{uscc.lower()}").json() == body
    assert client.head(f"/api/v1/files/{uscc}").status_code == 200


@pytest.mark.requirement("PUB-03.1")
def test_codes_without_a_file_get_the_same_answer(client: Client, uscc: str) -> None:
    known = makers.known(2, "未公示电子商务有限公司")[1]
    unknown = makers.code(77)
    answers = [client.get(f"/api/v1/files/{code}") for code in (known, unknown, "x", "'", "0" * 300)]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    problem = answers[0].json()
    assert answers[0]["Content-Type"] == "application/problem+json"
    assert (problem["code"], problem["status"]) == ("no-public-file", 404)
    assert "未建立档案不代表守信或失信" in problem["detail"]
    pages = [client.get(f"/files/{code}").content.decode() for code in (known, unknown)]
    assert len({re.sub(r"[0-9A-Z]{18}|value=\"[^\"]+\"", "", page) for page in pages}) == 1


@pytest.mark.requirement("ARC-07.1", "PUB-03.2")
def test_nothing_hidden_is_in_any_answer(client: Client, uscc: str) -> None:
    addresses = [
        f"/api/v1/files/{uscc}", f"/api/v1/files/{uscc}/records?group=S06", f"/files/{uscc}", f"/files/{uscc}/groups/S06",
        "/api/v1/files?q=秘密店铺", "/api/v1/files",
    ]  # fmt: skip
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert "秘密" not in answer.content.decode(), address
    assert "澜序旗舰店" in client.get(f"/files/{uscc}").content.decode()
    assert client.get("/api/v1/files", {"q": "秘密店铺"}).json()["items"] == []


def test_the_file_keeps_to_its_schema(client: Client, uscc: str) -> None:
    schema = client.get("/api/v1/schemas/public-file.json").json()
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    validator.validate(client.get(f"/api/v1/files/{uscc}").json())
    assert list(validator.iter_errors({"uscc": uscc}))
    part = Draft202012Validator(schema["properties"]["records"])
    part.validate(client.get(f"/api/v1/files/{uscc}/records", {"group": "G06"}).json()["items"])


def test_the_list_goes_on_by_cursor(client: Client) -> None:
    for number in range(25):
        makers.published(number, f"杭州第{number}电子商务有限公司")
    seen: list[str] = []
    cursor = ""
    while True:
        body = client.get("/api/v1/files", {"cursor": cursor}).json()
        seen += [item["uscc"] for item in body["items"]]
        assert len(body["items"]) <= 20
        if body["next"] is None:
            break
        cursor = body["next"]
    assert len(seen) == len(set(seen)) == 25
    assert len(client.get("/api/v1/files", {"limit": "1000"}).json()["items"]) == 25
    assert len(client.get("/api/v1/files", {"limit": "3"}).json()["items"]) == 3
    item = client.get("/api/v1/files", {"limit": "1"}).json()["items"][0]
    assert {"uscc", "name", "division", "type"} <= set(item)
    assert item["approved_at"].endswith("Z")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "limit"), ({"limit": "-1"}, "limit"), ({"limit": "many"}, "limit"), ({"limit": "²"}, "limit"),
        ({"division": "999999"}, "division"), ({"division": "' OR 1=1 --"}, "division"), ({"division": "%"}, "division"),
        ({"type": "ANY"}, "type"), ({"cursor": "'"}, "cursor"),
    ],
)  # fmt: skip
def test_wrong_parameters_are_named(client: Client, uscc: str, query: dict[str, str], field: str) -> None:
    answer = client.get("/api/v1/files", query)
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert answer.json()["errors"][field]


@pytest.mark.requirement("PUB-06.2")
@pytest.mark.parametrize(
    "text", ["'", '"', "%", "_", "\\", "%%%", "' OR '1'='1", "'; DELETE FROM records_search; --", "\x00", "澜" * 10_000]
)
def test_signs_in_a_search_are_text(client: Client, uscc: str, text: str) -> None:
    answer = client.get("/api/v1/files", {"q": text})
    assert answer.status_code == 200
    if text != "\x00":
        assert answer.json()["items"] == []
        assert client.get("/files", {"q": text}).status_code == 200
    assert client.get(f"/api/v1/files/{uscc}").status_code == 200


def test_records_of_a_group(client: Client, uscc: str) -> None:
    body = client.get(f"/api/v1/files/{uscc}/records", {"group": "S06", "limit": "1"}).json()
    rest = client.get(f"/api/v1/files/{uscc}/records", {"group": "S06", "cursor": body["next"]}).json()
    assert [len(body["items"]), len(rest["items"]), rest["next"]] == [1, 1, None]
    assert client.get(f"/api/v1/files/{uscc}/records").json()["errors"]["group"]
    assert client.get(f"/api/v1/files/{uscc}/records", {"group": "S06", "cursor": "x"}).status_code == 422
    assert client.get(f"/api/v1/files/{makers.code(9)}/records", {"group": "S06"}).status_code == 404


def test_divisions(client: Client) -> None:
    answer = client.get("/api/v1/divisions")
    items = {item["code"]: item for item in answer.json()["items"]}
    assert items["330110"]["name"] == "余杭区"
    assert items["330110"]["parent"] == "330100"
    assert (items["330000"]["parent"], items["330000"]["level"], items["330110"]["level"]) == (None, 1, 3)
    assert client.get("/api/v1/divisions", headers={"If-None-Match": answer["ETag"]}).status_code == 304


def test_other_methods_and_origins(client: Client, uscc: str) -> None:
    answer = client.post(f"/api/v1/files/{uscc}")
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert answer["Content-Type"] == "application/problem+json"
    asked = client.options(f"/api/v1/files/{uscc}")
    assert (asked.status_code, asked["Access-Control-Allow-Methods"]) == (204, "GET, HEAD, OPTIONS")
    assert client.get("/api/v1/nothing").json()["code"] == "not-found"


def addresses() -> Iterator[str]:
    for resolver in get_resolver().url_patterns[0].url_patterns:
        if getattr(resolver, "namespace", "") == "api":
            for pattern in resolver.url_patterns:
                yield "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(pattern.pattern))


def test_the_description_names_every_address(client: Client) -> None:
    document = client.get("/api/v1/openapi.json").json()
    described = {path.replace("/log/{path}", "/log/{name}") for path in document["paths"]}
    assert described == set(addresses())
    assert document["openapi"].startswith("3.1")
    for name, schema in document["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)
        assert name
    for path, item in document["paths"].items():
        assert set(re.findall(r"{(\w+)}", path)) == {
            p["name"] for act in item.values() for p in act["parameters"] if p["in"] == "path"
        }


def test_answers_keep_to_the_description(client: Client, uscc: str) -> None:
    document = client.get("/api/v1/openapi.json").json()
    asked = {
        "/api/v1/files": "/api/v1/files?q=澜序",
        "/api/v1/files/{uscc}": f"/api/v1/files/{uscc}",
        "/api/v1/files/{uscc}/records": f"/api/v1/files/{uscc}/records?group=S06",
        "/api/v1/divisions": "/api/v1/divisions",
    }
    for path, address in asked.items():
        schema = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        Draft202012Validator({**schema, "components": document["components"]}).validate(client.get(address).json())
    problem = Draft202012Validator(document["components"]["schemas"]["Problem"])
    for address in ("/api/v1/files/x", "/api/v1/files?limit=x", f"/api/v1/records/{uuid4()}/proof"):
        problem.validate(client.get(address).json())


def test_a_proof_is_asked_for_before_and_after_the_log_has_it(client: Client, uscc: str) -> None:
    version = client.get(f"/api/v1/files/{uscc}").json()["records"][0]["version_id"]
    entry = client.get(f"/api/v1/records/{version}/entry")
    assert entry.status_code == 200
    early = client.get(f"/api/v1/records/{version}/proof")
    assert (early.status_code, early["Retry-After"], early.json()["code"]) == (503, "1", "not-yet-logged")
    assert "已公示，存证生成中" in client.get(f"/files/{uscc}/{version}").content.decode()
    sequencer.step()
    assert client.get(f"/api/v1/records/{version}/proof").status_code == 200
    page = client.get(f"/files/{uscc}/{version}").content.decode()
    assert "核对一致" in page
    assert f"/api/v1/records/{version}/proof" in page
    for address in (f"/api/v1/records/{uuid4()}/proof", f"/api/v1/records/{uuid4()}/entry", f"/api/v1/records/{version}/proof?kind=ended"):
        assert client.get(address).status_code == 404
    assert client.get(f"/api/v1/records/{version}/proof?kind=x").status_code == 422
    assert client.get("/api/v1/records/not-an-id/proof").status_code == 404


# --- A stranger: only HTTP answers and the published rules -----------------------------------------------------------
def inner(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_from(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """RFC 9162 §2.1.3.2."""
    here, last, node = index, size - 1, leaf
    for step in path:
        assert last
        if here & 1 or here == last:
            node = inner(step, node)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            node = inner(node, step)
        here, last = here >> 1, last >> 1
    assert last == 0
    return node


def checked(text: str, leaf: bytes, vkey: str) -> int:
    """The tree size under which a stranger finds the leaf proven."""
    head, note = text.split("\n\n", 1)
    magic, index, *hashes = head.split("\n")
    assert magic == "c2sp.org/tlog-proof@v1"
    body, signatures = note.split("\n\n")
    origin, size, root = body.split("\n")
    name, short, key = vkey.strip().split("+", 2)
    raw = base64.b64decode(key)
    assert raw[:1] == b"\x01"
    assert hashlib.sha256(name.encode() + b"\n" + raw).hexdigest()[:8] == short
    dash, signer, signature = signatures.strip().split(" ")
    signed = base64.b64decode(signature)
    assert (dash, signer, origin, signed[:4].hex()) == ("—", name, name, short)
    Ed25519PublicKey.from_public_bytes(raw[1:]).verify(signed[4:], f"{body}\n".encode())
    leaf_hash = hashlib.sha256(b"\x00" + leaf).digest()
    path = [base64.b64decode(line) for line in hashes]
    assert root_from(leaf_hash, int(index.removeprefix("index ")), int(size), path) == base64.b64decode(root)
    return int(size)


def test_a_stranger_verifies_every_record_from_http_alone(client: Client, uscc: str) -> None:
    sequencer.step()
    vkey = client.get("/log/vkey").content.decode()
    records = client.get(f"/api/v1/files/{uscc}").json()["records"]
    assert len(records) == 3
    for record in records:
        leaf = client.get(f"/api/v1/records/{record['version_id']}/entry").content
        said = json.loads(leaf)
        opened = hashlib.sha256(b"chengxin/record/v1\x00" + base64.b64decode(record["salt"]) + canonical(record["content"])).digest()
        assert base64.b64decode(said["commitment"]) == opened
        assert set(said) == {"v", "kind", "id", "commitment", "at"}
        assert (said["kind"], said["id"]) == ("record.published", record["version_id"])
        size = checked(client.get(f"/api/v1/records/{record['version_id']}/proof").content.decode(), leaf, vkey)
    newest = client.get("/log/checkpoint").content.decode()
    assert int(newest.split("\n")[1]) == size
    tile = client.get(f"/log/tile/0/000.p/{size}")
    assert (tile.status_code, len(tile.content)) == (200, 32 * size)
    assert hashlib.sha256(b"\x00" + leaf).digest() in {tile.content[at : at + 32] for at in range(0, len(tile.content), 32)}
    for address in ("/log/tile/0/001", "/log/tile/9/000", "/log/../etc/passwd", "/log/tile/0/x/../000", "/log/other"):
        assert client.get(address).status_code == 404


def test_the_end_has_its_own_proof_and_the_opening_is_gone(client: Client) -> None:
    record = makers.own_record(makers.shop("澜序旗舰店"))
    enterprise, uscc = makers.published(1, NAME, [record])
    version = client.get(f"/api/v1/files/{uscc}").json()["records"][0]["version_id"]
    page = f"/files/{uscc}/{version}"
    assert client.get(f"{page}/opening.json").json()["content"]["name"] == "澜序旗舰店"
    makers.hide(enterprise, record.record_id)
    sequencer.step()
    vkey = client.get("/log/vkey").content.decode()
    for kind in ("published", "ended"):
        leaf = client.get(f"/api/v1/records/{version}/entry", {"kind": kind}).content
        assert json.loads(leaf)["kind"] == f"record.{kind}"
        checked(client.get(f"/api/v1/records/{version}/proof", {"kind": kind}).content.decode(), leaf, vkey)
    assert client.get(page).status_code == client.get(f"{page}/opening.json").status_code == 404
    assert version not in client.get(f"/files/{uscc}").content.decode()
