"""Who may register, through the pages: the entry, assurance, authorisation, region, hint page (VOL-01, VOL-03 to VOL-06, D-28)."""

from __future__ import annotations

import io
from datetime import timedelta
from functools import partial
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from chengxin.common import clock
from chengxin.common.errors import Forbidden, NotFound
from chengxin.filings.models import Attachment, Filing
from chengxin.flow import archive, registration
from chengxin.flow import voluntary as flow
from chengxin.identity import queries as identity
from chengxin.identity.models import Enterprise
from tests import people
from tests.journeys import enterprises, voluntary
from tests.journeys.test_e_licence import Desk, phone
from tests.journeys.test_handlers import appointed, strong

pytestmark = pytest.mark.django_db(transaction=True)
ENTRY, LIST = "/voluntary", "/voluntary/items"
LOW = "您当前登录账号认证级别较低"


@pytest.fixture
def office() -> people.Office:
    """The agencies."""
    return people.office()


@pytest.fixture
def firm(office: people.Office) -> people.Person:
    """An approved enterprise of 余杭 that has signed the commitment."""
    made = people.approved(1, by=office.county)
    by = identity.actor_for(made.account_id, "e_licence")
    flow.sign(version=voluntary.catalogue.commitment(flow.COMMITMENT).version, ticked=True, by=by)
    return made


def addresses(filing_id: Any) -> list[tuple[str, str]]:
    """List, form and what writes, as method and address."""
    record = f"/voluntary/records/{filing_id}"
    return [
        ("get", ENTRY),
        ("get", LIST),
        ("get", f"{LIST}/donation/records"),
        ("post", f"{LIST}/donation/new"),
        ("get", record),
        ("get", f"{record}/edit"),
        ("post", f"{record}/edit"),
        ("post", f"{record}/autosave"),
        ("post", f"{record}/upload"),
        ("post", f"{record}/act/withdraw"),
    ]


def draft(firm: people.Person) -> Any:
    """A draft of the enterprise, made in a strong session."""
    return flow.open_new(form_id=voluntary.DONATION, by=identity.actor_for(firm.account_id, "e_licence")).id


def everything() -> list[Any]:
    """All there is to write to."""
    return sorted(Filing.objects.values_list("id", "state", "round", "updated_at"))


@pytest.mark.requirement("VOL-04.1")
@pytest.mark.requirement("VOL-04.2")
def test_the_entry_leads_to_the_log_in_and_back_to_the_list(firm: people.Person, settings: Any) -> None:
    settings.VOLUNTARY_REGION = "3301"
    desk = Client()
    home = desk.get("/").content.decode()
    assert f'href="{ENTRY}">杭州市市场信用主体信用信息自愿注册</a>' in home
    asked = desk.get(ENTRY)
    assert (asked.status_code, urlsplit(asked.url).path, parse_qs(urlsplit(asked.url).query)) == (302, "/login", {"next": [ENTRY]})
    page = unescape(desk.get(asked.url).content.decode())
    assert f"/login/e-licence?next={ENTRY.replace('/', '%2F')}" in page
    way = Desk(desk, wanted=ENTRY)
    phone(way.state, firm)
    back = way.look()
    assert (back.status_code, back.url) == (302, ENTRY)
    assert desk.get(ENTRY).url == LIST and desk.get(LIST).status_code == 200
    again = desk.get("/").content.decode()
    assert f'href="{ENTRY}"' in again


def test_who_has_not_signed_comes_from_the_entry_to_the_commitment(office: people.Office) -> None:
    fresh = people.approved(2, by=office.county)
    assert strong(fresh.account_id).get(ENTRY).url.startswith("/voluntary/commitment")


@pytest.mark.requirement("VOL-05.1")
def test_a_password_session_is_refused_everywhere_and_browses(firm: people.Person) -> None:
    filing_id, client = draft(firm), people.browser(firm)
    before = everything()
    for method, path in addresses(filing_id):
        answer = getattr(client, method)(path)
        page = unescape(answer.content.decode())
        assert answer.status_code == 403 and LOW in page, (method, path)
        if method == "get":
            assert f"/login/e-licence?next={path.replace('/', '%2F')}" in page and "/login/card?next=" in page, path
    program = client.post(f"{LIST}/donation/new", headers={"Accept": "application/json"})
    assert (program.status_code, program.json()["code"]) == (403, "low-assurance")
    by = identity.actor_for(firm.account_id, "password")
    refused = {
        "open": lambda: flow.open_new(form_id=voluntary.DONATION, by=by),
        "save": lambda: flow.save(filing_id=filing_id, base_rev=0, changes={}, by=by),
        "submit": lambda: flow.submit(filing_id=filing_id, key="k", by=by),
        "withdraw": lambda: flow.withdraw(filing_id=filing_id, by=by),
        "delete": lambda: flow.delete(filing_id=filing_id, by=by),
    }
    for what, ask in refused.items():
        with pytest.raises(Forbidden) as caught:
            ask()
        assert caught.value.code == "low-assurance", what
    assert everything() == before
    for path in ("/", "/files?q=杭州", "/workbench", "/overview", "/workbench/messages"):
        assert client.get(path).status_code == 200, path


