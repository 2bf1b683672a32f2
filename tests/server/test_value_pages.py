"""What customers are worth in the browser: figures equal their lists, who sees whom, contacts on an action's form."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

As = Callable[..., Any]
PAGES = ("/value", "/value/won", "/value/won?by=channel", "/value/saving", "/value/unprofitable", "/value/products")


@pytest.fixture(scope="module")
def scored(site: Path) -> Iterator[Path]:
    """The site with a value, purchases and a chance to be lost of everybody who bought; taken out again at the end."""
    from tenure.predict.card import ModelCard
    from tenure.server import holding
    from tests.value.shop import put

    ws = holding.workspace()
    if ws.predictions.cards():
        # another test's stay as they are
        yield site
        return
    connection = ws._store.connection()
    now = ws.moment(None)
    bought = connection.execute(
        "SELECT u.id FROM units AS u JOIN events AS e ON e.customer = u.key WHERE e.name = 'Order Completed' "
        "GROUP BY u.id ORDER BY u.id"
    ).fetchall()
    ids = [one for (one,) in bought]
    put(ws, "clv", {one: 5.0 + 3 * place for place, one in enumerate(ids)}, as_of=now)
    put(ws, "purchases", {one: 0.1 + place % 7 for place, one in enumerate(ids)}, as_of=now)
    put(ws, "p_churn", {one: (place % 10) / 10 for place, one in enumerate(ids[: len(ids) // 2])}, as_of=now)
    for name, horizon in (("purchases", 365), ("churn", 90)):
        card = ModelCard(
            name=name, title=name, used="m", verdict="", lifecycle="classic", as_of=now, horizon=horizon,
            window=(0, now), held_out=30, people=1, came=1, judged_by=(), trials=(),
        )  # fmt: skip
        connection.execute("INSERT INTO model_cards VALUES (?, ?, ?, ?)", [name, now, now, card.to_json()])
    holding.changed()
    yield site
    for table in ("scores", "model_cards"):
        connection.execute(f"DELETE FROM {table}")
    holding.changed()


def told(client: Any, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.content[:500])
    return str(answer.content.decode())


def links(page: str) -> list[tuple[str, int]]:
    """The lists that a page leads to, each with the number that leads there."""
    found = re.findall(r'<a href="([^"]*/figures/value\?[^"]*)">([\d,]+)</a>', page)
    return [(html.unescape(address), int(number.replace(",", ""))) for address, number in found]


def people(client: Any, address: str) -> int:
    found = re.search(r"<strong>([\d,]+) (?:person|people)</strong>", told(client, address))
    assert found, address
    return int(found[1].replace(",", ""))


def test_every_number_of_people_is_a_list_of_as_many(scored: Path, as_: As):
    client = as_("analyst")
    for page in PAGES:
        shown = links(told(client, page))
        assert shown, page
        # the first, the last and one between
        for address, count in {shown[0], shown[len(shown) // 2], shown[-1]}:
            assert people(client, address) == count, address


def test_a_viewer_sees_figures_and_no_way_to_a_person(scored: Path, as_: As):
    client = as_("viewer")
    for page in PAGES:
        shown = told(client, page)
        assert "/figures/value" not in shown
        assert "@example" not in shown
    assert client.get("/figures/value?cell=saving").status_code == 403
    assert as_(None).get("/value").status_code == 302
    assert client.get("/value/none").status_code == 404


def test_a_list_of_value_can_be_acted_on_and_tells_what_contacts_are_worth(scored: Path, as_: As):
    client = as_("administrator")
    assert client.get("/figures/value?cell=tenth&first=11").status_code == 400
    listed = told(client, "/figures/value?cell=saving&lifecycle=classic")
    act = re.search(r'href="(/actions/new\?[^"]+)"', listed)
    assert act
    address = html.unescape(act[1])
    typed = {"name": "Keep them", "goal": "order", "days": "30", "share": "10", "do": "preview"}
    shown = client.post(address, {**typed, "cost": "2", "uplift": "20 %"}).content.decode()
    assert "a contact turns 20 % of the chances to be lost around" in shown
    assert "What a contact costs is not known" not in shown
    assumed = client.post(address, typed).content.decode()
    assert "Assumed, for no hold-out has measured it: a contact turns 10 %" in assumed
    assert client.post(address, {**typed, "uplift": "200"}).status_code == 400


def test_before_anything_is_predicted_it_says_what_to_do(site: Path, as_: As, monkeypatch: pytest.MonkeyPatch):
    from tenure.server.access import value

    monkeypatch.setattr(value, "predicted", lambda reader: False)
    assert "tenure predict --write" in told(as_("viewer"), "/value")


def test_the_pages_speak_german(scored: Path, as_: As):
    client = as_("analyst", headers={"Accept-Language": "de"})
    for page in PAGES:
        heading = re.search(r"<h1>([^<]+)</h1>", told(client, page))
        assert heading
        assert not {"is", "are", "do", "more"} & set(heading[1].lower().split())
