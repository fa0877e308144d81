"""The demo as its viewer sees it, and the bench, which must not rot between two measurements."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

import wzp

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("WENZHENG_BIN_DIR", ROOT / "build/release/bin"))
PROFILE = ROOT / "profiles/guangdong.yaml"
SAMPLE = ROOT / "tests/data/sample.jsonl"
needs_programs = pytest.mark.skipif(not (BIN / "wenzheng-bench").exists(),
                                    reason="no programs here; WENZHENG_BIN_DIR names their folder")
pytestmark = needs_programs


def run(*command, folder):
    environment = {**os.environ, "DEMO_BIN": str(BIN), "TMPDIR": str(folder)}
    return subprocess.run(command, timeout=120, capture_output=True, encoding="utf-8", env=environment,
                          stdin=subprocess.DEVNULL, check=False)


def test_the_demo_tells_its_story_without_colours_and_leaves_nothing_behind(tmp_path):
    done = run(ROOT / "demo", folder=tmp_path)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    assert done.stderr == "" and "\033" not in done.stdout
    told = [re.sub(r"\s+", " ", line).strip() for line in done.stdout.splitlines()]
    for kind, times in (("催办 reminder", 3), ("督办 rung 1", 3), ("督办 rung 2", 2), ("督办 rung 3", 2)):
        assert sum(line.startswith(kind) for line in told) == times
    assert any(line.endswith("6 cases rebuilt, 0 differences") for line in told)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("test", ["pub", "rt"])
@pytest.mark.parametrize("window", ["1", "64", "400"])
def test_the_bench_measures_a_daemon_of_its_own(test, window, tmp_path):
    done = run(BIN / "wenzheng-bench", test, window, "500", "--self", "--profile", PROFILE, folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    figures = dict(word.split("=") for word in done.stdout.split())
    assert (figures["peer"], figures["test"], figures["W"], figures["n"]) == ("wenzhengd", test, window, "500")
    assert float(figures["rate"]) > 0 and 0 < float(figures["p50_ms"]) <= float(figures["p99_ms"])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", [("wenzheng-bench", "pub", "1", "10", "--self", "--profile", PROFILE),
                                     ("wenzheng-replay", SAMPLE, "--profile", PROFILE, "--json")])
def test_figures_that_cannot_be_written_are_an_error(command, tmp_path):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([BIN / command[0], *command[1:]], stdin=subprocess.DEVNULL, stdout=full, stderr=subprocess.PIPE,
                              timeout=120, env={**os.environ, "TMPDIR": str(tmp_path)}, check=False)
    assert done.returncode == 1 and b"cannot write the figures to standard output" in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("arguments", [(), ("pub", "1"), ("sub", "1", "1", "--self", "--profile", "x"),
                                       ("pub", "401", "1", "--self", "--profile", "x"), ("pub", "1", "1", "--self"),
                                       ("rt", "1", "1", "--portal", "tcp://127.0.0.1:1")])
def test_wrong_usage_of_the_bench_is_status_2(arguments, tmp_path):
    done = run(BIN / "wenzheng-bench", *arguments, folder=tmp_path)
    assert done.returncode == 2 and done.stdout == "" and done.stderr


@pytest.mark.parametrize("wanted, reason", [("office-149", ""), ("moon", "the profile has no department 'moon'")])
def test_a_department_is_found_on_whatever_page_of_the_directory(wanted, reason, tmp_path):
    profile = tmp_path / "profile.yaml"
    offices = "".join(f"- {{id: office-{number}, name: 第{number}局}}\n" for number in range(150))
    profile.write_text(f"id: a\nname: 甲\nclasses: [{{id: c, name: 丁, within: none}}]\ndepartments:\n{offices}", encoding="utf-8")
    shutil.copytree(ROOT / "profiles/calendars", tmp_path / "calendars")
    (tmp_path / "tmp").mkdir()
    done = run(BIN / "wenzheng-bench", "pub", "1", "3", "--self", "--profile", profile, "--department", wanted,
               folder=tmp_path / "tmp")
    assert done.returncode == bool(reason) and reason in done.stderr and not list((tmp_path / "tmp").iterdir())


# ---- the bench before a daemon that says what a test tells it ----

WELCOME = {"credit": 4, "heartbeat_ms": 5000, "lease_ms": 30000, "departments": ["edu"], "version": "0", "now": 1}


def bench(puppet, test, count=3):
    own = puppet.folder / "own.key_secret"
    worker = ["--worker", puppet.endpoint, "--worker-key", own] if test == "rt" else []
    status, out = puppet.end(puppet.launch("wenzheng-bench", test, "2", count, "--portal", puppet.endpoint, "--server-key",
                                           puppet.folder / "server.key", "--portal-key", own, "--department", "edu", *worker))
    return status, out, puppet.log


class Exchange:
    """Receipts, offers and events as a daemon gives them, and some that are not the bench's."""

    def __init__(self, puppet):
        self.puppet = puppet
        self.ids = {}
        puppet.answers.update({"READY": ("WELCOME", WELCOME), "SUBMIT": self.submitted, "REPLY": self.replied})

    def submitted(self, message):
        case = wzp.case_number("20260105", len(self.ids) + 1)
        self.ids[case] = message["id"]
        self.puppet.say("PULSE", req=message["req"])
        self.puppet.say("RECEIPT", req=message["req"], id=message["id"], case=case, query_code="0" * 16, received=1,
                        **{"class": "ordinary"})
        if "READY" in self.puppet.peers:
            self.puppet.say("NOTICE", to="READY", event="reminded", at=1)
            self.puppet.say("OFFER", to="READY", case=case, epoch=1, department="edu", title="x", body="y", received=1,
                            lease_ms=30000, **{"class": "ordinary"})

    def replied(self, message):
        own = self.ids[message["case"]]
        run, number = own.rsplit("-", 1)
        others = ["else", "x" * 100, run + "x" + number, run + "-999999"]
        for cursor, one in enumerate([*others, own], 10 * len(self.ids)):
            self.puppet.say("EVENT", to="SUBMIT", cursor=cursor, event="replied", at=1, id=one)
        self.puppet.say("EVENT", to="SUBMIT", cursor=999, event="taken", at=1, id=own)
        return "CONFIRM", {}


