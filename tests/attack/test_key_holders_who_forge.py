"""Who holds a key, and says by hand what libzmq would not: another's name, another's number, frames of every shape."""

import struct
import time

import msgpack
import pytest

import wzp
from curve import Cut
from measure import MIB
from siege import DEALER


def answer_of(peer, kind, **fields):
    peer.send(wzp.encode(kind, {"req": 5, **fields}))
    return wzp.decode(peer.receive())


def may_do_as_ever(attack, peer):
    assert answer_of(peer, "DIRECTORY").kind == "LIST"


# ---- whose message is it ----


def test_the_handshake_by_hand_works(attack):
    """So that the refusals of this folder mean something."""
    for name, kind in (("web", "DIRECTORY"), ("edu-a", "READY"), ("ops", "STATUS")):
        peer = attack.raw_member(name)
        assert answer_of(peer, kind, credit=1, incarnation=1).kind in ("LIST", "WELCOME", "REPORT")
        attack.tried()
        attack.drop(peer)


def test_forged_metadata_makes_nobody_another(attack):
    ops = attack.house.keys["ops"][0]
    forgeries = [
        [(b"User-Id", ops)], [(b"user-id", ops)], [(b"role", b"operator")],
        [(b"Role", b"operator"), (b"name", b"ops"), (b"X-role", b"operator")],
        [(b"User-Id", ops), (b"role", b"operator"), (b"Peer-Address", b"127.0.0.1")],
        [(b"User-Id", ops)] * 3, [(b"Zap-Domain", b"operator"), (b"Zap-Status", b"200")],
    ]
    for number, forged in enumerate(forgeries):
        peer = attack.raw_member("web", forged)
        for kind in ("STATUS", "DRAIN", "CASES", "WORKERS"):
            answer = answer_of(peer, kind)
            attack.tried(accepted=answer.get("code") != "forbidden")
        receipt = answer_of(peer, "SUBMIT", id=f"forged-{number}-{time.monotonic_ns()}", title="题", body="文")
        attack.submitted += 1
        shown = attack.siege.operator.show(receipt["case"])
        assert shown["portal"] == "web", "it speaks in its own name"
        attack.drop(peer)


def test_metadata_that_is_no_metadata(attack):
    """By one whose key is good: lengths beyond the end, names without end, a property of every size."""
    bad = [b"\x05", b"\x05Ident", b"\x04Name\xff\xff\xff\xff", b"\x04Name\x7f\xff\xff\xffx", b"\x00\x00\x00\x00\x05x",
           b"\xff" * 400, b"\x08Identity\x00\x00\x01\x00" + b"i" * 256, b"\x0bSocket-Type\x00\x00\x00\x03PUB",
           b"\x0bSocket-Type\x00\x00\x00\x00", b"\x0bSocket-Type\x80\x00\x00\x06DEALER"]
    for metadata in bad:
        peer = attack.raw()
        peer.greet()
        peer.command(peer.hello(attack.house.server_public))
        assert peer.hear_welcome()
        peer.command(peer.initiate(attack.house.keys["web"], metadata))
        try:
            if peer.hear_ready():  # harmless, or flagged: it is a portal all the same
                assert answer_of(peer, "STATUS").get("code") in ("forbidden", "bad-identity")
        except (Cut, ValueError):
            pass
        attack.tried()
        attack.drop(peer)


# ---- routing ids ----


@pytest.mark.parametrize("identity", [b"me", b"\x01\x02\x03\x04\x05", b"x" * 255, b"\x00", b"\x00\x01", b"\x00" * 6,
                                      b"\x00" * 255], ids=["word", "five", "255", "zero", "two", "six", "255 zeros"])
def test_a_routing_id_of_ones_own(attack, identity):
    """By hand, for libzmq's client would not send every one of them."""
    for name in ("web", "edu-a", "ops"):
        peer = attack.raw_member(name, [(b"Identity", identity)])
        for kind in ("SUBMIT", "STATUS", "READY"):
            answer = answer_of(peer, kind, id="identity", title="题", body="文", credit=1, incarnation=1)
            attack.tried(accepted=answer.get("code") != "bad-identity")
        attack.drop(peer)


def test_a_routing_id_that_another_has_already(attack):
    """Squatting takes nothing from its holder: not his place, nor a message meant for him."""
    first = attack.raw_member("web", [(b"Identity", b"web-1")])
    assert answer_of(first, "DIRECTORY")["code"] == "bad-identity"
    for name in ("web", "app"):
        second = attack.raw_member(name, [(b"Identity", b"web-1")])
        for _ in range(5):
            second.send(wzp.encode("SUBMIT", {"req": 9, "id": "squatter", "title": "题", "body": "文"}))
        assert answer_of(first, "DIRECTORY")["code"] == "bad-identity", "the first one is still talked to"
        attack.tried(accepted=hears_within(second, 0.3))
        attack.drop(second)


