"""`wenzheng-replay` against a count of its own.

Nothing here is taken from the programs under test: the calendar is read below, in the plain shape in which
profiles/calendars/cn.ics is written; deadlines, reminder and rungs are counted with Python's dates; and no daemon,
no clock and no message is needed for the figures that the replay must find by way of all of them.
"""
import datetime
import json
import os
import pathlib
import signal
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("WENZHENG_SHARED", ROOT.parent / "shared")) / "data"
SAMPLE = ROOT / "tests/data/sample.jsonl"
PROFILE = ROOT / "profiles/guangdong.yaml"
CALENDAR = ROOT / "profiles/calendars/cn.ics"
WITHIN = {"ordinary": 3, "major": 7}
RUNGS_AFTER = (2, 5)  # working days after the due date, for rungs 2 and 3; rung 1 is at the due moment
DAY = datetime.timedelta(days=1)
MORNING = datetime.time(9, 0)


def binaries():
    given = os.environ.get("WENZHENG_BIN_DIR")
    for folder in [pathlib.Path(given)] if given else [ROOT / "build/release/bin", ROOT / "build/dev/bin"]:
        if (folder / "wenzheng-replay").exists():
            return folder
    return None


pytestmark = pytest.mark.skipif(binaries() is None,
                                reason="no wenzheng-replay here; WENZHENG_BIN_DIR names its folder")


class Calendar:
    """Working days: weekdays without the days off, and the make-up days."""

    def __init__(self, path):
        self.off, self.on = set(), set()
        for block in path.read_text(encoding="utf-8").split("BEGIN:VEVENT")[1:]:
            lines = dict(line.split(":", 1) for line in block.split("END:VEVENT")[0].split("\n") if ":" in line)
            day = self.date(lines["DTSTART;VALUE=DATE"])
            while day < self.date(lines["DTEND;VALUE=DATE"]):
                (self.on if lines["CATEGORIES"] == "WORKDAY" else self.off).add(day)
                day += DAY

    @staticmethod
    def date(text):
        return datetime.datetime.strptime(text.strip(), "%Y%m%d").date()

    def works(self, day):
        return day in self.on or (day.weekday() < 5 and day not in self.off)

    def step(self, day, count, direction):
        while count:
            day += DAY * direction
            count -= self.works(day)
        return day


def at(day, time_of_day=datetime.time(0, 0)):
    return datetime.datetime.combine(day, time_of_day)


def moments(calendar, received, days):
    """The due moment, the reminder's (None: it never fires), and those of the rungs."""
    last = calendar.step(received.date(), days, 1)
    due = at(last + DAY)
    reminder = at(calendar.step(last, 1, -1), MORNING)
    rungs = [due] + [at(calendar.step(last, after, 1), MORNING) for after in RUNGS_AFTER]
    return due, reminder if reminder > received else None, rungs


def count(messages, calendar, days):
    figures = {"accepted": 0, "answered": 0, "in_time": 0, "reminded": 0, "rung": [0, 0, 0], "open": 0}
    for message in messages:
        received = datetime.datetime.fromisoformat(message["received"])
        replied = datetime.datetime.fromisoformat(message["replied"]) if "replied" in message else None
        due, reminder, rungs = moments(calendar, received, days)
        figures["accepted"] += 1
        figures["answered" if replied else "open"] += 1
        figures["in_time"] += replied is not None and replied <= due
        # An answer at the very moment of a timer comes before it.
        figures["reminded"] += reminder is not None and (replied is None or replied > reminder)
        for index, rung in enumerate(rungs):
            figures["rung"][index] += replied is None or replied > rung
    return figures


