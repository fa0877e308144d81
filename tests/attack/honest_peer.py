"""A program: an honest portal at a steady pace, and the echo beside it, each a process of its own, so that what
they suffer under an attack is not their tester's doing. Told `go` and `stop` on standard input; after `stop` it
prints one line of JSON about the time between."""

import ctypes
import json
import os
import pathlib
import signal
import sys
import time

import msgpack
import zmq

PACE = 100  # requests a second; every other one is a SUBMIT, which has to reach the disk
PATIENCE = 10.0
PR_SET_PDEATHSIG = 1
SUBMIT, QUERY, RECEIPT, DOSSIER = 0x01, 0x08, 0x80, 0x8B


def echo(endpoint, path):
    """Sends everything back; what begins with W after a write that was forced to the disk."""
    socket = zmq.Context().socket(zmq.ROUTER)
    socket.bind(endpoint)
    file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    while True:
        who, text = socket.recv_multipart()
        if text == b"end":
            return
        if text.startswith(b"W"):
            os.pwrite(file, text.ljust(4096), 0)
            os.fdatasync(file)
        socket.send_multipart([who, text])


class Load:
    def __init__(self, task):
        self.context = zmq.Context()
        self.portal = self._dealer()
        self.portal.curve_serverkey = task["server_key"].encode()
        self.portal.curve_publickey, self.portal.curve_secretkey = (key.encode() for key in task["keys"])
        self.portal.connect(task["endpoint"])
        self.echo = self._dealer()
        self.echo.connect(task["echo"])
        self.poller = zmq.Poller()
        for source in (self.portal, self.echo, sys.stdin.fileno()):
            self.poller.register(source, zmq.POLLIN)
        self.number = 0
        self.going = False
        self.words = []  # said by the tester and not yet followed
        self.begin()

    def _dealer(self):
        socket = self.context.socket(zmq.DEALER)
        socket.linger = 0
        socket.sndhwm = socket.rcvhwm = 0
        return socket

    def begin(self):
        self.sent = {}  # number → when
        self.answered = {}  # number → milliseconds
        self.echoed = {}
        self.waited = {}  # number → the waits at its sending, then the milliseconds until its answer
        self.submitted = 0
        self.wrong = []
        self.next_at = time.monotonic()

    def waits(self):
        """Thread by thread, the nanoseconds that the daemon has waited for a processor so far."""
        try:
            return {task.name: int((task / "schedstat").read_text().split()[1]) for task in self.daemon.iterdir()}
        except (OSError, IndexError):
            return {}  # it has ended, or this kernel does not count: then nothing is excused

    def starved(self, before):
        """Milliseconds since then: of its main thread, and of one that moves bytes."""
        since = {thread: wait - before[thread] for thread, wait in self.waits().items() if thread in before}
        main = since.pop(self.daemon.parent.name, 0)
        return (main + max(since.values(), default=0)) / 1e6

    def send(self):
        self.number += 1
        writes = self.number % 2
        head, fields = b"WZP1" + bytes([SUBMIT if writes else QUERY]), {"req": self.number}
        if writes:
            self.last_id = f"honest-{self.number}"
            fields.update(title="路灯不亮", body="村口的路灯三天不亮了。", department="police")
            self.submitted += 1
        fields["id"] = self.last_id
        self.waited[self.number] = self.waits()
        self.sent[self.number] = time.monotonic()
        self.portal.send_multipart([head, msgpack.packb(fields)])
        self.echo.send((b"W" if writes else b"R") + str(self.number).encode())

    def hear_portal(self):
        while self.portal.getsockopt(zmq.EVENTS) & zmq.POLLIN:
            head, body = self.portal.recv_multipart(zmq.NOBLOCK)
            fields = msgpack.unpackb(body)
            number = fields.get("req")
            if head[4] != (RECEIPT if number and number % 2 else DOSSIER) or number not in self.sent:
                self.wrong.append(f"{head[4]:#x} {fields}")
                continue
            self.answered[number] = (time.monotonic() - self.sent[number]) * 1000
            self.waited[number] = self.starved(self.waited[number])

    def hear_echo(self):
        while self.echo.getsockopt(zmq.EVENTS) & zmq.POLLIN:
            number = int(self.echo.recv(zmq.NOBLOCK)[1:])
            self.echoed[number] = (time.monotonic() - self.sent[number]) * 1000

    def turn(self, until):
        wait = max(0.0, until - time.monotonic())
        for source, _ in self.poller.poll(int(wait * 1000 + 0.999)):
            if source is self.portal:
                self.hear_portal()
            elif source is self.echo:
                self.hear_echo()
            else:
                self.words += (os.read(source, 100).decode() or "end").split()

    def report(self):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and (set(self.sent) - set(self.answered) or set(self.sent) - set(self.echoed)):
            self.turn(end)
        late = PATIENCE * 1000
        samples = [[at, self.answered[n], self.echoed.get(n, late), self.waited[n]]
                   for n, at in self.sent.items() if n in self.answered]
        print(json.dumps({"samples": samples, "submitted": self.submitted, "wrong": self.wrong[:5],
                          "unanswered": len(set(self.sent) - set(self.answered))}), flush=True)

    def run(self):
        print(json.dumps("ready"), flush=True)
        word = ""
        while word != "end":
            wait = 0.0 if self.words else self.next_at - time.monotonic() if self.going else 60.0
            self.turn(time.monotonic() + wait)
            word = self.words.pop(0) if self.words else ""
            if word == "stop":
                self.going = False
                self.report()
            elif word == "go":
                self.going = True
                self.begin()
            elif word.isdigit():
                self.daemon = pathlib.Path(f"/proc/{word}/task")
            while self.going and time.monotonic() >= self.next_at:
                self.next_at += 1 / PACE
                self.send()
        self.echo.send(b"end")
        self.echo.linger = 1000
        self.echo.close()


def end_with(parent):
    """A signal when the parent ends, however it ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def main():
    task = json.loads(sys.argv[1])
    parent = os.getpid()
    if os.fork() == 0:
        os.close(1)  # it says nothing there, and who reads it must learn that its parent is gone
        end_with(parent)
        echo(task["echo"], task["echo_file"])
        os._exit(0)
    Load(task).run()


if __name__ == "__main__":
    main()
