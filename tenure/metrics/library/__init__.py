"""The metrics that come with Tenure, one YAML file a phase."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from tenure.documents import Document, parse, validate
from tenure.metrics.definition import MetricsSpec

# the order of the journey
_PHASES = (
    "reach", "acquisition", "activation", "conversion", "retention", "expansion", "loyalty", "advocacy", "service",
    "risk", "gone",
)  # fmt: skip


@cache
def specs() -> tuple[tuple[MetricsSpec, Document], ...]:
    """The library's files in the order of the phases, as written and as read."""
    documents = []
    for phase in _PHASES:
        text = files(__name__).joinpath(f"{phase}.yaml").read_text(encoding="utf-8")
        documents.append(parse(text, file=f"library/{phase}.yaml"))
    return tuple((validate(MetricsSpec, document), document) for document in documents)
