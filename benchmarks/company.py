"""A seeded company: any number of events of any number of people over two years, as Parquet.

    company/
      company.json            what it was made with, and the number of events under each name
      events/2023-01.parquet  one file a month of arrival: message_id, customer_id, name, time, received_at, properties

People differ as in the BG/NBD model: each has an own rate of ordering (gamma) and an own probability of leaving after
an order (beta). Page views, refunds, costs, surveys and opened messages follow from that. Exact ties are part of it (a
cost and its order, a sign-up and its page view, split orders), and so are times that are whole days (tills), so that
windows end on events.

One block of people after another is drawn with numpy, so that memory does not grow with the company.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

SECOND = 1_000_000
DAY = 86_400 * SECOND
START = 1_672_531_200 * SECOND  # 2023-01-01
END = START + 731 * DAY  # 2025-01-01
BLOCK = 250_000
CATEGORIES = ("clothing", "garden", "home", "kitchen", "shoes", "sports", "toys", "travel")
VISIT, SIGNUP, ORDER, REFUND, COST, NPS, CSAT, OPENED = range(8)
NAMES = (
    "Page Viewed", "Signed Up", "Order Completed", "Order Refunded",
    "Cost Recorded", "Survey Answered", "Survey Answered", "Message Opened",
)  # fmt: skip
UNKNOWN = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """What a company is made of; `till_share` of the orders carry a date only, `split_share` come as two at once."""

    events: int = 10_000_000
    customers: int = 500_000
    seed: int = 2
    till_share: float = 0.02
    split_share: float = 0.0005

    @property
    def name(self) -> str:
        """Its folder, among others'."""
        return f"company-{self.events}-{self.customers}-{self.seed}"


@dataclass(frozen=True, slots=True)
class Rows:
    """Columns of events: who, what, when; cents or a score, a margin in cents, a category, the number of an order."""

    customer: Ints
    code: Ints
    time: Ints
    amount: Ints
    margin: Ints
    category: Ints
    order: Ints

    def __len__(self) -> int:
        return len(self.time)

    def take(self, chosen: Bools | Ints) -> Rows:
        return Rows(*(getattr(self, name)[chosen] for name in self.__slots__))

    @classmethod
    def joined(cls, parts: list[Rows]) -> Rows:
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in cls.__slots__))

    @classmethod
    def of(cls, code: int, customer: Ints, time: Ints, **columns: Ints) -> Rows:
        blank = np.full(len(time), UNKNOWN, dtype=np.int64)
        rest = (columns.get(name, blank) for name in ("amount", "margin", "category", "order"))
        return cls(customer, np.full(len(time), code, dtype=np.int64), time, *rest)


def write(folder: Path, company: Company) -> Path:
    """The company's own folder in another; one that was made with the same numbers is kept as it is."""
    folder = folder / company.name
    made = folder / "company.json"
    if made.exists() and json.loads(made.read_text())["company"] == asdict(company):
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    blocks = folder / "blocks"
    blocks.mkdir(parents=True)
    for number, table in enumerate(_blocks(company)):
        pq.write_table(table, blocks / f"{number:05}.parquet", row_group_size=1 << 16)
    counts = _months(folder, blocks)
    shutil.rmtree(blocks)
    made.write_text(json.dumps({"company": asdict(company), "counts": counts}, indent=1))
    return folder


def arrivals(folder: Path, number: int, people: int = 1_000) -> pa.Table:
    """The `number`-th batch that arrives after the company was made: one to three events of each of `people` people."""
    company = Company(**json.loads((folder / "company.json").read_text())["company"])
    rng = np.random.default_rng([company.seed, 7, number])
    who = rng.choice(company.customers, size=min(people, company.customers), replace=False).astype(np.int64)
    customer = np.repeat(who, rng.integers(1, 4, len(who)))
    size = len(customer)
    time = END + number * 600 * SECOND + np.sort(rng.integers(0, 600 * SECOND, size))
    code = rng.choice([VISIT, ORDER, NPS, COST], size=size, p=[0.5, 0.35, 0.05, 0.1]).astype(np.int64)
    money = _cents(rng, 3.7, 0.8, size)
    rows = Rows(
        customer, code, time, np.where(code == NPS, rng.integers(0, 11, size), money), money // 3,
        rng.integers(0, len(CATEGORIES), size), np.arange(size) + number * 10_000 + (1 << 40),
    )  # fmt: skip
    table = _table(rows, time + SECOND, (1 << 40) + number * 10_000)
    with duckdb.connect() as connection:
        connection.register("block", table)
        found = connection.sql(f"SELECT {EVENT_COLUMNS} FROM block ORDER BY received_at, message_id")
        return found.to_arrow_table()


