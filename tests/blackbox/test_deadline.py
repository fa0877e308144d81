"""`wenzhengctl deadline` against a calendar reader and a day count of its own.

Nothing here is taken from the programs under test: the reader below knows only the plain shape in which
profiles/calendars/cn.ics is written (DATE values, DTEND exclusive, CATEGORIES), and counts with Python's dates.
"""
import csv
import datetime
import io
import json
import os
import pathlib
import random
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("WENZHENG_BIN_DIR", ROOT / "build/dev/bin"))
CALENDAR = ROOT / "profiles/calendars/cn.ics"
SHARED = pathlib.Path(os.environ.get("WENZHENG_SHARED", ROOT.parent / "shared")) / "calendar"
DAY = datetime.timedelta(days=1)


def ctl(*arguments, stdin=None):
    return subprocess.run([BIN / "wenzhengctl", "deadline", *map(str, arguments)], input=stdin, timeout=60,
                          capture_output=True, encoding="utf-8")


def batch(calendar, rows, path):
    """The answers to (received, days) pairs, as rows of the answer without its header."""
    with open(path, "w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([("received_local", "kind_days"), *rows])
    done = ctl("--calendar", calendar, "--batch", path)
    assert done.returncode == 0, done.stderr
    answers = list(csv.reader(io.StringIO(done.stdout)))
    assert answers[0] == ["received_local", "kind_days", "deadline_date", "status"]
    assert len(answers) == len(rows) + 1
    return answers[1:]


class Calendar:
    def __init__(self, path):
        self.off, self.on = set(), set()
        self.until = None
        event = {}
        for line in path.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            name = name.split(";")[0]
            if line == "BEGIN:VEVENT":
                event = {}
            elif line == "END:VEVENT":
                self.add(event)
            elif name == "X-CN-COVERAGE-UNTIL":
                self.until = self.date(value)
            else:
                event[name] = value

    @staticmethod
    def date(text):
        return datetime.datetime.strptime(text, "%Y%m%d").date()

    def add(self, event):
        day, end = self.date(event["DTSTART"]), self.date(event["DTEND"])
        days = {"HOLIDAY": self.off, "WORKDAY": self.on}[event["CATEGORIES"]]
        while day < end:
            days.add(day)
            day += DAY

    def works(self, day):
        return day in self.on or (day.weekday() < 5 and day not in self.off)

    def due(self, received, count):
        day = received.date()
        while count:
            day += DAY
            count -= self.works(day)
        settled = datetime.date(self.until.year, 12, 25)
        return day, "provisional" if day > settled else "final"


def test_random_receipts_are_due_when_an_independent_count_says(tmp_path):
    seed = int(os.environ.get("WENZHENG_SEED", time.time()))
    print(f"WENZHENG_SEED={seed}")
    draw = random.Random(seed)
    calendar = Calendar(CALENDAR)
    start = datetime.datetime(2007, 1, 1)
    rows = []
    for _ in range(20000):
        moment = start + datetime.timedelta(seconds=draw.randrange(20 * 365 * 86400))
        rows.append((moment.isoformat(), draw.choice([1, 2, 3, 5, 7, 10, 15, 30, 60, 366])))
    for (received, count), answer in zip(rows, batch(CALENDAR, rows, tmp_path / "rows.csv")):
        due, status = calendar.due(datetime.datetime.fromisoformat(received), count)
        assert answer == [received, str(count), due.isoformat(), status]


def shared(name):
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"no {path} here")
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def answers_to(rows, calendar, tmp_path):
    pairs = [(row["received_local"], row["kind_days"]) for row in rows]
    return [tuple(answer[2:]) for answer in batch(calendar, pairs, tmp_path / "rows.csv")]


def test_the_published_vectors_hold(tmp_path):
    rows = shared("vectors.csv")
    assert answers_to(rows, SHARED / "cn.ics", tmp_path) == [(row["deadline_date"], "final") for row in rows]


