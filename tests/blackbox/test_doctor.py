"""wenzhengctl doctor: a place that is well, and each thing that can be wrong with one, with the way to mend it."""

import json
import os
import subprocess
import time

import pytest
import zmq
from test_ctl import DONE, REFUSED, ctl, program  # noqa: F401 (a fixture)


class Doctor:
    def __init__(self, tool):
        self.house, self.tool = tool.house, tool

    def arguments(self):
        path = self.house.path
        return ["doctor", *self.tool.arguments(), "--config", path("wenzhengd.yaml"), "--keys", path("keys"), "--store",
                path(""), "--timeout", "5"]

    def __call__(self, *more):
        """(status, findings)"""
        done = subprocess.run([program(), *map(str, self.arguments()), "--json", *more], capture_output=True,
                              encoding="utf-8", timeout=60, check=False)
        said = json.loads(done.stdout)
        assert (done.returncode == DONE) == (said["bad"] == 0)
        assert all(finding["mend"] for finding in said["findings"] if finding["grade"] == "bad")
        return done.returncode, said["findings"]

    def bad(self):
        return [finding for finding in self()[1] if finding["grade"] == "bad"]


@pytest.fixture
def doctor(ctl):  # noqa: F811
    return Doctor(ctl)


def test_a_place_that_is_well_has_nothing_bad(doctor):
    status, findings = doctor()
    assert status == DONE and not [f for f in findings if f["grade"] == "bad"]
    assert {"configuration", "keys", "clock", "disk", "daemon", "calendar"} <= {f["what"] for f in findings}
    assert "LABORATORY" in str(findings), "what is not real is said"


def test_people_read_it_line_by_line(doctor):
    done = subprocess.run([program(), *map(str, doctor.arguments())], capture_output=True, encoding="utf-8", timeout=60,
                          check=False)
    assert done.returncode == DONE and not done.stderr
    assert done.stdout.rstrip().endswith("to be watched") and "good     keys" in done.stdout


def spoil_profile(house):
    house.write_profile(house.profile_text + "colour: red\n")
    return lambda: house.write_profile(house.profile_text.replace("colour: red\n", ""))


def spoil_mode(house):
    house.path("keys/query-code.key").chmod(0o644)
    return lambda: house.path("keys/query-code.key").chmod(0o600)


def spoil_public_half(house):
    path, text = house.path("keys/wenzhengd.key"), house.path("keys/wenzhengd.key").read_text(encoding="utf-8")
    own, other = house.server_public.decode(), zmq.curve_keypair()[0].decode()
    path.with_name("handed-out.key").write_text(text, encoding="utf-8")
    path.write_text(text.replace(own, other), encoding="utf-8")
    return lambda: path.write_text(text, encoding="utf-8")


def leave_contact_secret(house):
    path = house.path("keys/contact.key_secret")
    path.write_text("secret", encoding="utf-8")
    return path.unlink


def lose_query_code_key(house):
    path = house.path("keys/query-code.key")
    os.rename(path, path.with_suffix(".away"))
    return lambda: os.rename(path.with_suffix(".away"), path)


def drain(house):
    house.operator().drain()
    return lambda: house.operator().drain(accept=True)


def leave_cases_without_a_worker(house):
    house.portal().submit("m-1", department="water")
    return None


@pytest.mark.parametrize("spoil, what, words", [
    (spoil_profile, "configuration", "colour"),
    (spoil_mode, "keys", "others can read this secret (mode 644)"),
    (leave_contact_secret, "keys", "must not be on this machine"),
    (lose_query_code_key, "keys", "query-code.key"),
    (drain, "daemon", "drained"),
    (leave_cases_without_a_worker, "departments", "water has 1 case waiting and no worker"),
], ids=lambda value: value.__name__ if callable(value) else "")
def test_what_is_wrong_is_named_with_the_way_to_mend_it(doctor, spoil, what, words):
    mend = spoil(doctor.house)
    found = doctor.bad()
    assert any(finding["what"] == what and words in finding["text"] for finding in found), found
    if mend:
        mend()
        assert not doctor.bad()


def test_a_public_half_that_is_not_the_daemons_own_is_found(doctor):
    mend = spoil_public_half(doctor.house)
    texts = [finding["text"] for finding in doctor.bad()]
    assert any("is not the public half" in text for text in texts), texts
    mend()


def test_a_daemon_that_is_away_is_bad_and_the_rest_is_looked_at(doctor):
    doctor.house.stop()
    status, findings = doctor("--timeout", "1")
    assert status == REFUSED
    assert [f["what"] for f in findings if f["grade"] == "bad"] == ["daemon"]
    assert "keys" in {f["what"] for f in findings}


def test_a_backup_is_looked_for_and_its_age(doctor):
    def said():
        return [(f["grade"], f["text"]) for f in doctor()[1] if f["what"] == "backups"]

    assert said()[0][0] == "warning" and "there is none" in said()[0][1]
    folder = doctor.house.path("backup")
    folder.mkdir()
    manifest = folder / "wenzheng-20261127T150909Z.json"
    manifest.write_text("{}", encoding="utf-8")
    assert said()[0][0] == "good"
    long_ago = time.time() - 10 * 86400
    os.utime(manifest, (long_ago, long_ago))
    assert said()[0][0] == "warning" and "is 10 days old" in said()[0][1]
