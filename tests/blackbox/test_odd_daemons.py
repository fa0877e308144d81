"""What the programs do about answers that a real daemon seldom gives, or never: puppet.py gives them."""

import base64
import ctypes
import json
import signal

import pytest

import wzp
from house import binary
from test_contacts import sodium
from zmq.utils import z85

pytestmark = pytest.mark.skipif(binary() is None, reason="no wenzhengd here; WENZHENG_BIN_DIR names its folder")

DONE, REFUSED, USAGE, UNREACHABLE = 0, 1, 2, 3
CASE, OTHER = wzp.case_number("20260105", 1), wzp.case_number("20260105", 2)
MORNING = 1767574800000000  # 2026-01-05T09:00:00+08:00
HOUR = 3600 * 10**6


# ---- wenzhengctl ----

REPORT = {"version": "0.1.0", "now": MORNING, "open": 1, "queued": 1, "offered": 0, "held": 0, "triage": 0, "workers": 0,
          "overdue": 0, "accepted": 1, "closed": 0, "clock": "ok", "laboratory": False, "horizon": "2026-12-31",
          "items": []}
DOSSIER = {"case": CASE, "state": "queued", "class": "ordinary", "received": MORNING}


def ctl(puppet, kind, answer, *words):
    """Exit status, standard output, and what it wrote to standard error."""
    puppet.answers[kind] = answer
    before = len(puppet.log) if puppet.running else 0
    status, out = puppet.run("wenzhengctl", *words)
    return status, out, puppet.log[before:]


def sealed_box(puppet, case, text):
    """As base/seal.c makes it, by PROTOCOL.md and libsodium alone."""
    plain = int(case.replace("-", "")[:14]).to_bytes(8, "big") + text.encode() + b"\x80"
    plain += b"\0" * (-len(plain) % 256)
    box = ctypes.create_string_buffer(len(plain) + 48)
    assert sodium.crypto_box_seal(box, plain, ctypes.c_ulonglong(len(plain)), z85.decode(puppet.own[0])) == 0
    return base64.b64encode(box.raw).decode()


@pytest.mark.parametrize("of, reason", [(OTHER, "belongs to another case: its store was tampered with"),
                                        (None, "is not sealed contact details")])
def test_contact_details_that_are_anothers_or_none_are_not_shown(puppet, of, reason):
    words = ("contact", CASE, "--reason", "回访", "--open-with", puppet.folder / "own.key_secret")
    right = {**DOSSIER, "sealed": sealed_box(puppet, CASE, "某某")}
    assert ctl(puppet, "OPEN_CONTACT", ("DOSSIER", right), *words) == (DONE, "  某某\n", "")
    sealed = sealed_box(puppet, of, "某某") if of else "AAAA"
    for more in ([], ["--json"]):
        status, out, said = ctl(puppet, "OPEN_CONTACT", ("DOSSIER", {**DOSSIER, "sealed": sealed}), *words, *more)
        assert (status, out) == (REFUSED, "") and reason in said


@pytest.mark.parametrize("words, reason", [
    ([CASE, "--reason", ""], "--reason is needed"),
    ([CASE, "--reason", "由" * 86], "longer than 256 bytes"),
    ([CASE, "--reason", "a\ab"], "control character"),
    ([CASE[:-1] + str((int(CASE[-1]) + 1) % 10), "--reason", "x"], "a digit is mistyped"),
    ([CASE, "--nonsense"], "there is no option --nonsense"),
])
def test_an_opening_that_is_badly_asked_for_is_not_sent(puppet, words, reason):
    status, out, said = ctl(puppet, "OPEN_CONTACT", None, "contact", *words)
    assert (status, out, puppet.heard) == (USAGE, "", []) and reason in said


def test_an_answer_of_another_kind_is_no_answer(puppet):
    for words, kind in ((["status"], "STATUS"), (["show", CASE], "SHOW"), (["cases"], "CASES")):
        status, out, said = ctl(puppet, kind, ("PULSE", {}), *words)
        assert (status, out) == (REFUSED, "") and "does not belong here (0x89)" in said


def test_a_daemon_that_is_busy_is_named_and_to_be_asked_again_later(puppet):
    busy = ("BUSY", {"code": "disk", "retry_ms": 100, "text": "the disk is full"})
    status, out, said = ctl(puppet, "STATUS", busy, "status", "--timeout", "1")
    assert (status, out) == (REFUSED, "") and "the daemon says: the disk is full (disk)" in said
    assert "try again later" in said and puppet.count("STATUS") > 2


