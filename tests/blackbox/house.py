"""A daemon with everything it needs: a folder, keys, configuration, ports of its own, and somebody who listens
to what it tells systemd."""

import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

import zmq

from peers import ROLES, ZONES
from ports import Port
from world import DEADLINE, PATIENCE, World

# The tests compare English sentences, and must not depend on the language of whoever runs them.
for variable in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
    os.environ.pop(variable, None)

ROOT = pathlib.Path(__file__).resolve().parents[2]
CALENDAR = ROOT / "profiles" / "calendars" / "cn.ics"

PROFILE = """\
id: river-town
name: 临河镇网络问政
utc_offset: "+08:00"
departments:
  - {id: edu, name: 教育办}
  - {id: water, name: 水务办}
  - {id: police, name: 派出所}
classes:
  - {id: ordinary, name: 一般问题, within: 3 workday}
  - {id: major, name: 重大疑难问题, within: 7 workday}
  - {id: thanks, name: 感谢表扬, within: none}
default_class: ordinary
rules:
  - {name: school, category: [学校, 教育], department: edu}
  - {name: enrolment, keyword: [招生, 学位], department: edu, class: major}
  - {name: north-bank, region: [北岸], keyword: [井盖], department: police}
  - {name: leak, keyword: [漏水, 停水], department: water}
reminder: {at: 1 workday before, time: "09:00"}
rungs:
  - {at: due}
  - {at: 2 workday after, time: "09:00"}
  - {at: 5 workday after, time: "09:00"}
returns_per_case: 1
"""

PRINCIPALS = [
    {"name": "web", "role": "portal"},
    {"name": "app", "role": "portal"},
    {"name": "edu-a", "role": "worker", "departments": ["edu"]},
    {"name": "edu-b", "role": "worker", "departments": ["edu"]},
    {"name": "edu-c", "role": "worker", "departments": ["edu"]},
    {"name": "water-a", "role": "worker", "departments": ["water"]},
    {"name": "hall", "role": "worker", "departments": ["edu", "water", "police"]},
    {"name": "inspector", "role": "supervisor"},
    {"name": "desk", "role": "triage"},
    {"name": "chief", "role": "approver"},
    {"name": "editor", "role": "moderator"},
    {"name": "ops", "role": "operator"},
]


def binary():
    """wenzhengd as the build made it."""
    given = os.environ.get("WENZHENG_BIN_DIR")
    folders = [given] if given else [ROOT / "build" / "release" / "bin", ROOT / "build" / "dev" / "bin"]
    for folder in folders:
        if (pathlib.Path(folder) / "wenzhengd").exists():
            return str(pathlib.Path(folder) / "wenzhengd")
    return None


class DaemonDied(AssertionError):
    pass


