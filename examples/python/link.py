"""The connection of a WZP/1 program to wenzhengd, which portal.py and worker.py have in common: CURVE, two frames, requests
that are kept until they are answered, heartbeats, a new socket after silence. proto/PROTOCOL.md explains it; § is there.

Needs pyzmq and msgpack (Debian: python3-zmq, python3-msgpack).
"""

import re
import signal
import socket
import sys
import time

import msgpack
import zmq
from zmq.utils.monitor import parse_monitor_message

SUBMIT, WATCH, SEEN, BEAT, BYE = 0x01, 0x10, 0x11, 0x12, 0x13
READY, HELD, TAKE, REPLY, RETURN, FAIL = 0x20, 0x21, 0x22, 0x23, 0x24, 0x25
RECEIPT, WELCOME, OFFER, NOTICE, CONFIRM, EVENT = 0x80, 0x81, 0x82, 0x83, 0x84, 0x85
BUSY, ERROR, PULSE, LIST = 0x87, 0x88, 0x89, 0x8A
NAMES = {SUBMIT: "SUBMIT", WATCH: "WATCH", SEEN: "SEEN", READY: "READY", HELD: "HELD", TAKE: "TAKE", REPLY: "REPLY",
         RETURN: "RETURN", FAIL: "FAIL"}

FRAME_MAX = 262144  # bytes: libzmq cuts the connection of whoever sends more
RESEND_FIRST, RESEND_MOST = 5, 60  # seconds without an answer: the first wait, and what doubling it ends at
SILENCE = 3  # heartbeats without a word from the daemon, and the connection is given up (§10)
KEY_REFUSED = 4  # the exit status of the stock programs for it
FATAL = {"forbidden", "revoked", "bad-identity"}  # errors about who we are, not about what we said


def say(text):
    print(text, file=sys.stderr, flush=True)


def fail(text, status=1):
    say(text)
    sys.exit(status)


def read_key(path, name):
    """`public-key` or `secret-key` of a file that `wenzhengctl keys new` made: 40 characters of Z85."""
    try:
        with open(path, encoding="ascii") as file:
            found = re.search(rf'{name}\s*=\s*"(.{{40}})"', file.read())
    except OSError as error:
        fail(f"{path}: {error.strerror}")
    return found.group(1).encode() if found else fail(f"{path}: there is no {name} in it")


class Request:
    def __init__(self, kind, fields):
        self.kind, self.fields = kind, fields
        self.wait = RESEND_FIRST  # seconds, doubled whenever no answer came
        self.again_at = time.monotonic() + self.wait


