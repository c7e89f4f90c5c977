"""Enterprises and accounts: opened once, changed while pending, closed for good; one event each."""

import pytest
from django.db import connection

from chengxin.common.errors import Conflict, Forbidden, Invalid, NotFound
from chengxin.identity import actions, queries
from chengxin.identity.models import AccessLog, Account, Enterprise
from chengxin.identity.tests.codes import uscc
from chengxin.identity.tests.conftest import SYSTEM, person
from chengxin.identity.values import Actor
from chengxin.ledger.models import Event

pytestmark = pytest.mark.django_db
NOBODY = Actor.nobody()
GIVEN = {
    "name": "杭州甲电子商务有限公司",
    "division_code": "330110",
    "email": "Li.Ming@Example.com",
    "phone": "13800001234",
}


def opened(number=1, **changes):
    return actions.open_enterprise(**{"uscc": uscc(number), **GIVEN, "by": NOBODY, **changes})


def applicant(account):
    return queries.actor_for(account, "password")


def kinds():
    return list(Event.objects.order_by("id").values_list("kind", flat=True))


def test_registration_gives_a_pending_account_and_one_event(country):
    before = Event.objects.count()
    account, enterprise = opened()
    assert Event.objects.count() == before + 1 and kinds()[-1] == "enterprise.opened"
    assert queries.account(account).state == "pending"
    view = queries.enterprise(enterprise)
    assert (view.state, view.claimed, view.kind) == ("known", True, "91")
    assert view.division_path == ("浙江省", "杭州市", "余杭区")
    assert queries.enterprise_by_uscc(f" {uscc(1).lower()} ") == view
    actor = applicant(account)
    assert (actor.roles, actor.enterprise_id) == (frozenset({"applicant"}), enterprise)
    assert queries.administrator_of(enterprise) == account


def test_the_event_holds_ids_only(country):
    account, _ = opened()
    event = Event.objects.latest("id")
    assert event.data == {"account": str(account), "division": "330110", "kind": "91"}


@pytest.mark.parametrize(
    "name",
    ["杭州甲电子商务有限公司", " 杭州甲 电子商务 有限公司 ", "杭州甲电子商务有限公司\u3000"],
)
def test_a_name_in_use_is_refused_in_every_spelling(country, name):
    opened()
    with pytest.raises(actions.Taken) as error:
        opened(2, name=name)
    assert error.value.fields == {"name": ["企业名称已被注册"]}
    assert error.value.code == "taken"


def test_brackets_of_any_width_make_one_name(country):
    opened(name="杭州甲（集团）有限公司")
    with pytest.raises(actions.Taken):
        opened(2, name="杭州甲(集团)有限公司")


def test_a_code_in_use_is_refused_with_everything_else_that_is_wrong(country):
    opened()
    with pytest.raises(actions.Taken) as error:
        opened(1)
    assert set(error.value.fields) == {"uscc", "name"}


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"uscc": ""}, "uscc", "请填写"),
        ({"uscc": uscc(1)[:-1] + ("0" if uscc(1)[-1] != "0" else "1")}, "uscc", "校验位"),
        ({"uscc": uscc(1, kind="12")}, "uscc", "91、92或93"),
        ({"name": "  "}, "name", "请填写企业名称"),
        ({"name": "甲" * 201}, "name", "200"),
        ({"name": "甲\x00乙"}, "name", "无法识别"),
        ({"division_code": ""}, "division", "请选择"),
        ({"division_code": "999999"}, "division", "不存在"),
        ({"division_code": "371202"}, "division", "撤并"),
        ({"division_code": "330100"}, "division", "区县"),
        ({"email": "nobody"}, "email", "name@example.com"),
        ({"email": ""}, "email", "请填写邮箱"),
        ({"phone": "12345"}, "phone", "11位"),
    ],
)
def test_each_wrong_field_is_named_with_its_remedy(country, changes, field, says):
    with pytest.raises(Invalid) as error:
        opened(**changes)
    assert list(error.value.fields) == [field]
    assert says in error.value.fields[field][0]
    assert not Account.objects.exists()


def test_individual_businesses(country):
    opened(1, uscc=uscc(1, kind="92"))
    opened(2, uscc=uscc(2, kind="92"), division_code="330106")
    with pytest.raises(actions.Taken):
        opened(3, uscc=uscc(3, kind="92"))
    opened(4, uscc=uscc(4, kind="92"), name="")
    opened(5, uscc=uscc(5, kind="92"), name="")
    opened(6)