def hears_within(peer, seconds):
    peer.tcp.settimeout(seconds)
    try:
        return bool(peer.receive())
    except (TimeoutError, Cut):
        return False
    finally:
        peer.tcp.settimeout(10)


def test_routing_ids_that_look_like_libzmqs_own(attack):
    """libzmq 4.3.4 aborts when a claimed id is the next one it would give. The ids are never shown, so a claim is
    one guess in four thousand million."""
    for number in [0, 1, 2, 2**31, 2**32 - 1] + list(range(1000, 1040)):
        peer = attack.raw_member("web", [(b"Identity", b"\x00" + struct.pack(">I", number))])
        answer = answer_of(peer, "SUBMIT", id="forged-id", title="题", body="文", department="nobody")
        attack.tried(accepted=answer.kind != "ERROR")
        if number % 5 == 0:
            other = attack.member("web")  # whom libzmq numbers by itself
            assert other.ask("DIRECTORY").kind == "LIST"
            attack.drop(other)
        attack.drop(peer)


# ---- frames ----


def test_a_frame_beyond_the_limit(attack):
    for size in (wzp.FRAME_MAX + 1, 2 * wzp.FRAME_MAX, 16 * MIB):
        for place in (0, 1):
            frames = wzp.encode("SUBMIT", {"req": 1, "id": "large", "title": "题", "body": "文"})
            frames[place] = frames[place] + b"\x00" * (size - len(frames[place]))
            peer = attack.raw_member("web")
            try:
                peer.send(frames)
            except OSError:
                pass
            attack.is_cut(peer)


def test_a_frame_of_a_gibibyte_that_is_only_announced(attack):
    for size in (2**30, 2**62, 2**64 - 1):
        peer = attack.raw_member("web")
        peer.tcp.sendall(b"\x02" + struct.pack(">Q", size) + b"\x07MESSAGE" + b"\x00" * 1000)
        attack.is_cut(peer)


def test_messages_of_thousands_of_frames(attack):
    """One ERROR `frames` each, and the connection is as good as before. libzmq keeps a message until it is whole."""
    peer = attack.raw_member("web")
    for count in (3, 4, 5, 1000, 8000):
        frames = wzp.encode("SUBMIT", {"req": 1, "id": "many", "title": "题", "body": "文"})
        peer.send((frames + [b""] * count)[:count])
        attack.tried(accepted=wzp.decode(peer.receive()).get("code") != "frames")
        may_do_as_ever(attack, peer)


def test_a_message_that_never_ends(attack):
    """`more` is promised until the line is cut. Nothing of it is handed on, and all of it is given back: one such
    message after the other needs no more memory than the first. libzmq itself has no limit here, so while it lasts
    it costs 72 bytes a frame, and 6 KB if each comes in a packet of its own; the service's MemoryMax is the bound
    for a stolen key."""
    for _ in range(4):
        peer = attack.raw_member("web")
        for _ in range(4000):
            peer.send_frame(peer.sealed(b"x" * 50, 1), 0)
        attack.tried(4000)
        attack.drop(peer)
    other = attack.member("web")
    assert other.ask("DIRECTORY").kind == "LIST"


def test_frames_of_no_size_and_of_one_byte(attack):
    peer = attack.raw_member("web")
    for frames in ([b""], [b"", b""], [b"x"], [b"x", b"y"], [b""] * 3, [b"\x80", b"\x80"], [b"WZP1\x01", b""],
                   [b"WZP1\x01"], [b"", *wzp.encode("DIRECTORY", {"req": 1})]):
        peer.send(frames)
        attack.tried(accepted=wzp.decode(peer.receive()).kind != "ERROR")
    may_do_as_ever(attack, peer)


def test_sealed_messages_that_are_cut_short(attack):
    """MESSAGE frames with a box too small, a nonce that goes back, no box at all."""
    for frame in (b"\x07MESSAGE", b"\x07MESSAGE" + b"\x00" * 8, b"\x07MESSAGE" + b"\xff" * 24, b"", b"\x07MESSAG",
                  b"\x06READY!" + b"\x00" * 40):
        peer = attack.raw_member("web")
        peer.send_frame(frame, 0)
        attack.is_cut(peer)