def test_the_vector_file_itself_is_a_batch():
    rows = shared("vectors.csv")
    done = ctl("--calendar", SHARED / "cn.ics", "--batch", SHARED / "vectors.csv")
    expected = [f"{row['received_local']},{row['kind_days']},{row['deadline_date']},final" for row in rows]
    assert done.stdout.splitlines()[1:] == expected


def test_the_open_end_is_provisional_to_the_letter(tmp_path):
    rows = shared("vectors_provisional.csv")
    expected = [(row["weekends_only_2027"], row["status_strict"]) for row in rows]
    assert answers_to(rows, SHARED / "cn.ics", tmp_path) == expected


@pytest.mark.parametrize("notice, before", [("2015-05-13", "cn-2015-before-0513.ics"),
                                            ("2019-03-22", "cn-2019-before-0322.ics"),
                                            ("2020-01-27", "cn-2020-before-0127.ics")])
def test_a_notice_changes_the_deadlines_it_is_known_to_change(notice, before, tmp_path):
    rows = [row for row in shared("vectors_amendments.csv") if row["notice_published"] == notice]
    assert rows
    assert answers_to(rows, SHARED / "superseded" / before, tmp_path) == [
        (row["deadline_before"], "final") for row in rows]
    assert answers_to(rows, SHARED / "cn.ics", tmp_path) == [(row["deadline_after"], "final") for row in rows]


def test_one_deadline_is_told_with_its_status():
    done = ctl("--calendar", CALENDAR, "--within", "3 workday", "--received", "2026-09-30T16:00:00")
    assert done.returncode == 0 and done.stdout.splitlines()[0] == "2026-10-10 final"
    assert "2026-10-11T00:00:00+08:00" in done.stdout
    done = ctl("--calendar", CALENDAR, "--within", "3 workday", "--received", "2026-12-29T10:00:00")
    assert done.returncode == 0 and done.stdout.splitlines()[0] == "2027-01-01 provisional"
    assert "final" not in done.stdout


def test_every_day_is_explained():
    done = ctl("--calendar", CALENDAR, "--within", "2 workday", "--received", "2026-05-08T16:00:00", "--explain")
    table = [line.split() for line in done.stdout.splitlines()[-4:]]
    assert [row[:3] for row in table] == [["2026-05-08", "Fri", "received"], ["2026-05-09", "Sat", "1"],
                                          ["2026-05-10", "Sun", "-"], ["2026-05-11", "Mon", "2"]]
    assert "make-up working day" in done.stdout and "劳动节" in done.stdout


def test_json_tells_the_same_and_agrees_with_the_independent_count():
    calendar = Calendar(CALENDAR)
    done = ctl("--calendar", CALENDAR, "--within", "7 workday", "--received", "2026-02-13T17:29:59", "--explain",
               "--json")
    answer = json.loads(done.stdout)
    assert (answer["due_date"], answer["status"], answer["provisional"]) == ("2026-03-02", "final", False)
    assert answer["due"] == "2026-03-03T00:00:00+08:00"
    counted = [day["date"] for day in answer["days"] if day["role"] == "counted"]
    assert len(counted) == 7 and counted[-1] == answer["due_date"]
    for day in answer["days"]:
        assert calendar.works(datetime.date.fromisoformat(day["date"])) == (day["kind"] in ("weekday", "makeup"))


@pytest.mark.parametrize("term, received, due", [("48 hour", "2026-02-13T17:00:00", "2026-02-15T17:00:00+08:00"),
                                                 ("3 day", "2026-02-13T10:00:00", "2026-02-17T00:00:00+08:00"),
                                                 ("3 day_roll", "2026-02-13T10:00:00", "2026-02-25T00:00:00+08:00")])
def test_other_units_count_in_their_own_way(term, received, due):
    done = ctl("--calendar", CALENDAR, "--within", term, "--received", received, "--json")
    assert json.loads(done.stdout)["due"] == due


