"""The one error tree.

    ChengxinError                    500  error
    ├── NotFound                     404  not-found
    ├── Unauthenticated              401  unauthenticated
    ├── Forbidden                    403  forbidden
    ├── Conflict                     409  conflict
    ├── TooLarge                     413  body-too-large
    ├── Invalid        .fields       422  invalid
    ├── TooMany        .retry_after  429  too-many
    └── Unavailable    .retry_after  503  unavailable

Every error carries `.message` (a sentence for the person, Chinese first), `.code` (kebab-case, for
programs) and `.status` (HTTP). Translated to HTTP in one place of `web`, nowhere else. An app may
subclass a leaf to give it a code of its own; it never adds a new branch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


class ChengxinError(Exception):
    """Root of the tree: something this program says no to, with a reason a person can read."""

    status: ClassVar[int] = 500
    default_code: ClassVar[str] = "error"
    default_message: ClassVar[Text] = _("操作未能完成，请稍后重试。")

    def __init__(self, message: Text | None = None, *, code: str | None = None) -> None:
        self._message = message if message is not None else self.default_message
        self.code = code or self.default_code
        super().__init__(message)

    @property
    def message(self) -> str:
        """The sentence for the person, in the language of the moment."""
        return str(self._message)

    def __str__(self) -> str:
        return self.message


class NotFound(ChengxinError):
    """There is no such thing, or not for this person: both look the same."""

    status = 404
    default_code = "not-found"
    default_message = _("未找到您要访问的内容。")


class Unauthenticated(ChengxinError):
    """Nobody is logged in, or the session has ended."""

    status = 401
    default_code = "unauthenticated"
    default_message = _("请先登录。")


class Forbidden(ChengxinError):
    """The actor is known and may not do this."""

    status = 403
    default_code = "forbidden"
    default_message = _("您没有进行此操作的权限。")


class Conflict(ChengxinError):
    """The state of things has moved on, or another one holds what was asked for."""

    status = 409
    default_code = "conflict"
    default_message = _("内容已发生变化，请刷新后重试。")


class TooLarge(ChengxinError):
    """More was sent than is taken in one request."""

    status = 413
    default_code = "body-too-large"
    default_message = _("提交的内容过大，请减小文件后重试。")


class Invalid(ChengxinError):
    """What was handed in cannot be taken; `.fields` says why, by field.

    Called as `Invalid(fields)`, `Invalid(message)` or `Invalid(message, fields=fields)`.
    """

    status = 422
    default_code = "invalid"
    default_message = _("填写的内容有误，请按提示修改。")

    def __init__(
        self,
        message: Text | Mapping[str, Iterable[Text]] | None = None,
        *,
        fields: Mapping[str, Iterable[Text]] | None = None,
        code: str | None = None,
    ) -> None:
        if isinstance(message, Mapping):
            if fields is not None:
                raise TypeError("Fields are given once.")
            message, fields = None, message
        super().__init__(message, code=code)
        self._fields = {name: list(texts) for name, texts in (fields or {}).items()}

    @property
    def fields(self) -> dict[str, list[str]]:
        """Messages by field, in the language of the moment."""
        return {name: [str(text) for text in texts] for name, texts in self._fields.items()}


class _Later(ChengxinError):
    """Shared by the two errors that say when to come back."""

    default_retry_after: ClassVar[int] = 1

    def __init__(self, message: Text | None = None, *, retry_after: int | None = None, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.retry_after = self.default_retry_after if retry_after is None else retry_after


class TooMany(_Later):
    """Too many requests or attempts; `.retry_after` in seconds."""

    status = 429
    default_code = "too-many"
    default_message = _("操作过于频繁，请稍后再试。")
    default_retry_after = 60


class Unavailable(_Later):
    """Something needed is not there yet or not reachable; `.retry_after` in seconds."""

    status = 503
    default_code = "unavailable"
    default_message = _("服务暂时不可用，请稍后重试。")
    default_retry_after = 1
