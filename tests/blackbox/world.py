"""The world around a daemon: one loop that reads every socket, beats every heart, and waits for conditions
until a deadline. Nothing in the suite sleeps."""

import os
import time

import zmq

DEADLINE = 15.0  # generous: a loaded machine is no failure; what must be quick says so where it is waited for
# What every wait is multiplied with. Under memcheck (tests/lint/valgrind) the daemon takes some forty times as long for
# all it does; what must be quick is measured elsewhere.
PATIENCE = float(os.environ.get("WENZHENG_PATIENCE", "1"))


class Late(AssertionError):
    """A condition did not come true in time."""


class World:
    def __init__(self):
        self.context = zmq.Context()
        self.poller = zmq.Poller()
        self.handlers = {}
        self.peers = []
        self.alarms = []  # called at every turn; each raises if something is badly wrong

    def listen(self, source, handler, events=zmq.POLLIN):
        """`source`: a zmq socket or a file descriptor."""
        self.handlers[source] = handler
        self.poller.register(source, events)

    def ignore(self, source):
        if self.handlers.pop(source, None):
            self.poller.unregister(source)

    def turn(self, most=0.0):
        """Waits up to `most` seconds for something to happen, and lets it happen."""
        now = time.monotonic()
        wake = min([peer.wakes_at() for peer in self.peers], default=now + most)
        wait = max(0.0, min(most, wake - now))
        for source, events in self.poller.poll(int(wait * 1000 + 0.999)):
            handler = self.handlers.get(source)
            if handler:
                handler(events)
        now = time.monotonic()
        for peer in list(self.peers):
            peer.tick(now)
        for alarm in self.alarms:
            alarm()

    def until(self, condition, within=DEADLINE, what="what was waited for"):
        """The condition's value once it is true. Late after `within` seconds, times PATIENCE."""
        within *= PATIENCE
        end = time.monotonic() + within
        while True:
            value = condition()
            if value:
                return value
            rest = end - time.monotonic()
            if rest <= 0:
                raise Late(f"{what} did not come within {within} s")
            self.turn(min(rest, 0.5))

    def pass_time(self, seconds):
        """Lets the world go on for a while: only for proving that something does not happen."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.turn(end - time.monotonic())

    def close(self):
        for peer in list(self.peers):
            peer.close()
        self.context.destroy(linger=0)
