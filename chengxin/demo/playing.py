"""Plays stories back through the platform's own commands, step by step, each at its moment."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from chengxin.catalogue import queries as catalogue
from chengxin.catalogue.answers import ORDER, PUBLIC
from chengxin.common import clock
from chengxin.demo import appointing, guards, pictures, reading, registering, wronging
from chengxin.demo.reading import Step, Story
from chengxin.filings import queries as filing_queries
from chengxin.filings.values import FilingView
from chengxin.flow import archive, importing, registration, review
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor

CONSENTS = ("user-agreement", "privacy-notice")
IMPORT_AT = "-20 03:00"
DRAW = "draw:"
TRACES = {"register": "account", "hand_in": "handed_in", "approve": "decided", "reject": "decided"}
KINDS = ("registration", "archive")
TITLES = {"91": "营业执照", "92": "个体工商户营业执照", "93": "农民专业合作社营业执照"}


@dataclass(frozen=True)
class Player:
    """One story being told; `password` is the one of all demo accounts."""

    story: Story
    password: str

    def play(self, step: Step) -> None:
        """Do one step at its moment."""
        with clock.at(step.at):
            DOES[step.do](self, step.more)

    @property
    def actor(self) -> Actor:
        """Who files for the enterprise."""
        enterprise = identity.enterprise_by_uscc(self.story.uscc)
        assert enterprise is not None
        account = identity.administrator_of(enterprise.id)
        assert account is not None
        return identity.actor_for(account, "password")

    @property
    def filing(self) -> FilingView:
        """The filing that is open or was opened last: the archive, before it the registration."""
        actor = self.actor
        assert actor.enterprise_id is not None
        for kind in ("archive", "registration"):
            found = filing_queries.latest(enterprise_id=actor.enterprise_id, kind=kind, by=actor)
            if found is not None:
                return found
        raise LookupError(self.story.story)

    @property
    def reviewer(self) -> Actor:
        """Who reviews the filing now."""
        filing = self.filing
        agency = identity.competent_agency(division_code=filing.division_code, form=filing.form_id)
        return identity.actor_for(identity.reviewers_of(agency.id)[0], "password")


def play_all(stories: list[Story], *, start: datetime, password: str) -> None:
    """Tell all stories together, in the order of their moments; one that was cut off is taken up where it stopped."""
    guards.require_fictitious([vars(story) for story in stories])
    steps = [(step.at, Player(story, password), step) for story in stories for step in left(story)]
    steps.sort(key=lambda told: told[0])
    import_at = reading.moment(IMPORT_AT, start=start)
    for at, player, step in steps:
        if at < import_at:
            player.play(step)
    with clock.at(import_at):
        _import_government(stories)
    for at, player, step in steps:
        if at >= import_at:
            player.play(step)


def left(story: Story) -> tuple[Step, ...]:
    """The steps after the last one that has left its trace; those without a trace may be done twice."""
    traces = _traces(story)
    last = 0
    for place, step in enumerate(story.steps, start=1):
        trace = TRACES.get(step.do)
        if trace and traces[trace] > 0:
            traces[trace] -= 1
            last = place
    return story.steps[last:]


def _traces(story: Story) -> Counter[str]:
    """What stands of a story: its account, what was handed in, what was decided."""
    known, by = identity.enterprise_by_uscc(story.uscc), Actor.system("demo")
    if known is None or not known.claimed:
        return Counter()
    filed = [f for kind in KINDS for f in filing_queries.history(enterprise_id=known.id, kind=kind, by=by)]
    decided = sum(len(filing_queries.decisions(filing_id=filing.id, by=by)) for filing in filed)
    return Counter(account=1, handed_in=sum(filing.round for filing in filed), decided=decided)


def _import_government(stories: list[Story]) -> None:
    for group in sorted({group for story in stories for group in story.government}):
        import_rows(group, [row for story in stories for row in story.government.get(group, ())])


def import_rows(group: str, rows: list[dict[str, str]]) -> None:
    """Take in rows of a group as the file a source unit would send; a fault is a mistake in the demo's files."""
    guards.require_fictitious(rows)
    report = importing.run(group=group, data=as_csv(group, rows), by=Actor.system("demo"))
    if report.faults:
        raise ValueError(f"{group}: {'；'.join(map(str, report.faults))}")