def _blocks(company: Company) -> Iterator[pa.Table]:
    done = 0
    for number, first in enumerate(range(0, company.customers, BLOCK)):
        people = min(BLOCK, company.customers - first)
        wanted = company.events * (first + people) // company.customers - done
        rng = np.random.default_rng([company.seed, number])
        rows = _people(rng, company, first, people, wanted)
        received = rows.time + (rng.exponential(20.0, wanted) * SECOND).astype(np.int64)
        late = rng.random(wanted) < 0.01
        received = np.where(late, received + (rng.exponential(2.0, wanted) * DAY).astype(np.int64), received)
        received = np.minimum(received, END + DAY)
        arrived = np.argsort(received, kind="stable")
        yield _table(rows.take(arrived), received[arrived], done)
        done += wanted


def _people(rng: np.random.Generator, company: Company, first: int, people: int, wanted: int) -> Rows:
    """Exactly `wanted` events of `people` people whose numbers begin with `first`."""
    busy = company.events / company.customers / 20  # the rates below make 20 events a person
    customer = np.arange(first, first + people, dtype=np.int64)
    founded = rng.random(people) < 0.4
    born = np.where(founded, rng.random(people) * 0.15, rng.random(people) * 0.97)
    born = START + (born * (END - START)).astype(np.int64)
    signed = rng.random(people) < 0.9
    delay = np.where(rng.random(people) < 0.15, 0, (rng.exponential(3.0, people) * DAY).astype(np.int64))
    signup = Rows.of(SIGNUP, customer[signed], (born + delay)[signed])
    orders = _orders(rng, company, customer, born + delay, busy)
    others = [signup, orders, *_after_orders(rng, orders), _opened(rng, customer, born, busy)]
    rest = Rows.joined(others)
    rest = rest.take(rest.time < END)
    if len(rest) > wanted:
        return rest.take(rng.permutation(len(rest))[:wanted])
    return Rows.joined([rest, _visits(rng, customer, born, orders, wanted - len(rest))])


def _orders(rng: np.random.Generator, company: Company, customer: Ints, ready: Ints, busy: float) -> Rows:
    """Orders by BG/NBD: waits are exponential at an own rate, and after each order some leave for good."""
    people = len(customer)
    rate = rng.gamma(0.9, 12.5 * busy / 365, people)  # orders a day while active
    leaves = rng.beta(0.7, 5.5, people)
    buys = rng.random(people) < 0.78
    at = ready + (rng.exponential(12.0, people) * DAY).astype(np.int64)
    alive = np.flatnonzero(buys & (at < END))
    who, when = [], []
    while len(alive):
        who.append(customer[alive])
        when.append(at[alive])
        stays = rng.random(len(alive)) >= leaves[alive]
        wait = np.minimum(rng.exponential(1.0, len(alive)) / np.maximum(rate[alive], 1e-6), 3_000)
        at[alive] += (wait * DAY).astype(np.int64) + 1
        alive = alive[stays & (at[alive] < END)]
    buyer, time = np.concatenate(who), np.concatenate(when)
    till = rng.random(len(time)) < company.till_share
    time = np.where(till, time - time % DAY, time)
    split = np.flatnonzero(rng.random(len(time)) < company.split_share)
    buyer, time = np.concatenate([buyer, buyer[split]]), np.concatenate([time, time[split]])
    size = len(time)
    revenue = _cents(rng, 3.7, 0.8, size)
    margin = (revenue * rng.uniform(0.12, 0.45, size)).astype(np.int64)
    margin[rng.random(size) < 0.01] = UNKNOWN
    category = np.minimum(rng.geometric(0.33, size) - 1 + buyer % 3, len(CATEGORIES) - 1)
    category[rng.random(size) < 0.01] = UNKNOWN
    number = np.arange(size) + int(customer[0]) * 1_000
    return Rows.of(ORDER, buyer, time, amount=revenue, margin=margin, category=category, order=number)


