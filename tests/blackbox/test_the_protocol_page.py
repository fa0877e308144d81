"""The page that foreign programmers read, proven without a daemon and then with one."""

import re
import subprocess
import sys

import msgpack
import pytest

import wzp


def example(name):
    """The two frames of a byte example: the hexadecimal pairs before each line's explanation."""
    block = wzp.PAGE.split(f"<!-- example: {name} -->\n```\n", 1)[1].split("```", 1)[0]
    frames = []
    for line in block.splitlines():
        if line.startswith("frame "):
            frames.append(b"")
        else:
            frames[-1] += bytes.fromhex(re.match(r"(?:[0-9a-f]{2} ?)+(?= |$)", line).group().strip())
    return frames


def test_the_example_of_submit_is_what_the_codec_writes():
    fields = {"req": 1, "id": "2026-0001", "title": "路灯不亮", "body": "村口的路灯三天不亮了。"}
    assert wzp.encode("SUBMIT", fields) == example("SUBMIT")


@pytest.mark.parametrize("name", ["RECEIPT", "ERROR"])
def test_the_examples_of_answers_are_read_by_the_codec_and_hold_what_the_tables_say(name):
    message = wzp.decode(example(name))
    assert message.kind == name
    assert message["req"] in (1, 2)


def test_every_built_kind_has_its_fields_and_every_field_is_used_by_some_kind():
    built = {kind.name for kind in wzp.KINDS.values() if kind.built}
    assert built == set(wzp.REQUIRED)
    in_items = {"name", "role", "custody", "date", "number", "text", "signature"}
    used = {key for kind in built for key in wzp.REQUIRED[kind] + wzp.OPTIONAL[kind]} | in_items
    assert set(wzp.FIELDS) - used == set()


@pytest.mark.parametrize("frames", [
    [b"WZP1\x80"],
    [b"WZP2\x80", b"\x80"],
    [b"WZP1\x01", msgpack.packb({"req": 1})],
    [b"WZP1\x89", msgpack.packb({"req": -1})],
    [b"WZP1\x89", msgpack.packb({"now": 1.5})],
    [b"WZP1\x89", msgpack.packb({"code": "x"})],
    [b"WZP1\x89", b"\x82\xa3req\x01\xa3req\x02"],
    [b"WZP1\x84", msgpack.packb({"req": 1, "case": "20260105-000001-7"})],
    [b"WZP1\x88", msgpack.packb({"code": "whatever", "text": "?"})],
])
def test_the_codec_of_this_suite_has_teeth(frames):
    with pytest.raises(AssertionError):
        wzp.decode(frames)


def test_the_portal_of_the_page_works_as_it_is_printed(house):
    program = house.path("portal.py")
    program.write_text(wzp.PAGE.split("```python\n", 1)[1].split("```", 1)[0], encoding="utf-8")
    worker = house.worker("hall")
    worker.ready()
    triage = house.triage()
    public, secret = house.keys["web"]
    with open(house.path("portal.out"), "wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-u", str(program), house.endpoints["portal"], house.server_public.decode(),
             public.decode(), secret.decode()], stdout=out, stderr=out)
    try:
        case = house.world.until(triage.cases, what="the page's message")[0]["case"]
        triage.assign(case, "water")
        offer = worker.next_offer()
        worker.take(offer)
        worker.reply(offer, "已修好。")
        printed = house.path("portal.out").read_text
        house.world.until(lambda: "replied" in printed(encoding="utf-8"), what="the reply on the page's portal")
        assert f"case {case} query code " in printed(encoding="utf-8")
        assert f"replied {case} 已修好。" in printed(encoding="utf-8")
    finally:
        process.kill()
        process.wait()