def test_a_status_says_every_alarm(puppet):
    idle = {"department": "edu", "name": "教育", "queued": 0, "offered": 0, "held": 0, "overdue": 0, "workers": 0}
    items = [idle, {**idle, "department": "tax", "state": "draining"},
             {**idle, "department": "water", "queued": 1, "overdue": 1}, {"department": "odd", "name": "缺"}]
    status, out, _ = ctl(puppet, "STATUS", ("REPORT", {**REPORT, "clock": "held", "items": items}), "status")
    assert status == DONE and "ALARM       the clock jumped" in out
    lines = {line.split()[0]: line for line in out.splitlines() if line}
    assert "draining" in lines["tax"] and "no worker" in lines["water"]
    assert "2 departments without cases and workers" in out and "edu" not in lines and "odd" not in lines
    assert "odd" in ctl(puppet, "STATUS", ("REPORT", {**REPORT, "items": items}), "status", "--all")[1]
    for code, word in (("disk-low", "nearly full"), ("draining", "drain --stop"), ("comet", "comet")):
        _, out, _ = ctl(puppet, "STATUS", ("REPORT", {**REPORT, "code": code}), "status")
        assert "ALARM" in out and word in out


@pytest.mark.parametrize("words, kind, first", [
    (["cases"], "CASES", {}),
    (["workers"], "WORKERS", {}),
    (["history", CASE], "HISTORY", {"cursor": 0}),
])
def test_a_list_that_does_not_say_how_it_goes_on_breaks_off(puppet, words, kind, first):
    status, out, said = ctl(puppet, kind, ("LIST", {"items": [], "more": True, **first}), *words)
    assert (status, out) == (REFUSED, "") and "the daemon's list breaks off" in said
    assert puppet.count(kind) == 1


def test_workers_come_by_the_page_as_far_as_is_asked(puppet):
    def page(message):
        at = message.get("cursor", 0)
        item = {"name": f"worker-{at}", "credit": 1, "offered": 0, "custody": "department"}
        return "LIST", {"items": [item], "more": at < 2, **({"cursor": at + 1} if at < 2 else {})}

    status, out, _ = ctl(puppet, "WORKERS", page, "workers")
    assert status == DONE and all(f"worker-{n}" in out for n in range(3)) and "there are more" not in out
    status, out, _ = ctl(puppet, "WORKERS", page, "workers", "--limit", "2")
    assert "worker-1" in out and "worker-2" not in out and "there are more" in out


def test_a_case_is_shown_with_what_is_known_of_it(puppet):
    _, out, _ = ctl(puppet, "SHOW", ("DOSSIER", DOSSIER), "show", CASE)
    assert CASE in out and "no deadline" in out and "message\n" not in out
    more = {"due": MORNING + HOUR, "due_version": 2, "losses": 3, "epoch": 4}
    _, out, _ = ctl(puppet, "SHOW", ("DOSSIER", {**DOSSIER, **more}), "show", CASE)
    assert "moved to the 2. due moment" in out and "within" not in out and "3 holders in a row" in out


def test_a_text_cannot_turn_the_direction_of_what_follows(puppet):
    harmless = "\u2029\u202f\u2065\u206a\u2100\ue280"  # beside the ten that turn it
    for body in ("a\u202ab\u202ec\u2066d\u2069e" + harmless, "a\u202ab\u202ec\u2066d\u2069e" + harmless + "\r\n"):
        _, out, _ = ctl(puppet, "SHOW", ("DOSSIER", {**DOSSIER, "body": body}), "show", CASE)
        assert f"\nmessage\n  a\ufffdb\ufffdc\ufffdd\ufffde{harmless}\n" in out


@pytest.mark.parametrize("more, words", [
    ({"state": "triage"}, ["to triage: no rule of the profile fits"]),
    ({"state": "triage", "rule": "no-rule"}, ["to triage: no rule of the profile fits"]),
    ({"state": "triage", "rule": "水"}, ["back to triage", 'the rule "水"']),
    ({"department": "edu", "rule": "explicit", "due": MORNING, "due_version": 3},
     ["to edu: the portal named it", "the 3. due moment of this case"]),
    ({"department": "edu", "items": [{"date": "some day", "number": 1, "text": "counted"}]}, ["some day", "counted"]),
])
def test_why_says_how_a_case_came_where_it_is(puppet, more, words):
    status, out, _ = ctl(puppet, "WHY", ("DOSSIER", {**DOSSIER, **more}), "why", CASE)
    assert status == DONE
    for word in words:
        assert word in out


