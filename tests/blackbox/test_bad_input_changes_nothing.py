"""Whatever a peer sends: a typed ERROR, the same figures as before, and a daemon that goes on."""

import pathlib
import random
import re

import msgpack
import pytest
import zmq

import wzp
from wzp import KINDS, NO_CASE, encode, head

GOOD = {"req": 7, "id": "bad-input", "title": "题", "body": "文"}

# A well-formed message of every built kind that peers send.
SAMPLES = {
    "SUBMIT": {"id": "never", "title": "题", "body": "文", "department": "nobody"},
    "QUERY": {"id": "never"},
    "DIRECTORY": {},
    "WATCH": {},
    "SEEN": {"cursor": 0},
    "BEAT": {},
    "BYE": {},
    "READY": {"credit": 1, "incarnation": 1},
    "HELD": {},
    "TAKE": {"case": NO_CASE, "epoch": 1},
    "REPLY": {"case": NO_CASE, "epoch": 1, "reply": "答复"},
    "RETURN": {"case": NO_CASE, "epoch": 1, "reason": "理由"},
    "FAIL": {"case": NO_CASE, "epoch": 1, "reason": "理由"},
    "ASSIGN": {"case": NO_CASE, "department": "edu", "reason": "理由"},
    "STATUS": {},
    "CASES": {},
    "SHOW": {"case": NO_CASE},
    "HISTORY": {"case": NO_CASE},
    "WHY": {"case": NO_CASE},
    "WORKERS": {},
    "DRAIN": {"department": "nobody"},
    "CLOCK": {},
    "RELOAD": {},
    "REVOKE": {"name": "nobody"},
}


class Witness:
    """Says afterwards that nothing has changed."""

    def __init__(self, house):
        self.house = house
        self.ops = house.operator()
        self.before = self.look()

    def look(self):
        return self.ops.figures(), [dict(item) for item in self.ops.cases(state="all")]

    def is_content(self):
        assert self.look() == self.before
        assert self.house.process, "the daemon is alive"
        self.ops.close()


@pytest.fixture
def witness(shared_house):
    witness = Witness(shared_house)
    yield witness
    witness.is_content()


@pytest.fixture
def portal(shared_house):
    portal = shared_house.portal()
    portal.ask("DIRECTORY")  # connected
    portal.answers.clear()
    yield portal
    portal.close()


def refusal(peer, frames, code, field=None, req=None):
    """Sends raw frames and demands the ERROR."""
    peer.send_frames(frames)
    if req is None:
        answer = peer.next_in_inbox("ERROR")
    else:
        answer = peer.answer(req)
    assert answer.kind == "ERROR" and answer["code"] == code, answer
    assert answer.get("field") == field, answer
    return answer


def packed(**changes):
    return msgpack.packb({**GOOD, **changes})


def map_of(*pairs):
    """A msgpack map written by hand, so that it may be wrong."""
    return bytes([0x80 | len(pairs)]) + b"".join(msgpack.packb(key) + value for key, value in pairs)


