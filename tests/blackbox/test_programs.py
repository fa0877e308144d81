"""The programs beside the daemon at their edges: command lines, terminals, ends, and what they do with a daemon that runs."""

import json
import os
import pathlib
import pty
import select
import signal
import subprocess

import pytest

from house import binary
from test_stock_workers import Programs, programs  # noqa: F401  (the fixture)

pytestmark = pytest.mark.skipif(binary() is None, reason="no wenzhengd here; WENZHENG_BIN_DIR names its folder")
ROOT = pathlib.Path(__file__).resolve().parents[2]
PROFILE = ROOT / "profiles" / "guangdong.yaml"


def program(name):
    return str(pathlib.Path(binary()).with_name(name))


def run(name, *arguments, within=120, **options):
    options = {"stdin": subprocess.DEVNULL, **options}
    return subprocess.run([program(name), *map(str, arguments)], capture_output=True, encoding="utf-8",
                          timeout=within, check=False, **options)


def seen_on_a_terminal(command, **environment):
    """Exit status and what a program writes to standard error when that is a terminal."""
    leader, follower = pty.openpty()
    with subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=follower,
                          env={**os.environ, **environment}) as child:
        os.close(follower)
        written = b""
        while select.select([leader], [], [], 60)[0]:
            try:
                part = os.read(leader, 65536)
            except OSError:
                break
            if not part:
                break
            written += part
        status = child.wait()
    os.close(leader)
    return status, written.decode("utf-8", "replace")


# ---- command lines ----

STOCK = ["wenzheng-submit", "wenzheng-worker-exec", "wenzheng-supervisor"]


@pytest.mark.parametrize("name", STOCK + ["wenzheng-replay", "wenzheng-bench"])
def test_help_is_on_standard_output_and_an_unknown_option_is_not_guessed_at(name):
    done = run(name, "--help")
    assert done.returncode == 0 and name in done.stdout and not done.stderr
    done = run(name, "--no-such-option")
    assert done.returncode == 2 and not done.stdout and "--help" in done.stderr


@pytest.mark.parametrize("name", STOCK + ["wenzheng-replay"])
def test_a_version_is_told(name):
    done = run(name, "--version")
    assert done.returncode == 0 and done.stdout.startswith(name + " ") and not done.stderr


@pytest.mark.parametrize("name, arguments, reason", [
    ("wenzheng-submit", ["--utc-offset", "Peking"], "is not an offset like +08:00"),
    ("wenzheng-submit", ["--timeout", "0"], "--timeout: '0' is not a number"),
    ("wenzheng-submit", ["--in-flight", "1025"], "--in-flight"),
    ("wenzheng-submit", ["a.jsonl", "b.jsonl"], "'b.jsonl' is too much"),
    *[("wenzheng-submit", ["a.jsonl", option, "x"], "either a file or a message")
      for option in ("--id", "--title", "--body", "--category", "--region", "--department", "--class")],
    ("wenzheng-submit", [], "--title and --body are needed"),
    ("wenzheng-submit", ["--body", "x"], "--title and --body are needed"),
    ("wenzheng-supervisor", ["--utc-offset", "8"], "is not an offset"),
    ("wenzheng-supervisor", ["--from", "-1"], "--from"),
    ("wenzheng-supervisor", ["file"], "'file' is too much"),
    ("wenzheng-worker-exec", ["--utc-offset", "8", "true"], "is not an offset"),
    ("wenzheng-worker-exec", ["--custody", "nobody", "true"], "neither department nor process"),
    ("wenzheng-worker-exec", ["--credit", "0", "true"], "--credit"),
    ("wenzheng-worker-exec", ["--command-timeout", "0", "true"], "--command-timeout"),
    ("wenzheng-worker-exec", ["--retry-max", "x", "true"], "--retry-max"),
    ("wenzheng-worker-exec", ["--grace", "-1", "true"], "--grace"),
    ("wenzheng-worker-exec", ["--department", "edu"], "a command is needed"),
    ("wenzheng-worker-exec", ["--", "/usr"], "no such program that we may run"),
    ("wenzheng-worker-exec", ["--", "/etc/passwd"], "no such program that we may run"),
    ("wenzheng-worker-exec", ["--", "no-such-command-anywhere"], "no such program that we may run"),
    ("wenzheng-worker-exec", ["--department", "d"] * 257 + ["true"], "more than 256"),
])
def test_what_is_wrong_with_a_command_line_is_said_before_anything_is_tried(name, arguments, reason):
    done = run(name, *arguments)
    assert done.returncode == 2 and reason in done.stderr and not done.stdout