@pytest.mark.parametrize("test", ["pub", "rt"])
def test_the_bench_counts_its_own_messages_alone(puppet, test):
    exchange = Exchange(puppet)
    status, out, said = bench(puppet, test)
    assert (status, said) == (0, "") and f"test={test} W=2 n=3 " in out
    assert len(exchange.ids) == 3 and puppet.count("REPLY") == (3 if test == "rt" else 0)


ERROR = ("ERROR", {"code": "stale", "text": "this epoch is over", "field": "epoch"})
BUSY = ("BUSY", {"code": "disk", "text": "the disk is full", "retry_ms": 1000})


@pytest.mark.parametrize("test, kind, answer, reason", [
    ("pub", "SUBMIT", BUSY, "portal: the daemon answered BUSY disk: the disk is full"),
    ("rt", "READY", ERROR, "worker: the daemon answered ERROR stale of epoch: this epoch is over"),
    ("rt", "READY", ("CONFIRM", {}), "worker: an unexpected CONFIRM"),
    ("rt", "WATCH", ERROR, "portal: the daemon answered ERROR stale"),
    ("rt", "TAKE", ERROR, "worker: the daemon answered ERROR stale"),
    ("rt", "REPLY", BUSY, "worker: the daemon answered BUSY disk"),
])
def test_the_bench_ends_with_the_first_refusal(puppet, test, kind, answer, reason):
    Exchange(puppet)
    puppet.answers[kind] = answer
    status, out, said = bench(puppet, test)
    assert (status, out) == (1, "") and reason in said


@pytest.mark.parametrize("frames, reason", [([b"WZP1\x80"], "wrong number of frames"), ([b"WZP1\x80", b"\xc1"], "is not msgpack"),
                                            ([b"WZP1\x80", b"\x80", b""], "wrong number of frames")])
def test_the_bench_does_not_guess_at_what_is_no_message(puppet, frames, reason):
    for test, kind in (("pub", "SUBMIT"), ("rt", "READY")):
        puppet.answers[kind] = lambda _message: puppet.send(frames)
        status, out, said = bench(puppet, test)
        assert (status, out) == (1, "") and "the daemon sent what is no message" in said and reason in said


# ---- the daemon of its own ----


def alone(tmp_path, daemon=None, where="bin"):
    """The bench in a folder without a daemon beside it, or with this one."""
    folder = tmp_path / "bin"
    folder.mkdir()
    shutil.copy(BIN / "wenzheng-bench", folder)
    if daemon is not None:
        (tmp_path / where).mkdir(exist_ok=True)
        (tmp_path / where / "wenzhengd").write_text(daemon, encoding="utf-8")
        (tmp_path / where / "wenzhengd").chmod(0o755)
    return folder / "wenzheng-bench"


def bench_self(program, folder, **environment):
    folder.mkdir(exist_ok=True)
    done = subprocess.run([program, "pub", "1", "3", "--self", "--profile", PROFILE.name], timeout=60, capture_output=True,
                          encoding="utf-8", stdin=subprocess.DEVNULL, check=False, cwd=PROFILE.parent,
                          env={**os.environ, "TMPDIR": str(folder), **environment})
    assert not list(folder.iterdir())
    return done


@pytest.mark.parametrize("where", ["bin", "sbin"])
def test_the_daemon_is_found_where_it_is_installed(where, tmp_path):
    program = alone(tmp_path, f'#!/bin/sh\nexec {BIN}/wenzhengd "$@"\n', where)
    done = bench_self(program, tmp_path / 'a "folder" with \\')
    assert done.returncode == 0 and "n=3" in done.stdout, done.stderr


def test_a_daemon_that_is_elsewhere_is_found_along_the_path(tmp_path):
    done = bench_self(alone(tmp_path), tmp_path / "tmp", PATH=f"/nowhere:{BIN}")
    assert done.returncode == 0 and "n=3" in done.stdout, done.stderr


@pytest.mark.parametrize("daemon, reason", [
    (None, "the daemon has ended: wenzhengd: No such file or directory"),
    ("#!/bin/sh\nexit 1\n", "the daemon has ended: it said nothing"),
    ("#!/bin/sh\necho '<6>begun' >&2\necho '<3>the moon is down' >&2\necho >&2\n", "the daemon has ended: the moon is down"),
    ("#!/bin/sh\necho '<no level' >&2\n", "the daemon has ended: <no level"),
    ("#!/nowhere\n", "No such file or directory"),
])
def test_a_daemon_that_does_not_come_up_is_told_with_its_last_words(daemon, reason, tmp_path):
    done = bench_self(alone(tmp_path, daemon), tmp_path / "tmp", PATH="/nowhere")
    assert (done.returncode, done.stdout) == (1, "") and reason in done.stderr
