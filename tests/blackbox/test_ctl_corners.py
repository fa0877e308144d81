"""wenzhengctl where it is seldom looked at: a case with a long life, alarms, odd command lines, what cannot be written."""

import json
import os
import subprocess

import pytest

from house import PROFILE, binary
from test_ctl import DONE, REFUSED, UNKNOWN_CASE, UNREACHABLE, USAGE, Ctl, make_key, on_a_terminal, program, run

pytestmark = pytest.mark.skipif(binary() is None, reason="no wenzhengd here; WENZHENG_BIN_DIR names its folder")


@pytest.fixture
def lived(new_house):
    """A case that was returned, ruled on for good, reminded of, escalated, asked about and refused; one without a
    deadline; one that waits at triage; one whose deadline lies beyond what is published."""
    ctl = Ctl(new_house(laboratory=True).start())
    ctl("clock", "set", "2026-09-29T09:00:00")
    portal, worker = ctl.house.portal(), ctl.house.worker("hall")
    ctl.worker = worker
    worker.ready(credit=9)
    ctl.case = portal.submit("m-1", title="问", body="\u202e一\u2066二\u202c\u2069 \u202f三\r\n\n尾", department="edu")["case"]
    worker.give_back(worker.next_offer())
    ctl.house.triage().assign(ctl.case, "water")
    ctl("clock", "set", "2026-11-20T09:00:00")
    offer = worker.next_offer()
    worker.take(offer)
    worker.reply(offer, "在查。", reply_kind="interim")
    worker.reply(offer, "不属受理范围。", reply_kind="refusal", reason="权限")
    ctl.thanks = portal.submit("m-2", title="谢谢", body="好", **{"class": "thanks"})["case"]
    ctl("clock", "set", "2026-12-30T09:00:00")
    ctl.late = portal.submit("m-3", title="漏水", body="年底")["case"]
    return ctl


def test_a_case_with_a_long_life_is_shown_with_all_of_it(lived):
    text = lived("show", lived.case)
    for word in ("water", "answered", "权限", "在查。", "不属受理范围。", "to rung 3", "reminder    sent", "returned    1 time", "ruling      final"):
        assert word in text, f"{word}\n{text}"
    assert "\u202e" not in text and "\u2066" not in text
    assert "none" in lived("show", lived.thanks) or "no deadline" in lived("show", lived.thanks)
    late = lived("show", lived.late)
    assert "provisional" in late and "2027" in late
    assert "final" in lived("history", lived.case)
    listed = lived("cases", "--state", "all")
    assert all(case in listed for case in (lived.case, lived.thanks, lived.late))


def test_why_tells_of_every_kind_of_deadline(lived):
    assert "assigned" in lived("why", lived.case) or "triage" in lived("why", lived.case)
    assert lived("why", lived.thanks)
    assert "not published" in lived("why", lived.late)


def test_a_stream_is_watched_with_rungs_and_dues_in_colour(lived):
    plain = lived("watch", "--from", "0", "--wait", "1", key="inspector")
    assert "escalated" in plain and "rung 3" in plain and lived.case in plain
    seen = on_a_terminal([program(), "watch", "--from", "0", "--wait", "1", *lived.arguments(key="inspector")])
    assert "\033[" in seen and "escalated" in seen


def test_a_long_history_comes_by_the_page_and_whole(lived):
    whole = lived.json("history", lived.case)
    assert len(lived.json("history", lived.case, "--limit", "2")["items"] if isinstance(whole, dict)
               else lived.json("history", lived.case, "--limit", "2")) == 2
    assert "more" in lived("history", lived.case, "--limit", "2")


def test_workers_with_several_departments_stand_on_one_line(lived):
    text = lived("workers")
    assert "edu,water,police" in text or "edu, water" in text
    assert "more" in lived("workers", "--limit", "1") or lived("workers", "--limit", "1")
    assert lived.json("workers")


