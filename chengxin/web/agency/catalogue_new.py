"""A new item, or a new version of one, from a YAML file: check, preview, set, publish (VOL-40, VOL-42)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from chengxin.catalogue import items
from chengxin.catalogue.items import ItemChanged
from chengxin.catalogue.yaml_files import MAX_FILE_BYTES, CatalogueInvalid
from chengxin.common import clock
from chengxin.common.errors import Invalid
from chengxin.exchange import itembooks
from chengxin.exchange.workbooks import BOOK_TYPE
from chengxin.flow import itemcatalogue as flow
from chengxin.web.agency import catalogue, catalogue_preview
from chengxin.web.agency.catalogue import Typed, managers_only
from chengxin.web.agency.catalogue_preview import Preview
from chengxin.web.forms import Field
from chengxin.web.session import Request


@dataclass
class Sheet:
    """The page as it stands: the file's text, what was found wrong, what it would bring."""

    text: str
    stamp: str = ""
    faults: list[str] = field(default_factory=list)
    looked: flow.Looked | None = None
    typed: Typed | None = None
    preview: Preview | None = None

    @property
    def settings(self) -> list[Field]:
        """The rows of how the item will run."""
        return catalogue.fields_of(self.typed, self.looked.settings) if self.looked and self.typed else []


@require_http_methods(["GET", "HEAD", "POST"])
@managers_only
def show(request: Request) -> HttpResponse:
    """Give a file, see the check's report and the four previews, then publish; nothing typed is lost on the way."""
    if request.method != "POST":
        given = request.GET.get("from", "")
        source = flow.source(form_id=items.PREFIX + given, by=request.actor) if given else flow.first(by=request.actor)
        return _page(request, Sheet(source, items.stamp(items.PREFIX + given) if given else ""), given=given)
    sheet = Sheet(request.POST.get("text", "").replace("\r\n", "\n"), request.POST.get("stamp", ""))
    try:
        sheet.text = _text(request) or sheet.text
        sheet.looked = flow.look_over(text=sheet.text, by=request.actor)
        _fill(request, sheet)
        if act := ACTS.get(request.POST.get("act", "")):
            return act(request, sheet)
    except ItemChanged as error:
        return _changed(request, sheet, error)
    except CatalogueInvalid as error:
        sheet.faults, sheet.looked = [text for texts in error.fields.values() for text in texts], None
    except Invalid as error:
        sheet.typed = Typed(sheet.typed.texts if sheet.typed else {}, error.fields)
    wrong = sheet.faults or (sheet.typed and sheet.typed.errors)
    return _page(request, sheet, given=request.POST.get("given", ""), status=422 if wrong else 200)


def _text(request: Request) -> str:
    """The text of the file just chosen; nothing where none was."""
    chosen = request.FILES.get("file")
    if chosen is None:
        return ""
    data = chosen.read(MAX_FILE_BYTES + 1)
    try:
        return bytes(data).decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise CatalogueInvalid({flow.WHERE: [_("文件不是 UTF-8 编码的文本，请另存为 UTF-8 后重新选择")]}) from None


def _fill(request: Request, sheet: Sheet) -> None:
    """The previews, and the settings: those typed if they are of this form, else those that run."""
    assert sheet.looked is not None
    form, today = sheet.looked.form, clock.today()
    again = request.POST.get("of") == form.id
    if not again and not sheet.stamp.startswith(f"{form.id}:"):
        sheet.stamp = sheet.looked.stamp
    sheet.typed = catalogue.typed_of(request) if again else catalogue.as_typed(sheet.looked.settings)
    tried = request.POST.get("act") == "try" and again
    answers = catalogue_preview.typed(form, request.POST) if again else catalogue_preview.examples(form, today=today)
    sheet.preview = catalogue_preview.of(form, answers=answers, today=today, tried=tried)


def _publish(request: Request, sheet: Sheet) -> HttpResponse:
    assert sheet.looked is not None and sheet.typed is not None
    wanted = sheet.typed.wanted(sheet.looked.settings)
    form_id = flow.publish(text=sheet.text, wanted=wanted, seen=sheet.stamp, by=request.actor)
    return redirect(f"{catalogue.LIST}?done={catalogue.slug(form_id)}")


def _template(_request: Request, sheet: Sheet) -> HttpResponse:
    """The workbook that enterprises would fill in."""
    assert sheet.looked is not None
    form = sheet.looked.form
    answer = HttpResponse(itembooks.template(form), content_type=BOOK_TYPE)
    answer.headers["Content-Disposition"] = f'attachment; filename="{catalogue.slug(form.id)}.xlsx"'
    return answer


ACTS: dict[str, Callable[[Request, Sheet], HttpResponse]] = {"publish": _publish, "template": _template}


def _changed(request: Request, sheet: Sheet, error: ItemChanged) -> HttpResponse:
    """The page anew, compared with what runs since: the file and the settings stay as typed."""
    assert sheet.typed is not None
    sheet.looked = flow.look_over(text=sheet.text, by=request.actor)
    sheet.stamp = sheet.looked.stamp
    apart = catalogue.apart(sheet.typed, sheet.looked.settings)
    given = request.POST.get("given", "")
    return _page(request, sheet, given=given, changed=error.message, apart=apart, status=error.status)


def _page(request: Request, sheet: Sheet, *, given: str = "", status: int = 200, **more: object) -> HttpResponse:
    problems = [("f-text", text) for text in sheet.faults]
    problems += [(row.html_id, text) for row in sheet.settings for text in row.errors]
    if sheet.preview:
        problems += [(row.html_id, text) for row in sheet.preview.fields for text in row.errors]
    context = {"sheet": sheet, "given": given, "problems": problems, "most": MAX_FILE_BYTES // 1_000_000, **more}
    return render(request, "agency/catalogue_new.html", context, status=status)
