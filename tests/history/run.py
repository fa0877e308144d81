"""Runs the real daemon under a nemesis and judges what happened.

    run.py                                  24 runs, a fresh first seed, two at a time
    run.py --runs 1000 --seed 7 --jobs 2    many; --minutes M ends after so many
    run.py --one 7                          one run, with its kinds of the seed; --kinds kill,full: with these;
                                            --keep: its folder stays though all went well
    run.py --judge FILE                     judges a history that was kept

A failed run keeps its folder: history, daemon's log, store. The seed draws everything that the harness does; what the
machine does in between is its own, so a seed replays the attack, not the microsecond."""

import argparse
import concurrent.futures
import json
import pathlib
import random
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "blackbox"))

from checker import CLASSES, judge  # noqa: E402
from house import binary  # noqa: E402
from nemesis import KINDS, choose  # noqa: E402
from scenario import Run  # noqa: E402

RUN_WITHIN = 150  # seconds; a run that takes longer hangs
FIGURES = ("messages", "receipts", "recovered", "answered", "offers", "confirmed", "events", "reminded", "escalated",
           "restarts")


def say_faults(verdict):
    for kind in CLASSES:
        for text in verdict.faults.get(kind, [])[:5]:
            print(f"    {kind}: {text}")
        if len(verdict.faults.get(kind, [])) > 5:
            print(f"    {kind}: … {len(verdict.faults[kind])} in all")


def run_one(seed, kinds, keep):
    begun = time.monotonic()
    run = Run(seed, kinds)
    try:
        verdict = judge(run.go())
    finally:
        run.close()
    print(json.dumps({"seed": seed, "kinds": kinds, "seconds": round(time.monotonic() - begun, 1),
                      **{name: verdict.figures[name] for name in FIGURES}}))
    if verdict.is_clean and not keep:
        shutil.rmtree(run.folder, ignore_errors=True)
        return 0
    say_faults(verdict)
    print(f"    kept: {run.folder}")
    return 0 if verdict.is_clean else 1


def judge_file(path):
    with open(path, encoding="utf-8") as file:
        verdict = judge(json.loads(line) for line in file)
    print(", ".join(f"{verdict.figures[name]} {name}" for name in FIGURES))
    say_faults(verdict)
    return 0 if verdict.is_clean else 1


class Series:
    """Many runs, some at a time, each in a process of its own."""

    def __init__(self, options):
        self.options = options
        self.begun = time.monotonic()
        self.failed = []
        self.done = 0
        self.totals = dict.fromkeys(FIGURES, 0)
        self.met = dict.fromkeys(KINDS, 0)

    @property
    def is_over(self):
        late = self.options.minutes and time.monotonic() - self.begun > self.options.minutes * 60
        return late or (self.options.fail_fast and self.failed)

    def run(self, seed):
        """(seed, exit status, what it printed); None if it is too late for another one."""
        if self.is_over:
            return None
        command = [sys.executable, __file__, "--one", str(seed)]
        try:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                  timeout=RUN_WITHIN, check=False)
        except subprocess.TimeoutExpired as late:
            return seed, 1, f"it hangs: {late}\n"
        return seed, done.returncode, done.stdout

    def note(self, seed, status, text):
        self.done += 1
        for line in text.splitlines():
            if line.startswith('{"seed"'):
                self.count(json.loads(line))
        if status != 0:
            self.failed.append(seed)
            print(f"seed {seed} FAILED\n{text}    replay: /usr/bin/python3 tests/history/run.py --one {seed}", flush=True)
        if self.done % 50 == 0:
            print(f"{self.done} runs, {len(self.failed)} failed, {time.monotonic() - self.begun:.0f} s", flush=True)

    def count(self, figures):
        for name in FIGURES:
            self.totals[name] += figures[name]
        for kind in figures["kinds"]:
            self.met[kind] += 1
        if self.options.runs <= 50:
            print(f"seed {figures['seed']}, {'+'.join(figures['kinds'])}: {figures['seconds']} s, "
                  + ", ".join(f"{figures[name]} {name}" for name in FIGURES), flush=True)

    def go(self):
        first = self.options.seed
        with concurrent.futures.ThreadPoolExecutor(self.options.jobs) as pool:
            for one in pool.map(self.run, range(first, first + self.options.runs)):
                if one:
                    self.note(*one)
        print(f"{self.done} runs from seed {first} in {time.monotonic() - self.begun:.0f} s: "
              + ", ".join(f"{count} {name}" for name, count in self.totals.items()))
        print("met: " + ", ".join(f"{kind} {count}" for kind, count in self.met.items()))
        print(f"{len(self.failed)} failed" + (f": {self.failed}" if self.failed else ""))
        return 1 if self.failed or self.done == 0 else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=2 * len(KINDS))
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=None)
    parser.add_argument("--fail-fast", action="store_true", help="start no further run once one has failed")
    parser.add_argument("--one", type=int, default=None, metavar="SEED")
    parser.add_argument("--kinds", default=None)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--judge", default=None, metavar="FILE")
    options = parser.parse_args()
    if options.judge:
        return judge_file(options.judge)
    if binary() is None:
        print("no wenzhengd here: build the release preset, or name its folder in WENZHENG_BIN_DIR")
        return 2
    if options.one is not None:
        kinds = options.kinds.split(",") if options.kinds else choose(options.one)
        return run_one(options.one, kinds, options.keep)
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(10**6)
    return Series(options).go()


if __name__ == "__main__":
    sys.exit(main())