def test_rulings_and_drains_are_json_for_programs(lived):
    case = lived.house.portal().submit("m-9", title="天空", body="x")["case"]
    confirm = lived.json("assign", case, "edu", "--reason", "教育", "--not-final", key="desk")
    assert confirm["case"] == case
    assert lived.json("drain", "edu") is not None
    assert "draining" in lived("status", "--all")
    lived("drain", "edu", "--stop")
    assert "no new messages" in lived("drain")
    assert "draining" in lived("status")
    assert "new messages are taken" in lived("drain", "--stop")
    lived("drain", "moon", expect=REFUSED)
    assert lived.json("clock")
    assert lived("clock", "accept")


def test_a_disk_below_its_reserve_is_an_alarm(new_house):
    ctl = Ctl(new_house(reserve_mb=1048576).start())
    assert "ALARM" in ctl("status") and "disk" in ctl("status")
    assert "disk" in ctl("watch", "--from", "0", "--wait", "1")


def test_an_empty_house_has_nothing_to_list(new_house):
    ctl = Ctl(new_house().start())
    for command in ("cases", "workers", "history"):
        words = [command] + ([UNKNOWN_CASE] if command == "history" else [])
        ctl(*words, expect=REFUSED if command == "history" else DONE)


@pytest.mark.parametrize("arguments, reason", [
    (["assign", UNKNOWN_CASE, "edu"], "--reason is needed"),
    (["assign", UNKNOWN_CASE, "edu", "--reason", "x", "--final", "--not-final"], "exclude each other"),
    (["assign", "x", "edu", "--reason", "x"], "YYYYMMDD"),
    (["assign", UNKNOWN_CASE, "", "--reason", "x"], "DEPARTMENT"),
    (["drain", "x" * 40], "DEPARTMENT"),
    (["clock", "accept", "now"], "one word too many"),
    (["status", "--timeout", ""], "--timeout"),
    (["status", "--timeout", "5x"], "--timeout"),
    (["status", "--timeout", "99999999999999999999"], "--timeout"),
    (["keys", "old", "web", "--role", "portal"], "is not \"new\""),
    (["keys", "new", "-x", "--role", "portal"], ""),
    (["keys", "new", "x-", "--role", "portal"], ""),
    (["keys", "new", "", "--role", "portal"], ""),
    (["keys", "new", "x" * 33, "--role", "portal"], ""),
    (["show", "2026/105-000001-6"], "is not a case number"),
    (["show", "2026:105-000001-6"], "is not a case number"),
    (["cases", "--limit", "-1"], "--limit"),
    (["cases", "--limit", "1000001"], "--limit"),
    (["keys", "new", "web", "--role", "portal", "--dir", "x" * 5000], "too long"),
])
def test_odd_command_lines_are_told(arguments, reason):
    done = run(*arguments)
    assert done.returncode == USAGE and reason in done.stderr and not done.stdout


def test_help_and_version_are_had_in_every_usual_way():
    for word in ("--help", "-h"):
        assert run(word).returncode == DONE and "wenzhengctl" in run(word).stdout
    assert run("status", "-h").returncode == DONE
    assert run("--version").stdout.startswith("wenzhengctl ")
    assert run().returncode == USAGE


def test_a_query_code_key_is_made_once(tmp_path):
    made = json.loads(make_key(tmp_path, "query-code", "--role", "query-code", "--json"))
    assert (tmp_path / "query-code.key").read_text().strip() and made["role"] == "query-code"
    assert "never overwritten" in make_key(tmp_path, "query-code", "--role", "query-code", expect=REFUSED)
    assert "none" in make_key(tmp_path / "none", "query-code", "--role", "query-code", expect=REFUSED)


def test_what_is_wrong_with_a_key_file_comes_with_its_hint(new_house):
    ctl = Ctl(new_house().start())
    assert "--server-key names the daemon's public key" in ctl("status", server="none.key", expect=REFUSED)
    ctl.house.write("keys/bad.key", "nonsense")
    assert "--server-key" in ctl("status", server="bad.key", expect=REFUSED)
    done = run("status", *ctl.arguments()[2:], "--endpoint", "http://x")
    assert done.returncode == REFUSED and "tcp://" in done.stderr


