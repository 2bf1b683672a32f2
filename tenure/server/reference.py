"""The reference of the web application, written from what it is: `python -m tenure.server.reference FILE`."""

from __future__ import annotations

import inspect
import sys
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from tenure.server.accounts.roles import RIGHTS, Right, Role
from tenure.server.environment import PREFIX, Environment

HEAD = """\
# The web application

This page is written by `python -m tenure.server.reference`; do not edit it. How to set the application up is told in
[Run it for a team](../how-to/run-it-for-a-team.md).
"""

API = """\
## The API

Under `/api/v1`, JSON. A key (`tenure keys create NAME --scope read`) comes as `Authorization: Bearer …` or `X-API-Key`;
a page of the same browser may use its session. A key is asked at most 1,200 times a minute. Errors are
`{"error": …, "hint": …}`: 400 for what cannot be asked, 401 without a key, 403 where the key's scope does not hold it,
404 for what is not there, 422 for a parameter of the wrong form, 429 for too many questions, 503 where a question takes
longer than a page may. `/api/v1/openapi.json` is the whole in OpenAPI 3.1.

```sh
curl -H "Authorization: Bearer $KEY" "http://127.0.0.1:8000/api/v1/customers?in.classic=at_risk&sort=-money&limit=20"
```
"""


def page() -> str:
    """The page as Markdown."""
    return "\n".join([HEAD, *_settings(), *_roles(), API, *_operations()]).rstrip() + "\n"


def _settings() -> Iterator[str]:
    yield "## Settings\n"
    yield f"Each is a variable (`{PREFIX}PORT`) or a key of `server.yaml` (`port`); the variable goes before.\n"
    yield "| key | default | |\n|---|---|---|"
    for name, field in Environment.model_fields.items():
        default = "" if field.default in ("", None) else str(field.default).lower()
        yield f"| `{name}` | {f'`{default}`' if default else ''} | {' '.join((field.description or '').split())} |"
    yield ""


def _roles() -> Iterator[str]:
    yield "## Roles\n"
    yield "A user has one role, and a role is a set of rights. Whoever may not see people never sees a name.\n"
    yield "| | " + " | ".join(Role) + " |\n|---|" + "---|" * len(Role)
    for right, told in _rights().items():
        held = " | ".join("yes" if right in RIGHTS[role] else "" for role in Role)
        yield f"| {told} | {held} |"
    yield ""


def _rights() -> dict[Right, str]:
    """Every right with the text that stands below it in its class."""
    lines = inspect.getsource(Right).splitlines()
    found = {}
    for line, below in pairwise(lines):
        name = line.strip().partition(" = ")[0]
        if name in Right.__members__:
            found[Right[name]] = below.strip().strip('"').rstrip(".")
    return found


def _operations() -> Iterator[str]:
    for path, methods in _schema()["paths"].items():
        for method, told in methods.items():
            yield f"### `{method.upper()} {path}`\n"
            yield f"{told.get('description') or told['summary']}\n"
            asked = [one for one in told.get("parameters", []) if one["in"] == "query"]
            if asked:
                names = ", ".join(f"`{one['name']}`" for one in asked)
                yield f"Parameters: {names}.\n"


def _schema() -> dict[str, Any]:
    """The API as OpenAPI tells it. Needs Django, and so a folder to call a workspace."""
    import os

    if "DJANGO_SETTINGS_MODULE" not in os.environ:
        os.environ["DJANGO_SETTINGS_MODULE"] = "tenure.server.settings"
        os.environ["TENURE_WORKSPACE"] = tempfile.mkdtemp()
    import django
    from django.apps import apps

    if not apps.ready:
        django.setup()
    from django.urls import get_resolver

    from tenure.server.api.api import api

    get_resolver().url_patterns  # noqa: B018 registers the operations
    return dict(api.get_openapi_schema(path_prefix="/api/v1/"))


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
