"""An assertion is a crash, a crash is a restart within three seconds, a restart loses nothing: with a store as full
as a province's. The assertion that fails is one of the program as it is shipped."""

import pathlib
import re
import signal
import time

import pytest

from faulty_disk import FaultyDisk, library
from house import ROOT, House, binary

OPEN_CASES = 20_000
WINDOW = 400  # on their way at once
RESTART_WITHIN = 3.0

pytestmark = pytest.mark.skipif(binary() is None or not library().exists(), reason="no library to preload here")


def restart_pause():
    """Seconds that systemd lets pass before the next start."""
    unit = (ROOT / "systemd" / "wenzhengd.service.in").read_text(encoding="utf-8")
    return float(re.search(r"^RestartSec=(\d+)$", unit, re.M).group(1))


def submit_many(house, portal, ids):
    """With WINDOW of them on their way at once: id → receipt."""
    receipts, waiting, rest = {}, {}, iter(ids)

    def go_on():
        for req in [req for req in waiting if portal.answers.get(req)]:
            answer = portal.answers.pop(req)[0]
            assert answer.kind == "RECEIPT", answer
            receipts[waiting.pop(req)] = answer
        for message_id in rest:
            waiting[portal.begin_submit(message_id, department="edu")] = message_id
            if len(waiting) >= WINDOW:
                break
        return not waiting

    house.world.until(go_on, within=120, what="all receipts")
    return receipts


def start_after(house, end):
    """Starts again, as systemd would at once, and returns the seconds since `end` at which a request was answered."""
    house.start()
    ready = time.monotonic() - end
    assert house.operator().status()["open"] >= OPEN_CASES
    return ready, time.monotonic() - end


def check_some(house, receipts, every):
    portal = house.portal()
    for message_id in sorted(receipts)[::every]:
        again = portal.submit(message_id, department="edu")
        assert {**again, "req": 0} == {**receipts[message_id], "req": 0}


@pytest.fixture(scope="module")
def province(request):
    """A running daemon with OPEN_CASES open cases, and their receipts."""
    house = House()
    request.node.houses = [house]
    house.path("disk").mkdir()
    house.store = house.path("disk") / "wenzheng.db"
    house.write_config(log_level="info")
    disk = FaultyDisk(house.path("faults"), house.store.parent)
    promise = library().with_name("broken-promise.so")
    house.environment = {**disk.environment, "LD_PRELOAD": f"{disk.environment['LD_PRELOAD']}:{promise}",
                         "BROKEN_PROMISE": str(house.path("broken"))}
    house.start()
    portal = house.portal()
    receipts = submit_many(house, portal, [f"m-{i}" for i in range(OPEN_CASES)])
    portal.close()
    yield house, disk, receipts
    try:
        house.environment = {}
        assert house.stop() == 0
        status, text = house.run("--verify", within=120)
        assert status == 0, text
    finally:
        house.close()


def test_an_assertion_that_fails_is_a_crash_and_the_restart_has_everything(province):
    house, _, receipts = province
    portal = house.portal()
    house.write("broken", "")
    house.may_end = True
    portal.send("SUBMIT", req=1, id="the-one", title="题", body="文", department="edu")
    assert house.wait_end() == -signal.SIGABRT
    end = time.monotonic()
    assert "<2>assertion failed: ENSURE(sqlite3_get_autocommit(self->db))" in house.log()
    assert portal.answers == {}, "nobody was told"
    house.path("broken").unlink()
    ready, served = start_after(house, end)
    print(f"READY {ready:.2f} s after the crash, a request answered after {served:.2f} s, pause {restart_pause():.0f} s")
    assert served + restart_pause() < RESTART_WITHIN
    check_some(house, receipts, every=20)
    receipt = house.portal().ask("SUBMIT", id="the-one", title="题", body="文", department="edu")
    assert receipt.kind == "RECEIPT"
    receipts["the-one"] = None  # counted, not asked again: its title is another
    assert house.operator().status()["accepted"] == len(receipts), "durable before the crash, and once"
    del receipts["the-one"]


def test_killed_in_any_way_it_is_back_within_three_seconds(province):
    house, _, receipts = province
    for how in (signal.SIGABRT, signal.SIGSEGV, signal.SIGKILL):
        house.may_end = True
        house.process.send_signal(how)
        assert house.wait_end() == -how
        ready, served = start_after(house, time.monotonic())
        print(f"{how.name}: READY after {ready:.2f} s, a request answered after {served:.2f} s")
        assert served + restart_pause() < RESTART_WITHIN
    check_some(house, receipts, every=100)


def test_with_many_open_cases_a_full_disk_still_answers_at_once(province):
    house, disk, _ = province
    portal = house.portal()
    for round_ in range(3):
        portal.ask("BEAT")
        disk.run_full()
        begun = time.monotonic()
        asked = [portal.begin_submit(f"full-{round_}-{i}", department="edu") for i in range(40)]
        first = portal.answer(asked[0])
        took = time.monotonic() - begun
        assert first.kind == "BUSY" and {portal.answer(req).kind for req in asked} == {"BUSY"}
        print(f"the batch that met the full disk was refused within {took * 1000:.1f} ms")
        assert took < 0.050
        disk.heal()
        house.world.until(lambda: portal.ask("SUBMIT", id="back", title="题", body="文").kind == "RECEIPT" or
                          house.world.turn(0.1), within=5, what="service, once there is space")


def test_the_assertions_are_in_the_program_as_it_is_shipped():
    program = pathlib.Path(binary()).read_bytes()
    assert b"assertion failed: %s(%s)" in program
    for text in (b"sqlite3_get_autocommit(self->db)", b"statement == self->active",
                 b"message->size <= FRAME_SIZE_MAX"):
        assert text + b"\0" in program, "conditions of REQUIRE and ENSURE, from store and shell"
