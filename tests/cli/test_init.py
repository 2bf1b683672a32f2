from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import tenure
from tenure.lifecycle.library.trades import TRADES
from tests.cli.conftest import ROOT, Invoke
from tests.cli.test_lifecycles import orders


def test_a_new_workspace_works_at_once(tmp_path: Path, invoke: Invoke) -> None:
    shop = tmp_path / "my shop"
    shown = invoke("init", shop).stdout
    assert "tenure.yaml" in shown and "tenure run" in shown
    config = (shop / "tenure.yaml").read_text(encoding="utf-8")
    assert 'name: "my shop"\n' in config
    assert not re.search(r"\{\w+\}", config), "every gap is filled"
    assert "purchase: {event: Order Completed, value: revenue}\n" in config
    definition = (shop / "lifecycles" / "classic.yaml").read_text(encoding="utf-8")
    assert "# Not fitted: there was no data when the workspace was made; 90 and 180 days are the defaults" in definition
    assert "It is made for goods, in a shop. With `--sells`" in " ".join(shown.split())
    assert "51      51      51" in invoke("-C", shop, "run").stdout
    shown = invoke("-C", shop, "stages").stdout
    for stage in ("Conversion", "Retention", "Loyalty", "Reactivated", "At risk", "Lapsed"):
        assert f"{stage} " in shown
    assert "16" in shown
    assert "Nothing to look at." in invoke("-C", shop, "doctor").stdout
    assert "best" in invoke("-C", shop, "people", "-l", "best").stdout


def test_names_that_yaml_would_read_otherwise(tmp_path: Path, invoke: Invoke) -> None:
    for name in ("12", "no: yes", "#1 'shop'", "läden"):
        invoke("init", tmp_path / name)
        assert invoke("-C", tmp_path / name, "doctor").stdout.startswith(f"{name}\n")


def test_nothing_is_overwritten(tmp_path: Path, invoke: Invoke) -> None:
    (tmp_path / "tenure.yaml").write_text("mine")
    assert "There is a" in invoke("init", tmp_path, code=2).stderr
    assert (tmp_path / "tenure.yaml").read_text() == "mine"
    assert not (tmp_path / "data").exists()
    other = tmp_path / "other"
    (other / "data").mkdir(parents=True)
    (other / "data" / "example.csv").write_text("mine")
    invoke("init", other, code=2)
    assert not (other / "tenure.yaml").exists()


