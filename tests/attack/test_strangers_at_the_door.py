"""Who holds no key, or not the right one, and keeps to libzmq or to the letter of ZMTP and CURVE."""

import struct

import pytest
import zmq
import zmq.utils.z85 as z85

import wzp
from curve import greeting, key_pair, properties
from siege import DEALER, ZONES, knock, scale

NAMES = {"web": "portal", "edu-a": "worker", "inspector": "worker", "desk": "worker", "chief": "worker",
         "editor": "worker", "ops": "operator"}
SUBMIT = wzp.encode("SUBMIT", {"req": 1, "id": "stranger", "title": "题", "body": "文"})


def stranger_keys():
    return tuple(z85.encode(key) for key in key_pair())


def shake_a_word(peer):
    """A SUBMIT in clear frames, as a peer of mechanism NULL would send it."""
    for number, data in enumerate(SUBMIT):
        peer.send_frame(data, 1 - number)


# ---- libzmq's own ways ----


def test_no_key_at_all(attack):
    peers = [attack.stranger(zone, curve=False) for zone in ZONES]
    for peer in peers:
        peer.send_frames(SUBMIT)
    for peer in peers:
        attack.is_turned_away(peer)


def test_an_unknown_key_in_every_zone(attack):
    peers = [attack.stranger(zone) for zone in ZONES * 4]
    for peer in peers:
        peer.send("STATUS", req=1)
    for peer in peers:
        attack.world.until(lambda p=peer: p.has_happened(zmq.EVENT_HANDSHAKE_FAILED_AUTH), what="the refusal")
        attack.is_turned_away(peer)
    assert "turned away at the" in attack.house.log()


def test_a_password_instead_of_a_key(attack):
    options = [(zmq.PLAIN_USERNAME, b"ops"), (zmq.PLAIN_PASSWORD, b"ops")]
    peers = [attack.stranger(zone, curve=False, options=options) for zone in ZONES]
    for peer in peers:
        attack.is_turned_away(peer)


def test_the_key_of_another_zone(attack):
    """Each role's key opens its own zone, and no other one."""
    for name, own in NAMES.items():
        peers = {zone: attack.stranger(zone, attack.house.keys[name]) for zone in ZONES}
        peer = peers.pop(own)
        attack.world.until(lambda p=peer: p.has_happened(zmq.EVENT_HANDSHAKE_SUCCEEDED), what="the handshake")
        attack.drop(peer)
        for other in peers.values():
            attack.is_turned_away(other)


def test_a_wrong_server_key(attack):
    """Whoever answers in the daemon's place is not talked to, and who knows only that place's name is not either."""
    peers = [attack.stranger(zone, attack.house.keys["web"], server_key=zmq.curve_keypair()[0]) for zone in ZONES]
    for peer in peers:
        attack.is_turned_away(peer)


def test_somebody_elses_public_key_with_a_secret_of_ones_own(attack):
    for name, zone in NAMES.items():
        keys = (attack.house.keys[name][0], zmq.curve_keypair()[1])
        attack.tried(accepted=knock(attack, zone, keys))


# ---- greetings ----


def say_and_see(attack, openings, zones=ZONES):
    """Each opening at each zone on a connection of its own, all at once; every one of them is cut."""
    peers = [attack.raw(zone) for zone in zones for _ in openings]
    for number, peer in enumerate(peers):
        try:
            openings[number % len(openings)](peer)
        except OSError:
            pass  # cut while it was speaking
    for peer in peers:
        attack.is_cut(peer)


def of_mechanism(name, command):
    def say(peer):
        peer.tcp.sendall(greeting(name))
        peer.send_frame(command, 4)
        shake_a_word(peer)

    return say


READY = b"\x05READY" + properties([DEALER])


def test_mechanism_null_by_hand(attack):
    say_and_see(attack, [of_mechanism(b"NULL", READY)])


def test_mechanism_plain_by_hand(attack):
    say_and_see(attack, [of_mechanism(b"PLAIN", b"\x05HELLO\x03ops\x03ops"), of_mechanism(b"PLAIN", b"\x05HELLO\x00\x00")])


def test_mechanism_gssapi_by_hand(attack):
    say_and_see(attack, [of_mechanism(b"GSSAPI", b"\x08INITIATE\x00\x00\x00\x04ops\x00")])


def test_mechanisms_that_do_not_exist(attack):
    names = [b"curve", b"", b"CURVE\x00X", b"CURVEX", b"\xff" * 20, b"NULL\x00CURVE", b" CURVE"]
    say_and_see(attack, [of_mechanism(name, READY) for name in names])


