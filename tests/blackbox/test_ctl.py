"""wenzhengctl against a running daemon: what people read, what programs read, and how it ends."""

import datetime
import json
import os
import pathlib
import pty
import re
import select
import stat
import subprocess
import termios
import unicodedata

import pytest
import zmq

from house import PROFILE, binary

CHINA = datetime.timezone(datetime.timedelta(hours=8))
DONE, REFUSED, USAGE, UNREACHABLE = 0, 1, 2, 3
CASE = re.compile(r"\d{8}-\d{6}-\d")
UNKNOWN_CASE = "20260105-000001-6"  # of PROTOCOL.md's example; its check digit fits


def program():
    return str(pathlib.Path(binary()).with_name("wenzhengctl"))


pytestmark = pytest.mark.skipif(binary() is None, reason="no wenzhengd here; WENZHENG_BIN_DIR names its folder")


def run(*arguments, **options):
    return subprocess.run([program(), *map(str, arguments)], capture_output=True, encoding="utf-8", timeout=60,
                          stdin=subprocess.DEVNULL, check=False, **options)


class Ctl:
    """wenzhengctl with the keys of a house."""

    def __init__(self, house):
        self.house = house
        for name, (public, secret) in house.keys.items():
            house.write(f"keys/{name}.key_secret", self.key_file(public, secret), 0o600)
        house.write("keys/wenzhengd.key", self.key_file(house.server_public))

    @staticmethod
    def key_file(public, secret=None):
        more = f'    secret-key = "{secret.decode()}"\n' if secret else ""
        return f'metadata\ncurve\n    public-key = "{public.decode()}"\n{more}'

    def arguments(self, key="ops", zone=None, server="wenzhengd.key"):
        zone = zone or ("operator" if key == "ops" else "worker")
        return ["--endpoint", self.house.endpoints[zone], "--key", str(self.house.path(f"keys/{key}.key_secret")),
                "--server-key", str(self.house.path(f"keys/{server}"))]

    def __call__(self, *arguments, expect=DONE, **options):
        done = run(*arguments, *self.arguments(**options))
        assert done.returncode == expect, f"{arguments}: {done.returncode}\n{done.stdout}{done.stderr}"
        assert bool(done.stderr) == (expect != DONE), done.stderr
        return done.stdout if expect == DONE else done.stderr

    def json(self, *arguments, **options):
        out = self(*arguments, "--json", **options)
        assert out.count("\n") == 1, "one document on one line"
        return json.loads(out)


@pytest.fixture
def ctl(new_house):
    """A laboratory on the eve of the National Day holiday of 2026."""
    house = new_house(laboratory=True, profile=PROFILE.replace("水务办", "水务局Water")).start()
    tool = Ctl(house)
    tool("clock", "set", "2026-09-30T16:00:00")
    return tool


@pytest.fixture
def busy(ctl):
    """With four cases: taken and answered for a while, waiting without a worker, at triage, named by the portal."""
    portal, worker = ctl.house.portal(), ctl.house.worker()
    worker.ready()
    ctl.cases = [
        portal.submit("m-1", title="小学招生问题", body="请问今年的招生范围？\n谢谢。", category="学校"),
        portal.submit("m-2", title="井盖", body="井盖丢失。", region="北岸"),
        portal.submit("m-3", title="Other", body="No rule says whose this is."),
        portal.submit("m-4", title="水压", body="水压太低。", department="water"),
    ]
    ctl.numbers = [receipt["case"] for receipt in ctl.cases]
    offer = worker.next_offer()
    worker.take(offer)
    worker.reply(offer, "正在核实。", reply_kind="interim")
    return ctl


def width(text):
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def on_screen(line):
    """One element for each column of the screen; a wide character is followed by an empty one."""
    return [part for char in line for part in ([char] if width(char) == 1 else [char, ""])]


HEADINGS = r"[A-Z]{2,}( +[A-Z]+)+ *"


