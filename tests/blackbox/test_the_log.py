"""The log as an operator has it: records of the system's journal with ids and fields, lines with priorities where there
is none, each explained by the catalog; never a word of a citizen's or a department's; and nobody can flood it."""

import re
import shutil
import signal
import subprocess

import pytest

import journald
from house import ROOT
from journald import CATALOGS, Journald
from test_canaries import assert_nowhere, canaries, live, say_it_wrongly  # noqa: F401 (a fixture)
from test_strangers_stay_out import is_turned_away, stranger
from test_time import at

needs_journald = pytest.mark.skipif(journald.why_not() is not None, reason=str(journald.why_not()))


def events_of_the_page():
    """The table of OPERATIONS.md: name → (priority, id)."""
    table = (ROOT / "docs" / "OPERATIONS.md").read_text(encoding="utf-8").split("<!-- table: events -->")[1]
    rows = re.findall(r"^\| `([a-z-]+)` \| (\d) .*\| `([0-9a-f]{32})` \|$", table, re.M)
    return {name: (priority, message_id) for name, priority, message_id in rows}


EVENTS = events_of_the_page()


@pytest.fixture
def journal_house(new_house):
    """Makes a house whose daemon logs to a journal of its own: (house, journal)."""
    journals = []

    def make(**options):
        house = new_house(**options)
        journals.append(Journald(house.world))
        journals[-1].take_in(house)
        return house, journals[-1]

    yield make
    for journal in journals:
        if journal.process.poll() is None:
            journal.process.send_signal(signal.SIGCONT)
        journal.close()


# ---- standard error ----


def test_without_a_journal_every_line_has_its_priority(house):
    worker = house.worker()
    worker.ready()
    worker.refused("forbidden", "STATUS")
    house.write_principals()
    house.reload()
    house.write("principals.yaml", "principals: [")
    house.reload()
    house.write_principals()
    assert house.stop() == 0
    lines = house.log().splitlines()
    assert len(lines) > 8 and all(re.match(r"<[0-7]>[^<]", line) for line in lines), house.log()
    assert "<4>a principal asked for what it may not have: forbidden principal=edu-a" in lines
    assert f"<6>portal zone listens on {house.endpoints['portal']}" in lines
    assert any(line.startswith("<3>not reloaded, the old configuration stays: ") for line in lines)
    assert lines[-1].startswith("<5>stopping")


def test_a_journal_that_is_not_our_standard_error_is_not_spoken_to(new_house):
    house = new_house()
    house.environment = {"JOURNAL_STREAM": "8:12345"}
    house.start()
    assert "<5>started with 0 open cases" in house.log()


# ---- the journal ----


def laboratory_life(house):
    """Whatever there is to log in the life of a few cases. Returns the case that is overdue, and the parked one."""
    ops, portal, worker, chief = house.operator(), house.portal(), house.worker(), house.connect("chief")
    ops.clock(set=at("2026-03-02T10:00"))
    worker.ready()
    late = portal.submit("m-1", department="edu", contact="某甲 000")["case"]
    worker.take(worker.next_offer())
    chief.expect("DOSSIER", "OPEN_CONTACT", case=late, reason="回访")
    ops.clock(set=at("2026-03-06T08:00"))
    bad = portal.submit("m-2", department="edu")["case"]
    worker.fail(worker.next_offer())
    worker.refused("forbidden", "STATUS")
    is_turned_away(stranger(house, "portal"))
    house.reload()
    house.write("principals.yaml", "principals: [")
    house.reload()
    house.write_principals()
    return late, bad


