"""Sources as forms: what a form shows and changes, what it leaves as text, and who may."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tenure.documents import parse
from tenure.ingest.source import Source
from tests.server.reading import read

As = Callable[..., Any]
WRITTEN = """\
sources:
  # what the till wrote
  - name: till
    files: data/till.csv # every night
    event: Order Completed
    customer: client
    time: at
    properties: # of an order
      revenue: total # with taxes
      products: list(sku)
"""


@pytest.fixture
def kept(site: Path) -> Iterator[Path]:
    """tenure.yaml, which is after the test what it was before."""
    from tenure.server import holding

    file = site / "tenure.yaml"
    before = file.read_bytes()
    yield file
    if file.read_bytes() != before:
        file.write_bytes(before)
        holding.changed().roster.refresh()


@pytest.fixture
def till(site: Path, users: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, str]], str]:
    """What becomes of `WRITTEN` with some fields of its source changed."""
    from tenure.server.access import source_forms

    monkeypatch.setattr(source_forms, "_document", lambda: parse(WRITTEN, file="tenure.yaml"))
    return lambda fields: str(source_forms.with_source(users["administrator"], "till", fields)["tenure.yaml"])


def form_of(client: Any, address: str) -> dict[str, str]:
    """What the page's form would send."""
    form = next(read(client.get(address).content.decode()).all("form"))
    told = {one.said["name"]: one.said.get("value", "") for one in form.all("input")}
    told |= {one.said["name"]: "".join(map(str, one.parts)).removeprefix("\n") for one in form.all("textarea")}
    for one in form.all("select"):
        told[one.said["name"]] = next(
            (o.said.get("value", o.text) for o in one.all("option") if "selected" in o.said), ""
        )
    return told


def test_every_key_of_a_source_is_in_its_form(as_: As) -> None:
    shown = as_("administrator").get("/data/new/source").content.decode()
    for key in Source.model_fields:
        assert f'name="{key}"' in shown, key


@pytest.mark.parametrize("name", ["orders"])
def test_a_form_that_is_sent_as_it_is_changes_nothing(as_: As, kept: Path, name: str) -> None:
    client, before = as_("administrator"), kept.read_text()
    address = f"/data/sources/{name}/change"
    answer = client.post(address, {**form_of(client, address), "do": "apply"})
    assert answer.status_code == 400
    assert "Nothing is different" in answer.content.decode()
    assert kept.read_text() == before


@pytest.mark.parametrize(
    ("fields", "before", "after"),
    [
        ({"customer": "card"}, "customer: client", "customer: card"),
        ({"properties": "revenue: net\nproducts: list(sku)"}, "total # with taxes", "net # with taxes"),
        ({"properties": "revenue: total"}, "      products: list(sku)\n", ""),
        ({"files": "data/a.csv\r\ndata/b.csv"}, "data/till.csv #", "[data/a.csv, data/b.csv] #"),
        ({"files": " data/till.csv \r\n", "skip": "", "on_change": ""}, "x", "x"),
        ({"event": ""}, "    event: Order Completed\n", ""),
    ],
)
def test_only_what_differs_is_written(
    till: Callable[[dict[str, str]], str], fields: dict[str, str], before: str, after: str
) -> None:
    assert till(fields) == WRITTEN.replace(before, after)


def test_keys_that_are_new(till: Callable[[dict[str, str]], str]) -> None:
    text = till({"skip": "2", "where": "total > 0\nand client <> ''", "traits": "city: town", "on_change": "keep"})
    (source,) = parse(text, file="tenure.yaml").data["sources"]  # type: ignore[call-overload, index]
    assert (source["skip"], source["on_change"], source["traits"]) == (2, "keep", {"city": "town"})
    assert source["where"] == "total > 0\nand client <> ''"
    assert "# with taxes" in text


def test_what_a_form_cannot_hold_stays_as_text(
    as_: As, kept: Path, users: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tenure.errors import UsageError
    from tenure.server.access import source_forms

    odd = WRITTEN.replace("products: list(sku)", "products: |\n        list(\n        sku)")
    monkeypatch.setattr(source_forms, "_document", lambda: parse(odd, file="tenure.yaml"))
    shown = as_("administrator").get("/data/sources/till/change").content.decode()
    assert 'name="properties"' not in shown
    assert "This form cannot hold" in shown
    with pytest.raises(UsageError):
        source_forms.with_source(users["administrator"], "till", {"properties": "revenue: net"})
    assert "list(\n" in str(source_forms.with_source(users["administrator"], "till", {"id": "no"})["tenure.yaml"])


def test_a_source_is_made_changed_and_taken_out(as_: As, kept: Path) -> None:
    from tenure.server import holding
    from tenure.server.work.models import Change

    client, original = as_("administrator"), kept.read_text()
    new = {"name": "till", "files": "data/till.csv", "event": "Order Completed", "customer": "client", "time": "at",
           "properties": "revenue: total\nproducts: list(sku)"}  # fmt: skip
    preview = client.post("/data/new/source", {**new, "do": "preview"})
    assert "data/till.csv" in preview.content.decode(), "what would change is shown"
    assert kept.read_text() == original
    assert client.post("/data/new/source", {**new, "do": "apply"}).status_code == 302
    assert client.post("/data/new/source", {**new, "do": "apply"}).status_code == 400, "the name is taken"
    address = "/data/sources/till/change"
    form = form_of(client, address)
    assert form["properties"].split() == ["revenue:", "total", "products:", "list(sku)"]
    wrong = client.post(address, {**form, "timezone": "Europe/Londn", "do": "apply"})
    assert (wrong.status_code, "Europe/London" in wrong.content.decode()) == (400, True)
    answer = client.post(address, {**form, "timezone": "Europe/London", "do": "apply"})
    assert (answer.status_code, answer["Location"]) == (302, "/data/sources/till")
    (made,) = [one for one in holding.workspace().definitions.config.sources if one.name == "till"]
    assert (made.timezone, made.properties["products"]) == ("Europe/London", "list(sku)")
    stale = client.post(address, {**form, "time": "then", "do": "apply"})
    assert stale.status_code == 409, "it is another file than the form was made from"
    assert client.post(f"/changes/{Change.objects.latest('pk').pk}/undo").status_code == 302
    assert "Europe/London" not in kept.read_text().partition("name: till")[2]
    assert client.post(address, {"what": "remove", "do": "apply"})["Location"] == "/data"
    assert kept.read_text() == original
    assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    ("fields", "says"),
    [({"name": ""}, "needs a name"), ({"skip": "many"}, "whole number"), ({"traits": "city"}, "is no name with"),
     ({"traits": "a: b\na: c"}, "twice"), ({"customer": ""}, "whose events")],
)  # fmt: skip
def test_what_no_source_can_be(as_: As, kept: Path, fields: dict[str, str], says: str) -> None:
    told = {"name": "till", "files": "a.csv", "event": "E", "customer": "c", "time": "t", **fields, "do": "apply"}
    answer = as_("administrator").post("/data/new/source", told)
    assert answer.status_code == 400
    assert says in answer.content.decode()


def test_only_administrators_change_sources(as_: As, kept: Path) -> None:
    before = kept.read_text()
    for role in ("viewer", "agent", "analyst", "marketer"):
        client = as_(role)
        assert client.get("/data/new/source").status_code == 403
        assert client.post("/data/sources/orders/change", {"event": "E", "do": "apply"}).status_code == 403
        assert "/data/new/source" not in client.get("/data").content.decode()
    assert kept.read_text() == before
