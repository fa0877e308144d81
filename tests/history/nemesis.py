"""What is done to the daemon, its disk, its network and its clock while everybody works. Each kind is a generator
that strikes and yields how long it waits until the next stroke; all that is random comes from the run's seed."""

import errno
import random
import signal

from faulty_disk import SHORT_WRITE

HOUR = 3600.0
LEAPS = (2 * HOUR, 30 * HOUR, -2 * HOUR, 400 * 24 * HOUR)  # beyond what the daemon takes for a correction


def kill(run, rng):
    while True:
        yield rng.uniform(0.2, 0.8)
        run.machine.strike(signal.SIGKILL)


def crash(run, rng):
    """As a failed assertion or a wild pointer does."""
    while True:
        yield rng.uniform(0.2, 0.8)
        run.machine.strike(rng.choice((signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS)))


def stop(run, rng):
    """The machine stalls: leases and heartbeats pass, and then all goes on as if nothing had been."""
    while True:
        yield rng.uniform(0.1, 0.5)
        run.machine.send_signal(signal.SIGSTOP)
        yield rng.choice((0.05, 0.3, 0.9, 1.6))
        run.machine.send_signal(signal.SIGCONT)


def restart(run, rng):
    """As an administrator does: stops it in order, or reloads it."""
    while True:
        yield rng.uniform(0.1, 0.5)
        if rng.random() < 0.6:
            run.machine.may_end_with(-signal.SIGTERM)  # that early in its life that nothing is open yet
            run.machine.send_signal(signal.SIGTERM)
        else:
            run.machine.may_end_with(-signal.SIGHUP)
            run.machine.send_signal(signal.SIGHUP)


def full(run, rng):
    """Full to the last byte, or below the reserve, or failing only now and then as a quota does."""
    while True:
        yield rng.uniform(0.1, 0.4)
        run.machine.may_end_with(1)  # what cannot open its store says so and ends
        dice = rng.randrange(4)
        if dice < 2:
            run.machine.disk.run_full(free=rng.choice((0, 2**19)))
        elif dice == 2:
            run.machine.disk.tell_free(2**19)
        else:
            run.machine.disk.fail("write", errno.ENOSPC, per_million=100_000)
        yield rng.uniform(0.2, 0.8)
        run.machine.disk.heal()


def error(run, rng):
    """EIO, on one of the next calls or on a few in a thousand."""
    while True:
        yield rng.uniform(0.1, 0.4)
        run.machine.may_end_with(1)
        operation = rng.choice(("write", "write", "sync", "sync", "truncate", "open"))
        if rng.random() < 0.7:
            run.machine.disk.fail(operation, errno.EIO, spare=rng.randrange(12))
        else:
            run.machine.disk.fail(operation, errno.EIO, per_million=30_000)
        yield rng.uniform(0.2, 0.6)
        run.machine.disk.heal()


def slow(run, rng):
    """A slow disk widens every gap between two writes, and between a write and its fsync; into some of them the
    process is killed."""
    while True:
        run.machine.disk.slow("sync", rng.choice((0, 10, 40, 120)))
        run.machine.disk.slow("write", rng.choice((0, 2, 10)))
        yield rng.uniform(0.2, 0.7)
        if rng.random() < 0.7:
            run.machine.strike(signal.SIGKILL)
        yield rng.uniform(0.1, 0.3)
        run.machine.disk.heal()


def halves(run, rng):
    """Writes are cut short, and now and then the process is killed between two parts of one."""
    while True:
        run.machine.disk.fail("write", SHORT_WRITE, per_million=500_000)
        run.machine.disk.slow("write", rng.choice((0, 0, 1)))
        yield rng.uniform(0.3, 0.7)
        run.machine.strike(signal.SIGKILL)


def cut(run, rng):
    while True:
        yield rng.uniform(0.1, 0.4)
        dice = rng.randrange(3)
        if dice == 0:
            run.network.cut(rng, rng.choice((0.3, 1.0)))
        elif dice == 1:
            run.network.swallow(rng, 0.4)
        else:
            run.network.delay = rng.choice((0.0, 0.02, 0.1))


def repeat(run, rng):
    """Old requests come once more, in another order, on the connection that lives or on a new one."""
    while True:
        yield rng.uniform(0.1, 0.3)
        actor = rng.choice(run.portals + run.workers + [run.desk])
        actor.repeat_in_disorder(elsewhere=actor in run.portals and rng.random() < 0.6)


def rebirth(run, rng):
    """Workers' processes die and others start in their place, which know nothing."""
    while True:
        yield rng.uniform(0.1, 0.4)
        rng.choice(run.workers).die()


def clock(run, rng):
    """The machine's clock is set wrong, by hours or by a year, and set right; now and then an operator believes it,
    now and then the daemon is started under it."""
    while True:
        yield rng.uniform(0.2, 0.4)
        run.machine.set_wall(rng.choice(LEAPS))
        yield rng.uniform(0.1, 0.3)
        dice = rng.random()
        if dice < 0.5:
            run.operator.accept_clock()
        elif dice < 0.6:
            run.machine.strike(signal.SIGKILL)
        yield rng.uniform(0.2, 0.4)
        while run.operator.is_setting_clock:
            yield 0.05
        run.machine.set_wall(0.0)


KINDS = {kind.__name__: kind for kind in (kill, crash, stop, restart, full, error, slow, halves, cut, repeat, rebirth,
                                         clock)}
ON_DISK = {"full", "error", "slow", "halves"}  # they would undo one another


def choose(seed):
    """The kinds of this seed. Seeds that follow one another take turns, so that a few of them have all kinds."""
    rng = random.Random(f"{seed} kinds")
    names = list(KINDS)
    first = names[seed % len(names)]
    others = [name for name in names if name != first and not {name, first} <= ON_DISK]
    return [first] + rng.sample(others, rng.choice((0, 1, 1)))


class Nemesis:
    """Strikes by turns of the harness's loop."""

    def __init__(self, run, names, now):
        self.steps = []
        for name in names:
            self.steps.append([now, KINDS[name](run, random.Random(f"{run.seed} {name}"))])
        self.world = run.house.world
        self.world.peers.append(self)

    def wakes_at(self):
        return min(when for when, _ in self.steps)

    def tick(self, now):
        for step in self.steps:
            if step[0] <= now:
                step[0] = now + next(step[1])

    def close(self):
        if self in self.world.peers:
            self.world.peers.remove(self)