def test_what_may_still_change_is_marked_in_lists(puppet):
    item = {**DOSSIER, "portal": "web", "rung": 0, "overdue": 1, "due": MORNING, "provisional": True}
    _, out, _ = ctl(puppet, "CASES", ("LIST", {"items": [item], "more": False}), "cases")
    assert "overdue, due may change" in out
    record = {"cursor": 1, "event": "due", "at": MORNING, "due": MORNING, "provisional": True}
    _, out, _ = ctl(puppet, "HISTORY", ("LIST", {"items": [record], "more": False, "cursor": 1}), "history", CASE)
    assert "(provisional)" in out


def test_a_held_clock_is_told_and_a_laboratorys_way_is_waited_for_as_long_as_asked(puppet):
    held = ("CONFIRM", {"now": MORNING, "clock": "held"})
    _, out, _ = ctl(puppet, "CLOCK", held, "clock")
    assert "held: the clock jumped" in out and "none" in out
    puppet.answers["CLOCK"] = lambda message: None if "set" in message else held
    status, out = puppet.run("wenzhengctl", "clock", "set", "2026-01-06T09:00:00", "--timeout", "1")
    assert (status, out) == (UNREACHABLE, "") and "no answer came within 1 s" in puppet.log


def event(cursor):
    return {"cursor": cursor, "event": "alarm", "at": MORNING, "text": "disk-low"}


def test_whoever_only_looks_asks_anew_where_the_daemon_stops_sending(puppet):
    """It sends 256 events that were not seen, and no more."""
    def watched(message):
        first = message["cursor"] + 1
        puppet.say("CONFIRM", req=message["req"], cursor=first - 1)
        for cursor in range(first, min(first + 255, 600) + 1):
            puppet.say("EVENT", **event(cursor))

    status, out, _ = ctl(puppet, "WATCH", watched, "watch", "--from", "0", "--limit", "600", "--json")
    assert status == DONE and [json.loads(line)["cursor"] for line in out.splitlines()] == list(range(1, 601))
    assert puppet.count("SEEN") == 0 and puppet.count("WATCH") > 2


def test_a_watch_that_is_refused_says_why(puppet):
    puppet.answers["WATCH"] = ("ERROR", {"code": "forbidden", "text": "your role may not"})
    status, out, said = ctl(puppet, "WATCH", puppet.answers["WATCH"], "watch", "--wait", "1")
    assert (status, out) == (REFUSED, "") and "forbidden" in said


def test_events_that_could_not_be_said_to_be_seen_are_an_error(puppet):
    puppet.answers["SEEN"] = puppet.answers["BYE"] = None
    process = puppet.start("wenzhengctl", "watch", "--seen", "--limit", "1", "--timeout", "1")
    puppet.world.until(lambda: puppet.count("WATCH") == 1, what="the question")
    puppet.say("EVENT", **event(1))
    puppet.answers = {**puppet.answers, "SEEN": None, "BYE": None}
    status, out = puppet.end(process)
    assert status == UNREACHABLE and "disk-low" in out and "no answer came within 1 s" in puppet.log


# ---- wenzheng-worker-exec ----

SCRIPT = """#!/bin/sh
cat > /dev/null
echo run >> {folder}/runs
while ! test -e {folder}/gate; do sleep 0.05; done
echo 已办
exit {status}
"""


class Bench:
    """wenzheng-worker-exec before a puppet; its command waits for a gate."""

    def __init__(self, puppet, *options, status=0, gate=True):
        self.puppet = puppet
        self.command = puppet.folder / "command"
        self.command.write_text(SCRIPT.format(folder=puppet.folder, status=status), encoding="utf-8")
        self.command.chmod(0o755)
        if gate:
            self.open_gate()
        self.process = puppet.start("wenzheng-worker-exec", "--retry", "1", *options, "--", self.command)
        self.until(lambda: puppet.count("HELD") or puppet.count("READY"), "READY")

    def open_gate(self):
        (self.puppet.folder / "gate").touch()

    def until(self, condition, what):
        self.puppet.world.until(condition, what=what)

    def until_said(self, words):
        self.until(lambda: words in self.puppet.log, words)

    def offer(self, case=CASE, epoch=1):
        self.puppet.say("OFFER", case=case, epoch=epoch, department="edu", title="问", body="一", received=MORNING,
                        lease_ms=30000, **{"class": "ordinary"})

    def runs(self):
        path = self.puppet.folder / "runs"
        return len(path.read_text().splitlines()) if path.exists() else 0

    def said(self, kind):
        return [(one["case"], one["epoch"]) for one in self.puppet.heard if one.kind == kind]

    def stop(self):
        self.process.terminate()
        return self.puppet.end(self.process)[0]