class House:
    def __init__(self, laboratory=False, lease="30", heartbeat="5", store=None, profile=PROFILE, reserve_mb=1,
                 config=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="wz-blackbox-"))
        self.world = World()
        self.world.alarms.append(self._alarm)
        self.laboratory = laboratory
        self.store = pathlib.Path(store or self.folder / "wenzheng.db")
        self.reserve_mb = reserve_mb
        self.config = config or {}  # keys of wenzhengd.yaml beyond the usual
        self.environment = {}
        self.prefix = []  # in front of the daemon's command
        self.stderr = None  # where it logs instead of daemon.log
        self.process = None
        self.pidfd = None
        self.status = None  # of the last process, once it ended
        self.may_end = True
        self.children = []
        self.descriptors = ()  # that it inherits
        self.told = []  # what the daemon told systemd, one dict a datagram
        self.ports = {zone: Port() for zone in ("portal", "worker", "operator")}
        self.endpoints = {zone: f"tcp://127.0.0.1:{port}" for zone, port in self.ports.items()}
        self.server_public, self.server_secret = zmq.curve_keypair()
        self.contact_public, self.contact_secret = zmq.curve_keypair()
        self.keys = {principal["name"]: zmq.curve_keypair() for principal in PRINCIPALS}
        self.profile_text = profile + f'lease: "{lease}"\nheartbeat: "{heartbeat}"\n'
        self.principals = [dict(principal) for principal in PRINCIPALS]
        self._write_all()
        self._listen_to_notifications()

    # ---- files ----

    def path(self, name):
        return self.folder / name

    def write(self, name, text, mode=0o644):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)

    def write_principals(self):
        lines = [
            {**principal, "key": self.keys[principal["name"]][0].decode()} for principal in self.principals
        ]
        self.write("principals.yaml", json.dumps({"principals": lines}, ensure_ascii=False, indent=1))

    def write_profile(self, text=None):
        self.profile_text = text or self.profile_text
        self.write("profile.yaml", self.profile_text)

    def write_config(self, **changes):
        keys = {
            **{f"{zone}_endpoint": endpoint for zone, endpoint in self.endpoints.items()},
            "store": str(self.store),
            "calendar": "calendar.ics",
            "disk_reserve_mb": str(self.reserve_mb),
            "log_level": "debug",
            **self.config,
            **changes,
        }
        text = "".join(f"{key}: {json.dumps(value)}\n" for key, value in keys.items() if value is not None)
        self.write("wenzhengd.yaml", text)

    def _write_all(self):
        self.write_config()
        self.write_profile()
        self.write_principals()
        self.write("calendar.ics", CALENDAR.read_text(encoding="utf-8"))
        pair = f'    public-key = "{self.server_public.decode()}"\n    secret-key = "{self.server_secret.decode()}"\n'
        self.write("keys/wenzhengd.key_secret", "metadata\ncurve\n" + pair, 0o600)
        self.write("keys/query-code.key", os.urandom(32).hex() + "\n", 0o600)
        self.write("keys/contact.key", f'metadata\ncurve\n    public-key = "{self.contact_public.decode()}"\n')

    def log(self):
        path = self.folder / "daemon.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    # ---- the process ----

    def _listen_to_notifications(self):
        path = str(self.folder / "notify")
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.notify.bind(path)
        self.world.listen(self.notify.fileno(), self._hear_notification)

    def _hear_notification(self, _events):
        try:
            while True:
                lines = self.notify.recv(4096).decode().splitlines()
                self.told.append(dict(line.split("=", 1) for line in lines if "=" in line))
        except BlockingIOError:
            pass

    def _hear_end(self, _events):
        self.status = self.process.wait()
        self.world.ignore(self.pidfd)
        os.close(self.pidfd)
        self.process = None

    def _alarm(self):
        if self.status is not None and not self.may_end:
            self.may_end = True
            raise DaemonDied(f"the daemon ended with status {self.status}")

    def command(self, *arguments):
        return [binary(), "--config", str(self.folder / "wenzhengd.yaml"), *arguments]

    def environ(self):
        kept = {key: value for key, value in os.environ.items() if key not in (
            "CREDENTIALS_DIRECTORY", "STATE_DIRECTORY", "WATCHDOG_USEC", "WATCHDOG_PID", "JOURNAL_STREAM")}
        return {**kept, "NOTIFY_SOCKET": str(self.folder / "notify"), **self.environment}

    def run(self, *arguments, within=30):
        """The program for something else than running: its exit status and all it printed."""
        done = subprocess.run(self.command(*arguments), env=self.environ(), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=within * PATIENCE, check=False)
        return done.returncode, done.stdout.decode("utf-8", errors="replace")

    def launch(self):
        """Starts the process, and does not wait for READY."""
        assert self.process is None, "the daemon runs already"
        arguments = ["--create-laboratory"] if self.laboratory and not self.store.exists() else []
        self.told.clear()
        self.status = None
        self.may_end = True
        with open(self.folder / "daemon.log", "ab") as log:
            self.process = subprocess.Popen([*self.prefix, *self.command(*arguments)], env=self.environ(), stdout=log,
                                            stderr=self.stderr or log, stdin=subprocess.DEVNULL,
                                            pass_fds=self.descriptors)
        self.pidfd = os.pidfd_open(self.process.pid)
        self.world.listen(self.pidfd, self._hear_end)

    def was_told(self, key, value=None):
        return any(key in told and value in (None, told[key]) for told in self.told)

    def start(self):
        """Up to READY. A daemon that is patiently waited for may miss its own time limit for the knock at its doors: it is
        started again, as systemd would do."""
        for _ in range(int(PATIENCE)):
            self.launch()
            self.world.until(lambda: self.was_told("READY", "1") or self.status is not None, 30, "READY=1")
            if self.status != 1 or "stranger's key was not turned away" not in self.log():
                break
        assert self.status is None, f"the daemon ended with {self.status} before READY: {self.log()[-2000:]}"
        self.may_end = False
        return self

    def wait_end(self, within=DEADLINE):
        self.may_end = True
        self.world.until(lambda: self.process is None, within, "the daemon's end")
        return self.status

    def stop(self):
        self.may_end = True
        self.process.send_signal(signal.SIGTERM)
        return self.wait_end()

    def kill(self):
        self.may_end = True
        if self.process:
            self.process.kill()
        self.wait_end()

    def restart(self):
        """kill -9 and up again: the hard way is the usual one here."""
        self.kill()
        self.start()

    def reload(self):
        self.told.clear()
        self.process.send_signal(signal.SIGHUP)
        self.world.until(lambda: self.was_told("READY", "1"), what="the end of the reload")

    def close(self):
        for child in self.children:
            child.kill()
        if self.process:
            self.kill()
        self.world.close()
        self.notify.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # ---- who connects ----

    def role_of(self, name):
        return {principal["name"]: principal["role"] for principal in self.principals}[name]

    def connect(self, name, role=None, zone=None, keys=None, **options):
        role = role or self.role_of(name)
        zone = zone or ZONES.get(role, "worker")
        return ROLES[role](self.world, self.endpoints[zone], self.server_public, keys or self.keys[name], **options)

    def portal(self, name="web", **options):
        return self.connect(name, **options)

    def worker(self, name="edu-a", **options):
        return self.connect(name, **options)

    def operator(self):
        return self.connect("ops")

    def triage(self):
        return self.connect("desk")

    def supervisor(self):
        return self.connect("inspector")


