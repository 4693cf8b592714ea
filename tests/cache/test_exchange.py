"""Redis' protocol, as little of it as a keyspace analysis needs, over a real socket."""

import socket
from collections.abc import Iterator

import pytest
from redis import exceptions

from console.cache.exchange import Exchange, question


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    here, there = socket.socketpair()
    here.settimeout(0.2)
    yield here, there
    here.close()
    there.close()


def test_a_question_is_an_array_of_counted_bytes():
    assert question(b"GET", b"a\r\nb") == b"*2\r\n$3\r\nGET\r\n$4\r\na\r\nb\r\n"


def test_answers_may_come_in_any_pieces(pair: tuple[socket.socket, socket.socket]):
    here, there = pair
    exchange = Exchange(here)
    told = (
        b"+hash\r\n:-1\r\n$-1\r\n"
        + b"*2\r\n$1\r\n7\r\n*2\r\n$4\r\na\r\nb\r\n$0\r\n\r\n"
        + b":5\r\n"
    )
    for at in range(0, len(told), 3):
        there.sendall(told[at : at + 3])
    assert exchange.lines(0) == []
    assert exchange.lines(3) == [b"+hash", b":-1", b"$-1"]
    assert exchange.scanned() == (b"7", [b"a\r\nb", b""])
    assert exchange.lines(1) == [b":5"]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (b"-NOPERM User x has no permissions\r\n", exceptions.NoPermissionError),
        (b"-LOADING the dataset\r\n", exceptions.BusyLoadingError),
        (b"-NOAUTH Authentication required.\r\n", exceptions.AuthenticationError),
        (b"-ERR wrong\r\n", exceptions.ResponseError),
    ],
)
def test_an_error_is_the_librarys_own(
    pair: tuple[socket.socket, socket.socket], line: bytes, kind: type[Exception]
):
    here, there = pair
    there.sendall(b":1\r\n" + line + line)
    exchange = Exchange(here)
    with pytest.raises(kind):
        exchange.lines(2)
    with pytest.raises(kind):
        exchange.scanned()


def test_what_is_no_answer_to_a_scan_is_an_error(pair: tuple[socket.socket, socket.socket]):
    here, there = pair
    there.sendall(b"+OK\r\n")
    with pytest.raises(exceptions.InvalidResponse):
        Exchange(here).scanned()


def test_a_server_that_is_silent_or_gone_is_told_apart(pair: tuple[socket.socket, socket.socket]):
    here, there = pair
    exchange = Exchange(here)
    with pytest.raises(exceptions.TimeoutError):
        exchange.lines(1)
    there.sendall(b"+ha")
    there.close()
    with pytest.raises(exceptions.ConnectionError):
        exchange.lines(1)
    with pytest.raises(exceptions.ConnectionError):
        exchange.send(*[b"x" * 100_000] * 100)