@pytest.mark.parametrize("path", [None, "", ":/nowhere", "/" + "x" * 5000])
def test_a_command_is_sought_along_the_path(path):
    environment = {key: value for key, value in os.environ.items() if key != "PATH"}
    if path is not None:
        environment["PATH"] = path
    done = run("wenzheng-worker-exec", "--key", "/nowhere", "true", env=environment)
    if path is None:
        assert done.returncode == 1 and "wenzhengd.key: No such file" in done.stderr  # found in the usual places
    else:
        assert done.returncode == 2 and "true: there is no such program" in done.stderr


def test_a_worker_without_standard_streams_keeps_its_descriptors_from_them():
    """A pipe that got the number of one would be the command's stream."""
    done = subprocess.run(["/bin/sh", "-c", 'exec "$@" <&- >&-', "sh", program("wenzheng-worker-exec"), "--custody", "department",
                           "--server-key", "/nowhere.key", "--key", "/nowhere", "true"], stderr=subprocess.PIPE, encoding="utf-8",
                          timeout=60, check=False)
    assert done.returncode == 1 and "/nowhere.key: No such file" in done.stderr


# ---- wenzheng-submit ----


def test_a_body_from_standard_input_may_not_be_what_no_message_is(programs):
    it = programs()
    message = ["--id", "n", "--title", "问", "--body", "-"]
    it.house.path("folder").mkdir()
    folder = os.open(it.house.path("folder"), os.O_RDONLY)
    process = it.start("wenzheng-submit", "web", *message, stdin=folder)
    os.close(folder)
    assert it.end(process) == 1 and "standard input: cannot be read" in it.log("wenzheng-submit")
    assert it.submit(*message, text="a\0b")[0] == 1
    assert "NUL" in it.log("wenzheng-submit")
    assert it.submit(*message, text="长" * 20000)[0] == 1
    assert it.submit(*message, text="")[0] == 1
    assert it.house.operator().status()["accepted"] == 0


def test_a_message_without_an_id_gets_one(programs):
    it = programs()
    status, lines = it.submit("--title", "问", "--body", "一", "--region", "北岸", "--category", "学校", "--class", "thanks",
                              "--department", "edu")
    assert status == 0
    words = lines[0].rstrip("\n").split("\t")
    assert words[2:4] == ["edu", "-"] and len(words[4]) >= 16
    status, lines = it.submit("--title", "天空", "--body", "一")
    assert status == 0 and lines[0].split("\t")[2] == "-"


def test_a_file_may_come_through_standard_input_and_its_refusals_are_told(programs):
    it = programs()
    lines = [{"id": "a", "title": "一", "body": "x", "region": None},
             {"id": "b", "title": "二", "body": "x", "department": "moon"},
             {"id": "c", "title": "三", "body": "x", "category": 5}, {"id": "a", "title": "other", "body": "x"},
             {"id": "d" * 200, "title": "四", "body": "x"}, [], {"id": "e", "title": "五", "body": "x", "class": 1},
             {"id": "f", "title": "六", "body": "x", "contact": 1}]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    status, said = it.submit("--in-flight", "1", "-", text=text)
    assert status == 1 and len(said) == 1 and said[0].endswith("a\n")
    log = it.log("wenzheng-submit")
    for reason in ("unknown-department", "standard input:3: is not a text: category", "conflict",
                   "standard input:6: is not a JSON object", "standard input:7: is not a text: class",
                   "standard input:8: is not a text: contact"):
        assert reason in log, log
    assert it.submit("--quiet", "/nowhere.jsonl")[0] == 1
    assert "/nowhere.jsonl: cannot open it" in it.log("wenzheng-submit")
    assert it.submit("--quiet", "--timeout", "1", "-", text=text, endpoint="tcp://127.0.0.1:9")[0] == 3
    assert it.submit("-", text=text, name="edu-a", endpoint=it.house.endpoints["portal"])[0] == 4


