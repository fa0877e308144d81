"""`wenzhengd --restore`: a verified backup in the store's place, the old store kept, nothing given up unsaid."""

import errno
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess

import pytest

from archives import back_up, discard_of, error_of, last_record, run_failing
from test_verify import fill


def kept_in(house):
    return sorted(path for path in house.store.parent.glob("wenzheng.db.before-restore-*")
                  if not path.name.endswith(("-wal", "-shm", "-witness")))


def bytes_of(store):
    """What there is of a store, by the endings of its files; an empty file has nothing of it."""
    paths = {ending: pathlib.Path(f"{store}{ending}") for ending in ("", "-wal", "-witness")}
    return {ending: path.read_bytes() for ending, path in paths.items() if path.exists() and path.stat().st_size}


def restore(house, path, *arguments):
    status, said = house.run("--restore", str(path), *arguments)
    assert status == 0, said
    return said


def refused(house, word, path, *arguments):
    """Refused with this word, and nothing was changed."""
    before = house.store.read_bytes() if house.store.exists() else None
    status, said = house.run("--restore", str(path), *arguments)
    assert (status, error_of(said)) == (1, word), said
    assert (house.store.read_bytes() if house.store.exists() else None) == before
    assert not kept_in(house) and not pathlib.Path(f"{house.store}.restoring").exists()
    return said


@pytest.fixture
def grown(house):
    """A house whose daemon was killed after more came in than its backup has; the backup's manifest."""
    fill(house)
    manifest = back_up(house)
    house.portal().submit("later-1", department="edu")
    house.portal().submit("later-2", department="edu")
    house.kill()
    return manifest


def test_a_running_daemon_keeps_its_store(house):
    manifest = back_up(house)
    status, said = house.run("--restore", str(manifest["path"]))
    assert (status, error_of(said)) == (1, "running"), said
    assert str(house.process.pid) in said


def test_what_a_newer_store_has_is_given_up_only_by_name(house, grown):
    said = refused(house, "newer", grown["path"])
    last = last_record(house.store)
    assert discard_of(said) == str(last) and f"{last - grown['records']} would be lost" in said
    for wrong in (str(last - 1), str(grown["records"]), "unreadable", "0", ""):
        refused(house, "newer", grown["path"], "--discard-newer", wrong)
    said = restore(house, grown["path"], "--discard-newer", str(last))
    assert f"lost        {last - grown['records']} records" in said
    for word in ("receipts", "offers", "events"):
        assert word in said
    assert last_record(house.store) == grown["records"]
    [kept] = kept_in(house)
    assert last_record(kept) == last, "with what was in its WAL"
    house.start()
    portal = house.portal()
    assert portal.submit("m-0", department="edu", title="标题0")["case"].endswith("000001-" + portal.query(id="m-0")["case"][-1])
    portal.refused("not-found", "QUERY", id="later-1")


def test_what_was_kept_can_be_put_back(house, grown):
    restore(house, grown["path"], "--discard-newer", str(last_record(house.store)))
    [kept] = kept_in(house)
    said = restore(house, kept)
    assert "lost  " not in said, "the store was the beginning of what was kept"
    house.start()
    assert house.portal().query(id="later-2")


def test_a_store_that_the_backup_goes_on_from_is_replaced_without_a_word(house):
    fill(house)
    house.kill()
    old = house.path("old.db")
    shutil.copy(house.store, old)
    shutil.copy(f"{house.store}-wal", f"{old}-wal")
    house.start()
    house.portal().submit("later")
    manifest = back_up(house)
    house.kill()
    for suffix in ("", "-wal"):
        shutil.copy(f"{old}{suffix}", f"{house.store}{suffix}")
    for suffix in ("-shm", "-witness"):
        pathlib.Path(f"{house.store}{suffix}").unlink()
    restore(house, manifest["path"])
    assert last_record(house.store) == manifest["records"]


def test_the_same_moment_loses_nothing(house):
    fill(house)
    house.kill()
    manifest = back_up(house)
    assert "lost  " not in restore(house, manifest["path"])


def test_another_history_is_given_up_only_by_name(house, new_house):
    other = new_house().start()
    fill(other)
    manifest = back_up(other)
    house.portal().submit("m-1")
    assert house.stop() == 0
    said = refused(house, "other-history", manifest["path"])
    assert discard_of(said) == str(last_record(house.store))
    restore(house, manifest["path"], "--discard-newer", discard_of(said))
    assert last_record(house.store) == manifest["records"]


def test_histories_that_parted_are_two(house, grown):
    restore(house, grown["path"], "--discard-newer", str(last_record(house.store)))
    house.start()
    for i in range(5):
        house.portal().submit(f"other-{i}")
    assert house.stop() == 0
    [kept] = kept_in(house)
    status, said = house.run("--restore", str(kept))
    assert (status, error_of(said)) == (1, "other-history"), said


