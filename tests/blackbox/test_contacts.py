"""How to reach a citizen: sealed when it comes in, and handed out closed, to approvers alone. The searches for
where it must not be are in test_canaries.py."""

import base64
import ctypes
import ctypes.util
import json
import sqlite3

import pytest
from zmq.utils import z85

from house import binary
from test_ctl import Ctl

pytestmark = pytest.mark.skipif(binary() is None, reason="no wenzhengd here; WENZHENG_BIN_DIR names its folder")

CONTACT = "某某\n电话 000-0000\n临河镇一号"
sodium = ctypes.CDLL(ctypes.util.find_library("sodium") or "libsodium.so.23")


def opened(house, case, sealed):
    """The text in a box, by PROTOCOL.md and libsodium alone."""
    box = base64.b64decode(sealed, validate=True)
    assert (len(box) - 48) % 256 == 0
    plain = ctypes.create_string_buffer(len(box) - 48)
    keys = z85.decode(house.contact_public), z85.decode(house.contact_secret)
    assert sodium.crypto_box_seal_open(plain, box, ctypes.c_ulonglong(len(box)), *keys) == 0
    text = plain.raw.rstrip(b"\0")
    assert text[-1:] == b"\x80"
    assert int.from_bytes(text[:8], "big") == int(case.replace("-", "")[:14])
    return text[8:-1].decode("utf-8")


def ask(chief, case, reason="回访核实"):
    return chief.expect("DOSSIER", "OPEN_CONTACT", case=case, reason=reason)


def test_an_approver_gets_the_box_and_the_history_says_what_for(house):
    case = house.portal().submit("m-1", contact=CONTACT)["case"]
    chief = house.connect("chief")
    answer = ask(chief, case)
    assert set(answer) <= {"req", "case", "state", "department", "class", "received", "due", "provisional", "sealed"}
    assert opened(house, case, answer["sealed"]) == CONTACT
    assert ask(chief, case, "再次回访")["sealed"] == answer["sealed"]
    history = house.operator().history(case)
    assert [item["actor"] for item in history if item["event"] == "contact"] == ["web"]
    openings = [(item["actor"], item["text"]) for item in history if item["event"] == "contact-opened"]
    assert openings == [("chief", "回访核实"), ("chief", "再次回访")]


def test_operators_are_told_at_once(house):
    case = house.portal().submit("m-1", contact=CONTACT)["case"]
    operator = house.operator()
    operator.watch()
    ask(house.connect("chief"), case)
    event = operator.wait_event("contact-opened", case)
    assert (event["actor"], event["text"]) == ("chief", "回访核实")


def test_the_box_of_an_answered_case_opens_too_and_after_a_restart(house):
    case = house.portal().submit("m-1", contact=CONTACT, department="edu")["case"]
    worker = house.worker()
    worker.ready()
    offer = worker.next_offer()
    worker.take(offer)
    worker.reply(offer)
    house.restart()
    answer = ask(house.connect("chief"), case)
    assert answer["state"] == "answered" and opened(house, case, answer["sealed"]) == CONTACT


def test_the_longest_contact_fits_and_lengths_do_not_show(house):
    portal, chief = house.portal(), house.connect("chief")
    sizes = set()
    for number, size in enumerate((1, 3, 240, 1024)):
        case = portal.submit(f"m-{number}", contact="x" * size)["case"]
        sealed = ask(chief, case)["sealed"]
        assert opened(house, case, sealed) == "x" * size
        sizes.add(len(sealed))
    assert len(sizes) == 2  # one block, and the most


def test_a_resend_is_known_by_its_contact_too(house):
    portal = house.portal()
    first = portal.submit("m-1", contact=CONTACT)
    assert {**portal.submit("m-1", contact=CONTACT), "req": 0} == {**first, "req": 0}
    house.restart()
    portal = house.portal()
    assert {**portal.submit("m-1", contact=CONTACT), "req": 0} == {**first, "req": 0}
    message = {"id": "m-1", "title": "路灯不亮", "body": "村口的路灯三天不亮了。"}
    assert portal.refused("conflict", "SUBMIT", **message, contact=CONTACT + " ")
    assert portal.refused("conflict", "SUBMIT", **message)
    assert house.operator().happened_to(first["case"]).count("contact") == 1


