"""Who holds no key and has many sockets, or much time."""

import errno
import resource
import select
import signal
import socket
import struct
import time

import pytest
import zmq

from curve import Cut, greeting
from siege import ZONES, knock, scale, seeded

HALF_OPEN = 5000
SIEGE_ATTEMPTS = scale(2500, 100_000)
UNTIL_CUT = 8.0  # seconds: a handshake has two, and the machine may be slow


def crowd(attack, count, say):
    """Connections that say something, and are let be."""
    peers = []
    for number in range(count):
        peer = attack.raw(ZONES[number % 3])
        try:
            say(peer)
        except OSError:
            pass
        peers.append(peer)
        if number % 50 == 0:
            attack.world.turn(0)
    return peers


def all_are_cut(attack, peers, within=UNTIL_CUT):
    """Every connection ends by the daemon's hand, and none was told READY."""
    poll, heard, end = select.poll(), {}, time.monotonic() + within
    for peer in peers:
        heard[peer.tcp.fileno()] = (peer, bytearray())
        poll.register(peer.tcp, select.POLLIN)
    while heard:
        left = end - time.monotonic()
        assert left > 0, f"{len(heard)} of {len(peers)} connections still stand"
        for descriptor, _ in poll.poll(left * 1000):
            peer, data = heard[descriptor]
            try:
                block = peer.tcp.recv(65536)
            except ConnectionError:
                block = b""
            data += block
            if not block:
                poll.unregister(descriptor)
                del heard[descriptor]
                attack.tried(accepted=b"\x05READY" in data)
                attack.drop(peer)


def test_five_thousand_half_open_handshakes(attack):
    """A greeting each, and silence. Whoever has a key gets in as quickly as ever meanwhile."""
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > HALF_OPEN + 1000, "this shell may not open enough files"
    attack.memory = 160 * 2**20  # 14 KB a connection in libzmq 4.3.4, and the heap does not shrink at once
    peers = crowd(attack, HALF_OPEN, lambda peer: peer.tcp.sendall(greeting()))
    before = time.monotonic()
    newcomer = attack.member("web")
    assert newcomer.ask("DIRECTORY", within=2.0).kind == "LIST"
    assert time.monotonic() - before < 2.0
    all_are_cut(attack, peers, within=3 * UNTIL_CUT)


def test_connections_that_say_nothing(attack):
    all_are_cut(attack, crowd(attack, 200, lambda peer: None))


def test_handshakes_that_stop_at_welcome(attack):
    """The most a stranger without a key can make the daemon compute and keep."""
    server = attack.house.server_public

    def say(peer):
        peer.greet()
        peer.command(peer.hello(server))
        assert peer.hear_welcome()

    all_are_cut(attack, crowd(attack, scale(300, 2000), say))


def test_a_crowd_that_says_hello_all_at_once(attack):
    """Each HELLO costs the daemon a handful of curve operations before it can know that nobody is behind it."""
    server = attack.house.server_public
    for _ in range(scale(3, 20)):
        peers = crowd(attack, 300, lambda peer: peer.tcp.sendall(greeting()))
        hellos = [peer.hello(server) for peer in peers]
        for peer, hello in zip(peers, hellos):
            try:
                peer.command(hello)
            except OSError:
                pass
        all_are_cut(attack, peers)


def drip(peer, data):
    """A byte whenever the daemon has said nothing for a second; how many it took until it cut the line."""
    for number in range(len(data)):
        try:
            peer.tcp.sendall(data[number:number + 1])
            readable, _, _ = select.select([peer.tcp], [], [], 1.0)
            while readable:
                if not peer.tcp.recv(4096):
                    return number
                readable, _, _ = select.select([peer.tcp], [], [], 0)
        except ConnectionError:
            return number
    return len(data)


@pytest.mark.parametrize("from_the", ["greeting", "hello"])
def test_a_byte_a_second(attack, from_the):
    """Patience does not buy time: the two seconds are those of the whole handshake."""
    peer = attack.raw()
    data = greeting()
    if from_the == "hello":
        peer.greet()
        hello = peer.hello(attack.house.server_public)
        data = bytes([4, len(hello)]) + hello
    assert drip(peer, data) < UNTIL_CUT
    attack.tried()
    attack.drop(peer)


def reset(peer):
    """Closes without good-bye: the daemon gets an RST."""
    peer.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_a_storm_of_connections(attack):
    """In and out again, at every stage of the handshake, in order and by reset."""
    server = attack.house.server_public
    rng = seeded()

    def say(peer, stage):
        if stage > 0:
            peer.tcp.sendall(greeting()[: rng.randrange(1, 65)])
        if stage > 1:
            peer.command(peer.hello(server))

    for number in range(scale(1500, 30_000)):
        peer = attack.raw(ZONES[number % 3])
        try:
            say(peer, number % 3)
            if number % 2:
                reset(peer)
        except OSError:
            pass
        attack.tried()
        attack.drop(peer)


