"""Configuration: checked whole before anything starts, refused with file, line and column, and reloaded whole or
not at all."""

import os
import re
import subprocess

import pytest

from house import CALENDAR, PROFILE


def checked(house, good=False):
    status, text = house.run("--check-config")
    assert (status == 0) == good, text
    return text


def place_of(house, name, text):
    """FILE:LINE:COLUMN of a piece of text, as it must be said."""
    whole = house.path(name).read_text(encoding="utf-8")
    before = whole[:whole.index(text)]
    return f"{house.path(name)}:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


def test_a_good_configuration_is_described(new_house):
    house = new_house()
    text = checked(house, good=True)
    for word in ("river-town", "临河镇网络问政", "3 workday", "教育办", "2026-12-31", str(house.store)):
        assert word in text
    assert not house.store.exists(), "it only looks"


def test_what_would_work_badly_is_warned_of(new_house):
    house = new_house()
    for principal in house.principals:
        if principal["name"] == "hall":
            principal["departments"] = ["edu"]
    house.write_principals()
    assert re.search("warning: .*'police'", checked(house, good=True))


def test_a_report_that_cannot_be_written_is_an_error(house):
    assert house.stop() == 0
    for option in ("--check-config", "--verify", "--help", "--help-config", "--version"):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(house.command(option), stdin=subprocess.DEVNULL, stdout=full, stderr=subprocess.PIPE,
                                  timeout=30, check=False)
        assert done.returncode == 1 and b"cannot write to standard output" in done.stderr, option


def test_check_config_works_beside_a_running_daemon(house):
    checked(house, good=True)
    assert house.portal().submit("m-1")


def test_an_unknown_key_of_a_profile_is_named_with_file_line_and_column(new_house):
    house = new_house()
    house.write_profile(PROFILE + "colour: red\n")
    text = checked(house)
    assert place_of(house, "profile.yaml", "colour:") in text and "colour" in text


@pytest.mark.parametrize("old, new, at", [
    ("within: 3 workday}", "within: 3 workday, without: 1}", "without:"),
    ("- {at: due}", "- {at: due, colour: red}", "colour:"),
    ('reminder: {at: 1 workday before, time: "09:00"}', "reminder:\n  at: 1 workday before\n  hour: 9", "hour:"),
])
def test_an_unknown_key_deep_inside_is_named_where_it_stands(new_house, old, new, at):
    house = new_house()
    house.write_profile(PROFILE.replace(old, new, 1))
    assert place_of(house, "profile.yaml", at) in checked(house)


@pytest.mark.parametrize("old, new, word", [
    ("id: river-town", "id: River Town", "id"),
    ("id: water,", "id: edu,", "twice"),
    ("within: 3 workday", "within: 3 fortnights", "classes[0].within"),
    ("within: 3 workday", "within: 0 workday", "classes[0].within"),
    ("default_class: ordinary", "default_class: nothing", "default_class"),
    ("category: [学校, 教育], department: edu", "category: [学校], department: nobody", "rules[0].department"),
    ("department: edu, class: major", "department: edu, class: nothing", "rules[1].class"),
    ('utc_offset: "+08:00"', 'utc_offset: "CST"', "utc_offset"),
    ("- {at: 2 workday after", "- {at: 2 workdays", "rungs[1]"),
    ("returns_per_case: 1", "returns_per_case: many", "returns_per_case"),
    ("returns_per_case: 1", "returns_per_case: 1\nidentity: citizen", "identity"),
    ("returns_per_case: 1", "returns_per_case: 1\nreturns_per_case: 2", "returns_per_case"),
])
def test_a_profile_that_cannot_be_is_refused_by_key(new_house, old, new, word):
    house = new_house()
    house.write_profile(house.profile_text.replace(old, new, 1))
    text = checked(house)
    assert str(house.path("profile.yaml")) in text and word in text


@pytest.mark.parametrize("text", ["", "[", "a: [b", "- 1\n- 2\n", "\t\tx: 1\n", "a: &b 1\nc: *b\n", "\x01", "id: \udcff"],
                         ids=["empty", "open", "unclosed", "a list", "tabs", "aliases", "control", "no UTF-8"])
def test_a_profile_that_is_no_yaml_of_ours(new_house, text):
    house = new_house()
    house.path("profile.yaml").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert str(house.path("profile.yaml")) in checked(house)


