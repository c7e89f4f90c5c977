"""How a page that is filled in stands after something happened, the same for every form (D-32, D-36, D-37)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from chengxin.filings import queries as filings
from chengxin.filings.values import Clash
from chengxin.flow import archive as flow
from chengxin.identity.values import Actor
from chengxin.web.enterprise import drawing, outline, rows
from chengxin.web.enterprise.outline import Part, Work
from chengxin.web.session import Request


@dataclass
class Show:
    """How a page is drawn after something happened."""

    answers: dict[str, str] | None = None
    base_rev: int | None = None
    errors: dict[str, list[str]] = field(default_factory=dict)
    clashes: tuple[Clash, ...] = ()
    strict: bool = False
    said: str = ""
    undo: str = ""
    searches: dict[str, str] = field(default_factory=dict)
    status: int = 200


def as_asked(request: Request, *, work: Work, part: Part, by: Actor, saved: str = "") -> Show:
    """A plain look at the draft, or with the recovery copy laid over it; `saved` is the sentence after a save."""
    if request.GET.get("saved"):
        return Show(said=(saved or _("已暂存 %(time)s")) % {"time": request.GET["saved"][:5]})
    if not request.GET.get("recover"):
        return Show(strict=bool(request.GET.get("check")))
    copy = filings.recovery_copy(filing_id=work.filing.id, page=part.code, by=by)
    if copy is None:
        return Show()
    answers, base_rev, _at = copy
    stored = work.draft
    clashes = tuple(
        Clash(path=path, mine=value, theirs=stored.answers.get(path))
        for path, value in answers.items()
        if stored.field_rev.get(path, 0) > base_rev and stored.answers.get(path, "") != value
    )
    return Show(answers={**stored.answers, **answers}, clashes=clashes, said=_("已恢复自动保存的内容，尚未存入草稿"))


def clashing(work: Work, clashes: tuple[Clash, ...]) -> Show:
    """Both values of what two tabs changed; everything else is kept."""
    mine = {clash.path: clash.mine or "" for clash in clashes}
    said = _("其他内容已存入草稿；有 %(n)s 项已在另一窗口被修改，请选择保留哪一个后再次保存") % {"n": len(clashes)}
    return Show(answers={**work.draft.answers, **mine}, clashes=clashes, said=said, status=409)


def tick(request: Request, *, work: Work, by: Actor) -> None:
    """Take the ticks 已处理 of the remarks that this page showed (D-37)."""
    shown = set(request.POST.get("_remarks", "").split())
    if not shown:
        return
    ticked = set(request.POST.getlist("_dealt"))
    for remark in filings.remarks(filing_id=work.filing.id, by=by):
        if str(remark.id) in shown and remark.dealt_with != (str(remark.id) in ticked):
            flow.tick_remark(remark_id=remark.id, dealt_with=str(remark.id) in ticked, by=by)


def context(
    *, work: Work, part: Part, show: Show, known: Mapping[str, str], upload_url: str, by: Actor, small_form: bool = False
) -> dict[str, Any]:
    """What the template of such a page needs, whatever the form; one of few fields has a × in each and its pictures in sight."""
    answers = work.draft.answers if show.answers is None else show.answers
    remarks = filings.remarks(filing_id=work.filing.id, by=by)
    around = drawing.Around(
        answers=answers,
        known=known,
        errors=_found(work, part, answers, show),
        remarks=drawing.remarks_of(remarks, round=work.filing.round, tickable=True),
        files=drawing.files_of(filings.attachments(filing_id=work.filing.id, by=by)),
        clashes={clash.path: clash.theirs for clash in show.clashes},
        searches=show.searches,
        upload_url=upload_url,
        clearable=small_form,
        thumbs=small_form,
    )
    shown = drawing.groups(work=work, part=part, around=around)
    strict = show.strict or show.status == 422
    copy = filings.recovery_copy(filing_id=work.filing.id, page=part.code, by=by) if show.answers is None else None
    return {
        "work": work,
        "part": part,
        "groups": shown,
        "summary": [("", text) for text in show.errors.get("", ())] + drawing.summary(shown) if strict else [],
        "strict": strict,
        "warnings": 0 if strict else len(drawing.summary(shown)),
        "conditions": drawing.conditions(part, shown),
        "needs": drawing.needs(part, shown),
        "base_rev": work.draft.rev if show.base_rev is None else show.base_rev,
        "said": show.said,
        "undo": show.undo,
        "copy_at": copy[2] if copy and rows.differs(copy[0], work.draft.answers) else None,
        "remark_ids": " ".join(str(r.id) for r in remarks if r.round == work.filing.round and _is_on(part, r.path)),
        "opinion": work.filing.opinion if work.filing.decided_at and work.filing.state != "approved" else "",
    }


def _is_on(part: Part, path: str) -> bool:
    return path.split("/", 1)[0] in {group.code for group in part.groups}


def _found(work: Work, part: Part, answers: dict[str, str], show: Show) -> dict[str, list[str]]:
    """Problems to show: all of them after the page was handed in or to be left, else only what was typed and is not possible."""
    if show.strict:
        return outline.problems_of(part, work.cleaned(answers)) | show.errors
    warnings = work.cleaned(answers, partial=True).warnings
    typed = {path: list(texts) for path, texts in warnings.items() if _is_on(part, path)}
    return typed | show.errors
