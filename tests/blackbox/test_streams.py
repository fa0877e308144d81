"""Every event reaches its principal in order, at least once, until SEEN (promise 5)."""

import pytest

IN_FLIGHT_MAX = 256


def answer_all(house, portal, count, name="edu-a", department="edu"):
    """Submits, takes and answers so many messages: two events each."""
    worker = house.worker(name)
    worker.ready(credit=64)
    receipts = [portal.begin_submit(f"{department}-{i}", department=department) for i in range(count)]
    receipts = [portal.answer(req) for req in receipts]
    for _ in receipts:
        offer = worker.next_offer()
        worker.take(offer)
        worker.reply(offer, f"答复 {offer['case']}")
    worker.bye()
    return [receipt["case"] for receipt in receipts]


def cursors(watcher):
    return [event["cursor"] for event in watcher.events]


def test_events_come_in_order_with_rising_cursors_and_once_to_one_connection(house):
    portal = house.portal()
    portal.watch()
    cases = answer_all(house, portal, 20)
    house.world.until(lambda: len(portal.events) == 40, what="forty events")
    assert cursors(portal) == sorted(set(cursors(portal)))
    for case in cases:
        assert [event["event"] for event in portal.events if event["case"] == case] == ["taken", "replied"]


def test_a_stream_has_the_events_of_its_own_portal_only(house):
    web, app = house.portal("web"), house.portal("app")
    web.watch()
    app.watch()
    mine = answer_all(house, web, 3)
    theirs = answer_all(house, app, 3, "water-a", "water")
    house.world.until(lambda: len(web.events) == 6 and len(app.events) == 6, what="both streams")
    assert {event["case"] for event in web.events} == set(mine)
    assert {event["case"] for event in app.events} == set(theirs)
    all_of_app = house.portal("app")
    all_of_app.watch(cursor=0)
    house.world.until(lambda: len(all_of_app.events) == 6, what="the stream from its start")
    all_of_app.ask("BEAT")
    assert {event["case"] for event in all_of_app.events} == set(theirs)


def test_what_is_not_seen_comes_again_after_a_reconnect_and_what_is_seen_does_not(house):
    portal = house.portal()
    portal.watch()
    answer_all(house, portal, 5)
    house.world.until(lambda: len(portal.events) == 10, what="ten events")
    portal.seen(portal.events[3]["cursor"])
    rest = cursors(portal)[4:]
    portal.close()
    again = house.portal()
    assert again.watch()["cursor"] < rest[0]
    house.world.until(lambda: len(again.events) == 6, what="the events that were not seen")
    assert cursors(again) == rest


@pytest.mark.parametrize("way", ["in order", "kill -9"])
def test_cursors_survive_a_restart(house, way):
    portal = house.portal()
    portal.watch()
    answer_all(house, portal, 4)
    house.world.until(lambda: len(portal.events) == 8, what="eight events")
    portal.seen(portal.events[2]["cursor"])
    rest = cursors(portal)[3:]
    if way == "in order":
        assert house.stop() == 0
    else:
        house.world.pass_time(1.5)  # a SEEN is on the disk within a second
        house.kill()
    house.start()
    again = house.portal()
    again.watch()
    house.world.until(lambda: len(again.events) == len(rest), what="the events that were not seen")
    assert cursors(again) == rest


def test_a_seen_that_crashed_on_its_way_means_that_events_come_twice_and_none_is_missing(house):
    portal = house.portal()
    portal.watch()
    answer_all(house, portal, 4)
    house.world.until(lambda: len(portal.events) == 8, what="eight events")
    everything = cursors(portal)
    portal.seen(everything[-1])
    house.restart()
    again = house.portal()
    start = again.watch()["cursor"]
    missing = [cursor for cursor in everything if cursor > start]
    house.world.until(lambda: cursors(again) == missing, what="the rest of the stream")


def test_a_given_cursor_begins_after_it_and_moves_nothing_that_is_stored(house):
    portal = house.portal()
    portal.watch()
    answer_all(house, portal, 3)
    house.world.until(lambda: len(portal.events) == 6, what="six events")
    everything = cursors(portal)
    portal.seen(everything[3])
    other = house.portal()
    assert other.watch(cursor=everything[1])["cursor"] == everything[1]
    house.world.until(lambda: cursors(other) == everything[2:], what="the events after the cursor")
    third = house.portal()
    assert third.watch(cursor=0)["cursor"] == 0
    house.world.until(lambda: cursors(third) == everything, what="the whole stream")
    fourth = house.portal()
    assert fourth.watch()["cursor"] == everything[3]
    house.world.until(lambda: cursors(fourth) == everything[4:], what="the events after the last SEEN")


