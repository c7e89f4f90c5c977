"""One item: papers beside the typed data, differences first, remarks on any field (D-37)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from chengxin.catalogue import answers as paths
from chengxin.catalogue import queries as catalogue
from chengxin.catalogue.values import Form, Group
from chengxin.common.errors import NotFound
from chengxin.filings import lifecycle
from chengxin.filings import queries as filings
from chengxin.filings.values import AttachmentView, FilingView, RemarkView, SubmissionView
from chengxin.flow import review
from chengxin.identity import policy
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor
from chengxin.web import components
from chengxin.web.agency import differences
from chengxin.web.session import Request, agency_only


@dataclass(frozen=True)
class Line:
    """One answer as the reviewer reads it."""

    path: str
    label: str
    value: str
    changed_from: str | None = None
    registered: str = ""
    remarks: tuple[RemarkView, ...] = ()
    file: AttachmentView | None = None


@dataclass(frozen=True)
class Card:
    """One record of a group."""

    path: str
    title: str
    lines: tuple[Line, ...]
    public: bool | None
    remarks: tuple[RemarkView, ...] = ()
    is_new: bool = False


@dataclass(frozen=True)
class Section:
    """One group with its records."""

    code: str
    title: str
    cards: tuple[Card, ...] = field(default_factory=tuple)


@agency_only("reviewer", "supervisor")
def show(request: Request, filing_id: UUID) -> HttpResponse:
    """The item as handed in; opening it claims it for 15 minutes."""
    return render(request, "agency/item.html", page(filing_id=filing_id, by=request.actor))


def page(*, filing_id: UUID, by: Actor, opinion: str = "", errors: Mapping[str, list[str]] | None = None) -> dict[str, Any]:
    """Everything the item's page shows; also used when a decision was refused, so that nothing typed is lost."""
    filing = filings.one(filing_id=filing_id, by=by)
    submission = filings.submission(filing_id=filing_id, by=by)
    if submission is None or filing.enterprise_id is None:
        raise NotFound(_("该填报尚未提交。"))
    decidable = may_decide(filing, by)
    if decidable:
        review.open_item(filing_id=filing_id, by=by)
    identity_view = identity.enterprise(filing.enterprise_id)
    form = catalogue.version(filing.form_version)
    former = filings.submission(filing_id=filing_id, by=by, round=filing.round - 1) if filing.round > 1 else None
    remarks = filings.remarks(filing_id=filing_id, by=by)
    files = filings.attachments(filing_id=filing_id, by=by)
    return {
        "filing": filing,
        "enterprise": identity_view,
        "division": "".join(identity_view.division_path),
        "submission": submission,
        "sections": sections(form=form, submission=submission, former=former, remarks=remarks, files=files),
        "differences": differences.against_register(form=form, enterprise=identity_view, submission=submission),
        "files": [
            {"id": f.id, "name": f.name, "size": f.size, "url": f"/files-of/{f.id}/1.png", "viewer": f"viewer-{n}"}
            for n, f in enumerate(files)
        ],
        "decisions": filings.decisions(filing_id=filing_id, by=by),
        "decidable": decidable,
        "state_label": lifecycle.label(kind=filing.kind, state=filing.state),
        "opinion": opinion or assembled_opinion(remarks, filing.round),
        "errors": errors or {},
        "error_pairs": [(f"f-{name}", text) for name, texts in (errors or {}).items() for text in texts],
        "keys": [("a", _("审核通过")), ("r", _("填写审核意见并退回")), ("n", _("下一件")), ("?", _("按键说明"))],
        "moments": _moments(filing, filings.decisions(filing_id=filing_id, by=by)),
        "phrases": PHRASES.get(filing.kind, ()),
    }


PHRASES: dict[str, tuple[str, ...]] = {
    "registration": (
        "营业执照照片不清晰，请重新拍摄或扫描后上传。",
        "授权文件缺少法定代表人签字，请签字后重新上传。",
        "授权文件未加盖公章，请加盖公章后重新上传。",
        "企业名称与营业执照不一致，请按营业执照更正。",
    ),
    "archive": (
        "住所与营业执照不一致，请按营业执照更正。",
        "网站或网店名称填写不完整，请补充网址或店铺编号。",
        "资质证照已过有效期，请更新后重新提交。",
    ),
}


