"""What whoever watches the daemon is told, and what he costs."""

import os
import re
import socket
import stat
import threading
import time

import pytest
import zmq

import metrics
from house import PROFILE
from metrics import both_doors, connect, read_to_end, request, scrape, until
from peers import Peer

LINES_PER_TURN = 256  # EXPOSITION_LINES_PER_TURN of base/limits.h
MESSAGE = {"title": "路灯不亮", "body": "村口的路灯三天不亮了。"}


def profile_of(departments):
    """A place with so many departments."""
    lines = "\n".join(f"  - {{id: d{number}, name: 第{number}办}}" for number in range(departments))
    return PROFILE.replace("departments:\n", f"departments:\n{lines}\n")


@pytest.fixture
def watched(new_house):
    return new_house(config=both_doors()).start()


def submit(portal, message_id, **fields):
    return portal.expect("RECEIPT", "SUBMIT", id=message_id, **{**MESSAGE, **fields})


def listening(process):
    """Inodes of sockets a process listens on, and how many there are by family."""
    inodes = {os.readlink(f"/proc/{process.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{process.pid}/fd")}
    tcp = [line.split() for line in open(f"/proc/{process.pid}/net/tcp", encoding="ascii").readlines()[1:]]
    unix = [line.split() for line in open(f"/proc/{process.pid}/net/unix", encoding="ascii").readlines()[1:]]
    return ([row[1] for row in tcp if row[3] == "0A" and f"socket:[{row[9]}]" in inodes],
            [row for row in unix if row[3] == "00010000" and f"socket:[{row[6]}]" in inodes])


def test_off_by_default(house):
    """Three zones and nothing else listen."""
    tcp, unix = listening(house.process)
    assert len(tcp) == 3 and not unix
    assert "metrics" not in house.log()


def test_socket_and_port_give_the_same_text(watched):
    by_socket, by_port = scrape(watched), scrape(watched, door="port")
    assert by_socket.text == by_port.text, "within a second no second text is made"
    assert by_socket("wenzheng_laboratory") == 0
    tcp, unix = listening(watched.process)
    assert len(tcp) == 4 and len(unix) == 1
    assert f"0100007F:{watched.config['metrics_port']:04X}" in tcp, "the port is of the loopback address alone"


def test_the_socket_is_the_groups_and_goes_with_the_daemon(watched):
    path = watched.path("metrics")
    mode = os.stat(path).st_mode
    assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o660
    watched.restart()  # by SIGKILL: the file is left behind, and no hindrance
    assert scrape(watched)("wenzheng_laboratory") == 0
    watched.stop()
    assert not path.exists()


def test_what_was_done_is_what_is_told(new_house):
    house = new_house(laboratory=True, config=both_doors(backup="backups"))
    house.write("backups/old.db.json", "{}")
    house.write("backups/new.db.json", "{}")
    house.write("backups/new.db", "not a manifest")
    os.utime(house.path("backups/old.db.json"), (1_000_000_000, 1_000_000_000))
    os.utime(house.path("backups/new.db.json"), (1_700_000_000, 1_700_000_000))
    house.start()
    operator, portal = house.operator(), house.portal()
    operator.expect("CONFIRM", "CLOCK", set=1789347600000000)  # Monday 2026-09-14 09:00 +08:00
    cases = [submit(portal, f"m{i}", department="edu")["case"] for i in range(5)]
    submit(portal, "m0", department="edu")
    submit(portal, "t", title="问题", body="不知道该找谁")
    submit(portal, "w", department="water")
    portal.refused("unknown-department", "SUBMIT", id="x", department="nowhere", **MESSAGE)
    portal.refused("conflict", "SUBMIT", id="m0", title="别的", body="别的", department="edu")
    operator.expect("CONFIRM", "CLOCK", set=1789347600000000 + 2 * 86400 * 10**6)
    worker = house.worker("edu-a")
    worker.ready(credit=2)
    offer = worker.next_offer()
    assert offer["case"] == cases[0]
    worker.take(offer)
    worker.reply(offer)
    operator.expect("CONFIRM", "CLOCK", set=1789347600000000 + 4 * 86400 * 10**6)
    told = until(house, lambda text: text("wenzheng_messages_answered_total") == 1
                 and text("wenzheng_overdue_cases", department="edu") == 4, "four cases that are overdue")
    assert told("wenzheng_laboratory") == 1
    assert told("wenzheng_messages_accepted_total") == 7
    assert told("wenzheng_requests_refused_total", answer="error", code="unknown-department") == 1
    assert told("wenzheng_requests_refused_total", answer="error", code="conflict") == 1
    assert told("wenzheng_requests_refused_total", answer="busy", code="disk") == 0
    assert told("wenzheng_receipt_seconds_count") == 8, "the resend has a receipt too"
    assert told("wenzheng_receipt_seconds_bucket", le="10") == 8
    assert told("wenzheng_take_seconds_count") == 1
    assert told("wenzheng_take_seconds_sum") == 2 * 86400
    assert told("wenzheng_take_seconds_bucket", le="86400") == 0
    assert told("wenzheng_take_seconds_bucket", le="172800") == 1
    assert told("wenzheng_answer_workdays_sum") == 2
    assert told("wenzheng_answer_workdays_bucket", le="1") == 0
    assert told("wenzheng_answer_workdays_bucket", le="2") == 1
    assert told("wenzheng_answers_late_total") == 0
    assert told("wenzheng_overdue_cases", department="water") == 1
    assert told("wenzheng_open_cases", department="water", state="queued") == 1
    assert told("wenzheng_oldest_open_seconds", department="water") == 4 * 86400
    assert told("wenzheng_oldest_open_workdays", department="water") == 4
    assert told("wenzheng_oldest_open_seconds", department="police") == 0
    assert told("wenzheng_triage_cases") == 1
    assert told("wenzheng_triage_oldest_seconds") == 4 * 86400
    assert told("wenzheng_reminders_total") == 6
    assert told("wenzheng_escalations_total", rung="1") == 6
    assert told("wenzheng_escalations_total", rung="2") == 0
    assert told("wenzheng_department_workers", department="edu") == 1
    assert told("wenzheng_department_workers", department="water") == 0
    assert told("wenzheng_department_info", department="edu", name="教育办") == 1
    assert told("wenzheng_backup_timestamp_seconds") == 1_700_000_000
    assert told("wenzheng_calendar_horizon_timestamp_seconds") == 1798646400  # 2026-12-31 00:00 +08:00
    assert told("wenzheng_messages_accepted_total") == operator.status()["accepted"]
    assert told("wenzheng_records_written_total", kind="replied") == 1


