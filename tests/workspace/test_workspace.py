"""A workspace from the first run on: what it loads, what it answers, and what it says where it cannot."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

import tenure
from tenure.errors import DefinitionError, UsageError, WorkspaceHeld
from tenure.lifecycle.population import StageCount
from tenure.workspace import Workspace

from .conftest import LOG, STORE, Edit, Folder


def counts(
    workspace: Workspace, name: str | None = None, *, at: str | None = None
) -> dict[str | None, tuple[int, str]]:
    return {count.stage: (count.people, f"{count.money:f}") for count in workspace.stages(name, at=at) if count.people}


def stays(workspace: Workspace, **options: object) -> list[tuple[str, str, str | None]]:
    told = workspace.history("store", **options).to_pylist()  # type: ignore[arg-type]
    return [(row["customer_id"], row["stage"], row["previous"]) for row in told]


# --- in ---------------------------------------------------------------------------------------------------------------


def test_a_run_loads_and_works_out(folder: Folder):
    workspace = folder.open()
    reports, refreshed = workspace.run()
    assert [(report.read, report.loaded) for report in reports] == [(5, 5)]
    assert refreshed.rebuilt == ("#excluded", "store")
    assert counts(workspace) == {"at_risk": (1, "40.100000"), "buyer": (1, "7.250000"), "visitor": (1, "0.000000")}


def test_a_second_run_finds_nothing_to_do(shop: Workspace):
    reports, refreshed = shop.run()
    assert [(report.read, report.loaded) for report in reports] == [(0, 0)]
    assert (refreshed.rebuilt, refreshed.removed, refreshed.units) == ((), (), 0)


def test_a_second_workspace_of_the_same_folder_goes_on_where_the_first_ended(folder: Folder):
    with folder.open() as first:
        first.run()
        told = first.history()
    with folder.open() as second:
        assert second.history().equals(told)
        assert second.run()[1].units == 0


def test_what_is_new_is_loaded_and_only_those_are_refreshed(folder: Folder, shop: Workspace):
    folder.write("data/more.csv", "id,event,customer,time,amount,staff\n9,Order Completed,cleo,2024-02-11,5,\n")
    reports, refreshed = shop.run()
    assert reports[0].loaded == 1
    assert refreshed.units == 1
    assert shop.stages()[1] == StageCount(stage="buyer", people=2, money=Decimal("12.25"))


def test_events_wait_for_the_refresh(folder: Folder, shop: Workspace):
    folder.write("data/more.csv", "id,event,customer,time,amount,staff\n9,Order Completed,cleo,2024-02-11,5,\n")
    shop.load()
    assert (shop.pending, shop.stages()[1].people) == (1, 1)
    shop.refresh()
    assert (shop.pending, shop.stages()[1].people) == (0, 2)


def test_one_source_of_several_is_loaded(folder: Folder, edit: Edit):
    edit("sources:\n", "sources:\n  - {name: none, files: other/*.csv, event: X, customer: c, time: t}\n")
    workspace = folder.open()
    assert workspace.load(only=["log"])[0].loaded == 5
    with pytest.raises(UsageError, match=r"There is no source 'logs'\. Did you mean 'log'"):
        workspace.load(only=["logs"])


def test_rebuilding_changes_nothing(shop: Workspace):
    told = shop.history()
    assert shop.rebuild().rebuilt == ("#excluded", "store")
    assert shop.history().equals(told)


def test_rows_that_cannot_be_read_are_listed(folder: Folder):
    folder.write("data/log.csv", LOG + "6,Order Completed,eva,when,5,\n7,Order Completed,,2024-01-01,5,\n")
    workspace = folder.open()
    workspace.run()
    told = workspace.rejected().to_pylist()
    assert [(row["source"], row["file"], row["position"]) for row in told] == [
        ("log", "data/log.csv", n) for n in (7, 8)
    ]
    assert "eva" in told[0]["raw"]
    assert counts(workspace)["buyer"] == (1, "7.250000")


# --- moments ----------------------------------------------------------------------------------------------------------


def test_the_workspace_speaks_as_of_its_last_event(shop: Workspace, folder: Folder):
    assert shop.as_of == shop.refreshed_as_of == shop.last_event
    assert datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=shop.as_of) == datetime(
        2024, 2, 10, 12, tzinfo=UTC
    )
    assert shop.checkup().lonely is None


def test_a_last_event_that_stands_alone_is_told(folder: Folder):
    folder.write("data/log.csv", LOG + "6,Order Completed,eva,2099-01-01,5,\n")
    workspace = folder.open()
    workspace.run()
    alone = workspace.checkup().lonely
    assert alone is not None
    assert alone.days == (datetime(2099, 1, 1) - datetime(2024, 2, 10, 12)).days  # noqa: DTZ001


def test_a_fixed_day_is_its_last_microsecond(folder: Folder, edit: Edit):
    edit("as_of: last_event", "as_of: 2024-01-19\ntimezone: Europe/London")
    workspace = folder.open()
    workspace.run()
    assert counts(workspace) == {"buyer": (1, "40.100000")}
    assert stays(workspace) == [("ada", "visitor", None), ("ada", "buyer", "visitor"), ("ada", "at_risk", "buyer")]


def test_now_is_what_the_clock_says(folder: Folder, edit: Edit):
    edit("as_of: last_event\n", "")
    workspace = folder.open()
    workspace.run()
    assert counts(workspace) == {"at_risk": (2, "47.350000"), "visitor": (1, "0.000000")}
    assert [row["customer_id"] for row in workspace.history("store", scheduled=True).to_pylist()] == ["dan"]
    folder.now = datetime(2024, 3, 11, 12, tzinfo=UTC)
    # a command answers as of the last run
    assert counts(workspace)["at_risk"] == (2, "47.350000")
    assert workspace.refresh().units == 0
    assert stays(workspace, scheduled=True) == []


def test_a_clock_that_goes_back_computes_anew(folder: Folder, edit: Edit):
    edit("as_of: last_event\n", "")
    workspace = folder.open()
    workspace.run()
    folder.now = datetime(2024, 1, 3, tzinfo=UTC)
    assert workspace.refresh().rebuilt == ("#excluded", "store")
    assert counts(workspace) == {"buyer": (1, "40.100000")}


@pytest.mark.parametrize("at", ["yesterday", "2024-13-01", "2024-02-30T00:00", "", "2024"])
def test_a_moment_that_is_none_is_refused(shop: Workspace, at: str):
    with pytest.raises(UsageError, match="no date or time"):
        shop.stages(at=at)


# --- definitions ------------------------------------------------------------------------------------------------------


def test_every_problem_of_every_file_is_told_at_once(folder: Folder, edit: Edit):
    edit("name: Corner shop", "name: Corner shop\nsegments: {best: 'sum(ordr) > 5'}\nmoney: sum(order")
    folder.write("lifecycles/store.yaml", STORE.replace("count(visit)", "cnt(visit)"))
    with pytest.raises(DefinitionError) as raised:
        folder.open()
    assert {(problem.file, problem.line) for problem in raised.value.problems} == {
        ("lifecycles/store.yaml", 3),
        ("tenure.yaml", 2),
        ("tenure.yaml", 3),
    }


def test_a_folder_without_settings_is_no_workspace(tmp_path: Path):
    with pytest.raises(DefinitionError, match="There is no such file"):
        tenure.open(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_definition_that_changed_is_told_before_an_answer(folder: Folder):
    with folder.open() as workspace:
        workspace.run()
    folder.write("lifecycles/store.yaml", STORE.replace("days(30)", "days(10)"))
    workspace = folder.open()
    with pytest.raises(UsageError, match=r"definition of store has changed.*tenure plan"):
        workspace.stages()
    told = workspace.plan()
    assert (told.changed, told.new, told.removed) == (("store",), (), ())
    # dan is staff
    assert [(move.stage, move.to, move.people, move.money) for move in told.moves] == [
        ("buyer", "at_risk", 1, Decimal("7.25"))
    ]
    assert workspace.refresh().rebuilt == ("store",)
    assert workspace.plan().changes_nothing
    assert counts(workspace)["at_risk"] == (2, "47.350000")


def test_nothing_is_told_before_the_first_run(folder: Folder):
    workspace = folder.open()
    for ask in (workspace.stages, workspace.history, workspace.forecast, workspace.due, workspace.people):
        with pytest.raises(UsageError, match="tenure run"):
            ask()
    assert workspace.plan().new == ("store", "#excluded")
    assert workspace.refreshed_as_of is None


def test_names_that_are_not_there_get_a_hint(shop: Workspace):
    with pytest.raises(UsageError, match=r"no lifecycle or segment 'stor'\. Did you mean 'store'"):
        shop.history("stor")
    with pytest.raises(UsageError, match=r"'store' has no stage 'buyr'\. Did you mean 'buyer'"):
        shop.people(stage="buyr")
    with pytest.raises(UsageError, match="There is no customer 'ADA'"):
        shop.explain("ADA")
    with pytest.raises(UsageError, match="Nothing is known yet of customer 'bob'"):
        shop.explain("bob", at="2024-01-19")


def test_lifecycles_and_segments_are_called_by_their_names(folder: Folder, edit: Edit):
    edit("exclude:", "segments: {rich: sum(order) > 10}\nexclude:")
    folder.write("segments/new.yaml", "when: since_first(visit) < days(7)\ntitle: New here\n")
    workspace = folder.open()
    workspace.run()
    assert {one.name for one in workspace.definitions.lifecycles} == {"store", "rich", "new"}
    assert workspace.lifecycle().name == "store"
    assert counts(workspace, "rich") == {"rich": (1, "40.100000"), None: (2, "7.250000")}
    assert counts(workspace, "new") == {"new": (1, "0.000000"), None: (2, "47.350000")}
    assert sorted(set(workspace.history()["lifecycle"].to_pylist())) == ["new", "rich", "store"]


# --- money and people -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["store", "refunds", "rich"])
@pytest.mark.parametrize("money", ["sum(order)", "sum(event['Order Completed'])", "sum(order) * 2 - sum(order)"])
def test_money_means_the_same_in_every_lifecycle(folder: Folder, edit: Edit, name: str, money: str):
    """What a lifecycle calls an order does not change what the workspace counts as money."""
    edit("exclude: trait.staff == 'yes'", f'money: "{money}"\nsegments: {{rich: "count(visit) >= 1"}}')
    edit("lifecycles: [store]", "lifecycles: [store, refunds]")
    refunds = "lifecycle: refunds\nevents: {order: {event: Refund Made, value: revenue}}\nstages:\n"
    folder.write("lifecycles/refunds.yaml", refunds + "  - {back: {when: count(order) >= 1}}\n")
    folder.write("data/more.csv", "id,event,customer,time,amount,staff\n9,Refund Made,ada,2024-02-10,9,\n")
    workspace = folder.open()
    workspace.run()
    told = workspace.stages(name)
    assert sum(count.people for count in told) == 4
    assert sum((count.money for count in told), Decimal(0)) == Decimal("147.35")


def test_a_segment_may_name_an_event_in_full(folder: Folder, edit: Edit):
    edit(
        "exclude: trait.staff == 'yes'",
        "segments: {rich: \"sum(event['Order Completed']) > 10\"}\nexclude: last(event['Order Completed']) == 100",
    )
    workspace = folder.open()
    workspace.run()
    assert counts(workspace, "rich") == {"rich": (1, "40.100000"), None: (2, "7.250000")}
    assert workspace.excluded == 1


def test_somebody_may_be_left_out_from_now_on(folder: Folder):
    with folder.open() as workspace:
        workspace.run()
        assert workspace.excluded == 1
    text = (folder.path / "tenure.yaml").read_text(encoding="utf-8")
    folder.write("tenure.yaml", text.replace("trait.staff == 'yes'", "trait.staff == 'yes' or count(visit) >= 1"))
    workspace = folder.open()
    workspace.run()
    assert workspace.excluded == 3
    assert counts(workspace) == {"buyer": (1, "7.250000")}
    assert [row["customer_id"] for row in workspace.people().to_pylist()] == ["bob"]


def test_people_are_those_who_came_from_a_stage(shop: Workspace):
    assert shop.people(stage="at_risk", previous="buyer")["customer_id"].to_pylist() == ["ada"]
    assert shop.people(stage="at_risk", previous="visitor").num_rows == 0
    assert shop.people(stage="buyer", at="2024-01-10")["customer_id"].to_pylist() == ["ada"]


# --- shapes -----------------------------------------------------------------------------------------------------------


def test_answers_are_arrow_of_a_fixed_shape(shop: Workspace):
    moment = pa.timestamp("us", tz="UTC")
    assert shop.history().schema.equals(
        pa.schema(
            {"lifecycle": pa.string(), "customer_id": pa.string(), "stage": pa.string(), "previous": pa.string(),
             "entered_at": moment, "left_at": moment}
        )
    )  # fmt: skip
    assert shop.people().schema.names == ["customer_id", "stage", "previous", "entered_at", "left_at", "money"]
    assert shop.due().schema.names == ["customer_id", "stage", "to", "moves_at", "money"]
    assert shop.rejected().schema.names == ["source", "file", "position", "reason", "raw"]


def test_history_of_somebody_unknown_is_empty(shop: Workspace):
    told = shop.history(customer="nobody")
    assert (told.num_rows, told.schema) == (0, shop.history().schema)
    assert (shop.knows("ada"), shop.knows("nobody")) == (True, False)


def test_an_empty_log_has_empty_answers(folder: Folder):
    folder.write("data/log.csv", "id,event,customer,time,amount,staff\n")
    workspace = folder.open()
    workspace.run()
    assert workspace.history().num_rows == workspace.people().num_rows == workspace.due().num_rows == 0
    assert counts(workspace) == {}
    assert workspace.forecast() == ()
    assert workspace.last_event is None


# --- one process ------------------------------------------------------------------------------------------------------


def test_another_process_is_told_who_holds_the_workspace(folder: Folder):
    program = (
        "import sys, tenure\n"
        "with tenure.open(sys.argv[1]) as workspace:\n"
        "    print('open', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program, str(folder.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        cwd=Path(tenure.__file__).parents[1],
    )  # fmt: skip
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(WorkspaceHeld, match=str(holder.pid)):
            folder.open()
    finally:
        holder.communicate(timeout=20)
    folder.open().run()


def test_the_store_is_given_free_at_the_end(folder: Folder):
    with pytest.raises(ZeroDivisionError), folder.open():
        1 / 0  # noqa: B018
    folder.open().run()
