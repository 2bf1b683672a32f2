"""The query that `tenure sql` prints is the one whose rows are stored; Spark reads it, and says the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from hypothesis import HealthCheck, Phase, given, seed, settings

from tenure.errors import UsageError
from tenure.lifecycle.printed import lifecycle_sql
from tenure.lifecycle.refresh import applied
from tenure.warehouse.connection import Connection

from ..oracle.strategies import Case, cases
from ..oracle.twelve_customers import twelve_customers
from . import shop
from .harness import Engine, Engines, defined

PARTS = 2
EACH = 10
SPARK_CASES = 60

quiet = settings(deadline=None, database=None, print_blob=True, suppress_health_check=list(HealthCheck))

Rows = list[tuple[Any, ...]]


def stored(connection: Connection, name: str) -> Rows:
    code = applied(connection)[name].code
    return sorted(connection.execute(f"SELECT * FROM stage_codes WHERE lifecycle = {code}").fetchall(), key=str)


@pytest.mark.parametrize("part", range(PARTS))
def test_the_printed_query_gives_the_stored_history(part: int):
    engines = Engines()

    @seed(part)
    @settings(quiet, max_examples=EACH, phases=[Phase.generate])
    @given(cases())
    def check(case: Case) -> None:
        engine = engines.next()
        engine.arrive(case.events)
        lifecycles = defined(case.definitions)
        before = [lifecycle_sql(engine.connection, lifecycles, one.name) for one in lifecycles]
        engine.refresh(lifecycles, as_of=case.as_of)
        for one in lifecycles:
            text = lifecycle_sql(engine.connection, lifecycles, one.name)
            assert sorted(engine.connection.execute(text).fetchall(), key=str) == stored(engine.connection, one.name)
            readable(text, "duckdb")
            readable(lifecycle_sql(engine.connection, lifecycles, one.name, engine="spark"), "spark")
        if not any(event.time > case.as_of or event.name == "Stage Set" for event in case.events):
            # kinds, lifecycles and stages have the numbers that they get
            assert before == [lifecycle_sql(engine.connection, lifecycles, one.name) for one in lifecycles]

    check()


def readable(text: str, engine: str) -> None:
    """The engine's grammar takes the query; every step stands below a comment of its own, on lines of fair length."""
    tree = sqlglot.parse_one(text, read=engine)
    lines = text.splitlines()
    for step in tree.ctes:
        (head,) = [place for place, line in enumerate(lines) if line == f"{step.alias} AS ("]
        assert lines[head - 1].startswith("-- ")
        assert lines[head - 2] in ("WITH", "),")
    # comments are cut from names, the rest is formatted
    assert max(len(line) for line in lines if not line.startswith("--")) <= 240


def test_the_workspace_prints_what_it_has_run(tmp_path: Path):
    with shop.opened(shop.make(tmp_path / "shop", shop.lines())) as workspace:
        first = workspace.sql("gentle")
        assert "count(order) >= 1" not in first and "1: " in first
        workspace.run()
        for name in ("classic", "gentle", "best"):
            connection = workspace._store.connection()
            told = sorted(connection.execute(workspace.sql(name)).fetchall(), key=str)
            assert told == stored(connection, name)
        with pytest.raises(UsageError, match="no engine 'oracle'"):
            workspace.sql("classic", engine="oracle")


def test_a_comment_ends_where_it_should():
    """A name with a line break in it does not become a line of the query, nor does a text that looks like a step."""
    nasty = "x\n; DROP TABLE events; --\\"
    lifecycle = {
        "lifecycle": "store",
        "title": "Our\nstore\\",
        "events": {"order": {"event": [nasty], "value": "masks AS (\n"}, "view": [nasty, "Other"]},
        "stages": [
            {"masks AS (\n": {"when": "last(order) == 'masks AS ('"}},
            {"a\n-- b": {"when": "since(view) < days(1)"}},
        ],
    }  # fmt: skip
    lifecycles = defined([lifecycle])
    with Engine() as engine:
        for engine_name in ("duckdb", "spark"):
            text = lifecycle_sql(engine.connection, lifecycles, "store", engine=engine_name)
            readable(text, engine_name)
            assert "\n; DROP" not in text
            assert "\\\n" not in text
        engine.refresh(lifecycles, as_of=0)
        assert engine.connection.execute(lifecycle_sql(engine.connection, lifecycles, "store")).fetchall() == []


# --- Spark -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    pyspark = pytest.importorskip("pyspark.sql", reason="pyspark is not installed (pip install 'tenure[spark]')")
    folder = tmp_path_factory.mktemp("spark")
    session = (
        pyspark.SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.warehouse.dir", str(folder / "warehouse"))
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


def on_spark(spark: Any, connection: Connection, folder: Path, text: str) -> Rows:
    """The rows that Spark gives to a query over the store's tables, brought to it as Parquet."""
    for table in ("measures", "first_measures", "units", "stage_codes"):
        path = folder / f"{table}.parquet"
        connection.execute(f"COPY {table} TO '{path}' (FORMAT parquet)")
        spark.read.parquet(str(path)).createOrReplaceTempView(table)
    try:
        return sorted((tuple(row) for row in spark.sql(text).collect()), key=str)
    except Exception as error:
        # Spark shows its whole plan
        raise AssertionError(f"{str(error)[:3000]}\n{text}") from None


@pytest.mark.slow
def test_spark_gives_the_same_rows(spark: Any, tmp_path: Path):
    engines = Engines()
    seen = 0

    @seed(1)
    @settings(quiet, max_examples=SPARK_CASES, phases=[Phase.generate])
    @given(cases())
    def check(case: Case) -> None:
        nonlocal seen
        engine = engines.next()
        engine.arrive(case.events)
        lifecycles = defined(case.definitions)
        engine.refresh(lifecycles, as_of=case.as_of)
        for one in lifecycles:
            text = lifecycle_sql(engine.connection, lifecycles, one.name, engine="spark")
            wanted = stored(engine.connection, one.name)
            got = on_spark(spark, engine.connection, tmp_path, text)
            assert got == wanted, "\n".join([text, json.dumps(case.definitions), *map(str, case.events)])
            seen += len(wanted)

    check()
    assert seen > SPARK_CASES


@pytest.mark.slow
def test_spark_tells_the_twelve_customers(spark: Any, tmp_path: Path):
    twelve = twelve_customers()
    with Engine() as engine:
        engine.arrive(twelve.events)
        lifecycles = defined([twelve.definition])
        engine.refresh(lifecycles, as_of=twelve.cases[0].as_of)
        text = lifecycle_sql(engine.connection, lifecycles, "store", engine="spark")
        assert on_spark(spark, engine.connection, tmp_path, text) == stored(engine.connection, "store")