@needs_journald
def test_each_event_is_a_record_with_its_id_its_priority_and_its_fields(journal_house):
    house, journal = journal_house(laboratory=True)
    house.start()
    late, bad = laboratory_life(house)
    about = {
        "started": {"OPEN": "0"},
        "laboratory": {},
        "listening": {"ZONE": "portal", "ENDPOINT": house.endpoints["portal"]},
        "worker-ready": {"PRINCIPAL": "edu-a"},
        "escalated": {"CASE": late, "DEPARTMENT": "edu", "PORTAL": "web", "RUNG": "1"},
        "parked": {"CASE": bad, "DEPARTMENT": "edu", "PORTAL": "web"},
        "contact-opened": {"CASE": late, "DEPARTMENT": "edu", "PORTAL": "web", "PRINCIPAL": "chief"},
        "refused": {"PRINCIPAL": "edu-a", "CODE": "forbidden"},
        "turned-away": {"ZONE": "portal", "ADDRESS": "127.0.0.1"},
        "reloaded": {},
        "not-reloaded": {},
        "stopping": {},
    }
    assert house.stop() == 0
    for event, fields in about.items():
        record = journal.wait_for(EVENT=event, **fields)[0]
        assert (record["PRIORITY"], record["MESSAGE_ID"]) == EVENTS[event], event
        assert record["SYSLOG_IDENTIFIER"] == "wenzhengd" and record["_TRANSPORT"] == "journal"
    assert re.fullmatch(r"journal: \d+ records, head [0-9a-f]{64}", journal.records(EVENT="chain-head")[0]["MESSAGE"])
    assert "principals.yaml:2:1:" in journal.records(EVENT="not-reloaded")[0]["ERROR"]
    assert journal.records(_TRANSPORT="stdout") == [] and house.log() == ""


@needs_journald
def test_a_start_that_fails_is_a_record_that_says_of_what(journal_house):
    house, journal = journal_house()

    def refused(event, word):
        journal.take_in(house)
        house.launch()
        assert house.wait_end() == 1
        record = journal.wait_for(EVENT=event)[0]
        assert word in record["ERROR"] and (record["PRIORITY"], record["MESSAGE_ID"]) == EVENTS[event]

    house.write_config(log_level="loud")
    refused("not-configured", "log_level")
    house.write_config(worker_endpoint=house.endpoints["portal"])
    refused("not-opened", house.endpoints["portal"])
    house.write_config()
    for path in house.folder.glob("wenzheng.db*"):
        path.unlink()
    house.store.write_bytes(b"no store " * 1000)
    refused("store-refused", str(house.store))
    house.is_broken = True


@needs_journald
def test_the_journal_explains_a_record_in_english_and_in_chinese(journal_house, tmp_path):
    house, journal = journal_house(laboratory=True)
    house.start()
    house.operator().clock(set=at("2026-03-02T10:00"))
    case = house.portal().submit("m-1", department="edu")["case"]
    house.operator().clock(set=at("2026-03-06T08:00"))
    journal.wait_for(EVENT="escalated")
    said = journal.journalctl("-x", "EVENT=escalated", LC_ALL="C.UTF-8").decode()
    assert f"Subject: Case {case} is overdue: rung 1" in said and f"wenzhengctl why {case}" in said
    made = subprocess.run(["localedef", "-f", "UTF-8", "-i", "zh_CN", tmp_path / "zh_CN.UTF-8"], check=False,
                          capture_output=True) if shutil.which("localedef") else None
    if not made or made.returncode != 0:
        pytest.skip("no Chinese locale can be made here")
    said = journal.journalctl("-x", "EVENT=escalated", LOCPATH=str(tmp_path), LC_ALL="zh_CN.UTF-8").decode()
    assert f"办件 {case} 超期：第 1 级督办" in said


@pytest.mark.skipif(not shutil.which("journalctl"), reason="no journalctl here")
@pytest.mark.parametrize("name", ["wenzheng.catalog", "wenzheng.zh_CN.catalog"])
def test_both_catalogs_are_catalogs(name, tmp_path):
    folder = tmp_path / "usr" / "lib" / "systemd" / "catalog"
    folder.mkdir(parents=True)
    # Alone and under a name without a language: what is shown is then this one, in every locale.
    shutil.copy(CATALOGS / name, folder / "wenzheng.catalog")

    def journalctl(option, *ids):
        done = subprocess.run(["journalctl", f"--root={tmp_path}", option, *ids], capture_output=True, check=True)
        assert done.stderr == b"", done.stderr
        return done.stdout.decode()

    journalctl("--update-catalog")
    listed = dict(re.findall(r"^([0-9a-f]{32}) wenzhengd: (.+)$", journalctl("--list-catalog"), re.M))
    assert set(listed) == {message_id for _, message_id in EVENTS.values()}
    for message_id, subject in listed.items():
        said = journalctl("--dump-catalog", message_id)
        assert f"Subject: {subject}\n" in said and "Documentation: file:" in said
        assert len(said.split("\n\n", 1)[1].strip()) > 10


