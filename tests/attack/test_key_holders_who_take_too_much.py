"""Who holds a key and wants more than there is: memory, offers, sessions, streams, pages, other people's cases."""

import os
import random
import time

import pytest
import zmq

import wzp
from measure import MIB
from siege import scale, seeded

TEXT = {"title": "题", "body": "文"}


def say(peer, kind, **fields):
    """Sends without keeping book of it."""
    try:
        peer.socket.send_multipart(wzp.encode(kind, fields), zmq.NOBLOCK)
        return True
    except zmq.Again:
        return False


def deaf(attack, name):
    """A peer whose socket is never read, and who takes little in by itself."""
    peer = attack.member(name, options=[(zmq.RCVHWM, 1), (zmq.RCVBUF, 4096)])
    assert peer.ask("BEAT").kind in ("ERROR", "PULSE")  # connected
    attack.world.ignore(peer.socket)
    return peer


def patient(attack, *ids):
    """Ids that nobody used before."""
    return [f"{attack.name[:40]}-{number}-{os.urandom(3).hex()}" for number in ids]


# ---- those who do not read ----


def test_a_portal_that_asks_and_never_reads(attack):
    """Answers pile up to the high-water mark of its connection, then they are dropped: for it alone."""
    peer = deaf(attack, "web")
    for _ in attack.lasting(2.5):
        attack.tried(sum(say(peer, "DIRECTORY", req=1) for _ in range(100)))
        attack.world.turn(0.01)


def test_a_portal_that_asks_for_the_largest_answers_and_never_reads(own_attack):
    """A case with replies as large as they may be, asked for a thousand times: a thousand answers of a quarter of a
    mebibyte are what the connection's high-water mark allows, and the daemon holds that much and no more."""
    attack = own_attack
    attack.memory += 1000 * wzp.FRAME_MAX
    worker, portal = attack.member("edu-a"), attack.member("web")
    worker.ready()
    (name,) = patient(attack, 0)
    portal.submit(name, department="edu")
    attack.submitted += 1
    offer = worker.next_offer()
    worker.take(offer)
    for number in range(4):
        worker.reply(offer, f"{number}" * 65000, reply_kind="interim")
    peer = deaf(attack, "web")
    for _ in attack.lasting(2.5):
        attack.tried(sum(say(peer, "QUERY", req=1, id=name) for _ in range(20)))
        attack.world.turn(0.01)


def test_a_watcher_that_never_reads(own_attack):
    """Its stream waits for SEEN; nobody else's does."""
    attack = own_attack
    worker, portal = attack.member("edu-a"), attack.member("web")
    for peer in [attack.member("web") for _ in range(20)]:
        peer.watch()
        attack.world.ignore(peer.socket)
    worker.ready(credit=8)
    for name in patient(attack, *range(scale(60, 400))):
        portal.submit(name, department="edu")
        attack.submitted += 1
        offer = worker.next_offer()
        worker.take(offer)
        worker.reply(offer, "复" * 20000)
        attack.tried()


def test_a_worker_that_takes_offers_and_never_reads(own_attack):
    attack = own_attack
    hoarder, portal = attack.member("edu-a"), attack.member("web")
    hoarder.ready(credit=1024)
    attack.world.ignore(hoarder.socket)
    for name in patient(attack, *range(scale(300, 1000))):
        portal.submit(name, department="edu", title="题", body="文" * 5000)
        attack.submitted += 1
        attack.tried()


# ---- leases, sessions, streams ----


class TestLeases:
    @pytest.fixture
    def house_options(self):
        return {"lease": "1", "heartbeat": "5"}

    def test_a_worker_that_hoards_offers_and_never_takes(self, own_attack):
        """What it lets run out goes to its colleague, all of it, and soon."""
        attack = own_attack
        hoarder, portal, colleague = attack.member("edu-a"), attack.member("web"), attack.member("edu-b")
        hoarder.ready(credit=1024)
        cases = []
        for name in patient(attack, *range(100)):
            cases.append(portal.submit(name, department="edu")["case"])
            attack.submitted += 1
            attack.tried()
        attack.world.until(lambda: len(hoarder.offers) >= 100, what="the hoard")
        colleague.ready(credit=16)
        taken = set()
        end = time.monotonic() + 25
        while len(taken) < 100 and time.monotonic() < end:
            offer = colleague.next_offer(within=10)
            if colleague.ask("TAKE", case=offer["case"], epoch=offer["epoch"]).kind == "CONFIRM":
                taken.add(offer["case"])
        assert taken == set(cases)