def test_a_terminal_gets_a_bar_and_a_summary(programs):
    it = programs()
    it.house.write("many.jsonl", "".join(json.dumps({"id": i, "title": "问", "body": "x"}) + "\n" for i in range(300)))
    command = [program("wenzheng-submit"), "--endpoint", it.house.endpoints["portal"], "--server-key",
               it.house.path("server.key"), "--key", it.house.path("clients/web.key_secret"), it.house.path("many.jsonl")]
    status, text = seen_on_a_terminal(command)
    assert status == 0 and "300/300" in text and "100 %" in text and "300" in text.splitlines()[-1]
    status, text = seen_on_a_terminal(command + ["--quiet"])
    assert status == 0 and text == ""


def test_receipts_that_cannot_be_written_are_an_error(programs):
    it = programs()
    with open("/dev/full", "wb") as full:
        done = subprocess.run([program("wenzheng-submit"), "--endpoint", it.house.endpoints["portal"], "--server-key",
                               it.house.path("server.key"), "--key", it.house.path("clients/web.key_secret"), "--title", "问",
                               "--body", "一"], stdout=full, stderr=subprocess.PIPE, timeout=60, check=False)
    assert done.returncode == 1 and b"cannot write all receipts to standard output" in done.stderr


# ---- wenzheng-worker-exec ----


def test_whoever_starts_next_finds_what_the_department_holds(programs):
    it = programs()
    portal = it.house.portal()
    for number in range(3):
        portal.submit(f"g-{number}", title="gate 一事", department="edu")
    first = it.worker("--department", "edu", "--credit", "3")
    it.world.until(lambda: len(it.lines("started")) == 3, what="three commands")
    first.kill()
    first.wait()
    it.house.write("gate-is-open", "")
    second = it.worker("--department", "edu")
    states = lambda: [portal.query(id=f"g-{number}")["state"] for number in range(3)]
    it.world.until(lambda: states() == ["answered"] * 3, 30, "the answers")
    assert "3 cases are held already" in it.log("wenzheng-worker-exec")
    second.terminate()
    assert it.end(second) == 0


def test_a_case_that_was_offered_anew_meanwhile_is_dropped(programs):
    it = programs()
    portal = it.house.portal()
    portal.submit("v", title="gate 一事", department="edu")
    worker = it.worker("--department", "edu", "--custody", "process")
    it.world.until(lambda: it.lines("started"), what="the command's start")
    worker.send_signal(signal.SIGSTOP)  # longer than a heartbeat is missed: the case goes to somebody else
    other = it.house.worker("edu-b")
    other.ready()
    offer = other.next_offer(within=30)
    worker.send_signal(signal.SIGCONT)
    other.take(offer)
    other.reply(offer)
    assert portal.query(id="v")["state"] == "answered"
    it.house.write("gate-is-open", "")
    worker.terminate()
    assert it.end(worker) == 0


def test_a_worker_whose_key_is_refused_or_not_there_says_so(programs):
    it = programs()
    it.house.path("clients/edu-b.key_secret").unlink()
    assert it.end(it.worker("--department", "edu", name="edu-b")) == 1
    assert "edu-b.key_secret: No such file" in it.log("wenzheng-worker-exec")
    next(line for line in it.house.principals if line["name"] == "edu-a")["state"] = "revoked"
    it.house.write_principals()
    it.house.reload()
    assert it.end(it.worker("--department", "edu")) == 4


def test_a_worker_waits_for_a_daemon_that_is_away(programs):
    it = programs()
    it.house.stop()
    worker = it.worker()
    it.world.until(lambda: "is the daemon running" in it.log("wenzheng-worker-exec"), what="the word about the daemon")
    it.house.start()
    portal = it.house.portal()
    portal.submit("w", title="answer 一事", department="edu")
    it.world.until(lambda: portal.query(id="w")["state"] == "answered", 60, "the answer")
    worker.terminate()
    assert it.end(worker) == 0


# ---- wenzheng-supervisor ----