# ---- never ----


@needs_journald
def test_no_record_holds_a_body_a_query_code_or_a_contact(journal_house, canaries):  # noqa: F811
    """Marked messages live through everything; then all records are searched, every field of them."""
    house, journal = journal_house()
    house.start()
    for canary in canaries:
        say_it_wrongly(house.portal("app"), canary)
    live(house, canaries)
    marked = canaries[0]
    portal, worker = house.portal("app"), house.worker("water-a")
    receipt = portal.submit("m-secret", title=marked.name, body=marked.address, category=marked.name[:10],
                            region=marked.name[:10], department="water", contact=marked.contact)
    worker.ready(credit=8)
    offer = next(offer for offer in iter(worker.next_offer, None) if offer["case"] == receipt["case"])
    worker.take(offer)
    worker.reply(offer, marked.address)
    portal.ask("SUBMIT", id="m-secret", title="别的", body=marked.address)
    house.connect("nobody", role="portal", keys=house.keys["ops"]).send("QUERY", req=1, code=receipt["query_code"])
    assert house.stop() == 0
    journal.wait_for(EVENT="stopping")
    kept = journal.journalctl("-o", "export")
    assert kept.count(b"\nMESSAGE_ID=") > 10 and b"EVENT=refused" in kept, "it is the right journal"
    assert_nowhere(canaries, [("the journal", kept), ("standard error", house.log().encode())])
    for word in (receipt["query_code"], "m-secret", "路灯", "村口", "正在办理", "别的"):
        assert word.encode() not in kept, word


# ---- floods ----


def lines_of(house, name):
    """How often it was logged that this principal was refused, and of how many more there was only a count."""
    log = house.log()
    lines = log.count(f"<4>a principal asked for what it may not have: forbidden principal={name}\n")
    counts = re.findall(rf"^<4>(\d+) more lines of the event refused were left out principal={name}$", log, re.M)
    return lines, sum(map(int, counts))


def test_who_is_refused_again_and_again_is_counted_and_hides_nobody(house):
    many = 3000
    worker, other = house.worker("edu-b"), house.worker("water-a")
    size = len(house.log())
    for number in range(many):
        worker.send("STATUS", req=number + 1)
        if number == many // 2:
            other.refused("forbidden", "STATUS")
    house.world.until(lambda: sum(lines_of(house, "edu-b")) == many, 30, "every refusal, in a line or a count")
    lines, counted = lines_of(house, "edu-b")
    assert lines < 40 and counted == many - lines
    assert lines_of(house, "water-a") == (1, 0)
    assert len(house.log()) - size < 20_000


def test_a_withdrawn_key_that_goes_on_talking_is_counted_too(house):
    many = 1000
    worker = house.worker("edu-b")
    worker.ready()
    next(principal for principal in house.principals if principal["name"] == "edu-b")["state"] = "revoked"
    house.write_principals()
    house.reload()
    for number in range(many):
        worker.send("BEAT", req=number + 100)

    def told():
        log = house.log()
        lines = log.count("<4>a message came with a key that is no longer admitted principal=edu-b\n")
        return lines + sum(map(int, re.findall(r"(\d+) more lines of the event key-withdrawn", log)))
    house.world.until(lambda: told() >= many, 30, "every message, in a line or a count")
    assert house.log().count("no longer admitted") < 40


@needs_journald
def test_a_journal_that_stands_still_holds_nobody_up(journal_house):
    house, journal = journal_house(laboratory=True)
    house.start()
    ops, portal = house.operator(), house.portal()
    ops.clock(set=at("2026-03-02T10:00"))
    for number in range(400):
        portal.submit(f"m-{number}", department="edu")
    journal.wait_for(EVENT="started")
    journal.process.send_signal(signal.SIGSTOP)
    ops.clock(set=at("2026-04-01T10:00"))  # three rungs each
    assert portal.submit("after")["case"]
    assert ops.status()["overdue"] == 400
    journal.process.send_signal(signal.SIGCONT)
    missing = int(journal.wait_for(EVENT="journal-full")[0]["LEFT_OUT"])
    journal.wait_for(EVENT="escalated", count=1200 - missing)
    assert len(journal.records(EVENT="escalated")) == 1200 - missing