def read(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def replay(path, *options):
    return subprocess.run([binaries() / "wenzheng-replay", path, "--profile", PROFILE, *options], timeout=280,
                          capture_output=True, encoding="utf-8", check=False)


def inputs():
    real = [SHARED / name for name in ("answered.jsonl", "voted.jsonl", "classified.jsonl")]
    return [SAMPLE] + [path for path in real if path.exists()]


@pytest.mark.parametrize("kind", WITHIN)
@pytest.mark.parametrize("path", inputs(), ids=lambda path: path.stem)
def test_the_figures_are_those_of_an_independent_count(path, kind):
    started = time.monotonic()
    done = replay(path, "--calendar", CALENDAR, "--class", kind, "--json")
    print(f"{path.name} {kind}: {time.monotonic() - started:.1f} s")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("}\n") and done.stdout.count("\n") == 1
    assert json.loads(done.stdout) == count(read(path), Calendar(CALENDAR), WITHIN[kind])


def test_the_sample_meets_every_edge_it_is_there_for():
    calendar = Calendar(CALENDAR)
    edges = set()
    for message in read(SAMPLE):
        received = datetime.datetime.fromisoformat(message["received"])
        due, reminder, rungs = moments(calendar, received, WITHIN["ordinary"])
        replied = datetime.datetime.fromisoformat(message["replied"]) if "replied" in message else None
        edges |= {name for name, moment in [("at the reminder", reminder), ("at the due moment", due),
                                            ("at rung 2", rungs[1]), ("at rung 3", rungs[2])] if replied == moment}
        edges |= {"never"} if replied is None else set()
        edges |= {"on a day off"} if not calendar.works(received.date()) else set()
        edges |= {"a make-up day counts"} if (due - DAY).date() in calendar.on else set()
        edges |= {"at its receipt"} if replied == received else set()
    assert edges == {"at the reminder", "at the due moment", "at rung 2", "at rung 3", "never", "on a day off",
                     "a make-up day counts", "at its receipt"}


def test_a_reminder_whose_moment_is_not_after_the_receipt_never_fires(tmp_path):
    """One working day: the reminder is at 09:00 of the day before the due date, a working day, so of that of receipt."""
    profile = tmp_path / "profile.yaml"
    profile.write_text("id: edge\nname: 边界\nutc_offset: '+08:00'\ndepartments:\n  - {id: one, name: 一}\n"
                       "classes:\n  - {id: quick, name: 急, within: 1 workday}\ndefault_class: quick\n",
                       encoding="utf-8")
    lines = [{"title": "路灯", "body": "不亮", "received": f"2019-03-05T{moment}"}
             for moment in ("08:59:59", "09:00:00", "09:00:01")]
    path = tmp_path / "three.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    done = subprocess.run([binaries() / "wenzheng-replay", path, "--profile", profile, "--calendar", CALENDAR,
                           "--json"], timeout=60, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"accepted": 3, "answered": 0, "in_time": 0, "reminded": 1,
                                       "rung": [3, 3, 3], "open": 3}


def test_the_table_tells_the_same(tmp_path):
    done = replay(SAMPLE, "--calendar", CALENDAR, "--department", "police", "--keep", tmp_path / "kept")
    assert done.returncode == 0, done.stderr
    figures = count(read(SAMPLE), Calendar(CALENDAR), WITHIN["ordinary"])
    words = {" ".join(row[:-2]): row[-2] for row in (line.split("%")[0].split() for line in done.stdout.splitlines())
             if len(row) > 2}
    assert words["answered"] == str(figures["answered"]) and words["in time"] == str(figures["in_time"])
    assert words["escalated, rung 3"] == str(figures["rung"][2]) and "police" in done.stdout
    verified = subprocess.run([binaries() / "wenzhengd", "--verify", "--config", tmp_path / "kept/wenzhengd.yaml"],
                              timeout=60, capture_output=True, encoding="utf-8", check=False)
    assert verified.returncode == 0, verified.stdout + verified.stderr


@pytest.mark.parametrize("line, reason", [
    ("{", "is not JSON"),
    ("[]", "is not a JSON object"),
    ('{"title": "路灯", "body": "不亮"}', '"received" is missing'),
    ('{"title": "", "body": "不亮", "received": "2019-03-05T09:00:00"}', '"title" is not a text, or empty'),
    ('{"title": "路灯", "body": 3, "received": "2019-03-05T09:00:00"}', '"body" is not a text'),
    ('{"title": "路灯", "body": "不亮", "received": "yesterday"}', '"received" is not a moment'),
    ('{"title": "路灯", "body": "不亮", "received": "2019-03-05T09:00:00", "reply": "已修"}', '"replied" is missing'),
    ('{"title": "路灯", "body": "不亮", "received": "2019-03-05T09:00:00", "reply": "已修", '
     '"replied": "2019-03-05T08:59:59"}', '"replied" is before "received"')])
