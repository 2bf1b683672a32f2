"""The fold of identities: who is one customer, whatever came first, and what takes a merge back."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.warehouse.identity import DEFAULT, Folded, Link, Rules, fold
from tenure.warehouse.identity.fold import How

from .told import Told, companies, links_of

RULES = (
    DEFAULT, Rules(merge_on=("email",)), Rules(alias=False), Rules(merge_on=("anonymous", "email")),
    Rules(limits={"user": 1, "anonymous": 1, "email": 1}), Rules(shared_by=1),
)  # fmt: skip


def of(told: Sequence[Told], rules: Rules = DEFAULT) -> Folded:
    return fold(links_of(told), rules)


def customers(folded: Folded) -> dict[str, str]:
    return {node: one.customer for node, one in folded.customers.items()}


def people(folded: Folded) -> set[frozenset[str]]:
    """The ids of each customer, whatever they are called by."""
    by_name: dict[str, set[str]] = {}
    for node, one in folded.customers.items():
        by_name.setdefault(one.customer, set()).add(node)
    return {frozenset(ids) for ids in by_name.values()}


@given(companies, st.sampled_from(RULES), st.randoms(use_true_random=False))
def test_the_order_of_arrival_and_what_comes_twice_change_nothing(
    told: list[Told], rules: Rules, draw: random.Random
) -> None:
    links = links_of(told)
    again = [*links, *draw.choices(links, k=3)] if links else []
    draw.shuffle(again)
    assert fold(again, rules) == fold(links, rules)


@given(companies, st.sampled_from(RULES))
def test_limits_hold_and_what_says_nothing_joins_nobody(told: list[Told], rules: Rules) -> None:
    folded = of([one for one in told if not one.hand], rules)
    for ids in people(folded):
        kinds = [folded.customers[node].kind for node in ids]
        assert all(kinds.count(kind) <= rules.limit(kind) for kind in {*kinds} - {"id"})
        assert len(ids) == 1 or not any(rules.blocks(node.partition(":")[2]) for node in ids)
        assert len(ids) == 1 or not ids & folded.shared


@given(companies)
def test_users_are_one_only_where_somebody_says_so(told: list[Told]) -> None:
    said = [one for one in told if not one.previous and not one.undone]
    for ids in people(of(said)):
        assert len([node for node in ids if node.startswith("id:u")]) <= 1


merges = st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef")), max_size=8)


@given(merges, st.data())
def test_merging_is_associative_and_commutative_in_its_result(
    pairs: list[tuple[str, str]], data: st.DataObject
) -> None:
    told = [Told(time=n, user=one, previous=other) for n, (one, other) in enumerate(pairs) if one != other]
    mixed = data.draw(st.permutations(told))
    turned = [
        Told(time=n, user=one.previous, previous=one.user) if data.draw(st.booleans())
        else Told(time=n, user=one.user, previous=one.previous)
        for n, one in enumerate(mixed)
    ]  # fmt: skip
    assert people(of(turned)) == people(of(told))


@given(companies, st.sampled_from(("u1", "u2")))
def test_a_merge_that_is_undone_leaves_what_was_before(told: list[Told], user: str) -> None:
    other = "u3"
    nodes = f"id:{user}", f"id:{other}"
    before = [
        one for one in told if {one.user, one.previous} != {user, other} and one.undone not in (nodes, nodes[::-1])
    ]
    both = [*before, Told(time=3, user=user), Told(time=3, user=other)]
    merge = Told(time=20, user=user, previous=other, hand=True)
    undo = Told(time=21, user=user, undone=nodes)
    known = {*links_of([*both, merge])}
    if of([*both, merge]).merges and known:
        assert {k: v for k, v in customers(of([*both, merge, undo])).items() if k in customers(of(both))} == customers(
            of(both)
        )
        assert of([*both, merge, undo, Told(time=22, user=user, previous=other, hand=True)]).merges


def test_visitors_belong_to_the_first_who_is_known_on_them() -> None:
    told = [Told(time=5, user="bob", visitor="v"), Told(time=3, user="ann", visitor="v"), Told(time=1, visitor="v")]
    folded = of(told)
    assert customers(folded) == {"id:ann": "id:ann", "id:v": "id:ann", "id:bob": "id:bob"}
    assert [(one.link.first, one.reason, one.detail) for one in folded.refused] == [("id:bob", "taken", "id:ann")]
    assert folded.customers["id:v"].time == 3 and folded.customers["id:v"].why == "named"


def test_who_is_known_by_a_mail_alone_joins_the_user_who_has_it() -> None:
    told = [
        Told(time=1, visitor="v", email="ann@x.org"), Told(time=2, user="ann@x.org"),
        Told(time=9, user="17", email="ann@x.org"),
    ]  # fmt: skip
    assert set(customers(of(told)).values()) == {"id:17"}
    two = [*told, Told(time=10, user="18", email="ann@x.org")]
    assert customers(of(two))["id:18"] == "id:18" and of(two).refused[0].detail == "id:17"
    merged = of(two, Rules(merge_on=("email",)))
    assert set(customers(merged).values()) == {"id:17"}
    assert [(one.kept, one.gone, one.rule) for one in merged.merges if one.kept == "id:17"][-1] == (
        "id:17",
        "id:18",
        True,
    )


@pytest.mark.parametrize("value", ["null", "NULL ", "0000", "", "00000000-0000-0000-0000-000000000000", "Test@x.org"])
def test_values_that_say_nothing(value: str) -> None:
    assert DEFAULT.blocks(value) and not DEFAULT.blocks(f"x1{value}")


def test_aliases_are_refused_where_rules_say_so_and_hands_are_not() -> None:
    told = [Told(time=1, user="a", previous="b"), Told(time=2, user="a", previous="c", hand=True)]
    folded = of(told, Rules(alias=False))
    assert customers(folded) == {"id:a": "id:a", "id:b": "id:b", "id:c": "id:a"}
    assert folded.refused[0].reason == "no alias"


def test_an_id_that_too_many_name_is_nobodys() -> None:
    told = [Told(time=n, user=f"u{n}", visitor="kiosk") for n in range(4)]
    assert customers(of(told, Rules(shared_by=3)))["id:kiosk"] == "id:kiosk"
    assert customers(of(told[:3], Rules(shared_by=3)))["id:kiosk"] == "id:u0"


def test_what_links_say() -> None:
    assert {link.how for link in links_of([Told(time=1, user="u", visitor="v")])} <= set(get_args(How))
    assert Link(first="a", second="b", how="named", known=True, time=1, message_id="m").pair == {"a", "b"}
