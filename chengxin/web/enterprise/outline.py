"""The order of an archive's pages as an enterprise walks them, and which are complete.

The first step holds the business licence (group S01) alone; the page of the form that lists S01 shows
the rest of its groups. Pages without groups of the enterprise's own stand above the dashed line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID, uuid5

from django.urls import reverse
from django.utils.translation import gettext as _

from chengxin.catalogue import answers as paths
from chengxin.catalogue import rules
from chengxin.catalogue.values import Cleaned, Form, Group
from chengxin.common import clock
from chengxin.common.errors import NotFound
from chengxin.filings.values import DraftView, FilingView
from chengxin.flow import archive as flow
from chengxin.identity.values import Actor

LICENCE = "S01"
BASIC = "basic-step"


@dataclass(frozen=True)
class Part:
    """One page of the walk: its groups in their order; `code` is also the key of its recovery copy."""

    code: str
    title: str
    hint: str
    groups: tuple[Group, ...]
    form_page: str

    @property
    def is_licence(self) -> bool:
        """Whether this is the first step."""
        return self.code == BASIC


@dataclass(frozen=True)
class Work:
    """A filing that is being written: filing, draft, form in the words of its subject."""

    filing: FilingView
    draft: DraftView
    form: Form
    subject: str

    @property
    def parts(self) -> tuple[Part, ...]:
        """The first step and the indicator pages."""
        return _parts(self.form)

    def part(self, code: str) -> Part:
        """One page, or 404."""
        found = next((part for part in self.parts if part.code == code), None)
        if found is None:
            raise NotFound(_("未找到该填报页面。"))
        return found

    def after(self, part: Part) -> Part | None:
        """The page after this one."""
        at = self.parts.index(part)
        return self.parts[at + 1] if at + 1 < len(self.parts) else None

    def before(self, part: Part) -> Part | None:
        """The indicator page before this one."""
        at = self.parts.index(part)
        return self.parts[at - 1] if at > 1 else None

    def url(self, part: Part) -> str:
        """The address of a page."""
        return url_of(self.filing.id, part.code)

    def rows(self, group: Group, answers: Mapping[str, str]) -> list[paths.Row]:
        """The records of a group as the page shows them; a needed group always has one to fill in."""
        found = paths.rows(answers, group.code)
        if found or not group.min_records or group.source != "answers":
            return found
        return [paths.Row(id=self.first_row(group.code, answers), raw={})]

    def first_row(self, group: str, answers: Mapping[str, str]) -> str:
        """The id of the first record of a group that has none yet: the same in every tab."""
        return str(uuid5(self.filing.id, group))

    def cleaned(self, answers: Mapping[str, str] | None = None, *, partial: bool = False) -> Cleaned:
        """What is wrong or missing in the whole archive, as typed so far (or in `answers`)."""
        typed = dict(self.draft.answers if answers is None else answers)
        if not partial:
            typed |= self._first_records(typed)
        return rules.clean(self.form, typed, today=clock.today(), partial=partial, subject=self.subject)

    def _first_records(self, typed: Mapping[str, str]) -> dict[str, str]:
        """The empty first records that pages show, so that each of their required fields is asked for."""
        needed = (g for g in self.form.asked_groups() if g.min_records and not paths.rows(typed, g.code))
        return {paths.path(g.code, self.first_row(g.code, typed), paths.ORDER): "1" for g in needed}


def open_work(*, filing_id: UUID, by: Actor) -> Work:
    """The acting person's own archive, or 404."""
    filing, draft, form = flow.draft_of(filing_id=filing_id, by=by)
    if filing.kind != flow.KIND:
        raise NotFound(_("未找到该填报。"))
    subject = flow.subject_of(form=form, answers=draft.answers, by=by)
    return Work(filing=filing, draft=draft, form=rules.for_subject(form, subject), subject=subject)


def url_of(filing_id: UUID, code: str) -> str:
    """The address of a page by its code."""
    if code == BASIC:
        return reverse("enterprise:basic", args=[filing_id])
    return reverse("enterprise:page", args=[filing_id, code])


def _parts(form: Form) -> tuple[Part, ...]:
    licence = form.group(LICENCE)
    made: list[Part] = []
    for page in form.pages:
        groups = tuple(g for g in form.groups_of(page) if g.origin == "enterprise")
        if licence is not None and licence in groups:
            hint = str(licence.hint) if licence.hint else ""
            made.insert(0, Part(BASIC, _("企业基本信息"), hint, (licence,), page.code))
            groups = tuple(g for g in groups if g.code != LICENCE)
        if groups:
            made.append(Part(page.code, str(page.title), str(page.hint or ""), groups, page.code))
    return tuple(made)


@dataclass(frozen=True)
class Progress:
    """How far a page has come; `state` is done, wrong or empty."""

    part: Part
    url: str
    state: str
    problems: int
    current: bool = False

    @property
    def label(self) -> str:
        """The state in words."""
        if self.state == "wrong":
            return _("待补充 %(n)s 项") % {"n": self.problems}
        return _("已完成") if self.state == "done" else _("未填写")

    @property
    def tone(self) -> str:
        """Colour of the mark."""
        return {"done": "good", "wrong": "warn", "empty": ""}[self.state]


def progress(work: Work, *, cleaned: Cleaned | None = None, current: str = "") -> list[Progress]:
    """Every page with its state, from what is typed now."""
    found = cleaned or work.cleaned()
    return [_progress(work, part, found, current=part.code == current) for part in work.parts]


def _progress(work: Work, part: Part, found: Cleaned, *, current: bool) -> Progress:
    count = sum(len(problems) for problems in problems_of(part, found).values())
    codes = {g.code for g in part.groups}
    touched = any(path.split("/", 1)[0] in codes for path in work.draft.answers)
    marked = part.form_page in work.filing.page_done or part.code in work.filing.page_done
    state = "done" if not count and marked else "wrong" if (touched or marked) and count else "empty"
    if part.is_licence and not count:
        state = "done"
    return Progress(part=part, url=work.url(part), state=state, problems=count, current=current)


def problems_of(part: Part, found: Cleaned) -> dict[str, list[str]]:
    """Problems of a page by path; a group without its records under the group's code."""
    codes = {g.code for g in part.groups}
    errors = {path: list(texts) for path, texts in found.errors.items() if path.split("/", 1)[0] in codes}
    return errors | {code: [text] for code, text in found.missing.items() if code in codes}