class Child:
    """A real worker process. `said`: the lines it printed."""

    def __init__(self, house, name="edu-a", takes=False, **ready):
        self.world = house.world
        self.incarnation = random.SystemRandom().randrange(1, 2**63)
        task = {
            "endpoint": house.endpoints["worker"],
            "server_key": house.server_public.decode(),
            "keys": [key.decode() for key in house.keys[name]],
            "incarnation": self.incarnation,
            "takes": takes,
            "ready": {"credit": 1, **ready},
        }
        program = pathlib.Path(__file__).with_name("child_worker.py")
        self.said = []
        self.rest = b""
        self.process = subprocess.Popen([sys.executable, str(program), json.dumps(task)], stdout=subprocess.PIPE)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.world.listen(self.process.stdout.fileno(), self._hear)
        house.children.append(self)
        self.world.until(lambda: self.said, what="the child's READY")

    def _hear(self, _events):
        data = os.read(self.process.stdout.fileno(), 65536)
        if not data:
            self.world.ignore(self.process.stdout.fileno())
        *lines, self.rest = (self.rest + data).split(b"\n")
        self.said += [json.loads(line) for line in lines]

    def next_offer(self):
        return self.world.until(lambda: len(self.said) > 1 and self.said.pop(1), what="an offer to the child")

    def kill(self):
        """SIGKILL: no good-bye of any kind."""
        if self.process.returncode is None:
            self.process.kill()
            self.process.wait()
            self.world.ignore(self.process.stdout.fileno())
            self.process.stdout.close()
