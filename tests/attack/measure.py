"""What an attack may cost: read from /proc, and judged against what the machine cost everybody at that moment."""

import bisect
import math
import os
import pathlib
import re

P99_MS = 50.0
MIB = 1024 * 1024


def percentile(values, part):
    """The smallest value that `part` per cent of all do not exceed; 0 of none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * part / 100) - 1)] if ordered else 0.0


class Latency:
    """One sample a message of the honest peer: when it was sent (s), how long the daemon's answer took, how long the
    echo took that was sent in the same moment, and how long the daemon's threads could have run meanwhile and had
    no processor (ms).

    The echo is one plain process that does what no daemon can avoid, being woken and forcing a write to the same
    disk. So the slowest echo while a message was on its way, or the wait for a processor if that was longer, is the
    machine's part of its time; the rest is the daemon's own. A daemon that stands still waits for no processor, and
    one that computes too much has one: neither is excused."""

    AROUND = 0.1  # seconds before the message: the disk's queue may have been filled by then

    def __init__(self, samples=()):
        self.samples = [tuple(sample) for sample in samples]
        self.own = self._own()

    def _own(self):
        times = [sample[0] for sample in self.samples]
        own = []
        for sent, answer, _, starved in self.samples:
            first = bisect.bisect_left(times, sent - self.AROUND)
            last = bisect.bisect_right(times, sent + answer / 1000)
            machine = max(starved, *(sample[2] for sample in self.samples[first:last]))
            own.append(max(0.0, answer - machine))
        return own

    def __add__(self, other):
        both = Latency()
        both.samples, both.own = self.samples + other.samples, self.own + other.own
        return both

    def p99(self):
        return percentile([sample[1] for sample in self.samples], 99)

    def machine_p99(self):
        return percentile([sample[2] for sample in self.samples], 99)

    def own_p99(self):
        return percentile(self.own, 99)

    def is_good(self):
        return min(self.p99(), self.own_p99()) < P99_MS

    def __str__(self):
        return (f"{len(self.samples)} answers, p99 {self.p99():.1f} ms, beyond the machine {self.own_p99():.1f} ms, "
                f"the machine {self.machine_p99():.1f} ms")


class Process:
    """A process as /proc shows it."""

    def __init__(self, pid):
        self.pid = pid
        self.folder = pathlib.Path(f"/proc/{pid}")

    def signal(self, number):
        os.kill(self.pid, number)

    def _kib(self, name):
        status = (self.folder / "status").read_text(encoding="ascii")
        return int(re.search(rf"{name}:\s+(\d+) kB", status).group(1)) * 1024

    def resident(self):
        return self._kib("VmRSS")

    def forget_peak(self):
        (self.folder / "clear_refs").write_text("5")

    def resident_peak(self):
        """Since forget_peak."""
        return self._kib("VmHWM")

    def descriptors(self):
        return len(os.listdir(self.folder / "fd"))
