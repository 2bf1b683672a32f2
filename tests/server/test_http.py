"""The way from the network to the pages: a real server, raw connections, and an application that tells what it got."""

from __future__ import annotations

import socket
import time

import pytest

from tests.server.running import MOST, Pages, Running, pages, running

__all__ = ["pages", "running"]


def test_a_request_is_told_as_it_was_sent(running: Running) -> None:
    told = running.ask("/a%2Fb/%C3%A9?q=1%202", "POST", b"caf\xc3\xa9", Cookie="a=1", **{"X-A": "1"})[1]
    assert (told["PATH_INFO"], told["REQUEST_URI"]) == ("/a/b/\xc3\xa9", "/a%2Fb/%C3%A9?q=1%202")
    assert (told["QUERY_STRING"], told["CONTENT_LENGTH"], told["body"]) == ("q=1%202", "5", "café")
    assert (told["HTTP_X_A"], told["HTTP_COOKIE"], told["REMOTE_ADDR"]) == ("1", "a=1", "127.0.0.1")


def test_a_body_without_a_length_is_whole(running: Running) -> None:
    told = running.ask("/", "POST", iter([b"one", b"two"]), **{"Transfer-Encoding": "chunked"})[1]
    assert (told["CONTENT_LENGTH"], told["body"]) == ("6", "onetwo")
    assert "HTTP_TRANSFER_ENCODING" not in told


def test_what_only_looks_like_a_header_of_ours_is_dropped(running: Running) -> None:
    told = running.ask("/", X_A="1", **{"X-Forwarded-For": "1.2.3.4", "X-Forwarded-Proto": "https"})[1]
    assert told["REMOTE_ADDR"] == "127.0.0.1"
    assert told["wsgi.url_scheme"] == "http"
    assert told["tenure.forwarded"], "who reads it knows that it came from elsewhere"
    assert not {"HTTP_X_A", "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO"} & set(told)


def test_so_many_proxies_are_believed_and_no_more(site: object, pages: Pages) -> None:
    behind = Running(pages, proxies=1)
    try:
        told = behind.ask("/", **{"X-Forwarded-For": "6.6.6.6, 1.2.3.4", "X-Forwarded-Proto": "https"})[1]
    finally:
        behind.end()
    assert (told["REMOTE_ADDR"], told["wsgi.url_scheme"], told["HTTP_X_FORWARDED_PROTO"]) == (
        "1.2.3.4", "https", "https",
    )  # fmt: skip


def test_what_is_too_large_is_refused(running: Running) -> None:
    assert running.ask("/", "POST", b"x" * MOST)[0] == 200
    assert running.ask("/", "POST", b"x" * (MOST + 1))[0] == 413
    assert running.ask("/", **{"X-Long": "x" * 70_000})[0] == 431
    assert running.ask("/")[0] == 200