def table(text, right=(), headings=HEADINGS):
    """The first table in a text, as dicts. Columns begin where their heading begins on the screen; those in `right`
    end where it ends. What is not aligned so fails. `headings`: how a line of them looks."""
    lines = text.split("\n")
    first = next(i for i, line in enumerate(lines) if re.fullmatch(headings, line))
    shown = "".join(part or "\0" for part in on_screen(lines[first]))
    columns = [(word[0].replace("\0", ""), word.start(), word.end()) for word in re.finditer("[^ ]+", shown)]
    rows = []
    for line in lines[first + 1:]:
        if not line.strip():
            break
        screen = on_screen(line) + [" "] * (columns[-1][2] + 1 - width(line))
        row = dict.fromkeys((name for name, _, _ in columns), "")
        for name, _, end in columns:
            if name not in right:
                continue
            assert screen[end] == " ", f"{name} is not aligned: {line!r}"
            while screen[end - 1] != " ":
                end -= 1
                row[name] = screen[end] + row[name]
                screen[end] = " "
        left = [column for column in columns if column[0] not in right]
        for (name, start, _), after in zip(left, left[1:] + [None]):
            end = after[1] if after else len(screen)
            assert start == 0 or screen[start - 1] == " ", f"{name} is not aligned: {line!r}"
            row[name] = "".join(screen[start:end]).strip()
            assert "  " not in row[name], f"a figure under {name} is not aligned: {line!r}"
        rows.append(row)
    return rows


def instant(text):
    return datetime.datetime.fromisoformat(text)


# ---- what people and programs read ----


def test_status_of_an_empty_house_says_so_and_hides_idle_departments(ctl):
    text = ctl("status")
    assert "LABORATORY" in text
    assert "临河镇网络问政" in text and "3 departments without cases and workers" in text
    assert "派出所" not in text
    assert "派出所" in ctl("status", "--all")


def test_status_tells_the_same_figures_to_people_and_programs(busy):
    report = busy.json("status")
    assert (report["open"], report["queued"], report["held"], report["triage"]) == (4, 2, 1, 1)
    assert report["laboratory"] is True and report["clock"] == "ok" and "req" not in report
    assert instant(report["now"]) == datetime.datetime(2026, 9, 30, 16, tzinfo=CHINA)
    text = busy("status")
    assert re.search(r"^open +4: 2 waiting, 0 offered, 1 taken, 1 at triage$", text, re.M)
    assert re.search(r"^oldest +received 2026-09-30 16:00 and not answered$", text, re.M)
    rows = {row["DEPARTMENT"]: row for row in table(text, ("WAITING", "OFFERED", "TAKEN", "OVERDUE", "WORKERS"))}
    for item in report["items"]:
        row = rows[item["department"]]
        assert row["NAME"] == item["name"]
        assert (int(row["WAITING"]), int(row["TAKEN"])) == (item["queued"], item["held"])
    assert rows["water"]["NOTE"] == "no worker" and rows["edu"]["NOTE"] == ""


def test_columns_stand_under_one_another_however_wide_the_names_are(busy):
    figures = ("WAITING", "OFFERED", "TAKEN", "OVERDUE", "WORKERS")
    rows = table(busy("status", "--all"), figures)
    assert [row["NAME"] for row in rows] == ["教育办", "水务局Water", "派出所"]
    assert all(row[name] in ("0", "1") for row in rows for name in figures)


def test_cases_are_filtered(busy):
    def numbers(*filters):
        rows = busy.json("cases", *filters)["items"]
        people = CASE.findall(busy("cases", *filters))
        assert people == [row["case"] for row in rows]
        return people

    one, two, three, four = busy.numbers
    assert numbers() == [one, two, three, four]
    assert numbers("--state", "triage") == [three]
    assert numbers("--state", "queued", "--department", "water") == [four]
    assert numbers("--portal", "app") == [] and "no such case" in busy("cases", "--portal", "app")
    assert numbers("--overdue") == []
    busy("clock", "set", "2027-01-20T00:00:00")
    assert numbers("--overdue", "--department", "police") == [two]
    row = table(busy("cases", "--department", "police"), ("RUNG",))[0]
    assert row["NOTE"] == "overdue" and row["RUNG"] == "3"


