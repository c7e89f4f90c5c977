"""The English of every Chinese text: collect, compare and compile, in Python alone.

`python -m chengxin.web.words` compiles `locale/en`; with `missing` it lists the texts that have no English,
with `update` it also writes them into the .po with an empty translation.
"""

from __future__ import annotations

import ast
import re
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
PO = ROOT / "locale" / "en" / "LC_MESSAGES" / "django.po"
CALLS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"}
IN_TEMPLATES = re.compile(r"""\b(n?gettext|_)\(u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")(?:,\s*u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))?""")
FOREIGN = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
HEADER = (
    "Project-Id-Version: chengxin\n"
    "Language: en\n"
    "MIME-Version: 1.0\n"
    "Content-Type: text/plain; charset=UTF-8\n"
    "Content-Transfer-Encoding: 8bit\n"
    "Plural-Forms: nplurals=2; plural=(n != 1);\n"
)
Messages = dict[tuple[str, str], list[str]]  # (text, its plural or "") -> English, one or two forms


def in_python(source: str) -> Iterator[tuple[str, str]]:
    """Texts in calls of gettext and its kin."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or getattr(node.func, "id", getattr(node.func, "attr", "")) not in CALLS:
            continue
        texts = [item.value for item in node.args if isinstance(item, ast.Constant) and isinstance(item.value, str)]
        if texts:
            yield texts[0], texts[1] if len(texts) > 1 else ""


def in_template(source: str) -> Iterator[tuple[str, str]]:
    """Texts in translate and blocktranslate."""
    for found in IN_TEMPLATES.finditer(templatize(source)):
        yield ast.literal_eval(found[2]), ast.literal_eval(found[3]) if found[3] else ""


def used() -> dict[tuple[str, str], str]:
    """Every Chinese text of the program and the first file that holds it."""
    found: dict[tuple[str, str], str] = {}
    for file in sorted([*ROOT.rglob("*.py"), *ROOT.rglob("templates/**/*.html"), *ROOT.rglob("templates/**/*.txt")]):
        if "tests" in file.relative_to(ROOT).parts:
            continue
        source = file.read_text(encoding="utf-8")
        for key in in_python(source) if file.suffix == ".py" else in_template(source):
            if FOREIGN.search(key[0]):
                found.setdefault(key, str(file.relative_to(ROOT.parent)))
    return found


def read(path: Path = PO) -> Messages:
    """The entries of a .po file."""
    messages: Messages = {}
    parts: dict[str, str] = {}
    key = ""
    for line in [*path.read_text(encoding="utf-8").splitlines(), ""]:
        head = re.match(r'(msgid_plural|msgid|msgstr(?:\[\d\])?) (".*")$', line)
        if (head and head[1] == "msgid") or not line.strip():
            _keep(messages, parts)
            parts = {}
        if head:
            key = head[1]
            parts[key] = ast.literal_eval(head[2])
        elif line.startswith('"'):
            parts[key] += ast.literal_eval(line)
    return messages


def _keep(messages: Messages, parts: dict[str, str]) -> None:
    if parts.get("msgid"):
        forms = [parts[name] for name in ("msgstr", "msgstr[0]", "msgstr[1]") if name in parts]
        messages[(parts["msgid"], parts.get("msgid_plural", ""))] = forms


def write(messages: Messages, places: dict[tuple[str, str], str], path: Path = PO) -> None:
    """Write a .po file, sorted by the first place and the text."""
    blocks = [f'msgid ""\nmsgstr ""\n{"".join(_quoted(line) + chr(10) for line in HEADER.splitlines(True))}']
    for key in sorted(messages, key=lambda key: (places.get(key, "~"), key)):
        text, plural = key
        lines = [f"#: {places[key]}"] if key in places else []
        lines.append(f"msgid {_quoted(text)}")
        forms = messages[key] or [""]
        if plural:
            lines.append(f"msgid_plural {_quoted(plural)}")
            lines += [f"msgstr[{at}] {_quoted(form)}" for at, form in enumerate((forms * 2)[:2])]
        else:
            lines.append(f"msgstr {_quoted(forms[0])}")
        blocks.append("\n".join(lines) + "\n")
    path.write_text("\n".join(blocks), encoding="utf-8")


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'


def compiled(messages: Messages) -> bytes:
    """The .mo file of some messages; those without English are left out."""
    pairs = {"": HEADER}
    for (text, plural), forms in messages.items():
        if forms and all(forms):
            pairs[f"{text}\0{plural}" if plural else text] = "\0".join(forms)
    items = sorted((key.encode(), value.encode()) for key, value in pairs.items())
    count = len(items)
    at = 28 + 16 * count
    keys, values, data = b"", b"", b""
    for key, _value in items:
        keys += struct.pack("<II", len(key), at + len(data))
        data += key + b"\0"
    for _key, value in items:
        values += struct.pack("<II", len(value), at + len(data))
        data += value + b"\0"
    return struct.pack("<7I", 0x950412DE, 0, count, 28, 28 + 8 * count, 0, 0) + keys + values + data


def missing() -> list[tuple[str, str]]:
    """Texts of the program without English, as (place, text)."""
    known = read()
    return sorted((place, key[0]) for key, place in used().items() if not all(known.get(key) or [""]))


def main(words: list[str]) -> int:
    """Compile; `update` adds new texts first, `missing` only lists."""
    if words == ["missing"]:
        gaps = missing()
        sys.stdout.writelines(f"{place}: {text}\n" for place, text in gaps)
        return 1 if gaps else 0
    if words == ["update"]:
        places, known = used(), read()
        write({key: known.get(key, [""]) for key in places}, places)
    PO.with_suffix(".mo").write_bytes(compiled(read()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
