from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

from tenure.simulate import CUSTOMERS, DAYS, LOOKERS, sample_company, write_sample

END = date(2025, 6, 30)


def test_the_same_seed_gives_the_same_files(tmp_path: Path) -> None:
    first = write_sample(tmp_path / "a", seed=1, end=END)
    again = write_sample(tmp_path / "b", seed=1, end=END)
    other = write_sample(tmp_path / "c", seed=2, end=END)
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]
    assert first[0].read_bytes() != other[0].read_bytes()


def test_the_company_looks_like_one() -> None:
    lines, visits = sample_company(seed=1, end=END)
    sold = [line for line in lines if line.quantity > 0]
    returned = [line for line in lines if line.quantity < 0]
    assert len(sold) + len(returned) == len(lines)
    assert all(line.order_no.startswith("C") for line in returned)
    assert {line.order_no[1:] for line in returned} <= {line.order_no for line in sold}
    assert 0.01 < len({line.order_no for line in returned}) / len({line.order_no for line in sold}) < 0.05
    assert 0.005 < sum(not line.customer_no for line in sold) / len(sold) < 0.04

    orders = Counter({(line.customer_no, line.order_no): 1 for line in sold if line.customer_no})
    by_customer = Counter(customer for customer, _ in orders)
    assert 0.9 * CUSTOMERS < len(by_customer) <= CUSTOMERS
    once = sum(count == 1 for count in by_customer.values())
    assert 0.25 < once / len(by_customer) < 0.55
    # a few buy much more than the rest
    assert max(by_customer.values()) > 5 * sum(by_customer.values()) / len(by_customer)

    assert all((END - line.ordered_at.date()).days <= DAYS for line in lines)
    assert max(line.ordered_at for line in lines).date() <= END
    assert max(visit.at for visit in visits).date() <= END
    assert lines == sorted(lines, key=lambda line: line.ordered_at)
    lookers = {visit.customer_no for visit in visits} - set(by_customer)
    assert len(lookers) >= 0.9 * LOOKERS
    assert {visit.event for visit in visits} == {"Page Viewed", "Signed Up"}


def test_more_is_sold_before_christmas() -> None:
    lines, _ = sample_company(seed=1, end=END)
    months = Counter(month for month, _ in {(line.ordered_at.month, line.order_no) for line in lines})
    assert months[11] + months[12] > 1.2 * (months[1] + months[2])
