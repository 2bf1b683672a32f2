"""A small seeded sample company: the orders of a shop as invoice lines, its visits and its sign-ups.

    write_sample(folder, seed=1, end=date(2025, 6, 30))        # folder/order_lines.csv, folder/visits.csv

People differ as in the BG/NBD model (P. S. Fader, B. G. S. Hardie and K. L. Lee, Counting your customers the easy way,
Marketing Science 24, 2005, 275-284): while somebody is a customer, orders come at random at a rate of their own, drawn
from a gamma distribution, and after each they leave for good with a chance of their own, drawn from a beta
distribution. On top come seasons, returns, guests without a customer number, and people who only look. The same seed
gives the same files. Nothing here is fitted to a real company, and nothing but the shapes should be learned from it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random

ORDER_LINES, VISITS = "order_lines.csv", "visits.csv"
DAYS = 730
CUSTOMERS, LOOKERS = 2_400, 900

# gamma and beta: a typical customer orders every seven weeks and stays for five orders
_RATE_SHAPE, _RATE_SCALE = 1.1, 1 / 48
_LEAVE_A, _LEAVE_B = 0.9, 3.6
# how much of the trade of a good month a month has, January to December
_SEASON = (0.55, 0.6, 0.65, 0.7, 0.7, 0.65, 0.55, 0.55, 0.7, 0.8, 1.0, 1.0)
_MORNING = 6
_RETURNED, _GUESTS = 0.03, 0.02
_COUNTRIES = ("United Kingdom",) * 17 + ("Ireland", "Ireland", "France")
_PRODUCTS = (
    ("COF-HOUSE-250", "7.50"), ("COF-HOUSE-1000", "26.00"), ("COF-DECAF-250", "8.20"), ("COF-SINGLE-250", "10.90"),
    ("TEA-GREEN-100", "6.40"), ("TEA-BLACK-100", "5.20"), ("TEA-MINT-50", "4.10"), ("CUP-SMALL", "9.00"),
    ("CUP-LARGE", "11.50"), ("FILTER-100", "3.80"), ("GRINDER-HAND", "54.00"), ("PRESS-8", "32.50"),
    ("KETTLE-1L", "79.00"), ("SCALE", "24.90"), ("BISCUITS", "3.20"), ("CHOCOLATE-70", "4.60"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of an invoice; of a returned order with a `C` before its number and a quantity below zero."""

    order_no: str
    ordered_at: datetime
    customer_no: str
    product: str
    quantity: int
    unit_price: str
    country: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A visit to the shop's site, or a sign-up."""

    customer_no: str
    event: str
    at: datetime


def write_sample(folder: Path, *, seed: int, end: date) -> tuple[Path, Path]:
    """The two files that the sample company was written to, `end` being its last day."""
    lines, visits = sample_company(seed=seed, end=end)
    folder.mkdir(parents=True, exist_ok=True)
    paths = folder / ORDER_LINES, folder / VISITS
    with paths[0].open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["order_no", "ordered_at", "customer_no", "product", "quantity", "unit_price", "country"])
        for line in lines:
            writer.writerow(
                [
                    line.order_no,
                    line.ordered_at,
                    line.customer_no,
                    line.product,
                    line.quantity,
                    line.unit_price,
                    line.country,
                ]
            )
    with paths[1].open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["customer_no", "event", "at"])
        writer.writerows([visit.customer_no, visit.event, visit.at] for visit in visits)
    return paths