def test_a_peer_that_says_it_is_the_server(attack):
    def say(peer):
        peer.tcp.sendall(greeting()[:32] + b"\x01" + greeting()[33:])
        peer.send_frame(READY, 4)
        shake_a_word(peer)

    say_and_see(attack, [say])


def of_bytes(*blocks):
    return lambda peer: [peer.tcp.sendall(block) for block in blocks]


def test_the_older_protocols_that_know_no_keys(attack):
    """ZMTP 1.0 (a length and an identity), 2.0 (a signature, a revision, a socket type, an identity)."""
    signature = b"\xff" + struct.pack(">Q", 1) + b"\x7f"
    first = [of_bytes(b"\x01\x00", b"\x06\x01WZP1\x01", b"\x02\x00\x80"), of_bytes(b"\x06\x00admin", b"\x02\x00\x80"),
             of_bytes(b"\x01\x00" + b"\x02\x00x" * 100)]
    second = [of_bytes(signature + bytes([revision, 5]), b"\x00\x00", b"\x01\x05WZP1\x01", b"\x00\x01\x80")
              for revision in (0, 1, 2)]
    say_and_see(attack, first + second)


def test_protocol_versions_that_do_not_exist(attack):
    def of_version(major, minor):
        def say(peer):
            peer.tcp.sendall(b"\xff" + b"\x00" * 8 + b"\x7f" + bytes([major, minor]) + greeting(b"NULL")[12:])
            peer.send_frame(READY, 4)
            shake_a_word(peer)

        return say

    say_and_see(attack, [of_version(major, minor) for major, minor in ((3, 1), (3, 255), (4, 0), (255, 255))])


def test_rubbish_for_a_greeting(attack):
    rubbish = [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\xff" * 1000, b"\x00" * 64, b"\x16\x03\x01" + b"x" * 200,
               b"SSH-2.0-x\r\n", b"\x7f" * 64, b"\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f" + b"\xee" * 5000]
    say_and_see(attack, [of_bytes(block) for block in rubbish])


# ---- no waiting for one's turn ----


def test_a_message_before_the_greeting_is_over(attack):
    def early(peer):
        peer.tcp.sendall(greeting()[:11])
        shake_a_word(peer)

    def at_once(peer):
        peer.tcp.sendall(greeting())
        shake_a_word(peer)

    say_and_see(attack, [early, at_once])


def test_a_message_before_ready(attack):
    """After HELLO, and after WELCOME: sealed with the right transient keys, by a holder of no key."""
    for zone in ZONES:
        for hears_welcome in (False, True):
            peer = attack.raw(zone)
            peer.greet()
            peer.command(peer.hello(attack.house.server_public))
            if hears_welcome:
                assert peer.hear_welcome()
                peer.send(SUBMIT)
            else:
                shake_a_word(peer)
            attack.is_cut(peer)


def test_whoever_was_refused_and_talks_on(attack):
    """The refusal is not the peer's to accept: it goes on as if it had been let in."""
    for zone in ZONES:
        peer = attack.raw(zone)
        assert not peer.handshake(attack.house.server_public, stranger_keys(), [DEALER])
        try:
            for _ in range(50):
                peer.send(SUBMIT)
        except OSError:
            pass
        attack.is_cut(peer)


@pytest.mark.parametrize("metadata", [
    [(b"User-Id", None)],
    [(b"User-Id", None), (b"role", b"operator"), (b"Role", b"operator"), (b"Peer-Address", b"127.0.0.1")],
    [(b"Zap-Domain", b"operator"), (b"ZAP-Status", b"200"), (b"Status-Code", b"200")],
    [(b"Identity", b"ops"), (b"Routing-Id", b"\x00\x00\x00\x00\x01")],
], ids=["user id", "role", "zap", "identity"])
def test_forged_metadata_opens_no_door(attack, metadata):
    """Said by a stranger, and by a key of another zone."""
    ops = attack.house.keys["ops"][0]
    forged = [DEALER] + [(name, ops if value is None else value) for name, value in metadata]
    for keys in (stranger_keys(), attack.house.keys["web"]):
        attack.tried(accepted=knock(attack, "operator", keys, metadata=forged))


def test_unknown_keys_one_after_the_other_by_the_thousand(attack):
    for number in range(scale(600, 20000)):
        attack.tried(accepted=knock(attack, ZONES[number % 3], stranger_keys()))
