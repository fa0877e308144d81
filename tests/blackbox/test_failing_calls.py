"""Every call that may fail once, fails once: the program ends in order and says so, or goes on; never by a signal."""

import errno
import os
import signal
import subprocess

import pytest

from failing_call import LIBRARY, failing
from house import binary
from test_programs import PROFILE, program, replay_file
from test_stock_workers import Programs, programs  # noqa: F401  (the fixture)

pytestmark = pytest.mark.skipif(not LIBRARY.exists(), reason="no programs here; WENZHENG_BIN_DIR names their folder")

ERRNO = {"write": errno.ENOSPC, "fflush": errno.ENOSPC, "read": errno.EIO, "fsync": errno.EIO, "fdatasync": errno.EIO,
         "fopen": errno.EMFILE, "zmq_msg_recv": errno.ENOTSOCK, "zmq_send": errno.ENOTSOCK, "zmq_poll": errno.EFAULT,
         "statvfs": errno.EIO, "fseek": errno.ESPIPE}


def end_of(command, name, nth, folder, lasts=False, **environment):
    """Exit status and standard error of a run in which the nth call of `name` fails; status None: there was no such
    call. One that `lasts` is asked to end after a moment."""
    mark = folder / f"{name}-{nth}"
    fails = failing(name, nth, ERRNO.get(name, errno.EMFILE), mark)
    process = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, env={**os.environ, **fails, **environment})
    try:
        said = process.communicate(timeout=0.7 if lasts else 60)[1]
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=30)[1]
    return process.returncode if mark.exists() else None, said.decode("utf-8", "replace")


def check(command, calls, folder, allowed, **options):
    """`calls`: name → which of its calls fail, one run each, until there are no more."""
    runs = 0
    for name, numbers in calls.items():
        for nth in numbers:
            status, said = end_of(command, name, nth, folder, **options)
            if status is None:
                break
            assert status in allowed, f"{name} {nth}: {status}\n{said}"
            assert status == 0 or said.strip(), f"{name} {nth}: ended with {status} and said nothing"
            runs += 1
    assert runs, "nothing failed"


FIRST = range(1, 4)
SOME = [1, 2, 3, 5, 9, 17, 30]


def test_the_daemon(programs, tmp_path):
    it = programs()
    it.house.stop()
    command = [binary(), "--config", it.house.path("wenzhengd.yaml")]
    check(command, {"sigprocmask": FIRST, "signalfd": FIRST, "zsys_init": [1], "zmq_socket": [1, 2, 5, 6], "zmq_bind": [1, 2],
                    "zmq_setsockopt": [1, 4], "zmq_poll": [1, 2, 8], "zmq_msg_recv": [1, 3, 30], "statvfs": [1],
                    "fstat": range(1, 7), "read": range(1, 9)}, tmp_path, {0, 1}, lasts=True)
    it.house.start()  # and none of that has hurt the store


def test_the_bench(tmp_path):
    command = [program("wenzheng-bench"), "rt", "2", "6", "--self", "--profile", PROFILE]
    folder = tmp_path / "t"
    folder.mkdir()
    check(command, {"zsys_init": [1], "socket": [1], "bind": [1], "signalfd": [1], "sigprocmask": FIRST, "mkdir": [1, 2],
                    "getrandom": FIRST, "write": range(1, 7), "fsync": [1, 3, 5], "fopen": range(1, 6), "pidfd_open": [1],
                    "zmq_send": [1, 2, 3, 5, 6, 7, 9, 12, 15], "zmq_msg_recv": SOME, "zmq_poll": SOME, "zmq_socket": [1, 3]},
          tmp_path, {0, 1}, TMPDIR=str(folder))
    assert not list(folder.iterdir()), "nothing is left behind"


def test_the_replay(tmp_path):
    path = replay_file(tmp_path, {"id": "1", "title": "路灯", "body": "不亮", "received": "2019-03-01T09:30:00"},
                       {"id": "2", "title": "井盖", "body": "丢失", "received": "2019-03-04T09:30:00", "reply": "好",
                        "replied": "2019-03-05T09:30:00"})
    folder = tmp_path / "t"
    folder.mkdir()
    check([program("wenzheng-replay"), path, "--profile", PROFILE],
          {"zsys_init": [1], "fopen": [1, 2, 3], "write": [1, 4], "zmq_send": [1, 2, 3, 4, 5, 6, 8, 11, 14, 17, 20, 24, 28],
           "zmq_msg_recv": SOME, "zmq_poll": SOME, "zmq_socket": [1, 3, 5, 7]}, tmp_path, {0, 1}, TMPDIR=str(folder))
    assert not list(folder.iterdir()), "nothing is left behind"


def keys(it, name, zone):
    return ["--endpoint", it.house.endpoints[zone], "--server-key", it.house.path("server.key"), "--key",
            it.house.path(f"clients/{name}.key_secret")]


@pytest.mark.parametrize("words, name, zone", [
    (["status"], "ops", "operator"), (["cases"], "ops", "operator"), (["workers"], "ops", "operator"),
    (["drain"], "ops", "operator"), (["clock"], "ops", "operator"), (["watch", "--wait", "1"], "ops", "operator")])
def test_wenzhengctl(programs, words, name, zone, tmp_path):
    it = programs()
    command = [program("wenzhengctl"), *words, *keys(it, name, zone), "--timeout", "2"]
    check(command, {"zmq_ctx_new": [1], "zmq_socket": [1, 2], "zmq_setsockopt": [1], "zmq_send": FIRST, "zmq_msg_recv": [1, 2, 4, 7],
                    "zmq_poll": [1, 2], "fflush": [1, 2], "ferror": [1], "read": [1, 3]}, tmp_path, {0, 1, 3}, lasts=True)


def test_the_stock_workers(programs, tmp_path):
    it = programs()
    it.house.write("lines.jsonl", '{"id": 1, "title": "a", "body": "b"}\n')
    wire = {"zmq_ctx_new": [1], "zmq_socket": [1], "zmq_send": FIRST, "zmq_msg_recv": [1, 2, 4], "zmq_poll": [1, 2]}
    allowed = {0, 1, 3, 4}
    check([program("wenzheng-submit"), *keys(it, "web", "portal"), "--title", "a", "--body", "b"],
          {**wire, "getrandom": [1], "fflush": [1]}, tmp_path, allowed)
    check([program("wenzheng-submit"), *keys(it, "web", "portal"), it.house.path("lines.jsonl")],
          {**wire, "fseek": [1], "fopen": [1], "fflush": [1]}, tmp_path, allowed)
    check([program("wenzheng-supervisor"), *keys(it, "inspector", "worker")], {**wire, "read": [4, 5]}, tmp_path, allowed,
          lasts=True)
    check([program("wenzheng-worker-exec"), *keys(it, "edu-a", "worker"), "true"],
          {**wire, "signalfd": [1], "epoll_create1": [1], "epoll_ctl": [1, 2], "getrandom": [1], "read": [4, 5]}, tmp_path, allowed,
          lasts=True)
