"""Branches of the product's files as gcov counted them, without assertions and without what reasons.toml argues."""

import collections
import json
import pathlib
import subprocess
import tomllib

from source import Source

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ["base", "locale", "calendar", "proto", "wire", "client", "daemon", "workers", "ctl", "lab"]

Branches = collections.namedtuple("Branches", "total taken")
Missing = collections.namedtuple("Missing", "line function text taken total")


def read_counters(build, output):
    """gcovr's own exclusions are off: a marker in a comment must not make a branch disappear."""
    pattern = "|".join(FOLDERS)
    subprocess.run(["gcovr", "--root", ROOT, "--filter", f"{ROOT}/({pattern})/", "--json", output,
                    "--exclude-pattern-prefix", "no marker counts", "-j", "2",
                    *[build / folder for folder in FOLDERS]], cwd=ROOT, check=True)
    return json.loads(output.read_text())["files"]


class File:
    """One file's branches; `missing` are lines some of whose branches nothing took."""

    def __init__(self, entry):
        self.name = entry["file"]
        self.source = Source(self.name, (ROOT / self.name).read_text(encoding="utf-8"))
        self.total = self.taken = self.assertions = self.argued = 0
        self.missing = []
        for line in entry["lines"]:
            self.add(line["line_number"], [one["count"] > 0 for one in line["branches"]])

    def add(self, number, branches):
        if number in self.source.left_out:
            self.assertions += len(branches)
            return
        unreachable = min(self.source.exhausted.get(number, 0), branches.count(False))
        for _ in range(unreachable):
            branches.remove(False)
        self.assertions += unreachable
        self.total += len(branches)
        self.taken += sum(branches)
        if not all(branches):
            self.missing.append(Missing(number, self.source.function(number), self.source.text(number),
                                        sum(branches), len(branches)))


class Reasons:
    """The written list of branches that nothing can take: file, function, the line's text, how many, why."""

    def __init__(self, path):
        self.entries = tomllib.loads(path.read_text(encoding="utf-8")).get("branch", [])
        self.faults = []

    def apply(self, files):
        by_name = {one.name: one for one in files}
        for entry in self.entries:
            where = f"{entry['file']}: {entry['function']}: {entry['line']}"
            file = by_name.get(entry["file"])
            if not file or not self.is_there(file, entry):
                self.faults.append(f"reasons.toml: no such line any more: {where}")
            elif not self.leave_out(file, entry):
                self.faults.append(f"reasons.toml: not as many branches of it are missed as it says: {where}")

    @staticmethod
    def is_there(file, entry):
        lines = range(1, len(file.source.lines) + 1)
        return any(file.source.text(number) == entry["line"] and file.source.function(number) == entry["function"]
                   for number in lines)

    @staticmethod
    def leave_out(file, entry):
        for found in file.missing:
            untaken = found.total - found.taken
            if (found.function, found.text) == (entry["function"], entry["line"]) and untaken == entry["branches"]:
                file.missing.remove(found)
                file.total -= untaken
                file.argued += untaken
                return True
        return False


def per_cent(files):
    total, taken = sum(one.total for one in files), sum(one.taken for one in files)
    return 100.0 * taken / total if total else 100.0
