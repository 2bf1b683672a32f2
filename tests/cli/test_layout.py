"""Tables in narrow terminals: numbers are never cut, whatever else gives way."""

from __future__ import annotations

import csv
import io
import re
import shlex
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from tenure.cli.layout import GAP, Need, blocks, lines, told_apart
from tenure.cli.screen import Cell, Column, Screen
from tests.cli.conftest import Invoke

STAGES = 9
PEOPLE = 1_400


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory, invoke: Invoke) -> Path:
    """A workspace of many people in many stages, whose names are long and alike."""
    folder = tmp_path_factory.mktemp("narrow")
    random = Random(3)
    rows = ["order,customer,date,total"]
    for person in range(PEOPLE):
        day = date(2023, 1, 1)
        # all but a few have bought just once
        for _ in range(1 if person % 10 else random.randint(1, STAGES)):
            rows.append(f"{len(rows):05},c{person:04},{day},{random.randint(50_000, 900_000) / 100}")
            day += timedelta(days=random.randint(5, 60))
    (folder / "orders.csv").write_text("\n".join(rows), encoding="utf-8")
    shop = folder / "shop"
    invoke("init", shop, "--data", folder / "orders.csv")
    stages = "".join(f"  - customers_with_{n}: {{when: count(purchase) >= {n}}}\n" for n in range(1, STAGES + 1))
    (shop / "lifecycles" / "counted.yaml").write_text(f"lifecycle: counted\nstages:\n{stages}", encoding="utf-8")
    config = shop / "tenure.yaml"
    text = config.read_text(encoding="utf-8").replace("lifecycles: [classic]", "lifecycles: [counted, classic]")
    config.write_text(text, encoding="utf-8")
    invoke("-C", shop, "run")
    return shop


@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.parametrize(
    ("command", "numbers"),
    [
        ("population --since 2023-01-01", ("people",)),
        ("population --since 2023-01-01 --stage customers_with_1", ("before", "entries", "new", "exits", "people")),
        ("crosstab counted classic", ("people",)),
        ("crosstab classic counted", ("people",)),
        ("times", ("visits", "ended", "inside")),
        ("moves", ("moves", "people")),
        ("metric orders --since 2023-01-01", ("value",)),
        ("scorecard", ("value",)),
        ("stages", ("people",)),
    ],
)
def test_every_number_is_whole(
    command: str, numbers: tuple[str, ...], width: int, invoke: Invoke, crowd: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed = invoke("-C", crowd, *shlex.split(command), "--format", "csv").stdout
    # of the scorecard the counts of people; other metrics are rounded
    rows = [row for row in csv.DictReader(io.StringIO(printed)) if row.get("metric", "") in ("", "population")]
    found = [Decimal(row[name] or 0) for row in rows for name in numbers]
    wanted = Counter(f"{int(one):,}" for one in found if one)
    assert rows and any("," in one for one in wanted)
    monkeypatch.setenv("COLUMNS", str(width))
    shown = invoke("-C", crowd, *shlex.split(command)).stdout.split("\nNext: ")[0]
    assert max(map(len, shown.splitlines())) <= width
    assert not re.search(r"[\d,]…", shown.replace("customers_with_", "")), shown
    assert not wanted - Counter(shown.split()), shown


def test_a_table_that_does_not_fit_comes_in_blocks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    columns = [Column("Month"), *(Column(f"Stage {n}", right=True) for n in range(8))]
    rows: list[list[Cell]] = [["January", *["123,456"] * 8], ["February", *["7"] * 8]]
    with Screen.on(None) as screen:
        screen.table(columns, rows)
    page = capsys.readouterr().out
    assert page.count("123,456") == 8
    assert "…" not in page
    assert page.count("January") == page.count("Month") == 3
    assert "\n\nMonth" in page
    assert max(map(len, page.splitlines())) <= 40


def test_a_column_that_has_no_room_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    ages = range(20)
    with Screen.on(None) as screen:
        screen.table(
            [Column("Month"), *(Column(str(age), right=True, spare=True) for age in ages)],
            [["January", *["100 %"] * len(ages)]],
        )
    assert capsys.readouterr().out.endswith("No room for 4, 5, … 19: take a wider\nterminal, or --format csv.\n")


def test_a_number_wider_than_the_screen_is_whole(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    with Screen.on(None) as screen:
        screen.table([Column("Stage"), Column("Money", right=True)], [["loyalty", "9" * 60]])
    assert "9" * 60 in capsys.readouterr().out


def test_what_gives_way_first() -> None:
    name = Need.of("Stage", 30, long="cut")
    count = Need.of("Still inside", 6, right=True)
    assert blocks([name, count], None) == [[(0, 30), (1, 12)]]
    assert blocks([name, count], 44) == [[(0, 30), (1, 12)]]
    assert blocks([name, count], 38) == [[(0, 30), (1, 6)]], "a heading goes onto two lines before a name is cut"
    assert blocks([name, count], 25) == [[(0, 17), (1, 6)]]
    assert blocks([name, count], 20) == [[(0, 12), (1, 6)]]


@pytest.mark.parametrize("room", range(30, 120, 7))
def test_no_number_is_narrowed(room: int) -> None:
    random = Random(room)
    for _ in range(200):
        cells = [random.randint(1, 14) for _ in range(random.randint(1, 12))]
        needs = [
            Need.of("Name of it", 9, long="cut"),
            *(Need.of("n" * random.randint(1, 20), one, right=True) for one in cells),
        ]
        found = blocks(needs, room)
        assert sorted({place for block in found for place, _ in block}) == list(range(len(needs)))
        for block in found:
            assert block[0][0] == 0
            assert sum(width for _, width in block) + GAP * (len(block) - 1) <= max(room, 12 + GAP + 20)
            assert all(width >= cells[place - 1] for place, width in block if place)


def test_headings_that_are_cut_differ() -> None:
    assert told_apart(["acquisition", "acquainted", "loyalty"]) == 6
    assert told_apart(["acquisition", "loyalty"]) == 5
    assert told_apart(["then", "then"]) == 5
    assert lines("A quarter left", 9) == "A quarter\nleft"
    assert lines("acquisition", 6) == "acqui…"
