"""A daemon under attack: a house with an honest peer at work in it, and the account of each attack on it."""

import json
import os
import pathlib
import random
import subprocess
import sys
import time

import zmq

from curve import Cut, RawPeer
from honest_peer import PACE
from house import House
from measure import MIB, Latency, Process
from peers import Peer
from ports import Port

ZONES = ("portal", "worker", "operator")
DEALER = (b"Socket-Type", b"DEALER")
MEMORY = 64 * MIB  # what an attack may make the daemon grow by, unless its case says why it may be more
DESCRIPTORS_BACK = 15.0  # seconds; a handshake is cut after two, a connection that says nothing after fifteen
SOCKETS = 4096  # of libzmq in this process
STALL_MS = 500.0  # one case may stand beyond the limit for a hiccup of the machine (conftest.py), and none by so much
SAMPLES_FOR_A_P99 = 150  # fewer say nothing of one case alone; they count in the sum of all
FATAL_WORDS = ("fatal:", "assertion", "Assertion", "AddressSanitizer", "runtime error")

TURNED_AWAY = (zmq.EVENT_HANDSHAKE_FAILED_AUTH, zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL,
               zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL, zmq.EVENT_DISCONNECTED)


def scale(check, nightly):
    """How much of something: WENZHENG_ATTACK=nightly asks for the long run."""
    return nightly if os.environ.get("WENZHENG_ATTACK") == "nightly" else check