def test_commands_after_the_handshake(attack):
    """PING of every size, commands nobody knows, and those of the handshake once more."""
    commands = [b"\x04PING\x00\x0a" + b"c" * size for size in (0, 16, 17, 255, 4000)]
    commands += [b"\x04PING", b"\x04PING\x00", b"\x04PONG" + b"x" * 300, b"\x05READY", b"\x05ERROR\x03400",
                 b"\x09SUBSCRIBE" + b"x" * 50, b"\x06CANCELx", b"\x05HELLO" + b"\x00" * 195, b"\xff" + b"x" * 255,
                 b"\x00", b"", b"\x04JOIN" + b"g" * 100, b"\x05LEAVEg"]
    for command in commands:
        for outside in (False, True):
            peer = attack.raw_member("web")
            try:
                if outside:
                    peer.command(command)  # in clear, as the handshake's were
                else:
                    peer.send_frame(peer.sealed(command, 4), 0)
                peer.send(wzp.encode("SUBMIT", {"req": 5, "id": "after", "title": "题", "body": "文", "class": "x"}))
                while hears_within(peer, 0.05):
                    pass
            except (OSError, ValueError):
                pass
            attack.tried()
            attack.drop(peer)


# ---- what stands in the frames ----

BOMBS = [b"\xdd\x7f\xff\xff\xff", b"\xdf\xff\xff\xff\xff", b"\xdd\x00\x03\xff\xff" + b"\xc0" * 100000, b"\xdf\x00\x00\x10\x00",
         b"\x81\xa3req\xdd\xff\xff\xff\xff", b"\x81\xa1x" + b"\x91" * 5000 + b"\xc0", b"\x81\xa1x" + b"\x81\xa1x" * 5000,
         b"\xc9\xff\xff\xff\xff\x01", b"\xc6\xff\xff\xff\xff", b"\xdb\xff\xff\xff\xff", b"\xc1", b"\x80\x80",
         b"\x81\xa3req\xc1", b"\xde\xff\xff" + b"\x00" * 200000]


def test_maps_that_announce_more_than_there_is(attack):
    peer = attack.member("web")
    for _ in range(20):
        for bomb in BOMBS:
            peer.send_frames([wzp.head("SUBMIT"), bomb])
            code = peer.next_in_inbox("ERROR")["code"]
            attack.tried(accepted=code not in ("malformed", "wrong-type"))


def test_keys_that_stand_twice(attack):
    """The first says one thing, the second another: neither is believed."""
    peer = attack.member("web")
    for key, one, two in (("req", 7, 8), ("id", "a", "b"), ("department", "edu", "water"), ("class", "major", "thanks")):
        fields = {"req": 7, "id": "twice", "title": "题", "body": "文"}
        fields.pop(key, None)
        pairs = list(fields.items()) + [(key, one), (key, two)]
        body = bytes([0x80 + len(pairs)]) + b"".join(msgpack.packb(part) for pair in pairs for part in pair)
        peer.send_frames([wzp.head("SUBMIT"), body])
        attack.world.until(lambda p=peer: p.inbox or p.answers, what="the refusal")
        said = peer.inbox + sum(peer.answers.values(), [])
        attack.tried(accepted=any(answer.get("code") != "malformed" for answer in said))
        peer.inbox.clear()
        peer.answers.clear()


BAD_TEXTS = [b"\xff", b"\xc0\xaf", b"\xe0\x80\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xe4\xb8",
             b"\x80", b"a\x00b", b"a\x1bc", b"\x7f", b"\xc2\x85", b"\xf0\x82\x82\xac", b"\xed\xb0\x80"]


def test_texts_that_are_no_utf8(attack):
    """Overlong forms, surrogates, cut sequences, zero and escape characters, in every text a portal sends."""
    peer = attack.member("web")
    for key in ("id", "title", "body", "category", "region", "department", "class"):
        for number, text in enumerate(BAD_TEXTS):
            fields = {"req": 7, "id": f"bad-{number}", "title": "题", "body": "文"}
            fields.pop(key, None)
            body = bytes([0x81 + len(fields)]) + b"".join(msgpack.packb(part) for pair in fields.items() for part in pair)
            peer.send_frames([wzp.head("SUBMIT"), body + msgpack.packb(key) + bytes([0xA0 + len(text)]) + text])
            attack.tried(accepted=peer.answer(7).get("code") != "invalid-text")
            peer.answers.clear()


def test_numbers_that_do_not_fit(attack):
    """Epochs, credits and cursors at and beyond the edge of every integer."""
    worker, portal = attack.member("edu-a"), attack.member("web")
    worker.ready()
    for value in (-1, 2**32, 2**63 - 1, 2**64 - 1, -(2**63), 1.5, True, None, "1", b"1"):
        for peer, kind, key in ((worker, "TAKE", "epoch"), (worker, "READY", "credit"), (portal, "WATCH", "cursor"),
                                (portal, "SEEN", "cursor"), (portal, "DIRECTORY", "limit")):
            fields = {"TAKE": {"case": wzp.NO_CASE}, "READY": {"incarnation": 1}}.get(kind, {})
            answer = peer.ask(kind, **{**fields, key: value})
            is_count = type(value) is int and 0 <= value < 2**63
            harmless = kind == "WATCH" and is_count  # from a moment that is still to come
            attack.tried(accepted=answer.kind != "ERROR" and not harmless)
