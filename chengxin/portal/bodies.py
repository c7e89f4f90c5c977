"""Texts of content: typed as Markdown, in which pasted HTML is welcome too, kept as HTML that is safe to show (PUB-08).

What is not on the short list of tags and attributes is taken out when a version is saved, and a script goes with all it
says. Nothing else may put HTML into a page of content.
"""

from __future__ import annotations

import html
import re

import nh3
from markdown_it import MarkdownIt

TAGS = {
    *("p", "br", "hr", "h2", "h3", "h4", "strong", "em", "del", "sub", "sup", "code", "pre", "blockquote"),
    *("ul", "ol", "li", "dl", "dt", "dd", "a", "table", "thead", "tbody", "tr", "th", "td", "caption"),
}
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}, "th": {"colspan", "rowspan", "scope"}, "td": {"colspan", "rowspan"}}
SCHEMES = {"https", "http", "mailto", "tel"}
HIGHEST_HEADING, LOWEST_HEADING = 2, 4
EXCERPT_CHARS = 120

_markdown = MarkdownIt("commonmark", {"html": True, "breaks": True}).enable(["table", "strikethrough"])


def rendered(body: str) -> str:
    """The clean HTML of a typed text; `#` is a heading below the page's own."""
    tokens = _markdown.parse(body)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(max(int(token.tag[1]), HIGHEST_HEADING), LOWEST_HEADING)}"
    return cleaned(_markdown.renderer.render(tokens, _markdown.options, {}))


def cleaned(text: str) -> str:
    """`text` with the tags and attributes of the list above and no others."""
    return nh3.clean(text, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel="noopener noreferrer")


def plain(safe: str) -> str:
    """The words of a clean text without its tags, for searching and summaries."""
    spaced = re.sub(r"</(?:p|h[2-4]|li|tr|td|th|dd|dt|blockquote)>|<br>", " ", safe)
    return re.sub(r"\s+", " ", html.unescape(nh3.clean(spaced, tags=set()))).strip()


def excerpt(words: str) -> str:
    """The beginning of a text for a list."""
    return words if len(words) <= EXCERPT_CHARS else f"{words[: EXCERPT_CHARS - 1]}…"
