"""Rows of somebody's database as events: what is new alone, nothing lost and nothing twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tenure.errors import SourceError
from tenure.ingest.fetching import read_until
from tenure.ingest.report import LoadReport
from tenure.ingest.source import Source
from tenure.ingest.tables import DATABASE, LoadSettings, load
from tenure.warehouse.databases import said, url_of
from tenure.warehouse.duckdb import Store

START = datetime(2025, 1, 1, tzinfo=UTC)
SOURCE: dict[str, Any] = {
    "name": "orders", "database": "SHOP_URL", "query": "SELECT * FROM orders;", "cursor": "updated_at",
    "event": "Order Completed", "customer": "who", "time": "ordered_at", "id": "id",
    "properties": {"revenue": "amount", "note": "note"}, "on_change": "replace",
}  # fmt: skip
Write = Callable[[str, Sequence[Sequence[object]]], None]


@dataclass
class Shop:
    """A store that reads a database of orders, which can be written into."""

    store: Store
    folder: Path
    url: str
    write: Write
    now: datetime = START + timedelta(days=60)
    placeholder: str = "%s"
    told: dict[str, Any] = field(default_factory=dict)

    def put(self, *rows: tuple[int, str | None, str, datetime]) -> None:
        """Orders: id, who, amount, when they were changed."""
        marks = ", ".join([self.placeholder] * 6)
        values = [(number, who, amount, START, changed, "100% tea") for number, who, amount, changed in rows]
        if self.url.startswith("sqlite"):
            values = [tuple(str(one) if isinstance(one, datetime) else one for one in row) for row in values]  # type: ignore[misc]
        self.write(f"INSERT INTO orders VALUES ({marks})", values)

    def load(self, **told: Any) -> LoadReport:
        source = Source.model_validate({key: value for key, value in {**SOURCE, **self.told, **told}.items() if value})
        received = (self.now - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
        return load(
            self.store, source, folder=self.folder, settings=LoadSettings(variables={"SHOP_URL": self.url}),
            received_at=received,
        )  # fmt: skip

    def revenue(self) -> dict[str, str]:
        rows = self.store.connection().execute(
            "SELECT message_id, properties ->> '$.revenue' FROM events WHERE source = 'orders' ORDER BY 1"
        )
        return {name.removeprefix("orders:"): revenue for name, revenue in rows.fetchall()}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "store" / "store.duckdb", memory_limit="500MB", threads=2) as store:
        yield store


@pytest.fixture(
    params=[
        "postgresql",
        pytest.param("sqlite", marks=pytest.mark.slow),
        pytest.param("mariadb", marks=pytest.mark.slow),
    ]
)
def shop(request: pytest.FixtureRequest, store: Store, tmp_path: Path) -> Shop:
    """A shop with two orders in a database of each kind."""
    made = _of(request.param, request, store, tmp_path)
    made.put((1, "ann", "10.10", START), (2, "bob", "20.00", START + timedelta(days=1)))
    return made


def _of(kind: str, request: pytest.FixtureRequest, store: Store, folder: Path) -> Shop:
    if kind == "sqlite":
        import sqlite3

        path = folder / "shop.db"
        moment, number, key = "TEXT", "NUMERIC", "INTEGER"

        def connect() -> Any:
            return sqlite3.connect(path)

        url = f"sqlite:{path}"
    elif kind == "postgresql":
        import psycopg

        url = request.getfixturevalue("postgresql")
        moment, number, key = "timestamptz", "numeric(10, 2)", "bigint"

        def connect() -> Any:
            return psycopg.connect(url)
    else:
        import pymysql

        url = request.getfixturevalue("mariadb")
        moment, number, key = "TIMESTAMP(6)", "DECIMAL(10, 2)", "BIGINT UNSIGNED"
        name, _, socket = url.removeprefix("mysql://root@localhost/").partition("?unix_socket=")

        def connect() -> Any:
            return pymysql.connect(unix_socket=socket, user="root", database=name, init_command="SET time_zone='+0:0'")

    def write(statement: str, rows: Sequence[Sequence[object]] = ((),)) -> None:
        connection = connect()
        cursor = connection.cursor()
        for row in rows:
            cursor.execute(statement, row)
        connection.commit()
        connection.close()

    write(
        f"CREATE TABLE orders (id {key} PRIMARY KEY, who VARCHAR(40), amount {number}, ordered_at {moment} NULL, "
        f"updated_at {moment} NULL, note VARCHAR(40))"
    )
    return Shop(store, folder, url, write, placeholder="?" if kind == "sqlite" else "%s")


def test_only_what_is_new_is_read(shop: Shop) -> None:
    first = shop.load()
    assert (first.read, first.loaded, first.rejected) == (2, 2, {})
    assert shop.revenue() == {"1": "10.1", "2": "20"}
    shop.put((3, "cleo", "30.00", START + timedelta(days=5)))
    second = shop.load()
    # with the overlap of an hour, order 2 comes again; order 1 does not
    assert (second.read, second.loaded, second.duplicates) == (2, 1, 1)
    third = shop.load()
    assert (third.read, third.loaded, third.duplicates) == (1, 0, 1)
    times = shop.store.connection().execute("SELECT DISTINCT time FROM events").fetchall()
    assert times == [((START - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1),)]


def test_ties_and_late_commits_are_not_lost(shop: Shop) -> None:
    shop.put((3, "cleo", "30.00", START + timedelta(days=5)))
    shop.load()
    shop.put((4, "dan", "40.00", START + timedelta(days=5)))  # of the same moment
    shop.put((5, "eva", "50.00", START + timedelta(days=5, minutes=-30)))  # committed after later ones
    shop.put((6, "fay", "60.00", START + timedelta(days=5, hours=-2)))  # later than the overlap allows
    if shop.url.startswith("sqlite"):
        shop.told["overlap"] = None
        assert shop.load().loaded == 1, "a text has no overlap, and ties come all the same"
        return
    assert shop.load().loaded == 2
    assert shop.load(overlap="3 hours").loaded == 1
    assert sorted(shop.revenue()) == ["1", "2", "3", "4", "5", "6"]


def test_a_changed_row_takes_the_place_of_the_old_one(shop: Shop) -> None:
    shop.load()
    mark = shop.placeholder
    moved = START + timedelta(days=9)
    told = str(moved) if shop.url.startswith("sqlite") else moved
    shop.write(f"UPDATE orders SET amount = 11.11, updated_at = {mark} WHERE id = 1", [(told,)])
    assert shop.load().changed == 1
    assert shop.revenue() == {"1": "11.11", "2": "20"}


def test_a_crash_before_the_commit_loses_and_doubles_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    from tenure.warehouse import loading

    shop.load()
    shop.put((3, "cleo", "30.00", START + timedelta(days=5)))
    with monkeypatch.context() as patch:
        patch.setattr(loading._Loading, "close", lambda *_: (_ for _ in ()).throw(MemoryError("crash")))
        with pytest.raises(Exception, match="memory"):
            shop.load()
    assert sorted(shop.revenue()) == ["1", "2"]
    assert shop.load().loaded == 1
    assert sorted(shop.revenue()) == ["1", "2", "3"]
    assert not list(shop.store.temp_directory.glob("fetched-*"))


def test_a_row_of_the_year_2999_hides_no_later_one(shop: Shop) -> None:
    if shop.url.startswith("sqlite"):
        pytest.skip("a text is no moment")
    shop.put((3, "cleo", "30.00", datetime(2037, 1, 1, tzinfo=UTC)))
    shop.load()
    shop.put((4, "dan", "40.00", shop.now + timedelta(minutes=5)))
    shop.now += timedelta(hours=1)
    shop.load()
    assert sorted(shop.revenue()) == ["1", "2", "3", "4"]


def test_refused_rows_stay_listed_until_they_load(shop: Shop) -> None:
    shop.put((3, None, "30.50", START + timedelta(days=1)))
    assert shop.load().rejected == {"no customer": 1}
    assert shop.load().rejected == {"no customer": 1}, "the overlap brings it again"
    shop.put((4, "dan", "40.00", START + timedelta(days=9)))
    shop.load()
    assert shop.load().rejected == {}
    listed = shop.store.connection().execute("SELECT file, reason FROM rejected").fetchall()
    assert listed == [(DATABASE, "no customer")]


def test_a_changed_definition_reads_everything(shop: Shop) -> None:
    shop.load()
    again = shop.load(properties={"revenue": "amount * 2"})
    assert (again.read, again.changed) == (2, 2)
    assert shop.revenue() == {"1": "20.2", "2": "40"}


def test_without_a_cursor_everything_is_read_each_time(shop: Shop) -> None:
    assert shop.load(cursor=None).loaded == 2
    assert (shop.load(cursor=None).duplicates, len(shop.revenue())) == (2, 2)


def test_a_number_can_be_the_cursor(shop: Shop) -> None:
    shop.load(cursor="id", overlap="1")
    shop.put((5, "eva", "5.00", START))
    report = shop.load(cursor="id", overlap="1")
    assert (report.read, report.loaded) == (3, 1)
    assert shop.load(cursor="id", overlap="1").read == 1
    assert read_until(shop.store.fingerprints("orders")[DATABASE]) == 5


@pytest.mark.parametrize(
    "query",
    ["DELETE FROM orders", "SELECT 1 AS id; DELETE FROM orders", "SELECT * FROM orders) AS x; DELETE FROM orders; --",
     "SELECT id, id FROM orders", "SELECT * FROM nothing", "PRAGMA query_only = false"],
)  # fmt: skip
def test_nothing_is_written_and_mistakes_are_told(shop: Shop, query: str) -> None:
    with pytest.raises(SourceError):
        shop.load(query=query, cursor=None)
    assert shop.load().loaded == 2


def test_a_cursor_that_is_no_column_is_told(shop: Shop) -> None:
    with pytest.raises(SourceError, match=r"updatedat.*Did you mean 'updated_at'"):
        shop.load(cursor="updatedat")


def test_types_of_postgresql(store: Store, postgresql: str, tmp_path: Path) -> None:
    import psycopg

    with psycopg.connect(postgresql) as connection:
        connection.execute(
            "CREATE TABLE t AS SELECT 1 AS id, '007' AS who, 1.10::numeric AS amount, true AS yes, "
            "'{\"a\": [1]}'::jsonb AS told, '2025-01-02'::date AS day, 'NaN'::numeric AS nothing, "
            "'{1,2}'::int[] AS many, '2025-01-01 10:00'::timestamp AS naive"
        )
    source = Source.model_validate({
        "name": "t", "database": "URL", "query": "SELECT * FROM t", "customer": "who", "time": "naive", "id": "id",
        "event": "Seen", "timezone": "Europe/Berlin",
        "properties": {one: one for one in ("amount", "yes", "told", "day", "nothing", "many")},
    })  # fmt: skip
    load(store, source, folder=tmp_path, settings=LoadSettings(variables={"URL": postgresql}), received_at=0)
    rows = store.connection().execute("SELECT user_id, time, properties FROM events").fetchall()
    assert rows == [
        ("007", 1_735_722_000_000_000,
         '{"amount":1.1,"yes":true,"told":"{\\"a\\": [1]}","day":"2025-01-02","many":"[1, 2]"}'),
    ]  # fmt: skip


def test_rows_are_streamed(store: Store, postgresql: str, tmp_path: Path) -> None:
    from tenure.warehouse.databases import connected

    with connected(postgresql) as database:
        sizes = [batch.num_rows for batch in database.read("SELECT generate_series(1, 45000) AS n", None)]
    assert sizes == [20_000, 20_000, 5_000]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"database": "postgresql://me:secret@host/shop"}, "a URL with a password has no place in a file"),
        ({"database": "SHOP URL"}, "name of an environment variable"),
        ({"query": None}, "needs either files or a query|no query"),
        ({"id": None}, "name the `id` column"),
        ({"id": None, "group": "id"}, "a cursor and a group"),
        ({"overlap": "2 huors"}, "Did you mean 'hours'"),
        ({"cursor": None, "overlap": "2 hours"}, "an overlap but no cursor"),
        ({"folders": "data"}, "needs no folders"),
        ({"database": None, "query": "SELECT * FROM read_csv('a.csv')"}, "a cursor but no database"),
    ],
)
def test_what_a_source_of_a_database_may_not_say(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message) as caught:
        Source.model_validate({key: value for key, value in {**SOURCE, **fields}.items() if value is not None})
    assert "secret" not in str([one["msg"] for one in caught.value.errors()])


def test_urls_come_from_the_environment(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("mysql://x\n")
    assert url_of("A", {"A": "sqlite:a"}, folder=tmp_path) == "sqlite:a"
    assert url_of("A", {"A_FILE": str(tmp_path / "url")}, folder=tmp_path) == "mysql://x"
    assert url_of("sqlite:shop.db", {}, folder=tmp_path) == f"sqlite:{tmp_path}/shop.db"
    with pytest.raises(SourceError, match=r"SHOP_URL is not set.*Did you mean 'SHOPS_URL'"):
        url_of("SHOP_URL", {"SHOPS_URL": "x"}, folder=tmp_path)


@pytest.mark.parametrize(
    "url",
    ["postgresql://u:s3cret@127.0.0.1:1/x", "postgresql://u:s3%cret@h/x", "mysql://u:s3cret@127.0.0.1:1/x", "s3cret",
     "oracle://u:s3cret@h/x", "sqlite:/nowhere/s3cret-not.db"[:16]],
)  # fmt: skip
def test_no_message_shows_a_password(store: Store, tmp_path: Path, url: str) -> None:
    source = Source.model_validate({**SOURCE, "query": "SELECT 1 AS id"})
    with pytest.raises(SourceError) as caught:
        load(store, source, folder=tmp_path, settings=LoadSettings(variables={"SHOP_URL": url}), received_at=0)
    assert "cret" not in str(caught.value)
    assert said(RuntimeError("bad s3 cret."), "postgresql://u:s3%20cret@h/x") == "bad …"