@pytest.mark.parametrize("change, word", [
    ({"portal_endpoint": "ipc:///tmp/x"}, "portal_endpoint"),
    ({"operator_endpoint": "tcp://0.0.0.0:5703"}, "operator_endpoint"),
    ({"disk_reserve_mb": "0"}, "disk_reserve_mb"),
    ({"disk_reserve_mb": "much"}, "disk_reserve_mb"),
    ({"log_level": "loud"}, "log_level"),
    ({"profile": "nothing.yaml"}, "nothing.yaml"),
    ({"principals": "nothing.yaml"}, "nothing.yaml"),
    ({"calendar": "nothing.ics"}, "nothing.ics"),
    ({"keys": "nowhere"}, "nowhere"),
    ({"colour": "red"}, "colour"),
])
def test_a_configuration_that_cannot_be_is_refused(new_house, change, word):
    house = new_house()
    house.write_config(**change)
    assert word in checked(house)
    house.launch()
    assert house.wait_end() == 1 and word in house.log()
    assert not house.store.exists(), "nothing was begun"


def test_a_configuration_that_is_not_there_is_named(new_house):
    house = new_house()
    os.unlink(house.path("wenzhengd.yaml"))
    assert str(house.path("wenzhengd.yaml")) in checked(house)


@pytest.mark.parametrize("change, word", [
    (lambda p: p[1].update(name="Web!"), "name"),
    (lambda p: p.append(dict(p[0])), "twice"),
    (lambda p: p[0].update(role="king"), "role"),
    (lambda p: p[0].update(state="asleep"), "state"),
    (lambda p: p[2].update(departments=["nobody"]), "nobody"),
    (lambda p: p[2].update(departments=[]), "departments"),
    (lambda p: p[0].update(departments=["edu"]), "departments"),
    (lambda p: p[0].update(colour="red"), "colour"),
])
def test_principals_that_cannot_be_are_refused(new_house, change, word):
    house = new_house()
    house.keys["Web!"] = house.keys["app"]
    change(house.principals)
    house.write_principals()
    text = checked(house)
    assert str(house.path("principals.yaml")) in text and word in text


def test_two_principals_may_not_share_a_key_nor_have_a_bad_one(new_house):
    house = new_house()
    house.keys["app"] = house.keys["web"]
    house.write_principals()
    assert "the same key" in checked(house)
    for bad in (b"short", b"x" * 41, b"~" * 40, house.server_public[:-1] + b"\\"):
        house.keys["app"] = (bad, b"")
        house.write_principals()
        assert "principals[1].key" in checked(house)


@pytest.mark.parametrize("name", ["keys/wenzhengd.key_secret", "keys/query-code.key"])
def test_a_secret_that_others_may_read_is_refused(new_house, name):
    house = new_house()
    house.path(name).chmod(0o640)
    text = checked(house)
    assert str(house.path(name)) in text and "chmod 600" in text
    house.path(name).chmod(0o600)
    house.path(name).write_text("rubbish\n", encoding="ascii")
    assert str(house.path(name)) in checked(house)


def events(*lines):
    """A calendar of whole-day events: (date, WORKDAY or HOLIDAY)."""
    text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//test//ZH\r\n"
    for number, (date, category) in enumerate(lines):
        text += (f"BEGIN:VEVENT\r\nUID:{number}@example.invalid\r\nDTSTAMP:20260101T000000Z\r\n"
                 f"DTSTART;VALUE=DATE:{date}\r\nSUMMARY:节日 {category}\r\nCATEGORIES:{category}\r\nEND:VEVENT\r\n")
    return text + "END:VCALENDAR\r\n"


@pytest.mark.parametrize("text, word", [
    ("", ""), ("this is no calendar\n", ""), ("<html></html>", ""), (events(), ""),
    (events(("20261001", "HOLIDAY"), ("20261001", "WORKDAY")), "2026-10-01"),
    (events(("20261001", "HOLIDAY"), ("20261012", "WORKDAY")), "2026-10-12"),
], ids=["empty", "no calendar", "a web page", "no events", "a day both on and off", "a make-up day on a weekday"])
def test_a_calendar_that_is_not_one_is_refused_with_the_reason(new_house, text, word):
    house = new_house()
    house.path("calendar.ics").write_text(text, encoding="utf-8", newline="")
    said = checked(house)
    assert str(house.path("calendar.ics")) in said and word in said