def test_long_lists_come_page_by_page_and_whole(ctl):
    portal = ctl.house.portal()
    requests = [portal.begin_submit(f"m-{i}", department="police") for i in range(230)]
    expected = [portal.answer(req)["case"] for req in requests]
    whole = ctl.json("cases")
    assert [row["case"] for row in whole["items"]] == sorted(expected) and whole["more"] is False
    some = ctl.json("cases", "--limit", "120")
    assert [row["case"] for row in some["items"]] == sorted(expected)[:120] and some["more"] is True
    assert "there are more" in ctl("cases", "--limit", "229")
    assert "there are more" not in ctl("cases", "--limit", "230")
    ctl("clock", "set", "2026-11-20T00:00:00")
    seen = [json.loads(line) for line in ctl("watch", "--json", "--wait", "1", key="inspector").splitlines()]
    cursors = [event["cursor"] for event in seen]
    assert len(seen) == 230 * 4, "more events than the daemon leaves in flight"
    assert cursors == sorted(set(cursors))


def test_show_has_the_whole_case(busy):
    number = busy.numbers[0]
    case = busy.json("show", number)
    assert case["case"] == number and case["state"] == "taken" and case["title"] == "小学招生问题"
    assert [reply["reply"] for reply in case["items"]] == ["正在核实。"]
    text = busy("show", number)
    for part in ("小学招生问题", "  请问今年的招生范围？\n  谢谢。\n", "interim reply by edu", "within 3 workday"):
        assert part in text


def test_a_citizens_text_does_not_steer_the_terminal(ctl):
    number = ctl.house.portal().submit("m", title="甲\u202e乙", body="first\rsecond\n\u2066third")["case"]
    text = ctl("show", number)
    assert "\r" not in text and "\u202e" not in text and "\u2066" not in text
    assert "甲\ufffd乙" in text and "  firstsecond\n  \ufffdthird\n" in text


def test_why_names_the_rule_and_counts_the_days_round_a_holiday(busy):
    answer = busy.json("why", busy.numbers[0])
    assert answer["rule"] == "school" and answer["within"] == "3 workday"
    text = busy("why", busy.numbers[0])
    assert 'to edu: the rule "school" of the profile' in text
    days = {row["DATE"]: row for row in table(text, ("COUNT",))}
    assert [row["DATE"] for row in days.values()] == [item["date"] for item in answer["items"]]
    counted = [date for date, row in days.items() if row["COUNT"]]
    assert len(counted) == 3 and max(days) == counted[-1]
    assert all("holiday" in row["WHY"] for date, row in days.items() if "2026-10-01" <= date <= "2026-10-07")
    due = instant(answer["due"])
    assert (due - datetime.timedelta(days=1)).date().isoformat() == counted[-1]
    assert days["2026-09-30"]["DAY"] == "Wed"


@pytest.mark.parametrize("which, sentence", [(2, "to triage: no rule of the profile fits"),
                                             (3, "to water: the portal named it")])
def test_why_says_who_else_decided(busy, which, sentence):
    assert sentence in busy("why", busy.numbers[which])


def test_history_lists_every_record(busy):
    number = busy.numbers[0]
    names = [item["event"] for item in busy.json("history", number)["items"]]
    assert names == ["accepted", "routed", "offered", "taken", "replied"]
    assert names == busy.house.operator().happened_to(number)
    rows = table(busy("history", number), ("RECORD",))
    assert [row["EVENT"] for row in rows] == names
    assert rows[0]["DETAILS"].startswith("message m-1, ordinary, within 3 workday, due 2026-")
    assert rows[3]["BY"] == "edu-a"
    assert busy.json("history", number, "--limit", "2")["more"] is True


def test_workers_lists_who_is_connected(busy):
    assert busy.json("workers")["items"][0]["departments"] == ["edu"]
    assert table(busy("workers"), ("CREDIT", "OFFERED")) == [
        {"WORKER": "edu-a", "CREDIT": "1", "OFFERED": "0", "CUSTODY": "department", "DEPARTMENTS": "edu"}]


# ---- what changes something ----