def test_what_is_not_there_is_not_found_and_leaves_no_trace(house):
    portal, chief = house.portal(), house.connect("chief")
    plain, sealed = portal.submit("m-1")["case"], portal.submit("m-2", contact=CONTACT)["case"]
    assert chief.refused("not-found", "OPEN_CONTACT", case=plain, reason="回访")
    assert chief.refused("not-found", "OPEN_CONTACT", case="20260105-000001-6", reason="回访")
    assert chief.refused("too-long", "OPEN_CONTACT", case=sealed, reason="由" * 86)["field"] == "reason"
    assert chief.refused("missing-field", "OPEN_CONTACT", case=sealed)
    assert chief.refused("invalid-value", "OPEN_CONTACT", case=sealed, reason="")
    assert chief.refused("invalid-value", "OPEN_CONTACT", case="1", reason="回访")
    operator = house.operator()
    assert "contact-opened" not in operator.happened_to(plain) + operator.happened_to(sealed)
    assert ask(chief, sealed, "由" * 85)


@pytest.mark.parametrize("who", ["web", "edu-a", "inspector", "desk", "editor", "ops"])
def test_nobody_else_may_ask(house, who):
    case = house.portal("app").submit("m-1", contact=CONTACT)["case"]
    peer = house.connect(who)
    if who == "edu-a":
        peer.ready()
    assert peer.refused("forbidden", "OPEN_CONTACT", case=case, reason="回访")


def test_wenzhengctl_opens_it_where_the_secret_key_is(house, tmp_path):
    ctl = Ctl(house)
    case = house.portal().submit("m-1", contact=CONTACT)["case"]
    secret, other = tmp_path / "contact.key_secret", tmp_path / "other.key_secret"
    for path, pair in ((secret, (house.contact_public, house.contact_secret)), (other, house.keys["web"])):
        path.write_text(Ctl.key_file(*pair), encoding="ascii")
        path.chmod(0o600)
    options = ("contact", case, "--reason", "回访核实")
    assert CONTACT.splitlines()[1] in ctl(*options, "--open-with", secret, key="chief")
    shown = json.loads(ctl(*options, "--open-with", secret, "--json", key="chief"))
    assert shown["contact"] == CONTACT and "sealed" not in shown
    assert opened(house, case, json.loads(ctl(*options, "--json", key="chief"))["sealed"]) == CONTACT
    assert "another contact key" in ctl(*options, "--open-with", other, key="chief", expect=1)
    secret.chmod(0o640)
    assert "chmod 600" in ctl(*options, "--open-with", secret, key="chief", expect=1)
    assert "role" in ctl(*options, key="desk", expect=1)
    assert "--reason" in ctl("contact", case, key="chief", expect=2)
    assert "no contact details" in ctl("contact", "20260105-000001-6", "--reason", "x", key="chief", expect=1)


def test_a_box_moved_to_another_case_is_noticed(house, tmp_path):
    """Whoever can write the store can swap rows, and make their digests; he cannot make them open."""
    portal = house.portal()
    first, second = (portal.submit(f"m-{n}", contact=CONTACT + str(n))["case"] for n in (1, 2))
    house.stop()
    house.is_broken = True  # --verify must say so, below
    ids = [int(case.replace("-", "")[:14]) * 10000 + 9999 for case in (first, second)]
    with sqlite3.connect(house.store) as store:
        boxes = [store.execute("SELECT body, digest FROM text WHERE id = ?", (one,)).fetchone() for one in ids]
        for one, (body, digest) in zip(ids, reversed(boxes)):
            store.execute("UPDATE text SET body = ?, digest = ? WHERE id = ?", (body, digest, one))
    store.close()
    status, said = house.run("--verify")
    assert status != 0 and "text-hash" in said
    house.start()
    assert house.connect("chief").refused("not-found", "OPEN_CONTACT", case=first, reason="回访")
