"""Whoever is on the machine can come to the doors of the metrics, and nobody asks him who he is. What he does there may
cost him his own connection and nobody a message."""

import itertools
import select
import socket
import struct

import pytest

import metrics
from siege import scale, seeded

SECONDS = scale(2.0, 10.0)
DOORS = ("socket", "port")


@pytest.fixture
def house_options():
    return {"config": metrics.both_doors()}


def come(attack, door):
    """A connection that waits for nothing; None if the door's queue is full at the moment."""
    attack.world.turn(0)
    try:
        peer = metrics.connect(attack.house, door, within=0.2)
    except (BlockingIOError, TimeoutError):
        return None
    peer.setblocking(False)
    return peer


def say(peer, data):
    try:
        peer.send(data)
    except OSError:
        pass


def hear(peer):
    try:
        return peer.recv(65536)
    except OSError:
        return b""


def crowd(attack, words, keep=100):
    """So many connections at a time, each of which has said its words; the oldest makes room for a new one."""
    peers = []
    for number in attack.lasting(SECONDS):
        peer = come(attack, DOORS[number % 2])
        if peer:
            say(peer, next(words))
            peers.append(peer)
            attack.tried()
        if len(peers) > keep:
            peers.pop(0).close()
    return peers


def still_serves(attack):
    """An honest scraper is answered as soon as he comes."""
    for door in DOORS:
        told = metrics.scrape(attack.house, door)
        assert told("wenzheng_clock_held") == 0
    return told


def test_a_crowd_that_says_nothing(own_attack):
    peers = crowd(own_attack, itertools.repeat(b""))
    told = still_serves(own_attack)
    assert told("wenzheng_scrapes_total", outcome="dropped") > 0
    for peer in peers:
        peer.close()


def test_a_crowd_that_begins_a_line(own_attack):
    peers = crowd(own_attack, itertools.cycle([b"GET /metrics HT", b"G", b"GET /metrics HTTP/1.1\r"]))
    still_serves(own_attack)
    for peer in peers:
        peer.close()


def test_a_crowd_that_asks_and_does_not_read(own_attack):
    peers = crowd(own_attack, itertools.repeat(metrics.ASK))
    still_serves(own_attack)
    for peer in peers:
        peer.close()


def test_rubbish_in_place_of_a_request(own_attack):
    rng = seeded()
    rubbish = [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\0" * 600,
               b"\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\n", b"GET " + b"/" * 5000 + b" HTTP/1.1\r\n\r\n",
               b"GET /metrics HTTP/9.9\r\n\r\n", b"GET /metrics\r\n", b"\r\n" * 300, b"POST /metrics HTTP/1.1\r\n\r\n"]
    for number in own_attack.lasting(SECONDS):
        peer = come(own_attack, DOORS[number % 2])
        if not peer:
            continue
        say(peer, rng.choice(rubbish) if number % 3 else rng.randbytes(rng.randrange(1, 700)))
        select.select([peer], [], [], 0.05)
        own_attack.tried(accepted=b"200 OK" in hear(peer))
        peer.close()
    told = still_serves(own_attack)
    assert told("wenzheng_scrapes_total", outcome="refused") > 0


def test_a_request_with_a_body_without_end(own_attack):
    block = b"a" * 65536
    sent = 0
    for number in own_attack.lasting(SECONDS):
        peer = come(own_attack, DOORS[number % 2])
        if not peer:
            continue
        say(peer, b"GET / HTTP/1.1\r\nContent-Length: 1000000000\r\n\r\n")
        for _ in range(100):
            _, writable, _ = select.select([], [peer], [], 0.02)
            if not writable:
                break
            try:
                sent += peer.send(block)
            except OSError:
                break
        own_attack.tried()
        peer.close()
    assert sent > 0
    still_serves(own_attack)


def test_a_storm_of_connections_at_the_doors_of_the_metrics(own_attack):
    """In and out again, in order and by reset."""
    words = itertools.cycle([b"", metrics.ASK, b"GET / HTTP/1.0\r\n\r\n", b"x"])
    for number in own_attack.lasting(SECONDS):
        peer = come(own_attack, "port")
        if not peer:
            continue
        say(peer, next(words))
        if number % 2:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()
        own_attack.tried()
    still_serves(own_attack)


def test_asking_as_fast_as_can_be(own_attack):
    """No more than one text a second is made, however many ask."""
    asked = set()
    for number in own_attack.lasting(SECONDS):
        own_attack.world.turn(0)
        asked.add(metrics.request(own_attack.house, door=DOORS[number % 2])[2])
        own_attack.tried()
    assert own_attack.attempts > 50
    assert len(asked) <= SECONDS + 2, f"{len(asked)} texts in {SECONDS} s"
