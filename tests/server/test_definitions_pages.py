"""Definitions in the browser: shown, checked, previewed, applied, taken back; by whom, and what is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

As = Callable[..., Any]
CLASSIC = "lifecycles/classic.yaml"


@pytest.fixture(autouse=True)
def patient(site: Path) -> Iterator[None]:
    """What the worker does is done in the page here, and may take its time on a busy machine."""
    from django.conf import settings
    from django.test import override_settings

    with override_settings(ENVIRONMENT=settings.ENVIRONMENT.model_copy(update={"page_seconds": 120})):
        yield


@pytest.fixture
def kept(site: Path) -> Iterator[Path]:
    """The workspace, whose files are after the test what they were before."""
    from tenure.server import holding
    from tenure.workspace.changed_files import definition_files, text_of

    before = {name: text_of(site, name) for name in definition_files(site)}
    yield site
    after = {name: text_of(site, name) for name in definition_files(site)}
    if after != before:
        for name in after.keys() - before.keys():
            (site / name).unlink()
        for name, text in before.items():
            (site / name).write_bytes((text or "").encode())
        holding.changed().roster.refresh()


def stages() -> dict[str | None, int]:
    from tenure.server import holding

    return {one.stage: one.people for one in holding.workspace().stages("classic")}


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def draft_of(answer: Any) -> str:
    import html

    found = re.search(r'name="draft" value="([^"]*)"', answer.content.decode())
    assert found
    return html.unescape(found[1])


def stage_form(client: Any, **fields: str) -> dict[str, str]:
    page = client.get("/definitions/classic").content.decode()
    base = re.search(r'name="base" value="([^"]*)"', page)
    assert base is not None
    return {"base": base[1], **fields}


def test_what_is_defined_is_shown_to_everybody(as_: As) -> None:
    for role in ("viewer", "agent", "analyst", "marketer", "administrator"):
        client = as_(role)
        assert "The classic five" in text_of(client.get("/definitions"))
        shown = client.get("/definitions/classic")
        assert shown.status_code == 200
        assert "count(purchase)" in shown.content.decode()
        assert ("Preview the change" in shown.content.decode()) == (role in ("analyst", "marketer", "administrator"))
    assert as_(None).get("/definitions").status_code == 302
    assert as_("viewer").get("/definitions/nothing").status_code == 404


@pytest.mark.parametrize("role", ["viewer", "agent"])
def test_whoever_does_not_define_changes_and_reads_no_file(as_: As, kept: Path, role: str) -> None:
    client = as_(role)
    shut = "file/tenure.yaml new/segment new/lifecycle list/targets list/events check/words".split()
    for address in ("/changes", "/plan/guessed", *(f"/definitions/{one}" for one in shut)):
        assert client.get(address).status_code == 403, address
    fields = {"stage": "loyalty", "title": "x", "means": "", "when": "count(purchase) >= 9", "do": "apply"}
    assert client.post("/definitions/classic", fields).status_code == 403
    assert client.post("/changes/1/undo").status_code == 403
    draft = json.dumps({"texts": {"targets.yaml": "targets: []\n"}, "bases": {}})
    assert client.post("/plan", {"draft": draft, "do": "apply"}).status_code == 403
    assert not (kept / "targets.yaml").exists()


def test_a_condition_is_changed_previewed_applied_and_taken_back(as_: As, kept: Path) -> None:
    client = as_("analyst")
    client.post("/definitions/new/lifecycle", {"lifecycle": "classic", "do": "apply"})
    original = (kept / CLASSIC).read_bytes()
    before = stages()
    form = stage_form(client, stage="retention", title="Retention", means="Comes back.", when="count(purchase) >= 3")
    preview = client.post("/definitions/classic", {**form, "do": "preview"})
    assert preview.status_code == 200
    said = text_of(preview)
    assert "Who would move" in said
    assert "count(purchase) &gt;= 3" in said
    assert (kept / CLASSIC).read_bytes() == original, "a preview writes nothing"
    assert stages() == before
    applied = client.post("/plan", {"draft": draft_of(preview), "do": "apply", "note": "Third time counts"})
    assert (applied.status_code, applied["Location"]) == (302, "/definitions/classic")
    after = stages()
    assert after["retention"] < before["retention"]
    for stage, people in after.items():
        if people != before[stage]:
            counted = re.search(rf"{stage or 'no stage'} {before[stage]:,} {people:,}", said, re.IGNORECASE)
            assert counted, (stage, before[stage], people)
    listed = text_of(client.get("/changes"))
    assert "Third time counts" in listed
    assert "analyst" in listed
    from tenure.server.accounts.models import AuditEntry
    from tenure.server.work.models import Change

    change = Change.objects.first()
    assert change is not None
    assert AuditEntry.objects.filter(who="analyst", did="changed", what=CLASSIC).exists()
    shown = client.get(f"/changes/{change.pk}").content.decode()
    assert "<del>      when: count(purchase) &gt;= 2</del>" in shown
    assert "Take it back" in shown
    assert client.post(f"/changes/{change.pk}/undo").status_code == 302
    assert (kept / CLASSIC).read_bytes() == original
    assert stages() == before
    assert client.post(f"/changes/{change.pk}/undo").status_code == 400, "it was taken back"


def test_windows_line_ends_and_comments_stay(as_: As, kept: Path) -> None:
    from tenure.server.access import definitions

    client = as_("administrator")
    client.post("/definitions/new/lifecycle", {"lifecycle": "classic", "do": "apply"})
    original = (kept / CLASSIC).read_bytes()
    (kept / CLASSIC).write_bytes(original.replace(b"\n", b"\r\n"))
    text = original.decode().replace("title: Loyalty", "title: Loyal ones")
    base = definitions.digest((kept / CLASSIC).read_bytes().decode())
    answer = client.post(
        f"/definitions/file/{CLASSIC}", {"text": text.replace("\n", "\r\n"), "base": base, "do": "apply"}
    )
    assert answer.status_code == 302
    assert (kept / CLASSIC).read_bytes() == text.replace("\n", "\r\n").encode()


def test_a_wrong_formula_shows_its_place_and_nothing_is_written(as_: As, kept: Path) -> None:
    client = as_("marketer")
    page = client.get("/definitions/file/tenure.yaml").content.decode()
    held = (kept / "tenure.yaml").read_text()
    base = re.search(r'name="base" value="([^"]+)"', page)
    assert base is not None
    wrong = held + "segments:\n  one: count(purchse) == 1\n"
    part = client.post("/definitions/check/text", {"file": "tenure.yaml", "text": wrong})
    line = wrong.count("\n")
    assert f'data-line="{line}" data-column="14"' in part.content.decode()
    assert "purchase" in text_of(part), "what was meant"
    for do in ("preview", "apply"):
        answer = client.post("/definitions/file/tenure.yaml", {"text": wrong, "base": base[1], "do": do})
        assert answer.status_code == 400
        assert f'data-line="{line}"' in answer.content.decode()
        assert "count(purchse)" in answer.content.decode(), "what was written is not lost"
    assert (kept / "tenure.yaml").read_text() == held
    good = client.post("/definitions/check/text", {"file": "tenure.yaml", "text": held})
    assert "fits together" in text_of(good)


def test_two_who_edit_the_same_file(as_: As, kept: Path) -> None:
    client = as_("administrator")
    held = (kept / "tenure.yaml").read_text()
    base = re.search(r'name="base" value="([^"]+)"', client.get("/definitions/file/tenure.yaml").content.decode())
    assert base is not None
    first = client.post("/definitions/file/tenure.yaml", {"text": held + "# first\n", "base": base[1], "do": "apply"})
    assert first.status_code == 302
    second = client.post("/definitions/file/tenure.yaml", {"text": held + "# second\n", "base": base[1], "do": "apply"})
    assert second.status_code == 409
    assert "changed by somebody else" in text_of(second)
    assert "# second" in second.content.decode()
    assert (kept / "tenure.yaml").read_text() == held + "# first\n"


def test_sources_are_for_administrators(as_: As, kept: Path) -> None:
    from tenure.server.access import definitions

    held = (kept / "tenure.yaml").read_text()
    form = {"text": held.replace("event: Page Viewed", "event: Seen"), "base": definitions.digest(held), "do": "apply"}
    assert as_("analyst").post("/definitions/file/tenure.yaml", form).status_code == 403
    assert (kept / "tenure.yaml").read_text() == held
    assert as_("analyst").post("/definitions/file/tenure.yaml", {**form, "text": held + "# x\n"}).status_code == 302


def test_sources_that_changed_meanwhile_stay_changed(
    as_: As, kept: Path, users: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tenure.server import loops
    from tenure.server.access import Denied, definitions

    held, asked = (kept / "tenure.yaml").read_text(), []
    monkeypatch.setattr(loops, "ask", lambda what, work: asked.append(work))
    definitions.begin(users["analyst"], {"tenure.yaml": held + "# x\n"})
    # before it has its turn, an administrator changes a source
    (kept / "tenure.yaml").write_text(held.replace("event: Page Viewed", "event: Seen"))
    with pytest.raises(Denied):
        asked[0]()
    assert "event: Seen" in (kept / "tenure.yaml").read_text()


@pytest.mark.parametrize(
    "file",
    ["../outside.yaml", "lifecycles/../../x.yaml", "server.yaml", ".tenure/secret", "lifecycles/a/b.yaml",
     "/etc/passwd", "data/x.yaml", "lifecycles/x.py"],
)  # fmt: skip
def test_only_definition_files_are_read_and_written(as_: As, kept: Path, file: str) -> None:
    client = as_("administrator")
    assert client.get(f"/definitions/file/{file}").status_code == 404
    assert client.post(f"/definitions/file/{file}", {"text": "x: 1", "base": "", "do": "apply"}).status_code == 404
    draft = json.dumps({"texts": {file: "x: 1\n"}, "bases": {file: ""}})
    assert client.post("/plan", {"draft": draft, "do": "apply"}).status_code == 400
    assert client.post("/definitions/check/text", {"file": file, "text": "x"}).status_code == 400


@pytest.mark.parametrize("draft", ["", "[]", "{}", '{"texts": 1, "bases": {}}', '{"texts": {"a": {}}, "bases": null}'])
def test_a_forged_draft(as_: As, draft: str) -> None:
    assert as_("administrator").post("/plan", {"draft": draft}).status_code == 400


def test_a_draft_leads_nowhere_else(as_: As, kept: Path) -> None:
    texts = {"segments/fresh.yaml": "when: count(purchase) == 1\n"}
    draft = json.dumps({"texts": texts, "bases": {"segments/fresh.yaml": ""}, "back": "//evil.example/x"})
    answer = as_("administrator").post("/plan", {"draft": draft, "do": "apply"})
    assert answer["Location"].startswith("/changes/")


def test_a_segment_is_made_changed_and_taken_away(as_: As, kept: Path) -> None:
    from tenure.server import holding

    client = as_("marketer")
    fields = {"name": "once", "title": "Bought once", "means": "", "when": "count(purchase) == 1"}
    preview = client.post("/definitions/new/segment", {**fields, "do": "preview"})
    assert "is new: who would be in it" in text_of(preview)
    people = re.search(r"once ([\d,]+) ", text_of(preview))
    assert people is not None
    assert client.post("/definitions/new/segment", {**fields, "do": "apply"}).status_code == 302
    counted = {one.stage: one.people for one in holding.workspace().stages("once")}
    assert f"{counted['once']:,}" == people[1]
    assert client.post("/definitions/new/segment", {**fields, "do": "apply"}).status_code == 400, "the name is taken"
    form = {**stage_form(client), "stage": "once", "title": "Once", "means": "x: y", "when": "count(purchase) == 2"}
    form["base"] = re.search(r'name="base" value="([^"]+)"', client.get("/definitions/once").content.decode())[1]  # type: ignore[index]
    assert client.post("/definitions/once", {**form, "do": "apply"}).status_code == 302
    assert "x: y" in text_of(client.get("/definitions/once"))
    gone = client.post("/definitions/once", {"what": "remove", "do": "apply"})
    assert (gone.status_code, gone["Location"]) == (302, "/definitions")
    assert client.get("/definitions/once").status_code == 404
    assert not list(kept.glob("segments/*"))


def test_a_target_is_set_changed_and_taken_away(as_: As, kept: Path) -> None:
    from tenure.server import holding

    client = as_("analyst")
    new = {"metric": "orders", "period": "month", "value": "1,200", "do": "apply", "base": ""}
    assert client.post("/definitions/list/targets", new).status_code == 302
    (target,) = holding.workspace().targets.all.targets
    assert (target.metric, int(target.limits.low)) == ("orders", 1200)  # type: ignore[union-attr, arg-type]
    base = re.search(r'name="base" value="([^"]+)"', client.get("/definitions/list/targets").content.decode())
    assert base is not None
    same = {"file": "targets.yaml", "place": "0", "metric": "orders", "period": "month", "base": base[1]}
    assert client.post("/definitions/list/targets", {**same, "min": "900", "do": "apply"}).status_code == 302
    assert client.post("/definitions/list/targets", {**same, "min": "800", "do": "apply"}).status_code == 409
    (target,) = holding.workspace().targets.all.targets
    assert int(target.limits.low) == 900  # type: ignore[union-attr, arg-type]
    assert client.post("/definitions/list/targets", {**new, "value": "many"}).status_code == 400
    assert client.post("/definitions/list/targets", {**new, "metric": "nothing", "value": "3"}).status_code in (
        400,
        409,
    )
    del same["base"]
    assert client.post("/definitions/list/targets", {**same, "what": "remove", "do": "apply"}).status_code == 302
    assert holding.workspace().targets.all.targets == ()


def test_a_stage_that_a_target_names_is_not_taken_away(as_: As, kept: Path) -> None:
    from tenure.server.access import definitions

    client = as_("administrator")
    client.post("/definitions/new/lifecycle", {"lifecycle": "classic", "do": "apply"})
    text = "targets:\n  - metric: inflow\n    stage: loyalty\n    min: 1\n"
    assert client.post("/definitions/file/targets.yaml", {"text": text, "base": "", "do": "apply"}).status_code == 302
    held = (kept / CLASSIC).read_text()
    start, stop = held.index("  - loyalty:"), held.index("  - reactivated:")
    form = {"text": held[:start] + held[stop:], "base": definitions.digest(held), "do": "apply"}
    answer = client.post(f"/definitions/file/{CLASSIC}", form)
    assert answer.status_code == 400
    assert "targets.yaml:3" in text_of(answer)
    assert (kept / CLASSIC).read_text() == held


def test_a_change_that_cannot_be_applied_leaves_everything_as_it_was(
    as_: As, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tenure.server.work.models import Change
    from tenure.workspace.roster import RosterOf

    client = as_("administrator")
    before, count = stages(), Change.objects.count()

    def fails(self: object) -> None:
        raise OSError("no room")

    fields = {"name": "once", "when": "count(purchase) == 1", "do": "apply"}
    with monkeypatch.context() as patched:
        patched.setattr(RosterOf, "refresh", fails)
        with pytest.raises(OSError, match="no room"):
            client.post("/definitions/new/segment", fields)
    assert not list(kept.glob("segments/*"))
    assert (stages(), Change.objects.count()) == (before, count)


def test_what_the_editor_completes(as_: As) -> None:
    told = as_("analyst").get("/definitions/check/words").json()["words"]
    named = {(one["word"], one["kind"]) for one in told}
    assert {("count", "function"), ("purchase", "event"), ("loyalty", "stage"), ("when:", "key")} <= named
    assert ("trait.country", "trait") in named
    said = as_("analyst").post("/definitions/check/condition", {"when": "since(purchase) >= days(60)"})
    assert "no purchase for 60 days" in text_of(said)
    wrong = as_("analyst").post("/definitions/check/condition", {"when": "since(purchase) > 90 days"})
    assert "Column" in text_of(wrong)


def test_forms_need_the_token(as_: As, kept: Path) -> None:
    client = as_("administrator", enforce_csrf_checks=True)
    assert client.post("/plan", {"draft": "{}"}).status_code == 403
    assert client.post("/definitions/new/segment", {"name": "a", "when": "b"}).status_code == 403


def test_a_page_waits_for_the_worker(as_: As, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from concurrent.futures import Future

    from tenure.server import loops
    from tenure.server.pages.setup import planning

    waiting: list[tuple[Callable[[], Any], Future[Any]]] = []

    def ask(what: str, work: Callable[[], Any]) -> Future[Any]:
        waiting.append((work, Future()))
        return waiting[-1][1]

    def work_off() -> None:
        for work, future in waiting:
            try:
                future.set_result(work())
            except Exception as error:
                future.set_exception(error)
        waiting.clear()

    monkeypatch.setattr(loops, "ask", ask)
    monkeypatch.setattr(planning, "SECONDS", 0.01)
    client, other = as_("marketer"), as_("analyst")
    fields = {"name": "once", "when": "count(purchase) == 1"}
    sent = client.post("/definitions/new/segment", {**fields, "do": "preview"})
    assert sent.status_code == 302
    waits = client.get(sent["Location"])
    assert "hx-trigger" in waits.content.decode()
    assert other.get(sent["Location"]).status_code == 404, "it is somebody else's"
    part = client.get(sent["Location"], headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()
    work_off()
    shown = client.get(sent["Location"], headers={"HX-Request": "true"})
    assert "is new: who would be in it" in text_of(shown)
    sent = client.post("/plan", {"draft": draft_of(shown), "do": "apply"})
    # somebody else is quicker
    (kept / "segments").mkdir(exist_ok=True)
    (kept / "segments" / "once.yaml").write_text("when: count(purchase) == 7\n")
    work_off()
    late = client.get(sent["Location"], headers={"HX-Request": "true"})
    assert late.status_code == 400
    assert "changed by somebody else" in text_of(late)
    (kept / "segments" / "once.yaml").unlink()
    sent = client.post("/plan", {"draft": draft_of(shown), "do": "apply"})
    work_off()
    done = client.get(sent["Location"], headers={"HX-Request": "true"})
    assert done["HX-Redirect"] == "/definitions"
    assert (kept / "segments" / "once.yaml").exists()


def test_a_short_name_is_made_changed_and_taken_away(as_: As, kept: Path) -> None:
    from tenure.server import holding

    client = as_("analyst")
    original = (kept / "tenure.yaml").read_text()
    address = "/definitions/list/events"
    new = {"name": "dear", "events": "Order Completed, Deal Won", "where": "revenue >= 100", "value": "revenue"}
    preview = client.post(address, {**new, "do": "preview"})
    assert "dear" in draft_of(preview)
    assert client.post(address, {**new, "do": "apply"}).status_code == 302
    made = holding.workspace().definitions.config.events["dear"]
    assert (made.event, made.where, made.value) == (("Order Completed", "Deal Won"), "revenue >= 100", ("revenue",))
    wrong = client.post(address, {**new, "where": "revenue >", "do": "apply"})
    assert wrong.status_code == 400
    assert client.post(address, {**new, "name": "a b", "do": "apply"}).status_code == 400
    assert client.post(address, {**new, "events": " , ", "do": "apply"}).status_code == 400
    assert client.post(address, {"name": "dear", "what": "remove", "do": "apply"}).status_code == 302
    assert (kept / "tenure.yaml").read_text() == original
    assert client.post(address, {"name": "dear", "what": "remove", "do": "apply"}).status_code == 400


def order_of(site: Path) -> list[str]:
    from tenure.documents import parse

    stages = parse((site / CLASSIC).read_text(), file=CLASSIC).value(("stages",))
    assert isinstance(stages, list)
    return [next(iter(one)) for one in stages if isinstance(one, dict)]


def test_a_stage_is_added_moved_and_taken_out(as_: As, kept: Path) -> None:
    from tenure.server.work.models import Change

    client, page = as_("analyst"), "/definitions/classic"
    told = {"what": "add", "stage": "regular", "title": "Regular", "when": "count(purchase) >= 4", "kind": "customer",
            "phase": "loyalty", "means": "Buys often: a regular.", "after": "retention"}  # fmt: skip
    before = stages()
    preview = client.post(page, {**told, "do": "preview"})
    assert "Regular" in text_of(preview), "what would change is shown"
    assert stages() == before
    assert client.post("/plan", {"draft": draft_of(preview), "do": "apply"}).status_code == 302
    there = order_of(kept)
    assert there[there.index("retention") + 1] == "regular"
    among = stages()["regular"]
    assert among > 0

    assert client.post(page, {"what": "move", "stage": "regular", "after": "", "do": "apply"}).status_code == 302
    assert order_of(kept)[0] == "regular"
    assert stages()["regular"] < among, "later stages win"
    moved = Change.objects.first()
    assert client.post(f"/changes/{moved.pk}/undo").status_code == 302
    assert stages()["regular"] == among

    assert client.post(page, {"what": "remove", "stage": "regular", "do": "apply"}).status_code == 302
    assert "regular" not in order_of(kept)
    assert stages() == before


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"what": "add", "stage": "reach", "when": "count(visit) >= 1"}, "There is a stage"),
        ({"what": "add", "stage": "a b", "when": "count(visit) >= 1"}, "cannot be the name"),
        ({"what": "add", "stage": "new", "when": ""}, "needs a condition"),
        ({"what": "add", "stage": "new", "when": "count(visit) >= 1", "phase": "odd"}, "There is no phase"),
        ({"what": "move", "stage": "reach", "after": "nowhere"}, "There is no stage"),
        ({"what": "remove", "stage": "nowhere"}, "There is no stage"),
    ],
)
def test_what_no_stage_can_be(as_: As, kept: Path, told: dict[str, str], says: str) -> None:
    answer = as_("analyst").post("/definitions/classic", {**told, "do": "apply"})
    assert answer.status_code == 400
    assert says in text_of(answer)
