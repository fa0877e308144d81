"""Marked contact details go the whole way of a message, with every error and crash there is, and are then looked
for wherever they must not be: in the store, its log of writes and a backup, in the daemon's log, in what an
operator's programs print, in every frame that any peer received, in images of the daemon's memory. In every form
they could take: plain, in parts, base 64, hexadecimal, escaped, in other encodings, and as a digest that guessing
would undo."""

import base64
import hashlib
import json
import os
import pathlib
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import urllib.parse

import msgpack
import pytest

import wzp
from house import binary
from test_contacts import opened
from test_ctl import Ctl

pytestmark = pytest.mark.skipif(binary() is None, reason="no wenzhengd here; WENZHENG_BIN_DIR names its folder")

FORM_SIZE_MIN = 8
SYLLABLES = "甲乙丙丁戊己庚辛壬癸"


class Canary:
    """A name, a telephone and an address that exist nowhere else."""

    def __init__(self, dice):
        self.name = "某" + "".join(dice.choice(SYLLABLES) for _ in range(5))
        self.phone = "000" + "".join(dice.choice("0123456789") for _ in range(13))
        self.address = "无此镇" + "".join(dice.choice(SYLLABLES) for _ in range(6)) + "号"
        self.contact = f"{self.name}\n{self.phone}\n{self.address}"

    def forms(self):
        """Every way it could be written, each with what it is; none so short that chance would write it."""
        return ((form, raw) for form, raw in self._all_forms() if len(raw) >= FORM_SIZE_MIN)

    def _all_forms(self):
        raw = self.contact.encode()
        prefixed = len(raw).to_bytes(4, "big") + raw
        for text in (raw, prefixed, b"\0\0\0\x07contact" + prefixed):
            for digest in (hashlib.blake2b(text, digest_size=32), hashlib.sha256(text)):
                yield "digest", digest.digest()
                yield "digest in hex", digest.hexdigest().encode()
        for what in ("name", "phone", "address"):
            text = getattr(self, what)
            half = len(text) // 2
            for part in (text[:half + 1], text[half:], text[2:-2]):
                yield from self._forms_of(what, part)

    @staticmethod
    def _forms_of(what, text):
        for encoding in ("utf-8", "gb18030", "utf-16-le", "utf-16-be"):
            raw = text.encode(encoding)
            yield f"{what} in {encoding}", raw
            yield f"{what} in hex of {encoding}", raw.hex().encode()
            yield f"{what} in HEX of {encoding}", raw.hex().upper().encode()
            for shift in range(3):  # where it begins in a longer text decides how base 64 writes it
                whole = base64.b64encode(b"\0" * shift + raw)
                start, end = (shift * 4 + 2) // 3, len(raw + b"\0" * shift) // 3 * 4
                yield f"{what} in base 64 of {encoding}", whole[start:end]
        yield f"{what} escaped", json.dumps(text)[1:-1].encode()
        yield f"{what} in a URL", urllib.parse.quote(text).encode()

    def found_in(self, data):
        return sorted({form for form, raw in self.forms() if raw in data})


@pytest.fixture
def canaries(seed):
    dice = random.Random(seed)
    return [Canary(dice) for _ in range(6)]


@pytest.fixture
def frames(monkeypatch):
    """Every frame that any peer receives."""
    heard = []
    decode = wzp.decode

    def record(parts):
        heard.extend(bytes(part) for part in parts)
        return decode(parts)

    monkeypatch.setattr(wzp, "decode", record)
    return heard


def test_the_search_finds_what_it_looks_for(canaries):
    canary = canaries[0]
    text = canary.contact
    assert canary.found_in(b"..." + text.encode() + b"...")
    assert canary.found_in(text.encode("gb18030")) and canary.found_in(text.encode("utf-16-le"))
    assert canary.found_in(canary.phone[7:].encode() + b"\0" * 20 + canary.phone[:8].encode())
    assert canary.found_in(json.dumps({"contact": text}).encode())
    assert canary.found_in(urllib.parse.quote(text).encode()) and canary.found_in(text.encode().hex().encode())
    for shift in range(3):
        assert canary.found_in(base64.b64encode(b"x" * shift + text.encode()))
    assert canary.found_in(b"." + hashlib.blake2b(text.encode(), digest_size=32).digest())
    assert not canary.found_in(canaries[1].contact.encode()) and not canary.found_in(os.urandom(1 << 16))