def test_ready_from_ever_new_incarnations(attack):
    """One key, one connection, a new life with every message: one session in the end."""
    peer = attack.member("edu-c")
    for number in attack.lasting(scale(2.5, 20.0)):
        for life in range(20):
            attack.tried(say(peer, "READY", req=1, credit=1024, incarnation=20 * number + life + 1))
        attack.world.turn(0)
    peer.resend_after = 1.0
    attack.world.until(lambda: peer.ask("READY", credit=1, incarnation=1).kind == "WELCOME", 20, "a WELCOME")
    workers = [item for item in attack.siege.operator.workers() if item["name"] == "edu-c"]
    assert len(workers) <= 1
    peer.bye()


class TestSessions:
    @pytest.fixture
    def house_options(self):
        return {"heartbeat": "30"}  # none ends by itself while others come, however slow the machine is

    def test_more_sessions_than_there_may_be(self, own_attack):
        """Connections with one key and incarnations of their own, beyond WORKERS_MAX: BUSY, and room for others later."""
        attack = own_attack
        attack.memory = 128 * MIB  # a thousand connections
        limit = wzp.LIMITS["WORKERS_MAX"]
        peers = []
        for _ in range(0, limit + 40, 28):
            group = [attack.member("edu-c") for _ in range(28)]
            for peer in group:
                peer.begin("READY", credit=1, incarnation=peer.incarnation)
            attack.world.until(lambda g=group: not any(peer.open for peer in g), 30, "their answers")
            peers += group
        answers = [peer.answers[1][0] for peer in peers]
        welcomed = sum(answer.kind == "WELCOME" for answer in answers)
        busy = sum(answer.kind == "BUSY" and answer["code"] == "workers" for answer in answers)
        attack.tried(len(peers), accepted=max(0, welcomed - limit))
        assert welcomed + busy == len(peers) and busy > 0
        for peer in peers:
            peer.begin("BYE")
        attack.world.until(lambda: not any(peer.open for peer in peers), 30, "their good-byes")
        for peer in peers:
            attack.drop(peer)
        assert len(attack.siege.operator.workers()) == 0


def test_watch_again_and_again(attack):
    """Each time the stream starts over. What the connection's queue cannot hold is dropped, answers too."""
    peer = attack.member("web")
    for number in attack.lasting(scale(2.0, 20.0)):
        attack.tried(say(peer, "WATCH", req=number, cursor=number % 3 * 1000))
        attack.world.turn(0)
        peer.events.clear()
    peer.resend_after = 1.0
    assert peer.ask("BEAT").kind == "PULSE"


def test_ready_and_bye_without_end(attack):
    peer = attack.member("edu-c")
    peer.resend_after = 2.0
    for number in range(scale(800, 20_000)):
        peer.begin("READY", credit=1, incarnation=number % 7 + 1)
        peer.begin("BYE")
        attack.tried()
        if number % 50 == 0:
            attack.world.turn(0)
    attack.world.until(lambda: not peer.open, 20, "the last answer")


# ---- floods ----


class TestRate:
    @pytest.fixture
    def house_options(self):
        from house import PROFILE
        return {"profile": PROFILE + 'messages_per_minute: "6000"\n'}

    def test_more_messages_than_a_portal_may_send(self, own_attack):
        """BUSY `rate` for it, and nothing of it stored; its neighbour has a rate of his own."""
        attack = own_attack
        peer = attack.member("web")
        peer.resend_after = 3.0  # answers beyond the high-water mark are dropped
        reqs = [peer.begin_submit(name) for name in patient(attack, *range(8000))]
        attack.world.until(lambda: not peer.open, 30, "the last answer")
        kinds = [peer.answers[req][0] for req in reqs]
        stored = sum(answer.kind == "RECEIPT" for answer in kinds)
        attack.submitted += stored
        assert all(answer.kind == "RECEIPT" or answer["code"] == "rate" for answer in kinds)
        attack.tried(len(reqs), accepted=max(0, stored - 6600))
        assert stored < len(reqs)


