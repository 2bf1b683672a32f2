"""Every stage of the library is reached by a fair share of the people of a simulated company that it fits."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.compute as pc
import pytest

import tenure
from tenure.events import bindings
from tenure.lifecycle import library
from tenure.lifecycle.library import addons
from tenure.lifecycle.rhythm import with_windows
from tenure.simulate import simulate
from tenure.warehouse.duckdb import Store
from tenure.workspace.windows import fitted_rhythm, store_of

PEOPLE = 2_000
LEAST, MOST = 0.01, 0.9
COMPANIES = {
    "shop": "shop", "service": "shop", "donations": "shop", "subscription": "subscription", "app": "subscription",
    "b2b": "b2b",
}  # fmt: skip


def companies(name: str) -> set[str]:
    """The flavours of the company that a lifecycle fits."""
    return {COMPANIES[trade] for trade in library.lifecycle(name).trades}


@cache
def shares(flavour: str) -> dict[tuple[str, str], float]:
    """The part of a company's people who were ever in a stage, by lifecycle and stage, with windows fitted to it."""
    names = [name for name in library.names() if flavour in companies(name)]
    with TemporaryDirectory() as place:
        folder = simulate(flavour, seed=1, people=PEOPLE).write(Path(place) / flavour)
        config = folder / "tenure.yaml"
        text = config.read_text(encoding="utf-8")
        config.write_text(text.replace("lifecycles: [classic]", f"lifecycles: [{', '.join(names)}]"), encoding="utf-8")
        with tenure.open(folder) as ws:
            ws.load()
            purchase = bindings(ws.definitions.config.bindings)["purchase"]
            as_of, zone = ws.as_of, ws.zone.key
        with Store.open(store_of(folder)) as store:
            rhythm = fitted_rhythm(store, purchase, as_of=as_of, timezone=zone)
        assert rhythm.fitted
        (folder / "lifecycles").mkdir()
        for name in names:
            written = addons.with_stages(library.document(name).text, addons.names())
            (folder / "lifecycles" / f"{name}.yaml").write_text(with_windows(written, rhythm), encoding="utf-8")
        with tenure.open(folder) as ws:
            ws.refresh()
            people = ws.checkup().units["customer"]
            found = {}
            for name in names:
                rows = ws.history(name)
                rows = rows.filter(pc.less_equal(rows["entered_at"].cast("int64"), as_of))
                once = rows.select(["stage", "customer_id"]).group_by(["stage", "customer_id"]).aggregate([])
                for stage, count in zip(*once.group_by("stage").aggregate([([], "count_all")]).columns, strict=True):
                    found[name, stage.as_py()] = count.as_py() / people
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", library.names())
def test_every_stage_is_reached_by_a_fair_share_of_a_company_that_it_fits(name: str) -> None:
    for stage in library.lifecycle(name).stages:
        if stage.name in addons.names():
            continue
        told = {flavour: shares(flavour).get((name, stage.name), 0.0) for flavour in companies(name)}
        assert any(LEAST <= share <= MOST for share in told.values()), (stage.name, told)


@pytest.mark.slow
@pytest.mark.parametrize("stage", addons.names())
def test_every_add_on_stage_is_reached_by_a_fair_share(stage: str) -> None:
    told = {
        (flavour, name): share
        for flavour in sorted(set(COMPANIES.values()))
        for (name, found), share in shares(flavour).items()
        if found == stage
    }
    assert any(LEAST <= share <= MOST for share in told.values()), told