# ---- the way ----


def say_it_wrongly(portal, canary):
    """Every mistake in which contact details could be repeated to somebody."""
    message = {"title": "题", "body": "文"}
    contact = canary.contact
    portal.refused("too-long", "SUBMIT", id="w-1", **message, contact=contact * 30)
    portal.refused("invalid-text", "SUBMIT", id="w-2", **message, contact=contact + "\x01")
    portal.refused("wrong-type", "SUBMIT", id="w-3", **message, contact={"phone": canary.phone})
    portal.refused("wrong-type", "SUBMIT", id="w-4", **message, contact=contact.encode())
    portal.refused("wrong-type", "SUBMIT", id="w-5", **message, contact=[contact])
    portal.refused("unknown-department", "SUBMIT", id="w-6", **message, contact=contact, department="nobody")
    portal.refused("unknown-class", "SUBMIT", id="w-7", **message, contact=contact, **{"class": "nothing"})
    portal.refused("missing-field", "SUBMIT", id="w-8", title="题", contact=contact)
    portal.refused("invalid-value", "SUBMIT", id="", **message, contact=contact)
    portal.refused("missing-field", "QUERY", contact=contact)
    portal.refused("forbidden", "OPEN_CONTACT", case="20260105-000001-6", reason="x", contact=contact)
    pair = msgpack.packb("contact") + msgpack.packb(contact)
    twice = b"\x82" + pair + pair
    for frames in ([wzp.head("SUBMIT"), twice], [wzp.head("SUBMIT"), twice[:-1]], [wzp.head("SUBMIT"), twice + b"\xc0"],
                   [wzp.head("SUBMIT"), contact.encode()], [wzp.head(0xEE), b"\x81" + pair],
                   [contact.encode(), b"\x81" + pair], [wzp.head("SUBMIT"), b"\x81" + pair, contact.encode()]):
        heard = len(portal.inbox)
        portal.send_frames(frames)
        portal.world.until(lambda before=heard: len(portal.inbox) > before, what="an ERROR")


def live(house, canaries):
    """A case of each kind of life with a canary, to which everything happens that the daemon knows."""
    portal, operator, chief = house.portal(), house.operator(), house.connect("chief")
    portal.watch()
    operator.watch()
    house.supervisor().watch()
    desk = house.triage()
    desk.watch()
    worker = house.worker()
    worker.ready(credit=8)
    cases = [portal.submit(f"c-{n}", contact=canary.contact, **({"department": "edu"} if n < 4 else {}))["case"]
             for n, canary in enumerate(canaries)]
    offers = {offer["case"]: offer for offer in (worker.next_offer() for _ in range(4))}
    for case in cases[:3]:
        worker.take(offers[case])
    worker.reply(offers[cases[0]])
    worker.reply(offers[cases[1]], "正在办理。", reply_kind="interim")
    worker.give_back(offers[cases[2]])
    worker.fail(offers[cases[3]])
    desk.assign(cases[4], "water")
    portal.refused("conflict", "SUBMIT", id="c-0", title="路灯不亮", body="村口的路灯三天不亮了。",
                   contact=canaries[0].contact + "\n")
    for case, canary in zip(cases, canaries):
        sealed = chief.expect("DOSSIER", "OPEN_CONTACT", case=case, reason="回访")["sealed"]
        assert opened(house, case, sealed) == canary.contact
        operator.show(case), operator.history(case), operator.why(case), desk.show(case)
        portal.query(id=f"c-{cases.index(case)}")
    worker.held(), operator.cases(state="all"), operator.workers(), operator.status()
    operator.drain()
    assert portal.ask("SUBMIT", id="busy", title="题", body="文", contact=canaries[0].contact).kind == "BUSY"
    operator.drain(accept=True)
    return cases


