"""The error tree: statuses, codes and the ways it is raised."""

from __future__ import annotations

import pytest

from chengxin.common import errors

LEAVES = {
    errors.NotFound: (404, "not-found"),
    errors.Unauthenticated: (401, "unauthenticated"),
    errors.Forbidden: (403, "forbidden"),
    errors.Conflict: (409, "conflict"),
    errors.Invalid: (422, "invalid"),
    errors.TooMany: (429, "too-many"),
    errors.Unavailable: (503, "unavailable"),
}


@pytest.mark.parametrize("leaf", LEAVES)
def test_each_leaf_has_status_code_and_a_chinese_sentence(leaf: type[errors.ChengxinError]) -> None:
    error = leaf()
    assert (error.status, error.code) == LEAVES[leaf]
    assert error.message.endswith("。")
    assert isinstance(error, errors.ChengxinError)


def test_message_and_code_can_be_given() -> None:
    error = errors.Conflict("企业名称已被注册", code="name-taken")
    assert (error.message, str(error), error.code) == ("企业名称已被注册", "企业名称已被注册", "name-taken")


def test_invalid_takes_fields_alone_or_with_a_sentence() -> None:
    alone = errors.Invalid({"captcha": ["请填写验证码"]})
    both = errors.Invalid("未通过", fields={"captcha": ("请填写验证码",)})
    assert alone.fields == both.fields == {"captcha": ["请填写验证码"]}
    assert both.message == "未通过"
    assert errors.Invalid("未通过").fields == {}


def test_invalid_refuses_fields_twice() -> None:
    with pytest.raises(TypeError):
        errors.Invalid({"a": ["b"]}, fields={"a": ["b"]})


def test_later_errors_say_when() -> None:
    assert errors.TooMany(retry_after=7).retry_after == 7
    assert errors.Unavailable().retry_after == 1
    assert errors.Unavailable("生成中", retry_after=0, code="not-yet-logged").retry_after == 0


def test_the_tree_at_the_head_of_the_file_is_the_tree() -> None:
    drawn = errors.__doc__ or ""
    for leaf, (status, code) in LEAVES.items():
        line = next(line for line in drawn.splitlines() if f"── {leaf.__name__} " in line)
        assert str(status) in line and line.endswith(f" {code}")
