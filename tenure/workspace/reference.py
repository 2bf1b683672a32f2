"""The reference of a workspace's files, written from their models: `python -m tenure.workspace.reference FILE`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from tenure.engage.consent import ConsentTrait
from tenure.events import EventSpec
from tenure.ingest.source import Source
from tenure.lifecycle.definition import LifecycleSpec, StageSpec
from tenure.metrics.costs import CostsSpec
from tenure.metrics.targets import BenchmarkSpec, LimitsSpec, TargetSpec, TargetsSpec
from tenure.warehouse.identity.written import IdentitySpec
from tenure.workspace.config import SegmentSpec, WorkspaceConfig
from tenure.workspace.export_spec import ExportSpec

HEAD = """\
# Workspace files

This page is written by `python -m tenure.workspace.reference`; do not edit it.

A workspace is a folder with these files. All but `tenure.yaml` are optional.

| | |
|---|---|
| `tenure.yaml` | The workspace: its settings, sources, segments, and which lifecycles are worked out. |
| `lifecycles/*.yaml` | Lifecycles, one a file. `lifecycles:` lists the files that are worked out. |
| `metrics/*.yaml` | Metrics of your own: see [how to add a metric](../how-to/add-a-metric.md). |
| `targets.yaml`, `targets/*.yaml` | What metrics are to reach: see [how to set targets](../how-to/set-targets.md). |
| `segments/*.yaml` | Further segments, one a file and named like it: a condition as `when:`, `title`, `means`. |
| `.tenure/store.duckdb` | The event store, made by the first command that needs it: see [the store](store.md). |

The files are YAML 1.2: `yes`, `no`, `on` and `off` are texts. A key that stands twice is an error. Between braces, a
condition with a comma in it stands in quotes. Whatever is wrong in any of the files is reported at once, with file,
line and column. Paths are taken from the workspace's folder.

`tenure schema` prints the JSON Schema of `tenure.yaml`, with which editors complete and check it.
"""

SECTIONS: tuple[tuple[str, str, type[BaseModel]], ...] = (
    ("tenure.yaml", "", WorkspaceConfig),
    (
        "Sources",
        """\
The entries of `sources:`. SQL expressions stand over the columns of the file, in DuckDB's SQL; with `group` those of
`properties` and `traits` may be aggregates. A column is named as it stands in the file. [Sources](sources.md) tells
more of each.""",
        Source,
    ),
    (
        "Exports",
        """\
The entries of `exports:`. [Export to a warehouse](../how-to/export-to-a-warehouse.md) tells what each table holds.""",
        ExportSpec,
    ),
    (
        "Segments",
        """\
The values of `segments:`: a condition, or a mapping of these keys. A segment has a history like a lifecycle of one
stage.""",
        SegmentSpec,
    ),
    (
        "Identity",
        """\
What stands under `identity:`. [How to bring identities together](../how-to/bring-identities-together.md) tells what
the rules do.""",
        IdentitySpec,
    ),
    (
        "Consent",
        """\
The values of `consent:`, by the names of traits. [How to handle privacy
requests](../how-to/handle-privacy-requests.md) tells what follows from them.""",
        ConsentTrait,
    ),
    (
        "Costs",
        """\
What stands under `costs:`. [How to find who is worth saving](../how-to/find-who-is-worth-saving.md) uses it.""",
        CostsSpec,
    ),
    (
        "Events",
        """\
The values of `events:`, in `tenure.yaml` or in a lifecycle file: the name of an event, a list of names, or a mapping of
these keys. Those of [the event dictionary](events.md) are there without being written.""",
        EventSpec,
    ),
    ("Lifecycle files", "", LifecycleSpec),
    (
        "Stages",
        """\
The entries of `stages:`, each `- name: {key: value}` with these keys. The conditions are in
[the language of conditions](conditions.md).""",
        StageSpec,
    ),
    (
        "Targets",
        """\
