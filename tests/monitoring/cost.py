#!/usr/bin/python3
"""What metrics cost: the same messages through a daemon without them, with them and nobody asking, and asked as often
as can be (a hundred times as often as Prometheus would); instructions of the daemon's main thread, by callgrind.

    tests/monitoring/cost.py [MESSAGES] [DEPARTMENTS]
"""

import os
import pathlib
import re
import subprocess
import sys
import threading

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "blackbox"))

import house as houses  # noqa: E402
from metrics import both_doors, request  # noqa: E402

BENCH = pathlib.Path(houses.binary()).with_name("wenzheng-bench")


def write_key(house, name, keys):
    public, secret = (key.decode() for key in keys)
    house.write(f"{name}.key", f'metadata\ncurve\n    public-key = "{public}"\n')
    house.write(f"{name}.key_secret",
                f'metadata\ncurve\n    public-key = "{public}"\n    secret-key = "{secret}"\n', 0o600)


def profile_of(departments):
    lines = "".join(f"  - {{id: d{number}, name: 第{number}办}}\n" for number in range(departments))
    text = houses.PROFILE.replace("departments:\n", "departments:\n" + lines)
    return text + "messages_per_minute: 1000000\n"


def counted(path):
    """Instructions of the thread that turns the loop: the one with most of them that knows shell_turn."""
    totals = []
    for file in path.parent.glob(path.name + "*"):
        text = file.read_text(encoding="utf-8", errors="replace")
        if "shell_turn" in text:
            totals.append(int(re.search(r"^(?:totals|summary): (\d+)", text, re.M).group(1)))
    return max(totals)


def run(name, messages, departments, config, asks=False):
    house = houses.House(profile=profile_of(departments), config=config)
    out = house.path("callgrind.out")
    house.command = lambda *more: ["valgrind", "--tool=callgrind", "--separate-threads=yes", "-q",
                                   f"--callgrind-out-file={out}", houses.binary(), "--config",
                                   str(house.path("wenzhengd.yaml")), *more]
    texts, over = set(), threading.Event()
    try:
        write_key(house, "server", (house.server_public, house.server_secret))
        write_key(house, "portal", house.keys["web"])
        write_key(house, "worker", house.keys["edu-a"])
        house.start()

        def ask():
            while not over.is_set():
                texts.add(request(house)[2])

        asker = threading.Thread(target=ask)
        if asks:
            asker.start()
        said = subprocess.run([BENCH, "rt", "64", str(messages), "--portal", house.endpoints["portal"], "--worker",
                               house.endpoints["worker"], "--server-key", house.path("server.key"), "--portal-key",
                               house.path("portal.key_secret"), "--worker-key", house.path("worker.key_secret"),
                               "--department", "edu"], stdout=subprocess.PIPE, check=True, text=True)
        over.set()
        if asks:
            asker.join()
        house.stop()
        each = counted(out) / messages
        print(f"{name:<28} {each:10,.0f} instructions a message, {len(texts)} texts  {said.stdout.strip()[:60]}",
              flush=True)
        return each
    finally:
        over.set()
        house.close()


def main():
    messages = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
    departments = int(sys.argv[2]) if len(sys.argv) > 2 else 15
    os.environ.setdefault("TMPDIR", "/tmp")
    off = run("off", messages, departments, {})
    on = run("on, nobody asks", messages, departments, both_doors())
    asked = run("asked all the time", messages, departments, both_doors(), asks=True)
    print(f"on: {(on / off - 1) * 100:+.1f} %, asked: {(asked / off - 1) * 100:+.1f} %")


if __name__ == "__main__":
    main()