def test_what_cannot_be_opened_is_given_up_by_saying_so(house, grown):
    pathlib.Path(f"{house.store}-wal").unlink()
    house.store.write_bytes(b"nothing of ours")
    said = refused(house, "unreadable", grown["path"])
    assert discard_of(said) == "unreadable"
    refused(house, "unreadable", grown["path"], "--discard-newer", "12")
    restore(house, grown["path"], "--discard-newer", "unreadable")
    assert kept_in(house)[0].read_bytes() == b"nothing of ours"
    house.start()


def test_a_store_with_a_damaged_wal_is_kept_with_it(house, grown):
    wal = pathlib.Path(f"{house.store}-wal")
    with open(wal, "r+b") as file:
        file.seek(32 + 24 + 100)
        file.write(b"damaged")
    before = wal.read_bytes()
    restore(house, grown["path"], "--discard-newer", discard_of(refused_anyhow(house, grown["path"])))
    [kept] = kept_in(house)
    assert pathlib.Path(f"{kept}-wal").read_bytes() == before
    assert not wal.exists() and last_record(house.store) == grown["records"]
    house.start()


def refused_anyhow(house, path):
    status, said = house.run("--restore", str(path))
    assert status == 1, said
    return said


LOSSES = {
    "the end of its WAL": lambda store: os.truncate(f"{store}-wal", 32 + 4096),
    "its WAL": lambda store: os.unlink(f"{store}-wal"),
    "all but its WAL": lambda store: os.truncate(store, 0),
    "its database": os.unlink,
    "all but its WAL, of which nobody knows": lambda store: [os.unlink(f"{store}{ending}") for ending in ("", "-witness")],
}


@pytest.mark.parametrize("lost", LOSSES)
def test_a_store_that_lost_its_end_is_kept_with_its_witness(house, grown, lost):
    house.start()
    house.portal().submit("committed, and in the WAL alone")
    house.kill()
    LOSSES[lost](house.store)
    pathlib.Path(f"{house.store}-shm").unlink()
    left = bytes_of(house.store)
    house.launch()
    house.world.until(lambda: house.status is not None, 30, "a refusal")
    assert "its end is lost" in house.log()
    assert bytes_of(house.store) == left, "a refused start changes nothing"
    restore(house, grown["path"], "--discard-newer", discard_of(refused(house, "unreadable", grown["path"])))
    kept = {str(path).removesuffix(ending) for ending in ("-wal", "-shm", "-witness")
            for path in house.store.parent.glob(f"wenzheng.db.before-restore-*{ending}")}
    assert [bytes_of(path) for path in kept] == [left]
    assert last_record(house.store) == grown["records"]
    house.start()
    house.portal().submit("it goes on")


def test_an_empty_file_is_no_store(new_house, house):
    manifest = back_up(house)
    empty = new_house()
    empty.store.touch(0o600)
    assert "kept" not in restore(empty, manifest["path"])


DAMAGES = {
    "a bit of a text": lambda data: data.replace("最后的答复".encode(), "最后的答夏".encode()),
    "its end": lambda data: data[:-4096],
    "its beginning": lambda data: b"\0" * 16 + data[16:],
    "everything": lambda data: b"",
}


@pytest.mark.parametrize("name", DAMAGES)
@pytest.mark.parametrize("with_manifest", [True, False])
def test_a_damaged_backup_is_refused(house, name, with_manifest):
    fill(house)
    manifest = back_up(house)
    house.kill()
    data = manifest["path"].read_bytes()
    assert DAMAGES[name](data) != data
    manifest["path"].write_bytes(DAMAGES[name](data))
    if not with_manifest:
        manifest["path"].with_suffix(".json").unlink()
    refused(house, "damaged", manifest["path"])
    house.start()


def test_what_is_no_backup_is_refused(house, grown):
    refused(house, "no-file", house.path("nowhere.db"))
    refused(house, "no-file", house.folder)
    store = house.path("other.db")
    shutil.copy(house.store, store)
    shutil.copy(f"{house.store}-wal", f"{store}-wal")
    assert "WAL" in refused(house, "no-file", store)
    with sqlite3.connect(house.path("strange.db")) as db:
        db.execute("CREATE TABLE t (a)")
    refused(house, "damaged", house.path("strange.db"))


def test_a_program_that_still_reads_the_store_is_waited_for_by_a_person(house):
    manifest = back_up(house)
    assert house.stop() == 0
    with sqlite3.connect(f"file:{house.store}?mode=ro", uri=True) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM journal").fetchone()
        status, said = house.run("--restore", str(manifest["path"]))
        assert (status, error_of(said)) == (1, "busy"), said
    reader.close()
    restore(house, manifest["path"])


def test_what_root_restores_belongs_to_the_daemon(house, grown):
    if os.geteuid() != 0:
        pytest.skip("only root gives files away")
    for name in ("", "-wal", "-shm", "-witness"):
        os.chown(f"{house.store}{name}", 65534, 65534)
    os.chown(house.folder, 65534, 65534)
    pathlib.Path(f"{house.store}.lock").unlink()
    restore(house, grown["path"], "--discard-newer", discard_of(refused_anyhow(house, grown["path"])))
    for path in (house.store, pathlib.Path(f"{house.store}.lock"), kept_in(house)[0]):
        status = path.stat()
        assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (65534, 65534, 0o600), path