def test_a_stranger_and_his_libzmq_that_never_give_up(attack):
    """A hundred sockets with one unknown key, which connect again as quickly as libzmq can."""
    keys = zmq.curve_keypair()
    peers = [attack.stranger(ZONES[number % 3], keys) for number in range(60)]
    for _ in attack.lasting(1.5):
        attack.world.turn(0.05)
    for peer in peers:
        attack.is_turned_away(peer)


def test_descriptors_run_out(own_attack):
    """The daemon may open no more files: it accepts nobody, keeps those it has, and comes back by itself."""
    attack = own_attack
    keeper = attack.member("edu-a")
    keeper.ready()
    room = 40
    limit = attack.process.descriptors() + room
    before = resource.prlimit(attack.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(attack.process.pid, resource.RLIMIT_NOFILE, (limit, before[1]))
    try:
        for _ in attack.lasting(scale(2.5, 10.0)):
            for peer in crowd(attack, 100, lambda peer: peer.tcp.sendall(greeting())):
                attack.tried()
                attack.drop(peer)
            attack.world.turn(0.02)
        idle = crowd(attack, 3 * room, lambda peer: peer.tcp.sendall(greeting()))
        attack.world.until(lambda: attack.process.descriptors() >= limit - 1, 5, "the last descriptor")
        assert keeper.ask("BEAT", within=2).kind == "PULSE", "those who are in stay in"
    finally:
        resource.prlimit(attack.process.pid, resource.RLIMIT_NOFILE, before)
    for peer in idle:
        attack.tried()
        attack.drop(peer)
    assert attack.member("web").ask("DIRECTORY", within=10).kind == "LIST", "and others come in again"


# ---- everything at once ----


def openings(rng, house):
    """One of the ways in, at random; True if it led in."""
    keys = zmq.curve_keypair()
    strangers = [house.keys[name] for name in ("edu-a", "desk", "ops")]

    def whole(attack):
        return knock(attack, rng.choice(ZONES), keys)

    def wrong_zone(attack):
        return knock(attack, "portal", rng.choice(strangers))

    def no_vouch(attack):
        return knock(attack, rng.choice(ZONES), (house.keys[rng.choice(list(house.keys))][0], keys[1]))

    def other_server(attack):
        return knock(attack, rng.choice(ZONES), house.keys["web"], server_key=keys[0])

    def bytes_of(data):
        def say(attack):
            peer = attack.raw(rng.choice(ZONES))
            try:
                peer.tcp.sendall(data)
            except OSError:
                pass
            attack.drop(peer)
            return False

        return say

    def damaged(attack):
        peer = attack.raw(rng.choice(ZONES))
        try:
            peer.greet()
            hello = bytearray(peer.hello(house.server_public))
            for _ in range(rng.randrange(1, 4)):
                hello[rng.randrange(len(hello))] ^= 1 << rng.randrange(8)
            peer.command(bytes(hello))
        except (OSError, Cut):
            pass
        attack.drop(peer)
        return False

    mechanism = rng.choice([b"NULL", b"PLAIN", b"GSSAPI", b"CURVE"])
    return rng.choice([whole, whole, whole, wrong_zone, no_vouch, other_server, damaged,
                       bytes_of(greeting(mechanism) + rng.randbytes(rng.randrange(300))),
                       bytes_of(rng.randbytes(rng.randrange(1, 400)))])


def test_a_siege_by_every_means_at_random(attack):
    rng = seeded()
    for _ in range(SIEGE_ATTEMPTS):
        attack.tried(accepted=openings(rng, attack.house)(attack))


# ---- while the daemon is busy with itself ----


def test_strangers_knock_while_it_reloads(own_attack):
    attack = own_attack
    for number in range(scale(8, 40)):
        peers = [attack.stranger(zone) for zone in ZONES]
        if number % 2 == 0:
            attack.house.write("principals.yaml", "not: [the principals")
        else:
            attack.house.write_principals()
        attack.house.reload()
        for peer in peers:
            attack.is_turned_away(peer)


def test_strangers_knock_while_it_stops(own_attack):
    """libzmq lets anybody in when nobody answers for the door: here the door goes before its keeper."""
    attack = own_attack
    house = attack.house
    for _ in range(scale(4, 30)):
        worker = house.worker()
        worker.ready()
        peers = [attack.stranger(zone) for zone in ZONES * 6]
        attack.world.until(lambda p=peers: any(one.happened for one in p), what="the first of them")
        attack.pause()
        house.may_end = True
        house.process.send_signal(signal.SIGTERM)
        peers += [attack.stranger(zone) for zone in ZONES * 6]
        hammer(attack, until=lambda: house.process is None)
        assert house.wait_end() == 0
        for peer in peers:
            attack.tried(accepted=peer.has_happened(zmq.EVENT_HANDSHAKE_SUCCEEDED))
            attack.drop(peer)
        worker.close()
        house.start()
        attack.resume()


def hammer(attack, until):
    """Handshakes by hand, one after the other, until the daemon is gone."""
    number = 0
    while not until():
        attack.world.turn(0)
        try:
            attack.tried(accepted=knock(attack, ZONES[number % 3], zmq.curve_keypair()))
        except OSError as error:
            assert error.errno in (errno.ECONNREFUSED, errno.ECONNRESET, errno.EPIPE), error
            attack.tried()
        number += 1
