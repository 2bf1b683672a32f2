from __future__ import annotations

import subprocess
import sys

from tenure.cli.reference import page
from tests.cli.conftest import ROOT

PAGE = ROOT / "docs" / "reference" / "cli.md"


def test_the_reference_is_current() -> None:
    assert page() == PAGE.read_text(encoding="utf-8"), "run `python -m tenure.cli.reference docs/reference/cli.md`"


def test_help_needs_nothing_heavy() -> None:
    """The engine, the models and the parsers take a second to import; `--help` needs none of them."""
    script = (
        "import sys\n"
        "from tenure.cli.commands import app\n"
        "heavy = {'duckdb', 'numpy', 'pyarrow', 'pydantic', 'sqlglot', 'ruamel.yaml', 'rich'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT, timeout=60)