def escalate(it):
    operator = it.house.operator()
    it.house.portal().submit("s", title="过期", department="edu")
    operator.clock(set=operator.status()["now"] + 40 * 86400 * 10**6)


def test_what_escalates_goes_to_standard_output_without_a_file(programs):
    it = programs(laboratory=True)
    escalate(it)
    supervisor = it.start("wenzheng-supervisor", "inspector", "--from", "0")
    lines = [json.loads(supervisor.stdout.readline()) for _ in range(4)]
    assert [line.get("rung") for line in lines] == [None, 1, 2, 3]
    supervisor.send_signal(signal.SIGHUP)  # nothing to open anew
    supervisor.send_signal(signal.SIGTERM)
    assert it.end(supervisor) == 0


@pytest.mark.parametrize("output, reason", [("/dev/full", "cannot write: No space left"),
                                            ("/nowhere/x", "cannot open it for appending")])
def test_what_cannot_be_written_ends_the_supervisor_and_comes_again(programs, output, reason):
    it = programs(laboratory=True)
    escalate(it)
    assert it.end(it.start("wenzheng-supervisor", "inspector", "--output", output)) == 1
    assert reason in it.log("wenzheng-supervisor")
    supervisor = it.supervisor("out.jsonl")
    it.world.until(lambda: len(it.lines("out.jsonl")) == 4, what="the lines")
    supervisor.terminate()
    assert it.end(supervisor) == 0


def test_a_key_that_never_got_in_ends_the_supervisor_and_one_that_did_waits(programs):
    it = programs(laboratory=True)
    assert it.end(it.start("wenzheng-supervisor", "web", endpoint=it.house.endpoints["worker"])) == 4
    assert it.end(it.start("wenzheng-supervisor", "inspector", server_key="none.key")) == 1
    supervisor = it.supervisor("out.jsonl")
    escalate(it)
    it.world.until(lambda: len(it.lines("out.jsonl")) == 4, what="the lines")
    inspector = next(line for line in it.house.principals if line["name"] == "inspector")
    inspector["state"] = "revoked"
    it.house.write_principals()
    it.house.restart()
    it.world.until(lambda: "refuses this key" in it.log("wenzheng-supervisor"), 60, "the word about the key")
    assert supervisor.poll() is None
    supervisor.terminate()
    assert it.end(supervisor) == 0


# ---- wenzheng-bench and wenzheng-replay ----


def bench(it, test, *changes, portal="web", worker="edu-a"):
    options = {"--portal": it.house.endpoints["portal"], "--worker": it.house.endpoints["worker"],
               "--server-key": it.house.path("server.key"), "--portal-key": it.house.path(f"clients/{portal}.key_secret"),
               "--worker-key": it.house.path(f"clients/{worker}.key_secret"), "--department": "edu",
               **dict(zip(changes[::2], changes[1::2]))}
    return run("wenzheng-bench", test, "4", "20", *[word for pair in options.items() if pair[1] for word in pair])


def test_the_bench_pushes_through_a_daemon_that_runs(programs):
    it = programs()
    done = bench(it, "rt")
    assert done.returncode == 0 and "test=rt W=4 n=20" in done.stdout and "server_us" not in done.stdout, done.stderr
    done = bench(it, "pub", "--worker", None, "--worker-key", None)
    assert done.returncode == 0 and "test=pub W=4 n=20" in done.stdout, done.stderr
    status = it.house.operator().status()
    assert (status["accepted"], status["closed"]) == (40, 20)


@pytest.mark.parametrize("changes, reason", [
    (["--server-key", "/nowhere"], "/nowhere: No such file"),
    (["--portal-key", "/nowhere"], "/nowhere: No such file"),
    (["--worker-key", "/nowhere"], "/nowhere: No such file"),
    (["--department", "x" * 33], "is not a department's id"),
    (["--department", "moon"], "not-yours"),
    (["--department", "water"], "not-yours"),
    (["--portal", "http://x"], "only tcp://host:port is possible"),
    (["--portal", "tcp://127.0.0.1:9"], "portal"),
])
def test_the_bench_says_what_it_cannot_do(programs, changes, reason):
    done = bench(programs(), "rt", *changes)
    assert done.returncode == 1 and reason in done.stderr and not done.stdout


