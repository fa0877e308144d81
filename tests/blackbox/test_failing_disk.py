"""What a disk can do to a daemon besides losing power: it is full, it answers EIO, it writes by halves, it is slow.
Full means: refused at once with a hint, and going on by itself. EIO means: a loud end, and nothing lost at the
restart. The faults are made by a preloaded library, so nobody needs to be root."""

import errno
import signal
import time

import pytest

from faulty_disk import SHORT_WRITE, FaultyDisk, library
from house import binary
from test_a_crash_is_a_restart import restart_pause

BUSY_WITHIN = 0.050
BACK_WITHIN = 5.0

pytestmark = pytest.mark.skipif(binary() is None or not library().exists(), reason="no library to preload here")


@pytest.fixture
def disk(house_and_disk):
    return house_and_disk[1]


@pytest.fixture
def house(house_and_disk):
    return house_and_disk[0]


@pytest.fixture
def house_and_disk(new_house):
    house = new_house()
    house.path("disk").mkdir()
    house.store = house.path("disk") / "wenzheng.db"
    house.write_config()
    disk = FaultyDisk(house.path("faults"), house.store.parent)
    house.environment = disk.environment
    yield house.start(), disk
    disk.heal()
    house.environment = {}  # --verify sees the disk as it is


def submit_all(portal, ids):
    return {i: portal.submit(i, department="edu") for i in ids}


def as_kept(receipts):
    return {i: {**receipt, "req": 0} for i, receipt in receipts.items()}


def check_kept(portal, receipts):
    assert as_kept(submit_all(portal, receipts)) == as_kept(receipts), "a receipt is the same for ever"


def refused_ones(portal, count, start):
    """Each asked alone: how long its BUSY took, in seconds."""
    took = []
    for number in range(count):
        begun = time.monotonic()
        answer = portal.ask("SUBMIT", id=f"{start}-{number}", title="题", body="文", department="edu")
        took.append(time.monotonic() - begun)
        assert answer.kind == "BUSY" and answer["code"] == "disk" and answer["retry_ms"] > 0, answer
    return sorted(took)


def seconds_until_served(house, portal, message_id):
    """From now on: how long a portal that asks again every tenth of a second waits for its receipt."""
    begun = time.monotonic()

    def attempt():
        answer = portal.ask("SUBMIT", id=message_id, title="题", body="文", department="edu")
        if answer.kind != "RECEIPT":
            house.world.turn(0.1)
        return answer.kind == "RECEIPT"

    house.world.until(attempt, what="a receipt")
    return time.monotonic() - begun


@pytest.mark.parametrize("says_so", [True, False], ids=["and statvfs says so", "and statvfs sees nothing of it"])
def test_on_a_full_disk_everybody_is_refused_at_once_and_served_again_by_itself(house, disk, says_so):
    portal, worker = house.portal(), house.worker()
    worker.ready(credit=2)
    receipts = submit_all(portal, [f"m-{i}" for i in range(20)])
    offer = worker.next_offer()
    worker.take(offer)
    disk.run_full()
    if not says_so:  # a quota, say: the daemon tries again every second, and every try meets it
        disk.tell_free(2**40)
    took = refused_ones(portal, 100, "alone")
    p99 = took[98]
    print(f"BUSY within {p99 * 1000:.1f} ms (p99), {took[-1] * 1000:.1f} ms (most), {took[50] * 1000:.1f} ms (median)")
    assert p99 < BUSY_WITHIN
    reply = worker.ask("REPLY", case=offer["case"], epoch=offer["epoch"], reply="修好了")
    assert reply.kind in ("BUSY", "ERROR"), "its session ended with the batch that failed"
    disk.heal()
    back = seconds_until_served(house, portal, "alone-0")
    print(f"served {back:.1f} s after there was space")
    assert back < BACK_WITHIN
    check_kept(portal, receipts)
    assert house.operator().status()["accepted"] == 21, "nothing of what was refused is there"


def test_every_request_of_the_batch_that_meets_a_full_disk_is_refused(house, disk):
    portal, other, ops = house.portal(), house.portal("app"), house.operator()
    portal.watch()
    for number in range(3):
        disk.run_full()
        # Asked in one breath, so that many of them share the batch that fails; some only read.
        begun = time.monotonic()
        asked = [(peer, peer.begin_submit(f"m-{number}-{i}", department="edu")) for i in range(30)
                 for peer in (portal, other)]
        asked += [(ops, ops.begin("STATUS")), (portal, portal.begin("WATCH")), (portal, portal.begin("BEAT"))]
        answers = [peer.answer(req) for peer, req in asked]
        took = time.monotonic() - begun
        assert {answer.kind for answer in answers[:60]} == {"BUSY"}
        watch, beat = answers[-2:]
        assert {answer.kind for answer in answers[:-1]} <= {"BUSY", "REPORT", "CONFIRM"}
        # A BEAT is answered though the disk is full; but who was refused a WATCH in the batch before it watches no more.
        assert beat.kind in ("BUSY", "PULSE") or (watch.kind, beat["code"]) == ("BUSY", "not-ready")
        assert all(len(peer.answers[req]) == 1 for peer, req in asked), "one answer each"
        print(f"{len(answers)} requests refused within {took * 1000:.1f} ms")
        disk.heal()
        seconds_until_served(house, portal, f"then-{number}")
    assert ops.status()["accepted"] == 3


