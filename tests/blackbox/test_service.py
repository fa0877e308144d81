"""What systemd and an administrator rely on: READY, STATUS, STOPPING, WATCHDOG, signals, one daemon a store."""

import signal
import time

import zmq

from test_time import at


def test_ready_means_that_every_zone_serves(new_house):
    house = new_house()
    house.launch()
    house.world.until(lambda: house.was_told("READY", "1"), what="READY=1")
    assert house.operator().status()["open"] == 0
    assert house.portal().submit("m-1")
    assert house.worker().ready()


def test_status_says_what_is_going_on(house):
    house.portal().submit("m-1", department="edu")
    house.worker("water-a").ready()
    text = house.world.until(
        lambda: [told["STATUS"] for told in house.told if "1 open" in told.get("STATUS", "")], what="a STATUS")[0]
    assert "1 open, 0 overdue, the oldest for 0 working days (1 waiting for a worker, 0 at triage), 1 workers" in text


def test_status_says_how_many_working_days_the_oldest_has_waited(new_house):
    house = new_house(laboratory=True).start()
    ops = house.operator()
    ops.clock(set=at("2026-09-30T16:00"))
    house.portal().submit("m-1", department="edu")
    ops.clock(set=at("2026-10-12T08:00"))  # 1 to 7 October are off, Saturday the 10th is worked, Sunday is not
    house.world.until(lambda: any("1 overdue, the oldest for 4 working days" in told.get("STATUS", "")
                                  for told in house.told), what="a STATUS")


def test_a_manager_that_does_not_read_holds_nobody_up(new_house):
    house = new_house()
    house.environment = {"WATCHDOG_USEC": "30000"}
    house.start()
    house.world.ignore(house.notify.fileno())
    portal = house.portal()
    end = time.monotonic() + 2  # a datagram each 10 ms: more than any queue takes
    count = 0
    while time.monotonic() < end:
        portal.submit(f"m-{count}")
        count += 1
    house.told.clear()
    house.world.listen(house.notify.fileno(), house._hear_notification)
    house.world.until(lambda: house.told, what="what it said in vain")
    house.told.clear()
    house.world.until(lambda: house.was_told("WATCHDOG", "1"), what="WATCHDOG=1")
    assert house.stop() == 0


def test_sigterm_tells_the_workers_ends_in_order_and_exits_0(house):
    portal, worker = house.portal(), house.worker()
    worker.ready()
    receipt = portal.submit("m-1", department="edu")
    worker.next_offer()
    assert house.stop() == 0
    assert house.was_told("STOPPING", "1")
    house.start()
    assert house.portal().query(id="m-1")["case"] == receipt["case"]


def test_workers_are_told_that_the_daemon_is_draining(house):
    # With ZMQ_IMMEDIATE libzmq throws away what it has received and not handed over when the connection ends.
    worker = house.worker(options=[(zmq.IMMEDIATE, 0)])
    worker.ready()
    house.may_end = True
    house.process.send_signal(signal.SIGTERM)
    assert worker.wait_notice("draining")["at"] > 0
    assert house.wait_end() == 0


def test_sigint_ends_like_sigterm(house):
    house.may_end = True
    house.process.send_signal(signal.SIGINT)
    assert house.wait_end() == 0


def test_everything_asked_before_sigterm_is_durable(house):
    portal = house.portal()
    receipts = [portal.submit(f"m-{i}") for i in range(50)]
    assert house.stop() == 0
    house.start()
    again = house.portal()
    assert [again.submit(f"m-{i}")["case"] for i in range(50)] == [receipt["case"] for receipt in receipts]


def test_the_watchdog_is_fed_as_long_as_the_loop_turns(new_house):
    house = new_house()
    house.environment = {"WATCHDOG_USEC": "600000"}
    house.start()
    for _ in range(3):
        house.told.clear()
        house.world.until(lambda: house.was_told("WATCHDOG", "1"), within=0.6, what="WATCHDOG=1 in time")


def test_the_watchdog_starves_when_the_daemon_stands_still(new_house):
    house = new_house()
    house.environment = {"WATCHDOG_USEC": "300000"}
    house.start()
    house.process.send_signal(signal.SIGSTOP)
    house.world.turn(0)
    house.told.clear()
    house.world.pass_time(0.5)
    assert not house.was_told("WATCHDOG"), "it is the loop that feeds it, nothing beside it"
    house.process.send_signal(signal.SIGCONT)
    house.world.until(lambda: house.was_told("WATCHDOG", "1"), what="WATCHDOG=1 again")


def test_no_watchdog_no_feeding(house):
    house.world.pass_time(1.2)
    assert not house.was_told("WATCHDOG")


def test_a_second_daemon_on_the_same_store_is_refused(new_house):
    house = new_house().start()
    other = new_house(store=house.store)
    other.launch()
    status = other.wait_end()
    assert status == 1 and str(house.store) in other.log()
    assert not other.was_told("READY")
    assert house.portal().submit("m-1"), "the first one does not mind"
    other.is_broken = True


def test_a_port_in_use_is_named_and_the_daemon_does_not_start(new_house):
    house = new_house().start()
    other = new_house()
    other.endpoints["worker"] = house.endpoints["worker"]
    other.write_config()
    other.launch()
    assert other.wait_end() == 1
    assert house.endpoints["worker"] in other.log()


def test_the_store_is_readable_by_nobody_else(house):
    house.portal().submit("m-1")
    for path in house.store.parent.glob(house.store.name + "*"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_store_that_is_no_laboratory_cannot_become_one(house):
    house.operator().refused("not-laboratory", "CLOCK", set=4102444800000000)
    house.stop()
    status, text = house.run("--create-laboratory")
    assert status == 1 and "laboratory" in text


def test_a_laboratory_stays_one_and_says_so(new_house):
    house = new_house(laboratory=True).start()
    assert house.operator().status()["laboratory"] is True
    house.restart()
    assert house.operator().status()["laboratory"] is True


def test_the_command_line_is_strict_and_helpful(new_house):
    house = new_house()
    assert house.run("--no-such-option")[0] == 2
    assert house.run("stray")[0] == 2
    for option, word in (("--help", "--check-config"), ("--help-config", "portal_endpoint"), ("--version", "wenzhengd ")):
        status, text = house.run(option)
        assert status == 0 and word in text


def test_a_log_never_holds_what_a_citizen_or_a_department_wrote(house):
    portal, worker = house.portal(), house.worker()
    worker.ready()
    receipt = portal.submit("secret-id", title="秘密标题", body="秘密正文", department="edu")
    offer = worker.next_offer()
    worker.take(offer)
    worker.reply(offer, "秘密答复")
    portal.ask("SUBMIT", id="secret-id", title="秘密标题", body="别的秘密")
    assert house.stop() == 0
    for word in ("秘密", "secret-id", receipt["query_code"]):
        assert word not in house.log()


def test_a_peer_that_never_reads_holds_nobody_up(house):
    """Its queue fills and overflows; everybody else is served."""
    deaf = house.portal(options=[(zmq.RCVHWM, 1), (zmq.RCVBUF, 4096)])
    deaf.submit("m-0", body="文" * 5000)
    house.world.ignore(deaf.socket)
    code = deaf.answers[1][0]["query_code"]
    assert code
    for i in range(3000):
        deaf.send("QUERY", req=i + 10, id="m-0")
    other, ops = house.portal("app"), house.operator()
    for i in range(20):
        other.submit(f"m-{i}")
    assert ops.status()["accepted"] == 21
