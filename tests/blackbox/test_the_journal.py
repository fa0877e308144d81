"""The journal is the truth: its chain can be computed by anybody, and what the daemon finds in it after a long
absence, or under a clock that cannot be right, decides what it does."""

import re
import time

import pytest

import journal_file
from journal_file import DAY

# Plain weeks for ever: so that "working days" means Monday to Friday whenever these tests run.
PLAIN = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//test//test//ZH
X-CN-COVERAGE-FROM;VALUE=DATE:20070101
X-CN-COVERAGE-UNTIL;VALUE=DATE:20991231
BEGIN:VEVENT
UID:1@example.invalid
DTSTAMP:20070101T000000Z
DTSTART;VALUE=DATE:20070101
SUMMARY:元旦 放假
CATEGORIES:HOLIDAY
END:VEVENT
END:VCALENDAR
"""


def now():
    return round(time.time() * 1_000_000)


@pytest.fixture
def aged(new_house):
    """A house whose one case came so many days ago, and whose daemon was away since."""

    def make(days, last_start=None):
        house = new_house()
        house.write("calendar.ics", PLAIN)
        receipt = house.start().portal().submit("m-1", department="edu")
        assert house.stop() == 0
        journal_file.move_to_the_past(house.store, days)
        if last_start is not None:
            journal_file.add_start(house.store, last_start)
        status, text = house.run("--verify")
        assert status == 0, text
        house.start()
        house.case, house.due = receipt["case"], receipt["due"] - days * DAY
        return house

    return make


def fill(house):
    portal, worker = house.portal(), house.worker("hall")
    worker.ready(credit=2)
    for i in range(5):
        portal.submit(f"m-{i}", department="edu", title="题" * i + "目")
    worker.take(offer := worker.next_offer())
    worker.reply(offer, "答复", reply_kind="interim")
    worker.reply(offer, "不予受理", reply_kind="refusal", reason="理由")
    worker.give_back(worker.next_offer(), "退回")


def heads_told(house):
    """The chain's heads as the daemon told them to the system journal."""
    return re.findall(r"journal: (\d+) records, head ([0-9a-f]{64})", house.log())


def test_every_hash_is_what_another_program_computes(house):
    fill(house)
    house.restart()
    assert house.stop() == 0
    count, _, wrong = journal_file.heads(house.store)
    assert wrong == [] and journal_file.wrong_texts(house.store) == []
    assert count >= 15
    with journal_file.opened(house.store) as db:
        for told_count, told in heads_told(house):
            row = db.execute("SELECT head FROM journal WHERE seq = ?", (int(told_count),)).fetchone()
            assert row["head"].hex() == told


def test_a_history_rewritten_with_a_chain_of_its_own_shows_by_the_head_that_was_told(house):
    fill(house)
    house.restart()
    house.world.until(lambda: len(heads_told(house)) == 2, what="the head in the log")
    before = heads_told(house)[-1]
    house.kill()
    with journal_file.rewriting(house.store) as db:
        db.execute("UPDATE journal SET actor = 'edu-a' WHERE actor = 'hall'")
        db.execute("UPDATE journal SET subject = 'edu-a' WHERE subject = 'hall'")
        db.execute("UPDATE cases SET holder_name = 'edu-a' WHERE holder_name = 'hall'")
    assert journal_file.heads(house.store)[2] == [], "the chain is whole"
    with journal_file.opened(house.store) as db:
        head = db.execute("SELECT head FROM journal WHERE seq = ?", (int(before[0]),)).fetchone()["head"]
    assert head.hex() != before[1], "but it is not the one that was told"


# ---- downtime, on the real clock ----


def rungs(inspector, case):
    inspector.ask("BEAT")
    return [(event["event"], event.get("rung")) for event in inspector.events_of(case)]


def test_rungs_missed_while_the_daemon_was_away_fire_at_its_return_once_each(aged):
    before = now()
    house = aged(21)
    inspector, worker = house.supervisor(), house.worker()
    inspector.watch(cursor=0)
    whole = [("reminded", None), ("escalated", 1), ("escalated", 2), ("escalated", 3)]
    house.world.until(lambda: rungs(inspector, house.case) == whole, what="the whole ladder")
    for event in inspector.events_of(house.case):
        assert event["due"] == house.due and before <= event["fired"] == event["at"] <= now()
    assert house.operator().status()["overdue"] == 1
    house.restart()
    again = house.supervisor()
    again.watch(cursor=0)
    house.world.until(lambda: len(again.events) == 4, what="the same four")
    again.ask("BEAT")
    assert rungs(again, house.case) == whole
    worker.ready()
    worker.take(offer := worker.next_offer())
    worker.reply(offer)