@pytest.mark.requirement("VOL-05.2")
def test_the_refusal_leads_through_the_licence_to_the_wanted_form(firm: people.Person) -> None:
    filing_id, client = draft(firm), people.browser(firm)
    wanted = f"/voluntary/records/{filing_id}/edit"
    assert client.get(wanted).status_code == 403
    desk = Desk(client, wanted=wanted)
    phone(desk.state, firm)
    assert desk.look().url == wanted
    form = client.get(wanted)
    assert form.status_code == 200 and "捐赠接受方名称" in form.content.decode()


def test_no_page_of_the_archive_writes_to_a_voluntary_record(firm: people.Person) -> None:
    filing_id = draft(firm)
    browser, by = enterprises.signed_in(firm.account_id), identity.actor_for(firm.account_id, "password")
    path = f"V07/{filing_id}/proof"
    file = SimpleUploadedFile("证明.png", people.picture("proof", kind="PNG"), "image/png")
    before = everything()
    refused = browser.post(f"/workbench/archive/{filing_id}/upload", {"path": path, "file": file})
    assert refused.status_code == 404 and not Attachment.objects.filter(filing=filing_id).exists()
    version = voluntary.catalogue.commitment(archive.COMMITMENT).version
    for write in (
        partial(archive.save_page, page="item", base_rev=1, changes={path: "x"}),
        partial(archive.keep_copy, page="item", base_rev=1, answers={path: "x"}),
        partial(archive.choose_type, enterprise_type="SELF_SITE", confirmed=True),
        partial(archive.sign, ticked=True, version=version),
    ):
        with pytest.raises(NotFound):
            write(filing_id=filing_id, by=by)
    kept = flow.upload(
        filing_id=filing_id, path=path, stream=io.BytesIO(voluntary.picture()), name="证明.jpg",
        by=identity.actor_for(firm.account_id, "e_licence"),
    )  # fmt: skip
    for drop in (archive.drop_file, registration.remove):
        with pytest.raises(Forbidden):
            drop(attachment_id=kept.id, by=by)
    assert everything() == before and Attachment.objects.get(filing=filing_id).state == "staged"


@pytest.mark.requirement("VOL-06.1")
def test_an_unverified_account_gets_the_hint_page_with_the_contact(office: people.Office, settings: Any) -> None:
    settings.IDENTITY_PLATFORM = "北京市统一身份认证平台"
    waiting = people.handed_in(3)
    for client in (people.browser(waiting), strong(waiting.account_id)):
        for path in (ENTRY, LIST, f"{LIST}/donation/records"):
            answer = client.get(path)
            page = answer.content.decode()
            assert answer.status_code == 403 and "请咨询“北京市统一身份认证平台”进行身份认证" in unescape(page), path
            assert settings.HOTLINE in page
        assert client.post(f"{LIST}/donation/new").status_code == 403
    assert not Filing.objects.filter(kind="voluntary").exists()


@pytest.mark.requirement("VOL-01.1")
@pytest.mark.requirement("VOL-01.2")
def test_an_enterprise_of_another_region_gets_the_reason_and_registers_nothing(firm: people.Person, settings: Any) -> None:
    client = strong(firm.account_id)
    assert "注册新数据" in client.get(LIST).content.decode()
    settings.VOLUNTARY_REGION = "11"
    for method, path in (("get", LIST), ("post", f"{LIST}/donation/new")):
        answer = getattr(client, method)(path)
        page = answer.content.decode()
        assert answer.status_code == 403 and "自愿注册对象必须为在本市（北京市）市场监督管理部门登记注册的市场主体" in page, path
        assert "浙江省杭州市余杭区" in page and "注册新数据" not in page
    settings.VOLUNTARY_REGION = "33"
    Enterprise.objects.filter(id=firm.enterprise_id).update(division_id=unknown_division())
    for method, path in (("get", LIST), ("post", f"{LIST}/donation/new")):
        assert "登记所在地区尚未核实" in getattr(client, method)(path).content.decode()
    assert not Filing.objects.filter(kind="voluntary").exists()
    Enterprise.objects.filter(id=firm.enterprise_id).update(division_id=people.COUNTY)
    assert client.post(f"{LIST}/donation/new").status_code == 302


def unknown_division() -> str:
    """A division that was taken away and has no successor."""
    from chengxin.identity.models import Division

    return Division.objects.filter(retired=True, successor__isnull=True, code__startswith="33").values_list("code", flat=True)[0]


@pytest.mark.requirement("VOL-03.1")
@pytest.mark.requirement("VOL-03.2")
def test_a_handler_files_within_the_authorisation_and_is_refused_without(firm: people.Person, office: people.Office) -> None:
    made = appointed(firm)
    client = strong(made)
    assert client.get(ENTRY).url == LIST
    opened = client.post(f"{LIST}/donation/new")
    assert opened.status_code == 302 and client.get(opened.url).status_code == 200
    [filing] = Filing.objects.filter(kind="voluntary")
    assert (filing.enterprise_id, filing.filer_id) == (firm.enterprise_id, made)
    stranger = people.approved(2, by=office.county)
    assert strong(stranger.account_id).get(opened.url).status_code == 404
    with clock.at(clock.now() + timedelta(days=365)):
        late = strong(made)
        for method, path in (("get", LIST), ("post", f"{LIST}/donation/new"), ("get", opened.url)):
            answer = getattr(late, method)(path)
            assert answer.status_code == 403 and "法人的授权已" in answer.content.decode(), path
    strong(firm.account_id).post(f"/account/handlers/{made}", {"_end": "1"})
    assert client.get(LIST).status_code == 302
    assert Filing.objects.filter(kind="voluntary").count() == 1