def test_an_enterprise_known_from_imports_is_claimed(country):
    known = actions.know_enterprise(uscc=uscc(1), name="旧名", division_code="371202", by=SYSTEM)
    assert queries.enterprise(known).division_code == "370116"
    assert actions.know_enterprise(uscc=uscc(1), name="旧名", division_code="370116", by=SYSTEM) == known
    _account, enterprise = opened()
    assert enterprise == known
    assert queries.enterprise(known).name == GIVEN["name"]
    with pytest.raises(Forbidden):
        actions.know_enterprise(uscc=uscc(2), name="", division_code="330110", by=person_actor(roles=("editor",)))


def person_actor(roles, division=None):
    unit = queries.agency_by_code("commerce-x") or None
    made = unit.id if unit else actions.create_agency(code="commerce-x", name="部", division_code=division, by=SYSTEM)
    return queries.actor_for(person(made, roles=roles), "password")


def test_a_rejected_name_can_be_corrected_but_not_to_a_used_one(country):
    account, enterprise = opened()
    opened(2, name="杭州乙有限公司")
    actor = applicant(account)
    change = {**GIVEN, "enterprise_id": enterprise, "by": actor}
    with pytest.raises(actions.Taken):
        actions.change_registration(**{**change, "name": "杭州乙有限公司"})
    actions.change_registration(**{**change, "name": "杭州丙有限公司", "email": "new@example.com"})
    assert queries.enterprise(enterprise).name == "杭州丙有限公司"
    assert queries.enterprise(enterprise).uscc == uscc(1)
    assert queries.email_of(account, actor, "test") == "new@example.com"


def test_only_the_own_registration_can_be_changed_and_only_before_approval(country):
    account, enterprise = opened()
    other, _ = opened(2, name="杭州乙有限公司")
    with pytest.raises(Forbidden):
        actions.change_registration(**GIVEN, enterprise_id=enterprise, by=applicant(other))
    actions.activate(enterprise, by=SYSTEM)
    with pytest.raises(Conflict):
        actions.change_registration(**GIVEN, enterprise_id=enterprise, by=applicant(account))


def test_activation_opens_account_and_enterprise_once(country):
    account, enterprise = opened()
    with pytest.raises(Forbidden):
        actions.activate(enterprise, by=applicant(account))
    actions.activate(enterprise, by=SYSTEM)
    assert queries.account(account).state == queries.enterprise(enterprise).state == "active"
    assert applicant(account).roles == {"administrator"}
    with pytest.raises(Conflict):
        actions.activate(enterprise, by=SYSTEM)


def test_a_reviewer_activates_in_his_division_only(country, agency):
    agency(None)
    here = queries.actor_for(agency("330100", reviewers=1)[1], "password")
    elsewhere = queries.actor_for(agency("440300", reviewers=1)[1], "password")
    _account, enterprise = opened()
    with pytest.raises(Forbidden):
        actions.activate(enterprise, by=elsewhere)
    actions.activate(enterprise, by=here)


def test_closing_frees_code_and_name_and_ends_sessions(country):
    account, enterprise = opened()
    epoch = queries.account(account).session_epoch
    assert actions.close_enterprise(enterprise_id=enterprise, reason="reset-1", by=SYSTEM) == [account]
    assert queries.account(account).state == "closed"
    assert queries.account(account).session_epoch == epoch + 1
    assert queries.enterprise_by_uscc(uscc(1)) is None
    _again, other = opened()
    assert other != enterprise
    with pytest.raises(Conflict):
        actions.close_enterprise(enterprise_id=enterprise, reason="reset-2", by=SYSTEM)


def test_contact_data_are_sealed_found_and_every_reading_is_logged(country):
    account, _ = opened()
    with connection.cursor() as cursor:
        cursor.execute("SELECT a::text FROM identity_account AS a")
        stored = cursor.fetchone()[0]
    for part in ("Li.Ming", "li.ming", "13800001234", "example.com"):
        assert part not in stored
    assert queries.accounts_by_email(" li.ming@EXAMPLE.com") == [account]
    actor = applicant(account)
    assert queries.email_of(account, actor, "own-page") == "Li.Ming@Example.com"
    assert queries.contact_of(account, SYSTEM, "reset-page").email == "Li***@Example.com"
    assert queries.contact_of(account, SYSTEM, "reset-page").phone == "138****1234"
    logged = AccessLog.objects.order_by("id").values_list("who", "what", "subject", "purpose")
    assert logged[0] == (str(account), "email", str(account), "own-page")
    assert logged.count() == 3
    stranger = applicant(opened(2, name="杭州乙有限公司")[0])
    with pytest.raises(Forbidden):
        queries.phone_of(account, stranger, "curiosity")


