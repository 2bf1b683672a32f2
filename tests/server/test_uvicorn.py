"""What the connections of the server build on, and uvicorn does not promise."""

from __future__ import annotations

import inspect
import re
from importlib.metadata import version

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from tenure.server.http.protocol import Protocol

READ_ANEW = f"uvicorn {version('uvicorn')} is another one than tenure/server/http/protocol.py was written for: "
OVERRIDDEN = {
    "_start_asgi_task": ["cycle", "app"], "connection_lost": ["exc"], "connection_made": ["transport"],
    "data_received": ["data"], "on_body": ["body"], "on_header": ["name", "value"], "on_headers_complete": [],
    "on_message_begin": [], "on_message_complete": [], "on_response_complete": [], "on_url": ["url"],
    "resume_writing": [],
}  # fmt: skip
CONNECTION = {
    "_unset_keepalive_if_required", "connections", "headers", "limit_concurrency", "loop", "parser", "pipeline",
    "transport", "url",
}  # fmt: skip
REQUEST = {
    "chunked_encoding", "disconnected", "expected_content_length", "message_event", "more_body", "response_complete",
    "response_started", "scope",
}  # fmt: skip


def test_what_the_protocol_overrides_is_called_as_before() -> None:
    now = {
        name: list(inspect.signature(getattr(HttpToolsProtocol, name)).parameters)[1:]
        for name in OVERRIDDEN
        if hasattr(HttpToolsProtocol, name)
    }
    assert now == OVERRIDDEN, READ_ANEW + "it calls other methods"
    own = {name for name in vars(Protocol) if callable(getattr(Protocol, name)) and not name.startswith("__")}
    assert own & vars(HttpToolsProtocol).keys() == OVERRIDDEN.keys(), "say here what is overridden"


def test_what_the_protocol_reads_is_there() -> None:
    for kind, names in ((HttpToolsProtocol, CONNECTION), (RequestResponseCycle, REQUEST)):
        there = set(re.findall(r"self\.(\w+)", inspect.getsource(kind)))
        assert not names - there, READ_ANEW + f"{kind.__name__} has other attributes"