def keep_copies(house):
    """In every way that there is, with all that may be asked for."""
    assert house.run("--backup")[0] == 0
    assert house.run("--export", str(house.folder), "--with-texts", "--with-contacts")[0] == 0


def everything_kept(house):
    for path in sorted(house.folder.rglob("*")):
        if path.is_file():
            yield path.name, path.read_bytes()


def assert_nowhere(canaries, places):
    for place, data in places:
        for canary in canaries:
            assert canary.found_in(data) == [], f"contact details in {place}"


def test_contacts_are_nowhere_but_in_their_boxes(house, canaries, frames):
    ctl = Ctl(house)
    for canary in canaries:
        say_it_wrongly(house.portal("app"), canary)
    cases = live(house, canaries)
    printed = "".join(ctl(*command) for case in cases for command in (
        ("show", case), ("history", case, "--json"), ("why", case), ("cases", "--state", "all"), ("status", "--json")))
    printed += ctl("contact", cases[0], "--reason", "回访", key="chief")
    keep_copies(house)
    assert_nowhere(canaries, [
        *everything_kept(house), ("what wenzhengctl prints", printed.encode()),
        *(("a frame", frame) for frame in frames)])
    house.restart()
    house.portal().submit("after", contact=canaries[0].contact)
    house.process.send_signal(signal.SIGABRT)
    house.may_end = True
    house.wait_end()
    house.start()
    assert_nowhere(canaries, everything_kept(house))
    status, said = house.run("--verify")
    assert status == 0
    house.stop()
    assert_nowhere(canaries, [*everything_kept(house), ("--verify", said.encode())])


def leaves_core(folder):
    """Does a process that aborts here leave an image of its memory in its folder? Not where a collector takes it."""
    subprocess.run([sys.executable, "-c", "import os; os.abort()"], cwd=folder, check=False)
    cores = [path for path in pathlib.Path(folder).iterdir() if "core" in path.name]
    for path in cores:
        path.unlink()
    return bool(cores)


def test_an_aborted_daemon_leaves_no_image_of_its_memory(house, canaries, tmp_path, monkeypatch):
    limits = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (limits[1], limits[1]))
    try:
        monkeypatch.chdir(tmp_path)
        control = leaves_core(tmp_path)
        house.restart()
        house.portal().submit("m-1", contact=canaries[0].contact)
        house.process.send_signal(signal.SIGABRT)
        assert house.wait_end() == -signal.SIGABRT
        assert list(tmp_path.iterdir()) == []
        house.start()
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, limits)
    if not control:
        pytest.skip("no process leaves a core here, so that this daemon leaves none says nothing")


def memory_of(pid):
    """What can be read of a process's writable memory, region by region."""
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            span, rights, *_ = line.split()
            if "rw" not in rights:
                continue
            start, end = (int(part, 16) for part in span.split("-"))
            try:
                memory.seek(start)
                yield span, memory.read(end - start)
            except (OSError, ValueError):
                continue  # of the kernel


def test_the_daemons_memory_forgets_them(house, canaries):
    """What an attached debugger, or a swapped page, would show a moment later."""
    if "libasan" in pathlib.Path(f"/proc/{house.process.pid}/maps").read_text(encoding="ascii"):
        pytest.skip("AddressSanitizer keeps for a while what was freed")
    try:
        next(memory_of(house.process.pid))
    except PermissionError:
        pytest.skip("a process that forbids images of its memory is read by root alone")
    portal = house.portal()
    for index, canary in enumerate(canaries):  # large, so that a freed frame is not soon written over
        told = portal.submit(f"m-{index}", body="x" * 20000, contact=canary.contact)["case"].encode()
    memory = [data for _, data in memory_of(house.process.pid)]
    assert any(told in data for data in memory)  # it is the right memory
    for text in (text for canary in canaries for text in canary.contact.split("\n")):
        assert not any(text.encode() in data for data in memory), "contact details in memory"
