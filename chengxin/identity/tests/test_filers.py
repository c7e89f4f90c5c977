"""Who may register voluntarily: assurance, verification, authorisation, region (D-28, VOL-01, VOL-03, VOL-05, VOL-06)."""

import uuid
from datetime import date, datetime, timedelta

import pytest

from chengxin.common import clock
from chengxin.common.errors import Conflict, Forbidden, Invalid, NotFound
from chengxin.identity import actions, assurance, filers, handlers, queries
from chengxin.identity.handlers import Term
from chengxin.identity.models import Account, Enterprise, Membership
from chengxin.identity.tests.codes import uscc
from chengxin.identity.tests.conftest import SYSTEM
from chengxin.identity.values import Actor, PaperView

pytestmark = pytest.mark.django_db
PAPER = PaperView("a" * 64, "授权书.jpg", "image/jpeg", 1)
NOON = datetime(2026, 11, 20, 12, tzinfo=clock.SHANGHAI)
YEAR = Term(date(2026, 11, 20), date(2027, 11, 19))


@pytest.fixture
def owner(country):
    """Makes the administrator of an active enterprise: `owner(1, "110108")`."""

    def make(number=1, division="110108", *, active=True):
        account, enterprise = actions.open_enterprise(
            uscc=uscc(number, division=division), name=f"北京栎舟汇{number}数据科技有限公司", division_code=division,
            email=f"o{number}@lizhou.example", phone=f"139{number:08d}", by=Actor.nobody(),
        )  # fmt: skip
        if active:
            actions.activate(enterprise, SYSTEM)
        return queries.actor_for(account, "e_licence")

    return make


def appointed(by, number=1, *, term=YEAR, accepted=True):
    """A handler of the enterprise."""
    made = handlers.appoint(
        display_name="王经办", email=f"h{number}@lizhou.example", phone=f"137{number:08d}", paper=PAPER, term=term, by=by
    )
    if accepted:
        handlers.accept(account_id=made)
    return made


def refused(ask, *args):
    """The code and sentence of a refusal."""
    with pytest.raises(Forbidden) as caught:
        ask(*args)
    return caught.value.code, caught.value.message


@pytest.mark.parametrize("kind", assurance.SESSION_KINDS)
def test_only_a_certificate_or_the_licence_make_a_session_strong(kind):
    by = Actor(uuid.uuid4(), "enterprise", enterprise_id=uuid.uuid4(), assurance=kind, proven="high")
    assert assurance.of(by) == assurance.Assurance(kind, "high")
    assert assurance.strong(by) == (kind in ("card", "e_licence"))
    if not assurance.strong(by):
        told, text = refused(assurance.require_strong, by)
        assert told == "low-assurance" and "您当前登录账号认证级别较低" in text and "电子营业执照" in text and "法人一证通" in text


def test_what_is_proved_of_an_account_only_rises(owner):
    by = owner()
    assert by.proven == "none"
    for level, then in (("medium", "medium"), ("high", "high"), ("medium", "high")):
        actions.prove(account_id=by.id, level=level, by=SYSTEM)
        assert queries.actor_for(by.id, "password").proven == then
    assert not assurance.strong(queries.actor_for(by.id, "password"))


@pytest.mark.requirement("VOL-06.1")
def test_an_account_whose_registration_is_not_approved_is_sent_to_the_platform(owner, settings):
    settings.IDENTITY_PLATFORM = "北京市统一身份认证平台"
    told, text = refused(filers.require_verified, owner(active=False))
    assert told == "unverified" and "请咨询“北京市统一身份认证平台”进行身份认证" in text
    settings.IDENTITY_PLATFORM = ""
    assert settings.SITE_NAME in refused(filers.require_verified, Actor.nobody())[1]
    filers.require_verified(owner(2))


@pytest.mark.requirement("VOL-01.1")
@pytest.mark.requirement("VOL-01.2")
@pytest.mark.parametrize(
    ("division", "region", "told"),
    [
        ("110108", "", ""),
        ("110108", "11", ""),
        ("110108", "110108", ""),
        ("330110", "11", "outside-region"),
        ("330110", "3302", "outside-region"),
        ("440305", "4403", ""),
        ("659002", "66", ""),
        ("659002", "6501", "outside-region"),
    ],
)
def test_only_subjects_of_the_region_register(owner, settings, division, region, told):
    by = owner(1, division)
    settings.VOLUNTARY_REGION = region
    if not told:
        filers.require_region(by.enterprise_id)
        return
    found, text = refused(filers.require_region, by.enterprise_id)
    assert found == told and "本市" in text and "".join(queries.division_path(division)) in text


@pytest.mark.requirement("VOL-01.2")
def test_a_region_that_is_not_known_is_refused_until_it_is(owner, settings):
    by = owner()
    settings.VOLUNTARY_REGION = "33"
    Enterprise.objects.filter(id=by.enterprise_id).update(division_id="330103")
    assert refused(filers.require_region, by.enterprise_id)[0] == "region-unknown"
    Enterprise.objects.filter(id=by.enterprise_id).update(division_id="330106")
    filers.require_region(by.enterprise_id)
    waiting = owner(2, "330106", active=False)
    assert refused(filers.require_region, waiting.enterprise_id)[0] == "region-unknown"


