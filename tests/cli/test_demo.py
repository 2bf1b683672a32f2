from __future__ import annotations

import csv
import io
import re
from contextlib import chdir
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from typer.testing import CliRunner, Result

from tenure.cli import demo as demo_command
from tenure.cli.commands import app
from tenure.cli.demo_screen import histogram
from tenure.lifecycle.rhythm import Rhythm

SHARED = Path(__file__).parents[3] / "shared" / "data"
assert demo_command  # registers itself


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def listed(command: str, folder: Path) -> int:
    """How many rows a command of the findings gives, typed in a folder."""
    with chdir(folder):
        found = run(*command.split()[1:], "--format", "csv")
    assert found.exit_code == 0, found.output
    return len(list(csv.reader(io.StringIO(found.stdout)))) - 1


def findings(page: str) -> list[tuple[str, str]]:
    """The sentences of a page, each with its command."""
    found = re.findall(r"^\d\. (.*?)\n   (tenure -C [^\n]+)$", page, re.MULTILINE | re.DOTALL)
    return [(" ".join(sentence.split()), command) for sentence, command in found]


def table(page: str) -> list[str]:
    """The lines of the stages."""
    return re.findall(r"^(?:Conversion|Retention|Loyalty|Reactivated|At risk|Lapsed|All) .*$", page, re.MULTILINE)


def orders(folder: Path, *, people: int = 90, repeats: int = 6) -> Path:
    """A small shop: few lines, decimal commas, some returns, some guests."""
    random, start = Random(3), datetime.fromisoformat("2023-01-01T10:00")
    rows = ["bestellnr;kunde;datum;menge;preis"]
    for person in range(people):
        at = start + timedelta(days=random.randrange(200))
        for _ in range(random.randint(1, repeats)):
            number, customer = f"{len(rows):05}", "" if random.random() < 0.05 else f"k{person:03}"
            sign = "-" if random.random() < 0.05 else ""
            rows += [
                f"{number};{customer};{at:%d.%m.%Y %H:%M};{sign}{n + 1};{random.randint(1, 40)},50" for n in range(2)
            ]
            at += timedelta(days=1 + int(random.expovariate(1 / 40)))
    path = folder / "bestellungen.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("shop")
    orders(folder)
    with chdir(folder):
        found = run("demo", "--no-serve", "--data", "bestellungen.csv", "--into", "ws")
    assert found.exit_code == 0, found.output
    return folder / "ws", found.stdout


def test_it_says_what_it_understood(shop: tuple[Path, str]) -> None:
    _, page = shop
    flat = " ".join(page.split())
    assert "customer kunde, time datum, invoice bestellnr, amount menge × preis" in flat
    assert re.search(r"\d+ lines → \d+ orders of \d+ people, \d+ Jan 2023 to \d+ \w+ 20\d\d, [\d,.]+", flat)
    assert re.search(r"\d+ cancelled lines \(menge below zero\) → \d+ refunds? of", flat)
    assert re.search(r"\d+ lines without a customer", flat)
    assert "read as day before month" in flat
    for heading in ("Days from one order to the next", "Where they are", "What stands out", "Go on"):
        assert f"\n{heading}\n" in page
    assert max(map(len, page.splitlines())) <= 80


def test_every_finding_counts_what_its_command_lists(shop: tuple[Path, str]) -> None:
    folder, page = shop
    found = findings(page)
    assert found
    for sentence, command in found:
        count = int(sentence.split()[0].replace(",", ""))
        assert listed(command, folder.parent) == count, sentence


def test_the_workspace_is_whole_and_has_the_fitted_windows(shop: tuple[Path, str]) -> None:
    folder, page = shop
    windows = re.search(r"three in four do so within (\d+) days and nine in ten\s+within (\d+)", page)
    assert windows
    definition = (folder / "lifecycles" / "classic.yaml").read_text()
    assert f"since(purchase) >= days({windows[1]})" in definition
    assert f"since(purchase) >= days({windows[2]})" in definition
    assert windows[0].split()[-1] in definition
    assert sorted(path.name for path in folder.iterdir()) == [
        ".tenure", "lifecycles", "report.html", "tenure.yaml",
    ]  # fmt: skip
    again = run("-C", folder, "run")
    assert again.exit_code == 0, again.output
    planned = run("-C", folder, "plan")
    assert planned.exit_code == 0, planned.output


def test_somebodys_folder_is_never_overwritten(shop: tuple[Path, str], tmp_path: Path) -> None:
    folder, _ = shop
    before = (folder / "tenure.yaml").read_bytes()
    found = run("demo", "--no-serve", "--data", orders(tmp_path), "--into", folder)
    assert found.exit_code == 2
    assert "is there already" in found.stderr
    assert (folder / "tenure.yaml").read_bytes() == before


def test_without_a_name_the_next_free_folder_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first, `tenure-demo`, is what the README opens."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tenure-demo").mkdir()
    (tmp_path / "tenure-demo" / "mine").write_text("mine")
    found = run("demo", "--no-serve", "--data", orders(tmp_path))
    assert "the folder tenure-demo-2;" in " ".join(found.stdout.split())
    assert (tmp_path / "tenure-demo-2" / "tenure.yaml").exists()
    assert [path.name for path in (tmp_path / "tenure-demo").iterdir()] == ["mine"]


