"""A worker in a process of its own, so that it can be killed: says READY, prints each offer as a line of JSON,
takes it if told to, and does nothing else."""

import json
import sys

from peers import Worker
from world import World


def main():
    task = json.loads(sys.argv[1])
    world = World()
    keys = tuple(key.encode() for key in task["keys"])
    worker = Worker(world, task["endpoint"], task["server_key"].encode(), keys)
    worker.incarnation = task["incarnation"]
    worker.ready(**task["ready"])
    print(json.dumps("ready"), flush=True)
    while True:
        world.turn(1.0)
        while worker.offers:
            offer = worker.offers.popleft()
            if task["takes"]:
                worker.take(offer)
            print(json.dumps({"case": offer["case"], "epoch": offer["epoch"]}), flush=True)


main()
