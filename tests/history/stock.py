"""The programs as they are shipped, beside the actors: wenzheng-submit hands in a file of messages, and
wenzheng-worker-exec answers for a department, both over the network that breaks. They keep their own promises: what
they print is history like any other."""

import json
import os
import pathlib
import signal
import subprocess

from house import binary

MESSAGES = 80
PORTAL = "counter"  # the town hall's counter: a portal with nothing but wenzheng-submit
WORKER = "edu-c"
ANSWER = "cat >/dev/null; echo 已转交经办人。"


class Stock:
    def __init__(self, run):
        self.run, self.house, self.history = run, run.house, run.history
        self.programs = []
        self.house.write("server.key", f'metadata\ncurve\n    public-key = "{self.house.server_public.decode()}"\n')
        lines = [{"id": f"c-{number}", "title": f"窗口 {number}", "body": "路灯不亮。", "department": "edu"}
                 for number in range(MESSAGES)]
        self.house.write("messages.jsonl", "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))

    def begin(self):
        for number in range(MESSAGES):
            self.history.add("submit", portal=PORTAL, id=f"c-{number}")
        self.worker = self._start("wenzheng-worker-exec", WORKER, "worker", "--credit", "2", "--retry", "1",
                                  "--", "/bin/sh", "-c", ANSWER)
        self.submit = self._submit()

    def _submit(self):
        return self._start("wenzheng-submit", PORTAL, "portal", "--json", "--quiet", "--in-flight", "4",
                           "--timeout", "60", str(self.house.path("messages.jsonl")))

    def _start(self, program, name, zone, *arguments):
        public, secret = self.house.keys[name]
        pair = f'    public-key = "{public.decode()}"\n    secret-key = "{secret.decode()}"\n'
        self.house.write(f"clients/{name}.key_secret", "metadata\ncurve\n" + pair, 0o600)
        with open(self.house.path(f"{program}.log"), "ab") as log:
            process = subprocess.Popen(
                [str(pathlib.Path(binary()).with_name(program)), "--endpoint", self.run.network.near[zone],
                 "--server-key", str(self.house.path("server.key")),
                 "--key", str(self.house.path(f"clients/{name}.key_secret")), *arguments],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, env=dict(os.environ))
        self.programs.append(process)
        return process

    @property
    def is_done(self):
        return self.submit.poll() is not None

    def read_receipts(self):
        """What wenzheng-submit printed, once it has ended."""
        for line in self.submit.stdout.read().decode().splitlines():
            said = json.loads(line)
            if "case" in said:
                self.history.add("receipt", portal=PORTAL, id=said["id"], case=said["case"], code=said["query_code"],
                                 **{name: said.get(name) for name in ("received", "due", "department")})
            else:
                self.history.add("refused", who=PORTAL, verb="SUBMIT", code=str(said))

    def submit_again(self):
        self.submit = self._submit()

    def close(self):
        for process in self.programs:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait()
            process.stdout.close()
