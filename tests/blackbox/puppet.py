"""A daemon that says what a test tells it: for what a program does about answers that a real one seldom gives, or
never. It proves its key and admits everybody."""

import pathlib
import subprocess

import msgpack
import zmq

import wzp
from house import binary
from world import World

DEFAULTS = {
    "BEAT": ("PULSE", {}),
    "BYE": ("CONFIRM", {}),
    "WATCH": ("CONFIRM", {"cursor": 0}),
    "READY": ("WELCOME", {"credit": 9, "heartbeat_ms": 5000, "lease_ms": 30000, "departments": ["edu"],
                          "version": "0", "now": 1}),
    "HELD": ("LIST", {"items": [], "more": False}),
    "TAKE": ("CONFIRM", {"state": "taken"}),
    "REPLY": ("CONFIRM", {"state": "answered"}),
    "RETURN": ("CONFIRM", {"state": "triage"}),
    "FAIL": ("CONFIRM", {"state": "triage"}),
}


class Puppet:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.world = World()
        self.public, secret = zmq.curve_keypair()
        self.own = zmq.curve_keypair()
        self.socket = self.world.context.socket(zmq.ROUTER)
        self.socket.linger = 0
        self.socket.curve_server = True
        self.socket.curve_secretkey = secret
        self.socket.bind("tcp://127.0.0.1:*")
        self.endpoint = self.socket.last_endpoint.decode()
        self.world.listen(self.socket, self._hear)
        self.heard = []  # every message, in the order in which they came
        self.answers = {}  # kind → (kind, fields), or a function of the message that returns that; None: silence
        self.peer = None  # who spoke last
        self.peers = {}  # kind → who said it last
        self.running = []
        self._write("server.key", self.public, None)
        self._write("own.key_secret", *self.own)

    def _write(self, name, public, secret):
        more = f'    secret-key = "{secret.decode()}"\n' if secret else ""
        path = self.folder / name
        path.write_text(f'metadata\ncurve\n    public-key = "{public.decode()}"\n{more}', encoding="ascii")
        path.chmod(0o600)

    def _hear(self, _events):
        while self.socket.getsockopt(zmq.EVENTS) & zmq.POLLIN:
            self.peer, head, fields = self.socket.recv_multipart()
            message = wzp.Message(wzp.BY_NUMBER[head[4]].name, msgpack.unpackb(fields, raw=False))
            self.peers[message.kind] = self.peer
            self.heard.append(message)
            answer = self.answers.get(message.kind, DEFAULTS.get(message.kind))
            if callable(answer):
                answer = answer(message)
            if answer:
                kind, given = answer
                self.say(kind, **({"req": message["req"]} if "req" in message else {}), **given)

    def say(self, kind, to=None, **fields):
        """To who spoke last, or to who said a message of kind `to` last."""
        self.send(wzp.encode(kind, fields), to)

    def send(self, frames, to=None):
        self.socket.send_multipart([self.peers[to] if to else self.peer, *frames])

    def count(self, kind):
        return sum(message.kind == kind for message in self.heard)

    # ---- programs before it ----

    def start(self, program, *arguments):
        # wenzhengctl has its command first, the stock workers theirs last.
        first = 1 if program == "wenzhengctl" else 0
        return self.launch(program, *arguments[:first], "--endpoint", self.endpoint, "--server-key",
                           self.folder / "server.key", "--key", self.folder / "own.key_secret", *arguments[first:])

    def launch(self, program, *words):
        words = [pathlib.Path(binary()).with_name(program), *words]
        with open(self.folder / "log", "ab") as log:
            process = subprocess.Popen([str(word) for word in words], stdout=subprocess.PIPE, stderr=log,
                                       stdin=subprocess.DEVNULL)
        self.running.append(process)
        return process

    def end(self, process, within=30):
        """Exit status and standard output."""
        self.world.until(lambda: process.poll() is not None, within, "the program's end")
        return process.returncode, process.stdout.read().decode("utf-8")

    def run(self, program, *arguments):
        return self.end(self.start(program, *arguments))

    @property
    def log(self):
        return (self.folder / "log").read_text(encoding="utf-8")

    def close(self):
        for process in self.running:
            if process.poll() is None:
                process.kill()
                process.wait()
            process.stdout.close()
        self.world.close()