def test_a_command_whose_case_is_withdrawn_is_stopped_and_says_nothing(puppet):
    bench = Bench(puppet, gate=False)
    bench.offer(epoch=2)
    bench.until(lambda: bench.runs() == 1, "the command's start")
    for notice in ({"event": "draining"}, {"event": "void"}, {"event": "void", "case": OTHER, "epoch": 2},
                   {"event": "void", "case": CASE, "epoch": 1}):
        puppet.say("NOTICE", at=MORNING, **notice)  # not about it
    bench.offer(OTHER)
    bench.until(lambda: bench.said("TAKE") == [(CASE, 2)] and puppet.world.turn(0.2) is None, "time for a mistake")
    assert "withdrawn" not in puppet.log
    puppet.say("NOTICE", at=MORNING, event="void", case=CASE)
    bench.until_said(f"{CASE}: was withdrawn; its command was stopped")
    bench.open_gate()
    bench.until(lambda: bench.said("REPLY"), "the other case's reply")
    assert bench.said("REPLY") == [(OTHER, 1)] and bench.stop() == DONE


def test_a_case_that_is_offered_anew_is_begun_anew(puppet):
    bench = Bench(puppet, "--credit", "2", gate=False)
    bench.offer(epoch=1)
    bench.until(lambda: bench.runs() == 1, "the command's start")
    bench.offer(epoch=3)
    bench.until(lambda: bench.runs() == 2, "its second start")
    bench.open_gate()
    bench.until(lambda: bench.said("REPLY"), "the reply")
    assert bench.said("REPLY") == [(CASE, 3)] and bench.stop() == DONE
    assert bench.said("REPLY") == [(CASE, 3)]


def test_an_offer_that_waits_is_dropped_when_it_is_withdrawn(puppet):
    bench = Bench(puppet, gate=False)
    bench.offer()
    bench.until(lambda: bench.runs() == 1, "the command's start")
    bench.offer(OTHER)
    puppet.say("NOTICE", at=MORNING, event="void", case=OTHER, epoch=1)
    readies = puppet.count("READY")
    bench.open_gate()
    bench.until(lambda: puppet.count("READY") > readies, "a READY for more offers")
    assert bench.said("TAKE") == [(CASE, 1)] == bench.said("REPLY") and bench.stop() == DONE


def test_what_is_refused_is_said_and_left(puppet):
    puppet.answers["TAKE"] = ("ERROR", {"code": "stale", "text": "this epoch is over", "epoch": 2, "state": "offered"})
    bench = Bench(puppet)
    bench.offer()
    bench.until_said(f"{CASE}: take refused: stale")
    assert bench.runs() == 0
    del puppet.answers["TAKE"]
    puppet.answers["REPLY"] = ("ERROR", {"code": "wrong-state", "text": "not taken"})
    bench.offer(OTHER)
    bench.until_said(f"{OTHER}: reply refused: wrong-state")
    assert bench.said("REPLY") == [(OTHER, 1)] and bench.said("FAIL") == [] and bench.stop() == DONE


def held(page):
    """HELD answered from a list of pages; a case by itself unless somebody else has answered it."""
    def answer(message):
        if "case" not in message:
            at = int(message.get("after", "0"))
            more = at + 1 < len(page)
            items = [{"case": one, "epoch": 1, "department": "edu", "state": "taken", "class": "ordinary",
                      "received": MORNING, "reminded": False} for one in page[at]]
            return "LIST", {"items": items, "more": more, **({"after": str(at + 1)} if more else {})}
        if message["case"] == OTHER:
            return "ERROR", {"code": "not-yours", "text": "your department does not hold this case"}
        item = {"case": message["case"], "epoch": 1, "department": "edu", "state": "taken", "class": "ordinary",
                "received": MORNING, "reminded": False, "title": "问", "body": "一"}
        return "LIST", {"items": [item], "more": False}
    return answer


CASES = [wzp.case_number("20260106", number) for number in range(1, 5)]


def test_what_the_department_holds_is_run_once_and_what_it_does_not_hold_any_more_is_left(puppet):
    puppet.answers["HELD"] = held([CASES[:2], [OTHER, *CASES[2:]]])
    bench = Bench(puppet)
    bench.until(lambda: len(bench.said("REPLY")) == 4, "four replies")
    assert bench.said("REPLY") == [(one, 1) for one in CASES] and bench.said("TAKE") == []
    assert "5 cases are held already" in puppet.log and bench.runs() == 4 and bench.stop() == DONE


