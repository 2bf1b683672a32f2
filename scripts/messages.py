"""`python scripts/messages.py`: the catalogues of the web application's texts, brought up to date.

Texts are gathered from templates and code where GNU gettext is installed (`makemessages` asks for it); what is
translated is then compiled, which takes Python alone. The compiled files are kept with the others, so that nothing of
this is needed to install or run Tenure.
"""

from __future__ import annotations

import ast
import os
import shutil
import struct
import sys
import tempfile
from pathlib import Path
from typing import ClassVar

SERVER = Path(__file__).parent.parent / "tenure" / "server"
LOCALES = SERVER / "locale"
_MAGIC = 0x950412DE


def main(languages: list[str]) -> None:
    """Gathers the texts, for the languages there are and those named, and compiles every catalogue."""
    known = sorted(path.name for path in LOCALES.iterdir() if path.is_dir()) if LOCALES.is_dir() else []
    if shutil.which("xgettext"):
        _gather(sorted({*known, *languages}))
    else:
        print("GNU gettext is not installed: texts are not gathered anew, only compiled.")
    for source in sorted(LOCALES.glob("*/LC_MESSAGES/django.po")):
        catalogue = read(source)
        source.with_suffix(".mo").write_bytes(compiled(catalogue))
        left = sum(not all(told) for _, told in catalogue)
        print(f"{source.parent.parent.name}: {len(catalogue):,} texts, {left:,} not translated")


def read(path: Path) -> list[tuple[str, tuple[str, ...]]]:
    """The texts of a catalogue with what they are in its language, one for each plural; doubtful ones are empty.

    A text that depends on a context has it before itself, divided by U+0004, its plural behind, divided by U+0000.
    """
    found: list[tuple[str, tuple[str, ...]]] = []
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        parts: dict[str, str] = {}
        key, flags = "", ""
        for line in block.splitlines():
            if line.startswith("#,"):
                flags += line
            elif line.startswith("msg"):
                key, _, text = line.partition(" ")
                parts[key] = ast.literal_eval(text)
            elif line.startswith('"'):
                parts[key] += ast.literal_eval(line)
        if "msgid" not in parts:
            continue
        doubtful = "fuzzy" in flags and parts["msgid"]
        told = tuple("" if doubtful else text for name, text in parts.items() if name.startswith("msgstr"))
        name = parts["msgid"] + ("\0" + parts["msgid_plural"] if "msgid_plural" in parts else "")
        found.append((parts["msgctxt"] + "\4" + name if "msgctxt" in parts else name, told))
    return found


def compiled(catalogue: list[tuple[str, tuple[str, ...]]]) -> bytes:
    """The catalogue as the file that gettext reads; texts that are not translated are left out."""
    pairs = sorted((name.encode(), "\0".join(told).encode()) for name, told in catalogue if all(told))
    head = 28 + 16 * len(pairs)
    tables = [b"", b""]
    body = b""
    for side in (0, 1):
        for pair in pairs:
            tables[side] += struct.pack("<II", len(pair[side]), head + len(body))
            body += pair[side] + b"\0"
    return struct.pack("<7I", _MAGIC, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, head) + b"".join(tables) + body


def _gather(languages: list[str]) -> None:
    with tempfile.TemporaryDirectory() as workspace:
        (Path(workspace) / ".tenure").mkdir()
        os.environ |= {"TENURE_WORKSPACE": workspace, "DJANGO_SETTINGS_MODULE": "tenure.server.settings"}
        sys.path.insert(0, str(SERVER.parent.parent))
        import django
        from django.core.management import call_command
        from django.core.management.commands.makemessages import Command

        class Gather(Command):  # type: ignore[misc]
            """The command, without guesses from what reads alike."""

            msgmerge_options: ClassVar[list[str]] = [*Command.msgmerge_options, "--no-fuzzy-matching"]

        django.setup()
        LOCALES.mkdir(exist_ok=True)
        os.chdir(SERVER)
        # charts stand outside of the application, where their texts are not looked for
        beside = SERVER / "charts_texts.py"
        beside.write_text("".join(f"_({text!r})\n" for text in chart_texts()), encoding="utf-8")
        try:
            call_command(Gather(), locale=languages, no_wrap=True, no_obsolete=True, no_location=True, verbosity=0)
        finally:
            beside.unlink()


def chart_texts() -> list[str]:
    """What charts say themselves: the texts in `say("…")`, also of constants of their files."""
    found: set[str] = set()
    for path in sorted((SERVER.parent / "charts").glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        held = {}
        for one in tree.body:
            if isinstance(one, ast.Assign):
                names, values = (
                    side.elts if isinstance(side, ast.Tuple) else [side] for side in (one.targets[0], one.value)
                )
                held |= {
                    name.id: value for name, value in zip(names, values, strict=False) if isinstance(name, ast.Name)
                }
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "say":
                value = held.get(call.args[0].id) if isinstance(call.args[0], ast.Name) else call.args[0]
                if isinstance(value, ast.Constant):
                    found.add(value.value)
    return sorted(found)


if __name__ == "__main__":
    main(sys.argv[1:])