def test_a_stopped_daemon_is_connected_and_silent(new_house):
    ctl = Ctl(new_house().start())
    import signal  # noqa: PLC0415  (only here)
    ctl.house.process.send_signal(signal.SIGSTOP)
    try:
        said = ctl("status", "--timeout", "1", expect=UNREACHABLE)
    finally:
        ctl.house.process.send_signal(signal.SIGCONT)
    assert ctl.house.endpoints["operator"] in said


@pytest.mark.parametrize("words", [["status"], ["cases"], ["workers"], ["status", "--json"], ["drain"], ["watch", "--from", "0", "--wait", "1"]])
def test_an_answer_that_cannot_be_written_is_an_error(new_house, words):
    ctl = Ctl(new_house(reserve_mb=1048576).start())
    with open("/dev/full", "wb") as full:
        done = subprocess.run([program(), *words, *map(str, ctl.arguments())], stdout=full, stderr=subprocess.PIPE, timeout=60,
                              env=dict(os.environ), check=False)
    assert done.returncode == REFUSED and b"cannot write the answer" in done.stderr


def test_a_profile_may_have_departments_without_deadlines_and_the_figures_say_so(new_house):
    text = PROFILE.replace("within: 7 workday", "within: 2 day_roll")
    ctl = Ctl(new_house(profile=text).start())
    ctl.house.portal().submit("m", title="一", body="x", department="edu", **{"class": "major"})
    assert "edu" in ctl("status") and "2 day_roll" in ctl("why", ctl.json("cases")["items"][0]["case"]
                                                          if isinstance(ctl.json("cases"), dict)
                                                          else ctl.json("cases")[0]["case"])


@pytest.mark.parametrize("words", [
    ["status"], ["cases"], ["workers"], ["drain"], ["clock"], ["watch"], ["show", UNKNOWN_CASE], ["why", UNKNOWN_CASE],
    ["history", UNKNOWN_CASE], ["assign", UNKNOWN_CASE, "edu", "--reason", "x"], ["contact", UNKNOWN_CASE, "--reason", "x"],
])
def test_a_key_that_is_not_there_is_named_by_every_command(words):
    done = run(*words, "--server-key", "/nowhere.key", "--key", "/nowhere.key_secret")
    assert done.returncode == REFUSED and "/nowhere" in done.stderr and "No such file" in done.stderr and not done.stdout


def test_who_looks_on_is_told_that_the_daemon_went_and_came_back(new_house):
    house = new_house().start()
    ctl = Ctl(house)
    case = house.portal().submit("m-1", contact="某某")["case"]
    ask = ("contact", case, "--reason", "回访")  # operators are told of it
    ctl(*ask, key="chief")
    with open(house.path("said"), "wb") as said:
        process = subprocess.Popen([program(), "watch", "--from", "0", "--limit", "2", *map(str, ctl.arguments())],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said, bufsize=0)

    def has_said(*words):
        text = house.path("said").read_text(encoding="utf-8")
        return all(word in text for word in words)

    try:
        assert process.stdout.read(1), "something came, so it is connected"
        house.kill()
        house.world.until(lambda: has_said("the daemon is away; waiting for it to come back"), what="the word of its end")
        house.start()
        house.world.until(lambda: has_said("away", "connected again"), what="the word of its return")
        ctl(*ask, key="chief")
        rest = process.communicate(timeout=30)[0].decode("utf-8")
        assert process.returncode == DONE and rest.count("contact-opened") == 2
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"NO_COLOR": "1"}])
def test_a_terminal_that_wants_no_colours_gets_none(new_house, environment):
    ctl = Ctl(new_house(reserve_mb=1048576).start())
    command = [program(), "status", *map(str, ctl.arguments())]
    assert "\033[" in on_a_terminal(command, NO_COLOR="") and "\033[" not in on_a_terminal(command, **environment)
