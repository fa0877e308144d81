"""Departments, portals, keys and calendars come into force while the daemon runs, a key goes out of force at once; and
the journal says which operator did it."""

import time

import journal_file
import pytest
import zmq
from house import PROFILE
from test_ctl import REFUSED, ctl  # noqa: F401 (a fixture)
from test_strangers_stay_out import is_turned_away

AT_ONCE = 1.0  # seconds, in which a revoked key is dead


def acts(house):
    """(kind, actor, subject or department) of what operators did, oldest first."""
    with journal_file.opened(house.store) as db:
        return [(row["kind"], row["actor"], row["subject"] or row["department"]) for row in
                db.execute("SELECT kind, actor, subject, department FROM journal WHERE kind IN (17, 19, 22) ORDER BY seq")]


CONFIGURED, DRAINED, REVOKED = 17, 19, 22


# ---- RELOAD ----


def test_a_department_a_portal_and_a_key_come_with_a_reload_in_an_operators_name(house):
    ops, portal = house.operator(), house.portal()
    house.keys["paper"], house.keys["roads-a"] = zmq.curve_keypair(), zmq.curve_keypair()
    portal.refused("unknown-department", "SUBMIT", id="m-1", title="题", body="文", department="roads")
    house.write_profile(house.profile_text.replace("  - {id: water,", "  - {id: roads, name: 公路站}\n  - {id: water,"))
    house.principals += [{"name": "paper", "role": "portal"},
                         {"name": "roads-a", "role": "worker", "departments": ["roads"]}]
    house.write_principals()
    answer = ops.expect("LIST", "RELOAD")
    assert [item["name"] for item in answer["items"]] == ["profile", "principals"]
    worker = house.worker("roads-a")
    worker.ready()
    receipt = house.portal("paper").submit("m-1", department="roads")
    assert worker.next_offer()["case"] == receipt["case"]
    assert ops.expect("LIST", "RELOAD")["items"] == [], "nothing has changed since"
    assert acts(house) == [(CONFIGURED, "ops", "profile"), (CONFIGURED, "ops", "principals")]


def drop_the_water_office(house):
    house.write_profile("".join(line + "\n" for line in house.profile_text.splitlines() if "water" not in line))
    for principal in house.principals:
        if "water" in principal.get("departments", []):
            principal["departments"] = [one for one in principal["departments"] if one != "water"] or ["police"]
    house.write_principals()


def test_what_a_department_leaves_behind_triage_gives_to_another(house):
    """Offices are merged and closed. Their open cases are seen, stay on their deadlines, and have a way on."""
    portal, ops, desk, worker = house.portal(), house.operator(), house.triage(), house.worker("water-a")
    portal.watch()
    worker.ready(credit=1)
    taken, waiting = portal.submit("m-1", department="water"), portal.submit("m-2", department="water")
    worker.take(worker.next_offer())
    ruling = {"department": "edu", "reason": "水务办已并入教育办"}
    desk.refused("wrong-state", "ASSIGN", case=taken["case"], **ruling)
    worker.close()
    drop_the_water_office(house)
    assert [item["name"] for item in ops.expect("LIST", "RELOAD")["items"]] == ["profile", "principals"]
    left = ops.department("water")
    assert (left["queued"] + left["offered"], left["held"], left["workers"]) == (1, 1, 0)
    house.kill()
    house.start()
    portal, ops, desk = house.portal(), house.operator(), house.triage()
    portal.watch()
    edu = house.worker("edu-a")
    edu.ready(credit=4)
    for case in (taken, waiting):
        assert desk.expect("CONFIRM", "ASSIGN", case=case["case"], **ruling)["state"] == "queued"
        assert desk.expect("CONFIRM", "ASSIGN", case=case["case"], **ruling)["state"] in ("queued", "offered"), "again"
        offer = edu.next_offer()
        assert offer["case"] == case["case"] and offer["due"] == case["due"]
        edu.take(offer)
        edu.reply(offer)
        assert portal.query(id=case["id"])["state"] == "answered"
    assert "water" not in [item["department"] for item in ops.status()["items"]]


def test_a_calendar_comes_with_a_reload_and_moves_what_is_due(house):
    ops = house.operator()
    horizon = ops.status()["horizon"]
    calendar = house.path("calendar.ics").read_text(encoding="utf-8")
    house.write("calendar.ics", calendar.replace("END:VCALENDAR", """BEGIN:VEVENT
UID:one-day-more@test
DTSTAMP:20260101T000000Z
DTSTART;VALUE=DATE:20990105
DTEND;VALUE=DATE:20990106
SUMMARY:休
END:VEVENT
END:VCALENDAR"""))
    assert [item["name"] for item in ops.expect("LIST", "RELOAD")["items"]] == ["calendar"]
    assert ops.status()["horizon"] >= horizon
    assert acts(house) == [(CONFIGURED, "ops", "calendar")]


