"""At least once to the department until it is taken, and one holder at a time (promise 3)."""

import itertools

import pytest

from house import Child
from wzp import LIMITS, NO_CASE

BRISK = {"lease": "30", "heartbeat": "0.2"}  # a silent worker is lost after 0.6 s
SHORT = {"lease": "0.4", "heartbeat": "5"}  # an offer waits 0.4 s


def states(ops, case):
    return ops.show(case)["state"]


def test_a_killed_workers_offer_goes_to_another_and_its_late_take_is_refused(new_house):
    house = new_house(**BRISK).start()
    portal, ops = house.portal(), house.operator()
    child = Child(house, "edu-a")
    receipt = portal.submit("m-1", department="edu")
    first = child.next_offer()
    assert first == {"case": receipt["case"], "epoch": 1}
    child.kill()

    second = house.worker("edu-b")
    second.ready()
    offer = second.next_offer()
    assert offer["case"] == receipt["case"] and offer["epoch"] > first["epoch"]
    assert offer["due"] == receipt["due"], "losing a worker never touches the deadline"

    late = house.worker("edu-a")
    late.ready(incarnation=child.incarnation)
    stale = late.refused("stale", "TAKE", **first)
    assert stale["epoch"] == offer["epoch"] and stale["state"] == "offered"
    assert states(ops, receipt["case"]) == "offered"
    assert second.take(offer)["state"] == "taken"
    assert ops.happened_to(receipt["case"]) == ["accepted", "routed", "offered", "requeued", "offered", "taken"]


@pytest.mark.parametrize("act", ["TAKE", "REPLY", "RETURN", "FAIL"])
def test_a_stale_epoch_changes_nothing_whatever_it_asks(new_house, act):
    house = new_house(**SHORT).start()
    portal, ops, slow, quick = house.portal(), house.operator(), house.worker("edu-a"), house.worker("edu-b")
    slow.ready()
    portal.submit("m-1", department="edu")
    old = slow.next_offer()
    quick.ready()
    offer = quick.next_offer()
    quick.take(offer)
    before, history = ops.figures(), ops.history(offer["case"])
    extra = {"REPLY": {"reply": "迟到的答复"}, "RETURN": {"reason": "迟到"}, "FAIL": {"reason": "迟到"}}.get(act, {})
    answer = slow.refused("stale", act, case=old["case"], epoch=old["epoch"], **extra)
    assert answer["epoch"] == offer["epoch"] and answer["state"] == "taken"
    assert (ops.figures(), ops.history(offer["case"])) == (before, history)


def test_an_expired_lease_is_told_and_the_case_offered_elsewhere(new_house):
    house = new_house(**SHORT).start()
    portal, ops, slow, quick = house.portal(), house.operator(), house.worker("edu-a"), house.worker("edu-b")
    slow.ready()
    receipt = portal.submit("m-1", department="edu")
    old = slow.next_offer()
    assert old["lease_ms"] == 400
    quick.ready()
    offer = quick.next_offer()
    assert (offer["case"], offer["epoch"]) == (old["case"], old["epoch"] + 1)
    notice = slow.wait_notice("void", receipt["case"])
    assert notice["epoch"] == old["epoch"]
    assert ops.show(receipt["case"])["losses"] == 0, "a slow worker is nobody's death"


def test_a_lease_that_runs_out_never_parks_a_case(new_house):
    house = new_house(lease="0.05", heartbeat="5").start()
    portal, ops, worker = house.portal(), house.operator(), house.worker("edu-a")
    worker.ready()
    receipt = portal.submit("m-1", department="edu")
    epochs = [worker.next_offer()["epoch"] for _ in range(7)]
    assert epochs == [1, 2, 3, 4, 5, 6, 7]
    assert ops.show(receipt["case"])["state"] in ("queued", "offered")


def test_a_worker_never_has_more_offers_than_its_credit(house):
    portal, worker, ops = house.portal(), house.worker("edu-a"), house.operator()
    assert worker.ready(credit=3)["credit"] == 3
    for i in range(10):
        portal.submit(f"m-{i}", department="edu")
    taken = 0
    while taken < 10:
        house.world.until(lambda: len(worker.offers) == min(3, 10 - taken), what="as many offers as the credit")
        row = ops.department("edu")
        assert row["offered"] == min(3, 10 - taken) and row["held"] == taken
        worker.take(worker.offers.popleft())
        taken += 1
    assert ops.workers()[0]["credit"] == 3


def test_credit_beyond_the_limit_is_cut_and_said_so(shared_house):
    worker = shared_house.worker("edu-a")
    assert worker.ready(credit=4000000000)["credit"] == 1024
    assert worker.ready(credit=1)["credit"] == 1, "READY again replaces the settings"
    worker.bye()