def test_a_regional_file_lies_over_the_national_one(tmp_path):
    local = tmp_path / "local.ics"
    local.write_text("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20170401\nSUMMARY:三月三 放假\nEND:VEVENT\n"
                     "BEGIN:VEVENT\nDTSTART;VALUE=DATE:20170408\nSUMMARY:三月三 上班\nEND:VEVENT\nEND:VCALENDAR\n",
                     encoding="utf-8")
    question = ("--within", "6 workday", "--received", "2017-03-30T10:00:00")
    assert ctl("--calendar", CALENDAR, *question).stdout.startswith("2017-04-10 final")
    assert ctl("--calendar", CALENDAR, "--calendar", local, *question).stdout.startswith("2017-04-10 final")
    four = ("--within", "5 workday", "--received", "2017-03-30T10:00:00")
    assert ctl("--calendar", CALENDAR, *four).stdout.startswith("2017-04-07 final")
    assert ctl("--calendar", CALENDAR, "--calendar", local, *four).stdout.startswith("2017-04-08 final")


@pytest.mark.parametrize("row, reason", [("2026-02-30T00:00:00,3", '"2026-02-30T00:00:00" is not a local time'),
                                         ("2026-01-05,3", '"2026-01-05" is not a local time'),
                                         ("2026-01-05T10:00:00,0", '"0" is not a number of working days'),
                                         ("2026-01-05T10:00:00,three", '"three" is not a number'),
                                         ("2026-01-05T10:00:00", '"" is not a number'),
                                         ("2026-01-05T10:00:00,99999999999", "is not a number"),
                                         ("2026-01-05T10:00:00,3" + "," * 5000, "longer than 4096 bytes"),
                                         ("2026-01-05T10:00:00,3\0", "no text"),
                                         ("x" * 90 + ",3", '"' + "x" * 80 + '" is not a local time'),
                                         ("9998-12-01T10:00:00,366", "has no deadline before the year 9999")])
