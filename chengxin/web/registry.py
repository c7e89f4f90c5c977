"""What a component is: a function with named parameters, a template partial and examples.

The style guide and the accessibility test read this table, so a component that is not here does not exist.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe


@dataclass(frozen=True)
class Parameter:
    """One named parameter as the style guide shows it."""

    name: str
    type: str
    required: bool
    default: str


@dataclass(frozen=True)
class Component:
    """One entry of the design system."""

    name: str
    title: str
    text: str
    block: bool
    function: Callable[..., SafeString]
    parameters: tuple[Parameter, ...]

    @property
    def example(self) -> str:
        """Template with the live examples of this component."""
        return f"components/examples/{self.name}.html"


REGISTRY: dict[str, Component] = {}


def _parameters(function: Callable[..., SafeString]) -> tuple[Parameter, ...]:
    signature = inspect.signature(function)
    return tuple(
        Parameter(
            name=item.name,
            type=str(item.annotation),
            required=item.default is inspect.Parameter.empty,
            default="" if item.default is inspect.Parameter.empty else repr(item.default),
        )
        for item in signature.parameters.values()
        if item.name != "content"
    )


def component(*, title: str) -> Callable[[Callable[..., SafeString]], Callable[..., SafeString]]:
    """Register a function as a component; a first parameter `content` makes it a block tag."""

    def keep(function: Callable[..., SafeString]) -> Callable[..., SafeString]:
        parameters = inspect.signature(function).parameters
        REGISTRY[function.__name__] = Component(
            name=function.__name__,
            title=title,
            text=inspect.getdoc(function) or "",
            block="content" in parameters,
            function=function,
            parameters=_parameters(function),
        )
        return function

    return keep


def render(name: str, /, **values: Any) -> SafeString:
    """Render the partial of a component; values are escaped by the template."""
    return mark_safe(render_to_string(f"components/{name}.html", values))