def test_drain_stops_offers_and_goes_on(busy):
    worker = busy.house.worker("water-a")
    busy("drain", "water")
    worker.ready()
    assert busy.json("status")["items"][1]["state"] == "draining"
    assert "draining" in busy("status")
    assert busy.house.operator().department("water")["offered"] == 0
    busy("drain", "water", "--stop")
    assert worker.next_offer()["case"] == busy.numbers[3]
    busy("drain")
    assert "ALARM" in busy("status")
    assert busy.house.portal().ask("SUBMIT", id="m-9", title="t", body="b")["code"] == "draining"
    busy("drain", "--stop")
    assert "draining" not in busy("status")
    assert busy.house.portal().submit("m-9")["case"]


def test_triage_assigns_and_nobody_else(busy):
    number = busy.numbers[2]
    arguments = ("assign", number, "edu", "--reason", "属于教育办职责")
    assert "triage" in busy(*arguments, expect=REFUSED)
    assert "unknown-department" in busy("assign", number, "moon", "--reason", "x", key="desk", expect=REFUSED)
    assert "--reason is needed" in busy("assign", number, "edu", key="desk", expect=USAGE)
    assert f"{number} is with edu now" in busy(*arguments, "--final", key="desk")
    assert busy.json("show", number, key="desk")["final"] is True
    assert "triage ruled so" in busy("why", number)
    assert "state taken" in busy("assign", busy.numbers[0], "water", "--reason", "x", key="desk", expect=REFUSED)


def test_clock_shows_moves_and_never_goes_back(busy):
    assert busy.json("clock") == {"now": "2026-09-30T16:00:00+08:00", "clock": "ok",
                                  "next": busy.json("status")["next"]}
    assert busy.json("clock", "set", "2026-10-20T00:00:00.5Z")["now"] == "2026-10-20T08:00:00.500000+08:00"
    assert "does not go back" in busy("clock", "set", "2026-10-01T00:00:00", expect=REFUSED)
    assert "ladder      runs" in busy("clock", "accept")


def test_a_real_clock_is_not_set(house):
    ctl = Ctl(house)
    assert "--create-laboratory" in ctl("clock", "set", "2030-01-01T00:00:00", expect=REFUSED)
    assert "LABORATORY" not in ctl("status") and ctl.json("status")["laboratory"] is False


def test_watch_shows_a_stream_and_says_seen_only_when_told_to(busy):
    def watch(*arguments):
        lines = busy("watch", "--json", "--wait", "1", *arguments, key="desk").splitlines()
        return [json.loads(line) for line in lines]

    expected = [("triage", busy.numbers[2])]
    assert [(event["event"], event["case"]) for event in watch()] == expected
    assert [(event["event"], event["case"]) for event in watch("--seen", "--limit", "1")] == expected
    assert watch() == [], "what was SEEN does not come again"
    assert len(watch("--from", "0")) == 1, "unless it is asked for"
    line = busy("watch", "--wait", "1", "--from", "0", key="desk")
    assert line.startswith("2026-09-30 16:00  triage") and busy.numbers[2] in line and "Other" in line


def test_watch_follows_across_a_restart(busy):
    arguments = [program(), "watch", "--json", *busy.arguments(key="desk")]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8") as child:
        try:
            assert json.loads(child.stdout.readline())["case"] == busy.numbers[2]
            busy.house.restart()
            number = busy.house.portal().submit("m-5", title="other", body="again")["case"]
            assert json.loads(child.stdout.readline())["case"] == number
        finally:
            child.kill()


# ---- top ----


def test_top_without_a_terminal_prints_as_many_pictures_as_it_is_told(busy):
    text = busy("top", "--count", "2", "--interval", "1")
    assert text.count("flow ") == 2 and "accepted, 0.0 answered a minute" in text and "\033[" not in text
    figures = ("WAITING", "OFFERED", "TAKEN", "OVERDUE", "WORKERS")
    waiting = [int(row["WAITING"]) for row in table(text, figures)]
    assert waiting == sorted(waiting, reverse=True) and waiting[0] > 0
    assert "no terminal" in busy("top", expect=USAGE)
    assert "status --json" in busy("top", "--json", expect=USAGE)