def test_the_entry_names_the_region(country, settings):
    for region, words in (("11", "北京市"), ("3301", "杭州市"), ("", "")):
        settings.VOLUNTARY_REGION = region
        assert filers.region_name() == words
        assert filers.title() == f"{words}市场信用主体信用信息自愿注册"


@pytest.mark.requirement("VOL-03.1")
@pytest.mark.requirement("VOL-03.2")
def test_a_handler_acts_within_the_term_of_the_authorisation(owner):
    with clock.at(NOON):
        by = owner()
        filers.require_authorised(by)
        handler = queries.actor_for(appointed(by), "e_licence")
        filers.require_authorised(handler)
    for days, told in ((-1, "not-authorised"), (364, ""), (365, "authorisation-expired")):
        with clock.at(NOON + timedelta(days=days)):
            assert not told or refused(filers.require_authorised, handler)[0] == told
            assert told or filers.require_authorised(handler) is None
    strangers = (
        Actor(handler.account_id, "enterprise", enterprise_id=uuid.uuid4(), roles=frozenset({"handler"})),
        Actor(uuid.uuid4(), "enterprise", enterprise_id=by.enterprise_id, roles=frozenset({"handler"})),
        Actor(uuid.uuid4(), "enterprise", enterprise_id=by.enterprise_id, roles=frozenset({"operator"})),
        Actor(uuid.uuid4(), "enterprise", roles=frozenset({"administrator"})),
    )
    with clock.at(NOON):
        assert {refused(filers.require_authorised, each)[0] for each in strangers} == {"not-authorised"}


def test_a_handler_rests_while_the_account_that_appointed_him_is_frozen(owner):
    with clock.at(NOON):
        by = owner()
        handler = queries.actor_for(appointed(by), "e_licence")
        actions.suspend(account_id=by.id, reason="HZ1", by=SYSTEM)
        assert refused(filers.require_authorised, handler)[0] == "not-authorised"
        actions.resume(account_id=by.id, reason="HZ1", by=SYSTEM)
        filers.require_authorised(handler)


def test_renewing_opens_the_door_again_and_ending_shuts_it_for_good(owner):
    with clock.at(NOON):
        by = owner()
        made = appointed(by)
    later = NOON + timedelta(days=400)
    with clock.at(later):
        handler = queries.actor_for(made, "e_licence")
        assert refused(filers.require_authorised, handler)[0] == "authorisation-expired"
        other = PaperView("b" * 64, "续期.pdf", "application/pdf", 2)
        handlers.renew(account_id=made, paper=other, term=Term(later.date(), later.date()), by=by)
        filers.require_authorised(handler)
        [line] = handlers.listed(by=by)
        assert (line.standing, line.paper) == ("in_force", other) and line.phone == "137****0001"
        assert filers.holds("a" * 64) and filers.holds("b" * 64) and not filers.holds("c" * 64)
        handlers.end(account_id=made, by=by)
        assert refused(filers.require_authorised, queries.actor_for(made, "e_licence"))[0] == "not-authorised"
        assert handlers.by_phone(enterprise_id=by.enterprise_id, phone="137 0000 0001") is None
        assert Account.objects.get(id=made).state == "closed" and handlers.one(account_id=made, by=by).standing == "ended"


def test_what_is_wrong_with_an_appointment_is_said_by_field(owner):
    with clock.at(NOON):
        by = owner()
        appointed(by)
        bad = {
            "display_name": {"display_name": " "},
            "email": {"email": "nowhere"},
            "phone": {"phone": "13700000001"},
            "term": {"term": Term(date(2026, 11, 21), date(2026, 11, 20))},
        }
        for field, change in bad.items():
            given = {"display_name": "李经办", "email": "x@lizhou.example", "phone": "13799999999", "term": YEAR} | change
            with pytest.raises(Invalid) as caught:
                handlers.appoint(**given, paper=PAPER, by=by)
            assert list(caught.value.fields) == [field]
        for term in (Term(date(2025, 1, 1), date(2026, 11, 19)), Term(date(2026, 11, 20), date(2030, 11, 20))):
            with pytest.raises(Invalid):
                handlers.renew(account_id=Membership.objects.get(role="handler").account_id, paper=PAPER, term=term, by=by)


def test_only_the_own_administrator_manages_handlers_and_the_number_is_limited(owner, monkeypatch):
    with clock.at(NOON):
        by, other = owner(1), owner(2)
        made = appointed(by)
        for ask in (handlers.end, handlers.one):
            with pytest.raises(NotFound):
                ask(account_id=made, by=other)
        with pytest.raises(Forbidden):
            handlers.listed(by=queries.actor_for(made, "e_licence"))
        with pytest.raises(Conflict):
            handlers.accept(account_id=made)
        monkeypatch.setattr(handlers, "MOST_HANDLERS", 1)
        with pytest.raises(Conflict):
            appointed(by, 2)