def test_a_regions_own_days_are_laid_over_the_calendar(new_house):
    house = new_house(laboratory=True)
    house.path("region.ics").write_text(events(("20260303", "HOLIDAY")), encoding="utf-8", newline="")
    house.write_config(calendar_overlays=["region.ics"])
    checked(house, good=True)
    house.start()
    ops, portal = house.operator(), house.portal()
    ops.clock(set=1772416800000000)  # Monday 2 March 2026, 10:00
    receipt = portal.submit("m-1", department="edu")
    assert receipt["due"] == 1772812800000000  # Saturday the 7th instead of Friday the 6th
    assert [day["date"] for day in ops.why(receipt["case"])["items"] if day["number"]] == [
        "2026-03-04", "2026-03-05", "2026-03-06"]


# ---- reload ----


@pytest.mark.parametrize("name, text, word", [
    ("profile.yaml", PROFILE + "colour: red\n", "colour"),
    ("profile.yaml", "rubbish: [", "profile.yaml"),
    ("principals.yaml", "principals:\n  - {name: x}\n", "principals"),
    ("calendar.ics", "no calendar", "calendar.ics"),
], ids=["profile with an unknown key", "no profile", "principals", "calendar"])
def test_a_bad_file_keeps_what_was_in_force_and_says_why(house, name, text, word):
    portal, worker = house.portal(), house.worker()
    worker.ready()
    good = house.path(name).read_text(encoding="utf-8")
    house.write(name, text)
    house.reload()
    house.write(name, good)
    assert "not reloaded" in house.log() and word in house.log().split("not reloaded")[-1]
    assert portal.submit("m-1", department="edu")["department"] == "edu"
    assert worker.take(worker.next_offer())["state"] == "taken", "the sessions go on"
    house.reload()
    assert house.log().endswith("reloaded\n"), "and the mended file is taken"


def test_a_good_reload_is_in_force_at_once_and_journaled(house):
    portal, ops = house.portal(), house.operator()
    ops.watch()
    portal.refused("unknown-department", "SUBMIT", id="m-1", title="题", body="文", department="roads")
    house.write_profile(house.profile_text.replace("  - {id: water,", "  - {id: roads, name: 公路站}\n  - {id: water,"))
    house.principals.append({"name": "roads-a", "role": "worker", "departments": ["roads"]})
    house.keys["roads-a"] = house.keys["hall"]
    house.principals = [p for p in house.principals if p["name"] != "hall"]
    house.write_principals()
    house.reload()
    assert house.was_told("RELOADING", "1")
    receipt = portal.submit("m-1", department="roads")
    worker = house.worker("roads-a")
    worker.ready()
    assert worker.next_offer()["case"] == receipt["case"]
    house.world.until(lambda: len([e for e in ops.events if e["text"] == "configured"]) == 2,
                      what="profile and principals in the journal")


def test_a_department_that_a_reload_drops_keeps_its_cases_until_they_are_done(house):
    portal, worker, ops = house.portal(), house.worker("hall"), house.operator()
    worker.ready()
    receipt = portal.submit("m-1", department="police")
    waiting = portal.submit("m-2", department="police")
    offer = worker.next_offer()
    worker.take(offer)
    house.write_profile("\n".join(
        line for line in house.profile_text.splitlines() if "police" not in line) + "\n")
    for principal in house.principals:
        if principal["name"] == "hall":
            principal["departments"] = ["edu", "water"]
    house.write_principals()
    house.reload()
    portal.refused("unknown-department", "SUBMIT", id="m-3", title="题", body="文", department="police")
    assert {item["case"] for item in ops.cases(department="police")} == {receipt["case"], waiting["case"]}
    assert ops.department("police")["queued"] >= 1
    house.restart()
    assert {item["case"] for item in house.operator().cases()} == {receipt["case"], waiting["case"]}


def test_a_reload_that_changes_nothing_disturbs_nothing(house):
    portal, worker = house.portal(), house.worker()
    portal.watch()
    worker.ready()
    for _ in range(5):
        house.reload()
    portal.submit("m-1", department="edu")
    worker.take(worker.next_offer())
    assert portal.wait_event("taken")


def test_the_calendar_of_the_project_is_good(new_house):
    house = new_house()
    house.write_config(calendar=str(CALENDAR))
    checked(house, good=True)