def test_a_bad_line_is_named_before_anything_starts(line, reason, tmp_path):
    path = tmp_path / "bad.jsonl"
    good = '{"title": "路灯", "body": "不亮", "received": "2019-03-05T09:00:00"}\n'
    path.write_text(good + "\n" + line + "\n", encoding="utf-8")
    done = replay(path, "--json")
    assert (done.returncode, done.stdout) == (1, "")
    assert f"{path}:3: " in done.stderr and reason in done.stderr


def test_a_message_beyond_the_limits_is_left_out_with_a_warning(tmp_path):
    path = tmp_path / "long.jsonl"
    lines = [{"title": "长" * 171, "body": "不亮", "received": "2019-03-05T09:00:00"},
             {"title": "路灯", "body": "不亮", "received": "2019-03-05T09:00:00"},
             {"title": "路灯", "body": "不亮", "received": "2019-03-05T09:00:00", "reply": "长" * 21846,
              "replied": "2019-03-05T10:00:00"}]
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    done = replay(path, "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["accepted"] == 2 and json.loads(done.stdout)["open"] == 2
    warnings = done.stderr.splitlines()
    assert len(warnings) == 2 and f"{path}:1: warning: left out: title: too-long" in warnings[0]
    assert f"{path}:3: warning: left out: reply: too-long" in warnings[1]


@pytest.mark.parametrize("options, reason", [
    (("--class", "urgent"), "unknown-class"),
    (("--department", "moon"), "no department 'moon'"),
    (("--calendar", "/nowhere.ics"), "/nowhere.ics: No such file"),
    (("--keep", "/"), "/: File exists")])
def test_what_cannot_be_done_is_said(options, reason):
    done = replay(SAMPLE, "--json", *options)
    assert (done.returncode, done.stdout) == (1, "") and reason in done.stderr


def test_a_bad_profile_is_told_in_the_daemons_words(tmp_path):
    profile = tmp_path / "profile.yaml"
    profile.write_text("id: x\ncolour: red\n", encoding="utf-8")
    done = subprocess.run([binaries() / "wenzheng-replay", SAMPLE, "--profile", profile], timeout=60,
                          capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 1 and "the daemon has ended" in done.stderr and "profile.yaml" in done.stderr


def test_a_signal_ends_it_and_leaves_nothing_behind(tmp_path):
    lines = [{"title": "路灯", "body": "不亮", "received": f"20{year}-01-05T09:00:00"}
             for year in range(11, 26) for _ in range(2000)]
    path = tmp_path / "many.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    folder = tmp_path / "tmp"
    folder.mkdir()
    process = subprocess.Popen([binaries() / "wenzheng-replay", path, "--profile", PROFILE], stderr=subprocess.PIPE,
                               stdout=subprocess.PIPE, encoding="utf-8", env={**os.environ, "TMPDIR": str(folder)})
    until = time.monotonic() + 60
    while not list(folder.glob("*/wenzheng.db")) and time.monotonic() < until:
        assert process.poll() is None
        os.sched_yield()
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "") and "stopped by signal 2" in said
    assert not list(folder.iterdir())


@pytest.mark.parametrize("arguments", [(), ("x.jsonl",), ("--profile", "x.yaml"), ("a", "b", "--profile", "x.yaml"),
                                       ("x.jsonl", "--profile", "x.yaml", "--speed", "3")])
def test_wrong_usage_is_status_2_and_says_so(arguments):
    done = subprocess.run([binaries() / "wenzheng-replay", *arguments], capture_output=True, timeout=60,
                          encoding="utf-8", check=False)
    assert done.returncode == 2 and done.stdout == "" and done.stderr
