"""Who holds no key and knows the handshake to the byte: forged, cut, replayed."""

import os
import struct

import pytest
import zmq

import wzp
from curve import Cut, RawPeer, box, greeting
from siege import DEALER, ZONES

SUBMIT = wzp.encode("SUBMIT", {"req": 1, "id": "forger", "title": "题", "body": "文"})


def greeted(attack, zone="portal"):
    peer = attack.raw(zone)
    peer.greet()
    return peer


def welcomed(attack, zone="portal"):
    peer = greeted(attack, zone)
    peer.command(peer.hello(attack.house.server_public))
    assert peer.hear_welcome()
    return peer


def is_each_cut(attack, peers):
    for peer in peers:
        attack.is_cut(peer)


def with_command(attack, make, variants):
    """For each variant a greeted peer that sends what `make` says of it."""
    peers = []
    for variant in variants:
        peer = greeted(attack)
        peer.command(make(peer, variant))
        peers.append(peer)
    is_each_cut(attack, peers)


# ---- HELLO ----


def test_hello_of_another_version(attack):
    versions = [b"\x00\x00", b"\x01\x01", b"\x02\x00", b"\xff\xff"]
    with_command(attack, lambda peer, version: peer.hello(attack.house.server_public, version=version), versions)


def test_hello_of_another_length(attack):
    def make(peer, size):
        whole = peer.hello(attack.house.server_public)
        return (whole + b"\x00" * size)[:size]

    with_command(attack, make, [0, 1, 5, 6, 7, 8, 79, 80, 112, 199, 201, 255, 256, 65535])


def test_hello_whose_box_is_forged(attack):
    def make(peer, way):
        whole = bytearray(peer.hello(attack.house.server_public))
        if way == "random":
            whole[-80:] = os.urandom(80)
        elif way == "one bit":
            whole[-1] ^= 1
        elif way == "another nonce":
            whole[112] ^= 1
        elif way == "another key":
            whole[80:112] = os.urandom(32)
        elif way == "the zero key":
            whole[80:112] = b"\x00" * 32
        return bytes(whole)

    with_command(attack, make, ["random", "one bit", "another nonce", "another key", "the zero key"])


def test_hello_for_another_server(attack):
    with_command(attack, lambda peer, _: peer.hello(zmq.curve_keypair()[0]), range(5))


def test_hello_said_twice_and_commands_out_of_order(attack):
    peers = []
    for zone in ZONES:
        peer = welcomed(attack, zone)
        peer.command(peer.hello(attack.house.server_public))
        early = greeted(attack, zone)
        early.command(b"\x08INITIATE" + os.urandom(248))
        back = greeted(attack, zone)
        back.command(b"\x07WELCOME" + os.urandom(160))
        ready = greeted(attack, zone)
        ready.command(b"\x05READY" + os.urandom(24))
        error = greeted(attack, zone)
        error.command(b"\x05ERROR\x03400")
        peers += [peer, early, back, ready, error]
    is_each_cut(attack, peers)


# ---- INITIATE ----


def test_initiate_whose_vouch_is_forged(attack):
    """The operator's public key is known to whoever looks at a file; its secret is not."""
    house = attack.house
    ops, web = house.keys["ops"][0], house.keys["web"]
    peers = []
    for way in ("random", "own secret", "another transient", "another server"):
        peer = welcomed(attack, "operator")
        long_nonce = os.urandom(16)
        mine, server = peer.mine, peer.server
        if way == "another transient":
            mine = os.urandom(32)
        elif way == "another server":
            server = os.urandom(32)
        secret = zmq.utils.z85.decode(web[1])
        vouch = long_nonce + box(mine + server, b"VOUCH---" + long_nonce, peer.theirs, secret)
        if way == "random":
            vouch = os.urandom(96)
        peer.command(peer.initiate((ops, web[1]), [DEALER], vouch=vouch))
        peers.append(peer)
    is_each_cut(attack, peers)


def test_initiate_with_a_cookie_of_another_connection(attack):
    other = welcomed(attack, "operator")
    peers = []
    for cookie in (other.cookie, os.urandom(96), b"\x00" * 96):
        peer = welcomed(attack, "operator")
        peer.command(peer.initiate(zmq.curve_keypair(), [DEALER], cookie=cookie))
        peers.append(peer)
    is_each_cut(attack, [*peers, other])


def test_initiate_of_another_length(attack):
    peers = []
    for size in (0, 9, 105, 112, 113, 200, 256, 257):
        peer = welcomed(attack)
        peer.command((peer.initiate(zmq.curve_keypair(), [DEALER]) + b"\x00" * size)[:size])
        peers.append(peer)
    is_each_cut(attack, peers)


def test_initiate_as_large_as_a_frame_may_be(attack):
    """Its box is opened before anybody knows who speaks."""
    peers = []
    for filler in (b"\x00", b"\xff"):
        peer = welcomed(attack)
        peer.command(peer.initiate(zmq.curve_keypair(), filler * 200_000))
        peers.append(peer)
    is_each_cut(attack, peers)


# ---- replay ----