def _after_orders(rng: np.random.Generator, orders: Rows) -> list[Rows]:
    """Refunds, costs and answers that follow from orders."""
    size = len(orders)

    def days(mean: float) -> Ints:
        return (rng.exponential(mean, size) * DAY).astype(np.int64)

    refunded = rng.random(size) < 0.05
    share = np.where(rng.random(size) < 0.6, 1.0, rng.uniform(0.1, 0.9, size))
    returned = (orders.amount * share).astype(np.int64)
    refund = Rows.of(REFUND, orders.customer, orders.time + days(6.0), amount=returned, order=orders.order)
    difficult = 0.4 + (orders.customer * 2_654_435_761 % 1_000 / 1_000) ** 4 * 4  # some people cost more than others
    spent = (_cents(rng, 2.6, 0.7, size) * difficult).astype(np.int64) + 1
    kind = np.minimum(rng.integers(0, 12, size), 3)
    later = np.where(rng.random(size) < 0.5, 0, days(25.0))
    cost = Rows.of(COST, orders.customer, orders.time + later, amount=spent, category=kind)
    cost = cost.take(rng.random(size) < 0.17)
    mood = orders.customer * 40_503 % 11
    score = np.clip(np.round(mood * 0.7 + rng.normal(3.0, 1.8, size)), 0, 10).astype(np.int64)
    answered = rng.random(size) < 0.085
    times = orders.time + days(5.0)
    score[rng.random(size) < 0.01] = UNKNOWN
    nps = Rows.of(NPS, orders.customer, times, amount=score).take(answered)
    twice = rng.random(len(nps)) < 0.001
    again = Rows.of(NPS, nps.customer[twice], nps.time[twice], amount=rng.integers(0, 11, int(twice.sum())))
    csat = Rows.of(CSAT, orders.customer, times, amount=np.clip(score // 2, 1, 5)).take(rng.random(size) < 0.02)
    return [refund.take(refunded), cost, nps, again, csat]


def _opened(rng: np.random.Generator, customer: Ints, born: Ints, busy: float) -> Rows:
    times = rng.poisson(0.6 * busy, len(customer))
    who = np.repeat(customer, times)
    return Rows.of(OPENED, who, np.repeat(born, times) + (rng.exponential(120.0, len(who)) * DAY).astype(np.int64))


def _visits(rng: np.random.Generator, customer: Ints, born: Ints, orders: Rows, size: int) -> Rows:
    """`size` page views, from the first contact until some time after the last order."""
    until = born + (rng.exponential(60.0, len(customer)) * DAY).astype(np.int64)
    np.maximum.at(until, orders.customer - customer[0], orders.time + 30 * DAY)
    until = np.minimum(until, END - 1)
    known = (rng.random(len(customer)) < 0.96).nonzero()[0][:size]  # the others came in with a list
    keen = rng.gamma(0.7, 1.0, len(customer)) * (until - born + 20 * DAY)
    more = rng.multinomial(size - len(known), keen / keen.sum())
    who = np.repeat(np.arange(len(customer)), more)
    time = born[who] + (rng.random(len(who)) * (until - born)[who]).astype(np.int64)
    return Rows.of(VISIT, customer[np.concatenate([known, who])], np.concatenate([born[known], time]))


def _cents(rng: np.random.Generator, mean: float, sigma: float, size: int) -> Ints:
    """Amounts of money with a long tail, in cents."""
    return np.maximum(np.round(np.exp(rng.normal(mean, sigma, size)) * 100), 1).astype(np.int64)


def _table(rows: Rows, received: Ints, first: int) -> pa.Table:
    """The rows with their times of arrival; message ids look random and never repeat."""
    serial = (np.arange(first, first + len(rows), dtype=np.uint64) + 1) * np.uint64(0x9E3779B97F4A7C15)
    narrow = {"customer": rows.customer, "code": rows.code.astype(np.int8), "time": rows.time, "received": received}
    rest = {"amount": rows.amount, "margin": rows.margin, "category": rows.category.astype(np.int8)}
    return pa.table({"serial": serial, **narrow, **rest, "purchase": rows.order})


def _texts(texts: tuple[str, ...]) -> str:
    return "[" + ", ".join(f"'{text}'" for text in texts) + "]"


def _money(column: str) -> str:
    return f"({column} // 100)::VARCHAR || '.' || lpad(({column} % 100)::VARCHAR, 2, '0')"


EVENT_COLUMNS = f"""
    printf('%016x', serial) AS message_id,
    printf('cus_%08x', (customer + 1) * 2654435761 % 4294967296) AS customer_id,
    {_texts(NAMES)}[code + 1] AS name,
    make_timestamptz(time) AS time,
    make_timestamptz(received) AS received_at,
    CASE code
      WHEN {VISIT} THEN '{{"path": "/p/' || (time % 977)::VARCHAR || '"}}'
      WHEN {SIGNUP} THEN '{{"type": "web"}}'
      WHEN {ORDER} THEN '{{"order_id": "o' || purchase || '", "revenue": ' || {_money("amount")}
        || CASE WHEN margin < 0 THEN '' ELSE ', "margin": ' || {_money("margin")} END
        || CASE WHEN category < 0 THEN '' ELSE ', "category": "' || {_texts(CATEGORIES)}[category + 1] || '"' END
        || '}}'
      WHEN {REFUND} THEN '{{"order_id": "o' || purchase || '", "revenue": ' || {_money("amount")} || '}}'
      WHEN {COST} THEN '{{"kind": "' || ['return', 'message', 'service', 'delivery'][category + 1]
        || '", "amount": ' || {_money("amount")} || '}}'
      WHEN {NPS} THEN '{{"survey": "nps"' || CASE WHEN amount < 0 THEN '' ELSE ', "score": ' || amount END || '}}'
      WHEN {CSAT} THEN '{{"survey": "csat", "score": ' || amount || '}}'
      ELSE '{{"channel": "email"}}' END AS properties
"""


def _month(number: int) -> datetime:
    return datetime(2023 + number // 12, number % 12 + 1, 1, tzinfo=UTC)


def _microseconds(time: datetime) -> int:
    return int(time.timestamp()) * SECOND


def _months(folder: Path, blocks: Path) -> dict[str, int]:
    """The number of events under each name, after writing the blocks as one file a month, in order of arrival."""
    events = folder / "events"
    events.mkdir()
    with duckdb.connect(str(folder / "making.duckdb")) as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.execute(f"SET temp_directory = '{folder / 'spill'}'")
        source = f"read_parquet('{blocks}/*.parquet')"
        names = f"SELECT {_texts(NAMES)}[code + 1] AS name, count(*) FROM {source} GROUP BY 1 ORDER BY 2 DESC"
        counts = dict(connection.execute(names).fetchall())
        for number in range(25):
            begin, end = _month(number), _month(number + 1)
            arrived = f"received >= {_microseconds(begin)} AND received < {_microseconds(end)}"
            rows = f"SELECT * FROM {source} WHERE {arrived} ORDER BY received, serial"
            target = f"'{events / begin.strftime('%Y-%m')}.parquet' (FORMAT parquet, COMPRESSION zstd)"
            connection.execute(f"COPY (SELECT {EVENT_COLUMNS} FROM ({rows})) TO {target}")
    (folder / "making.duckdb").unlink()
    shutil.rmtree(folder / "spill", ignore_errors=True)
    return counts
