"""Reminder and ladder: each once for each due moment, at its moment, also after downtime, a restart, a new
calendar. The clock is a laboratory's. What is expected was counted by hand, from the notices of the State Council."""

import datetime

import pytest

from house import CALENDAR, PROFILE

ZONE = datetime.timezone(datetime.timedelta(hours=8))


def at(text):
    """Local time as microseconds."""
    return round(datetime.datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp() * 1_000_000)


def local(microseconds):
    return datetime.datetime.fromtimestamp(microseconds / 1_000_000, ZONE).strftime("%Y-%m-%dT%H:%M")


# Monday 2 March 2026: the third working day after it is Thursday the 5th.
MARCH = {
    "received": "2026-03-02T10:00",
    "reminder": "2026-03-04T09:00",
    "due": "2026-03-06T00:00",
    "rung 2": "2026-03-09T09:00",
    "rung 3": "2026-03-12T09:00",
}
# Wednesday 30 September 2026: 1 to 7 October are off, Saturday the 10th is worked.
OCTOBER = {
    "received": "2026-09-30T16:00",
    "reminder": "2026-10-09T09:00",
    "due": "2026-10-11T00:00",
    "rung 2": "2026-10-13T09:00",
    "rung 3": "2026-10-16T09:00",
}


class Laboratory:
    def __init__(self, house, start):
        self.house = house
        self.connect()
        self.ops.clock(set=at(start))

    def connect(self):
        self.portal, self.ops = self.house.portal(), self.house.operator()
        self.inspector = self.house.supervisor()
        self.inspector.watch(cursor=0)

    def go(self, moment):
        confirmed = self.ops.clock(set=at(moment))
        assert confirmed["now"] == at(moment)
        return confirmed

    def told(self, case=None):
        """What the supervisor was told, each event once: (name, rung, due, fired), local."""
        self.inspector.ask("BEAT")
        found = {event["cursor"]: event for event in self.inspector.events if case in (None, event["case"])}
        return [
            (event["event"], event.get("rung"), local(event["due"]), local(event["fired"]))
            for _, event in sorted(found.items())
        ]

    def wait_due(self, case, due):
        """A reload is over before every case was looked at; it is a matter of turns, not of seconds."""
        self.house.world.until(
            lambda: local(self.ops.show(case)["due"]) == due, within=3, what=f"the due moment {due}")

    def restart(self):
        self.house.restart()
        self.connect()


@pytest.fixture
def laboratory(new_house):
    def make(start=MARCH["received"], **options):
        return Laboratory(new_house(laboratory=True, **options).start(), start)

    return make


def whole_ladder(days):
    return [
        ("reminded", None, days["due"], days["reminder"]),
        ("escalated", 1, days["due"], days["due"]),
        ("escalated", 2, days["due"], days["rung 2"]),
        ("escalated", 3, days["due"], days["rung 3"]),
    ]


@pytest.mark.parametrize("days", [MARCH, OCTOBER], ids=["a plain week", "National Day with a make-up day"])
def test_an_unanswered_case_is_reminded_and_escalated_rung_by_rung(laboratory, days):
    lab = laboratory(days["received"])
    worker = lab.house.worker()
    worker.ready()
    receipt = lab.portal.submit("m-1", department="edu", title="逾期")
    assert (local(receipt["received"]), local(receipt["due"])) == (days["received"], days["due"])
    assert receipt["provisional"] is False
    offer = worker.next_offer()
    worker.take(offer)
    expected = whole_ladder(days)
    moments = [days[key] for key in ("reminder", "due", "rung 2", "rung 3")]
    for number, moment in enumerate(moments):
        assert lab.go(moment)["next"] == at(moment), "the next timer is this one"
        assert lab.told() == expected[:number], "a timer at exactly the clock's moment waits"
        later = (datetime.datetime.fromisoformat(moment) + datetime.timedelta(minutes=1)).isoformat()
        lab.go(later)
        assert lab.told() == expected[:number + 1]
    assert "next" not in lab.go("2026-12-01T00:00")
    assert lab.told() == expected, "each once"
    notice = worker.wait_notice("reminded", receipt["case"])
    assert (local(notice["due"]), local(notice["at"])) == (days["due"], days["reminder"])
    event = lab.inspector.wait_event("escalated", receipt["case"])
    assert (event["title"], event["portal"], event["department"], event["class"], event["received"]) == (
        "逾期", "web", "edu", "ordinary", receipt["received"])
    assert event["due_version"] == 1 and event["at"] == event["fired"]
    assert worker.held()[0]["reminded"] is True
    show, status = lab.ops.show(receipt["case"]), lab.ops.status()
    assert show["rung"] == 3 and status["overdue"] == 1 and lab.ops.department("edu")["overdue"] == 1
    assert [item["case"] for item in lab.ops.cases(overdue=1)] == [receipt["case"]]
    worker.reply(offer)
    assert lab.ops.status()["overdue"] == 0