def refused_in_one_batch(house, disk):
    """A portal whose WATCH and SUBMIT met the full disk in one batch. They come one after another, so a batch may end
    between them: then another portal tries."""
    for attempt in range(20):
        portal = house.portal()
        portal.ask("BEAT")  # the connection stands
        disk.run_full()
        house.process.send_signal(signal.SIGSTOP)
        asked = [portal.begin("WATCH"), portal.begin_submit(f"late-{attempt}", department="edu")]
        house.process.send_signal(signal.SIGCONT)
        kinds = {portal.answer(req).kind for req in asked}
        if kinds == {"BUSY"}:
            return portal
        assert kinds == {"CONFIRM", "BUSY"}
        disk.heal()
        seconds_until_served(house, house.portal("app"), f"between-{attempt}")
        portal.close()
    raise AssertionError("they were never in one batch")


def test_who_was_refused_a_watch_is_told_nothing(house, disk):
    portal, other = house.portal(), house.portal("app")
    submit_all(portal, ["m-1"])
    worker = house.worker()
    worker.ready()
    offer = worker.next_offer()
    worker.take(offer)
    worker.reply(offer)
    portal = refused_in_one_batch(house, disk)
    disk.heal()
    seconds_until_served(house, other, "then")
    portal.ask("QUERY", id="m-1")
    assert portal.events == []
    portal.watch()
    assert portal.wait_event("replied")


def submit_until_it_ends(house, portal, prefix):
    """One message after another, so that each is a batch; the ids of all of them."""
    house.may_end = True
    ids = []
    while house.process and len(ids) < 5000:
        ids.append(f"{prefix}-{len(ids)}")
        req = portal.begin_submit(ids[-1], department="edu")
        house.world.until(lambda: portal.answers.get(req) or not house.process, what="a receipt or the end")
    return ids


@pytest.mark.parametrize("file", ["-wal", ".db", "-witness"],
                         ids=["of the log", "of the database, at a checkpoint", "of the witness"])
@pytest.mark.parametrize("operation", ["write", "sync"])
def test_an_input_output_error_is_a_loud_end_and_loses_nothing(house, disk, operation, file):
    portal = house.portal()
    receipts = submit_all(portal, [f"m-{i}" for i in range(20)])
    for spare in range(6):  # the first, second … call from now
        is_rare = operation == "sync" and file != "-wal"
        disk.fail(operation, errno.EIO, spare=0 if is_rare else spare, suffix=file)
        doubtful = submit_until_it_ends(house, portal, f"doubtful-{spare}")
        receipts.update({a[0]["id"]: a[0] for a in portal.answers.values() if a[0].kind == "RECEIPT"})
        assert house.process is None and house.status == 1, "it ends by itself, and not by a signal"
        assert house.log().count("disk I/O error") == spare + 1, "and says why"
        disk.heal()
        house.start()
        portal.close()
        portal = house.portal()
        check_kept(portal, receipts)
        receipts.update(submit_all(portal, doubtful))
    cases = [receipt["case"] for receipt in receipts.values()]
    assert len(set(cases)) == len(cases) == house.operator().status()["accepted"], "one message, one case"


def test_ended_on_a_full_disk_it_is_back_as_soon_as_there_is_space(house, disk):
    """Started again and again, as systemd does it."""
    receipts = submit_all(house.portal(), [f"m-{i}" for i in range(20)])
    house.kill()
    disk.run_full()
    for _ in range(3):
        house.launch()
        house.world.until(lambda: house.was_told("READY", "1") or house.status is not None, what="a decision")
        assert house.status == 1 and str(house.store) in house.log().splitlines()[-1]
    disk.heal()
    begun = time.monotonic()
    house.start()
    check_kept(house.portal(), receipts)
    back = time.monotonic() - begun + restart_pause()
    print(f"served {back:.1f} s after there was space, the pause before a start included")
    assert back < BACK_WITHIN


def test_while_the_disk_answers_with_errors_the_daemon_says_why_it_does_not_start(house, disk):
    receipts = submit_all(house.portal(), ["m-1"])
    house.kill()
    disk.fail("write", errno.EIO)
    disk.fail("sync", errno.EIO)
    house.launch()
    assert house.wait_end() == 1
    assert str(house.store) in house.log().splitlines()[-1]
    disk.heal()
    house.start()
    check_kept(house.portal(), receipts)


def test_a_disk_that_writes_by_halves_is_written_to_twice(house, disk):
    portal = house.portal()
    disk.fail("write", SHORT_WRITE, per_million=500_000)
    receipts = submit_all(portal, [f"m-{i}" for i in range(50)])
    assert disk.faults("write") > 20
    disk.heal()
    house.restart()
    check_kept(house.portal(), receipts)


def test_a_slow_disk_delays_receipts_and_nothing_else_goes_wrong(house, disk):
    portal = house.portal()
    disk.slow("sync", 100)
    begun = time.monotonic()
    reqs = [portal.begin_submit(f"m-{i}", department="edu") for i in range(100)]
    assert all(portal.answer(req).kind == "RECEIPT" for req in reqs)
    assert time.monotonic() - begun > 0.1, "no receipt comes before its fsync"
    disk.slow("sync", 0)
    house.restart()
    assert house.operator().status()["accepted"] == 100