DEEP = b"\x91" * 7 + b"\x01"  # seven arrays in one another; with the map around them eight
MALFORMED = {
    "an empty frame": b"",
    "the five-byte bomb": b"\xdd\x7f\xff\xff\xff",
    "a map of four billion": b"\xdf\xff\xff\xff\xff",
    "a text of four billion": map_of(("req", b"\xdb\xff\xff\xff\xff")),
    "bytes that end too early": packed()[:-1],
    "bytes after the end": packed() + b"\xc0",
    "two maps": packed() + packed(),
    "the byte that is never used": map_of(("req", b"\xc1")),
    "an extension": map_of(("req", b"\xd4\x01\x00")),
    "a timestamp": map_of(("req", b"\xd6\xff\x00\x00\x00\x00")),
    "an array": msgpack.packb([1, 2]),
    "a number": b"\x01",
    "nil": b"\xc0",
    "a key that is a number": map_of((1, b"\x01")),
    "a key that is bytes": b"\x81\xc4\x03req\x01",
    "nine levels": map_of(("unknown", b"\x91" + DEEP)),
    "sixty-five keys": msgpack.packb({f"k{i}": i for i in range(65)}),
    "rubbish": bytes(range(128, 256)),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_frame_that_is_not_one_whole_map(witness, portal, name):
    portal.send_frames([head("SUBMIT"), MALFORMED[name]])
    answer = portal.world.until(lambda: portal.inbox or [a for l in portal.answers.values() for a in l],
                                what="an ERROR")[0]
    assert (answer.kind, answer["code"]) == ("ERROR", "malformed")


@pytest.mark.parametrize("key", ["req", "title", "category"])
def test_a_key_that_stands_twice(witness, portal, key):
    body = packed(category="类")
    again = msgpack.packb(key) + msgpack.packb({**GOOD, "category": "类"}[key])
    answer = refusal(portal, [head("SUBMIT"), bytes([body[0] + 1]) + body[1:] + again], "malformed", key,
                     None if key == "req" else 7)
    assert ("req" in answer) == (key != "req")


def test_what_is_just_within_the_limits_is_understood(witness, portal):
    portal.send_frames([head("QUERY"), msgpack.packb({"req": 8, "id": "nothing", **{f"k{i}": i for i in range(62)}})])
    assert portal.answer(8)["code"] == "not-found"
    portal.send_frames([head("QUERY"), b"\x83" + msgpack.packb("req") + b"\x09" + msgpack.packb("id") +
                        msgpack.packb("nothing") + msgpack.packb("unknown") + DEEP])
    assert portal.answer(9)["code"] == "not-found"


@pytest.mark.parametrize("frames", [
    [head("SUBMIT")],
    [b""],
    [head("SUBMIT"), packed(), b""],
    [head("SUBMIT"), packed(), packed()],
    [b"", head("SUBMIT"), packed()],
    [head("SUBMIT"), packed()] + [b"x"] * 100,
    [b""] * 20000,
], ids=["one", "one empty", "a third", "three", "an empty delimiter", "a hundred", "twenty thousand"])
def test_not_exactly_two_frames(witness, portal, frames):
    refusal(portal, frames, "frames")
    assert portal.ask("DIRECTORY").kind == "LIST", "the connection lives on"


@pytest.mark.parametrize("first", [b"", b"WZP", b"WZP1", b"WZP2\x01", b"wzp1\x01", b"WZP1\x01\x00", b"MDPW01", b"\x00" * 5])
def test_a_first_frame_of_another_protocol(witness, portal, first):
    refusal(portal, [first, packed()], "version", req=7)


@pytest.mark.parametrize("number", sorted(set(range(256)) - set(wzp.BY_NUMBER))[::16] + [0x00, 0xFF])
def test_an_unknown_kind(witness, portal, number):
    refusal(portal, [head(number), packed()], "unknown-kind", req=7)


@pytest.mark.parametrize("kind", [kind.name for kind in KINDS.values() if not kind.built])
def test_a_kind_that_is_reserved(witness, portal, kind):
    refusal(portal, [head(kind), packed()], "unsupported", req=7)


@pytest.mark.parametrize("key, value", [
    ("req", "1"), ("req", 1.0), ("req", None), ("req", True), ("req", b"1"),
    ("title", 1), ("title", None), ("title", b"bytes"), ("title", ["题"]), ("title", True), ("title", {"a": 1}),
    ("body", 7.5), ("id", 7), ("category", False), ("department", ["edu"]), ("class", {}),
])
def test_a_field_of_the_wrong_type(witness, portal, key, value):
    refusal(portal, [head("SUBMIT"), packed(**{key: value})], "wrong-type", key, None if key == "req" else 7)


@pytest.mark.parametrize("kind, key, value, code", [
    ("QUERY", "req", -1, "invalid-value"),
    ("QUERY", "req", 2**63, "invalid-value"),
    ("DIRECTORY", "limit", 513, "invalid-value"),
    ("DIRECTORY", "limit", -1, "invalid-value"),
    ("WATCH", "cursor", 2**64 - 1, "invalid-value"),
    ("WATCH", "cursor", "0", "wrong-type"),
])
def test_a_number_out_of_its_range(witness, portal, kind, key, value, code):
    fields = {"req": 7, **SAMPLES[kind], key: value}
    refusal(portal, [head(kind), msgpack.packb(fields)], code, key, None if key == "req" else 7)


@pytest.mark.parametrize("kind, key", [
    (kind, key) for kind in SAMPLES for key in wzp.REQUIRED[kind]])
def test_a_required_field_that_is_missing(shared_house, witness, kind, key):
    sender = KINDS[kind].senders[0]
    name = {"portal": "web", "worker": "edu-a", "triage": "desk", "operator": "ops"}[sender]
    peer = shared_house.connect(name)
    fields = {"req": 7, **SAMPLES[kind]}
    del fields[key]
    refusal(peer, [head(kind), msgpack.packb(fields)], "missing-field", key, None if key == "req" else 7)
    peer.close()


@pytest.mark.parametrize("key", ["id", "title", "body"])
def test_a_required_text_that_is_empty(witness, portal, key):
    refusal(portal, [head("SUBMIT"), packed(**{key: ""})], "invalid-value", key, 7)


@pytest.mark.parametrize("key", ["id", "title", "body", "category", "region", "department", "class"])
def test_a_text_that_is_too_long(witness, portal, key):
    limit = wzp.FIELDS[key].limit
    refusal(portal, [head("SUBMIT"), packed(**{key: "x" * (limit + 1)})], "too-long", key, 7)
    refusal(portal, [head("SUBMIT"), packed(req=8, **{key: "文" * (limit // 3 + 1)})], "too-long", key, 8)


@pytest.mark.parametrize("text", [
    b"\xff", b"abc\xc3", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe6\x96", b"a\x00b", b"a\x1bb", b"a\x7fb"])
@pytest.mark.parametrize("key", ["id", "title", "body"])
def test_a_text_that_is_not_clean_utf8(witness, portal, key, text):
    pairs = [(name, msgpack.packb(value)) for name, value in GOOD.items() if name != key]
    pairs.append((key, bytes([0xD9, len(text)]) + text))
    refusal(portal, [head("SUBMIT"), map_of(*pairs)], "invalid-text", key, 7)


@pytest.mark.parametrize("char", ["\n", "\t", "\r"])
def test_line_breaks_stand_in_bodies_and_not_in_titles(witness, portal, char):
    refusal(portal, [head("SUBMIT"), packed(title=f"a{char}b")], "invalid-text", "title", 7)
    refusal(portal, [head("SUBMIT"), packed(body=f"a{char}b", department="nobody", req=8)],
            "unknown-department", "department", 8)


def test_contact_details_are_a_text_or_absent(witness, portal):
    for contact in (None, 1, {"phone": "1"}, [], b"x"):
        refusal(portal, [head("SUBMIT"), packed(contact=contact)], "wrong-type", "contact", 7)
        portal.answers.clear()
    refusal(portal, [head("SUBMIT"), packed(contact="")], "invalid-value", "contact", 7)
    portal.answers.clear()
    refusal(portal, [head("SUBMIT"), packed(contact="x" * 1025)], "too-long", "contact", 7)


def test_a_department_or_class_that_the_profile_does_not_have(witness, portal):
    assert portal.refused("unknown-department", "SUBMIT", id="x", title="题", body="文", department="nobody")
    assert portal.refused("unknown-class", "SUBMIT", id="x", title="题", body="文", **{"class": "nothing"})
    assert portal.refused("not-found", "QUERY", id="x"), "nothing was stored"


@pytest.mark.parametrize("case", ["20260105-000001-7", "20260105000001-6", "x", "20260105-000001-", "２０２６-1"])
def test_a_case_number_that_is_none(shared_house, witness, case):
    ops = shared_house.operator()
    for kind in ("SHOW", "HISTORY", "WHY"):
        assert ops.refused("invalid-value", kind, case=case)["field"] == "case"
        ops.refused("not-found", kind, case=NO_CASE)
    ops.close()


@pytest.mark.parametrize("role", ["portal", "worker", "supervisor", "triage", "approver", "moderator", "operator"])
def test_a_role_may_send_what_the_table_says_and_nothing_else(shared_house, witness, role):
    name = {"portal": "web", "worker": "edu-a", "supervisor": "inspector", "triage": "desk", "approver": "chief",
            "moderator": "editor", "operator": "ops"}[role]
    peer = shared_house.connect(name)
    for number, kind in enumerate(KINDS.values(), start=1000):
        fields = SAMPLES.get(kind.name)
        if fields is None:  # the daemon's own kinds: as a copy of what it might send
            fields = {key: sample_of(key) for key in wzp.REQUIRED.get(kind.name, [])}
        peer.send_frames(encode(kind.name, {**fields, "req": number}))
        carries_req = not kind.built or "req" in wzp.REQUIRED[kind.name] + wzp.OPTIONAL[kind.name]
        answer = peer.answer(number) if carries_req else peer.next_in_inbox("ERROR")
        if not kind.built:
            assert answer["code"] == "unsupported", (role, kind)
        elif role in kind.senders:
            assert answer.get("code") != "forbidden", (role, kind, answer)
        else:
            assert (answer.kind, answer["code"]) == ("ERROR", "forbidden"), (role, kind, answer)
        if kind.name == "READY" and role == "worker":
            peer.bye()
    peer.close()


def sample_of(key):
    kind, limit = wzp.FIELDS[key]
    if key == "case":
        return NO_CASE
    return {"line": "x", "text": "x", "time": 1, "count": min(1, limit), "flag": True, "lines": [], "items": []}[kind]


@pytest.mark.parametrize("size", [wzp.FRAME_MAX + 1, 2 * wzp.FRAME_MAX])
@pytest.mark.parametrize("place", [0, 1])
def test_a_frame_beyond_the_limit_cuts_the_connection(shared_house, witness, place, size):
    peer = shared_house.connect("web", monitored=True)
    peer.ask("DIRECTORY")
    frames = [head("SUBMIT"), packed()]
    frames[place] = b"\x00" * size
    peer.send_frames(frames)
    peer.world.until(lambda: peer.has_happened(zmq.EVENT_DISCONNECTED), what="the cut")
    peer.close()


def test_a_frame_of_just_the_limit_is_read(witness, portal):
    around = len(msgpack.packb({"req": 7, "unknown": "x" * 100000})) - 100000
    frame = msgpack.packb({"req": 7, "unknown": "x" * (wzp.FRAME_MAX - around)})
    assert len(frame) == wzp.FRAME_MAX
    portal.send_frames([head("DIRECTORY"), frame])
    assert portal.answer(7).kind == "LIST"


def memory_peak(house):
    status = pathlib.Path(f"/proc/{house.process.pid}/status").read_text(encoding="ascii")
    return int(re.search(r"VmPeak:\s+(\d+) kB", status).group(1)) * 1024


def test_announcing_much_costs_the_daemon_no_memory(shared_house, witness, portal):
    before = memory_peak(shared_house)
    for bomb in (b"\xdd\x7f\xff\xff\xff", b"\xdf\xff\xff\xff\xff", b"\xdd\x00\x03\xff\xff" + b"\xc0" * 100000):
        refusal(portal, [head("SUBMIT"), bomb], "malformed")
    assert memory_peak(shared_house) - before < 32 * 1024 * 1024


def test_an_error_never_repeats_what_was_sent(witness, portal):
    secret = "机密内容"
    for fields in ({"title": secret + "\x00"}, {"department": secret}, {"category": 1, "body": secret}):
        portal.send_frames([head("SUBMIT"), packed(**fields)])
        answer = portal.answer(7)
        assert secret not in repr(answer)
        portal.answers.clear()


def mutate(rng, frame):
    """A small accident in a good frame."""
    data = bytearray(frame)
    for _ in range(rng.randrange(1, 4)):
        choice = rng.randrange(4)
        at = rng.randrange(len(data)) if data else 0
        if choice == 0 and data:
            data[at] = rng.randrange(256)
        elif choice == 1:
            data[at:at] = bytes(rng.randrange(256) for _ in range(rng.randrange(1, 5)))
        elif choice == 2 and data:
            del data[at:at + rng.randrange(1, 5)]
        elif data:
            data[at] ^= 1 << rng.randrange(8)
    return bytes(data)


def test_ten_thousand_random_accidents(new_house, seed):
    """Each gets an answer or an ERROR; none costs the daemon anything. What happens to be well formed may do
    what it says: the figures are not looked at, the store is verified afterwards."""
    rng = random.Random(seed)
    house = new_house().start()
    peers = [house.portal("web"), house.worker("hall"), house.triage(), house.operator()]
    kinds = {
        peer: [k.name for k in KINDS.values() if k.built and role in k.senders and k.name not in ("BYE", "DRAIN")]
        for peer, role in zip(peers, ("portal", "worker", "triage", "operator"))
    }
    peers[1].ready()
    case = peers[0].submit("m-1", department="edu")["case"]
    for _ in range(100):
        for peer in peers:
            for _ in range(25):
                kind = rng.choice(kinds[peer])
                fields = {"req": rng.randrange(1, 2**20), **SAMPLES[kind]}
                if "case" in fields:
                    fields["case"] = case
                first, second = encode(kind, fields)
                frames = [first if rng.random() < 0.9 else mutate(rng, first), mutate(rng, second)]
                peer.send_frames(frames)
            peer.inbox.clear()
            peer.answers.clear()
        house.world.turn(0)
    for peer in peers:
        peer.ask("BEAT")  # whatever the answer: everything before it was read
    assert house.operator().status()["accepted"] >= 1
