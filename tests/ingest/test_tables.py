"""Rows of files as events: ids, times, rejected rows, second imports."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pyarrow as pa
import pytest

from tenure.errors import SourceError
from tests.ingest.conftest import NOW, Desk, moment

LINES = """\
invoice,customer,time,quantity,price,country
0001,007,2024-01-02 10:00:00,2,1.10,UK
0001,007,2024-01-02 10:00:00,1,0.05,UK
0002,012,2024-07-03 11:30:00,3,2.00,FR
"""
MAPPED = {"customer": "customer", "properties": {"revenue": "quantity * price"}}


def test_a_row_becomes_an_event(desk: Desk) -> None:
    desk.write("orders.csv", LINES)
    report = desk.load(**MAPPED, traits={"country": "country"})
    assert (report.read, report.loaded, report.duplicates, report.rejected) == (3, 3, 0, {})
    columns = "user_id, name, type, time, source, properties, context"
    assert desk.rows(f"SELECT {columns} FROM events ORDER BY time, properties") == [
        ("007", "Order Completed", "track", moment("2024-01-02T10:00:00"), "orders", '{"revenue":0.05}',
         '{"traits":{"country":"UK"}}'),
        ("007", "Order Completed", "track", moment("2024-01-02T10:00:00"), "orders", '{"revenue":2.2}',
         '{"traits":{"country":"UK"}}'),
        ("012", "Order Completed", "track", moment("2024-07-03T10:30:00"), "orders", '{"revenue":6}',
         '{"traits":{"country":"FR"}}'),
    ]  # fmt: skip
    assert desk.rows("SELECT key, kind, id, first_seen FROM units ORDER BY key") == [
        (1, "customer", "007", moment("2024-01-02T10:00:00")),
        (2, "customer", "012", moment("2024-07-03T10:30:00")),
    ]
    assert desk.rows("SELECT customer, bucket, name, value FROM trait_changes ORDER BY customer, message_id") == [
        (1, 1, "country", '"UK"'), (1, 1, "country", '"UK"'), (2, 2, "country", '"FR"'),
    ]  # fmt: skip
    assert desk.column("SELECT unit FROM touched ORDER BY unit") == [1, 2]
    assert desk.rows("SELECT source, file, read, loaded, duplicates, changed, rejected FROM loads") == [
        ("orders", "orders.csv", 3, 3, 0, 0, 0)
    ]


def test_invoice_lines_make_one_order(desk: Desk) -> None:
    desk.write("orders.csv", LINES)
    report = desk.load(
        customer="customer", group="invoice", traits={"country": "country"},
        properties={
            "revenue": "sum(quantity * price)", "products": "list(price)", "lines": "count(*)", "country": "country"
        },
    )  # fmt: skip
    assert (report.lines, report.read, report.loaded) == (3, 2, 2)
    assert desk.rows("SELECT message_id, properties FROM events ORDER BY message_id") == [
        ("orders:0001", '{"revenue":2.25,"products":[1.1,0.05],"lines":2,"country":"UK"}'),
        ("orders:0002", '{"revenue":6,"products":[2.0],"lines":1,"country":"FR"}'),
    ]


def test_a_group_has_the_first_time_and_one_customer(desk: Desk) -> None:
    desk.write("orders.csv", "invoice,customer,time\n1,a,2024-01-03\n1,a,2024-01-02\n2,a,2024-01-01\n2,b,2024-01-01\n")
    report = desk.load(customer="customer", group="invoice")
    assert desk.rows("SELECT message_id, time FROM events") == [("orders:1", moment("2024-01-02"))]
    assert report.rejected == {"the rows of the group name different customers": 1}
    assert desk.rows("SELECT position, raw FROM rejected") == [(4, '{"group":"2","customer":["a","b"]}')]


def test_ids_stay_text(desk: Desk) -> None:
    desk.write("orders.csv", "no,customer,time\n00017, 007 ,2024-01-01\n17,7,2024-01-01\n")
    desk.load(id="no", customer="customer")
    assert desk.rows("SELECT message_id, user_id FROM events ORDER BY 1") == [
        ("orders:00017", "007"),
        ("orders:17", "7"),
    ]


def test_ids_may_be_put_together(desk: Desk) -> None:
    desk.write("orders.csv", "no,line,customer,time\n7,1,1,2024-01-01\n7,2,1,2024-01-01\n")
    desk.load(id="no || '-' || line", customer="lpad(customer, 3, '0')")
    assert desk.rows("SELECT message_id, user_id FROM events ORDER BY 1") == [
        ("orders:7-1", "001"),
        ("orders:7-2", "001"),
    ]


def test_whole_numbers_of_parquet_are_ids_without_a_point(desk: Desk) -> None:
    import pyarrow.parquet as pq

    pq.write_table(
        pa.table({"customer": [17850.0, 12.0], "n": [1, 2**60], "time": pa.array([0, 1], pa.timestamp("us"))}),
        desk.folder / "orders.parquet",
    )
    desk.load(files="orders.parquet", customer="customer", id="n", properties={"n": "n"})
    assert desk.rows("SELECT user_id, message_id, properties FROM events ORDER BY time") == [
        ("17850", "orders:1", '{"n":1}'),
        ("12", "orders:1152921504606846976", '{"n":"1152921504606846976"}'),
    ]


def test_bad_rows_are_rejected_with_line_and_reason_and_the_rest_loads(desk: Desk) -> None:
    desk.write(
        "orders.csv",
        "id,customer,time,amount,what\n"
        "1,a,2024-01-01,5,Bought\n"
        "2,,2024-01-01,5,Bought\n"
        "3,a,yesterday,5,Bought\n"
        "4,a,,5,Bought\n"
        "5,a,2024-01-01,cheap,Bought\n"
        "6,a,2024-01-01,5,\n"
        "7,a,2024-01-01\n"
        ",a,2024-01-01,5,Bought\n"
        '9,"a\nb",2024-01-01,5,Bought\n'
        "10,a,2024-01-01,5,Bought,and,more\n",
    )
    report = desk.load(id="id", customer="customer", event_column="what", properties={"revenue": "amount"})
    assert desk.column("SELECT message_id FROM events ORDER BY 1") == ["orders:1", "orders:9"]
    assert desk.reasons() == [
        (3, "no customer"),
        (4, "the time cannot be read"),
        (5, "no time"),
        (6, "revenue is no amount"),
        (7, "no event name"),
        (8, "3 columns where the header has 5"),
        (9, "no id"),
        (12, "7 columns where the header has 5"),
    ]
    assert sum(report.rejected.values()) == 8 and report.read == 10
    (raw,) = desk.column("SELECT raw FROM rejected WHERE position = 4")
    assert raw == '{"id":"3","customer":"a","time":"yesterday","amount":"5","what":"Bought"}'
    assert "8 rows of orders rejected" in report.warnings[0]


def test_what_was_rejected_before_gives_way_to_the_next_reading(desk: Desk) -> None:
    desk.write("orders.csv", "id,customer,time\n1,a,2024-01-01\n2,,2024-01-01\n")
    desk.load(id="id", customer="customer")
    desk.write("orders.csv", "id,customer,time\n1,a,2024-01-01\n2,b,2024-01-01\n")
    report = desk.load(id="id", customer="customer")
    assert (report.loaded, report.duplicates) == (1, 1)
    assert desk.reasons() == []


def test_a_number_that_is_none_where_it_is_counted_on(desk: Desk) -> None:
    rows = "".join(f"a,2024-01-01,{n},1.5\n" for n in range(60))
    desk.write("orders.csv", f"customer,time,quantity,price\n{rows}a,2024-01-01,two,1.5\n")
    report = desk.load(customer="customer", where="quantity >= 0", properties={"revenue": "quantity * price"})
    assert report.loaded == 60
    assert desk.reasons() == [(62, "quantity is no number")]


def test_codes_that_are_mostly_digits_stay_text(desk: Desk) -> None:
    codes = [str(22000 + n) for n in range(99)] + ["85123A"]
    desk.write("orders.csv", "customer,time,code\n" + "".join(f"a,2024-01-01,{code}\n" for code in codes))
    report = desk.load(customer="customer", where="code not like '220%'", properties={"code": "code"}, name="a")
    assert report.loaded == 1 and not report.rejected
    report = desk.load(customer="customer", group="customer", properties={"codes": "list(code)"}, name="b")
    assert report.loaded == 1
    assert desk.column("SELECT json_array_length(properties, '$.codes') FROM events WHERE source = 'b'") == [100]


def test_what_the_database_cannot_work_out_for_one_row_rejects_it(desk: Desk) -> None:
    desk.write("orders.csv", "customer,day\n" + "a,20240131\n" * 3 + "a,20240231\n")
    report = desk.load(customer="customer", time="strptime(day, '%Y%m%d')")
    assert (report.loaded, report.rejected) == (3, {"time cannot be worked out": 1})


def test_what_fails_inside_an_aggregate_rejects_the_row_not_the_file(desk: Desk) -> None:
    desk.write(
        "orders.csv", "no,customer,time,size\n" + "1,a,2024-01-01,10cm\n1,a,2024-01-01,big\n2,a,2024-01-01,5cm\n"
    )
    report = desk.load(
        customer="customer", group="no", properties={"size": "sum(CAST(replace(size, 'cm', '') AS INTEGER))"}
    )
    assert desk.rows("SELECT message_id, properties FROM events ORDER BY 1") == [
        ("orders:1", '{"size":10}'), ("orders:2", '{"size":5}')
    ]  # fmt: skip
    assert list(report.rejected) == ["properties: size cannot be worked out"]


def test_an_unchanged_file_is_not_read_again(desk: Desk) -> None:
    path = desk.write("orders.csv", LINES)
    desk.load(**MAPPED, id="invoice || price")
    report = desk.load(**MAPPED, id="invoice || price")
    assert report.unchanged == 1 and report.read == 0
    os.utime(path, (1, 1))
    report = desk.load(**MAPPED, id="invoice || price")
    assert (report.read, report.loaded, report.duplicates) == (3, 0, 3)
    assert desk.rows("SELECT count(*) FROM events") == [(3,)]


def test_equal_rows_without_ids_are_as_many_events_and_stay_so(desk: Desk) -> None:
    rows = "customer,time,amount\n" + "a,2024-01-01,5\n" * 3 + "b,2024-01-01,5\n"
    desk.write("orders.csv", rows)
    assert desk.load(customer="customer").loaded == 4
    desk.write("orders.csv", rows + "a,2024-01-01,5\nc,2024-01-01,1\n")
    report = desk.load(customer="customer")
    assert (report.loaded, report.duplicates) == (2, 4)
    assert desk.rows("SELECT user_id, count(*), count(DISTINCT message_id) FROM events GROUP BY 1 ORDER BY 1") == [
        ("a", 4, 4), ("b", 1, 1), ("c", 1, 1)
    ]  # fmt: skip


@pytest.mark.parametrize("on_change", ["reject", "replace", "keep"])
def test_the_same_id_with_other_content_follows_on_change(desk: Desk, on_change: str) -> None:
    desk.write("orders.csv", "no,customer,time,amount,plan\n1,a,2024-01-02,5,basic\n2,a,2024-01-02,6,basic\n")
    mapped = {"id": "no", "customer": "customer", "properties": {"revenue": "amount"}, "traits": {"plan": "plan"}}
    desk.load(**mapped, on_change=on_change)
    desk.store.connection().execute("DELETE FROM touched")
    desk.write("orders.csv", "no,customer,time,amount,plan\n1,b,2024-01-01,7,pro\n2,a,2024-01-02,6,basic\n")
    report = desk.load(**mapped, on_change=on_change)
    assert (report.read, report.duplicates, report.changed) == (2, 1, 1)
    (change,) = report.files[0].changes
    assert change.message_id == "orders:1" and change.position == 2
    assert change.was.startswith("customer a, time 2024-01-02T") and "basic" in change.was
    assert change.now.startswith("customer b, time 2024-01-01T") and '{"revenue":7}' in change.now
    assert on_change in report.warnings[0] and "orders:1" in report.warnings[0]
    revenue = {"reject": 5, "keep": 5, "replace": 7}[on_change]
    assert desk.rows("SELECT user_id, properties FROM events WHERE message_id = 'orders:1'") == [
        ("b" if on_change == "replace" else "a", f'{{"revenue":{revenue}}}')
    ]
    assert desk.reasons() == ([(2, "loaded already with other content")] if on_change == "reject" else [])
    assert desk.column("SELECT value FROM trait_changes ORDER BY message_id") == [
        '"pro"' if on_change == "replace" else '"basic"', '"basic"'
    ]  # fmt: skip
    assert desk.column("SELECT unit FROM touched ORDER BY 1") == ([1, 2] if on_change == "replace" else [])
    assert desk.rows("SELECT count(*) FROM events") == [(2,)]


@pytest.mark.parametrize(("on_change", "kept"), [("reject", 5), ("keep", 5), ("replace", 7)])
def test_one_id_twice_in_a_file(desk: Desk, on_change: str, kept: int) -> None:
    desk.write("orders.csv", "no,customer,time,amount\n1,a,2024-01-02,5\n1,a,2024-01-02,5\n1,a,2024-01-02,7\n")
    mapped = {"id": "no", "customer": "customer", "properties": {"revenue": "amount"}, "on_change": on_change}
    report = desk.load(**mapped)
    assert report.loaded == 1
    assert report.duplicates + report.changed == 2
    assert desk.column("SELECT properties FROM events") == [f'{{"revenue":{kept}}}']
    assert len(desk.reasons()) == (1 if on_change == "reject" else 0)


def test_a_changed_definition_is_told(desk: Desk) -> None:
    desk.write("orders.csv", "no,customer,time,amount\n1,a,2024-01-02,5\n")
    desk.load(id="no", customer="customer")
    report = desk.load(id="no", customer="customer", properties={"revenue": "amount"})
    assert report.changed == 1
    assert "definition is not the one of the last import" in report.warnings[-1]
    report = desk.load(id="no", customer="customer", properties={"revenue": "amount"}, on_change="replace")
    assert report.changed == 1 and "definition is not" not in report.warnings[-1]
    assert desk.column("SELECT properties FROM events") == ['{"revenue":5}']


def test_facts_without_a_customer(desk: Desk) -> None:
    desk.write("spend.csv", "day,channel,cost\n2024-01-01,search,12.50\n")
    report = desk.load(
        name="ad_spend", files="spend.csv", event="Marketing Spend Recorded", customer="none", time="day",
        properties={"amount": "cost", "channel": "channel"},
    )  # fmt: skip
    assert report.loaded == 1
    assert desk.rows("SELECT customer, bucket, user_id, properties FROM events") == [
        (None, None, None, '{"amount":12.5,"channel":"search"}')
    ]
    assert desk.rows("SELECT * FROM units") == []
    assert desk.rows("SELECT * FROM touched") == []


def test_accounts_and_visitors(desk: Desk) -> None:
    desk.write(
        "orders.csv",
        "customer,visitor,company,time\nann,v1,acme,2024-01-02\n,v2,acme,2024-01-01\nbob,,,2024-01-03\n,,acme,2024-01-01\n",
    )
    report = desk.load(customer="customer", anonymous="visitor", account="company", event="Page Viewed", type="page")
    assert desk.rows("SELECT user_id, anonymous_id, account, type, customer FROM events ORDER BY time") == [
        (None, "v2", "acme", "page", 2), ("ann", "v1", "acme", "page", 1), ("bob", None, None, "page", 3),
    ]  # fmt: skip
    assert desk.rows("SELECT kind, id FROM units ORDER BY key") == [
        ("customer", "ann"), ("customer", "v2"), ("customer", "bob"), ("account", "acme")
    ]  # fmt: skip
    assert desk.rows("SELECT first_seen FROM units WHERE kind = 'account'") == [(moment("2024-01-01"),)]
    assert report.rejected == {"no customer": 1}
    assert len(desk.column("SELECT unit FROM touched")) == 4


def test_traits_alone_are_identified(desk: Desk) -> None:
    desk.write("people.csv", "id,mail,plan,since,age\n007,a@x.org,pro,2024-02-01,41\n008,,basic,2024-02-01,\n")
    desk.load(
        name="people", files="people.csv", event=None, customer="id", time="since",
        traits={"email": "mail", "plan": "plan", "age": "age"},
    )  # fmt: skip
    assert desk.rows("SELECT name, type, properties, context FROM events ORDER BY user_id") == [
        ("Identified", "identify", "{}", '{"traits":{"email":"a@x.org","plan":"pro","age":41}}'),
        ("Identified", "identify", "{}", '{"traits":{"plan":"basic"}}'),
    ]
    assert desk.rows("SELECT customer, name, value FROM trait_changes ORDER BY 1, 2") == [
        (1, "age", "41"), (1, "email", '"a@x.org"'), (1, "plan", '"pro"'), (2, "plan", '"basic"'),
    ]  # fmt: skip


def test_event_names_of_the_field_are_read_as_ours(desk: Desk) -> None:
    from tenure.events import ALIASES

    alias, name = next(iter(ALIASES.items()))
    desk.write("orders.csv", f"customer,time,what\na,2024-01-01,{alias}\na,2024-01-01,Something Else\n")
    desk.load(customer="customer", event_column="what")
    assert sorted(desk.column("SELECT name FROM events")) == sorted([name, "Something Else"])


def test_several_files_count_each_for_itself(desk: Desk) -> None:
    desk.write("data/orders_1.csv", LINES)
    desk.write("data/orders_2.csv.gz", gzip.compress(LINES.replace("000", "100").encode()))
    report = desk.load(files="data/orders*", **MAPPED, id="invoice || price")
    assert [(file.file, file.loaded) for file in report.files] == [
        ("data/orders_1.csv", 3),
        ("data/orders_2.csv.gz", 3),
    ]
    desk.write("data/orders_3.csv", LINES.replace("000", "200"))
    report = desk.load(files="data/orders*", **MAPPED, id="invoice || price")
    assert [(file.unchanged, file.loaded) for file in report.files] == [(True, 0), (True, 0), (False, 3)]


def test_columns_may_have_any_name(desk: Desk) -> None:
    desk.write("orders.csv", 'Customer ID,"Date, local",Total (GBP),order,position,Total (gbp)\n1,2024-01-01,5,7,x,y\n')
    report = desk.load(
        customer="customer id", time="Date, local", id="order",
        properties={"revenue": "Total (GBP)", "place": '"position"', "other": "Total (gbp)_2"},
    )  # fmt: skip
    assert report.loaded == 1
    assert desk.column("SELECT properties FROM events") == ['{"revenue":5,"place":"x","other":"y"}']


def test_rows_in_the_future_load_and_are_told(desk: Desk) -> None:
    desk.write("orders.csv", "customer,time\na,2024-01-01\na,2099-01-01\n")
    report = desk.load(customer="customer")
    assert report.loaded == 2
    assert report.warnings == ("1 row of orders lies in the future; it counts from its time on.",)


def test_progress_is_told(desk: Desk) -> None:
    from tenure.ingest.source import Source
    from tenure.ingest.tables import Progress, load

    desk.write("orders.csv", LINES)
    told: list[Progress] = []
    load(
        desk.store, Source(name="o", files="orders.csv", event="E", time="time", customer="customer"),
        folder=desk.folder, settings=desk.settings, received_at=NOW, progress=told.append,
    )  # fmt: skip
    assert told and told[-1].rows == 3 and told[-1].file == "orders.csv"


def test_a_missing_column_is_named_with_those_there_are(desk: Desk) -> None:
    desk.write("orders.csv", LINES)
    with pytest.raises(
        SourceError, match=r"no column 'custmer' \(customer\). Did you mean 'customer'\? Columns: invoice,"
    ):
        desk.load(customer="custmer")
    with pytest.raises(SourceError, match=r"no column 'prize' \(properties: revenue\). Did you mean 'price'"):
        desk.load(customer="customer", properties={"revenue": "quantity * prize"})
    with pytest.raises(SourceError, match="no column 'Customer Number'"):
        desk.load(customer="Customer Number")


def test_a_column_without_numbers_is_shown(desk: Desk) -> None:
    desk.write("orders.csv", 'customer,time,price\na,2024-01-01,"1,50"\n')
    with pytest.raises(SourceError, match=r"The column price holds '1,50', which is no number.*decimal"):
        desk.load(customer="customer", properties={"revenue": "price * 2"})
    with pytest.raises(SourceError, match="holds '1,50', which is no amount"):
        desk.load(customer="customer", properties={"revenue": "price"})


def test_a_file_loaded_from_elsewhere_keeps_its_name(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "outside.csv").write_text(LINES)
    report = desk.load(files="../outside.csv", **MAPPED)
    assert report.files[0].file == "../outside.csv"