def test_the_bench_says_which_key_is_refused(programs):
    it = programs()
    done = bench(it, "rt", portal="edu-a")
    assert done.returncode == 1 and "portal" in done.stderr
    done = bench(it, "rt", worker="web")
    assert done.returncode == 1 and "worker" in done.stderr


@pytest.mark.parametrize("missing", ["--portal", "--server-key", "--portal-key", "--department", "--worker", "--worker-key"])
def test_the_bench_needs_all_of_a_daemon(missing):
    options = ["--portal", "p", "--server-key", "s", "--portal-key", "k", "--department", "d", "--worker", "w",
               "--worker-key", "v"]
    at = options.index(missing)
    assert run("wenzheng-bench", "rt", "1", "1", *options[:at], *options[at + 2:]).returncode == 2


@pytest.mark.parametrize("words", [["pub", "x", "1"], ["pub", "1", "1x"], ["pub", "1", "0"], ["pub", "1"]])
def test_the_benchs_numbers_are_numbers(words):
    assert run("wenzheng-bench", *words, "--self", "--profile", PROFILE).returncode == 2


@pytest.mark.parametrize("profile, department, reason", [
    ("/nowhere.yaml", None, "/nowhere.yaml: No such file"),
    (PROFILE, "moon", "no department 'moon'"),
])
def test_a_daemon_of_the_benchs_own_must_start_and_have_the_department(profile, department, reason, tmp_path):
    more = ["--department", department] if department else []
    done = run("wenzheng-bench", "pub", "1", "1", "--self", "--profile", profile, *more,
               env={**os.environ, "TMPDIR": str(tmp_path)})
    assert done.returncode == 1 and reason in done.stderr and not list(tmp_path.iterdir())


def replay_file(tmp_path, *lines):
    path = tmp_path / "in.jsonl"
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines), encoding="utf-8")
    return path


LINE = {"title": "路灯", "body": "不亮", "received": "2019-03-01T09:30:00"}


@pytest.mark.parametrize("line, reason", [
    ("[]", "is not a JSON object"),
    ("nonsense", "is not JSON"),
    ({**LINE, "id": 5}, "id"),
    ({**LINE, "category": []}, "category"),
    ({**LINE, "reply": 1}, "reply"),
    ({**LINE, "received": "yesterday"}, "is not a moment"),
    ({**LINE, "reply": "x", "replied": "2018-01-01T00:00:00"}, '"replied" is before "received"'),
    ("", "has no message"),
    (" \0", "is not JSON"),
])
def test_a_line_that_cannot_be_replayed_is_named(line, reason, tmp_path):
    done = run("wenzheng-replay", replay_file(tmp_path, line), "--profile", PROFILE)
    assert done.returncode == 1 and reason in done.stderr and "in.jsonl" in done.stderr


def test_a_folder_is_no_history(tmp_path):
    done = run("wenzheng-replay", tmp_path, "--profile", PROFILE)
    assert done.returncode == 1 and "Is a directory" in done.stderr


def test_a_replay_may_be_kept_and_a_terminal_sees_how_far_it_is(tmp_path):
    path = replay_file(tmp_path, *[{**LINE, "id": str(number), "received": f"20{year}-03-01T09:30:00"}
                                   for year in range(10, 26) for number in range(5)])
    kept = tmp_path / "kept"
    command = [program("wenzheng-replay"), path, "--profile", PROFILE]
    status, text = seen_on_a_terminal(command)
    assert status == 0 and "100 %" in text and "#" in text
    done = run("wenzheng-replay", path, "--profile", PROFILE, "--keep", kept)
    assert done.returncode == 0 and f"kept: wenzhengd --verify --config {kept}" in done.stdout
    verified = subprocess.run([binary(), "--verify", "--config", kept / "wenzhengd.yaml"], capture_output=True, timeout=60,
                              check=False)
    assert verified.returncode == 0, verified.stderr
    status, text = seen_on_a_terminal([binary(), "--verify", "--config", kept / "wenzhengd.yaml"])
    assert status == 0 and "100 %" in text
