"""Every address is guarded or on the list of public ones, and each guard turns the wrong people away (architecture §7)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests import people

ROW = UUID("5b0c7a52-7a0e-4d4e-9d1a-6f2f0d6a7c11")
SAMPLES: dict[str, Any] = {
    "code": "basic",
    "extension": "pdf",
    "group": "S01",
    "kind": "91",
    "name": "checkpoint",
    "number": "HZ20260101ABCDEFGHJK",
    "token": "none",
    "topic": "other",
    "uscc": people.code(1),
}
NUMBERED = {"account:handler_paper", "agency:authorisation", "enterprise:attachment"}
FOR_EVERYONE = {
    "account:agency_login",
    "account:captcha_new",
    "account:card_login",
    "account:divisions",
    "account:e_licence",
    "account:e_licence_answer",
    "account:e_licence_page",
    "account:e_licence_progress",
    "account:forgot",
    "account:invitation",
    "account:login",
    "account:login_here",
    "account:logout",
    "account:outbox",
    "account:outbox_data",
    "account:phone",
    "account:ping",
    "account:register",
    "account:reset",
    "account:sample",
    "account:session_touch",
    "account:template",
    "api:batch",
    "api:changes",
    "api:checkpoint",
    "api:divisions",
    "api:entry",
    "api:file",
    "api:files",
    "api:manifest",
    "api:openapi",
    "api:proof",
    "api:records",
    "api:schema",
    "api:snapshot",
    "api:snapshots",
    "api:successions",
    "api:tile",
    "api:vkey",
    "api:vkeys",
    "public:accessibility",
    "public:article",
    "public:ask_help",
    "public:badge",
    "public:commitment",
    "public:content",
    "public:contents",
    "public:developers",
    "public:dialogue",
    "public:dialogue_item",
    "public:dictionary",
    "public:dictionary_csv",
    "public:dictionary_json",
    "public:download",
    "public:feed",
    "public:file",
    "public:group",
    "public:help",
    "public:helpdesk",
    "public:home",
    "public:impostor",
    "public:impostor_answer",
    "public:kind_feed",
    "public:opening",
    "public:overview",
    "public:privacy",
    "public:progress",
    "public:record",
    "public:record_badge",
    "public:report",
    "public:report_error",
    "public:search",
    "public:shown",
    "public:shown_record",
    "public:statistics",
    "public:stop_change",
    "public:suggestion",
    "public:terms",
    "public:tipoff",
    "public:verify",
    "public:verify_json",
    "public:watch",
    "public:watch_confirm",
    "public:watch_lost",
    "public:watch_unsubscribe",
    "public:watching",
    "styleguide",
}
GUARDS = {"public", "member", "applicant", "enterprise", "agency"}


def addresses() -> list[tuple[str, URLPattern]]:
    """Every view of the house with its full name."""

    def walk(entries: list[Any], face: str) -> Iterator[tuple[str, URLPattern]]:
        for entry in entries:
            if isinstance(entry, URLResolver):
                yield from walk(entry.url_patterns, f"{entry.namespace}:" if entry.namespace else face)
            else:
                yield f"{face}{entry.name}", entry

    return list(walk(get_resolver().url_patterns, ""))


def path_of(name: str, entry: URLPattern) -> str:
    """An address of the view, with invented rows."""
    converters = entry.pattern.converters
    sample = {key: (7 if key == "number" and name in NUMBERED else SAMPLES.get(key, ROW)) for key in converters}
    return reverse(name, kwargs=sample)


def test_every_view_says_for_whom_it_is() -> None:
    found = addresses()
    assert len(found) > 60
    unguarded = [name for name, entry in found if getattr(entry.callback, "guard", None) not in GUARDS]
    assert unguarded == []
    public = {name for name, entry in found if entry.callback.guard == "public"}
    assert public == FOR_EVERYONE


@pytest.mark.django_db(transaction=True)
def test_each_guard_turns_the_wrong_people_away() -> None:
    office = people.office()
    admin = people.officer(people.agency(None, name="平台运行", kind="service"), "admin-li", roles=("system_admin",))
    clients = {
        "nobody": Client(),
        "applicant": people.browser(people.registered(1)),
        "waiting": people.browser(people.handed_in(2)),
        "enterprise": people.browser(people.approved(3, by=office.county)),
        "reviewer": people.browser(office.county),
        "admin": people.browser(admin),
    }
    for name, entry in addresses():
        guard, path = entry.callback.guard, path_of(name, entry)
        for who, client in clients.items():
            if guard != "public":
                for method in (client.get, client.post):
                    _refused(guard, who, name, method(path))


def _refused(guard: str, who: str, name: str, answer: Any) -> None:
    """What a person may not have is a log-in, a 403, or the way to where the person belongs."""
    where = f"{name} for {who}: {answer.status_code} {answer.headers.get('Location', '')}"
    official = who in ("reviewer", "admin")
    if who == "nobody":
        assert answer.status_code in (302, 405) and answer.headers.get("Location", "/login").startswith("/login"), where
    elif guard != "member" and official != (guard == "agency"):
        assert answer.status_code in (403, 405), where
    elif guard == "enterprise" and who != "enterprise":
        home = "/account/supplement" if who == "applicant" else "/register/pending"
        assert (answer.status_code, answer.headers.get("Location")) == (302, home) or answer.status_code == 405, where
    else:
        assert answer.status_code < 500, where


@pytest.mark.django_db
def test_the_demo_pages_exist_in_demo_mode_on_loopback_only(client: Client, settings: Any) -> None:
    demo = ("/styleguide", "/dev/outbox/", "/dev/outbox.json", "/dev/e-licence")
    assert {client.get(path).status_code for path in demo} == {200}
    assert {client.get(path, REMOTE_ADDR="203.0.113.7").status_code for path in demo[1:]} == {404}
    settings.DEMO = False
    assert {client.get(path).status_code for path in demo} == {404}
