"""`wenzhengd --export`: what is written is what is stored, row by row, and nothing that was not asked for."""

import datetime
import errno
import json
import pathlib
import signal
import sqlite3
import subprocess
import tempfile

import pytest

import journal_file
from archives import at_time, back_up, blake2b, error_of, run_failing
from test_verify import fill

KINDS = {name: number for number, name in enumerate(
    "started accepted routed triaged offered requeued taken replied returned failed parked assigned reminded escalated"
    " due alarm configured clock drained contact contact-opened".split(), 1)}
STATES = ["", "triage", "queued", "offered", "taken", "answered"]
REPLIES = ["", "interim", "final", "refusal"]


def us_of(text):
    """Microseconds of an RFC 3339 moment, exactly."""
    if text is None:
        return 0
    moment = datetime.datetime.fromisoformat(text)
    epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return (moment - epoch) // datetime.timedelta(microseconds=1)


def days_of(text):
    return (datetime.date.fromisoformat(text) - datetime.date(1970, 1, 1)).days if text else 0


def case_of(number):
    return int(number[:15].replace("-", "")) if number else 0


def export(house, *arguments):
    """The folder that came of it, and its manifest."""
    into = tempfile.mkdtemp(prefix="to-", dir=house.folder)
    status, said = house.run("--export", into, "--json", *arguments)
    assert status == 0, said
    manifest = json.loads(said.splitlines()[-1])
    [folder] = pathlib.Path(into).glob("wenzheng-export-*")
    assert json.loads((folder / "manifest.json").read_text()) == manifest
    assert {path.name for path in folder.iterdir()} == {"manifest.json", *(f["file"] for f in manifest["files"])}
    for file in manifest["files"]:
        path = folder / file["file"]
        assert file["blake2b"] == blake2b(path) and file["size"] == path.stat().st_size
        assert file["lines"] == len(path.read_bytes().splitlines()) and path.stat().st_mode & 0o777 == 0o600
    return folder, manifest


