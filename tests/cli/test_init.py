from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Invoke


def test_a_new_workspace_works_at_once(tmp_path: Path, invoke: Invoke) -> None:
    shop = tmp_path / "my shop"
    shown = invoke("init", shop).stdout
    assert "tenure.yaml" in shown and "tenure run" in shown
    config = (shop / "tenure.yaml").read_text(encoding="utf-8")
    assert 'name: "my shop"\n' in config and "{" not in config.replace("{name}", "")
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