def test_top_has_the_terminal_to_itself_and_gives_it_back(busy):
    leader, follower = pty.openpty()
    arguments = [program(), "top", "--interval", "3600", *busy.arguments()]
    before = termios.tcgetattr(follower)
    child = subprocess.Popen(arguments, stdin=follower, stdout=follower, env={**os.environ, "TERM": "xterm"})
    try:
        assert read_until(leader, "water").startswith("\033[?1049h")
        busy.house.portal().submit("m-9", title="题", department="water")
        os.write(leader, b" ")
        read_until(leader, "5: ", "water")
        os.write(leader, b"q")
        assert child.wait(10) == DONE
        assert read_until(leader, "\033[?1049l") and termios.tcgetattr(follower) == before
    finally:
        child.kill()
        child.wait()
        os.close(follower)
        os.close(leader)


# ---- columns ----


def test_a_table_shows_the_columns_that_are_asked_for_in_their_order(busy):
    assert busy("cases", "--output", "department,CASE", "--no-headings").split("\n")[0].split() == ["edu", busy.numbers[0]]
    assert list(table(busy("cases", "--output", "state,case"))[0]) == ["STATE", "CASE"]
    assert busy("workers", "--output", "worker", "--no-headings").split() == ["edu-a"]
    assert busy("history", busy.numbers[0], "--output", "event", "--no-headings").split()[0] == "accepted"
    assert busy("status", "--output", "NAME,waiting", "--all").split("\n")[0].split() == ["NAME", "WAITING"]


@pytest.mark.parametrize("columns, wrong", [("case,colour", "colour"), ("", ""), (",case", "")])
def test_a_column_that_is_none_is_named_before_anybody_is_asked(columns, wrong):
    done = run("cases", "--output", columns, "--endpoint", "tcp://127.0.0.1:1")
    assert done.returncode == USAGE and f'there is no column "{wrong}"' in done.stderr


def test_every_command_explains_itself_with_an_example():
    commands = re.findall(r"^  (\w+) ", run("--help").stdout, re.MULTILINE)
    assert {"cases", "reload", "revoke", "keys"} <= set(commands)
    for command in commands:
        done = run(command, "--help")
        assert done.returncode == DONE, command
        assert f"wenzhengctl {command}" in done.stdout and "exit status" in done.stdout, command


# ---- keys ----


def make_key(folder, *arguments, expect=DONE):
    done = run("keys", "new", *arguments, "--dir", folder)
    assert done.returncode == expect, done.stdout + done.stderr
    return done.stdout if expect == DONE else done.stderr


def test_a_new_key_is_admitted_with_the_printed_line(ctl):
    text = make_key(ctl.house.path("keys"), "second", "--role", "operator")
    line = next(line for line in text.split("\n") if line.startswith("  - "))
    assert "does not admit the key" in ctl("status", key="second", zone="operator", expect=REFUSED)
    match = re.fullmatch(r'  - \{name: second, role: operator, key: "(.{40})"\}', line)
    principals = ctl.house.path("principals.yaml")
    others = json.loads(principals.read_text(encoding="utf-8"))["principals"]
    lines = [json.dumps(principal, ensure_ascii=False) for principal in others]
    principals.write_text("principals:\n" + "".join(f"  - {each}\n" for each in lines) + line + "\n", encoding="utf-8")
    ctl.house.reload()
    assert ctl.json("status", key="second", zone="operator")["open"] == 0
    assert match and match[1] in ctl.house.path("keys/second.key").read_text(encoding="utf-8")


def test_key_files_are_private_and_never_overwritten(tmp_path):
    for arguments, secret in ((["web", "--role", "portal"], "web.key_secret"),
                              (["wenzhengd", "--role", "server"], "wenzhengd.key_secret"),
                              (["query-code", "--role", "query-code"], "query-code.key")):
        make_key(tmp_path, *arguments)
        before = (tmp_path / secret).read_bytes()
        assert stat.S_IMODE((tmp_path / secret).stat().st_mode) == 0o600
        assert "exists" in make_key(tmp_path, *arguments, expect=REFUSED)
        assert (tmp_path / secret).read_bytes() == before
    assert re.fullmatch(rb"[0-9a-f]{64}\n", (tmp_path / "query-code.key").read_bytes())
    public, secret = re.findall(r'"(.{40})"', (tmp_path / "web.key_secret").read_text(encoding="utf-8"))
    assert zmq.curve_public(secret.encode()).decode() == public


