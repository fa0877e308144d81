"""Backups, restores and exports as an operator meets them, and how a call of theirs fails or is their last."""

import contextlib
import datetime
import hashlib
import json
import pathlib
import re
import shutil
import sqlite3
import subprocess
import tempfile

from failing_call import failing, standing_at


def environment_of(house, name, nth, error):
    mark = house.path("failed")
    mark.unlink(missing_ok=True)
    return {**house.environ(), **failing(name, nth, error, mark)}


def run_failing(house, nth, error, *arguments, name="*"):
    """The program with its n-th call of this name failing, or with a signal if `error` is negative. Its status and
    what it said; None for both if it did not make so many calls."""
    done = subprocess.run(house.command(*arguments), env=environment_of(house, name, nth, error),
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
                          check=False)
    if not house.path("failed").exists():
        return None, None
    return done.returncode, done.stdout.decode("utf-8", errors="replace")


def at_time(house, when, *arguments):
    """The program with this moment, in UTC, standing still on its wall clock."""
    moment = datetime.datetime.fromisoformat(when + "+00:00")
    done = subprocess.run(house.command(*arguments), env={**house.environ(), **standing_at(moment)},
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
                          check=False)
    return done.returncode, done.stdout.decode("utf-8", errors="replace")


def back_up(house, *arguments):
    """Its manifest, with `path` of the file."""
    folder = arguments[arguments.index("--to") + 1] if "--to" in arguments else house.store.parent / "backup"
    status, said = house.run("--backup", "--json", *arguments)
    assert status == 0, said
    manifest = json.loads(said.splitlines()[-1])
    return {**manifest, "path": pathlib.Path(folder) / manifest["file"]}


def backups_in(folder):
    return sorted(path.name for path in pathlib.Path(folder).glob("*.db"))


def leavings(folder):
    """What stands in a folder and is neither a lock nor a backup with its manifest."""
    names = {path.name for path in pathlib.Path(folder).iterdir()} - {".lock"}
    whole = {name for name in names if name.endswith(".db") and name[:-3] + ".json" in names}
    return sorted(names - whole - {name[:-3] + ".json" for name in whole})


def blake2b(path):
    return hashlib.blake2b(pathlib.Path(path).read_bytes(), digest_size=32).hexdigest()


def assert_whole(path):
    """A file that has a backup's name is what its manifest says."""
    manifest = json.loads(path.with_suffix(".json").read_text())
    assert manifest["file"] == path.name and manifest["size"] == path.stat().st_size
    assert manifest["blake2b"] == blake2b(path)
    assert path.stat().st_mode & 0o777 == 0o600
    with sqlite3.connect(f"file:{path}?immutable=1", uri=True) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        last = db.execute("SELECT seq, head FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
    assert (last[0], last[1].hex()) == (manifest["records"], manifest["head"])


def last_record(path):
    """The number of a store's last record, while nobody writes it. Of a copy: to read it is to write its WAL back."""
    with tempfile.TemporaryDirectory() as folder:
        for suffix in ("", "-wal"):
            if pathlib.Path(f"{path}{suffix}").exists():
                shutil.copy(f"{path}{suffix}", f"{folder}/copy{suffix}")
        with contextlib.closing(sqlite3.connect(f"{folder}/copy")) as db:
            return db.execute("SELECT max(seq) FROM journal").fetchone()[0]


def discard_of(said):
    """What a refused restore says has to be given up."""
    return re.search(r"--discard-newer (\w+)", said).group(1)


def error_of(said):
    """The word that a fault begins with."""
    found = re.search(r"^wenzhengd: ([a-z-]+): ", said, re.M)
    return found and found.group(1)


