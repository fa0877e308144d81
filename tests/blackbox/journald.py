"""A system journal of a test's own: the real systemd-journald in a mount namespace, so that the machine's journal,
if it has one, hears nothing. A daemon that is started in there finds it where the real one would be."""

import json
import os
import pathlib
import shutil
import socket
import subprocess

PROGRAMS = ("/usr/lib/systemd/systemd-journald", "/lib/systemd/systemd-journald")
SETTINGS = "[Journal]\nStorage=volatile\nReadKMsg=no\nAudit=no\nRateLimitBurst=0\nForwardToSyslog=no\n"
START = """
mount -t tmpfs none /run && mount -t tmpfs none /var/lib/systemd
mkdir -p /run/systemd/journal /run/log/journal /run/systemd/journald.conf.d /run/root/usr/lib/systemd/catalog
printf '%s' "$SETTINGS" >/run/systemd/journald.conf.d/test.conf
cp "$CATALOGS"/*.catalog /run/root/usr/lib/systemd/catalog
journalctl --update-catalog --root=/run/root
cp -r /run/root/var/lib/systemd/catalog /var/lib/systemd
exec "$JOURNALD"
"""
CATALOGS = pathlib.Path(__file__).resolve().parents[2] / "systemd"


def program():
    return next((path for path in PROGRAMS if os.access(path, os.X_OK)), None)


def why_not():
    """What this machine lacks for a journal of one's own; None if nothing."""
    if not program() or not shutil.which("journalctl") or not shutil.which("nsenter"):
        return "no systemd-journald, journalctl or nsenter here"
    made = subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False)
    return None if made.returncode == 0 else "no mount namespace may be made here"


class Journald:
    def __init__(self, world):
        self.world = world
        environment = {**os.environ, "SETTINGS": SETTINGS, "CATALOGS": str(CATALOGS), "JOURNALD": program()}
        self.process = subprocess.Popen(["unshare", "--mount", "--propagation", "private", "sh", "-e", "-c", START],
                                        env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.root = pathlib.Path(f"/proc/{self.process.pid}/root")
        self.streams = []
        world.until(self._is_there, what="the journal's start")

    def _is_there(self):
        assert self.process.poll() is None, "systemd-journald ended"
        return (self.root / "run/systemd/journal/stdout").exists()

    def enter(self):
        """In front of a command: it then runs where this journal is the system's."""
        return ["nsenter", f"--mount=/proc/{self.process.pid}/ns/mnt", "--"]

    def stream(self):
        """What a service has for its standard error, and $JOURNAL_STREAM."""
        stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        stream.connect(str(self.root / "run/systemd/journal/stdout"))
        stream.sendall(b"wenzhengd\nwenzhengd.service\n6\n1\n0\n0\n0\n")
        self.streams.append(stream)
        status = os.fstat(stream.fileno())
        return stream, f"{status.st_dev}:{status.st_ino}"

    def take_in(self, house):
        """The house's daemon logs here from its next start on."""
        house.prefix = self.enter()
        house.stderr, house.environment["JOURNAL_STREAM"] = self.stream()

    def journalctl(self, *arguments, **environment):
        return subprocess.run([*self.enter(), "journalctl", "--no-pager", *arguments], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, env={**os.environ, **environment}, check=False).stdout

    def records(self, **fields):
        """All that have these fields, the oldest first, by their fields."""
        lines = self.journalctl("-o", "json", *(f"{name}={value}" for name, value in fields.items())).splitlines()
        return [json.loads(line) for line in lines]

    def wait_for(self, count=1, **fields):
        """The records with these fields once there are so many."""
        def enough():
            found = self.records(**fields)
            return found if len(found) >= count else None
        return self.world.until(enough, what=f"{count} records of {fields}")

    def close(self):
        for stream in self.streams:
            stream.close()
        self.process.kill()
        self.process.wait()