def test_a_new_mailbox_is_unproved_again(country):
    account, _ = opened()
    actor = applicant(account)
    actions.verify_email(account_id=account, by=actor)
    actions.change_contact(account_id=account, email="li.ming@example.com", phone="13900001234", by=actor)
    assert queries.account(account).email_verified
    actions.change_contact(account_id=account, email="other@example.com", phone="13900001234", by=actor)
    assert not queries.account(account).email_verified


def test_consents_keep_every_word(country):
    account, _ = opened()
    actor = applicant(account)
    for version, given in (("1", True), ("2", True), ("2", False)):
        actions.give_consent(document="agreement", version=version, given=given, by=actor)
    newest = queries.consents(account, by=actor)
    assert [(each.document, each.version, each.given) for each in newest] == [("agreement", "2", False)]


def test_suspension_closes_the_doors_for_now(country):
    account, enterprise = opened()
    actions.activate(enterprise, by=SYSTEM)
    with pytest.raises(Forbidden):
        actions.suspend(account_id=account, reason="x", by=applicant(account))
    actions.suspend(account_id=account, reason="x", by=SYSTEM)
    with pytest.raises(Conflict):
        actions.suspend(account_id=account, reason="x", by=SYSTEM)
    actions.resume(account_id=account, reason="x", by=SYSTEM)
    assert queries.account(account).state == "active"


def test_every_write_appends_exactly_one_event(country):
    account, enterprise = opened()
    actor = applicant(account)
    before = Event.objects.count()
    steps = [
        lambda: actions.change_registration(**GIVEN, enterprise_id=enterprise, by=actor),
        lambda: actions.activate(enterprise, by=SYSTEM),
        lambda: actions.change_contact(account_id=account, email="a@example.com", phone="13800000000", by=actor),
        lambda: actions.verify_email(account_id=account, by=actor),
        lambda: actions.give_consent(document="d", version="1", by=actor),
        lambda: actions.end_sessions(account_id=account, reason="password", by=actor),
        lambda: actions.suspend(account_id=account, reason="x", by=SYSTEM),
        lambda: actions.resume(account_id=account, reason="x", by=SYSTEM),
        lambda: actions.close_enterprise(enterprise_id=enterprise, reason="x", by=SYSTEM),
    ]
    for number, step in enumerate(steps, start=1):
        step()
        assert Event.objects.count() == before + number
    assert kinds()[-9:] == [
        "enterprise.registration_changed",
        "enterprise.activated",
        "account.contact_changed",
        "account.email_verified",
        "consent.given",
        "account.sessions_ended",
        "account.suspended",
        "account.resumed",
        "enterprise.closed",
    ]


def test_loading_the_same_lists_again_does_nothing(country):
    assert actions.load_divisions(country) == 0


def test_working_days_from_a_notice_change_the_calendar(tmp_path):
    path = tmp_path / "days.csv"
    path.write_text("date,is_workday,name\n2031-01-04,1,调休\n2031-01-06,0,元旦\n", encoding="utf-8")
    assert actions.load_workdays(path, source="国办发明电〔2030〕1号", by=SYSTEM) == 2
    calendar = queries.work_calendar()
    from datetime import date

    assert calendar.day(date(2031, 1, 4)).is_workday and not calendar.day(date(2031, 1, 6)).is_workday
    path.write_text("date,is_workday,name\nsoon,1,\n", encoding="utf-8")
    with pytest.raises(Invalid) as error:
        actions.load_workdays(path, source="x", by=SYSTEM)
    assert "第2行" in error.value.fields["file"][0]


def test_a_year_without_a_calendar_is_named_to_administrators():
    from datetime import date

    assert queries.calendar_warnings(date(2026, 3, 1)) == []
    assert queries.calendar_warnings(date(2026, 12, 1)) == [2027]


def test_unknown_ids_are_not_found(country):
    from uuid import uuid4

    for ask in (
        lambda: queries.enterprise(uuid4()),
        lambda: queries.account(uuid4()),
        lambda: queries.agency(uuid4()),
        lambda: queries.division("999999"),
        lambda: actions.activate(uuid4(), by=SYSTEM),
        lambda: queries.lock_enterprise(uuid4()),
    ):
        with pytest.raises(NotFound):
            ask()


def test_a_known_enterprise_without_claim_cannot_be_activated(country):
    known = actions.know_enterprise(uscc=uscc(1), name="甲", division_code="330110", by=SYSTEM)
    with pytest.raises(Conflict):
        actions.activate(known, by=SYSTEM)
    assert not Enterprise.objects.get(id=known).claimed