@pytest.mark.parametrize("name, text, words", [
    ("profile.yaml", PROFILE + "colour: red\n", ("profile.yaml:", "colour")),
    ("profile.yaml", "rubbish: [\n", ("profile.yaml:",)),
    ("profile.yaml", "name: \"\udcff\"\n", ("profile.yaml:",)),
    ("principals.yaml", "principals:\n  - {name: x}\n", ("principals.yaml", "role")),
    ("calendar.ics", "no calendar", ("calendar.ics",)),
], ids=["unknown key", "broken", "not UTF-8", "principals", "calendar"])
def test_what_cannot_be_used_is_told_where_it_stands_and_changes_nothing(house, name, text, words):
    ops, portal = house.operator(), house.portal()
    good = house.path(name).read_bytes()
    house.path(name).write_bytes(text.encode("utf-8", "surrogateescape"))
    error = ops.refused("configuration", "RELOAD")
    house.path(name).write_bytes(good)
    assert all(word in error["text"] for word in words)
    assert portal.submit("m-1", department="edu")["department"] == "edu"
    assert acts(house) == []


# ---- REVOKE ----


def test_a_revoked_key_is_refused_within_a_second_on_the_connection_that_lives(house):
    ops, portal, worker = house.operator(), house.portal(), house.worker()
    worker.ready()
    portal.watch()
    portal.submit("m-1", department="edu")
    for peer, name, kind in ((portal, "web", "DIRECTORY"), (worker, "edu-a", "HELD")):
        begun = time.monotonic()
        ops.expect("CONFIRM", "REVOKE", name=name)
        peer.send(kind, req=99)
        assert peer.next_in_inbox("ERROR")["code"] == "revoked"
        assert time.monotonic() - begun < AT_ONCE
    ops.watch()
    house.world.until(lambda: [(e["actor"], e["text"]) for e in ops.events if e["event"] == "revoked"] ==
                      [("ops", "web"), ("ops", "edu-a")], what="the operators' stream")
    assert acts(house) == [(REVOKED, "ops", "web"), (REVOKED, "ops", "edu-a")]
    assert "out of force" in house.log()


def test_what_a_revoked_worker_held_is_answered_by_another(house):
    ops, portal, worker = house.operator(), house.portal(), house.worker("edu-a")
    worker.ready()
    case = portal.submit("m-1", department="edu")["case"]
    worker.take(worker.next_offer())
    ops.expect("CONFIRM", "REVOKE", name="edu-a")
    other = house.worker("edu-b")
    other.ready()
    held = other.expect("LIST", "HELD")["items"]
    assert [item["case"] for item in held] == [case]
    other.expect("CONFIRM", "REPLY", case=case, epoch=held[0]["epoch"], reply="已办。", reply_kind="final")


@pytest.mark.parametrize("way", ["restart", "kill", "reload"])
def test_a_revoked_key_stays_dead_whatever_the_file_says(house, way):
    portal = house.portal()
    portal.submit("m-1")
    house.operator().expect("CONFIRM", "REVOKE", name="web")
    if way == "kill":
        house.kill()
        house.start()
    elif way == "restart":
        house.restart()
    else:
        house.operator().expect("LIST", "RELOAD")
    is_turned_away(house.portal(monitored=True))
    house.keys["web"] = zmq.curve_keypair()
    house.write_principals()
    house.operator().expect("LIST", "RELOAD")
    assert house.portal().submit("m-1")["case"], "another key admits the principal again, with its messages"


def test_nobody_but_an_operator_takes_keys_away(house):
    for peer in (house.portal(), house.worker()):
        peer.refused("forbidden", "REVOKE", name="web")
        peer.refused("forbidden", "RELOAD")
    ops = house.operator()
    ops.refused("not-found", "REVOKE", name="nobody")
    ops.refused("missing-field", "REVOKE")
    assert acts(house) == []


# ---- DRAIN ----


def test_one_department_is_drained_in_an_operators_name(house):
    ops, portal, worker = house.operator(), house.portal(), house.worker("hall")
    ops.drain(department="edu")
    worker.ready()
    portal.submit("m-1", department="edu")
    other = portal.submit("m-2", department="water")["case"]
    offer = worker.next_offer()
    assert offer["case"] == other
    worker.take(offer)
    ops.drain(department="edu", accept=True)
    assert worker.next_offer()["department"] == "edu"
    assert acts(house) == [(DRAINED, "ops", "edu"), (DRAINED, "ops", "edu")]


# ---- wenzhengctl ----


def test_the_commands_say_what_they_did(ctl):  # noqa: F811
    assert "nothing has changed" in ctl("reload")
    ctl.house.write_profile(ctl.house.profile_text.replace("  - {id: water,", "  - {id: roads, name: 公路站}\n  - {id: water,"))
    assert "now in force: profile" in ctl("reload")
    good = ctl.house.profile_text
    ctl.house.write_profile(good + "colour: red\n")
    assert "profile.yaml" in ctl("reload", expect=REFUSED)
    ctl.house.write_profile(good)
    assert "out of force, for ever" in ctl("revoke", "web")
    assert "not-found" in ctl("revoke", "nobody", expect=REFUSED)