def test_held_cases_that_were_not_begun_are_left_to_the_next_life(puppet):
    puppet.answers["HELD"] = held([CASES])
    bench = Bench(puppet, gate=False)
    bench.until(lambda: bench.runs() == 1, "the first command")
    bench.process.terminate()
    bench.until_said("stopping; 1 command may end")
    bench.open_gate()
    assert puppet.end(bench.process)[0] == DONE
    assert bench.said("REPLY") == [(CASES[0], 1)] and bench.runs() == 1


def test_a_case_that_is_taken_while_we_stop_is_not_begun(puppet):
    puppet.answers["TAKE"] = None
    bench = Bench(puppet)
    bench.offer()
    bench.until(lambda: bench.said("TAKE"), "TAKE")
    bench.process.terminate()
    bench.offer(OTHER)
    puppet.world.pass_time(0.5)
    assert bench.process.poll() is None
    take = next(one for one in puppet.heard if one.kind == "TAKE")
    puppet.say("CONFIRM", req=take["req"], case=CASE, epoch=1, state="taken")
    assert puppet.end(bench.process)[0] == DONE
    assert f"{CASE}: taken" in puppet.log and bench.runs() == 0 and bench.said("TAKE") == [(CASE, 1)]


def test_a_result_that_nobody_confirmed_is_told_at_the_end(puppet):
    puppet.answers["REPLY"] = None
    bench = Bench(puppet)
    bench.offer()
    bench.until(lambda: bench.said("REPLY"), "the reply")
    bench.process.terminate()
    puppet.world.pass_time(0.3)
    assert bench.process.poll() is None, "it waits for the answer"
    bench.process.send_signal(signal.SIGTERM)
    assert puppet.end(bench.process)[0] == REFUSED
    assert "1 result was not confirmed; that case is run again" in puppet.log


def test_a_command_that_cannot_be_started_is_tried_again_until_it_can(puppet):
    bench = Bench(puppet)
    bench.command.rename(puppet.folder / "away")
    bench.offer()
    bench.until_said(f"{CASE}: No such file or directory; again in 1 s")
    (puppet.folder / "away").rename(bench.command)
    bench.until(lambda: bench.said("REPLY"), "the reply")
    assert bench.runs() == 1 and bench.said("FAIL") == [] and bench.stop() == DONE


def test_a_command_that_asks_for_another_time_while_we_stop_leaves_its_case_taken(puppet):
    bench = Bench(puppet, status=75, gate=False)
    bench.offer()
    bench.until(lambda: bench.runs() == 1, "the command's start")
    bench.process.terminate()
    bench.until_said("stopping; 1 command may end")
    bench.open_gate()
    assert puppet.end(bench.process)[0] == DONE
    assert bench.runs() == 1 and bench.said("REPLY") == bench.said("FAIL") == []


def test_a_held_list_that_is_refused_is_asked_for_again_and_what_runs_already_is_not_begun_twice(puppet):
    puppet.answers["HELD"] = ("ERROR", {"code": "forbidden", "text": "not now"})
    bench = Bench(puppet, "--credit", "2", gate=False)
    bench.offer()
    bench.until(lambda: bench.runs() == 1, "work goes on meanwhile")
    puppet.answers["HELD"] = held([[CASE, CASES[0]]])
    bench.until(lambda: bench.runs() == 2, "the held case's command")
    bench.open_gate()
    bench.until(lambda: len(bench.said("REPLY")) == 2, "both replies")
    assert sorted(bench.said("REPLY")) == [(CASE, 1), (CASES[0], 1)] and bench.runs() == 2 and bench.stop() == DONE


def test_a_case_that_rests_is_dropped_when_it_is_withdrawn(puppet):
    bench = Bench(puppet, status=75)
    bench.offer()
    bench.until_said(f"{CASE}: the command asks to be run later; again in 1 s")
    puppet.say("NOTICE", at=MORNING, event="void", case=CASE, epoch=1)
    puppet.world.pass_time(1.5)
    assert bench.runs() == 1 and bench.stop() == DONE


def test_a_worker_that_was_never_welcome_ends_when_it_is_told_to(puppet):
    puppet.answers["READY"] = None
    bench = Bench(puppet)
    bench.process.terminate()
    assert puppet.end(bench.process)[0] == DONE and puppet.count("BYE") == 0


def test_a_worker_that_is_not_admitted_any_more_says_so_and_waits(puppet):
    bench = Bench(puppet)
    bench.until(lambda: puppet.count("HELD"), "its list of held cases")
    puppet.answers["READY"] = ("ERROR", {"code": "not-yours", "text": "edu is none of your departments"})
    puppet.say("ERROR", code="not-ready", text="this connection is not known")
    bench.until_said("not-yours: edu is none of your departments")
    assert bench.process.poll() is None and bench.stop() == DONE