def test_a_long_holiday_is_no_clock_trouble_and_longer_is(aged):
    assert aged(39).operator().status()["clock"] == "ok"
    assert aged(41).operator().status()["clock"] == "held"


@pytest.mark.parametrize("wrong", ["behind the last record", "far ahead of it"])
def test_under_an_implausible_clock_the_ladder_waits_for_an_operator_and_the_rest_goes_on(aged, wrong):
    house = aged(21, now() + 3600 * 1_000_000) if wrong == "behind the last record" else aged(60)
    ops, inspector, portal, worker = house.operator(), house.supervisor(), house.portal(), house.worker()
    ops.watch()
    inspector.watch(cursor=0)
    assert ops.wait_event("alarm")["text"] == "clock-held"
    assert ops.status()["clock"] == "held"
    receipt = portal.submit("m-2", department="edu")
    worker.ready(credit=2)
    assert {worker.next_offer()["case"], worker.next_offer()["case"]} == {house.case, receipt["case"]}
    house.world.pass_time(1.2)
    assert rungs(inspector, house.case) == [], "the ladder holds its fire"
    assert ops.clock(accept=True)["clock"] == "ok"
    house.world.until(lambda: len(rungs(inspector, house.case)) == 4, what="the ladder")
    house.world.until(lambda: "clock-resumed" in [e["text"] for e in ops.events], what="the all-clear")
    assert ops.status()["clock"] == "ok"
    assert "the clock is not plausible" in house.log()


def test_a_held_clock_is_held_after_a_restart_as_well(aged):
    house = aged(60)
    assert house.operator().status()["clock"] == "held"
    house.restart()
    status = house.operator().status()["clock"]
    inspector = house.supervisor()
    inspector.watch(cursor=0)
    inspector.ask("BEAT")
    assert status == "held" and rungs(inspector, house.case) == []
    house.operator().clock(accept=True)
    house.restart()
    assert house.operator().status()["clock"] == "ok", "accepted is accepted"


def test_a_closed_case_of_long_ago_still_has_its_receipt_and_its_answer(new_house):
    house = new_house()
    house.write("calendar.ics", PLAIN)
    portal, worker = house.start().portal(), house.worker()
    worker.ready()
    receipt = portal.submit("m-1", department="edu")
    worker.take(offer := worker.next_offer())
    worker.reply(offer, "当年的答复")
    assert house.stop() == 0
    journal_file.move_to_the_past(house.store, 30)
    house.start()
    again = house.portal()
    assert again.submit("m-1", department="edu")["query_code"] == receipt["query_code"]
    again.refused("conflict", "SUBMIT", id="m-1", title="题", body="别的")
    assert again.query(id="m-1")["items"][0]["reply"] == "当年的答复"
    assert again.submit("m-2", department="edu")["case"] != receipt["case"]


def test_the_millionth_message_of_a_day_waits_for_the_next_day(new_house):
    house = new_house(laboratory=True).start()
    ops = house.operator()
    ops.clock(set=1772416800000000)  # Monday 2 March 2026, 10:00 at +08:00
    house.portal().submit("m-1", department="edu")
    assert house.stop() == 0
    journal_file.renumber_case(house.store, 20260302000001, 20260302999998)
    house.start()
    portal = house.portal()
    assert portal.submit("m-2", department="edu")["case"].startswith("20260302-999999-")
    busy = portal.ask("SUBMIT", id="m-3", title="题", body="文")
    assert (busy.kind, busy["code"], busy["retry_ms"]) == ("BUSY", "day", 14 * 3600 * 1000)
    assert portal.submit("m-1", department="edu")["case"].startswith("20260302-999998-"), "what is known is answered"
    house.operator().clock(set=1772467200000000)  # midnight
    assert portal.submit("m-3", department="edu")["case"].startswith("20260303-000001-")
