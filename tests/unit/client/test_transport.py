"""The blocking transport, against servers that say exactly these bytes."""

import errno
import os
import socket
import threading
import time

import pytest

from ravi.client.core import Request
from ravi.client.transport import Transport
from ravi.errors import ServerNonsense, ServerUnreachable, TimedOut
from tests.support.fake_servers import CLOSE, READ, RESET

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
GET = Request("GET", "/x/", [("Accept", "application/json")], None, repeatable=True)
POST = Request("POST", "/x/", [], b'{"a":1}', repeatable=False)
KEYED = Request("POST", "/x/", [("Idempotency-Key", "k")], b"{}", repeatable=True)


@pytest.fixture
def transport():
    made = []

    def make(url: str) -> Transport:
        made.append(Transport(url, environ={}))
        return made[-1]

    yield make
    for one in made:
        one.close()


def exchange(transport: Transport, request: Request = GET, seconds: float = 5.0):
    now = time.monotonic()
    return transport.exchange(request, connect_by=now + min(seconds, 1.8), deadline=now + seconds)


def test_a_request_goes_out_and_its_answer_comes_back(play, transport) -> None:
    server = play((READ, OK))

    answer = exchange(transport(server.url), POST)

    assert (answer.status, answer.body) == (200, b"{}")
    host = f"127.0.0.1:{server.port}".encode()
    assert server.requests == [b"POST /x/ HTTP/1.1\r\nHost: " + host + b'\r\nContent-Length: 7\r\n\r\n{"a":1}']


def test_one_connection_serves_many_requests(play, transport) -> None:
    server = play((READ, OK) * 3)
    one = transport(server.url)

    for _ in range(3):
        assert exchange(one).body == b"{}"

    assert server.connections == 1


def test_an_answer_may_come_in_pieces(play, transport) -> None:
    pieces = [piece for i in range(0, len(OK), 7) for piece in (OK[i : i + 7], 0.005)]

    assert exchange(transport(play((READ, *pieces)).url)).body == b"{}"


def test_a_chunked_answer_and_the_next_on_one_connection(play, transport) -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    server = play((READ, chunked, READ, OK))
    one = transport(server.url)

    assert [exchange(one).body, exchange(one).body] == [b"{}", b"{}"]
    assert server.connections == 1


def test_an_idle_connection_that_the_server_closed_is_replaced_before_anything_is_sent(play, transport) -> None:
    server = play((READ, OK, CLOSE), (READ, OK))
    one = transport(server.url)
    exchange(one)
    time.sleep(0.05)

    assert exchange(one, POST).status == 200

    assert server.connections == 2
    assert len(server.requests) == 2


@pytest.mark.parametrize("end", [CLOSE, RESET])
@pytest.mark.parametrize("request_", [GET, KEYED])
def test_a_reused_connection_that_ends_under_a_repeatable_request_is_tried_once_more(
    play, transport, end, request_
) -> None:
    server = play((READ, OK, READ, end), (READ, OK))
    one = transport(server.url)
    exchange(one)

    assert exchange(one, request_).status == 200
    assert server.connections == 2


@pytest.mark.parametrize("end", [CLOSE, RESET])
def test_a_request_that_may_have_happened_is_not_repeated(play, transport, end) -> None:
    server = play((READ, OK, READ, end), (READ, OK))
    one = transport(server.url)
    exchange(one)

    with pytest.raises(ServerUnreachable, match="without an answer") as caught:
        exchange(one, POST)
    assert caught.value.details == {"sent": True}
    assert server.connections == 1


def test_a_fresh_connection_that_ends_is_not_repeated(play, transport) -> None:
    server = play((READ, CLOSE))

    with pytest.raises(ServerUnreachable, match="without an answer"):
        exchange(transport(server.url))
    assert server.connections == 1


def test_a_second_ending_in_a_row_is_an_error(play, transport) -> None:
    server = play((READ, OK, READ, CLOSE), (READ, CLOSE))
    one = transport(server.url)
    exchange(one)

    with pytest.raises(ServerUnreachable):
        exchange(one)
    assert server.connections == 2


def test_an_answer_cut_short_is_nonsense_and_not_repeated(play, transport) -> None:
    server = play((READ, OK, READ, OK[:-1], CLOSE), (READ, OK))
    one = transport(server.url)
    exchange(one)

    with pytest.raises(ServerNonsense, match="in the middle"):
        exchange(one)
    assert server.connections == 1


def test_a_refusal_sent_before_the_body_was_read_is_heard(play, transport) -> None:
    refusal = b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
    big = Request("POST", "/x/", [], b"x" * 8_000_000, repeatable=False)
    server = play((refusal, 0.3, CLOSE))

    assert exchange(transport(server.url), big).status == 413