def test_seen_never_goes_back_nor_beyond_what_was_sent(house):
    portal = house.portal()
    portal.refused("not-ready", "SEEN", cursor=0)
    portal.watch()
    answer_all(house, portal, 2)
    house.world.until(lambda: len(portal.events) == 4, what="four events")
    everything = cursors(portal)
    assert portal.refused("invalid-value", "SEEN", cursor=everything[-1] + 1)["field"] == "cursor"
    portal.seen(everything[2])
    assert portal.seen(everything[0])["cursor"] == everything[2]
    again = house.portal()
    assert again.watch()["cursor"] == everything[2]


def test_every_connection_of_a_portal_that_watches_gets_all_and_seen_is_shared(house):
    watchers = [house.portal() for _ in range(3)]
    for watcher in watchers:
        watcher.watch()
    answer_all(house, watchers[0], 5)
    for watcher in watchers:
        house.world.until(lambda w=watcher: len(w.events) == 10, what="ten events each")
    assert cursors(watchers[0]) == cursors(watchers[1]) == cursors(watchers[2])
    watchers[1].seen(cursors(watchers[1])[-1])
    late = house.portal()
    late.watch()
    late.ask("BEAT")
    assert late.events == []


def test_no_more_than_256_events_are_on_their_way_without_seen(house):
    portal = house.portal()
    answer_all(house, portal, 150)
    portal.watch(cursor=0)
    house.world.until(lambda: len(portal.events) == IN_FLIGHT_MAX, what="256 events")
    for _ in range(20):
        portal.ask("BEAT")
    assert len(portal.events) == IN_FLIGHT_MAX
    portal.seen(portal.events[9]["cursor"])
    house.world.until(lambda: len(portal.events) == IN_FLIGHT_MAX + 10, what="as many as were seen")
    for _ in range(20):
        portal.ask("BEAT")
    assert len(portal.events) == IN_FLIGHT_MAX + 10
    portal.seen(portal.events[-1]["cursor"])
    house.world.until(lambda: len(portal.events) == 300, what="all of them")
    assert cursors(portal) == sorted(set(cursors(portal)))


def test_events_of_the_time_nobody_watched_are_not_lost(house):
    portal = house.portal()
    cases = answer_all(house, portal, 3)
    house.restart()
    again = house.portal()
    again.watch()
    house.world.until(lambda: len(again.events) == 6, what="six events")
    assert {event["case"] for event in again.events} == set(cases)


def test_triage_and_operators_have_streams_of_their_own(house):
    portal, triage, ops, worker = house.portal(), house.triage(), house.operator(), house.worker()
    case = portal.submit("m-1")["case"]
    worker.ready()
    failed = portal.submit("m-2", department="edu")["case"]
    worker.fail(worker.next_offer(), "不能处理")
    triage.watch()
    ops.watch()
    assert triage.wait_event("triage", failed)["reason"] == "不能处理"
    assert [event["case"] for event in triage.events] == [case, failed]
    assert ops.wait_event("alarm", failed)["text"] == "parked"
    triage.seen(triage.events[-1]["cursor"])
    other = house.triage()
    other.watch()
    other.ask("BEAT")
    assert other.events == []


def test_a_connection_unknown_after_a_restart_is_told_so(house):
    portal = house.portal()
    portal.watch()
    assert portal.ask("BEAT").kind == "PULSE"
    house.restart()
    portal.refused("not-ready", "BEAT")
    portal.watch()
    assert portal.ask("BEAT").kind == "PULSE"
    portal.bye()
    portal.refused("not-ready", "BEAT")


def test_without_req_only_beat_is_answered(house):
    portal = house.portal()
    portal.watch()
    portal.submit("m-1", department="edu")
    portal.send("SEEN", cursor=0)
    portal.send("BEAT")
    house.world.until(lambda: portal.pulses == 1, what="PULSE")
    portal.send("BYE")
    portal.send("BEAT")
    assert portal.next_in_inbox("ERROR")["code"] == "not-ready"
    portal.send("SEEN", cursor=0)
    assert portal.next_in_inbox("ERROR")["code"] == "not-ready", "what is wrong is said"
    assert portal.inbox == [] and portal.pulses == 1