def test_all_that_was_missed_fires_in_order_each_at_its_own_moment(laboratory):
    lab = laboratory()
    cases = [lab.portal.submit(f"m-{i}", department="edu")["case"] for i in range(20)]
    lab.go("2026-06-01T00:00")
    for case in cases:
        assert lab.told(case) == whole_ladder(MARCH)
    fired = [entry[3] for entry in lab.told()]
    assert fired == sorted(fired) and len(fired) == 80


@pytest.mark.parametrize("after", ["reminder", "due", "rung 2", "rung 3"])
def test_a_restart_between_rungs_neither_repeats_nor_forgets_one(laboratory, after):
    lab = laboratory()
    case = lab.portal.submit("m-1", department="edu")["case"]
    keys = ["reminder", "due", "rung 2", "rung 3"]
    lab.go((datetime.datetime.fromisoformat(MARCH[after]) + datetime.timedelta(hours=1)).isoformat())
    assert lab.told(case) == whole_ladder(MARCH)[:keys.index(after) + 1]
    lab.restart()
    lab.go("2026-06-01T00:00")
    assert lab.told(case) == whole_ladder(MARCH)
    lab.restart()
    assert lab.told(case) == whole_ladder(MARCH)


def test_the_clock_goes_on_where_the_journal_ends(laboratory):
    lab = laboratory()
    receipt = lab.portal.submit("m-1", department="edu")
    lab.restart()
    assert lab.ops.status()["now"] == receipt["received"]
    lab.go(MARCH["due"])
    assert lab.ops.refused("invalid-value", "CLOCK", set=at("2026-03-01T00:00"))["field"] == "set"


def test_an_answer_at_the_very_instant_beats_the_rung(laboratory):
    lab = laboratory()
    worker = lab.house.worker()
    worker.ready(credit=2)
    case, other = (lab.portal.submit(f"m-{i}", department="edu")["case"] for i in range(2))
    offers = {}
    for _ in range(2):
        offer = worker.next_offer()
        offers[offer["case"]] = offer
        worker.take(offer)
    lab.go(MARCH["due"])
    confirmed = worker.reply(offers[case])
    assert local(confirmed["at"]) == MARCH["due"]
    lab.go("2026-06-01T00:00")
    assert lab.told(case) == whole_ladder(MARCH)[:1], "only the reminder of before"
    assert lab.told(other) == whole_ladder(MARCH)


@pytest.mark.parametrize("kind", ["final", "refusal"])
def test_an_answer_ends_the_ladder_and_an_interim_reply_does_not(laboratory, kind):
    lab = laboratory()
    worker = lab.house.worker()
    worker.ready()
    case = lab.portal.submit("m-1", department="edu")["case"]
    offer = worker.next_offer()
    worker.take(offer)
    lab.go("2026-03-06T12:00")
    worker.reply(offer, "仍在核实", reply_kind="interim")
    lab.go("2026-03-10T00:00")
    assert lab.told(case) == whole_ladder(MARCH)[:3]
    worker.reply(offer, "答复", reply_kind=kind, reason="原因")
    lab.go("2026-06-01T00:00")
    assert lab.told(case) == whole_ladder(MARCH)[:3]


@pytest.mark.parametrize("state", ["triage", "queued", "offered"])
def test_the_deadline_runs_whoever_has_the_case(laboratory, state):
    lab = laboratory()
    if state == "offered":
        lab.house.worker().ready()
    fields = {} if state == "triage" else {"department": "edu"}
    case = lab.portal.submit("m-1", **fields)["case"]
    assert lab.ops.show(case)["state"] == state
    lab.go("2026-06-01T00:00")
    assert lab.told(case) == whole_ladder(MARCH)
    event = lab.inspector.wait_event("escalated", case)
    assert ("department" in event) == (state != "triage")


def test_a_major_case_has_seven_working_days_and_thanks_have_no_deadline(laboratory):
    lab = laboratory()
    major = lab.portal.submit("m-1", **{"class": "major"})
    assert local(major["due"]) == "2026-03-12T00:00"
    thanks = lab.portal.submit("m-2", **{"class": "thanks"})
    assert "due" not in thanks and "provisional" not in thanks
    lab.go("2026-06-01T00:00")
    assert lab.told(thanks["case"]) == []
    assert [entry[3] for entry in lab.told(major["case"])] == [
        "2026-03-10T09:00", "2026-03-12T00:00", "2026-03-13T09:00", "2026-03-18T09:00"]