@pytest.mark.parametrize("fields, code, field", [
    ({"credit": 0}, "invalid-value", "credit"),
    ({"incarnation": 0}, "invalid-value", "incarnation"),
    ({"custody": "mine"}, "invalid-value", "custody"),
    ({"departments": ["water"]}, "not-yours", "departments"),
    ({"departments": ["nobody"]}, "not-yours", "departments"),
])
def test_a_ready_that_cannot_be_is_refused(shared_house, fields, code, field):
    worker = shared_house.worker("edu-a")
    answer = worker.refused(code, "READY", **{"credit": 1, "incarnation": 7, **fields})
    assert answer["field"] == field
    assert shared_house.operator().status()["workers"] == 0


def test_workers_of_a_department_take_turns(house):
    portal = house.portal()
    workers = [house.worker(name) for name in ("edu-a", "edu-b", "edu-c")]
    for worker in workers:
        worker.ready(credit=4)
    for i in range(12):
        portal.submit(f"m-{i}", department="edu")
    house.world.until(lambda: sum(len(w.offers) for w in workers) == 12, what="twelve offers")
    assert [len(worker.offers) for worker in workers] == [4, 4, 4]
    orders = [[int(offer["case"][9:15]) for offer in worker.offers] for worker in workers]
    assert all(later - earlier == 3 for order in orders for earlier, later in itertools.pairwise(order))


def test_a_worker_serves_the_departments_it_names(house):
    portal, worker = house.portal(), house.worker("hall")
    assert worker.ready(credit=9, departments=["water"])["departments"] == ["water"]
    portal.submit("m-1", department="edu")
    portal.submit("m-2", department="water")
    assert worker.next_offer()["department"] == "water"
    assert worker.ready(credit=9)["departments"] == ["edu", "water", "police"]
    assert worker.next_offer()["department"] == "edu"


def test_nobody_acts_on_another_departments_case(house):
    portal, edu, water = house.portal(), house.worker("edu-a"), house.worker("water-a")
    edu.ready()
    water.ready()
    portal.submit("m-1", department="edu")
    offer = edu.next_offer()
    point = {"case": offer["case"], "epoch": offer["epoch"]}
    water.refused("not-yours", "TAKE", **point)
    edu.take(offer)
    water.refused("not-yours", "REPLY", reply="越权", **point)
    water.refused("not-yours", "RETURN", reason="越权", **point)
    water.refused("not-yours", "FAIL", reason="越权", **point)
    edu.reply(offer)
    water.refused("not-yours", "REPLY", reply="越权", **point)
    edu.refused("not-found", "TAKE", case=NO_CASE, epoch=1)


def test_another_worker_cannot_take_what_was_offered_to_one(house):
    portal, one, other = house.portal(), house.worker("edu-a"), house.worker("edu-b")
    one.ready()
    portal.submit("m-1", department="edu")
    offer = one.next_offer()
    other.ready()
    assert other.refused("wrong-state", "TAKE", case=offer["case"], epoch=offer["epoch"])["state"] == "offered"
    one.take(offer)
    assert other.refused("wrong-state", "TAKE", case=offer["case"], epoch=offer["epoch"])["state"] == "taken"


def test_a_silent_worker_is_lost_after_three_heartbeats_and_a_beating_one_is_not(new_house):
    house = new_house(**BRISK).start()
    portal, ops, silent, alive = house.portal(), house.operator(), house.worker("edu-a"), house.worker("edu-b")
    silent.ready()
    receipt = portal.submit("m-1", department="edu")
    silent.next_offer()
    silent.fall_silent()
    alive.ready()
    offer = alive.next_offer()
    assert offer["case"] == receipt["case"] and offer["epoch"] == 2
    assert ops.show(receipt["case"])["losses"] == 1
    assert [worker["name"] for worker in ops.workers()] == ["edu-b"]
    silent.refused("not-ready", "BEAT")
    silent.refused("not-ready", "TAKE", case=offer["case"], epoch=1)
    house.world.pass_time(0.9)
    assert [worker["name"] for worker in ops.workers()] == ["edu-b"], "it beat all the time"


def test_all_but_ready_needs_a_session(shared_house):
    worker = shared_house.worker("edu-a")
    point = {"case": NO_CASE, "epoch": 1}
    worker.refused("not-ready", "HELD")
    worker.refused("not-ready", "TAKE", **point)
    worker.refused("not-ready", "REPLY", reply="答复", **point)
    worker.refused("not-ready", "RETURN", reason="理由", **point)
    worker.refused("not-ready", "FAIL", reason="理由", **point)
    worker.refused("not-ready", "BEAT")
    worker.refused("not-ready", "BYE")


