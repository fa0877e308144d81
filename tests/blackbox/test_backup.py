"""`wenzhengd --backup`: one moment of a working daemon's store, verified, whole or not there at all."""

import contextlib
import errno
import fcntl
import json
import os
import pathlib
import pty
import shutil
import signal
import sqlite3
import subprocess
import tempfile

import pytest

from archives import (assert_whole, at_time, back_up, backups_in, error_of, leavings, run_failing)
from test_full_disk import MIB, SmallDisk
from test_verify import fill


@pytest.fixture
def elsewhere():
    """A folder on another file system, where there is one."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="wz-backup-", dir="/dev/shm"))
    yield folder
    shutil.rmtree(folder)


def test_it_says_what_it_made(house):
    fill(house)
    status, said = house.run("--backup")
    assert status == 0, said
    folder = house.store.parent / "backup"
    [name] = backups_in(folder)
    assert_whole(folder / name)
    manifest = json.loads((folder / name).with_suffix(".json").read_text())
    assert f"backup      {folder}/{name}" in said
    assert f"records     {manifest['records']}, head {manifest['head']}" in said
    assert f"size        {manifest['size']} bytes" in said and "took " in said
    assert "0 differences" in said and "\r" not in said, "no bar where there is no terminal"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert not leavings(folder)


def on_a_terminal(house, **environment):
    """What stands on standard error when that is a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(house.command("--backup"), env={**house.environ(), **environment},
                               stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    said = b""
    with contextlib.suppress(OSError):  # a terminal whose other end is gone
        while data := os.read(ours, 65536):
            said += data
    os.close(ours)
    assert process.wait() == 0, said
    return said.decode()


def test_a_terminal_shows_how_far_it_has_come_and_is_clean_afterwards(house):
    fill(house)
    make(house, "one")
    shown = on_a_terminal(house)
    assert "copying" in shown and "journal" in shown and "100 %" in shown and "\033[32m" in shown
    assert shown.endswith("\r\033[K")
    house.write_config(backup="one")
    assert "\033[32m" not in on_a_terminal(house, NO_COLOR="1")


def test_of_a_working_daemon_it_has_every_message_with_a_receipt_before_it(house, new_house):
    portal = house.portal()
    before = [portal.submit(f"b-{i}", department="edu", contact="13800000000") for i in range(200)]
    process = subprocess.Popen(house.command("--backup", "--json"), env=house.environ(), stdout=subprocess.PIPE)
    meanwhile = []
    while process.poll() is None:
        meanwhile.append(portal.submit(f"d-{len(meanwhile)}", department="edu"))
    manifest = json.loads(process.stdout.read())
    process.stdout.close()
    assert process.returncode == 0 and meanwhile
    after = portal.submit("after", department="edu")
    assert house.stop() == 0
    with sqlite3.connect(house.store) as db:
        accepted = dict(db.execute("SELECT subject, seq FROM journal WHERE kind = 2"))
    promised = before + [r for i, r in enumerate(meanwhile) if accepted[f"d-{i}"] <= manifest["records"]]

    empty = new_house()
    for name in ("query-code.key", "contact.key"):
        shutil.copy(house.path(f"keys/{name}"), empty.path(f"keys/{name}"))
    backup = house.store.parent / "backup" / manifest["file"]
    status, said = empty.run("--restore", str(backup))
    assert status == 0 and "kept" not in said and "lost" not in said, said
    assert empty.run("--verify")[0] == 0
    empty.start()
    again = empty.portal()
    assert empty.operator().status()["accepted"] == len(promised)
    ids = [f"b-{i}" for i in range(len(before))] + [f"d-{i}" for i in range(len(promised) - len(before))]
    for message_id, receipt in zip(ids, promised):
        fields = {"contact": "13800000000"} if message_id[0] == "b" else {}
        repeated = again.submit(message_id, department="edu", **fields)
        assert (repeated["case"], repeated["query_code"]) == (receipt["case"], receipt["query_code"])
    assert after["case"] not in {receipt["case"] for receipt in promised}


def test_the_daemon_gets_its_wal_back(house):
    portal = house.portal()
    wal = pathlib.Path(f"{house.store}-wal")
    for turn in range(4):
        for i in range(100):
            portal.begin_submit(f"m-{turn}-{i}", body="字" * 8000)
        portal.submit(f"m-{turn}-last")
        back_up(house, "--to", str(make(house, f"to-{turn}")))
    assert wal.stat().st_size < 24 * MIB, "four times what one round writes, and more, would not fit"


def make(house, name):
    house.path(name).mkdir(mode=0o700)
    return house.path(name)


def test_it_may_go_to_another_file_system(house, elsewhere):
    fill(house)
    manifest = back_up(house, "--to", str(elsewhere))
    assert_whole(manifest["path"])


def test_a_folder_of_the_configuration_is_used_and_is_not_made_elsewhere(house):
    make(house, "safe")
    house.write_config(backup="safe")
    back_up(house)
    assert len(backups_in(house.path("safe"))) == 1
    house.write_config(backup="not-mounted/safe")
    status, said = house.run("--backup")
    assert (status, error_of(said)) == (1, "no-folder"), said
    assert not house.path("not-mounted").exists()


def test_what_cannot_be_written_to_is_told_in_a_word(house):
    status, said = house.run("--backup", "--to", str(house.path("nowhere")))
    assert (status, error_of(said)) == (1, "no-folder"), said
    house.write("file", "x")
    status, said = house.run("--backup", "--to", str(house.path("file")))
    assert (status, error_of(said)) == (1, "no-folder"), said
    status, said = house.run("--backup", "--to", "/proc/self")
    assert status == 1 and error_of(said) in ("not-writable", "no-folder"), said


def test_a_disk_that_is_full_keeps_nothing_of_it(house):
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small file system")
    fill(house)
    disk = SmallDisk()
    try:
        disk.leave_free(16 * 1024)
        status, said = house.run("--backup", "--to", str(disk.folder))
        assert (status, error_of(said)) == (1, "full"), said
        disk.make_room()
        assert not leavings(disk.folder) and not backups_in(disk.folder)
        subprocess.run(["mount", "-o", "remount,ro", str(disk.folder)], check=True)
        status, said = house.run("--backup", "--to", str(disk.folder))
        assert (status, error_of(said)) == (1, "not-writable"), said
        subprocess.run(["mount", "-o", "remount,rw", str(disk.folder)], check=True)
        assert_whole(back_up(house, "--to", str(disk.folder))["path"])
    finally:
        disk.remove()


def test_a_name_that_is_taken_is_not_taken_away(house):
    assert at_time(house, "2026-11-27 10:00:00", "--backup")[0] == 0
    folder = house.store.parent / "backup"
    before = (folder / "wenzheng-20261127T100000Z.db").read_bytes()
    house.portal().submit("m-1")
    status, said = at_time(house, "2026-11-27 10:00:00", "--backup")
    assert (status, error_of(said)) == (1, "exists"), said
    assert (folder / "wenzheng-20261127T100000Z.db").read_bytes() == before and not leavings(folder)


def test_two_at_once_do_not_meet(house):
    folder = make(house, "backup")
    with open(folder / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        status, said = house.run("--backup")
    assert (status, error_of(said)) == (1, "busy"), said
    assert house.run("--backup")[0] == 0


def test_a_damaged_store_makes_no_backup(house):
    fill(house)
    assert house.stop() == 0
    with sqlite3.connect(house.store) as db:
        db.execute("UPDATE text SET body = '伪造' WHERE role = 2")
    house.is_broken = True
    status, said = house.run("--backup")
    assert (status, error_of(said)) == (1, "damaged"), said
    assert "text-hash" in said
    folder = house.store.parent / "backup"
    assert not backups_in(folder) and not leavings(folder)


def test_rows_that_do_not_follow_from_the_journal_make_no_backup(house):
    """What only the whole of --verify sees: each row is as it was written, and says something else."""
    fill(house)
    assert house.stop() == 0
    with sqlite3.connect(house.store) as db:
        db.execute("DELETE FROM cases WHERE state = 5")
    house.is_broken = True
    status, said = house.run("--backup")
    assert (status, error_of(said)) == (1, "damaged"), said
    assert not backups_in(house.store.parent / "backup")


def test_a_wal_that_grows_without_bound_is_let_go(house):
    fill(house)
    os.truncate(f"{house.store}-wal", 1024 * MIB + 4096)  # as if so much had been written meanwhile
    status, said = house.run("--backup")
    assert (status, error_of(said)) == (1, "busy"), said
    assert "WAL" in said and not leavings(house.store.parent / "backup")


def test_without_a_store_it_says_so(new_house):
    house = new_house()
    status, said = house.run("--backup")
    assert (status, error_of(said)) == (1, "unreadable"), said
    assert not house.store.exists() and not leavings(house.store.parent / "backup")


# ---- keeping some ----


def test_the_oldest_go_and_what_is_not_known_stays(house, new_house):
    folder = make(house, "backup")
    strangers = ["notes.txt", "wenzheng-20200101T000000Z.db", "old.db", "wenzheng-x.json"]
    for name in strangers:
        (folder / name).write_text("{}")
    (folder / "wenzheng-20200102T000000Z.json").write_text('{"format": "something else"}')
    other = new_house().start()
    assert at_time(other, "2020-06-01 00:00:00", "--backup", "--to", str(folder))[0] == 0
    for day in (1, 2, 3, 4):
        status, said = at_time(house, f"2026-11-0{day} 03:00:00", "--backup", "--keep", "2")
        assert status == 0, said
    assert "removed" in said and "20261102T030000Z.db" in said
    ours = [name for name in backups_in(folder) if name.startswith("wenzheng-2026")]
    assert ours == ["wenzheng-20261103T030000Z.db", "wenzheng-20261104T030000Z.db"]
    for name in [*strangers, "wenzheng-20200102T000000Z.json", "wenzheng-20200601T000000Z.db",
                 "wenzheng-20200601T000000Z.json"]:
        assert (folder / name).exists(), name


def test_the_new_one_stays_even_if_the_clock_says_that_it_is_old(house):
    folder = house.store.parent / "backup"
    for when in ("2026-11-02", "2026-11-03", "2026-11-01"):
        assert at_time(house, f"{when} 03:00:00", "--backup", "--keep", "1")[0] == 0
    assert backups_in(folder) == ["wenzheng-20261101T030000Z.db"] and not leavings(folder)


def test_a_backup_that_is_no_longer_what_it_was_is_not_counted(house):
    folder = house.store.parent / "backup"
    for day in (1, 2):
        assert at_time(house, f"2026-11-0{day} 03:00:00", "--backup")[0] == 0
    os.truncate(folder / "wenzheng-20261102T030000Z.db", 4096)
    assert at_time(house, "2026-11-03 03:00:00", "--backup", "--keep", "2")[0] == 0
    assert len(backups_in(folder)) == 3, "the whole ones are two, and the spoilt one is for a person to look at"


def test_how_many_to_keep_is_at_least_one(house):
    for keep in ("0", "-1", "x", "", "2000000"):
        assert house.run("--backup", "--keep", keep)[0] == 2
    assert house.run("--verify", "--keep", "1")[0] == 2


# ---- interrupted, killed, failing ----


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_at_any_moment_leaves_a_whole_backup_or_none(house, number):
    fill(house)
    words = set()
    for nth in range(1, 1000):
        folder = make(house, f"to-{nth}")
        status, said = run_failing(house, nth, -number, "--backup", "--to", str(folder))
        if status is None:
            break
        assert not leavings(folder), (nth, leavings(folder))
        words.add(error_of(said) or "done")
        assert (status == 0) == (len(backups_in(folder)) == 1)
        for name in backups_in(folder):
            assert_whole(folder / name)
    assert nth > 8 and words == {"interrupted", "done"}


def test_killed_at_any_moment_it_leaves_a_whole_backup_or_none_and_the_next_one_clears_up(house):
    fill(house)
    seen = set()
    for nth in range(1, 1000):
        folder = make(house, f"to-{nth}")
        status, _ = run_failing(house, nth, -signal.SIGKILL, "--backup", "--to", str(folder))
        if status is None:
            break
        assert status == -signal.SIGKILL
        seen.update(name.lstrip(".") for name in leavings(folder))
        for name in backups_in(folder):
            if not name.startswith("."):
                assert_whole(folder / name)
        status, said = at_time(house, "2030-01-01 00:00:00", "--backup", "--to", str(folder), "--keep", "5")
        assert status == 0, said
        assert not leavings(folder), (nth, leavings(folder))
        for name in backups_in(folder):
            assert_whole(folder / name)
    assert nth > 8 and "unfinished.db" in seen


def test_whatever_call_fails_nothing_half_has_a_name(house):
    fill(house)
    for nth in range(1, 1000):
        folder = make(house, f"to-{nth}")
        status, said = run_failing(house, nth, errno.EIO, "--backup", "--to", str(folder))
        if status is None:
            break
        if status == 0:  # what is removed before may be missing
            assert [assert_whole(folder / name) for name in backups_in(folder)]
        else:
            assert status == 1 and error_of(said), said
            assert not backups_in(folder) or error_of(said) == "output", (nth, said)
    assert nth > 8


def test_a_copy_that_cannot_be_synced_gets_no_name(house):
    fill(house)
    for nth in (1, 2, 3):
        folder = make(house, f"to-{nth}")
        status, said = run_failing(house, nth, errno.EIO, "--backup", "--to", str(folder), name="fsync")
        assert (status, error_of(said)) == (1, "failed"), said
        assert not backups_in(folder) and not leavings(folder)


def test_wenzhengctl_is_its_door(house):
    fill(house)
    program = pathlib.Path(house.command()[0]).with_name("wenzhengctl")
    config = str(house.path("wenzhengd.yaml"))
    done = subprocess.run([program, "backup", "--config", config, "--json"], env=house.environ(), check=True,
                          capture_output=True)
    manifest = json.loads(done.stdout)
    assert_whole(house.store.parent / "backup" / manifest["file"])
    failed = subprocess.run([program, "backup", "--config", config, "--to", "/nonexistent"], env=house.environ(),
                            check=False, capture_output=True, text=True)
    assert failed.returncode == 1 and error_of(failed.stderr) == "no-folder"
    assert subprocess.run([program, "backup", "--keep", "none", "--config", config], check=False,
                          capture_output=True).returncode == 2
