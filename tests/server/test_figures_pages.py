"""Metrics, cohorts, journeys and channels in the browser: the figures, what is missing, who sees whom, and targets."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

As = Callable[..., Any]
PARTS = ("/metrics/list/keys", "/metrics/list/scorecard", "/metrics/list/alerts")
PAGES = ("/metrics", "/metrics/orders", "/cohorts", "/journeys", "/channels")


@pytest.fixture(autouse=True)
def patient(site: Path) -> Iterator[None]:
    """A page may take its time on a busy machine."""
    from django.conf import settings
    from django.test import override_settings

    with override_settings(ENVIRONMENT=settings.ENVIRONMENT.model_copy(update={"page_seconds": 120})):
        yield


@pytest.fixture
def kept(site: Path) -> Iterator[Path]:
    """The workspace, whose file of targets is after the test what it was before."""
    path = site / "targets.yaml"
    before = path.read_bytes() if path.exists() else None
    yield site
    if before is None:
        path.unlink(missing_ok=True)
    else:
        path.write_bytes(before)
    from tenure.server import holding

    holding.changed()


def ws() -> Any:
    from tenure.server import holding

    return holding.workspace()


def part(client: Any, address: str) -> str:
    """A part of a page, once it is worked out."""
    for _ in range(120):
        answer = client.get(address, headers={"HX-Request": "true"})
        assert answer.status_code == 200, (address, answer.content[:500])
        told: str = answer.content.decode()
        if 'class="turning"' not in told and "Working it out" not in told:
            return told
        time.sleep(0.2)
    raise AssertionError(f"{address} is never worked out")


def words(told: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", told)))


def links(told: str, begin: str) -> list[str]:
    return [html.unescape(one) for one in re.findall(r'href="([^"]+)"', told) if html.unescape(one).startswith(begin)]


def people(client: Any, address: str) -> int:
    """How many the list of an address says that it has."""
    told = part(client, address)
    found = re.search(r"<strong>([\d,]+) (?:person|people|times?)</strong>", told)
    assert found, words(told)[:400]
    return int(found[1].replace(",", ""))


def test_every_role_sees_figures_and_a_stranger_nothing(as_: As) -> None:
    for role in ("viewer", "agent"):
        client = as_(role)
        for address in PAGES:
            assert client.get(address).status_code == 200, address
    for address in (*PAGES, *PARTS, "/metrics/orders/why", "/figures/rfm?cell=champion"):
        assert as_(None).get(address).status_code == 302, address


def test_what_is_forged_is_not_there(as_: As) -> None:
    client = as_("analyst")
    for address in ("/metrics/nothing", "/metrics/nothing/trend", "/metrics/nothing/target", "/metrics?lifecycle=x",
                    "/journeys?stage=nowhere", "/journeys?segment=nobody", "/journeys?show=paths&to=event:Nothing",
                    "/channels?what=stage:nowhere", "/figures/nobody", "/figures/part?metric=nothing"):  # fmt: skip
        assert client.get(address).status_code == 404, address
    for address in ("/metrics/orders/split?split=email", "/metrics/orders/why?from=1", "/cohorts?what=nothing",
                    "/cohorts?first=nothing", "/figures/rfm?cell=nobody",
                    "/figures/cohort?cell=1999-01&by=first+purchase", "/figures/path",
                    "/figures/path?to=stage:conversion&step=Nothing", "/figures/path?from=stage:conversion&walked=1",
                    "/metrics?period=never"):  # fmt: skip
        assert client.get(address).status_code == 400, address


def test_the_figures_of_a_metric_are_those_of_the_workspace(as_: As) -> None:
    from tenure.wording import figure

    told = words(part(as_("viewer"), "/metrics/orders/trend"))
    points = ws().metrics.points(["orders"], lifecycle="classic")
    assert len(points) > 6
    for one in points:
        assert f"{one.period} {figure(one.value, 'count', None)}" in told
    by_channel = words(part(as_("viewer"), "/metrics/orders/split?split=channel"))
    last = points[-1].period
    for one in ws().metrics.points(["orders"], by="channel", lifecycle="classic"):
        if one.period == last:
            assert re.search(rf"{one.part or 'not known'} {figure(one.value, 'count', None, short=True)}\b", by_channel)


def test_breakdowns_never_name_anybody(as_: As) -> None:
    from tenure.server.access.figures import group_traits

    assert "country" in group_traits()
    assert not {"email", "name", "first_name", "last_name", "phone"} & set(group_traits())


def test_key_metrics_and_the_scorecard_are_those_of_the_workspace(as_: As) -> None:
    from tenure.wording import figure

    client = as_("administrator")
    keys = words(part(client, "/metrics/list/keys?by=quarter&period=2025-Q1"))
    for one in ws().targets.judged(ws().targets.key_metrics, period="quarter", at="2025-03-31"):
        if not one.lacks:
            assert f"{one.title} {figure(one.value, one.unit, ws().definitions.config.currency, short=True)}" in keys
    told = part(client, "/metrics/list/scorecard?by=quarter&period=2025-Q1")
    card = ws().targets.scorecard(period="quarter", at="2025-03-31")
    for stage in card.stages:
        for name, what in (("inflow", f"to={stage.stage.name}"), ("outflow", f"from={stage.stage.name}")):
            count = int(stage.figures[name].value)
            opened = [
                one for one in links(told, "/lists/moved") if what in one and one.count("from=") + one.count("to=") == 1
            ]
            assert bool(opened) == bool(count)
            if opened:
                moves = client.get(opened[0]).content.decode()
                assert re.search(rf"<strong>{count:,} moves?</strong>", moves)


def test_a_metric_without_data_says_what_it_needs(as_: As) -> None:
    client = as_("viewer")
    lacking = next(one for one in ws().metrics.catalogue() if one.lacks)
    needs = lacking.lacks.removeprefix("no data: needs ").replace("`", "")
    assert needs in words(client.get("/metrics?data=lacking").content.decode())
    told = words(client.get(f"/metrics/{lacking.metric.name}").content.decode())
    assert "There is no data for it." in told
    assert lacking.lacks.removeprefix("no data: ").split()[1].strip("`") in told


def test_the_catalogue_is_searched(as_: As) -> None:
    client = as_("viewer")
    every = ws().metrics.catalogue()
    assert f"{len(every)} metrics" in words(client.get("/metrics").content.decode())
    found = part(client, "/metrics/list/catalogue?q=churn")
    assert "/metrics/customer_retention_rate" not in found
    assert "churn" in found
    assert "There is no such metric" in part(client, "/metrics/list/catalogue?q=zebra")
    assert links(part(client, "/metrics/list/catalogue?phase=advocacy"), "/metrics/") == [
        f"/metrics/{one.metric.name}" for one in every if one.metric.phase == "advocacy"
    ]


def test_why_a_metric_changed_names_people_only_to_who_may_see_them(as_: As) -> None:
    address = "/metrics/orders/why?from=2025-04&to=2025-05&split=country"
    shown, seen = part(as_("viewer"), address), part(as_("agent"), address)
    found = ws().why.metric("orders", since="2025-04", until="2025-05", lifecycle="classic")
    assert f"{found.before} → {found.after}" in words(shown)
    assert "/figures/part" not in shown
    assert "/people/" not in shown
    assert found.behind is None or "Who is behind" not in shown
    country = next(one for one in found.breakdowns if one.dimension == "country")
    opened = links(seen, "/figures/part")
    assert len(opened) == min(len(country.parts), 12)
    name = country.parts[0].part
    mine = next(one for one in opened if f"cell={name}" in one)
    rows = ws().why.people("orders", "country", name, since="2025-04", until="2025-05", lifecycle="classic")
    assert people(as_("agent"), mine) == rows.num_rows


def test_the_query_of_a_metric_is_told(as_: As) -> None:
    told = html.unescape(part(as_("viewer"), "/metrics/orders/sql"))
    assert ws().metrics.sql("orders", lifecycle="classic") in told


def test_cohorts_open_lists_of_exactly_their_people(as_: As) -> None:
    client = as_("agent")
    for what, by in (("retention", "purchase"), ("kept", "event"), ("reached:loyalty", "conversion")):
        told = part(client, f"/cohorts?{urlencode({'what': what, 'first': by, 'show': 'number', 'unit': 'quarter'})}")
        cells = ws().cohorts.table(what, by=f"first {by}", unit="quarter", count=9)
        # the numbers of notes stand behind the period
        assert re.search(rf"{cells[0].cohort.name}( \([\d–, ]+\))? {cells[0].people:,}", words(told))
        for cell in cells:
            if cell.cohort is None or not cell.value:
                continue
            opened = [
                one for one in links(told, "/figures/cohort") if one.endswith(f"cell={cell.cohort.name}&age={cell.age}")
            ]
            assert len(opened) == 1
            rows = ws().cohorts.people(cell.cohort.name, what, age=cell.age, by=f"first {by}", unit="quarter")
            assert rows.num_rows == cell.value
        assert people(client, opened[0]) == rows.num_rows
        whole = ws().cohorts.people(cells[0].cohort.name, what, by=f"first {by}", unit="quarter")
        assert whole.num_rows == cells[0].people


def test_cohorts_mark_what_is_not_complete(as_: As) -> None:
    told = part(as_("viewer"), "/cohorts?what=revenue")
    cells = ws().cohorts.table("revenue", count=13)
    assert told.count(" soon") == sum(not one.complete and one.share is not None for one in cells)
    assert "/figures/cohort" not in told


def test_the_rfm_map_opens_lists_of_exactly_its_people(as_: As) -> None:
    client = as_("agent")
    told = part(client, "/journeys?show=rfm")
    cells = ws().journeys.rfm()
    best = max({one.name for one in cells}, key=lambda name: sum(one.people for one in cells if one.name == name))
    count = sum(one.people for one in cells if one.name == best)
    address = next(one for one in links(told, "/figures/rfm") if one.endswith(f"cell={best}"))
    assert people(client, address) == count == ws().journeys.rfm_people(best).num_rows
    fields = [one for one in links(told, "/figures/rfm") if re.search(r"cell=\d-\d$", one)]
    sizes: dict[str, int] = {}
    for one in cells:
        at = f"{one.recency}-{(one.frequency + one.monetary + 1) // 2}"
        sizes[at] = sizes.get(at, 0) + one.people
    assert {one[-3:] for one in fields} == set(sizes)
    assert people(client, fields[0]) == sizes[fields[0][-3:]]
    assert "/figures/rfm" not in part(as_("viewer"), "/journeys?show=rfm")


def test_steps_paths_and_the_map_are_those_of_the_workspace(as_: As) -> None:
    client = as_("agent")
    told = part(client, "/journeys")
    step = ws().journeys.follows("classic")[0]
    address = links(told, "/figures/follow")[0]
    assert f"{step.source or '(begin)'} {step.target or '(end)'} {step.times:,}" in words(told)
    assert people(client, address) == step.times
    ways = words(part(client, "/journeys?show=paths&to=stage:conversion"))
    path = ws().journeys.paths("classic", to="stage:conversion")[0]
    assert f"Of {path.of:,} people" in ways
    cell = ws().journeys.map("classic")[0]
    assert f"{cell.touchpoint} {cell.events:,} {cell.people:,}" in words(part(client, "/journeys?show=map"))


def test_paths_open_lists_of_exactly_their_people(as_: As) -> None:
    client = as_("agent")
    found = ws().journeys.paths("classic", to="stage:conversion", days=30)
    addresses = links(part(client, "/journeys?show=paths&to=stage:conversion&days=30"), "/figures/path")
    counts = [number for one in found for number in (one.people, one.walked) if number]
    assert len(addresses) == len(counts)
    assert [people(client, one) for one in addresses[:4]] == counts[:4]
    after = ws().journeys.paths("classic", start="stage:conversion", days=30)
    shown = part(client, "/journeys?show=paths&from=stage:conversion&days=30")
    addresses = links(shown, "/figures/path")
    assert [people(client, one) for one in addresses[:3]] == [one.people for one in after[:3]]
    back = links(part(client, addresses[0]), "/journeys")
    assert "/journeys?show=paths&lifecycle=classic&from=stage%3Aconversion&days=30" in back
    assert "/figures/path" not in part(as_("viewer"), "/journeys?show=paths")


def test_personas_open_their_people_or_say_why_there_are_none(as_: As) -> None:
    client = as_("agent")
    found = ws().journeys.personas("classic", k=2)
    told = part(client, "/journeys?show=personas&k=2")
    assert people(client, links(told, "/figures/persona")[0]) == found.personas[0].people
    alone = ws().journeys.personas("classic")
    assert alone.personas or alone.reason in words(part(client, "/journeys?show=personas"))


def test_credits_of_channels_are_those_of_the_workspace(as_: As) -> None:
    told = words(part(as_("viewer"), "/channels?what=event:Order+Completed"))
    found = ws().journeys.attribution("Order Completed", "classic")
    one = found.channels[0]
    assert f"{one.channel} {one.touches:,} {float(one.credits['first']):,.1f}" in told
    assert "What did each cost?" in told
    by_stage = words(part(as_("viewer"), "/channels?what=stage:retention"))
    assert f"{ws().journeys.attribution(stage='retention').conversions} times" in by_stage


def test_people_behind_figures_are_for_who_may_see_them(as_: As) -> None:
    address = "/figures/rfm?cell=champion"
    assert as_("viewer").get(address).status_code == 403
    assert as_("agent").get(f"{address}&as=csv").status_code == 403
    people(as_("analyst"), address)
    taken = as_("analyst").get(f"{address}&as=csv")
    rows = b"".join(taken.streaming_content).decode().strip().splitlines()
    assert len(rows) == 1 + ws().journeys.rfm_people("champion").num_rows
    from tenure.server.accounts.models import AuditEntry

    assert AuditEntry.objects.filter(did="took out a list", who="analyst").exists()


def target_form(client: Any, name: str) -> dict[str, str]:
    told = client.get(f"/metrics/{name}/target").content.decode()
    return dict(re.findall(r'type="hidden" name="(file|base|place)" value="([^"]*)"', told))


def test_a_target_edited_in_place_is_in_the_file_and_in_the_history(as_: As, kept: Path) -> None:
    from tenure.server.work.models import Change

    client = as_("marketer")
    set_ = {**target_form(client, "orders"), "low": "1,200", "high": "", "note": "Agreed in May", "do": "set"}
    assert client.post("/metrics/orders/target?by=month", set_).status_code == 302
    (target,) = (one for one in ws().targets.all.targets if one.metric == "orders")
    assert (target.limits.low, target.note, target.period) == (Decimal(1200), "Agreed in May", "month")
    assert "Agreed in May" in (kept / "targets.yaml").read_text()
    made = Change.objects.latest("pk")
    assert (made.who, list(made.files)) == ("marketer", ["targets.yaml"])
    assert "≥ 1,200" in words(part(client, "/metrics/orders/trend"))
    stale = {**set_, "low": "5"}
    assert client.post("/metrics/orders/target?by=month", stale).status_code == 400, "it was changed since"
    changed = {**target_form(client, "orders"), "low": "900", "high": "1500", "note": "", "do": "set"}
    assert client.post("/metrics/orders/target?by=month", changed).status_code == 302
    (target,) = (one for one in ws().targets.all.targets if one.metric == "orders")
    assert (target.limits.low, target.limits.high) == (Decimal(900), Decimal(1500))
    gone = {**target_form(client, "orders"), "do": "remove"}
    assert client.post("/metrics/orders/target?by=month", gone).status_code == 302
    assert not [one for one in ws().targets.all.targets if one.metric == "orders"]


def test_rates_are_written_in_percent_and_slips_are_told(as_: As, kept: Path) -> None:
    client = as_("analyst")
    form = target_form(client, "customer_retention_rate")
    for wrong in ({"low": "a lot"}, {"low": "", "high": ""}, {"low": "9", "high": "3"}, {"place": "7", "low": "1"}):
        answer = client.post("/metrics/customer_retention_rate/target", {**form, "high": "", "do": "set", **wrong})
        assert answer.status_code == 400, wrong
        assert "panel fault" in answer.content.decode()
    assert not (kept / "targets.yaml").exists()
    assert (
        client.post("/metrics/customer_retention_rate/target", {**form, "low": "30 %", "do": "set"}).status_code == 302
    )
    (target,) = ws().targets.all.targets
    assert target.limits.low == Decimal("0.3")
    assert 'value="30"' in client.get("/metrics/customer_retention_rate/target").content.decode()


@pytest.mark.parametrize("role", ["viewer", "agent"])
def test_who_does_not_define_sets_no_target(as_: As, kept: Path, role: str) -> None:
    client = as_(role)
    assert client.get("/metrics/orders/target").status_code == 403
    form = {"file": "targets.yaml", "base": "", "low": "1", "do": "set"}
    assert client.post("/metrics/orders/target", form).status_code == 403
    assert "/metrics/orders/target" not in client.get("/metrics/orders").content.decode()
    assert not (kept / "targets.yaml").exists()
