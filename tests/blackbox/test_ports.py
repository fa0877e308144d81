"""The ports of tests are held for the daemon, and for nobody else."""

import errno
import socket

import pytest
import zmq

from ports import Port


def bind(port, reuse):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, reuse)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


def test_a_port_is_given_once():
    ports = [Port() for _ in range(300)]
    assert len(set(ports)) == len(ports)


def test_neighbours_are_next_to_one_another_and_held():
    rows = [Port.neighbours(3) for _ in range(50)]
    assert all((second, third) == (first + 1, first + 2) for first, second, third in rows)
    assert len({port for row in rows for port in row}) == 150


def test_a_port_is_given_to_none_who_asks_for_any():
    ports = {Port() for _ in range(300)}
    others = [bind(0, reuse) for reuse in (0, 1) for _ in range(100)]
    server = bind(0, 1)
    callers = [socket.create_connection(server.getsockname()) for _ in range(100)]
    assert not ports & {each.getsockname()[1] for each in (*others, server, *callers)}
    for each in (*others, server, *callers):
        each.close()


def test_who_does_not_share_cannot_have_it():
    port = Port()
    with pytest.raises(OSError) as refused:
        bind(port, 0)
    assert refused.value.errno == errno.EADDRINUSE


def test_a_daemon_listens_there_again_and_again_and_alone():
    port = Port()
    for _ in range(3):
        with zmq.Context() as context, context.socket(zmq.ROUTER) as server:
            server.bind(f"tcp://127.0.0.1:{port}")
            with socket.create_connection(("127.0.0.1", int(port)), timeout=10) as caller:
                assert caller.recv(1) == b"\xff"
            with pytest.raises(OSError):
                bind(port, 1)


def test_nobody_answers_at_a_port_without_a_daemon():
    port = Port()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(port)), timeout=10)


def test_a_port_is_free_when_its_number_is_gone():
    port = Port()
    number = int(port)
    del port
    bind(number, 0).close()