def test_a_case_that_comes_back_to_its_department_was_taken_once(new_house):
    house = new_house(config=both_doors()).start()
    portal, worker, triage = house.portal(), house.worker("edu-a"), house.triage()
    case = submit(portal, "a", department="edu")["case"]
    worker.ready()
    offer = worker.next_offer()
    worker.take(offer)
    worker.give_back(offer)
    triage.assign(case, "edu")
    worker.take(worker.next_offer())
    told = until(house, lambda text: text("wenzheng_records_written_total", kind="taken") == 2, "two takes")
    assert told("wenzheng_take_seconds_count") == 1
    assert told("wenzheng_open_cases", department="edu", state="taken") == 1


def test_what_the_machine_says_is_what_it_is(watched):
    told = scrape(watched)
    folder = f"/proc/{watched.process.pid}"
    assert told("wenzheng_store_bytes") == watched.store.stat().st_size
    assert told("wenzheng_wal_bytes") >= 0
    assert told("wenzheng_disk_reserve_bytes") == 2**20
    disk = os.statvfs(watched.store)
    assert abs(told("wenzheng_disk_free_bytes") - disk.f_bavail * disk.f_frsize) < 2**31
    assert 0 < told("process_open_fds") - len(os.listdir(folder + "/fd")) + 3 < 7
    resident = int(re.search(r"VmRSS:\s+(\d+)", open(folder + "/status", encoding="ascii").read()).group(1)) * 1024
    assert abs(told("process_resident_memory_bytes") - resident) < 8 * 2**20
    assert abs(told("process_start_time_seconds") - time.time()) < 120
    assert 0 < told("process_cpu_seconds_total") < 60
    limits = open(folder + "/limits", encoding="ascii").read()
    assert told("process_max_fds") == int(re.search(r"Max open files\s+(\d+)", limits).group(1))
    assert told("wenzheng_journal_records_total") == 1
    assert told("wenzheng_turn_seconds_count") > 0
    assert told("wenzheng_backup_timestamp_seconds") == 0, "there is none yet"
    histograms = [name for name, kind in told.types.items() if kind == "histogram"]
    assert len(histograms) == 4
    for name in histograms:
        buckets = [value for _, value in told.values[name + "_bucket"].items()]
        assert buckets == sorted(buckets) and buckets[-1] == told(name + "_count")


def test_nothing_of_a_citizen_or_a_principal_is_told(watched):
    portal, worker = watched.portal(), watched.worker("edu-a")
    receipt = submit(portal, "canary-id", title="金丝雀标题", body="金丝雀正文", department="edu",
                     contact="金丝雀 13800000000", category="金丝雀类别", region="金丝雀地区")
    worker.ready()
    offer = worker.next_offer()
    worker.take(offer)
    worker.reply(offer, "金丝雀答复")
    text = until(watched, lambda text: text("wenzheng_messages_answered_total") == 1, "the answer").text
    for secret in ("金丝雀", "canary", "13800000000", receipt["query_code"], receipt["case"], receipt["case"][:15]):
        assert secret not in text
    labels = re.findall(r'="([^"]*)"', text)
    for principal in watched.principals:
        assert principal["name"] not in labels


def test_strangers_are_counted_by_zone(watched):
    stranger = Peer(watched.world, watched.endpoints["worker"], watched.server_public, zmq.curve_keypair(),
                    monitored=True)
    watched.world.until(lambda: stranger.has_happened(zmq.EVENT_HANDSHAKE_FAILED_AUTH), what="the refusal")
    stranger.close()
    told = until(watched, lambda text: text("wenzheng_strangers_total", zone="worker") >= 1, "a counted stranger")
    assert told("wenzheng_strangers_total", zone="portal") == 0, "the knock at the start is ourselves"