def sample_company(*, seed: int, end: date) -> tuple[list[Line], list[Visit]]:
    """The company's invoice lines and its visits, each in the order of time."""
    random = Random(seed)
    start = end - timedelta(days=DAYS)
    people = [_person(random, start, end) for _ in range(CUSTOMERS)]
    orders = sorted((at, number) for number, (times, _) in enumerate(people, 1) for at in times)
    lines: list[Line] = []
    homes = [random.choice(_COUNTRIES) for _ in people]
    for place, (at, number) in enumerate(orders):
        customer = "" if random.random() < _GUESTS else f"{number:05}"
        lines += _invoice(random, f"{20_001 + place}", at, customer, homes[number - 1], end)
    visits = [
        visit for number, (times, begun) in enumerate(people, 1) for visit in _visits(random, number, times, begun)
    ]
    for number in range(CUSTOMERS + 1, CUSTOMERS + LOOKERS + 1):
        begun = _moment(random, start + timedelta(days=random.randrange(DAYS)))
        visits += _looks(random, f"{number:05}", begun, end)
    lines.sort(key=lambda line: (line.ordered_at, line.order_no))
    return lines, sorted(visits, key=lambda visit: (visit.at, visit.customer_no, visit.event))


def _person(random: Random, start: date, end: date) -> tuple[list[datetime], datetime]:
    """When somebody ordered, and when they first came."""
    # more people come later: the shop grows
    begun = start + timedelta(days=int(DAYS * random.random() ** 0.75))
    rate = random.gammavariate(_RATE_SHAPE, _RATE_SCALE)
    leaves = random.betavariate(_LEAVE_A, _LEAVE_B)
    day = float((begun - start).days)
    times = [_moment(random, begun)]
    while random.random() >= leaves:
        # orders come at the rate of the best months, and are thinned by the season
        while (day := day + random.expovariate(rate)) < DAYS:
            if random.random() < _SEASON[(start + timedelta(days=int(day))).month - 1]:
                break
        if day >= DAYS:
            break
        times.append(_moment(random, start + timedelta(days=int(day))))
    return [at for at in times if at.date() <= end], times[0]


def _invoice(random: Random, number: str, at: datetime, customer: str, country: str, end: date) -> Iterator[Line]:
    basket = random.sample(_PRODUCTS, k=min(1 + int(random.expovariate(0.7)), 6))
    lines = [
        Line(order_no=number, ordered_at=at, customer_no=customer, product=product,
             quantity=1 + int(random.expovariate(1.1)), unit_price=price, country=country)
        for product, price in basket
    ]  # fmt: skip
    yield from lines
    back = at + timedelta(days=random.randint(2, 21), minutes=random.randint(0, 240))
    if random.random() < _RETURNED and back.date() <= end:
        line = random.choice(lines)
        yield Line(
            order_no=f"C{number}", ordered_at=back, customer_no=customer, product=line.product, quantity=-line.quantity,
            unit_price=line.unit_price, country=country,
        )  # fmt: skip


def _visits(random: Random, number: int, orders: list[datetime], begun: datetime) -> Iterator[Visit]:
    """The visits of a customer: some before the first order, one before each other, and the sign-up."""
    customer = f"{number:05}"
    for _ in range(random.randint(1, 4)):
        yield Visit(
            customer_no=customer, event="Page Viewed", at=_awake(begun - timedelta(minutes=random.randint(30, 20_000)))
        )
    yield Visit(customer_no=customer, event="Signed Up", at=begun - timedelta(minutes=random.randint(3, 25)))
    for at in orders[1:]:
        yield Visit(customer_no=customer, event="Page Viewed", at=at - timedelta(minutes=random.randint(2, 40)))


def _looks(random: Random, customer: str, begun: datetime, end: date) -> Iterator[Visit]:
    """The visits of somebody who has not bought: some sign up, most do not."""
    at = begun
    for _ in range(1 + int(random.expovariate(0.6))):
        if at.date() > end:
            return
        yield Visit(customer_no=customer, event="Page Viewed", at=at)
        at = _awake(at + timedelta(minutes=random.randint(5, 30_000)))
    if random.random() < 0.3 and at.date() <= end:
        yield Visit(customer_no=customer, event="Signed Up", at=at)


def _awake(at: datetime) -> datetime:
    """The moment, or in the evening before where it is night."""
    return at - timedelta(hours=8) if at.hour < _MORNING else at


def _moment(random: Random, day: date) -> datetime:
    """A moment of the day while people are awake."""
    return datetime.combine(day, time(8)) + timedelta(seconds=int(random.betavariate(2.2, 1.8) * 14 * 3600))
