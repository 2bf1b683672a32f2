"""Whatever users write into names, texts and ids stays text: no SQL comes of it, and the answers are the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from tenure.errors import DefinitionError, TenureError
from tenure.expressions import parse_value
from tenure.expressions.names import quoted
from tenure.lifecycle.explain import explain
from tenure.lifecycle.forecast import forecast
from tenure.lifecycle.moves.people import Who, people_who
from tenure.lifecycle.moves.scope import Scope
from tenure.lifecycle.plan import plan
from tenure.lifecycle.population import Worth, population
from tenure.lifecycle.printed import lifecycle_sql
from tenure.lifecycle.refresh import applied
from tenure.lifecycle.tell import due_people, history_rows
from tenure.warehouse.schema import TABLES

from ..oracle.evaluate import DAY, Event
from ..oracle.logs import START
from . import shop
from .harness import Engine, as_yaml, defined

NASTY = [
    *(
        "'",
        "''",
        '"',
        '""',
        "`",
        "\\",
        "\\'",
        "\\\\",
        ";",
        "--",
        "/*",
        "*/",
        "/* x */ --",
        "$$",
        "$x$",
        "$1",
        "?",
        ":x",
    ),
    *(
        "%",
        "%s",
        "{}",
        "{0}",
        "#",
        "*",
        "$.*",
        "a.b",
        "a[0]",
        "[]",
        "~1",
        "/",
        "0",
        "-1",
        "NULL",
        "null",
        "true",
        "select",
    ),
    *("count(order)", "=", "=x", "'); DROP TABLE events; --", "x'); DROP TABLE events; --", "' OR '1'='1"),
    *("1; DELETE FROM units", '"; DROP TABLE units; --', "$$; DROP TABLE events; $$", "\\'; DROP TABLE events; --"),
    *("' || (SELECT 1) || '", "\N{FULLWIDTH APOSTROPHE}; --", "‘’“”", "Größe", "日本語", "😀", "e\u0301", "\u202e"),
    *("\u2028", "\ufeff", "\x7f", "\t", "a\nb", "a\r\nb", "x\n; DROP TABLE events; --", " ", "  x  ", "x" * 60),
    *("C:\\new\\table", "measures", "stage_codes WHERE 1=1", "lifecycles", "unit", "CASE WHEN 1=1 THEN 0 END"),
]

NAMES = (
    "Order Completed", "Page Viewed", "amount", "gold", "tier", "high", "firm", "reach", "buyer", "regular", "silent",
    "inside", "ada", "bob", "ACME",
)  # fmt: skip

quiet = settings(
    deadline=None, database=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck)
)


def scenario(name: Mapping[str, str]) -> tuple[list[dict[str, object]], list[Event]]:
    """A shop with two customers and a firm, in which each thing is called as `name` says."""
    order, view, amount, gold, tier, high = (name[tame] for tame in NAMES[:6])
    firm, reach, buyer, regular, silent, inside, ada, bob, acme = (name[tame] for tame in NAMES[6:])
    events = {
        "order": {"event": order, "value": amount},
        "view": {
            "event": [view],
            "where": f"event[{quoted(amount)}] == {quoted(gold)} or event[{quoted(firm)}] is None",
        },
    }
    main = [
        {reach: {"when": "count(view) >= 1", "means": gold, "title": high}},
        {
            buyer: {
                "when": f"count(event[{quoted(order)}]) >= 1 and not trait[{quoted(tier)}] == {quoted(high)}",
                "title": "B",
            }
        },
        {
            regular: {
                "when": f"last(view[{quoted(amount)}]) in ({quoted(gold)}, 'nothing') and was({quoted(buyer)})",
                "title": "C",
            }
        },
        {silent: {"when": "since(order) >= days(4)", "side": True, "title": "D"}},
    ]
    definitions: list[dict[str, object]] = [
        {"lifecycle": "store", "events": events, "stages": main},
        {"lifecycle": "firms", "unit": firm, "events": events, "stages": main[:2]},
        {
            "lifecycle": "team",
            "events": events,
            "stages": [{inside: {"when": f"stage('store') == {quoted(buyer)}", "title": "E"}}],
        },
    ]

    def event(place: int, day: int, called: str, customer: str, **facts: Any) -> Event:
        time = START + day * DAY
        return Event(message_id=f"{gold}{place}", name=called, time=time, received_at=time, customer=customer, **facts)

    log = [
        event(0, 0, view, ada, properties={amount: gold}),
        event(1, 1, order, ada, properties={amount: 5, firm: acme}),
        event(2, 2, view, ada, properties={amount: gold, firm: acme}),
        event(3, 1, "Identified", bob, traits={tier: high}),
        event(4, 2, order, bob, properties={amount: "7", firm: acme}),
        event(5, 3, view, bob, properties={firm: acme, amount: high}),
        event(6, 4, "Stage Set", bob, properties={"lifecycle": "store", "stage": buyer}),
    ]
    return definitions, log


def answers(name: Mapping[str, str]) -> list[object]:
    """Everything that the engine says of the scenario."""
    definitions, log = scenario(name)
    told: list[object] = []
    with Engine() as engine:
        engine.arrive(log[:4])
        lifecycles = defined(definitions)
        engine.refresh(lifecycles, as_of=START + 3 * DAY)
        engine.arrive(log[4:])
        engine.refresh(lifecycles, as_of=START + 5 * DAY)
        told += engine.stored()
        told.append(len(engine.computed(lifecycles, as_of=START + 5 * DAY, known_at=START + 2 * DAY)))
        worth = parse_value(f"sum(order[{quoted(name['amount'])}]) + last(view[{quoted(name['amount'])}])")
        money = Worth(value=worth, events=lifecycles[0].events)
        altered = [{**definitions[0], "stages": definitions[0]["stages"][:2]}, *definitions[1:]]  # type: ignore[index]
        with engine.store.transaction() as connection:
            held = applied(connection)
            for one in lifecycles:
                at = {"money": money, "as_of": START + 5 * DAY}
                told += [asdict(move) for move in forecast(connection, one, held[one.name], days=90, **at)]
                told += due_people(connection, one, held[one.name], days=90, **at).to_pylist()
                told += history_rows(connection, [(one, held[one.name])], customer=name["ada"]).to_pylist()
                moments = {"moment": START + 4 * DAY, "now": START + 5 * DAY}
                counts = population(connection, one, held[one.name], money=money, **moments)
                told += [asdict(count) for count in counts]
                stage = held[one.name].stages[0]
                scope = Scope(lifecycle=one, held=held[one.name], money=money, now=START + 5 * DAY)
                told += people_who(connection, scope, Who(stage=stage), moment=START + 4 * DAY).to_pylist()
                units = [name["ACME"]] if one.name == "firms" else [name["ada"], name["bob"]]
                told += [
                    asdict(explain(connection, lifecycles, held, one.name, unit, at=START + 5 * DAY)) for unit in units
                ]
                for query_engine in ("duckdb", "spark"):
                    assert lifecycle_sql(connection, lifecycles, one.name, engine=query_engine)
            told.append(asdict(plan(connection, defined(altered), held, **at)))
        assert {
            table
            for (table,) in engine.connection.execute(
                "SELECT table_name FROM duckdb_tables() WHERE NOT temporary"
            ).fetchall()
        } == set(TABLES)
        told.append(engine.connection.execute("SELECT count(*), count(DISTINCT customer) FROM events").fetchall())
    return told


def renamed(told: object, name: Mapping[str, str]) -> object:
    """The same with other names: in keys, in values, and in texts of conditions no further than here needed."""
    match told:
        case dict():
            return {key: renamed(value, name) for key, value in told.items() if key not in TEXTS}
        case list() | tuple():
            return [renamed(value, name) for value in told]
        case str():
            return name.get(told, told)
        case _ if hasattr(told, "__dataclass_fields__"):
            return renamed(asdict(told), name)  # type: ignore[call-overload]
        case _:
            return told


# they quote names inside a longer text
TEXTS = {"condition", "words", "measures", "properties", "if_events", "events"}
TAME = {name: name for name in NAMES}


@cache
def expected() -> list[object]:
    return answers(TAME)


def sorted_rows(told: object) -> list[str]:
    """Rows come sorted by names, so that other names bring another order."""
    assert isinstance(told, list)
    return sorted(json.dumps(one, default=str, sort_keys=True) for one in told)


def called(names: list[str]) -> dict[str, str]:
    """The names for things; no stage can be blank, and texts that are values are no numbers, which count as such."""
    found = dict(zip(NAMES, names, strict=True))
    return {
        tame: name if name.strip() and not name.strip("+-").isdigit() else f"{name}!" for tame, name in found.items()
    }


def same_under(name: Mapping[str, str]) -> None:
    got = sorted_rows(renamed(answers(name), TAME))
    assert got == sorted_rows(renamed(expected(), name))


def test_the_scenario_says_much():
    stages = {row.stage for row in expected() if hasattr(row, "stage")}
    assert stages == {"reach", "buyer", "regular", "silent", "inside"}


@pytest.mark.parametrize("part", range(0, len(NASTY), len(NAMES)))
def test_nothing_comes_of_what_attackers_write(part: int):
    names = (NASTY[part:] + NASTY)[: len(NAMES)]
    same_under(called(names))


ANY_NAMES = st.lists(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20),
    min_size=len(NAMES),
    max_size=len(NAMES),
    unique=True,
)


@pytest.mark.parametrize("examples", [3, pytest.param(40, marks=pytest.mark.slow)])
def test_nothing_comes_of_any_text(examples: int):
    @settings(quiet, max_examples=examples)
    @given(ANY_NAMES)
    def check(names: list[str]) -> None:
        assume(not {*names} & {"clear", "none", "Stage Set", "Identified"})
        same_under(called(names))

    check()


# --- through the front door ------------------------------------------------------------------------------------------

# ids are read without the blanks around them
IDS = [text.strip(" ") for text in NASTY if text.strip() and text not in ("null", "NULL")]


def attacked(folder: Path) -> Path:
    """A workspace in which everything that has a name is called like an attack."""
    segments = {name: f"count(order) >= {place % 3 + 1}" for place, name in enumerate(IDS)}
    source = {
        "name": "x'); DROP TABLE events; --", "files": "data/*.csv", "event_column": "event", "customer": "customer",
        "time": "time", "id": "id", "properties": {"$.\"; --": "amount", "'": "amount", "revenue": "amount"},
        "traits": {"'; DROP TABLE units; --": "staff"},
    }  # fmt: skip
    settings = {
        "name": "'; --", "lifecycles": ["classic"], "segments": segments, "sources": [source],
        "events": {"order": {"event": ["'; SELECT 1; --"], "value": "$.\"; --"}},
        "exclude": "trait[\"'; DROP TABLE units; --\"] == \"'; DROP TABLE facts; --\"", "money": "sum(order[\"'\"])",
    }  # fmt: skip
    (folder / "data").mkdir(parents=True)
    (folder / "tenure.yaml").write_text(as_yaml(settings), encoding="utf-8")
    rows = [
        shop.Line(f"{customer}{order}", "'; SELECT 1; --", customer, shop.OPENED, Decimal(place), staff=staff)
        for place, customer in enumerate(IDS)
        for staff in ["'; DROP TABLE facts; --" if place == 3 else "no"]
        for order in range(place % 4)
    ]
    shop.write(folder, rows, name="x'); DROP TABLE events; --")
    return folder


def test_a_workspace_that_is_nothing_but_attacks_works(tmp_path: Path):
    with shop.opened(attacked(tmp_path / "x'; DROP TABLE events; --")) as workspace:
        (report,), _ = workspace.run()
        orders = {customer: place % 4 for place, customer in enumerate(IDS) if place % 4}
        assert (report.read, report.loaded) == (sum(orders.values()), sum(orders.values()))
        orders.pop(IDS[3])
        assert workspace.excluded == 1
        for place, name in list(enumerate(IDS))[::4]:
            inside = {customer for customer, count in orders.items() if count >= place % 3 + 1}
            told = workspace.people(name, stage=name).to_pylist()
            assert {row["customer_id"] for row in told} == inside
            assert all(row["money"] == orders[row["customer_id"]] * IDS.index(row["customer_id"]) for row in told)
            assert [count.people for count in workspace.stages(name)] == [len(inside), len(orders) - len(inside)]
        name = IDS[-1]
        for customer in list(orders)[::3]:
            (row,) = workspace.history(IDS[0], customer=customer).to_pylist()
            assert (row["customer_id"], row["lifecycle"]) == (customer, IDS[0])
            assert workspace.explain(customer, name).stage == (name if orders[customer] > (len(IDS) - 1) % 3 else None)
        assert workspace.plan().changes_nothing
        assert workspace.forecast(name, days=9) == () and workspace.due(name, days=9).num_rows == 0
        for engine in ("duckdb", "spark"):
            assert workspace.sql(name, engine=engine)
        for text in NASTY[::6]:
            for ask in (
                lambda text=text: workspace.stages(name, at=text),
                lambda text=text: workspace.history(text + "?"),
                lambda text=text: workspace.history(name, as_of=text),
                lambda text=text: workspace.history(name, known_at=text),
                lambda text=text: workspace.people(name, stage=text + "?"),
                lambda text=text: workspace.people(name, previous=text + "?"),
                lambda text=text: workspace.explain(text + "?", name),
                lambda text=text: workspace.sql(name, engine=text),
                lambda text=text: workspace.load(only=[text + "?"]),
            ):
                with pytest.raises(TenureError):
                    ask()
            assert workspace.history(name, customer=text + "?").num_rows == 0
        assert workspace.checkup().events == report.loaded


@pytest.mark.parametrize("name", ["store'; --", 'x"', "a b", "1x", "größe", "", "x" * 65, "a;b", "a\nb"])
def test_a_lifecycle_is_called_by_a_plain_name(name: str):
    with pytest.raises(DefinitionError):
        defined([{"lifecycle": name, "events": {}, "stages": [{"a": {"otherwise": True}}]}])


def test_a_character_that_ends_texts_elsewhere_is_refused_in_conditions_and_ends_nothing():
    """NUL cannot stand in a condition; in a name or an id it is a character like others."""
    with pytest.raises(DefinitionError, match=r"U\+0000"):
        defined([{"lifecycle": "store", "stages": [{"a": {"when": "trait.x == 'a\0b'"}}]}])
    same_under({**TAME, "Page Viewed": "a\0b", "reach": "\0'", "ada": "\0", "bob": "\0'; --", "ACME": "\0\0"})


@pytest.mark.parametrize("where", ["amount >", "amount = 5", "1; DROP TABLE events", "count(order) > 1", "x == 'a\0'"])
def test_what_an_event_must_meet_is_checked_where_it_stands(where: str):
    written = {"order": {"event": "Order Completed", "where": where}}
    with pytest.raises(DefinitionError) as raised:
        defined([{"lifecycle": "store", "events": written, "stages": [{"a": {"when": "count(order) >= 1"}}]}])
    (problem,) = raised.value.problems
    assert (problem.file, problem.line) == ("store.yaml", 1)
