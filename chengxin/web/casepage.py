"""A page from which a case is handed in: the fields of its form, what was typed, files taken in before (D-32, D-39).

Nobody need have an account here, so nothing is kept on the server but the bytes of files: what speaks of them is
signed and travels with the page. A page that is refused comes back with everything that was typed and sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from uuid import UUID, uuid4

from django.core import signing
from django.http import HttpResponse
from django.utils.translation import gettext as _

from chengxin.catalogue import queries as catalogue
from chengxin.catalogue import rules
from chengxin.catalogue.values import Field as CatalogueField
from chengxin.catalogue.values import Form, Group
from chengxin.common import clock
from chengxin.common.errors import ChengxinError, Invalid, TooMany, Unavailable
from chengxin.filings.files import Stored
from chengxin.flow import cases as flow
from chengxin.web import answers as posts
from chengxin.web import challenges, forms
from chengxin.web.divisions import division_tree
from chengxin.web.forms import Field, FileItem
from chengxin.web.session import Request

SALT = "file-of-a-case"
TOKEN_SECONDS = 12 * 3600  # how long a page may lie open with its files; their bytes are kept twice as long
KEY = "submission_key"


@dataclass
class CasePage:
    """One page of a case; paths are `group/<row>/<field>`, with one row."""

    form: Form
    row: str = field(default_factory=lambda: str(uuid4()))
    key: str = field(default_factory=lambda: str(uuid4()))
    answers: dict[str, str] = field(default_factory=dict)
    staged: dict[str, list[str]] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)
    searches: dict[str, str] = field(default_factory=dict)

    @property
    def group(self) -> Group:
        """The one group of the form."""
        return self.form.groups[0]

    def path(self, code: str) -> str:
        """Where the answer of a field stands."""
        return f"{self.group.code}/{self.row}/{code}"

    def value(self, code: str) -> str:
        """What was typed into a field."""
        return self.answers.get(self.path(code), "")

    @property
    def values(self) -> dict[str, str]:
        """What was typed, by field."""
        return {f.code: self.value(f.code) for f in self.group.fields}

    def shown(self) -> list[CatalogueField]:
        """The fields that apply to what is chosen so far."""
        asked = rules.asked(self.group, self.values, today=clock.today())
        return [replace(f, required=asked[f.code]) for f in self.group.fields if f.code in asked]

    def fields(self, *, besides: Iterable[str] = ()) -> list[Field]:
        """The rows of the page, but those drawn elsewhere."""
        left_out = set(besides)
        return [self._field(f) for f in self.shown() if f.code not in left_out]

    def one(self, code: str) -> Field:
        """The row of one field."""
        return next(self._field(f) for f in self.shown() if f.code == code)

    def _field(self, f: CatalogueField) -> Field:
        path = self.path(f.code)
        held = {token: file_item(token) for token in self.staged.get(path, ())}
        return forms.field_view(
            f,
            path=path,
            answers={**self.answers, path: ",".join(held)} if f.kind == "file" else self.answers,
            errors=self.errors,
            files=held,
            tree=division_tree(),
            search=self.searches.get(path, ""),
        )

    def files(self) -> list[tuple[str, Stored]]:
        """The files taken in so far, each with its path."""
        return [(path, opened_file(token)) for path, tokens in self.staged.items() for token in tokens]

    def handed_in(self) -> dict[str, str]:
        """The answers as they are frozen: fields that do not apply are left out, files named by their hash."""
        said = {self.path(f.code): self.value(f.code) for f in self.shown() if f.kind != "file"}
        for path, stored in self.files():
            said[path] = ",".join(part for part in (said.get(path, ""), stored.sha256) if part)
        return said

    def refuse(self, fields: Mapping[str, Sequence[str]]) -> None:
        """Put messages beside their fields; they come by path, by field, or for the whole page."""
        codes = {f.code for f in self.group.fields}
        for name, texts in fields.items():
            self.errors.setdefault(self.path(name) if name in codes else name, []).extend(texts)

    def problems(self) -> list[tuple[str, str]]:
        """Every message with the id of its row, in the order of the page."""
        order = [self.path(f.code) for f in self.group.fields]
        known = [(forms.control_id(path), text) for path in order for text in self.errors.get(path, ())]
        return known + [(f"f-{name}" if name else "", text) for name, texts in self.errors.items() if name not in order for text in texts]


def opened(form_id: str, **known: str) -> CasePage:
    """A fresh page, with what is known already."""
    page = CasePage(form=catalogue.current(form_id))
    page.answers = {page.path(code): value for code, value in known.items()}
    return page


def posted(request: Request, form_id: str) -> CasePage:
    """The page as it was posted; files that came with it are taken in, those that will not do are said beside their field."""
    page = CasePage(form=catalogue.current(form_id))
    page.row = _uuid(request.POST.get("_row", "")) or page.row
    page.key = request.POST.get(KEY, "")[:64].replace("\0", "") or page.key
    kinds = {page.path(f.code): str(f.kind) for f in page.group.fields if f.kind != "file"}
    page.answers = posts.read(request.POST, kinds=kinds, tree=division_tree())
    page.searches = {path: request.POST.get(f"{path}.search", "") for path, kind in kinds.items() if kind == "division"}
    for f in page.group.fields:
        if f.kind == "file":
            _take_files(request, page, f)
    return page


def redraws(request: Request) -> bool:
    """Whether a small button of the page was pressed and nothing is handed in."""
    return any(name in request.POST for name in ("_remove", "_search", "_captcha", "_send", "_redraw"))


def refused(page: CasePage, error: ChengxinError, *, draw: Callable[[int], HttpResponse]) -> HttpResponse:
    """The page again with everything typed and taken in, and why it was refused: beside the fields, or above them."""
    page.refuse((error.fields if isinstance(error, Invalid) else {}) or {"": [error.message]})
    response = draw(error.status)
    if isinstance(error, TooMany | Unavailable):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _take_files(request: Request, page: CasePage, f: CatalogueField) -> None:
    path = page.path(f.code)
    removed = request.POST.get("_remove", "").removeprefix(f"{path}=")
    tokens = [token for token in dict.fromkeys(request.POST.getlist(path)) if token != removed]
    kept = [token for token in tokens if _is_good(token)]
    if len(kept) < len(tokens):
        page.errors.setdefault(path, []).append(_("页面打开时间过长，文件已失效，请重新选择。"))
    assert f.files is not None
    for file in request.FILES.getlist(f"{path}.new"):
        if len(kept) >= f.files.max_files:
            page.errors.setdefault(path, []).append(_("最多上传%(n)d个文件。") % {"n": f.files.max_files})
            break
        try:
            stored = flow.take_file(stream=file, name=file.name or f.code, slot=f.files.slot, network=challenges.network(request))
        except Invalid as error:
            page.errors.setdefault(path, []).extend(text for texts in error.fields.values() for text in texts)
            continue
        except (TooMany, Unavailable) as error:
            page.errors.setdefault(path, []).append(error.message)
            break
        kept = [*kept, file_token(stored)]
    page.staged[path] = list({opened_file(token).sha256: token for token in kept}.values())


def file_token(stored: Stored) -> str:
    """What speaks of a file taken in, signed, for a page that keeps nothing on the server."""
    return signing.dumps(asdict(stored), salt=SALT)


def _is_good(token: str) -> bool:
    try:
        opened_file(token)
    except signing.BadSignature:
        return False
    return True


def opened_file(token: str) -> Stored:
    """The file a token speaks of; raises BadSignature for a foreign or old one."""
    return Stored(**signing.loads(token, salt=SALT, max_age=TOKEN_SECONDS))


def file_item(token: str) -> FileItem:
    """The line of a file taken in."""
    stored = opened_file(token)
    return FileItem(id=token, name=stored.name, size=stored.bytes)


def _uuid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        return ""
