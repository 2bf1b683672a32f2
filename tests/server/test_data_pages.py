"""What comes in: sources, rejected rows, jobs; a file is uploaded, mapped and taken in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

As = Callable[..., Any]
CSV = "text/csv"
ORDERS = (
    "Kunden-Nr.;Bestelldatum;Betrag;Land;Artikel\n"
    + "\n".join(f"K{n % 40};{1 + n % 28:02}.{1 + n % 12:02}.2023;{10 + n % 7},50;DE;A{n % 9}" for n in range(200))
    + "\n;03.04.2023;5,00;DE;A1\nK1;gestern;6,00;DE;A2\n"
)


@pytest.fixture
def fresh(site: Path, tmp_path: Path) -> Iterator[Path]:
    """A workspace of its own that reads nothing yet, held in the place of the shop."""
    from django.conf import settings
    from django.test import override_settings

    from tenure.server import holding

    held = holding.workspace()
    folder = tmp_path / "new"
    folder.mkdir()
    (folder / "tenure.yaml").write_text("name: New shop  # mine\nlifecycles: [classic]\n")
    holding.hold(folder).roster.refresh()
    with override_settings(ENVIRONMENT=settings.ENVIRONMENT.model_copy(update={"page_seconds": 120})):
        yield folder
    holding.release()
    holding._held = held


def upload(client: Any, content: bytes | str, name: str = "bestellungen.csv") -> Any:
    from django.core.files.uploadedfile import SimpleUploadedFile

    data = content.encode() if isinstance(content, str) else content
    return client.post("/data/upload", {"file": SimpleUploadedFile(name, data)})


def text_of(answer: Any) -> str:
    body = answer.content if not answer.streaming else b"".join(answer.streaming_content)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body.decode()))


def test_what_comes_in_is_shown_to_everybody(as_: As) -> None:
    for role in ("viewer", "agent", "marketer", "administrator"):
        client = as_(role)
        page = client.get("/data")
        assert page.status_code == 200
        assert "orders" in text_of(page)
        assert ("Upload a file" in text_of(page)) == (role == "administrator")
        shown = client.get("/data/sources/orders")
        assert "data/orders.parquet" in text_of(shown)
        assert ("How is it read?" in text_of(shown)) == (role in ("marketer", "administrator"))
    assert as_("viewer").get("/data/sources/nothing").status_code == 404


@pytest.mark.parametrize("role", ["viewer", "analyst", "marketer", "agent"])
def test_only_administrators_upload_and_import(as_: As, role: str) -> None:
    client = as_(role)
    assert client.get("/data/upload").status_code == 403
    assert upload(client, ORDERS).status_code == 403
    assert client.get("/data/upload/AAAAAAAAAAAAAAAA").status_code == 403
    assert client.post("/data/import").status_code == 403
    assert client.get("/data/rejected").status_code == (403 if role == "viewer" else 200)
    assert client.get("/data/rejected.csv").status_code == (403 if role in ("viewer", "agent") else 200)


def test_a_file_is_uploaded_mapped_and_taken_in(as_: As, fresh: Path) -> None:
    from tenure.server import holding
    from tenure.server.accounts.models import AuditEntry
    from tenure.server.work.models import Change

    client = as_("administrator")
    assert "Nothing comes in yet" in text_of(client.get("/data"))
    sent = upload(client, ORDERS, "../../Bestellungen 2023.csv")
    assert sent.status_code == 302
    assert re.fullmatch(r"/data/upload/[\w-]{16}", sent["Location"])
    seen = client.get(sent["Location"])
    assert seen.status_code == 200
    said = text_of(seen)
    assert "200 events would load" in said
    assert "2 rows would be rejected" in said
    assert "no customer" in said
    assert 'name="last" checked' in seen.content.decode(), "the data are past"
    assert (fresh / "tenure.yaml").read_text() == "name: New shop  # mine\nlifecycles: [classic]\n"
    assert not (fresh / "data").exists()
    taken = client.post(sent["Location"], {"do": "take", "last": "on", "trait": "Land"})
    assert taken.status_code == 302
    done = client.get(taken["Location"])
    assert "200 new events" in text_of(done)
    assert [path.name for path in (fresh / "data").iterdir()] == ["Bestellungen-2023.csv"]
    assert not list((fresh / ".tenure" / "uploads").iterdir())
    written = (fresh / "tenure.yaml").read_text()
    assert written.startswith("name: New shop  # mine\n")
    ws = holding.workspace()
    assert (ws.definitions.config.as_of, ws.definitions.config.currency) == ("last_event", "EUR")
    assert sum(one.people for one in ws.stages("classic")) == 40
    assert Change.objects.filter(note="Reads Bestellungen-2023.csv").exists()
    assert AuditEntry.objects.filter(did="uploaded", what="Bestellungen-2023.csv").exists()
    rejected = client.get("/data/rejected?source=orders")
    assert "2 rows" in text_of(rejected)
    assert "gestern" in text_of(rejected)
    assert "orders" in text_of(client.get("/data/sources/orders"))
    assert client.get(sent["Location"]).status_code == 302, "it does not wait any more"


def test_columns_are_named_by_hand(as_: As, fresh: Path) -> None:
    from tenure.server import holding

    client = as_("administrator")
    rows = "wer,wann,seite\n" + "".join(f"u{n % 5},2024-01-{1 + n % 28:02}T10:00:00Z,/p{n}\n" for n in range(30))
    where = upload(client, rows, "hits.csv")["Location"]
    asked = client.get(where)
    assert "does not show" in text_of(asked), "it is no table of purchases"
    mapped = {"event": "Page Viewed", "is.customer": "wer", "is.time": "wann"}
    shown = client.get(where, mapped)
    assert "30 events would load" in text_of(shown)
    assert client.post(where, {**mapped, "do": "take"}).status_code == 302
    (source,) = holding.workspace().definitions.config.sources
    assert (source.name, source.event, dict(source.properties)) == ("hits", "Page Viewed", {"seite": "seite"})
    again = upload(client, rows, "hits.csv")["Location"]
    assert client.post(again, {**mapped, "do": "take"}).status_code == 302
    assert [one.name for one in holding.workspace().definitions.config.sources] == ["hits", "hits-2"]
    assert sorted(path.name for path in (fresh / "data").iterdir()) == ["hits-2.csv", "hits.csv"]
    third = upload(client, rows, "more.csv")["Location"]
    assert client.post(third, {"do": "drop"}).status_code == 302
    assert client.get(third).status_code == 302


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("evil.exe", b"MZ", "no file that can be read"),
        ("orders", b"a,b\n1,2\n", "no file that can be read"),
        ("orders.csv", b"", "empty"),
        ("orders.csv", b"\x00\x01\x02binary\x00", "no text"),
        ("orders.parquet", b"a,b\n1,2\n", "not what its name says"),
        ("orders.csv", b"PAR1....", "not what its name says"),
        (".csv/../../etc/passwd", b"root", "no file that can be read"),
    ],
)
def test_what_is_no_table_is_refused(as_: As, fresh: Path, name: str, content: bytes, said: str) -> None:
    answer = upload(as_("administrator"), content, name)
    assert answer.status_code == 400
    assert said in text_of(answer)
    kept = fresh / ".tenure" / "uploads"
    assert not kept.exists() or not list(kept.iterdir())


def test_a_huge_file_is_refused(as_: As, fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tenure.server.access import uploads

    monkeypatch.setattr(uploads, "MOST_BYTES", 1000)
    answer = upload(as_("administrator"), ORDERS)
    assert answer.status_code == 400
    assert "larger than" in text_of(answer)
    assert not list(fresh.rglob("*.csv"))


@pytest.mark.parametrize("content", [b"just one line of words\n", b'{"broken\n', b"a,b\n", "ä,ö\n\n".encode("utf-16")])
def test_a_file_that_cannot_be_understood_says_so(as_: As, fresh: Path, content: bytes) -> None:
    client = as_("administrator")
    sent = upload(client, content)
    answer = client.get(sent["Location"])
    assert answer.status_code in (200, 400)
    assert b"fault" in answer.content
    assert client.post(sent["Location"], {"do": "take"}).status_code == 400
    assert not (fresh / "data").exists()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../x.csv", "x.csv"),
        ("C:\\tables\\Orders (final).CSV", "Orders-final.csv"),
        ("....csv", "upload.csv"),
        ("a\0b.csv.gz", "a-b.csv.gz"),
        ("=cmd|'-C calc'!A0.csv", "cmd--C-calc-A0.csv"),
    ],
)
def test_names_of_files(given: str, kept: str, site: Path) -> None:
    from tenure.server.access.uploads import safe_name

    assert safe_name(given) == kept


def test_an_import_that_fails_leaves_nothing(as_: As, fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tenure.errors import SourceError
    from tenure.server.access import uploads

    client = as_("administrator")
    before = (fresh / "tenure.yaml").read_bytes()
    where = upload(client, ORDERS)["Location"]
    client.get(where)

    def fails(*args: object) -> None:
        raise SourceError("The disk is full.")

    monkeypatch.setattr(uploads, "imported", fails)
    taken = client.post(where, {"do": "take"})
    assert "disk is full" in text_of(client.get(taken["Location"]))
    assert (fresh / "tenure.yaml").read_bytes() == before
    assert not list((fresh / "data").iterdir())
    assert client.get(where).status_code == 200, "the file still waits"


def test_import_now_reads_what_is_new(as_: As, fresh: Path) -> None:
    client = as_("administrator")
    where = upload(client, ORDERS)["Location"]
    client.post(where, {"do": "take"})
    (path,) = (fresh / "data").iterdir()
    path.write_text(ORDERS + "K99;01.05.2023;7,50;DE;A1\n")
    answer = client.post("/data/import", {"source": "orders"})
    assert "1 new event" in text_of(answer)
    assert client.post("/data/import", {"source": "nothing"}).status_code == 400


def test_rejected_rows_do_no_harm(as_: As, fresh: Path) -> None:
    client = as_("administrator")
    nasty = ORDERS + "=1+1;<script>alert(1)</script>;6,00;DE;A2\n"
    where = upload(client, nasty)["Location"]
    client.post(where, {"do": "take"})
    page = client.get("/data/rejected").content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    table = b"".join(client.get("/data/rejected.csv").streaming_content).decode()
    assert "alert(1)" in table
    assert client.get("/data/rejected?offset=99999999999").status_code == 400
    assert "Every row loaded" in text_of(client.get("/data/rejected?source='%20OR%201=1--"))


def test_jobs_are_shown_with_their_errors(as_: As) -> None:
    from datetime import UTC, datetime, timedelta

    from tenure.server.work.models import LoopRun

    now = datetime.now(UTC)
    LoopRun.objects.update_or_create(
        name="sources",
        defaults={"ran_at": now, "failed_at": now, "succeeded_at": now - timedelta(hours=3), "error": "No file /x/y."},
    )
    assert "No file /x/y." in text_of(as_("administrator").get("/data"))
    shown = text_of(as_("viewer").get("/data"))
    assert "It failed." in shown
    assert "/x/y" not in shown