def test_a_reminder_whose_moment_is_not_after_the_receipt_never_fires(new_house):
    profile = PROFILE.replace("within: 3 workday", "within: 1 workday")
    lab = Laboratory(new_house(laboratory=True, profile=profile).start(), MARCH["received"])
    late = lab.portal.submit("m-1", department="edu")["case"]
    lab.go("2026-03-03T08:59")
    early = lab.portal.submit("m-2", department="edu")["case"]
    lab.go("2026-03-03T09:00")
    exact = lab.portal.submit("m-3", department="edu")["case"]
    lab.go("2026-06-01T00:00")
    assert [entry[0] for entry in lab.told(late)] == ["escalated"] * 3
    assert [entry[0] for entry in lab.told(early)] == ["reminded"] + ["escalated"] * 3
    assert [entry[0] for entry in lab.told(exact)] == ["escalated"] * 3


# ---- calendars ----

NEW_YEAR_2027 = """\
BEGIN:VEVENT
UID:test-20270101-off@example.invalid
DTSTAMP:20261120T000000Z
DTSTART;VALUE=DATE:20270101
DTEND;VALUE=DATE:20270104
SUMMARY:元旦 放假
CATEGORIES:HOLIDAY
TRANSP:TRANSPARENT
END:VEVENT
"""


def calendar_with_2027(events=NEW_YEAR_2027):
    text = CALENDAR.read_text(encoding="utf-8")
    text = text.replace("X-CN-COVERAGE-UNTIL;VALUE=DATE:20261231", "X-CN-COVERAGE-UNTIL;VALUE=DATE:20271231")
    return text.replace("END:VCALENDAR", events + "END:VCALENDAR")


# 28 December 2026 is a Monday. Major: 29, 30, 31, and four days of a year not published yet.
def year_end(lab):
    ordinary = lab.portal.submit("m-1", department="edu")
    major = lab.portal.submit("m-2", department="edu", **{"class": "major"})
    assert (local(ordinary["due"]), ordinary["provisional"]) == ("2027-01-01T00:00", True)
    assert (local(major["due"]), major["provisional"]) == ("2027-01-07T00:00", True)
    return ordinary, major


def test_a_new_notice_recomputes_provisional_deadlines_journals_and_tells_it(laboratory):
    lab = laboratory("2026-12-28T10:00")
    worker = lab.house.worker()
    worker.ready(credit=2)
    lab.portal.watch()
    ordinary, major = year_end(lab)
    assert lab.ops.status()["horizon"] == "2026-12-31"
    lab.house.write("calendar.ics", calendar_with_2027())
    lab.house.reload()
    event = lab.portal.wait_event("due", major["case"])
    assert (local(event["due"]), event["provisional"], event["due_version"]) == ("2027-01-08T00:00", False, 2)
    event = lab.portal.wait_event("due", ordinary["case"])
    assert (local(event["due"]), event["provisional"], event["due_version"]) == ("2027-01-01T00:00", False, 1)
    notice = worker.wait_notice("due", major["case"])
    assert local(notice["due"]) == "2027-01-08T00:00"
    record = [item for item in lab.ops.history(major["case"]) if item["event"] == "due"]
    assert [(local(item["due"]), item["due_version"], item["text"]) for item in record] == [
        ("2027-01-08T00:00", 2, "recounted")]
    assert lab.ops.status()["horizon"] == "2027-12-31"
    again = lab.portal.submit("m-2", department="edu", **{"class": "major"})
    assert again["due"] == major["due"], "a receipt tells the facts of the acceptance"
    assert local(lab.portal.query(id="m-2")["due"]) == "2027-01-08T00:00"
    lab.go("2027-06-01T00:00")
    assert lab.told(major["case"]) == [
        ("reminded", None, "2027-01-08T00:00", "2027-01-06T09:00"),
        ("escalated", 1, "2027-01-08T00:00", "2027-01-08T00:00"),
        ("escalated", 2, "2027-01-08T00:00", "2027-01-11T09:00"),
        ("escalated", 3, "2027-01-08T00:00", "2027-01-14T09:00"),
    ]


