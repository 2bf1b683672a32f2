"""Foreign files and what is made of them: each file is written here, by a recipe."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tenure.documents import parse
from tenure.errors import SourceError, TenureError, UsageError
from tenure.ingest.recognise import Recognised, recognise
from tenure.ingest.source import Source
from tenure.ingest.tables import LoadSettings, load
from tenure.lifecycle.totals import Total, totals
from tenure.warehouse.duckdb import Store

SHARED = Path(__file__).parents[3] / "shared" / "data"
START = datetime.fromisoformat("2023-01-02T09:00")


@dataclass
class Orders:
    """Made-up rows: order, customer, moment, product, quantity, price."""

    random: Random = field(default_factory=lambda: Random(5))

    def rows(
        self, orders: int = 160, *, lines: int = 3, customers: int = 40
    ) -> list[tuple[int, int, datetime, str, int, float]]:
        found = []
        for order in range(orders):
            at, customer = START + timedelta(hours=order * 37), self.random.randrange(customers)
            for _ in range(self.random.randint(1, lines)):
                product, price = f"P-{self.random.randrange(30)}", self.random.choice([4.99, 12.5, 3.0, 1299.9])
                found.append((order, customer, at, product, self.random.randint(1, 5), price))
        return found


def comma(number: float) -> str:
    return f"{number:,.2f}".replace(",", " ").replace(".", ",").replace(" ", ".")


def table(rows: list[list[str]], sign: str = ",") -> str:
    return "".join(sign.join(row) + "\n" for row in rows)


def german() -> bytes:
    rows = [["Rechnungsnr.", "Kundennummer", "Bestelldatum", "Artikel", "Menge", "Stückpreis", "Land"]]
    for order, customer, at, product, quantity, price in Orders().rows():
        sign = -1 if order % 25 == 24 else 1
        rows.append(
            [
                f"RE-{order}",
                f"{customer:06}",
                f"{at:%d.%m.%Y %H:%M}",
                product,
                str(sign * quantity),
                comma(price),
                "Deutschland",
            ]
        )
    return table(rows, ";").encode("cp1252")


def french() -> bytes:
    rows = [["N° commande", "Client", "Date de commande", "Montant TTC"]]
    for order, customer, at, _, quantity, price in Orders().rows(lines=1):
        rows.append([str(order), f"C{customer}", f"{at:%d/%m/%Y}", f"{quantity * price:.2f}".replace(".", ",")])
    return table(rows, "\t").encode()


def american() -> bytes:
    rows = [["Order ID", "Email", "Order Date", "Total"]]
    for order, customer, at, _, quantity, price in Orders().rows(lines=1):
        rows.append([str(order), f"p{customer}@example.com", f"{at:%m/%d/%Y %I:%M %p}", f'"${quantity * price:,.2f}"'])
    return table(rows).encode()


def pandas_export() -> bytes:
    """Ids that went through a float, and cancellations marked by a letter alone."""
    rows = [["InvoiceNo", "CustomerID", "InvoiceDate", "Amount"]]
    for order, customer, at, _, quantity, price in Orders().rows(lines=1):
        rows.append(
            [f"{'C' if order % 20 == 19 else ''}{5000 + order}", f"{customer}.0", f"{at}", f"{quantity * price:.2f}"]
        )
    return gzip.compress(table(rows).encode())


def totals_on_every_line() -> bytes:
    rows = [["order_id", "customer", "date", "sku", "order_total"]]
    for order, customer, at, product, _, _ in Orders().rows():
        rows.append([str(order), f"k{customer}", f"{at:%Y-%m-%d}", product, f"{10 + order}.50"])
    return table(rows, "|").encode()


def date_and_clock() -> bytes:
    rows = [["date", "time", "client", "amount"]]
    for _, customer, at, _, quantity, price in Orders().rows(lines=1):
        rows.append([f"{at:%Y-%m-%d}", f"{at:%H:%M}", f"c{customer}", f"{quantity * price:.2f}"])
    return table(rows).encode()


def json_lines() -> bytes:
    lines = [
        json.dumps({"user_id": f"u{customer}", "created_at": f"{at:%Y-%m-%dT%H:%M:%SZ}", "order": {"no": order},
                    "revenue": quantity * price, "currency": "USD" if order % 3 else "EUR"})
        for order, customer, at, _, quantity, price in Orders().rows(lines=1)
    ]  # fmt: skip
    return "\n".join(lines).encode()


def utf_16() -> bytes:
    rows = [["Kunde", "Datum", "Betrag (EUR)"]]
    for _, customer, at, _, quantity, price in Orders().rows(lines=1):
        rows.append([f"Müller {customer}", f"{at:%Y-%m-%d}", comma(quantity * price)])
    return table(rows, ";").encode("utf-16")


def blanks() -> bytes:
    rows = [[" customer_id", "date", "number_of_cds", "dollar_value"]]
    for _, customer, at, _, quantity, price in Orders().rows(lines=1):
        rows.append([f" {customer:05}", f"{at:%Y%m%d}", f" {quantity}", f"{quantity * price:7.2f}"])
    return table(rows, " ").replace("\n", "\r\n").encode()


def lines_without_invoices() -> bytes:
    rows = [["buyer", "bought_at", "sku", "qty", "unit price"]]
    for _, customer, at, product, quantity, price in Orders().rows():
        rows.append([f"b{customer}", f"{at}", product, str(quantity), f"{price}"])
    return table(rows).encode()


def discounts() -> bytes:
    rows = [["order_id", "customer_id", "order_date", "amount"]]
    for order, customer, at, _, quantity, price in Orders().rows():
        rows.append([str(order), str(customer), f"{at:%Y-%m-%d}", f"{quantity * price:.2f}"])
        if order % 9 == 0:
            rows.append([str(order), str(customer), f"{at:%Y-%m-%d}", "-1.00"])
    return table(rows).encode()


def states() -> bytes:
    rows = [["order_id", "customer_id", "order_date", "amount", "status"]]
    for order, customer, at, _, quantity, price in Orders().rows(lines=1):
        rows.append(
            [
                str(order),
                str(customer),
                f"{at:%Y-%m-%d}",
                f"{quantity * price:.2f}",
                "cancelled" if order % 8 == 0 else "paid",
            ]
        )
    return table(rows).encode()


def negative_amounts() -> bytes:
    rows = [["order_id", "customer_id", "order_date", "amount"]]
    for order, customer, at, _, quantity, price in Orders().rows(lines=1):
        sign = "-" if order % 15 == 14 else ""
        rows.append([str(order), str(customer), f"{at:%Y-%m-%d}", f"{sign}{quantity * price:.2f}"])
    return table(rows).encode()


# the file's name, how it is made, and what its first source must say
RECOGNISED: list[tuple[str, Callable[[], bytes], dict[str, object]]] = [
    ("german.csv", german, {
        "encoding": "cp1252", "delimiter": ";", "decimal": ",", "customer": "Kundennummer", "where": "Menge > 0",
        "time": "strptime(Bestelldatum, '%d.%m.%Y %H:%M')", "group": "Rechnungsnr.",
        "properties": {"revenue": 'sum(Menge * "Stückpreis")', "order_id": "Rechnungsnr.", "products": "list(Artikel)"},
        "traits": {"country": "Land"},
    }),
    ("french.tsv", french, {
        "delimiter": "\t", "decimal": ",", "customer": "Client", "time": "strptime(\"Date de commande\", '%d/%m/%Y')",
        "id": "N° commande", "properties": {"revenue": '"Montant TTC"'},
    }),
    ("american.csv", american, {
        "customer": "Email", "time": "strptime(\"Order Date\", '%m/%d/%Y %I:%M %p')", "id": "Order ID",
        "properties": {"revenue": "CAST(regexp_replace(Total, '[^0-9.-]', '', 'g') AS DECIMAL(18,4))"},
    }),
    ("pandas.csv.gz", pandas_export, {
        "customer": "regexp_replace(CustomerID, '[.]0$', '')",
        "where": "not regexp_matches(InvoiceNo, '(?i)^(C)[-_ ]?[0-9]')",
        "time": "InvoiceDate", "properties": {"revenue": "Amount"},
    }),
    ("totals.csv", totals_on_every_line, {"group": "order_id", "delimiter": "|", "properties": {
        "revenue": "max(order_total)", "order_id": "order_id", "products": "list(sku)"}}),
    ("clock.csv", date_and_clock, {"time": "concat(date, ' ', time)", "customer": "client", "group": None}),
    ("lines.jsonl", json_lines, {
        "customer": "user_id", "time": "created_at", "where": "currency = 'USD'", "properties": {"revenue": "revenue"},
    }),
    ("wide.csv", utf_16, {"encoding": "utf-16", "decimal": ",", "customer": "Kunde", "time": "Datum"}),
    ("blanks.txt", blanks, {"customer": "customer_id", "time": "date", "files": (), "group": None}),
    ("unnamed.data", french, {"format": "csv", "customer": "Client"}),
    ("no_invoice.csv", lines_without_invoices, {
        "group": "concat_ws(' ', buyer, bought_at)",
        "properties": {"revenue": 'sum(qty * "unit price")', "products": "list(sku)"},
    }),
    ("discounts.csv", discounts, {"group": "order_id", "where": None, "properties": {
        "revenue": "sum(amount)", "order_id": "order_id"}}),
    ("states.csv", states, {"where": "coalesce(status, '') not in ('cancelled')"}),
    ("negative.csv", negative_amounts, {"where": "amount >= 0", "id": "order_id"}),
]  # fmt: skip


def made(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.fixture(scope="module")
def understood(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Recognised]:
    """Every file of the table, recognised once."""
    folder = tmp_path_factory.mktemp("odd")
    return {name: recognise(made(folder, name, content())) for name, content, _ in RECOGNISED}


@pytest.mark.parametrize(("name", "expected"), [(name, expected) for name, _, expected in RECOGNISED])
def test_odd_files_are_understood(understood: dict[str, Recognised], name: str, expected: dict[str, object]) -> None:
    found = understood[name]
    orders = found.sources[0]
    assert {key: getattr(orders, key) for key in expected} == expected
    assert [source.event for source in found.sources] == ["Order Completed", "Order Refunded"][
        : 1 + bool(found.cancelled)
    ]
    assert found.whole
    assert written(found) == found.sources


def written(found: Recognised) -> tuple[Source, ...]:
    """The sources that the YAML text says."""
    data = parse(found.yaml, file="tenure.yaml").data
    assert isinstance(data, dict)
    sources = data["sources"]
    assert isinstance(sources, list)
    return tuple(Source.model_validate(source) for source in sources)


def test_what_was_decided_is_said(understood: dict[str, Recognised]) -> None:
    notes = {name: found.notes for name, found in understood.items()}
    assert "day before month" in notes["german.csv"][0]
    assert any("Europe/Berlin" in note and "100 %" in note for note in notes["german.csv"])
    assert "month before day" in notes["american.csv"][0]
    assert any("e-mail address" in note for note in notes["american.csv"])
    assert any("repeated on each line" in note for note in notes["totals.csv"])
    assert any("other currencies than USD" in note for note in notes["lines.jsonl"])
    assert any("no invoice column" in note for note in notes["no_invoice.csv"])
    assert any("discounts" in note for note in notes["discounts.csv"])
    assert any("status is cancelled" in note for note in notes["states.csv"])


def test_currencies_and_places(understood: dict[str, Recognised]) -> None:
    found = {name: (one.currency, one.timezone) for name, one in understood.items()}
    assert found["german.csv"] == ("EUR", "Europe/Berlin")
    assert found["american.csv"] == ("USD", None)
    assert found["wide.csv"] == ("EUR", None)
    assert found["french.tsv"] == (None, None)


def test_parquet_is_read_by_its_types(tmp_path: Path) -> None:
    rows = Orders().rows()
    columns = list(zip(*rows, strict=True))
    names = ["order_id", "customer_id", "ordered_at", "sku", "quantity", "unit_price"]
    pq.write_table(pa.table(dict(zip(names, map(list, columns), strict=True))), tmp_path / "orders.parquet")
    found = recognise(tmp_path / "orders.parquet")
    assert found.columns["invoice"] == "order_id"
    assert found.amount == "quantity × unit_price"
    assert found.sources[0].group == "order_id"
    assert found.rows == len(rows)


def test_days_before_the_thirteenth_are_told_apart_by_order(tmp_path: Path) -> None:
    days = [START.replace(month=month, day=day) for month in range(1, 13) for day in range(1, 13)]
    rows = [[str(n), str(n % 9), f"{day:%m/%d/%Y}", f"{n}.5"] for n, day in enumerate(days)]
    header = [["order_id", "customer_id", "date", "total"]]
    found = recognise(made(tmp_path, "sorted.csv", table(header + rows)))
    assert found.sources[0].time == "strptime(date, '%m/%d/%Y')"
    assert "in order" in found.notes[0]

    Random(1).shuffle(rows)
    with pytest.raises(SourceError, match="can be day or month first") as raised:
        recognise(made(tmp_path, "shuffled.csv", table(header + rows)))
    assert "strptime(date, '%d/%m/%Y')" in raised.value.hint


NO_HEADER = table([[str(n), str(n % 7), f"2023-01-{1 + n % 28:02}", f"{n}.5"] for n in range(60)])
TWO_COLUMNS = table([["customer", "amount"], *[[str(n % 7), f"{n}.5"] for n in range(60)]])
TWO_IDS = table(
    [
        ["master_id", "sample_id", "date", "value"],
        *[[str(n % 9), str(n % 7), "2023-01-05", f"{n}.5"] for n in range(60)],
    ]
)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("no_header.csv", NO_HEADER, "The first line .* is a row of data"),
        ("two.csv", TWO_COLUMNS, r"does not show when \(time\). Its columns: customer \(0, 1\); amount"),
        ("ids.csv", TWO_IDS, r"does not show who bought \(customer\)"),
        ("binary.csv", bytes(range(256)) * 20, "is a binary file"),
        ("empty.csv", b"", "is empty"),
        ("header.csv", "customer_id,date,amount\n", "has a header, but no rows"),
        ("prose.txt", "Once upon a time\nthere was a customer who\nbought things.\n", "No sign splits the lines"),
        ("sheet.xlsx", b"PK\x03\x04" + bytes(200), "spreadsheet"),
        ("picture.parquet", b"PNG not parquet", "cannot be read as Parquet"),
        ("array.jsonl", '[{"a": 1}]', "JSON array"),
        ("both_ways.csv", table([["customer", "date", "amount"], *[
            [str(n % 5), f"{13 + n % 9}/02/2023" if n % 2 else f"02/{13 + n % 9}/2023", "1.5"] for n in range(60)]]),
         "written in two ways"),
        ("wide.csv", table([[f"day{n}" for n in range(300)], ["1"] * 300]), "300 columns"),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value and len(value) < 20 else "",
)  # fmt: skip
def test_what_cannot_be_understood_says_why(tmp_path: Path, name: str, content: bytes | str, message: str) -> None:
    with pytest.raises(TenureError, match=message) as raised:
        recognise(made(tmp_path, name, content))
    assert raised.value.hint
    assert raised.value.exit_code == 1


def test_what_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    path = made(tmp_path, "orders.csv", TWO_IDS)
    with pytest.raises(UsageError, match="There is no file"):
        recognise(tmp_path / "order.csv")
    with pytest.raises(UsageError, match="is a folder"):
        recognise(tmp_path)
    with pytest.raises(UsageError, match="no column 'master'") as raised:
        recognise(path, given={"customer": "master"})
    assert "master_id" in raised.value.hint
    with pytest.raises(UsageError, match="cannot be the time"):
        recognise(path, given={"time": "value"})
    with pytest.raises(UsageError, match="cannot be the amount"):
        recognise(path, given={"customer": "master_id", "amount": "date"})


def test_columns_named_by_hand_win(tmp_path: Path) -> None:
    found = recognise(made(tmp_path, "ids.csv", TWO_IDS), given={"customer": "SAMPLE_ID"}, name="data/ids.csv")
    assert found.columns["customer"] == "sample_id"
    assert found.sources[0].files == ("data/ids.csv",)


@pytest.mark.skipif(not SHARED.exists(), reason="the data sets are not there")
def test_online_retail() -> None:
    found = recognise(SHARED / "online_retail" / "online_retail.parquet")
    orders, refunds = found.sources
    assert (orders.where, orders.group, orders.customer) == ("Quantity > 0", "InvoiceNo", "CustomerID")
    assert orders.properties["revenue"] == "sum(Quantity * UnitPrice)"
    assert (refunds.where, refunds.properties["revenue"]) == ("Quantity < 0", "sum(-Quantity * UnitPrice)")
    assert (found.currency, found.timezone, found.rows) == ("GBP", "Europe/London", 541_909)


@pytest.mark.skipif(not SHARED.exists(), reason="the data sets are not there")
def test_cdnow() -> None:
    found = recognise(SHARED / "cdnow" / "CDNOW_master.txt")
    (orders,) = found.sources
    assert (orders.customer, orders.time, orders.group, orders.where) == ("customer_id", "date", None, None)
    assert (found.currency, found.rows, found.days_only) == ("USD", 69_659, True)
    with pytest.raises(SourceError, match="is a row of data"):
        recognise(SHARED / "cdnow" / "CDNOW_sample.txt")


@pytest.mark.parametrize("name", [row[0] for row in RECOGNISED])
def test_what_is_recognised_loads(tmp_path: Path, understood: dict[str, Recognised], name: str) -> None:
    found = understood[name]
    total = loaded(found, tmp_path)
    orders = {order for order, *_ in Orders().rows(lines=1)}
    few = {"lines.jsonl": 106, "states.csv": 140, "negative.csv": 150, "german.csv": 154, "pandas.csv.gz": 152}
    assert total["Order Completed"].events == few.get(name, len(orders))
    assert total["Order Completed"].revenue > 0
    if "Order Refunded" in total:
        assert total["Order Refunded"].revenue > 0


def test_amounts_come_in_exactly(tmp_path: Path, understood: dict[str, Recognised]) -> None:
    total = loaded(understood["german.csv"], tmp_path)
    worth = {True: Decimal(0), False: Decimal(0)}
    for order, _, _, _, quantity, price in Orders().rows():
        worth[order % 25 == 24] += quantity * Decimal(str(price))
    assert total["Order Completed"].revenue == worth[False]
    assert total["Order Refunded"].revenue == worth[True]


def loaded(found: Recognised, folder: Path) -> dict[str, Total]:
    """What the log holds after loading the sources; no row of these files is refused."""
    settings = LoadSettings(timezone=found.timezone or "UTC")
    with Store.open(folder / "store.duckdb") as store:
        for source in found.sources:
            assert load(store, source, folder=folder, settings=settings, received_at=0).rejected == {}
        return totals(store.connection())


def test_messages_hold_no_signs_that_move_the_cursor(tmp_path: Path) -> None:
    rows = [["who\x1b[2J", "when", "x"], *[[f"\x1b[31m{n % 5}", f"2023-01-{1 + n % 28:02}", "a"] for n in range(40)]]
    with pytest.raises(SourceError) as raised:
        recognise(made(tmp_path, "escapes.csv", table(rows)))
    assert "\x1b" not in str(raised.value)