def test_who_sends_slowly_keeps_nobody_waiting(running: Running) -> None:
    slow = []
    for _ in range(5):
        connection = socket.create_connection(("127.0.0.1", running.port))
        connection.sendall(b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 10\r\n\r\nx")
        slow.append(connection)
    assert running.ask("/")[0] == 200, "there are two threads"
    for connection in slow:
        connection.close()


def test_who_has_gone_is_sent_nothing_more(running: Running, pages: Pages) -> None:
    connection = socket.create_connection(("127.0.0.1", running.port))
    connection.sendall(b"GET /endless HTTP/1.1\r\nHost: here\r\n\r\n")
    assert connection.recv(1000).startswith(b"HTTP/1.1 200 OK")
    time.sleep(0.2)
    # nobody reads: what cannot be sent is not made either
    made = pages.pieces
    assert made < 1_000
    connection.close()
    assert pages.closed.wait(10)


def test_nonsense_gets_an_answer(running: Running) -> None:
    connection = socket.create_connection(("127.0.0.1", running.port))
    connection.sendall(b"\x16\x03\x01 nonsense\r\n\r\n")
    assert connection.recv(1000).startswith(b"HTTP/1.1 400")
    connection.close()


LARGE = b"GET /large HTTP/1.1\r\nHost: here\r\n\r\n" * 100


def _ended(connection: socket.socket) -> bool:
    """Whether the server ends a connection; it fails where it says nothing for ten seconds."""
    with connection:
        try:
            return connection.recv(1000) == b""
        except ConnectionResetError:
            return True


def _broken(connection: socket.socket) -> bool:
    """Whether the server has ended a connection before all was sent."""
    try:
        return len(b"".join(iter(lambda: connection.recv(100_000), b""))) < 100 * 100_000
    except ConnectionResetError:
        return True


def test_who_reads_nothing_holds_no_thread(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    held = [running.opened(LARGE, reads=False) for _ in range(3)]
    time.sleep(1)
    assert running.ask("/")[0] == 200, "there are two threads"
    for connection in held:
        connection.close()
    assert running.ask("/")[0] == 200
    assert not [one for one in caplog.records if one.name == "uvicorn.error"]


def test_where_nothing_moves_a_connection_ends(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    from tenure.server.http import protocol

    monkeypatch.setattr(protocol, "PATIENCE", 0.4)
    monkeypatch.setattr(protocol, "LOOK", 0.1)
    quiet = running.opened()
    slow = running.opened(b"GET / HTTP/1.1\r\nHost: he")
    deaf = running.opened(LARGE, reads=False)
    assert running.ask("/slow")[0] == 200, "a page may take its time"
    assert _ended(quiet)
    assert _ended(slow)
    time.sleep(1)
    with deaf:
        assert _broken(deaf)


def test_a_wish_for_another_protocol_is_none_for_a_request_without_its_body(running: Running) -> None:
    asked = b"POST /%d HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 4\r\n\r\nbody"
    last = b"GET /last HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"
    with running.opened(asked % 1 + (asked % 2)[:-2], (asked % 2)[-2:] + last) as connection:
        told = b"".join(iter(lambda: connection.recv(100_000), b""))
    assert (told.count(b"HTTP/1.1 200 OK"), told.count(b'"body": "body"')) == (3, 2)
    assert told.index(b'"/1"') < told.index(b'"/2"') < told.index(b'"/last"')


def test_so_many_connections_and_no_more(site: object, pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    from tenure.server.http import server

    monkeypatch.setattr(server, "_CONNECTIONS", 3)
    full = Running(pages)
    held = [full.opened() for _ in range(3)]
    with full.opened() as one_too_many:
        assert one_too_many.recv(1000).startswith(b"HTTP/1.1 503")
    held[0].sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
    assert held[0].recv(1000).startswith(b"HTTP/1.1 200"), "who is in is answered"
    for connection in held:
        connection.close()
    time.sleep(0.1)
    assert full.ask("/")[0] == 200
    assert full.end()


def test_nobody_keeps_the_server_from_ending(site: object, pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    from tenure.server.http import server

    monkeypatch.setattr(server, "_ENDING", 0.2)
    ending = Running(pages)
    held = [ending.opened(), ending.opened(LARGE, reads=False), ending.opened(LARGE[:10])]
    held.append(ending.opened(b"GET /endless HTTP/1.1\r\nHost: here\r\n\r\n", reads=False))
    time.sleep(0.5)
    assert ending.end()
    assert pages.closed.wait(5), "and no thread is kept"
    for connection in held:
        connection.close()


@pytest.mark.parametrize("version", [b"1.0", b"0.9"])
def test_an_old_client_gets_no_pieces(running: Running, version: bytes) -> None:
    head, _, body = running.told(b"GET /large HTTP/%s\r\nHost: here\r\n\r\n" % version).partition(b"\r\n\r\n")
    assert (b"transfer-encoding" in head.lower(), b"connection: close" in head.lower()) == (False, True)
    assert body == b"x" * 100_000
    head, _, body = running.told(b"HEAD /large HTTP/%s\r\nHost: here\r\n\r\n" % version).partition(b"\r\n\r\n")
    assert (b"transfer-encoding" in head.lower(), body) == (False, b"")
    with running.opened(b"GET /endless HTTP/%s\r\nHost: here\r\n\r\n" % version) as connection:
        head, _, body = connection.recv(300_000).partition(b"\r\n\r\n")
        assert set(body) <= set(b"x"), "and what is made of it goes on its way before it is whole"


def test_what_follows_a_body_is_no_header(running: Running) -> None:
    asked = b"POST / HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    told = running.told(asked + b"3\r\none\r\n0\r\nAuthorization: Bearer stolen\r\nX-A: 1\r\n\r\n")
    assert b'"body": "one"' in told
    assert b"stolen" not in told
    assert b"HTTP_X_A" not in told


def test_nonsense_behind_a_request_does_not_end_up_in_its_answer(running: Running) -> None:
    with running.opened(b"GET /endless HTTP/1.1\r\nHost: here\r\n\r\n") as connection:
        told = connection.recv(200_000)
        connection.sendall(b"nonsense\r\n\r\n")
        try:
            while piece := connection.recv(1_000_000):
                told += piece
        except ConnectionResetError:
            pass
    assert told.count(b"HTTP/1.1") == 1


def test_so_many_requests_ahead_of_their_answers_and_no_more(running: Running) -> None:
    with running.opened(b"GET / HTTP/1.1\r\n\r\n" * 5_000) as connection:
        assert _broken(connection)
    assert running.ask("/")[0] == 200


NONSENSE = (
    b"GET /he\0re HTTP/1.1\r\nHost: here\r\n\r\n", b"GET /\xff HTTP/1.1\r\nHost: here\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: here\r\nX-A: a\0b\r\n\r\n", b"GET / HTTP/1.1\r\nHost: here\r\nX-A: a\r\n b\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: here\r\nX-A : a\r\n\r\n", b"GET / HTTP/9.9\r\nHost: here\r\n\r\n",
    b"GET http://[::1 HTTP/1.1\r\nHost: here\r\n\r\n", b"CONNECT here:80 HTTP/1.1\r\nHost: here\r\n\r\n",
    *(
        b"POST / HTTP/1.1\r\nHost: here\r\n%s\r\n\r\n0\r\n\r\n" % told
        for told in (
            b"Content-Length: 5\r\nTransfer-Encoding: chunked", b"Transfer-Encoding: chunked\r\nContent-Length: 5",
            b"Content-Length: 5\r\nContent-Length: 6", b"Content-Length: 5, 5", b"Content-Length: -5",
            b"Content-Length: +5", b"Content-Length: " + b"9" * 30, b"Transfer-Encoding: chunked, identity",
            b"Transfer-Encoding: xchunked", b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        )
    ),
)  # fmt: skip


def test_what_could_be_read_in_two_ways_is_not_read(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    for nonsense in NONSENSE:
        assert running.told(nonsense).startswith(b"HTTP/1.1 400"), nonsense
    assert running.ask("/")[0] == 200
    assert not caplog.records
