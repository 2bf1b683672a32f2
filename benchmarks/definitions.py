"""The lifecycles that are measured: `simple`, `hard`, and ten variants of `simple`."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

from ruamel.yaml import YAML

FOLDER = Path(__file__).parent / "lifecycles"


def text(name: str) -> str:
    """The definition `name` as it is checked in."""
    return (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")


def stages(name: str) -> tuple[str, ...]:
    """The stages of `name` in the order of its list."""
    return tuple(next(iter(stage)) for stage in YAML(typ="safe").load(text(name))["stages"])


def ten() -> Mapping[str, str]:
    """Ten lifecycles by name: `simple` with other thresholds and windows, no two the same."""
    return {f"simple_{number:02}": _variant(number) for number in range(10)}


def _variant(number: int) -> str:
    definition = YAML(typ="safe").load(text("simple"))
    definition["lifecycle"] = f"simple_{number:02}"
    risk, lapse, window = 45 + 9 * number, 120 + 15 * number, 240 + 25 * number
    when = {
        "retention": f"count(order) >= {2 + number % 3}",
        "loyalty": f"count(order, within=days({window})) >= {4 + number % 4} or last(nps) >= {8 + number % 2}",
        "at_risk": f"since(order) >= days({risk})",
        "lapsed": f"since(order) >= days({lapse})",
    }
    for stage in definition["stages"]:
        ((name, fields),) = stage.items()
        fields["when"] = when.get(name, fields["when"])
    written = io.StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.width = 1_000
    yaml.dump(definition, written)
    return written.getvalue()
