"""Forms written by hand, with messages that name the field and the remedy (D-38)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from chengxin.web.pickers import Divisions, DivisionTree, divisions_view


def _name(field: forms.Field) -> Any:
    return field.label or _("此项")


def own_messages(field: forms.Field) -> None:
    """Replace the framework's texts of one field by ours."""
    name = _name(field)
    picks = isinstance(field, (forms.ChoiceField, forms.MultipleChoiceField, forms.BooleanField, DivisionEntry))
    verb = _("请选择{name}") if picks else _("请填写{name}")
    if isinstance(field, forms.BooleanField):
        verb = _("请阅读并勾选“{name}”")
    field.error_messages |= {
        "required": format_lazy(verb, name=name),
        "invalid": format_lazy(_("{name}的格式不正确，请检查后重新填写"), name=name),
        "invalid_choice": format_lazy(_("请从列出的选项中选择{name}"), name=name),
        "invalid_list": format_lazy(_("请从列出的选项中选择{name}"), name=name),
        "max_length": format_lazy(_("{name}过长，请缩短后重新填写"), name=name),
        "min_length": format_lazy(_("{name}过短，请补充完整"), name=name),
        "max_value": format_lazy(_("{name}过大，请检查后重新填写"), name=name),
        "min_value": format_lazy(_("{name}过小，请检查后重新填写"), name=name),
    }


class PageForm(forms.Form):
    """Base of the forms written by hand; `error_class` and widgets are not used, rows draw themselves."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "f-%s")
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            own_messages(field)
            for validator in list(field.validators):
                if type(validator).__module__.startswith("django.core.validators"):
                    self._reword(field, validator)

    @staticmethod
    def _reword(field: forms.Field, validator: Any) -> None:
        code = getattr(validator, "code", "invalid")
        text = field.error_messages.get(code, field.error_messages["invalid"])
        field.validators[field.validators.index(validator)] = _Reworded(validator, text=text, code=code)

    def add_fields(self, fields: dict[str, list[str]]) -> None:
        """Take the field messages of an Invalid error; unknown names go to the whole form."""
        if not hasattr(self, "cleaned_data"):
            self.full_clean()
        for name, messages in fields.items():
            for text in messages:
                self.add_error(name if name in self.fields else None, text)


class _Reworded:
    """A validator of the framework that speaks with our text."""

    def __init__(self, validator: Any, *, text: Any, code: str) -> None:
        self.validator, self.text, self.code = validator, text, code

    def __call__(self, value: Any) -> None:
        try:
            self.validator(value)
        except forms.ValidationError as error:
            raise forms.ValidationError(self.text, code=self.code) from error


class Entry(forms.CharField):
    """A line of text of a kind of `chengxin.web.forms.KINDS`: uscc, phone, email, password, …"""

    def __init__(
        self, *, kind: str = "text", clearable: bool = False, autocomplete: str = "", max_length: int = 200, **kwargs: Any
    ) -> None:
        self.kind, self.clearable = kind, clearable
        super().__init__(max_length=max_length, strip=kind != "password", **kwargs)
        if autocomplete:
            self.widget.attrs["autocomplete"] = autocomplete


class Choice(forms.ChoiceField):
    """One of some options: radios up to six, then a list."""

    kind = "choice"


class Choices(forms.MultipleChoiceField):
    """Some of the options."""

    kind = "multichoice"


class Tick(forms.BooleanField):
    """A box to tick, such as a consent; never ticked beforehand."""

    kind = "tick"


class DivisionWidget(forms.TextInput):
    """Reads the three lists, or the hit chosen from the search, as one code."""

    tree: DivisionTree | None = None

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:
        """The deepest chosen division whose parents are the chosen ones."""
        if self.tree is None:
            return str(data.get(name, ""))
        return self.tree.read(data, name)


class DivisionEntry(forms.CharField):
    """A division; call `offer(form, name, tree)` once the form exists."""

    kind = "division"
    widget = DivisionWidget
    divisions: Divisions | None = None

    @staticmethod
    def offer(form: forms.Form, name: str, tree: DivisionTree) -> None:
        """Give the field its tree, and the lists that fit what was chosen and searched."""
        field = form.fields[name]
        assert isinstance(field, DivisionEntry) and isinstance(field.widget, DivisionWidget)
        field.widget.tree = tree
        search = form.data.get(f"{name}.search", "") if form.is_bound else ""
        field.divisions = divisions_view(tree=tree, chosen=str(form[name].value() or ""), search=search)