def lines(folder, name):
    return [json.loads(line) for line in (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def record_row(line):
    """A line as the row of the journal that it was."""
    accepted = line["event"] == "accepted"
    replied, escalated = line["event"] == "replied", line["event"] == "escalated"
    number = REPLIES.index(line["reply_kind"]) if replied else line.get("rung" if escalated else "number", 0)
    flags = line.get("provisional", False) | line.get("final", False) << 1 | ("custody" in line) << 2
    return {
        "seq": line["cursor"], "kind": KINDS[line["event"]], "at": us_of(line["at"]),
        "case_id": case_of(line.get("case")), "actor": line.get("actor"), "stream": line.get("stream"),
        "department": line.get("department"), "subject": line.get("id" if accepted else "text"),
        "class": line.get("class"), "within": line.get("within"), "epoch": line.get("epoch", 0),
        "holder": line.get("holder", 0), "due": us_of(line.get("due")), "due_date": days_of(line.get("due_date")),
        "due_version": line.get("due_version", 0), "number": number, "flags": int(flags),
        "text": line.get("ordinal", 0), "digest": bytes.fromhex(line["digest"]) if "digest" in line else None,
        "head": bytes.fromhex(line["head"]),
    }


def case_row(line):
    due = line.get("due")
    return {
        "case_id": case_of(line["case"]), "state": STATES.index(line["state"]), "portal": line["portal"],
        "department": line.get("department"), "class": line.get("class"), "within": line.get("within"),
        "received": us_of(line["received"]), "due": us_of(due) if due else None,
        "due_date": days_of(line.get("due_date")), "due_version": line.get("due_version", 0),
        "provisional": int(line.get("provisional", False)), "fired": line.get("fired_rungs", 0),
        "rung_reached": line.get("rung", 0), "reminded": int(line.get("reminded", False)),
        "epoch": line.get("epoch", 0), "holder": line.get("holder", 0), "holder_name": line.get("actor"),
        "process_custody": int("custody" in line), "final_ruling": int(line.get("final", False)),
        "losses": line.get("losses", 0), "returns": line.get("returns", 0), "texts": line.get("texts", 0),
        "taken": us_of(line.get("taken")), "answered": us_of(line.get("answered")),
        "reply_kind": REPLIES.index(line.get("reply_kind", "")),
        "reply_digest": bytes.fromhex(line["reply_digest"]) if "reply_digest" in line else None,
    }


def text_row(line):
    contents = {
        1: (line.get("title"), line.get("body")), 2: (line.get("reason"), line.get("reply")),
        3: (line.get("title"), line.get("reason")),
    }
    role = 1 if "body" in line else 2 if "reply" in line else 3
    return {"id": case_of(line["case"]) * 10000 + line["ordinal"], "role": role, "title": contents[role][0],
            "body": contents[role][1]}


def rows(path, sql):
    with journal_file.opened(path) as db:
        return [dict(row) for row in db.execute(sql)]


def same(row, stored):
    return all((stored[key] or None) == (value or None) for key, value in row.items())


def test_every_row_is_there_and_the_chain_can_be_computed_anew(house):
    fill(house)
    portal, worker = house.portal(), house.worker("edu-a")
    portal.submit("c-1", department="edu", contact="张先生 13800000000")
    portal.submit("c-2", department="water", category="感谢", region="北岸", **{"class": "thanks"})
    worker.ready(credit=2, custody="process")
    offer = worker.next_offer()
    worker.take(offer)
    worker.reply(offer, "不属于受理范围", reply_kind="refusal", reason="法律依据")
    folder, manifest = export(house, "--with-texts")
    assert house.stop() == 0
    stored = rows(house.store, f"SELECT * FROM journal WHERE seq <= {manifest['records']} ORDER BY seq")
    exported = [record_row(line) for line in lines(folder, "records")]
    assert len(exported) == len(stored) == manifest["records"]
    head = journal_file.blake2b(b"")
    for row, expected in zip(exported, stored):
        assert same(row, expected), (row, expected)
        head = journal_file.next_head(head, row)
        assert head == row["head"]
    assert head.hex() == manifest["head"]

    messages = {row["case_id"]: row for row in rows(house.store, "SELECT * FROM message")}
    cases = {row["case_id"]: row for row in rows(house.store, "SELECT * FROM cases")}
    exported = lines(folder, "cases")
    assert len(exported) == len(cases) == 6
    for line in exported:
        row, message = case_row(line), messages[case_of(line["case"])]
        # The end voids offers, which is after the export.
        assert same({k: v for k, v in row.items() if k != "state"}, cases[row["case_id"]]), (row, line)
        assert (line["id"], line.get("category"), line.get("region"), line["digest"]) == (
            message["message_id"], message["category"], message["region"], message["digest"].hex())

    texts = {row["id"]: row for row in rows(house.store, "SELECT * FROM text WHERE role <> 4")}
    exported = [text_row(line) for line in lines(folder, "texts")]
    assert len(exported) == len(texts)
    for row in exported:
        assert same(row, texts[row["id"]]), row
    assert manifest["records"] == stored[-1]["seq"]


def everything(folder):
    return b"".join(path.read_bytes() for path in folder.iterdir())


def test_what_was_not_asked_for_is_not_there(house):
    portal = house.portal()
    receipt = portal.submit("m-1", department="edu", title="秘密标题", body="秘密正文", contact="张先生 13800000000")
    sealed = rows_of_contacts(house)
    assert len(sealed) == 1

    bare, manifest = export(house)
    assert [f["file"] for f in manifest["files"]] == ["records.jsonl", "cases.jsonl"]
    whole, _ = export(house, "--with-texts", "--with-contacts")
    for folder, wanted in ((bare, False), (whole, True)):
        data = everything(folder)
        for secret in ("秘密标题", "秘密正文", sealed[0]):
            assert (secret.encode() in data) == wanted, secret
        for never in ("13800000000", "张先生", receipt["query_code"], receipt["query_code"].replace("-", "")):
            assert never.encode() not in data
    [contact] = lines(whole, "contacts")
    assert contact == {"case": receipt["case"], "ordinal": 9999, "sealed": sealed[0]}
    texts, _ = export(house, "--with-texts")
    assert sealed[0].encode() not in everything(texts)


def rows_of_contacts(house):
    with sqlite3.connect(f"file:{house.store}?mode=ro", uri=True) as db:
        return [row[0] for row in db.execute("SELECT body FROM text WHERE role = 4")]


def test_a_backup_is_exported_as_things_stood_then(house):
    fill(house)
    manifest = back_up(house)
    house.portal().submit("later")
    folder, exported = export(house, "--from", str(manifest["path"]), "--with-texts")
    assert (exported["records"], exported["head"]) == (manifest["records"], manifest["head"])
    assert exported["store"] == manifest["store"]
    assert len(lines(folder, "cases")) == 4 and len(lines(folder, "records")) == manifest["records"]


def test_a_working_daemon_is_exported_in_one_moment(house):
    portal = house.portal()
    process = None
    for i in range(600):
        portal.begin_submit(f"m-{i}", department="edu")
        if i == 300:
            process = subprocess.Popen(house.command("--export", str(house.folder), "--json"), env=house.environ(),
                                       stdout=subprocess.PIPE)
    portal.submit("last")
    manifest = json.loads(process.stdout.read())
    process.stdout.close()
    assert process.wait() == 0
    [folder] = house.folder.glob("wenzheng-export-*")
    records = lines(folder, "records")
    accepted = {line["case"] for line in records if line["event"] == "accepted"}
    assert [line["cursor"] for line in records] == list(range(1, manifest["records"] + 1))
    assert {line["case"] for line in lines(folder, "cases")} == accepted


def test_a_name_that_is_taken_is_not_taken_away(house):
    assert at_time(house, "2026-11-27 10:00:00", "--export", str(house.folder))[0] == 0
    status, said = at_time(house, "2026-11-27 10:00:00", "--export", str(house.folder), "--with-texts")
    assert (status, error_of(said)) == (1, "exists"), said
    assert not (house.path("wenzheng-export-20261127T100000Z") / "texts.jsonl").exists()


def test_a_damaged_store_is_not_exported(house):
    fill(house)
    assert house.stop() == 0
    with sqlite3.connect(house.store) as db:
        db.execute("UPDATE text SET body = '伪造' WHERE role = 2")
    house.is_broken = True
    status, said = house.run("--export", str(house.folder))
    assert (status, error_of(said)) == (1, "damaged"), said
    assert not list(house.folder.glob("*export*")) and not list(house.folder.glob(".unfinished*"))


def test_what_cannot_be_written_to_is_told_in_a_word(house):
    status, said = house.run("--export", str(house.path("nowhere")))
    assert (status, error_of(said)) == (1, "no-folder"), said
    status, said = house.run("--export", str(house.folder), "--from", str(house.path("nowhere.db")))
    assert (status, error_of(said)) == (1, "unreadable"), said
    assert not list(house.folder.glob("*export*"))


@pytest.mark.parametrize("error", [-signal.SIGTERM, -signal.SIGKILL, errno.EIO, errno.ENOSPC])
def test_stopped_killed_or_failing_at_any_call_nothing_half_has_a_name(house, error):
    fill(house)
    words = set()
    for nth in range(1, 1000):
        folder = house.path(f"to-{nth}")
        folder.mkdir()
        status, said = run_failing(house, nth, error, "--export", str(folder), "--with-texts")
        if status is None:
            break
        words.add(error_of(said) or "done")
        for made in folder.glob("wenzheng-export-*"):
            manifest = json.loads((made / "manifest.json").read_text())
            assert len(manifest["files"]) == 3
            assert all(file["blake2b"] == blake2b(made / file["file"]) for file in manifest["files"])
        if error == -signal.SIGKILL:
            status, said = at_time(house, "2030-01-01 00:00:00", "--export", str(folder))
            assert status == 0, said  # what the dead one left is cleared away
        if error != errno.EIO:
            assert not (folder / ".unfinished-export").exists() or error == errno.ENOSPC
    assert nth > 8


def test_wenzhengctl_is_its_door(house):
    fill(house)
    program = pathlib.Path(house.command()[0]).with_name("wenzhengctl")
    done = subprocess.run([program, "export", str(house.folder), "--config", str(house.path("wenzhengd.yaml")),
                           "--with-texts", "--with-contacts"], env=house.environ(), check=True, capture_output=True,
                          text=True)
    assert "texts.jsonl" in done.stdout and "contacts.jsonl" in done.stdout