def test_surplus_bytes_never_become_the_next_answer(play, transport) -> None:
    evil = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
    server = play((READ, OK + evil), (READ, OK))
    one = transport(server.url)

    assert [exchange(one).body, exchange(one).body] == [b"{}", b"{}"]
    assert server.connections == 2


def test_bytes_that_come_unasked_on_an_idle_connection_are_not_the_next_answer(play, transport) -> None:
    evil = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
    server = play((READ, OK, evil), (READ, OK))
    one = transport(server.url)
    exchange(one)
    time.sleep(0.05)

    assert exchange(one).body == b"{}"
    assert server.connections == 2


@pytest.mark.parametrize("script", [(), (READ,), (READ, OK[:40]), (READ, OK[:40], *[b"x", 0.1] * 100)], ids=range(4))
def test_a_server_that_is_too_slow_times_out_and_is_left(play, transport, script) -> None:
    one = transport(play(script, (READ, OK)).url)
    began = time.monotonic()

    with pytest.raises(TimedOut):
        exchange(one, seconds=0.3)

    assert 0.25 < time.monotonic() - began < 2
    assert exchange(one).body == b"{}", "the late answer must not be taken for the next one"


def test_a_request_that_is_not_taken_off_our_hands_times_out(play, transport) -> None:
    big = Request("POST", "/x/", [], b"x" * 50_000_000, repeatable=False)

    with pytest.raises(TimedOut):
        exchange(transport(play((5.0,)).url), big, seconds=0.3)


@pytest.mark.parametrize("garbage", [b"SSH-2.0-x\r\n", b"\0" * 100, b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000])
def test_garbage_is_nonsense_and_ends_the_connection(play, transport, garbage) -> None:
    server = play((READ, garbage), (READ, OK))
    one = transport(server.url)

    with pytest.raises(ServerNonsense):
        exchange(one)
    assert exchange(one).body == b"{}"


def test_a_stopped_server_is_unreachable_at_once(transport) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    began = time.monotonic()

    with pytest.raises(ServerUnreachable, match="connection refused") as caught:
        exchange(transport(f"http://127.0.0.1:{port}"))

    assert time.monotonic() - began < 1
    assert caught.value.details == {"sent": False}
    assert "ravi-server run" in caught.value.hint


def test_a_server_that_does_not_accept_is_unreachable_within_two_seconds(transport) -> None:
    # A full backlog drops what comes: the nearest thing to a black hole on loopback.
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        time.sleep(0.05)
        began = time.monotonic()
        with pytest.raises(ServerUnreachable, match="does not answer"):
            exchange(transport(f"http://127.0.0.1:{port}"))
        assert time.monotonic() - began < 2
        for filler in fillers:
            filler.close()


def test_a_host_that_does_not_exist_is_unreachable(transport) -> None:
    with pytest.raises(ServerUnreachable, match="cannot be found"):
        exchange(transport("http://no-such-host.invalid:1"))


def test_an_ipv6_literal_is_reached_and_named_in_the_host_header(transport) -> None:
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("no IPv6 here")
    seen = []

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            seen.append(connection.recv(65536))
            connection.sendall(OK)

    thread = threading.Thread(target=serve)
    thread.start()
    port = listener.getsockname()[1]
    with listener:
        assert exchange(transport(f"http://[::1]:{port}")).status == 200
        thread.join()
    assert f"Host: [::1]:{port}\r\n".encode() in seen[0]


def test_localhost_is_reached_where_only_one_of_its_addresses_listens(play, transport) -> None:
    server = play((READ, OK))

    assert exchange(transport(f"http://localhost:{server.port}")).status == 200


def test_a_machine_that_allows_no_sockets_is_like_one_without_a_server(transport, monkeypatch) -> None:
    """Sandboxes refuse the socket itself, and a kernel those of a family that it lacks."""

    def refusing(*_: object) -> socket.socket:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(socket, "socket", refusing)

    with pytest.raises(ServerUnreachable, match="operation not permitted") as caught:
        exchange(transport("http://127.0.0.1:1"))
    assert caught.value.details == {"sent": False}


def test_threads_that_share_it_wait_for_one_another(play, transport) -> None:
    server = play((READ, 0.01, OK) * 20)
    one = transport(server.url)
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(exchange(one).body)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [b"{}"] * 20
    assert server.connections == 1


def test_a_forked_child_does_not_talk_on_its_parents_connection(play, transport) -> None:
    server = play((READ, OK, READ, OK), (READ, OK))
    one = transport(server.url)
    exchange(one)
    child = os.fork()
    if child == 0:
        os._exit(0 if exchange(one).status == 200 else 1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert exchange(one).status == 200
    assert server.connections == 2


def test_a_closed_transport_opens_again(play, transport) -> None:
    server = play((READ, OK))
    one = transport(server.url)
    exchange(one)
    one.close()
    one.close()

    assert exchange(one).status == 200
    assert server.connections == 2