class Honest:
    """The honest portal `app`, in its own process."""

    def __init__(self, house):
        self.house = house
        self.echo = Port()
        task = {
            "endpoint": house.endpoints["portal"],
            "server_key": house.server_public.decode(),
            "keys": [key.decode() for key in house.keys["app"]],
            "echo": f"tcp://127.0.0.1:{self.echo}",
            "echo_file": str(house.path("echo")),
        }
        program = pathlib.Path(__file__).with_name("honest_peer.py")
        self.process = subprocess.Popen([sys.executable, str(program), json.dumps(task)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        assert self._hear() == "ready"

    def _say(self, word):
        self.process.stdin.write(word)
        self.process.stdin.flush()

    def _hear(self):
        line = self.process.stdout.readline()
        assert line, "the honest peer's process is gone"
        return json.loads(line)

    def go(self):
        self.since = time.monotonic()
        self._say(f"{self.house.process.pid} go\n".encode())

    def stop(self):
        """What the time since `go` was like. Blocks for ten seconds at most, if answers do not come."""
        self._say(b"stop\n")
        lasted = time.monotonic() - self.since
        said = self._hear()
        assert len(said["samples"]) >= lasted * PACE / 4, "the honest peer did not keep its pace: nothing was measured"
        assert not said["wrong"], f"the honest peer was answered {said['wrong']}"
        assert not said["unanswered"], f"the honest peer waits for {said['unanswered']} answers in vain"
        return said["submitted"], Latency(said["samples"])

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class Siege:
    """A running daemon with an honest peer; `row` for row what each attack did and cost."""

    def __init__(self, **options):
        self.house = House(**options)
        self.house.world.context.set(zmq.MAX_SOCKETS, SOCKETS)
        self.submitted = 0  # by anybody who may
        try:
            self.house.start()
            self.honest = Honest(self.house)
            self.house.children.append(self.honest)
            self.operator = self.house.operator()
            self.warm_up()
        except BaseException:
            self.house.close()
            raise

    def warm_up(self):
        """Until everything was done once: what comes then is the attack's doing."""
        self.honest.go()
        self.house.world.pass_time(0.3)
        self.submitted += self.honest.stop()[0]

    def at_peace(self, seconds):
        self.honest.go()
        self.house.world.pass_time(seconds)
        submitted, latency = self.honest.stop()
        self.submitted += submitted
        return latency


class Attack:
    """One case. Its end demands what holds for all of them: nobody got in, nothing was stored that should not be,
    the same daemon lives, has its memory and its descriptors back, and the honest peer hardly noticed."""

    def __init__(self, siege, name):
        self.siege = siege
        self.house = siege.house
        self.world = siege.house.world
        self.name = name
        self.memory = MEMORY
        self.attempts = 0
        self.accepted = 0
        self.submitted = 0  # by the case, rightly
        self.peers = []
        self.turn_at = 0.0
        self.latency = Latency()
        self.noticed = False  # the honest peer's p99 was beyond its limit
        self.log_at = len(self.house.log())
        self._look()
        siege.honest.go()

    def _look(self):
        self.process = Process(self.house.process.pid)
        self.resident = self.process.resident()
        self.descriptors = self.process.descriptors()
        self.process.forget_peak()

    def pause(self):
        """The honest peer rests, because the daemon is about to end."""
        submitted, latency = self.siege.honest.stop()
        self.siege.submitted += submitted
        self.latency += latency

    def resume(self):
        """With the daemon's next process."""
        self.siege.warm_up()
        self._look()
        self.siege.honest.go()

    def tried(self, attempts=1, accepted=0):
        self.attempts += attempts
        self.accepted += accepted

    def lasting(self, seconds):
        """Counts on for so long."""
        end, number = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            yield number
            number += 1

    def _track(self, peer):
        self.peers.append(peer)
        return peer

    def raw(self, zone="portal"):
        if time.monotonic() > self.turn_at:  # the daemon tells systemd how it stands, and waits when nobody listens
            self.world.turn(0)
            self.turn_at = time.monotonic() + 0.2
        return self._track(RawPeer(self.house.endpoints[zone]))

    def raw_member(self, name="web", metadata=()):
        """A key holder by hand, let in."""
        zone = {"portal": "portal", "operator": "operator"}.get(self.house.role_of(name), "worker")
        peer = self.raw(zone)
        assert peer.handshake(self.house.server_public, self.house.keys[name], [DEALER, *metadata])
        return peer

    def member(self, name="web", **options):
        return self._track(self.house.connect(name, **options))

    def stranger(self, zone, keys=None, server_key=None, options=(), curve=True):
        """A libzmq peer that should not get in."""
        keys = (keys or zmq.curve_keypair()) if curve else None
        return self._track(Peer(self.world, self.house.endpoints[zone], server_key or self.house.server_public, keys,
                                monitored=True, options=options))

    def is_turned_away(self, peer):
        """It tried, and was not let in."""
        self.world.until(lambda: peer.has_happened(*TURNED_AWAY), what="the refusal")
        got_in = peer.has_happened(zmq.EVENT_HANDSHAKE_SUCCEEDED) or peer.inbox or peer.answers
        self.tried(accepted=bool(got_in))
        self.drop(peer)

    def is_cut(self, peer, within=10.0):
        """Reads until the daemon closes, and demands that it never says READY."""
        heard = b""
        peer.tcp.settimeout(within)
        try:
            while len(heard) < 2**20:
                block = peer.tcp.recv(65536)
                if not block:
                    break
                heard += block
        except ConnectionError:
            pass
        self.tried(accepted=b"\x05READY" in heard)
        self.drop(peer)

    def drop(self, peer):
        peer.close()
        if peer in self.peers:
            self.peers.remove(peer)

    def finish(self):
        try:
            self._judge()
        finally:
            for peer in self.peers:
                peer.close()

    def _judge(self):
        self.pause()
        self.siege.submitted += self.submitted
        for peer in list(self.peers):
            self.drop(peer)
        assert self.house.process and self.house.process.pid == self.process.pid, "the daemon is another one"
        self.world.until(lambda: self.process.descriptors() <= self.descriptors + 4, DESCRIPTORS_BACK,
                         "the descriptors' return")
        self.grown = max(0, self.process.resident_peak() - self.resident)
        log = self.house.log()[self.log_at:]
        assert not [word for word in FATAL_WORDS if word in log], log[-3000:]
        assert self.attempts > 0, "a case without an attempt"
        assert self.accepted == 0, f"{self.accepted} of {self.attempts} got in"
        stored = self.siege.operator.status()["accepted"]
        assert stored == self.siege.submitted, f"{stored} messages are stored, {self.siege.submitted} were rightly sent"
        assert self.grown <= self.memory, f"the daemon grew by {self.grown / MIB:.0f} MiB"
        if len(self.latency.samples) >= SAMPLES_FOR_A_P99:
            assert min(self.latency.p99(), self.latency.own_p99()) < STALL_MS, f"the honest peer: {self.latency}"
            self.noticed = not self.latency.is_good()


def knock(attack, zone, keys, server_key=None, metadata=(DEALER,)):
    """A whole handshake by hand; True if it was let in."""
    peer = attack.raw(zone)
    try:
        return peer.handshake(server_key or attack.house.server_public, keys, list(metadata))
    except (Cut, ValueError):
        return False
    finally:
        attack.drop(peer)


def seeded():
    seed = int(os.environ.get("WENZHENG_SEED") or random.SystemRandom().randrange(2**32))
    print(f"WENZHENG_SEED={seed}")
    return random.Random(seed)
