"""The pages in another language: every text is in the catalogue, and the language is the user's or the browser's."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.server.reading import read

As = Callable[..., Any]
LOCALES = Path(__file__).parents[2] / "tenure" / "server" / "locale"
GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}
PAGES = (
    "/today?whose=all", "/overview", "/forecast", "/stages/classic/at_risk", "/people", "/accounts", "/renewals",
    "/feedback?days=3650", "/actions", "/actions/new?in.classic=lapsed", "/metrics", "/cohorts", "/journeys",
    "/journeys?show=rfm", "/channels", "/notes", "/definitions", "/definitions/classic", "/changes", "/data",
    "/data/upload", "/data/new/source", "/access", "/access/log", "/me", "/lists/moved?lifecycle=classic",
    "/account/login/",
)  # fmt: skip


@pytest.fixture(scope="module")
def messages() -> Any:
    """The script that keeps the catalogues."""
    spec = importlib.util.spec_from_file_location("messages", Path("scripts/messages.py"))
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


@pytest.fixture
def missing(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The texts that were asked for in German and are in no catalogue."""
    from django.utils import translation
    from django.utils.translation import trans_real

    found: set[str] = set()
    ask, ask_plural = trans_real.gettext, trans_real.ngettext

    def held(text: object) -> bool:
        return any(text in one for one in trans_real.translation("de")._catalog._catalogs)

    def gettext(text: str) -> str:
        if translation.get_language() == "de" and text and not held(text):
            found.add(text)
        return ask(text)

    def ngettext(one: str, many: str, count: int) -> str:
        if translation.get_language() == "de" and not held((one, 0)):
            found.add(one)
        return ask_plural(one, many, count)

    monkeypatch.setattr(translation._trans, "gettext", gettext)
    monkeypatch.setattr(translation._trans, "ngettext", ngettext)
    return found


@pytest.mark.parametrize("language", sorted(one.name for one in LOCALES.iterdir()))
def test_catalogues_are_whole_and_compiled(messages: Any, language: str) -> None:
    source = LOCALES / language / "LC_MESSAGES" / "django.po"
    catalogue = messages.read(source)
    assert len(catalogue) > 1_000
    assert [text for text, told in catalogue if not all(told)] == []
    assert source.with_suffix(".mo").read_bytes() == messages.compiled(catalogue), "run scripts/messages.py"


def test_every_text_of_the_main_pages_is_translated(as_: As, missing: set[str]) -> None:
    client = as_("administrator")
    for address in PAGES:
        answer = client.get(address, headers=GERMAN, follow=True)
        assert answer.status_code in (200, 202), address
        text = answer.content.decode()
        assert '<html lang="de"' in text, address
        for one in read(text).all():
            if "load" in one.said.get("hx-trigger", "") and "hx-get" in one.said:
                client.get(one.said["hx-get"], headers={**GERMAN, "HX-Request": "true"})
    assert missing == set(), "run scripts/messages.py, and translate what is new"


def test_numbers_are_written_as_the_language_does(as_: As) -> None:
    from tenure.server import holding

    client = as_("administrator")
    people = sum(one.people for one in holding.workspace().roster.stages("classic"))
    english, german = (client.get("/people", headers={"Accept-Language": one}).content.decode() for one in ("en", "de"))
    assert f"<strong>{people:,} people</strong>" in english
    assert f"<strong>{f'{people:,}'.replace(',', '.')} Personen</strong>" in german


def test_a_chosen_language_goes_before_that_of_the_browser(as_: As) -> None:
    client = as_("agent")
    assert '<html lang="de"' in client.get("/me", headers=GERMAN).content.decode()
    client.post("/me", {"name": "", "language": "en"})
    assert '<html lang="en"' in client.get("/me", headers=GERMAN).content.decode()
    client.post("/me", {"name": "", "language": "xx"})
    assert '<html lang="de"' in client.get("/me", headers=GERMAN).content.decode(), "there is no such language"


@pytest.mark.parametrize(
    ("language", "text", "number"),
    [
        ("en", "1,234.5", "1234.5"), ("en", "0.3", "0.3"), ("en", "0,3", "0.3"), ("en", "1,234", "1234"),
        ("de", "1.234,5", "1234.5"), ("de", "0,3", "0.3"), ("de", "0.3", "0.3"), ("de", "1.234", "1234"),
        ("de", "1 234", "1234"), ("en", "1e5", None), ("en", "much", None), ("en", "NaN", None), ("en", ".", None),
    ],
)  # fmt: skip
def test_numbers_are_read_as_people_type_them(site: Path, language: str, text: str, number: str | None) -> None:
    from decimal import Decimal

    from django.utils.translation import override

    from tenure.server.words import typed

    with override(language):
        assert typed(text) == (None if number is None else Decimal(number))


def test_charts_speak_the_language_of_whoever_looks(as_: As) -> None:
    client, address = as_("analyst"), "/stages/classic/at_risk/charts"
    english, german = (client.get(address, headers={"Accept-Language": one}).content.decode() for one in ("en", "de"))
    assert ("left · came" in english, "gingen · kamen" in german) == (True, True)
    assert "left · came" not in german