def test_a_daemon_runs_on_the_keys_made_here(new_house):
    house = new_house()
    for name in ("wenzhengd.key_secret", "query-code.key", "contact.key"):
        house.path(f"keys/{name}").unlink()
    made = json.loads(make_key(house.path("keys"), "wenzhengd", "--role", "server", "--json"))
    make_key(house.path("keys"), "query-code", "--role", "query-code")
    assert "has no business there" in make_key(house.path("keys"), "contact", "--role", "contact")
    assert "must not be on the daemon's machine" in house.run("--check-config")[1]
    house.path("keys/contact.key_secret").unlink()
    house.server_public = made["key"].encode()
    house.start()
    assert house.portal().submit("m-1")["query_code"]


def test_keys_for_workers_name_their_departments(tmp_path):
    text = make_key(tmp_path, "edu-1", "--role", "worker", "--departments", "edu,water")
    assert text.rstrip().endswith(", departments: [edu, water]}")
    made = json.loads(make_key(tmp_path, "edu-2", "--role", "worker", "--departments", "edu", "--json"))
    assert made["departments"] == ["edu"] and re.fullmatch(r"[0-9a-f]{8}", made["fingerprint"])


@pytest.mark.parametrize("arguments, reason", [
    (["web"], "--role is missing"),
    (["web", "--role", "king"], "not one of portal, worker"),
    (["Web", "--role", "portal"], "a-z, 0-9"),
    (["../web", "--role", "portal"], "a-z, 0-9"),
    (["a" * 33, "--role", "portal"], "a-z, 0-9"),
    (["edu-1", "--role", "worker"], "--departments"),
    (["edu-1", "--role", "worker", "--departments", "edu,,water"], "the department"),
    (["web", "--role", "portal", "--departments", "edu"], "--role worker only"),
    (["web", "--role", "server"], "wenzhengd"),
    (["wenzhengd", "--role", "portal"], "--role server"),
])
def test_wrong_wishes_for_keys_make_no_file(tmp_path, arguments, reason):
    assert reason in make_key(tmp_path, *arguments, expect=USAGE)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(tmp_path):
    assert str(tmp_path / "none") in make_key(tmp_path / "none", "web", "--role", "portal", expect=REFUSED)


# ---- what can go wrong ----


@pytest.mark.parametrize("arguments, reason", [
    (["show"], "CASE is missing"),
    (["show", UNKNOWN_CASE, "x"], "one word too many"),
    (["show", "20260105-000001-5"], "check digit"),
    (["show", "20260105-000010-6"], "check digit"),
    (["why", "20260105"], "YYYYMMDD-NNNNNN-C"),
    (["history", "20260105_000001_6"], "YYYYMMDD-NNNNNN-C"),
    (["cases", "--state", "lost"], "--state is one of"),
    (["cases", "--limit", "0"], "--limit"),
    (["cases", "--department", "x" * 33], "32 bytes"),
    (["status", "--timeout", "soon"], "--timeout"),
    (["status", "--wings"], "no option --wings"),
    (["status", "--key"], "needs a value"),
    (["clock", "set"], "needs a time"),
    (["clock", "stop"], "neither accept nor set"),
    (["clock", "set", "tomorrow"], "2026-01-05T09:00:00"),
    (["watch", "--from", "-1"], "--from"),
    (["assign", UNKNOWN_CASE, "edu", "--reason", ""], "--reason is empty"),
    (["assign", UNKNOWN_CASE, "edu", "--reason", "a\x07b"], "control character"),
    (["fly"], "no command"),
])
def test_a_wrong_command_line_is_told_before_anybody_is_asked(arguments, reason):
    done = run(*arguments)
    assert done.returncode == USAGE and reason in done.stderr and not done.stdout
    assert "--help" in done.stderr


@pytest.mark.parametrize("command", ["status", "cases", "show", "why", "history", "workers", "keys", "clock", "drain",
                                     "assign", "watch"])