def test_a_rung_fires_again_for_a_new_due_moment_and_once_for_each(laboratory):
    lab = laboratory("2026-12-28T10:00")
    _, major = year_end(lab)
    lab.go("2027-01-07T12:00")
    assert [(entry[0], entry[1]) for entry in lab.told(major["case"])] == [("reminded", None), ("escalated", 1)]
    assert lab.ops.status()["overdue"] == 2
    lab.house.write("calendar.ics", calendar_with_2027())
    lab.house.reload()
    lab.wait_due(major["case"], "2027-01-08T00:00")
    show = lab.ops.show(major["case"])
    assert (show["due_version"], show["rung"]) == (2, 1)
    assert lab.ops.status()["overdue"] == 1
    lab.go("2027-01-08T12:00")
    lab.inspector.ask("BEAT")
    rungs = [(e["due_version"], e["rung"]) for e in lab.inspector.events_of(major["case"], "escalated")]
    assert rungs == [(1, 1), (2, 1)]


def test_a_reload_that_comes_while_the_daemon_is_away_counts_as_well(laboratory):
    lab = laboratory("2026-12-28T10:00")
    _, major = year_end(lab)
    lab.house.kill()
    lab.house.write("calendar.ics", calendar_with_2027())
    lab.house.start()
    lab.connect()
    lab.wait_due(major["case"], "2027-01-08T00:00")
    assert "due" in lab.ops.happened_to(major["case"])


@pytest.mark.parametrize("may_move, due", [("no", "2027-01-08T00:00"), ("yes", "2027-01-07T00:00")])
def test_an_announced_deadline_moves_earlier_only_if_the_profile_says_so(new_house, may_move, due):
    house = new_house(laboratory=True, profile=PROFILE + f"due_may_move_earlier: {may_move}\n")
    house.write("calendar.ics", calendar_with_2027())
    lab = Laboratory(house.start(), "2026-12-28T10:00")
    receipt = lab.portal.submit("m-1", department="edu", **{"class": "major"})
    assert (local(receipt["due"]), receipt["provisional"]) == ("2027-01-08T00:00", False)
    house.write("calendar.ics", calendar_with_2027(NEW_YEAR_2027.replace("20270104", "20270101").replace(
        "DTSTART;VALUE=DATE:20270101", "DTSTART;VALUE=DATE:20270613").replace("DTEND;VALUE=DATE:20270101", "DTEND;VALUE=DATE:20270616")))
    house.reload()
    lab.wait_due(receipt["case"], due)
    assert lab.ops.show(receipt["case"])["due_version"] == (2 if may_move == "yes" else 1)
    lab.go("2027-01-08T12:00")
    rungs = [entry for entry in lab.told(receipt["case"]) if entry[1] == 1]
    assert rungs == [("escalated", 1, due, due)]


def test_a_rung_that_a_new_profile_adds_late_says_when_it_was_due_and_when_it_fired(new_house):
    far = PROFILE[:PROFILE.index("rungs:")] + 'rungs:\n  - {at: 5 workday after, time: "09:00"}\n'
    lab = Laboratory(new_house(laboratory=True, profile=far).start(), MARCH["received"])
    case = lab.portal.submit("m-1", department="edu")["case"]
    lab.go("2026-03-07T12:00")
    assert lab.told(case) == whole_ladder(MARCH)[:1]
    lab.house.write_profile(lab.house.profile_text.replace("rungs:", "rungs:\n  - {at: due}"))
    lab.house.reload()
    lab.go("2026-03-07T13:00")
    assert lab.told(case)[1:] == [("escalated", 1, MARCH["due"], "2026-03-07T12:00")]
    lab.go("2026-06-01T00:00")
    assert lab.told(case)[2:] == [("escalated", 2, MARCH["due"], MARCH["rung 3"])]


def test_why_counts_the_days_and_names_those_that_do_not_count(laboratory):
    lab = laboratory(OCTOBER["received"])
    case = lab.portal.submit("m-1", department="edu")["case"]
    days = lab.ops.why(case)["items"]
    assert [day["date"] for day in days if day["number"]] == ["2026-10-08", "2026-10-09", "2026-10-10"]
    skipped = {day["date"]: day["text"] for day in days if not day["number"]}
    assert sorted(skipped) == ["2026-09-30"] + [f"2026-10-0{day}" for day in range(1, 8)]
    assert "国庆节" in skipped["2026-10-03"]


def test_a_clock_that_is_no_laboratorys_is_not_set_by_hand(house):
    ops = house.operator()
    ops.refused("not-laboratory", "CLOCK", set=at("2030-01-01T00:00"))
    confirmed = ops.clock()
    assert confirmed["clock"] == "ok"
    now = round(datetime.datetime.now().timestamp() * 1_000_000)
    assert abs(confirmed["now"] - now) < 60_000_000
    assert ops.clock(accept=True)["clock"] == "ok", "nothing to accept: no harm"