class Link:
    """A request is kept until its answer came, for a message that was sent may be lost: only an answer is proof (§2)."""

    def __init__(self, endpoint, server_key, key_file):
        self.endpoint = endpoint
        self.server_key = read_key(server_key, "public-key")
        self.keys = read_key(key_file, "public-key"), read_key(key_file, "secret-key")
        self.requests = {}  # req → Request, in the order in which they were made
        self.next_req = 1
        self.heartbeat = 5  # seconds; a worker's WELCOME says how many
        self.stop_asked = False
        self.was_connected = self.was_refused = False
        self.socket = None
        self.open()

    # ---- the socket ----

    def open(self):
        """A new socket: at the start, and when the old one has been silent too long."""
        if self.socket:
            self.close()
        self.socket = zmq.Context.instance().socket(zmq.DEALER)  # and no routing id: the daemon refuses one (§2)
        self.socket.curve_serverkey = self.server_key
        self.socket.curve_publickey, self.socket.curve_secretkey = self.keys
        self.socket.immediate = True  # nothing is queued for a connection that is not there
        self.socket.maxmsgsize = FRAME_MAX
        self.socket.reconnect_ivl, self.socket.reconnect_ivl_max = 200, 2000
        self.monitor = self.socket.get_monitor_socket(
            zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_HANDSHAKE_FAILED_AUTH | zmq.EVENT_DISCONNECTED)
        self.socket.connect(self.endpoint)  # libzmq tries again and again by itself
        self.connected = False
        self.heard = self.said = time.monotonic()

    def close(self, linger=0):
        self.socket.disable_monitor()
        self.monitor.close(0)
        self.socket.close(linger)

    def send(self, kind, **fields):
        self.said = time.monotonic()
        body = msgpack.packb({key: value for key, value in fields.items() if value is not None})  # nil is never right
        # Not connected: what matters is in `requests`, and goes out when the connection stands. (Asking for the events
        # makes libzmq learn of a connection that is a moment old.)
        if self.socket.getsockopt(zmq.EVENTS) & zmq.POLLOUT:
            try:
                self.socket.send_multipart([b"WZP1" + bytes([kind]), body], zmq.NOBLOCK)
            except zmq.Again:
                pass  # gone since

    def receive(self):
        """The messages that are there: (kind, fields) each."""
        # The events are asked for before each message: with ZMQ_IMMEDIATE libzmq 4.3.4 ends the process when it learns
        # between two frames that the connection is gone, and asking makes it learn that now (§2).
        while self.socket.getsockopt(zmq.EVENTS) & zmq.POLLIN:
            head, body = self.socket.recv_multipart(zmq.NOBLOCK)
            self.heard = time.monotonic()
            yield head[4], msgpack.unpackb(body)

    def happenings(self):
        """What libzmq tells about the connection: True when it stands, False when it is gone or was refused."""
        while self.monitor.getsockopt(zmq.EVENTS) & zmq.POLLIN:
            event = parse_monitor_message(self.monitor.recv_multipart())["event"]
            self.connected = event == zmq.EVENT_HANDSHAKE_SUCCEEDED
            if self.connected:
                self.heard = time.monotonic()
                self.was_connected, self.was_refused = True, False
            elif event == zmq.EVENT_HANDSHAKE_FAILED_AUTH and not self.was_refused:
                self.was_refused = True  # told once; libzmq keeps trying
                say(f"{self.endpoint} turned our key away: has principals.yaml a line for it, of a role of this zone, "
                    "and was it reloaded?")
                if not self.was_connected:
                    sys.exit(KEY_REFUSED)  # at the start it is a mistake; later somebody may be at work on the file
            yield self.connected

    # ---- requests ----

    def request(self, kind, **fields):
        """Sends it until it is answered; returns its number."""
        req, self.next_req = self.next_req, self.next_req + 1
        self.requests[req] = Request(kind, fields)
        self.send(kind, req=req, **fields)
        return req

    def forget(self, unwanted):
        """Requests whose answer does not matter any more."""
        self.requests = {req: request for req, request in self.requests.items() if not unwanted(request)}

    def is_open(self, kind):
        return any(request.kind == kind for request in self.requests.values())

    def postpone(self, busy):
        """BUSY: nothing was changed, and the same request may succeed after retry_ms (§11)."""
        seconds = busy["retry_ms"] / 1000
        say(f"busy: {busy['code']}: {busy['text']}; again in {seconds:g} s")
        if busy.get("req") in self.requests:
            self.requests[busy["req"]].again_at = time.monotonic() + seconds

    def send_again(self, everything=False):
        """What is overdue, with longer and longer waits; everything, when the connection is new."""
        now = time.monotonic()
        for req, request in self.requests.items():
            if everything or now >= request.again_at:
                request.wait = RESEND_FIRST if everything else min(2 * request.wait, RESEND_MOST)
                request.again_at = now + request.wait
                self.send(request.kind, req=req, **request.fields)  # the same req, so that any of its answers will do

    # ---- the loop ----

    def beat(self):
        """What time brings: a heartbeat, a request once more, a new socket."""
        now = time.monotonic()
        if now - self.heard > SILENCE * self.heartbeat:
            if self.connected:
                say(f"nothing heard for {SILENCE * self.heartbeat:g} s: connecting anew")
            self.open()
        elif self.connected and now - self.said >= self.heartbeat:
            self.send(BEAT)
        if self.connected:
            self.send_again()

    def run(self, peer):
        """Until peer.is_over(). Calls peer.greet() on every new connection, peer.take(kind, message) for what comes, and
        peer.work() at least five times a second. SIGTERM and Ctrl-C set `stop_asked`; then the peer ends in order."""
        stop, wake = socket.socketpair()
        wake.setblocking(False)
        signal.set_wakeup_fd(wake.fileno())  # a signal ends the poll, and never comes between two steps
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)
        while not peer.is_over():
            poller = zmq.Poller()
            for source in (self.socket, self.monitor, stop.fileno()):
                poller.register(source, zmq.POLLIN)
            if stop.fileno() in dict(poller.poll(200)):
                stop.recv(64)
                self.stop_asked = True
            for stands in self.happenings():
                if stands:
                    peer.greet()  # the daemon knows nothing of a new connection (§2)
            for kind, message in self.receive():
                peer.take(kind, message)
            peer.work()
            self.beat()
        self.send(BYE)  # without it nothing is lost either
        self.close(linger=1000)
        zmq.Context.instance().term()