def test_where_a_store_never_was_it_belongs_to_the_folders_owner(house, new_house):
    if os.geteuid() != 0:
        pytest.skip("only root gives files away")
    manifest = back_up(house)
    empty = new_house()
    os.chown(empty.folder, 65534, 65534)
    restore(empty, manifest["path"])
    assert empty.store.stat().st_uid == 65534


# ---- killed, interrupted, failing ----


class Copies:
    """The same store again and again, each time a restore is to be cut short at another call."""

    def __init__(self, house):
        self.house = house
        self.saved = {path.name: path.read_bytes() for path in self._files()}

    def _files(self):
        return [path for path in self.house.store.parent.iterdir()
                if path.name.startswith("wenzheng.db") and not path.name.endswith(".lock")]

    def put_back(self):
        for path in self._files():
            path.unlink()
        for name, data in self.saved.items():
            path = self.house.store.parent / name
            path.touch(0o600)
            path.write_bytes(data)


def test_killed_at_any_moment_there_is_the_old_store_or_the_new_one(house, grown):
    copies = Copies(house)
    last = discard_of(refused_anyhow(house, grown["path"]))
    seen = set()
    for nth in range(1, 1000):
        copies.put_back()
        status, _ = run_failing(house, nth, -signal.SIGKILL, "--restore", str(grown["path"]), "--discard-newer", last)
        if status is None:
            break
        house.start()
        accepted = house.operator().status()["accepted"]
        house.kill()
        seen.add(accepted)
        assert accepted in (4, 6), nth
        if accepted == 6:  # and once more, over what the dead one left
            restore(house, grown["path"], "--discard-newer", discard_of(refused_anyhow(house, grown["path"])))
        else:
            assert last_record(kept_in(house)[0]) == int(last)
        assert not pathlib.Path(f"{house.store}.restoring").exists() or accepted == 4
        assert house.store.stat().st_nlink == 1
    assert nth > 8 and seen == {4, 6}


def test_killed_at_any_moment_a_damaged_store_is_never_gone_on_from_without_its_wal(house, grown):
    wal = pathlib.Path(f"{house.store}-wal")
    with open(wal, "r+b") as file:
        file.seek(32 + 24 + 100)
        file.write(b"damaged")
    copies = Copies(house)
    word = discard_of(refused_anyhow(house, grown["path"]))
    started = 0
    for nth in range(1, 1000):
        copies.put_back()
        status, _ = run_failing(house, nth, -signal.SIGKILL, "--restore", str(grown["path"]), "--discard-newer", word)
        if status is None:
            break
        house.launch()
        house.world.until(lambda: house.was_told("READY", "1") or house.status is not None, 30, "a decision")
        if house.process:
            assert house.operator().status()["accepted"] == 4, nth
            started += 1
        house.kill()
        if not started:  # once more, over what the dead one left
            restore(house, grown["path"], "--discard-newer", discard_of(refused_anyhow(house, grown["path"])))
        [kept] = kept_in(house)
        assert kept.read_bytes() == copies.saved["wenzheng.db"]
        assert pathlib.Path(f"{kept}-wal").read_bytes() == copies.saved["wenzheng.db-wal"]
    assert started


@pytest.mark.parametrize("error", [-signal.SIGTERM, errno.EIO])
def test_stopped_or_failing_at_any_call_it_leaves_the_old_store_or_the_new_one(house, grown, error):
    copies = Copies(house)
    last = discard_of(refused_anyhow(house, grown["path"]))
    words = set()
    for nth in range(1, 1000):
        copies.put_back()
        status, said = run_failing(house, nth, error, "--restore", str(grown["path"]), "--discard-newer", last)
        if status is None:
            break
        words.add(error_of(said) or "done")
        end = last_record(house.store)
        assert end in (int(last), grown["records"])
        if status == 0:
            assert end == grown["records"]
        else:
            assert error_of(said) or status == error, (nth, said)
        assert not pathlib.Path(f"{house.store}.restoring").exists() or error == errno.EIO
    assert "done" in words and words & {"interrupted", "failed"}


def test_wenzhengctl_is_its_door(house, grown):
    program = pathlib.Path(house.command()[0]).with_name("wenzhengctl")
    words = [program, "restore", str(grown["path"]), "--config", str(house.path("wenzhengd.yaml"))]
    done = subprocess.run(words, env=house.environ(), check=False, capture_output=True, text=True)
    assert done.returncode == 1 and error_of(done.stderr) == "newer"
    done = subprocess.run([*words, "--json", "--discard-newer", discard_of(done.stderr)], env=house.environ(),
                          check=True, capture_output=True, text=True)
    assert f'"records":{grown["records"]}' in done.stdout and "before-restore" in done.stdout