def test_bye_passes_untaken_offers_on_without_blame(house):
    portal, ops, leaver, stayer = house.portal(), house.operator(), house.worker("edu-a"), house.worker("edu-b")
    leaver.ready(credit=2)
    taken = portal.submit("m-1", department="edu")["case"]
    untaken = portal.submit("m-2", department="edu")["case"]
    leaver.take(leaver.next_offer())
    leaver.next_offer()
    stayer.ready(credit=2)
    leaver.bye()
    offer = stayer.next_offer()
    assert offer["case"] == untaken
    assert ops.show(untaken)["losses"] == 0
    assert states(ops, taken) == "taken", "what the department took stays with the department"
    assert [item["case"] for item in stayer.held()] == [taken]
    leaver.refused("not-ready", "BEAT")


def test_a_reconnected_worker_keeps_its_offers_by_its_incarnation(house):
    portal, first = house.portal(), house.worker("edu-a")
    first.ready()
    portal.submit("m-1", department="edu")
    offer = first.next_offer()
    again = house.worker("edu-a")
    again.ready(incarnation=first.incarnation)
    assert again.take(offer)["state"] == "taken", "the same process by another connection"
    first.refused("not-ready", "HELD")


def test_another_incarnation_is_another_process(house):
    portal, first = house.portal(), house.worker("edu-a")
    first.ready()
    portal.submit("m-1", department="edu")
    offer = first.next_offer()
    other = house.worker("edu-a")
    other.ready()
    assert other.refused("wrong-state", "TAKE", case=offer["case"], epoch=offer["epoch"])["state"] == "offered"
    first.take(offer)


def test_custody_of_a_department_survives_its_worker(new_house):
    house = new_house(**BRISK).start()
    portal = house.portal()
    child = Child(house, "edu-a", takes=True)
    portal.submit("m-1", department="edu")
    point = child.next_offer()
    child.kill()
    other, ops = house.worker("edu-b"), house.operator()
    other.ready()
    house.world.until(lambda: len(ops.workers()) == 1, what="the loss of the killed worker")
    assert [item["case"] for item in other.held()] == [point["case"]] and not other.offers
    assert other.reply(point)["state"] == "answered"


def test_custody_of_a_process_ends_with_the_process(new_house):
    house = new_house(**BRISK).start()
    portal, ops = house.portal(), house.operator()
    child = Child(house, "edu-a", takes=True, custody="process")
    receipt = portal.submit("m-1", department="edu")
    point = child.next_offer()
    assert point["epoch"] == 1
    other = house.worker("edu-b")
    other.ready(custody="process")
    assert other.held() == []
    other.refused("wrong-state", "REPLY", reply="代答", **point)
    child.kill()
    offer = other.next_offer()
    assert (offer["case"], offer["epoch"]) == (receipt["case"], 2)
    other.take(offer)
    assert [item["epoch"] for item in other.held()] == [2]
    other.bye()
    third = house.worker("edu-c")
    third.ready()
    offer = third.next_offer()
    assert offer["epoch"] == 3, "BYE gives process custody back as well"
    assert ops.show(receipt["case"])["losses"] == 1, "but is no loss"
    third.take(offer)
    third.reply(offer)


def test_custody_of_a_process_survives_the_daemon_if_the_process_comes_back(house):
    portal, worker = house.portal(), house.worker("edu-a")
    worker.ready(custody="process")
    portal.submit("m-1", department="edu")
    offer = worker.next_offer()
    worker.take(offer)
    house.restart()
    worker.refused("not-ready", "HELD")
    worker.ready(custody="process")
    assert [item["case"] for item in worker.held()] == [offer["case"]]
    assert worker.reply(offer)["state"] == "answered"


def test_five_losses_in_a_row_park_a_case_with_an_alarm(new_house):
    house = new_house(**BRISK).start()
    portal, ops, triage = house.portal(), house.operator(), house.triage()
    ops.watch()
    triage.watch()
    receipt = portal.submit("poison", department="edu", title="毒药")
    for epoch in range(1, 6):
        worker = house.worker("edu-a")
        worker.ready()
        assert worker.next_offer()["epoch"] == epoch
        worker.close()
    event = triage.wait_event("triage", receipt["case"])
    assert (event["text"], event["title"], event["due"]) == ("lost", "毒药", receipt["due"])
    assert ops.wait_event("alarm", receipt["case"])["text"] == "parked"
    show = ops.show(receipt["case"])
    assert (show["state"], show["losses"], show["due"]) == ("triage", 5, receipt["due"])
    worker = house.worker("edu-b")
    worker.ready()
    triage.assign(receipt["case"], "edu")
    offer = worker.next_offer()
    assert offer["epoch"] == 6
    assert ops.show(receipt["case"])["losses"] == 0, "a ruling begins the count anew"
    worker.take(offer)
    worker.reply(offer)