def as_csv(group: str, rows: list[dict[str, str]]) -> bytes:
    """Rows of a government group as the file a source unit would send."""
    form = catalogue.current(importing.FORM.format(group=group))
    codes = [field.code for field in form.groups[0].fields]
    today = clock.today().isoformat()
    out = io.StringIO()
    writer = csv.DictWriter(out, codes)
    writer.writeheader()
    writer.writerows({"collected_on": today, **row} for row in rows)
    return out.getvalue().encode()


def _register(player: Player, _more: Mapping[str, Any]) -> None:
    story = player.story
    consents = {code: catalogue.commitment(code).version for code in CONSENTS}
    registration.register(
        form=registration.NewRegistration(
            name=story.name,
            uscc=story.uscc,
            division_code=story.division,
            email=story.email,
            phone=story.phone,
            password=player.password,
            consents=consents,
        )
    )


def _papers(player: Player, _more: Mapping[str, Any]) -> None:
    story, by = player.story, player.actor
    head = story.register["legal_representative"]
    rows = licence_rows(story.name, story.uscc, story.register)
    letter = [("单位名称", story.name or f"个体工商户（{head}）"), ("统一社会信用代码", story.uscc), ("负责人", head), ("经办人", head)]
    drawn = {
        "licence": pictures.licence(title=TITLES[story.uscc[:2]], rows=rows),
        "authorisation": pictures.authorisation(name=story.name, rows=letter, head=head),
    }
    for field, body in drawn.items():
        registration.upload(field=field, stream=io.BytesIO(body), name=f"{field}.jpg", by=by)


