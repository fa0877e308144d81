"""The journal as a file: its hash chain computed anew, and histories that did not happen. Written from the comments of
the store's headers; sqlite3 and hashlib of Python's own library. Only while no daemon runs."""

import contextlib
import hashlib
import sqlite3
import struct

TEXTS = ["actor", "stream", "department", "subject", "class", "within"]
NUMBERS = ["epoch", "holder", "due", "due_date", "due_version", "number", "flags", "text"]
FIELDS = ["case_id", *TEXTS, *NUMBERS, "digest"]
DAY = 86_400_000_000


def blake2b(data):
    return hashlib.blake2b(data, digest_size=32).digest()


def _prefixed(text):
    data = (text or "").encode("utf-8")
    return struct.pack(">I", len(data)) + data


def next_head(head, row):
    """The head after this record: BLAKE2b of the head before and the record's fields in their order."""
    data = head + struct.pack(">qqq", row["seq"], row["kind"], row["at"])
    for name in FIELDS:
        if name in TEXTS:
            data += _prefixed(row[name])
        elif name == "digest":
            data += row[name] or bytes(32)
        else:
            data += struct.pack(">q", row[name] or 0)
    return blake2b(data)


@contextlib.contextmanager
def opened(path):
    db = sqlite3.connect(path)
    db.row_factory = sqlite3.Row
    try:
        with db:
            yield db
    finally:
        db.close()


def heads(path):
    """(number of records, the head computed here, the numbers of records whose stored head differs)"""
    with opened(path) as db:
        head, count, wrong = blake2b(b""), 0, []
        for row in db.execute("SELECT * FROM journal ORDER BY seq"):
            head = next_head(head, row)
            count += 1
            if head != row["head"]:
                wrong.append(row["seq"])
        return count, head.hex(), wrong


def text_digest(row):
    case, role = row["id"] // 10000, row["role"]
    return blake2b(struct.pack(">QI", case, role) + _prefixed(row["title"]) + _prefixed(row["body"]))


def wrong_texts(path):
    """Texts whose digest is not BLAKE2b of case, role, title and body."""
    with opened(path) as db:
        return [
            row["id"] for row in db.execute("SELECT * FROM text")
            if row["digest"] != text_digest(row)
        ]


CASE_DUES, CASE_DIGESTS = {"due"}, {"reply_digest"}
CASE_TEXTS = {"portal", "department", "class", "within", "holder_name"}
NEVER = 2**63 - 1


def _sum(table, data):
    """The sum of a row: 64 bits of BLAKE2b over its table's number and all it says (daemon/store/sqlite_sum.c)."""
    return struct.unpack(">q", blake2b(struct.pack(">q", table) + data)[:8])[0]


def _case_bytes(row):
    data = struct.pack(">q", row["case_id"])
    for name in row.keys()[1:-1]:
        if name in CASE_TEXTS:
            data += _prefixed(row[name])
        elif name in CASE_DIGESTS:
            data += row[name] or bytes(32)
        else:
            data += struct.pack(">q", NEVER if row[name] is None and name in CASE_DUES else row[name] or 0)
    return data


def _make_sums_whole(db):
    for row in db.execute("SELECT * FROM store").fetchall():
        seq = db.execute("SELECT max(seq) FROM journal").fetchone()[0]
        numbers = [row[name] for name in ("laboratory", "created", "accepted", "answered")]
        data = struct.pack(">6q", *numbers, seq, row["batch"])
        db.execute("UPDATE store SET seq = ?, sum = ?", (seq, _sum(1, data)))
    for row in db.execute("SELECT * FROM message").fetchall():
        texts = [_prefixed(row[name]) for name in ("portal", "message_id", "category", "region")]
        data = struct.pack(">q", row["case_id"]) + b"".join(texts) + (row["digest"] or bytes(32))
        db.execute("UPDATE message SET sum = ? WHERE case_id = ?", (_sum(2, data), row["case_id"]))
    for row in db.execute("SELECT * FROM text").fetchall():
        data = struct.pack(">q", row["id"]) + row["digest"]
        db.execute("UPDATE text SET sum = ? WHERE id = ?", (_sum(4, data), row["id"]))
    for row in db.execute("SELECT * FROM cases").fetchall():
        db.execute("UPDATE cases SET sum = ? WHERE case_id = ?", (_sum(5, _case_bytes(row)), row["case_id"]))


@contextlib.contextmanager
def rewriting(path):
    """For changes of the past: afterwards the chain and the sums are whole again."""
    with opened(path) as db:
        triggers = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for trigger in triggers:
            db.execute(f"DROP TRIGGER {trigger['name']}")
        yield db
        head = blake2b(b"")
        for row in db.execute("SELECT * FROM journal ORDER BY seq").fetchall():
            head = next_head(head, row)
            db.execute("UPDATE journal SET head = ? WHERE seq = ?", (head, row["seq"]))
        _make_sums_whole(db)
        for trigger in triggers:
            db.execute(trigger["sql"])


def move_to_the_past(path, days):
    """As if everything had happened so many days earlier."""
    with rewriting(path) as db:
        db.execute("UPDATE journal SET at = at - ?", (days * DAY,))
        db.execute("UPDATE journal SET due = due - ?, due_date = due_date - ? WHERE due IS NOT NULL", (days * DAY, days))
        db.execute("UPDATE cases SET received = received - ?", (days * DAY,))
        db.execute("UPDATE cases SET due = due - ?, due_date = due_date - ? WHERE due IS NOT NULL", (days * DAY, days))
        db.execute("UPDATE cases SET taken = taken - ? WHERE taken <> 0", (days * DAY,))
        db.execute("UPDATE cases SET answered = answered - ? WHERE answered <> 0", (days * DAY,))


def add_start(path, at):
    """As if a daemon had started at this moment."""
    with rewriting(path) as db:
        seq = db.execute("SELECT max(seq) FROM journal").fetchone()[0] + 1
        db.execute("INSERT INTO journal (seq, kind, at, subject, head) VALUES (?, 1, ?, 'test', x'00')", (seq, at))


def renumber_case(path, old, new):
    """As if a case that nobody has answered had got another number."""
    with rewriting(path) as db:
        for table in ("journal", "cases", "message"):
            db.execute(f"UPDATE {table} SET case_id = ? WHERE case_id = ?", (new, old))
        db.execute("UPDATE text SET id = id % 10000 + ? WHERE id / 10000 = ?", (new * 10000, old))
        for row in db.execute("SELECT * FROM text").fetchall():
            db.execute("UPDATE text SET digest = ? WHERE id = ?", (text_digest(row), row["id"]))