def test_a_bad_row_is_named_by_file_and_line_and_nothing_is_half_said(row, reason, tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(f"received_local,kind_days\n2026-01-05T10:00:00,3\n{row}\n2026-01-06T10:00:00,3\n")
    done = ctl("--calendar", CALENDAR, "--batch", path)
    assert done.returncode == 1 and done.stdout == ""
    assert f"{path}:3: " in done.stderr and reason in done.stderr


def test_rows_come_by_pipe_without_header_with_more_columns_and_odd_line_ends():
    done = ctl("--calendar", CALENDAR, "--batch", "-",
               stdin="2026-01-05T10:00:00,3,ordinary,x\r\n\n2026-01-06T10:00:00,7")
    assert done.returncode == 0
    assert done.stdout.splitlines() == ["2026-01-05T10:00:00,3,2026-01-08,final",
                                        "2026-01-06T10:00:00,7,2026-01-15,final"]
    done = ctl("--calendar", CALENDAR, "--batch", "-", stdin="2026-01-05T10:00:00,3\nrubbish\n")
    assert done.returncode == 1 and "standard input:2: " in done.stderr
    assert done.stdout == "2026-01-05T10:00:00,3,2026-01-08,final\n"


def test_a_file_that_is_no_plausible_calendar_is_refused_by_line(tmp_path):
    path = tmp_path / "bad.ics"
    path.write_text("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20260508\nSUMMARY:上班\nEND:VEVENT\n"
                    "END:VCALENDAR\n", encoding="utf-8")
    question = ("--within", "3 workday", "--received", "2026-01-05T10:00:00")
    done = ctl("--calendar", path, *question)
    assert done.returncode == 1 and done.stdout == ""
    assert f"{path}:2: 2026-05-08 is marked as a make-up working day but is a Friday" in done.stderr
    done = ctl("--calendar", tmp_path / "none.ics", *question)
    assert done.returncode == 1 and "none.ics: cannot read the calendar: No such file" in done.stderr


@pytest.mark.parametrize("arguments", [(), ("--within", "3 workday"), ("--received", "2026-01-05T10:00:00"),
                                       ("--within", "3", "--received", "2026-01-05T10:00:00"),
                                       ("--within", "3 workday", "--received", "yesterday"),
                                       ("--batch", "x.csv", "--json"), ("--batch", "x.csv", "--explain"),
                                       ("--batch", "x.csv", "--within", "3 day"),
                                       ("--batch", "x.csv", "--received", "2026-01-05T10:00:00"),
                                       ("--calendar", "x.ics") * 16, ("--unknown",), ("word",)])
def test_wrong_usage_is_status_2_and_says_so(arguments):
    done = ctl("--calendar", CALENDAR, *arguments)
    assert done.returncode == 2 and done.stdout == "" and done.stderr


def test_help_is_there():
    assert ctl("--help").returncode == 0
    done = subprocess.run([BIN / "wenzhengctl", "--help"], capture_output=True, encoding="utf-8", timeout=60)
    assert done.returncode == 0 and "deadline" in done.stdout
    assert subprocess.run([BIN / "wenzhengctl", "nonsense"], capture_output=True, timeout=60).returncode == 2
    assert subprocess.run([BIN / "wenzhengctl"], capture_output=True, timeout=60).returncode == 2


def test_a_full_disk_is_said():
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([BIN / "wenzhengctl", "deadline", "--calendar", CALENDAR, "--within", "3 workday",
                               "--received", "2026-01-05T10:00:00"], stdout=full, stderr=subprocess.PIPE, timeout=60,
                              encoding="utf-8")
    assert done.returncode == 1 and "cannot write the answer" in done.stderr


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_a_deadline_beyond_the_calendars_years_is_none(more):
    done = ctl("--calendar", CALENDAR, "--within", "366 workday", "--received", "9998-12-01T10:00:00", *more)
    assert done.returncode == 1 and done.stdout == "" and "there is no such deadline" in done.stderr


def test_a_spreadsheets_byte_order_mark_is_no_part_of_the_header(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes(b"\xef\xbb\xbfreceived_local,kind_days\r\n2026-01-05T10:00:00,3\r\n")
    done = ctl("--calendar", CALENDAR, "--batch", path)
    assert done.returncode == 0 and done.stdout.splitlines()[1] == "2026-01-05T10:00:00,3,2026-01-08,final"
    path.write_bytes(b"\xef\xbb\xbf2026-01-05T10:00:00,3\n")
    assert ctl("--calendar", CALENDAR, "--batch", path).stdout == "2026-01-05T10:00:00,3,2026-01-08,final\n"
    path.write_bytes(b"\xef\xbe\xbf,3\n")
    assert f"{path}:1: " in ctl("--calendar", CALENDAR, "--batch", path).stderr


def test_a_batch_that_cannot_be_read_or_written_is_said(tmp_path):
    rows = tmp_path / "rows.csv"
    assert "none.csv: cannot read: No such file" in ctl("--calendar", CALENDAR, "--batch", tmp_path / "none.csv").stderr
    assert "cannot read: Is a directory" in ctl("--calendar", CALENDAR, "--batch", tmp_path).stderr
    for count in (1, 2000):  # more than the buffer of standard output holds
        rows.write_text("2026-01-05T10:00:00,3\n" * count)
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([BIN / "wenzhengctl", "deadline", "--calendar", CALENDAR, "--batch", rows], stdout=full,
                                  stderr=subprocess.PIPE, timeout=60, encoding="utf-8", check=False)
        assert done.returncode == 1 and "cannot write the deadlines" in done.stderr


def test_a_fifo_is_read_once(tmp_path):
    """It cannot be checked first and read again."""
    path = tmp_path / "fifo"
    os.mkfifo(path)
    with subprocess.Popen([BIN / "wenzhengctl", "deadline", "--calendar", CALENDAR, "--batch", path],
                          stdout=subprocess.PIPE, encoding="utf-8") as child:
        path.write_text("2026-01-05T10:00:00,3\n")
        assert child.communicate(timeout=60)[0] == "2026-01-05T10:00:00,3,2026-01-08,final\n"