def test_every_command_explains_itself_with_an_example(command):
    done = run(command, "--help")
    assert done.returncode == DONE and not done.stderr
    assert f"example:\n  wenzhengctl {command}" in done.stdout or command == "assign"
    assert f"wenzhengctl {command} " in done.stdout and "exit status: 0 done" in done.stdout
    assert command in run("--help").stdout


def test_an_unknown_case_is_refused_by_the_daemon(ctl):
    for command in ("show", "why", "history"):
        assert "not-found" in ctl(command, UNKNOWN_CASE, expect=REFUSED)


def test_whoever_is_kept_out_is_told_which_key_and_why(ctl):
    said = ctl("status", key="web", zone="operator", expect=REFUSED)
    assert "keys/web.key_secret" in said and "principals.yaml" in said and re.search(r"fingerprint [0-9a-f]{8}", said)
    assert "role operator" in ctl("status", key="desk", expect=REFUSED)
    said = ctl("status", key="nobody", zone="operator", expect=REFUSED)
    assert "nobody.key_secret: No such file" in said and "wenzhengctl keys new" in said
    ctl.house.path("keys/ops.key_secret").chmod(0o644)
    assert "chmod 600" in ctl("status", expect=REFUSED)


def test_a_revoked_key_is_refused(ctl):
    next(line for line in ctl.house.principals if line["name"] == "ops")["state"] = "revoked"
    ctl.house.write_principals()
    ctl.house.reload()
    assert "not revoked" in ctl("status", expect=REFUSED)


def test_a_daemon_of_another_key_is_not_trusted(ctl):
    ctl.house.write("keys/other.key", ctl.key_file(zmq.curve_keypair()[0]))
    said = ctl("status", "--timeout", "1", server="other.key", expect=UNREACHABLE)
    assert "keys/other.key" in said


def test_a_daemon_that_is_away_is_told_with_the_way_out(new_house):
    ctl = Ctl(new_house())
    for arguments in (["status"], ["cases"], ["show", UNKNOWN_CASE], ["clock", "set", "2030-01-01T00:00:00"],
                      ["watch"]):
        said = ctl(*arguments, "--timeout", "1", expect=UNREACHABLE)
        assert ctl.house.endpoints["operator"] in said and "systemctl status wenzhengd" in said


def test_a_full_disk_for_the_answer_is_an_error():
    with open("/dev/full", "wb") as full:
        done = subprocess.run([program(), "status", "--help"], stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == REFUSED and b"cannot write the answer" in done.stderr


def read_until(terminal, *words):
    """What comes from a terminal until the words have come, one after another."""
    text, at = "", 0
    for word in words:
        while text.find(word, at) < 0:
            assert select.select([terminal], [], [], 30)[0], f"{word} did not come: {text}"
            text += os.read(terminal, 65536).decode("utf-8", "replace")
        at = text.find(word, at) + len(word)
    return text


def on_a_terminal(arguments, **environment):
    """What the program writes to a terminal."""
    leader, follower = pty.openpty()
    kept = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    with subprocess.Popen(arguments, stdout=follower, env={**kept, "TERM": "xterm", **environment}) as child:
        os.close(follower)
        written = b""
        while select.select([leader], [], [], 30)[0]:
            try:
                part = os.read(leader, 65536)
            except OSError:
                break
            if not part:
                break
            written += part
        assert child.wait() == DONE
    os.close(leader)
    return written.decode("utf-8")


def test_colours_are_for_terminals_that_want_them(busy):
    arguments = [program(), "status", *busy.arguments()]
    assert "\033[" not in busy("status")
    assert "\033[" in on_a_terminal(arguments)
    assert "\033[" not in on_a_terminal(arguments, NO_COLOR="1")
    assert "\033[" not in on_a_terminal(arguments, TERM="dumb")


def test_chinese_is_aligned_whatever_the_locale(busy):
    plain = busy("status")
    for locale in ("C", "C.UTF-8", "zz_ZZ"):
        done = run("status", *busy.arguments(), env={**os.environ, "LC_ALL": locale})
        assert done.stdout == plain