The keys of `targets.yaml`, and of files in `targets/`.""",
        TargetsSpec,
    ),
    (
        "Entries of targets",
        """\
The entries of `targets:`, each with `value`, `min`, `max` or `seasonal`. One value is the least where more of the
metric is better, the most where less is; a metric of which neither is better takes `min`, `max` or both.""",
        TargetSpec,
    ),
    ("Limits of a month", "The values of `seasonal`: a number, which is its `value`, or a mapping.", LimitsSpec),
    ("Benchmarks", "", BenchmarkSpec),
)
_LINKED = {
    "Source": "[sources](#sources)",
    "ExportSpec": "[exports](#exports)",
    "SegmentSpec": "[segment](#segments)",
    "ConsentTrait": "[consent](#consent)",
    "CostsSpec": "[costs](#costs)",
    "IdentitySpec": "[identity](#identity)",
    "EventSpec": "[event](#events)",
    "StageSpec": "[stage](#stages)",
    "TargetSpec": "[target](#entries-of-targets)",
    "LimitsSpec": "[limits](#limits-of-a-month)",
    "BenchmarkSpec": "[benchmark](#benchmarks)",
}
_TEXTS = "text, or a list of texts"
_PLURAL = {
    "text": "texts",
    "mapping of names to [stage](#stages)": "[stages](#stages)",
    "[target](#entries-of-targets)": "[targets](#entries-of-targets)",
}
# lists that may be written as one text
_SINGLE = frozenset({"files", "folders"})


def page() -> str:
    """The page, in Markdown."""
    return "\n".join([HEAD, *(line for title, under, model in SECTIONS for line in _section(title, under, model))])


def _section(title: str, under: str, model: type[BaseModel]) -> Iterator[str]:
    yield f"## {title}\n"
    if under:
        yield f"{under}\n"
    yield "| key | what stands there | |"
    yield "|---|---|---|"
    schema = model.model_json_schema()
    mapping = _mapping_of(schema, model.__name__)
    required = mapping.get("required", ())
    for name, told in mapping["properties"].items():
        form = _TEXTS if name in _SINGLE else _form(told)
        shown = f"**{form}**" if name in required else form
        yield f"| `{name}` | {shown} | {_cell(_meaning(told))} |"
    if required:
        yield "\nKeys whose form stands in bold have to be there."
    yield ""


def _mapping_of(schema: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The schema of the mapping, where a value may also be written shorter."""
    whole = schema.get("$defs", {}).get(name, schema) if "properties" not in schema else schema
    if "properties" in whole:
        return whole
    return next(one for one in whole["anyOf"] if "properties" in one)


def _form(told: Mapping[str, Any]) -> str:
    """What may stand at a key, in words."""
    if "$ref" in told:
        return _LINKED[told["$ref"].rsplit("/", 1)[-1]]
    if "enum" in told:
        return " · ".join(f"`{one}`" for one in told["enum"])
    if "anyOf" in told:
        forms = list(dict.fromkeys(_form(one) for one in told["anyOf"] if one.get("type") != "null"))
        return _TEXTS if forms == ["text", "list of texts"] else " or ".join(forms)
    match told.get("type"):
        case "array":
            items = _form(told.get("items", {}))
            return f"list of {_PLURAL.get(items, items)}"
        case "object":
            values = told.get("additionalProperties")
            inner = _form(values) if isinstance(values, Mapping) else "text"
            return f"mapping of names to {_PLURAL.get(inner, inner)}"
        case "boolean":
            return "`true` · `false`"
        case "number" | "integer":
            return "number"
        case _:
            return "text"


def _meaning(told: Mapping[str, Any]) -> str:
    text = str(told.get("description", ""))
    default = told.get("default")
    if default in (None, "", [], {}, False) or "efault" in text:
        return text
    return f"{text} Default: `{default}`."


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(page(), encoding="utf-8")
    else:
        sys.stdout.write(page())