def test_into_the_present_folder(tmp_path: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "Next: tenure run" in invoke("init", ".").stdout


def test_a_lifecycle_of_the_library(tmp_path: Path, invoke: Invoke) -> None:
    assert "Did you mean 'classic'?" in invoke("init", tmp_path / "a", "--lifecycle", "clasic", code=2).stderr
    assert not (tmp_path / "a").exists()
    invoke("init", tmp_path / "a", "--lifecycle", "classic")
    assert "lifecycles: [classic]\n" in (tmp_path / "a" / "tenure.yaml").read_text(encoding="utf-8")


def test_a_folder_that_cannot_be_made(tmp_path: Path, invoke: Invoke) -> None:
    (tmp_path / "file").write_text("")
    assert "cannot be written" in invoke("init", tmp_path / "file" / "shop", code=1).stderr


@pytest.mark.parametrize("trade", TRADES)
def test_every_trade_gets_a_workspace_that_works(tmp_path: Path, invoke: Invoke, trade: str) -> None:
    folder = tmp_path / trade
    assert "It is made for" not in invoke("init", folder, "--sells", trade).stdout
    with tenure.open(folder) as ws:
        ws.run()
        lifecycle = ws.lifecycle()
        assert lifecycle.name == TRADES[trade].offered[0]
        assert lifecycle.events["purchase"].events == TRADES[trade].purchase
        stages = {stage.name for stage in lifecycle.stages}
        assert set(TRADES[trade].added) <= stages
        people = {one.stage: one.people for one in ws.stages()}
        assert people.pop(None) == 0
        assert sum(people.values()) == 16
        assert not ws.definitions.warnings


@pytest.mark.parametrize("name", ["conversion-three", "service", "pirate", "retirement"])
def test_any_lifecycle_of_the_library_can_be_taken(tmp_path: Path, invoke: Invoke, name: str) -> None:
    invoke("init", tmp_path / "a", "--lifecycle", name, *([] if name == "service" else ["--add", "dissatisfied"]))
    assert f"lifecycles: [{name}]\n" in (tmp_path / "a" / "tenure.yaml").read_text(encoding="utf-8")
    with tenure.open(tmp_path / "a") as ws:
        stages = [stage.name for stage in ws.lifecycle(name).stages]
    assert ("dissatisfied" in stages) == (name != "service")


def test_a_stage_that_the_lifecycle_cannot_take_is_refused(tmp_path: Path, invoke: Invoke) -> None:
    told = invoke("init", tmp_path / "a", "--lifecycle", "service", "--add", "at_risk", code=2).stderr
    assert "service takes no stage 'at_risk'" in told
    assert "It can take: none." in told
    assert not (tmp_path / "a").exists()
    # one that it has is not refused
    invoke("init", tmp_path / "b", "--lifecycle", "classic", "--add", "at_risk")


def test_a_file_of_purchases_to_begin_with(tmp_path: Path, invoke: Invoke) -> None:
    shop = tmp_path / "shop"
    told = " ".join(invoke("init", shop, "--sells", "shop", "--data", orders(tmp_path)).stdout.split())
    assert "three in four do so within" in told
    assert not (shop / "data").exists()
    invoke("-C", shop, "run")
    with tenure.open(shop) as ws:
        assert ws.lifecycle().windows["at_risk"] < 90
        assert {one.stage for one in ws.stages() if one.people} >= {"at_risk", "lapsed"}


def test_what_goes_wrong_leaves_nothing_behind(tmp_path: Path, invoke: Invoke) -> None:
    (tmp_path / "two.csv").write_text("customer,amount\n" + "".join(f"{n % 5},{n}.5\n" for n in range(30)))
    assert "does not show when" in invoke("init", tmp_path / "shop", "--data", tmp_path / "two.csv", code=1).stderr
    assert not (tmp_path / "shop").exists()
    for wrong in (("--sells", "shops"), ("--add", "laps"), ("--lifecycle", "clasic")):
        assert "Did you mean" in invoke("init", tmp_path / "shop", *wrong, code=2).stderr
    assert not (tmp_path / "shop").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(
    ("answers", "lifecycle", "purchase"),
    [
        (["6", "2"], "commerce", "Order Completed"),
        (["what", "subscription", "saas"], "saas", "[Subscription Started, Subscription Renewed]"),
        (["", "all", "zzz", "buyers-journey"], "buyers-journey", "Order Completed"),
    ],
)
def test_a_terminal_is_asked(tmp_path: Path, answers: list[str], lifecycle: str, purchase: str) -> None:
    import pty

    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "tenure.cli", "init", "shop"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "80"}
    with subprocess.Popen(command, cwd=tmp_path, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as asked:
        os.close(theirs)
        os.write(ours, "".join(f"{answer}\n" for answer in answers).encode())
        told = b""
        try:
            while part := os.read(ours, 4096):
                told += part
        except OSError:
            # the other end is closed
            pass
        assert asked.wait(60) == 0, told.decode()
    os.close(ours)
    page = told.decode()
    assert "What do you sell?" in page
    assert "Which lifecycle? These fit:" in page
    assert page.count("There is no") == sum(answer in ("what", "zzz") for answer in answers)
    config = (tmp_path / "shop" / "tenure.yaml").read_text(encoding="utf-8")
    assert f"lifecycles: [{lifecycle}]\n" in config
    assert f"purchase: {{event: {purchase}," in config