def may_decide(filing: FilingView, by: Actor) -> bool:
    """Whether the acting person may decide it now: competent, not the filer, still under review."""
    if filing.state != lifecycle.SUBMITTED or filing.filer_id == by.account_id:
        return False
    unit = identity.competent_agency(filing.division_code, filing.form_id)
    return policy.may(by=by, permission="filing.review", competent_agency_id=unit.id)


def assembled_opinion(remarks: list[RemarkView], round_: int) -> str:
    """审核意见 put together from this round's remarks; the reviewer edits it (D-37)."""
    here = [r.text for r in remarks if r.round == round_]
    return "\n".join(f"{n}. {text}" for n, text in enumerate(here, start=1))


def sections(
    *,
    form: Form,
    submission: SubmissionView,
    former: SubmissionView | None,
    remarks: list[RemarkView],
    files: list[AttachmentView],
) -> list[Section]:
    """The answers in the order of the form, with what changed since the last version."""
    by_path: dict[str, list[RemarkView]] = {}
    for each in remarks:
        by_path.setdefault(each.path, []).append(each)
    file_at = {f.path: f for f in files}
    before = former.answers if former else {}
    found = []
    for group in form.asked_groups():
        rows = paths.rows(submission.answers, group.code) or _rows_of_files(group, files)
        cards = tuple(_card(group, row.id, row.raw, before, bool(former), by_path, file_at) for row in rows)
        if cards:
            found.append(Section(code=group.code, title=str(group.title), cards=cards))
    return found


def _rows_of_files(group: Group, files: list[AttachmentView]) -> list[Any]:
    ids = dict.fromkeys(f.path.split("/")[1] for f in files if f.path.startswith(f"{group.code}/"))
    return [paths.Row(id=row, raw={}) for row in ids]


def _card(
    group: Group,
    row: str,
    raw: Mapping[str, str],
    before: Mapping[str, str],
    has_former: bool,
    remarks: Mapping[str, list[RemarkView]],
    files: Mapping[str, AttachmentView],
) -> Card:
    prefix = f"{group.code}/{row}"
    lines = []
    for f in group.fields:
        path = f"{prefix}/{f.code}"
        value, file = raw.get(f.code, ""), files.get(path)
        if not value and file is None and path not in remarks:
            continue
        was = before.get(path, "") if has_former else value
        lines.append(
            Line(
                path=path,
                label=str(f.label),
                value=shown(f, value),
                changed_from=shown(f, was) if was != value else None,
                remarks=tuple(remarks.get(path, ())),
                file=file,
            )
        )
    mark = raw.get(paths.PUBLIC, "")
    return Card(
        path=prefix,
        title=str(group.title),
        lines=tuple(lines),
        public={"1": True, "0": False}.get(mark),
        remarks=tuple(remarks.get(prefix, ())),
        is_new=has_former and not any(p.startswith(prefix + "/") for p in before),
    )


def shown(f: Any, raw: str) -> str:
    """A raw answer in words: labels of options, names of divisions, units."""
    if not raw:
        return ""
    if f.options:
        labels = [f.option(code) for code in raw.split(",")]
        return "、".join(str(o.label) if o else code for o, code in zip(labels, raw.split(","), strict=True))
    if f.kind == "division":
        return "".join(identity.division_path(raw)) or raw
    if f.kind == "boolean":
        return _("是") if raw == "1" else _("否")
    return f"{raw} {f.unit}" if f.unit else raw


def _moments(filing: FilingView, decisions: list[Any]) -> list[components.Moment]:
    words = {"approved": _("审核通过"), "rejected": _("审核未通过")}
    tones = {"approved": "good", "rejected": "bad"}
    done = [
        components.Moment(title=f"{words[d.outcome]}（{d.by_name}）", at=d.at, text=d.opinion, tone=tones[d.outcome])
        for d in reversed(decisions)
    ]
    waiting = [components.Moment(title=_("提交，待审核"), at=filing.submitted_at, tone="waiting")]
    return (waiting if filing.state == lifecycle.SUBMITTED else []) + done