def test_requests_without_pause(attack):
    """As quickly as one connection can, of every kind that a portal may send and that stores nothing."""
    peer, rng = attack.member("web"), seeded()
    kinds = [("DIRECTORY", {}), ("QUERY", {"id": "nobody's"}), ("QUERY", {"case": wzp.NO_CASE, "query_code": "0" * 16}),
             ("BEAT", {}), ("SEEN", {"cursor": 1}), ("SUBMIT", {**TEXT, "id": "x", "department": "nobody"})]
    for _ in attack.lasting(scale(2.5, 20.0)):
        for _ in range(50):
            kind, fields = rng.choice(kinds)
            attack.tried(say(peer, kind, req=1, **fields))
        attack.world.turn(0)
        peer.answers.clear()


def test_frames_of_the_limit_without_pause(attack):
    """A quarter of a mebibyte each, well formed, with keys that nobody knows."""
    peer = attack.member("web")
    filler = {"req": 1, "unknown": "x" * (wzp.FRAME_MAX - 40)}
    frames = wzp.encode("DIRECTORY", filler)
    for _ in attack.lasting(2.0):
        try:
            peer.socket.send_multipart(frames, zmq.NOBLOCK)
            attack.tried()
        except zmq.Again:
            pass
        attack.world.turn(0.002)
    attack.memory = 128 * MIB  # what one connection may have on its way before the daemon has read it


def test_the_same_request_again_and_again(attack):
    """One message, one case, one receipt, a thousand times; and never another one's content."""
    peer = attack.member("web")
    (name,) = patient(attack, 0)
    receipt = dict(peer.submit(name))
    attack.submitted += 1
    receipt.pop("req")
    peer.resend_after = 3.0  # answers beyond the high-water mark are dropped
    reqs = [peer.begin_submit(name, **({} if number % 3 else {"title": "另一个"})) for number in range(1500)]
    attack.world.until(lambda: not peer.open, 20, "the last answer")
    for number, req in enumerate(reqs):
        answer = dict(peer.answers[req][0])
        answer.pop("req")
        attack.tried(accepted=answer != receipt if number % 3 else answer.get("code") != "conflict")


def test_pages_without_end(attack):
    """The largest pages, from every place, and from places that are none."""
    ops, desk, worker = attack.siege.operator, attack.member("desk"), attack.member("edu-c")
    worker.ready()
    for number in range(150):
        for peer, kind in ((ops, "CASES"), (desk, "CASES"), (worker, "HELD"), (ops, "WORKERS")):
            fields = {"limit": 512, "after": wzp.case_number("20200101", number + 1)} if kind != "WORKERS" else {"cursor": number}
            answer = peer.ask(kind, **fields)
            attack.tried(accepted=answer.kind != "LIST" or len(answer["items"]) > 100)
    for after in ("x", "20260105-000001-7", "9" * 17, "0" * 17, "' OR 1=1 --"):
        for peer, kind in ((ops, "CASES"), (worker, "HELD")):
            attack.tried(accepted=peer.ask(kind, after=after).get("code") != "invalid-value")
    worker.bye()


# ---- what is not theirs ----


def test_another_portals_message_id(attack):
    portal, other = attack.member("web"), attack.member("app")
    (name,) = patient(attack, 0)
    receipt = portal.submit(name)
    attack.submitted += 1
    unknown = other.ask("QUERY", id="never-sent")
    for asked in ({"id": name}, {"id": name, "query_code": receipt["query_code"]}):
        answer = other.ask("QUERY", **asked)
        attack.tried(accepted=(answer.kind, answer["code"], answer["text"]) != ("ERROR", "not-found", unknown["text"]))
    assert other.submit(name)["case"] != receipt["case"], "the same id of another portal is another message"
    attack.submitted += 1