def licence_rows(name: str, uscc: str, register: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a licence says."""
    shown = {
        "统一社会信用代码": uscc,
        "名称": name or "（无字号）",
        "类型": register["type"],
        "负责人": register["legal_representative"],
        "资本": f"{register['capital_wan']}万元",
        "成立日期": register["established_on"],
        "住所": register["address"],
        "经营范围": register["scope"],
        "登记机关": register["authority"],
    }
    return list(shown.items())


def _hand_in(player: Player, _more: Mapping[str, Any]) -> None:
    filing, by = player.filing, player.actor
    if filing.kind == "registration":
        registration.submit(key=str(uuid4()), by=by)
        return
    archive.submit(filing_id=filing.id, key=str(uuid4()), by=by)


def _decide(player: Player, outcome: str, opinion: str = "") -> None:
    filing, by = player.filing, player.reviewer
    review.open_item(filing_id=filing.id, by=by)
    review.decide_filing(filing_id=filing.id, round=filing.round, outcome=outcome, opinion=opinion, by=by)


def _approve(player: Player, _more: Mapping[str, Any]) -> None:
    _decide(player, "approved")


def _reject(player: Player, more: Mapping[str, Any]) -> None:
    """Put the remarks beside the first record of their group, then send it back."""
    filing, by = player.filing, player.reviewer
    review.open_item(filing_id=filing.id, by=by)
    answers = filing_queries.draft(filing_id=filing.id, by=player.actor).answers
    for remark in more["remarks"]:
        group, field = remark["at"].split(".")
        path = next(path for path in answers if path.startswith(f"{group}/") and path.endswith(f"/{field}"))
        review.remark(filing_id=filing.id, path=path, text=remark["text"], by=by)
    _decide(player, "rejected", more["opinion"])


def _open(player: Player, _more: Mapping[str, Any]) -> None:
    by = player.actor
    filing = archive.open_archive(by=by)
    archive.choose_type(filing_id=filing.id, enterprise_type=player.story.type, confirmed=True, by=by)
    archive.sign(filing_id=filing.id, ticked=True, version=catalogue.commitment(archive.COMMITMENT).version, by=by)


def _fill(player: Player, more: Mapping[str, Any]) -> None:
    """Write the story's answers page by page, and complete each page that has all it needs."""
    filing, by = player.filing, player.actor
    form = catalogue.version(filing.form_version)
    for page in form.pages:
        if page.initial or page.code not in more.get("pages", [page.code]):
            continue
        answers = {code: player.story.answers[code] for code in page.groups if code in player.story.answers}
        _save(player, filing, page.code, answers, by=by)
        _complete(player, filing, page.code, by)


def _change(player: Player, more: Mapping[str, Any]) -> None:
    """Change fields of the first record of some groups of an update."""
    filing, by = player.filing, player.actor
    form = catalogue.version(filing.form_version)
    for page in form.pages:
        answers = {code: [more["changes"][code]] for code in page.groups if code in more["changes"]}
        if answers:
            _save(player, filing, page.code, answers, by=by, marks=False)
            _complete(player, filing, page.code, by)


def _complete(player: Player, filing: FilingView, page: str, by: Actor) -> None:
    """Complete a page; a story whose answers do not pass is a mistake in its file."""
    cleaned = archive.complete_page(filing_id=filing.id, page=page, by=by)
    if not cleaned.ok:
        raise ValueError(f"{player.story.story}: {dict(cleaned.errors)} {dict(cleaned.missing)}")


def _save(player: Player, filing: FilingView, page: str, answers: reading.Answers, *, by: Actor, marks: bool = True) -> None:
    draft = filing_queries.draft(filing_id=filing.id, by=by)
    changes: dict[str, str | None] = {}
    for group, records in answers.items():
        there = list(dict.fromkeys(path.split("/")[1] for path in draft.answers if path.startswith(f"{group}/")))
        for number, record in enumerate(records):
            row = there[number] if number < len(there) else archive.new_row()
            own = {ORDER: str(number + 1), PUBLIC: "1"} if marks else {}
            for field, value in {**own, **record}.items():
                path = f"{group}/{row}/{field}"
                changes[path] = _drawn(player, filing.id, path, value, record, by) if value.startswith(DRAW) else value
    archive.save_page(filing_id=filing.id, page=page, base_rev=draft.rev, changes=changes, by=by)


def _drawn(player: Player, filing_id: UUID, path: str, value: str, record: Mapping[str, str], by: Actor) -> str:
    """Draw and upload a proof; the answer names its bytes."""
    title = value.removeprefix(DRAW)
    body = pictures.proof(title=title, name=player.story.name, number=record.get("number", ""))
    return archive.upload(filing_id=filing_id, path=path, stream=io.BytesIO(body), name=f"{title}.jpg", by=by).sha256


def _registered(does: Callable[[Story, Mapping[str, Any]], object]) -> Callable[[Player, Mapping[str, Any]], None]:
    """A step of voluntary registration as a step of the play."""

    def step(player: Player, more: Mapping[str, Any]) -> None:
        does(player.story, more)

    return step


DOES: dict[str, Callable[[Player, Mapping[str, Any]], None]] = {
    "object": lambda player, more: wronging.objects(story=player.story, more=more, by=player.actor),
    "apply": lambda player, more: wronging.applies(story=player.story, more=more, by=player.actor),
    "change_approved": lambda player, more: wronging.change_approved(story=player.story),
    "claim_impostor": lambda player, more: wronging.claims(story=player.story, more=more),
    "accept_impostor": lambda player, more: wronging.accepted(story=player.story),
    "appoint_handler": lambda player, more: appointing.handler(story=player.story, more=more, password=player.password),
    **{name: _registered(does) for name, does in registering.DOES.items()},
    "register": _register,
    "papers": _papers,
    "hand_in": _hand_in,
    "approve": _approve,
    "reject": _reject,
    "open": _open,
    "fill": _fill,
    "change": _change,
}
