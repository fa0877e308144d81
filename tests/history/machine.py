"""The machine that the daemon runs on: its disk and its clock, which can go wrong, and systemd, which starts the
daemon again whenever it has ended."""

import os
import signal
import time

from faulty_disk import FaultyDisk
from peers import NEVER

RESTART_PAUSE = 0.05  # systemd's is two seconds; a run has no time for that
FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
CORRECTION_MAX = 60.0  # seconds that a clock may be corrected by without being doubted


class Machine:
    def __init__(self, house, history, seed, has_clock):
        self.house, self.history, self.has_clock = house, history, has_clock
        self.wanted = True  # the daemon shall run
        self.expected = {0}  # how it may end after what was done to it
        self.start_at = 0.0
        self.offset = 0.0  # of its wall clock, seconds
        self.has_leapt = False  # that clock has been wrong before
        self.believes = False  # the daemon was started under doubt: see set_wall
        house.path("disk").mkdir()
        house.store = house.path("disk") / "wenzheng.db"
        house.write_config()
        self.disk = FaultyDisk(house.path("faults"), house.store.parent, seed)
        house.environment = dict(self.disk.environment)
        if has_clock:
            assert os.path.exists(FAKETIME), "install the package faketime"
            house.environment.update(LD_PRELOAD=f"{FAKETIME}:{house.environment['LD_PRELOAD']}",
                                     FAKETIME_TIMESTAMP_FILE=str(house.path("wall")), FAKETIME_NO_CACHE="1",
                                     FAKETIME_DONT_FAKE_MONOTONIC="1")
            self.set_wall(0.0)
        house.world.peers.append(self)

    # ---- systemd: Restart=always ----

    def wakes_at(self):
        return self.start_at if self.wanted and not self.house.process else NEVER

    def tick(self, now):
        house = self.house
        if house.process or not self.wanted:
            return
        if house.status is not None:
            self.note_end()
            self.start_at = now + RESTART_PAUSE
        elif now >= self.start_at:
            self.trust_clock()  # at a start a clock is believed, for nobody can tell how long it was down
            self.believes = self.has_leapt
            house.launch()

    def note_end(self):
        self.history.add("down", status=self.house.status, expected=sorted(self.expected))
        self.house.status = None

    # ---- what is done to the process ----

    def send_signal(self, number):
        if self.house.process:
            self.house.process.send_signal(number)

    def strike(self, number):
        self.expected.add(-number)
        self.send_signal(number)
        self.send_signal(signal.SIGCONT)  # or a stopped one would not hear it until it goes on

    def may_end_with(self, status):
        self.expected.add(status)

    def stop(self):
        self.wanted = False
        self.send_signal(signal.SIGTERM)
        if self.house.process:
            self.house.wait_end(30)
        self.expected = {0}
        self.note_end()
        self.house.environment = {}

    def heal(self):
        self.send_signal(signal.SIGCONT)
        self.disk.heal()
        if self.has_clock:
            self.set_wall(0.0)

    # ---- the clock ----

    def set_wall(self, offset):
        """A running daemon doubts a leap. One that was started under a clock that it doubted waits for one that could
        be right, which is any that could have been right at its start; so could one that is only just starting."""
        self.offset = offset
        self.has_leapt |= offset != 0
        if self.believes or not self.house.was_told("READY", "1"):
            self.trust_clock()
        path, new = self.house.path("wall"), self.house.path("wall.new")
        new.write_text(f"{offset:+.0f}\n")
        new.rename(path)

    def trust_clock(self):
        """From now on the daemon may believe the clock as it stands."""
        if self.has_clock:
            self.history.add("trust", upto=round((time.time() + self.offset + CORRECTION_MAX) * 1e6))

    def close(self):
        """As a peer of the world: nothing to close."""