def test_query_codes_that_are_guessed(attack):
    """A wrong code, an unknown case and a piece of the right code are told the same, byte for byte but for `req`."""
    portal, other, rng = attack.member("web"), attack.member("app"), seeded()
    other.resend_after = 2.0
    (name,) = patient(attack, 0)
    receipt = portal.submit(name)
    attack.submitted += 1
    case, code = receipt["case"], receipt["query_code"]
    told = dict(other.ask("QUERY", case=wzp.NO_CASE, query_code=code))
    told.pop("req")
    letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    near = [code[:at] + letters[(letters.index(code[at]) + 1) % 32] + code[at + 1:] for at in range(16)]
    pieces = [code[:size] for size in range(1, 16)] + [code + "0", code * 2, code[:-1] + "*", "-" * 16, "0" * 32]
    guesses = near + pieces + ["".join(rng.choices(letters, k=16)) for _ in range(scale(1500, 50_000))]
    reqs = [other.begin("QUERY", case=case, query_code=guess) for guess in guesses] + [other.begin("QUERY", case=case)]
    attack.world.until(lambda: not other.open, 60, "the last answer")
    for req in reqs:
        answer = dict(other.answers[req][0])
        answer.pop("req")
        attack.tried(accepted=answer != told)
    assert other.query(case=case, query_code=code)["case"] == case, "the right one opens it"


def test_epochs_of_another_departments_case_that_are_guessed(own_attack):
    """`not-yours`, whatever the epoch: it does not even say whether the guess was right."""
    attack = own_attack
    portal, owner, guesser = attack.member("web"), attack.member("water-a"), attack.member("edu-a")
    owner.ready(credit=8)
    guesser.ready()
    for name in patient(attack, *range(2)):
        portal.submit(name, department="water")
        attack.submitted += 1
    offered, taken = owner.next_offer(), owner.next_offer()
    owner.take(taken)
    texts = set()
    for offer in (offered, taken):
        for epoch in [*range(8), 2**32 - 1]:
            for kind, extra in (("TAKE", {}), ("REPLY", {"reply": "好"}), ("RETURN", {"reason": "非"}), ("FAIL", {"reason": "非"})):
                answer = guesser.ask(kind, case=offer["case"], epoch=epoch, **extra)
                texts.add(answer["text"])
                attack.tried(accepted=answer.get("code") != "not-yours" or "epoch" in answer or "state" in answer)
        attack.tried(accepted=guesser.ask("HELD", case=offer["case"]).get("code") != "not-yours")
    assert len(texts) == 1
    assert [item["case"] for item in owner.held()] == [taken["case"]]


def test_departments_that_a_key_does_not_serve(attack):
    peer = attack.member("edu-a")
    for departments in (["water"], ["edu", "water"], ["police"], ["nobody"], ["edu", "nobody"], [""] , ["edu"] * 200 + ["water"]):
        answer = peer.ask("READY", credit=1, incarnation=1, departments=departments)
        attack.tried(accepted=answer.kind == "WELCOME")


def test_cursors_of_events_that_were_not_sent(attack):
    """A portal may not say SEEN of what does not exist yet; and no cursor shows it another's stream."""
    portal, other = attack.member("web"), attack.member("app")
    portal.watch(cursor=0)
    attack.world.pass_time(0.2)
    for cursor in (2**62, 2**40, 10**12):
        attack.tried(accepted=portal.ask("SEEN", cursor=cursor).get("code") != "invalid-value")
    (name,) = patient(attack, 0)
    case = other.submit(name, department="police")["case"]
    attack.submitted += 1
    rng = random.Random(1)
    for _ in range(20):
        portal.watch(cursor=rng.randrange(10**6))
    attack.world.pass_time(0.2)
    attack.tried(accepted=any(event.get("case") == case for event in portal.events))