def test_fail_parks_the_case_at_triage_with_an_alarm(house):
    portal, ops, triage, worker = house.portal(), house.operator(), house.triage(), house.worker("edu-a")
    ops.watch()
    triage.watch()
    worker.ready()
    receipt = portal.submit("m-1", department="edu")
    offer = worker.next_offer()
    assert worker.fail(offer, "程序出错")["state"] == "triage"
    assert worker.fail(offer, "程序出错")["state"] == "triage", "sent again"
    event = triage.wait_event("triage", receipt["case"])
    assert (event["text"], event["reason"], event["actor"]) == ("failed", "程序出错", "edu-a")
    assert ops.wait_event("alarm", receipt["case"])["text"] == "parked"
    assert ops.happened_to(receipt["case"]).count("failed") == 1


@pytest.mark.parametrize("taken", [False, True])
def test_a_return_goes_to_triage_whose_ruling_is_final(house, taken):
    portal, triage, worker, ops = house.portal(), house.triage(), house.worker("hall"), house.operator()
    triage.watch()
    worker.ready()
    receipt = portal.submit("m-1", department="edu")
    offer = worker.next_offer()
    if taken:
        worker.take(offer)
    assert worker.give_back(offer, "属于水务")["state"] == "triage"
    assert worker.give_back(offer, "属于水务")["state"] == "triage", "sent again"
    assert portal.query(id="m-1")["state"] == "triage"
    event = triage.wait_event("triage", receipt["case"])
    assert (event["text"], event["reason"], event["actor"]) == ("returned", "属于水务", "hall")
    triage.refused("unknown-department", "ASSIGN", case=receipt["case"], department="nobody", reason="交办")
    triage.refused("not-found", "ASSIGN", case=NO_CASE, department="water", reason="交办")
    assert triage.assign(receipt["case"], "water")["state"] == "queued"
    offer = worker.next_offer()
    assert offer["final"] is True and offer["department"] == "water" and offer["epoch"] == 2
    point = {"case": offer["case"], "epoch": offer["epoch"]}
    worker.refused("return-limit", "RETURN", reason="还是不归我们", **point)
    worker.take(offer)
    worker.refused("return-limit", "RETURN", reason="还是不归我们", **point)
    worker.reply(offer)
    show = ops.show(receipt["case"])
    assert (show["returns"], show["final"], show["state"]) == (1, True, "answered")
    triage.refused("wrong-state", "ASSIGN", case=receipt["case"], department="edu", reason="太迟")


def test_returns_are_limited_by_the_profile_even_without_a_final_ruling(house):
    portal, triage, worker = house.portal(), house.triage(), house.worker("hall")
    worker.ready()
    receipt = portal.submit("m-1", department="edu")
    worker.give_back(worker.next_offer())
    triage.assign(receipt["case"], "police", final=False)
    offer = worker.next_offer()
    assert "final" not in offer or offer["final"] is False
    worker.refused("return-limit", "RETURN", case=offer["case"], epoch=offer["epoch"], reason="再退")


def test_a_worker_that_loses_its_right_by_reload_loses_its_offers_without_blame(house):
    portal, ops, worker = house.portal(), house.operator(), house.worker("hall")
    worker.ready()
    receipt = portal.submit("m-1", department="police")
    offer = worker.next_offer()
    for principal in house.principals:
        if principal["name"] == "hall":
            principal["departments"] = ["edu"]
    house.write_principals()
    house.reload()
    worker.refused("not-ready", "TAKE", case=offer["case"], epoch=offer["epoch"])
    assert worker.ready()["departments"] == ["edu"]
    show = ops.show(receipt["case"])
    assert (show["state"], show["losses"]) == ("queued", 0)


def test_more_workers_than_the_limit_are_told_to_wait(house):
    limit = LIMITS["WORKERS_MAX"]
    house.world.context.max_sockets = 4 * limit
    workers = [house.worker("edu-a") for _ in range(limit + 1)]
    answers = [worker.begin("READY", credit=1, incarnation=worker.incarnation) for worker in workers]
    answers = [worker.answer(req, within=60) for worker, req in zip(workers, answers)]
    kinds = [answer.kind for answer in answers]
    assert kinds.count("WELCOME") == limit and kinds.count("BUSY") == 1
    late = workers[kinds.index("BUSY")]
    assert answers[kinds.index("BUSY")]["code"] == "workers"
    ops = house.operator()
    assert ops.status()["workers"] == limit
    workers[kinds.index("WELCOME")].bye()
    late.ready()
    assert ops.status()["workers"] == limit