def test_counters_begin_anew_and_the_stores_go_on(watched):
    portal = watched.portal()
    submit(portal, "a", department="edu")
    until(watched, lambda text: text("wenzheng_receipt_seconds_count") == 1, "the receipt")
    portal.close()
    watched.restart()
    told = scrape(watched)
    assert told("wenzheng_receipt_seconds_count") == 0
    assert told("wenzheng_messages_accepted_total") == 1


def test_a_reload_shows_the_profile_that_is_in_force(watched):
    assert scrape(watched)("wenzheng_open_cases", department="edu", state="queued") == 0
    watched.write_profile(PROFILE.replace("  - {id: water, name: 水务办}", '  - {id: water, name: "水\\"务\\\\办"}\n'
                                          "  - {id: parks, name: 园林所}") + 'lease: "30"\nheartbeat: "5"\n')
    watched.reload()
    told = until(watched, lambda text: frozenset({("department", "parks"), ("name", "园林所")})
                 in text.values["wenzheng_department_info"], "the new department")
    assert told("wenzheng_department_info", department="water", name='水"务\\办') == 1


@pytest.mark.parametrize("words, status", [
    (b"GET / HTTP/1.1\r\n\r\n", "404"),
    (b"GET /metrics/../../etc/passwd HTTP/1.1\r\n\r\n", "404"),
    (b"POST /metrics HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", "405"),
    (b"\x16\x03\x01\x00\xa5\x01\x00\n", "400"),
    (b"A" * 600, "400"),
])
def test_whoever_asks_for_something_else_is_refused(watched, words, status):
    for door in ("socket", "port"):
        assert request(watched, words, door)[0].split()[1] == status


def test_a_second_request_on_a_connection_is_not_answered(watched):
    """Whatever stands behind the first line: nothing of it is a request."""
    smuggled = metrics.ASK[:-2] + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + metrics.ASK
    with connect(watched) as peer:
        peer.sendall(smuggled)
        assert read_to_end(peer).count(b"HTTP/1.0 ") == 1


def test_what_cannot_be_opened_stops_the_start(new_house):
    house = new_house()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        house.write_config(metrics_port=str(taken.getsockname()[1]))
        status, said = house.run()
    assert status == 1 and "metrics_port: 127.0.0.1:" in said
    house.write("letter", "dear")
    house.write_config(metrics_socket="letter")
    status, said = house.run()
    assert status == 1 and "exists and is no socket" in said
    assert house.path("letter").read_text(encoding="utf-8") == "dear"


def test_a_hundred_scrapes_while_messages_come_in(watched):
    """Under load every text is whole, its counters never fall, and the portal has its receipts."""
    portal, counts = watched.portal(), []
    requests = [portal.begin("SUBMIT", id=f"load-{i}", department="edu", **MESSAGE) for i in range(300)]
    end = time.monotonic() + 3
    while time.monotonic() < end or len(counts) < 100:
        watched.world.turn(0)
        counts.append(scrape(watched, door=("socket", "port")[len(counts) % 2])("wenzheng_receipt_seconds_count"))
    assert counts == sorted(counts)
    for number in requests:
        assert portal.answer(number).kind == "RECEIPT"
    told = until(watched, lambda text: text("wenzheng_receipt_seconds_count") == 300, "three hundred receipts")
    assert told("wenzheng_open_cases", department="edu", state="queued") == 300
    assert told("wenzheng_scrapes_total", outcome="answered") >= 100


def test_four_thousand_departments_stall_nobody(new_house):
    """A text of megabytes, asked for all the time, is made beside the messages: a receipt takes its usual time."""
    house = new_house(profile=profile_of(4093), config=both_doors()).start()
    portal, sizes, stop = house.portal(), [], threading.Event()

    def watch():
        while not stop.is_set():
            sizes.append(len(request(house)[2]))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        times = []
        for number in range(300):
            before = time.monotonic()
            submit(portal, f"m{number}", department=f"d{number}")
            times.append(time.monotonic() - before)
    finally:
        stop.set()
        watcher.join()
    assert len(sizes) > 1 and min(sizes) > 1.9 * 10**6
    assert sorted(times)[len(times) * 95 // 100] < 0.1, sorted(times)[-20:]
    house.world.pass_time(1.1)  # nobody asks, so that what the daemon turns for from here on is one text
    told = scrape(house)
    assert len(told.values["wenzheng_open_cases"]) == 3 * 4096
    house.world.pass_time(1.1)
    turns = scrape(house)("wenzheng_turn_seconds_count") - told("wenzheng_turn_seconds_count")
    lines = told.text.count("\n")
    assert turns > lines / LINES_PER_TURN, f"{lines} lines are written in many turns, not in {turns:.0f}"


def test_a_port_that_was_just_used_can_be_used_again(new_house):
    house = new_house(config=both_doors())
    house.start()
    scrape(house, door="port")
    house.restart()
    assert scrape(house, door="port")("wenzheng_laboratory") == 0