class Recorder(RawPeer):
    """An honest peer on a line that somebody listens to."""

    def __init__(self, endpoint):
        super().__init__(endpoint)
        self.sent = []
        real = self.tcp.sendall
        recorder = self

        class Line:
            def __getattr__(self, name):
                return getattr(recorder.line, name)

            def sendall(self, data):
                recorder.sent.append(data)
                real(data)

        self.line, self.tcp = self.tcp, Line()


@pytest.fixture
def recorded(attack):
    """All bytes of a session in which a message was stored, and the connection that is still there."""
    peer = Recorder(attack.house.endpoints["portal"])
    attack.peers.append(peer)
    assert peer.handshake(attack.house.server_public, attack.house.keys["web"], [DEALER])
    peer.send(wzp.encode("SUBMIT", {"req": 1, "id": f"recorded-{os.urandom(4).hex()}", "title": "题", "body": "文"}))
    assert wzp.decode(peer.receive()).kind == "RECEIPT"
    attack.submitted += 1
    return peer


def test_a_recorded_session_on_a_new_connection(attack, recorded):
    """Greeting, HELLO, INITIATE and the message, byte for byte, at every zone and in every cut."""
    peers = []
    for zone in ZONES:
        for blocks in (recorded.sent, recorded.sent[:3], recorded.sent[:1] + recorded.sent[2:]):
            peer = attack.raw(zone)
            try:
                peer.tcp.sendall(b"".join(blocks))
            except OSError:
                pass
            peers.append(peer)
    is_each_cut(attack, peers)


def test_recorded_hello_and_initiate_in_a_conversation_of_ones_own(attack, recorded):
    """HELLO is answered, as it must be; what follows needs the secret that the recording does not hold."""
    peers = []
    for _ in range(3):
        peer = attack.raw()
        peer.tcp.sendall(recorded.sent[0])
        peer.read(64)
        peer.tcp.sendall(recorded.sent[1])
        peer.read_frame()
        peer.tcp.sendall(recorded.sent[2])
        peers.append(peer)
    is_each_cut(attack, peers)


def test_a_recorded_message_again_on_its_own_connection(attack, recorded):
    """Whoever sits on the line may cut it, and no more: the nonce was used."""
    recorded.line.sendall(b"".join(recorded.sent[3:]))
    attack.is_cut(recorded)


def test_a_recorded_message_with_a_bit_changed(attack, recorded):
    changed = bytearray(recorded.sent[3])
    changed[-1] ^= 1
    recorded.line.sendall(bytes(changed))
    attack.is_cut(recorded)


def test_clear_frames_on_a_connection_that_was_let_in(attack, recorded):
    for number, data in enumerate(SUBMIT):
        recorded.send_frame(data, 1 - number)
    attack.is_cut(recorded)


# ---- half and never whole ----


def test_partial_frames(attack):
    """Every prefix of a handshake, and then the end of the line."""
    peer = greeted(attack)
    hello = peer.hello(attack.house.server_public)
    whole = greeting() + bytes([4, len(hello)]) + hello
    for size in range(0, len(whole), 7):
        one = attack.raw(ZONES[size % 3])
        one.tcp.sendall(whole[:size])
        attack.tried()
        attack.drop(one)


def test_lengths_that_no_frame_can_have(attack):
    peers = []
    for size in (2**63, 2**64 - 1, 2**63 - 1, 2**32, 0x40000 + 42):
        for flags in (6, 2, 3):
            peer = greeted(attack, ZONES[flags % 3])
            peer.tcp.sendall(bytes([flags]) + struct.pack(">Q", size) + b"x" * 100)
            peers.append(peer)
    is_each_cut(attack, peers)


def test_a_gibibyte_before_authentication(attack):
    """Announced, and streamed for as long as the daemon would take it: in the place of HELLO, and of INITIATE."""
    for place in ("hello", "initiate"):
        peer = welcomed(attack) if place == "initiate" else greeted(attack)
        sent = 0
        try:
            peer.tcp.sendall(b"\x06" + struct.pack(">Q", 2**30))
            while sent < 64 * 2**20:
                peer.tcp.sendall(b"\x00" * 65536)
                sent += 65536
        except OSError:
            pass
        assert sent < 16 * 2**20, "the daemon read on"
        attack.is_cut(peer)


def test_a_crowd_that_announces_gibibytes(attack):
    peers = [greeted(attack, ZONES[number % 3]) for number in range(150)]
    for peer in peers:
        try:
            peer.tcp.sendall(b"\x06" + struct.pack(">Q", 2**30) + b"\x00" * 4096)
        except OSError:
            pass
    is_each_cut(attack, peers)


def test_frames_just_below_the_limit_before_authentication(attack):
    """What libzmq must hold of each stranger: a frame of the limit, all but one byte, until it loses patience."""
    peers = [greeted(attack, ZONES[number % 3]) for number in range(40)]
    for peer in peers:
        try:
            peer.tcp.sendall(b"\x06" + struct.pack(">Q", wzp.FRAME_MAX) + b"\x00" * (wzp.FRAME_MAX - 1))
        except (OSError, Cut):
            pass
    is_each_cut(attack, peers)
