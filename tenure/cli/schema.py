"""`tenure schema`: the JSON Schema of tenure.yaml."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from tenure.cli.app import app
from tenure.cli.output import write_text


@app.command("schema", epilog="tenure schema\ntenure schema -o tenure.schema.json")
def schema(
    file: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write it to FILE.")] = None,
) -> None:
    """The JSON Schema of tenure.yaml, for editors."""
    from tenure.workspace.config import json_schema

    write_text(json.dumps(json_schema(), ensure_ascii=False, indent=2) + "\n", file)