@pytest.mark.parametrize(
    ("arguments", "message", "code"),
    [
        (("--data", "absent.csv"), "There is no file", 2),
        (("--data", "two.csv"), "does not show when (time)", 1),
        (("--data", "binary.csv"), "is a binary file", 1),
        (("--data", "empty.csv"), "is empty", 1),
        (("--customer", "kunde"), "--data FILE", 2),
        (("--data", "two.csv", "--time", "amount"), "cannot be the time", 2),
        (("--data", "nobody.csv"), "No order of nobody.csv could be read: no customer (3)", 1),
    ],
)
def test_what_goes_wrong_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], message: str, code: int
) -> None:
    (tmp_path / "two.csv").write_text("customer,amount\n" + "".join(f"{n % 5},{n}.5\n" for n in range(30)))
    (tmp_path / "binary.csv").write_bytes(bytes(range(256)) * 9)
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "nobody.csv").write_text(
        "customer,date,amount,quantity\n"
        + "".join(f"c{n},2023-01-0{1 + n},5,-1\n" for n in range(4))
        + "".join(f",2023-01-0{1 + n},5,1\n" for n in range(3))
    )
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    found = run("demo", "--no-serve", *arguments)
    assert found.exit_code == code, found.output
    assert message in " ".join(found.stderr.split())
    assert "Traceback" not in found.stderr
    assert sorted(tmp_path.iterdir()) == before


def test_too_few_returns_keep_the_default_windows(tmp_path: Path) -> None:
    found = run("demo", "--no-serve", "--data", orders(tmp_path, people=20, repeats=2), "--into", tmp_path / "ws")
    assert found.exit_code == 0, found.output
    assert "90 and 180 days are the defaults" in " ".join(found.stdout.split())
    assert "since(purchase) >= days(180)" in (tmp_path / "ws" / "lifecycles" / "classic.yaml").read_text()


def test_a_row_of_2099_makes_nobody_lost(shop: tuple[Path, str], tmp_path: Path) -> None:
    data = orders(tmp_path)
    data.write_text(f"{data.read_text()}\n99999;k001;01.01.2099 10:00;1;5,00\n")
    found = run("demo", "--no-serve", "--data", data, "--into", tmp_path / "ws")
    assert found.exit_code == 0, found.output
    assert "taken for mis-dated" in " ".join(found.stdout.split())
    assert "as_of: 202" in (tmp_path / "ws" / "tenure.yaml").read_text()
    assert table(found.stdout) == table(shop[1])


def test_the_simulated_shop(tmp_path: Path) -> None:
    found = run("demo", "--no-serve", "--into", tmp_path / "ws")
    assert found.exit_code == 0, found.output
    flat = " ".join(found.stdout.split())
    assert "nobody in it is real" in flat
    assert len(findings(found.stdout)) == 3
    for sentence, command in findings(found.stdout):
        assert listed(command, tmp_path) == int(sentence.split()[0].replace(",", "")), sentence
    assert "<h1>Simulated shop</h1>" in (tmp_path / "ws" / "report.html").read_text()
    assert "tenure demo --data FILE" in flat
    for stage in ("Reach", "Acquisition", "Conversion", "Retention", "Loyalty", "Reactivated", "At risk", "Lapsed"):
        people = re.search(rf"^{stage} +([\d,]+)", found.stdout, re.MULTILINE)
        assert people, stage
        assert int(people[1].replace(",", "")) > 20, stage


@pytest.mark.parametrize("width", [60, 80, 100])
@pytest.mark.parametrize(("at_risk", "lapsed"), [(1, 2), (7, 30), (83, 174), (200, 201), (400, 900)])
def test_the_histogram_fits_and_marks_both_windows(width: int, at_risk: int, lapsed: int) -> None:
    random = Random(1)
    counts = [0] + [random.randrange(500) for _ in range(1000)]
    rhythm = Rhythm(at_risk=at_risk, lapsed=lapsed, intervals=sum(counts), histogram=tuple(counts))
    lines = [line.plain for line in histogram(rhythm, width)]
    assert max(map(len, lines)) <= width
    marks = " ".join(lines)
    assert f"{at_risk} at risk" in marks
    assert f"{lapsed} lapsed" in marks


@pytest.mark.skipif(not SHARED.exists(), reason="the data sets are not there")
def test_online_retail(tmp_path: Path) -> None:
    with chdir(tmp_path):
        found = run("demo", "--no-serve", "--data", SHARED / "online_retail" / "online_retail.parquet")
    assert found.exit_code == 0, found.output
    flat = " ".join(found.stdout.split())
    assert "397,924 lines → 18,536 orders of 4,339 people, 1 Dec 2010 to 9 Dec 2011, £8,911,407.90" in flat
    assert "8,905 cancelled lines (Quantity below zero) → 3,654 refunds of £611,342.09" in flat
    assert "135,080 lines without a customer" in flat
    assert "within 83 days and nine in ten within 174" in flat
    for sentence, command in findings(found.stdout):
        assert listed(command, tmp_path) == int(sentence.split()[0].replace(",", "")), sentence


def test_lines_that_cannot_be_read_are_left_out_once(tmp_path: Path) -> None:
    data = orders(tmp_path)
    data.write_text(f"{data.read_text()}\n99998;k001;01.03.2023 10:00\n99999;k001;no day at all;1;5,00\n")
    found = run("demo", "--no-serve", "--data", data, "--into", tmp_path / "ws")
    assert found.exit_code == 0, found.output
    flat = " ".join(found.stdout.split())
    assert "1 line: 3 columns where the header has 5" in flat
    assert "1 line: time cannot be worked out" in flat
