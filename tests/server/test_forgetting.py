"""An erasure takes ids out of the operational database however they are written there."""

from __future__ import annotations

from typing import Any

import pytest

WORD = "erased-0123"


@pytest.mark.parametrize("known", ["ada@example.com", "zoë 7", "a/b+c"])
def test_ids_in_addresses_and_in_json(undone: None, users: dict[str, Any], known: str) -> None:
    from urllib.parse import urlencode

    from tenure.server.access.privacy import _forget
    from tenure.server.accounts.audit import record
    from tenure.server.accounts.models import AuditEntry
    from tenure.server.work.models import SavedView

    query, other = urlencode({"q": known, "sort": "name"}), urlencode({"q": f"x{known}"})
    marketer = users["marketer"]
    for name, told in (("hers", query), ("another's", other)):
        SavedView.objects.create(name=name, page="people", query=told, owner=marketer)
    AuditEntry.objects.all().delete()
    record(marketer, "exported people", query, query=query, ids=[known])
    _forget([known], WORD)
    assert [one.name for one in SavedView.objects.all()] == ["another's"]
    entry = AuditEntry.objects.get()
    assert entry.what == f"q={WORD}&sort=name"
    assert entry.detail == {"query": f"q={WORD}&sort=name", "ids": [WORD]}
