"""The SQL of sources: what is let through, and every way out that is shut."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from tenure.errors import SourceError
from tenure.warehouse.sandbox import Sandbox, SandboxError
from tenure.warehouse.source_sql import parse_expression, parse_query

EXPRESSIONS = {
    "quantity * price": "(c0 * c1)",
    "quantity -- and no more": "c0",
    "quantity /* ; */ + 1": "(c0 + 1)",
    "CASE WHEN Quantity > 0 THEN 'it''s' END": "CASE  WHEN ((c0 > 0)) THEN ('it''s') ELSE NULL END",
    "list_transform(tags, lambda tag: tag || 'x')": "list_transform(tags, (lambda tag: (tag || 'x')))",
    "[x * 2 for x in tags]": "list_apply(tags, (lambda x: (x * 2)))",
    'lower("Full Name")': 'lower("Full Name")',
    "TRY_CAST(price AS DECIMAL(18, 2))": "TRY_CAST(c1 AS DECIMAL(18, 2))",
    "note ->> '$.a'": "(note ->> '$.a')",
}


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_expressions_are_rendered_from_their_tree(text: str) -> None:
    expression = parse_expression(text, aggregates=False)
    assert expression.sql({"quantity": "c0", "price": "c1"}) == EXPRESSIONS[text]


@pytest.mark.parametrize(
    "text",
    [
        "", "quantity; DROP TABLE events", "quantity; SELECT 1", "quantity FROM events", "quantity, price",
        "quantity AS q", "quantity) FROM (SELECT 1", "quantity /* open", "(SELECT 1)", "EXISTS (SELECT 1)",
        "x IN (SELECT 1)", "(SELECT content FROM read_text('/etc/passwd'))", "read_text('/etc/passwd')",
        "read_csv('x.csv')", "glob('*')", "query('SELECT 1')", "unnest([1, 2])", "row_number() OVER ()", "*",
        "COLUMNS('.*')", "t.*", "?", "$1", "#1", "now()", "today()", "random()", "uuid()",
        "current_setting('threads')", "getvariable('x')", "nextval('s')", "pg_sleep(1)", "sleep_ms(1)",
        "main.lower(x)", "system.main.lower(x)", "sum(x)", "x LIMIT 1", "x WHERE true", "DISTINCT x",
        "x UNION SELECT 1", "COPY x TO 'y'", "write_log('x')", "ago(INTERVAL 1 DAY)",
    ],
)  # fmt: skip
def test_expressions_that_are_refused(text: str) -> None:
    with pytest.raises(SourceError):
        parse_expression(text, aggregates=False)


def test_aggregates_follow_the_order_of_the_rows() -> None:
    expression = parse_expression("list(a) || list(DISTINCT a) || list(a ORDER BY b)", aggregates=True)
    assert expression.sql({}, order_by="position") == (
        '((list(a ORDER BY "position") || list(DISTINCT a ORDER BY a)) || list(a ORDER BY b))'
    )
    assert expression.aggregate
    assert set(expression.columns) == {"a", "b"}


def test_what_each_column_is_counted_on_to_be() -> None:
    def usage(text: str) -> dict[str, str]:
        return dict(parse_expression(text, aggregates=True).usage)

    assert usage("a * b > 5") == {"a": "number", "b": "number"}
    assert usage("a LIKE 'C%' AND b = '1' AND c > 1") == {"a": "text", "b": "text", "c": "number"}
    assert usage("CAST(a AS VARCHAR) || sum(b)") == {"a": "text", "b": "number"}
    assert usage("coalesce(a, b) IN (1, 2)") == {"a": "any", "b": "any"}
    assert usage("a IN ('1', '2') OR b BETWEEN 1 AND 2 OR -c > d") == {
        "a": "text", "b": "number", "c": "number", "d": "number"
    }  # fmt: skip


def test_queries_have_absolute_paths() -> None:
    query = parse_query(
        "WITH t AS (FROM 'a.csv') SELECT * FROM t JOIN read_parquet(['b/*.parquet', '/c.parquet']) USING (k) -- x\n;",
        Path("/shop"),
    )
    assert query.files == ("/shop/a.csv", "/shop/b/*.parquet", "/c.parquet")
    assert "/shop/a.csv" in query.sql and "--" not in query.sql


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1; SELECT 2", "COPY (SELECT 1) TO 'x.csv'", "ATTACH 'x.db'", "INSTALL httpfs", "LOAD httpfs",
        "SET threads = 1", "PRAGMA version", "CREATE TABLE t AS SELECT 1", "INSERT INTO t VALUES (1)",
        "EXPLAIN SELECT 1", "DESCRIBE SELECT 1", "SUMMARIZE 'x.csv'", "SHOW TABLES", "CALL pragma_version()",
        "SELECT * FROM duckdb_settings()", "FROM duckdb_tables", "SELECT * FROM information_schema.tables",
        "SELECT * FROM events", "FROM pragma_database_list()", "FROM query('SELECT 1')", "FROM query_table('x')",
        "FROM json_execute_serialized_sql('{}')", "FROM glob('*')", "FROM read_blob('x')", "FROM sniff_csv('x')",
        "FROM read_csv('a' || 'b')", "FROM read_csv(getvariable('x'))", "SELECT * FROM 'x.csv', read_text(name)",
        "FROM read_csv('https://example.com/x.csv')", "FROM 's3://b/x.csv'", "SELECT now() FROM 'x.csv'",
        "SELECT getvariable('x') FROM 'x.csv'", "SELECT * FROM 'x.csv' WHERE a = ?",
        "SELECT current_setting('x') FROM 'x.csv'", "FROM other.main.t", "SELECT * FROM (SUMMARIZE 'x.csv')",
    ],
)  # fmt: skip
def test_queries_that_are_refused(text: str) -> None:
    with pytest.raises(SourceError):
        parse_query(text, Path("/shop"))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('{outside}')", "SELECT * FROM read_csv('{inside}/../secret.txt')",
        "SELECT * FROM read_csv('{inside}evil/x.csv')", "FROM '{outside}'", "FROM glob('/etc/*')",
        "FROM read_csv('https://example.com/x.csv')", "SELECT getenv('HOME')", "FROM variable_of_python",
        "SELECT current_setting('no_such_setting')",
    ],
)  # fmt: skip
def test_the_sandbox_keeps_in_even_what_is_not_checked(tmp_path: Path, sql: str) -> None:
    variable_of_python = pa.table({"a": [1]})
    inside = tmp_path / "data"
    for folder in (inside, tmp_path / "dataevil"):
        folder.mkdir()
        (folder / "x.csv").write_text("a,b\n1,2\n")
    outside = tmp_path / "secret.txt"
    outside.write_text("secret\n")
    with Sandbox.open(folders=[inside]) as sandbox:
        assert sandbox.table(f"FROM '{inside}/x.csv'").num_rows == variable_of_python.num_rows
        with pytest.raises(SandboxError):
            sandbox.table(sql.format(outside=outside, inside=inside))


@pytest.mark.parametrize(
    "statement",
    [
        "SET memory_limit = '1TB'", "SET allowed_directories = ['/']", "SET enable_external_access = true",
        "RESET lock_configuration", "PRAGMA threads = 64", "INSTALL httpfs", "LOAD httpfs", "ATTACH '{outside}.db'",
        "COPY (SELECT 1) TO '{outside}'", "EXPORT DATABASE '{outside}'",
    ],
)  # fmt: skip
def test_the_sandbox_cannot_be_opened_from_inside(tmp_path: Path, statement: str) -> None:
    inside = tmp_path / "data"
    inside.mkdir()
    outside = tmp_path / "outside"
    with Sandbox.open(folders=[inside]) as sandbox:
        with pytest.raises(SandboxError):
            sandbox._run(statement.format(outside=outside))
        assert not outside.exists()


def test_a_sandbox_finds_nothing_of_the_one_before(tmp_path: Path) -> None:
    for name in ("read", "made"):
        with Sandbox.open(folders=[tmp_path]) as sandbox:
            sandbox.register("read", pa.table({"a": [1]}))
            sandbox.create("made", "SELECT 1 AS a")
            assert sandbox.table(f"FROM {name}").num_rows == 1
        with Sandbox.open(folders=[tmp_path]) as sandbox, pytest.raises(SandboxError, match=f"{name} does not exist"):
            sandbox.table(f"FROM {name}")
