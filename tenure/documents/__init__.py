"""Definition files: YAML read with places, checked against pydantic models, every problem named with line and column.

    document = read(folder / "tenure.yaml")
    config = validate(WorkspaceConfig, document)      # raises DefinitionError with all problems at once

A document's data are plain values: mappings, lists, text, whole numbers, exact decimals, true and false, nothing.
"""

from __future__ import annotations

from tenure.documents.checking import DefinitionModel, Texts, problem_at, problems_of, validate
from tenure.documents.conditions import condition_problem
from tenure.documents.document import Data, Document, Path
from tenure.documents.reading import MAX_BYTES, parse, read
from tenure.documents.wording import did_you_mean, listing

__all__ = [
    "MAX_BYTES",
    "Data",
    "DefinitionModel",
    "Document",
    "Path",
    "Texts",
    "condition_problem",
    "did_you_mean",
    "listing",
    "parse",
    "problem_at",
    "problems_of",
    "read",
    "validate",
]
