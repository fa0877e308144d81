"""The tutorials of docs/tutorial, typed in as they are printed: each block of commands in order, in one shell and an empty
folder, and what a block shows must be what the page says.

    ```sh            commands; all must succeed, and what they print must be the block ```text that follows (nothing, if
                     there is none)
    ```sh fails      the last one fails
    ```sh repeat     may be typed until the page's output comes: it looks at what somebody else is doing
    ```sh node       left out where node is not installed

In ```text QUERY-CODE, KEY, FINGERPRINT, NUMBER, VERSION stand for what is different each time, … for the rest of a line,
and a line of … alone for any lines."""

import os
import pathlib
import re
import select
import shutil
import signal
import subprocess
import time

import pytest

from house import ROOT, binary
from ports import Port

pytestmark = pytest.mark.skipif(binary() is None, reason="no wenzhengd here; WENZHENG_BIN_DIR names its folder")
PAGES = ROOT / "docs" / "tutorial"
NAMES = ["administrator", "department", "portal"]
LANGUAGES = ["", ".zh-CN"]
PORTS = [15701, 15702, 15703]  # as the pages have them; the test takes others, which nobody listens on
PLACEHOLDERS = {"QUERY-CODE": "[0-9A-HJKMNP-TV-Z]{16}", "KEY": r"\S{40}", "FINGERPRINT": "[0-9A-Za-z:+/=-]+",
                "NUMBER": "[0-9]+", "VERSION": r"[0-9]+\.[0-9]+\.[0-9]+\S*", "HASH": "[0-9a-f]{64}", "…": "[^\n]*"}
JOB_KILLED = re.compile(r"^bash: line \d+: +\d+ Killed .*\n", re.M)  # said sooner or later: no part of any block
BLOCK_WITHIN = 120
REPEAT_WITHIN = 30


class Block:
    def __init__(self, words, commands):
        self.words, self.commands, self.shown = words, commands, ""

    def __eq__(self, other):
        return (self.words, self.commands, self.shown) == (other.words, other.commands, other.shown)


def blocks_of(page):
    """The blocks of commands, each with what it shows."""
    found = []
    for info, text in re.findall(r"^```(.*)\n((?s:.*?))^```$", page, flags=re.M):
        language, *words = info.split()
        if language == "sh":
            found.append(Block(set(words), text))
        elif language == "text":
            assert found and not found[-1].shown, "a block of output follows one of commands"
            found[-1].shown = text
    return found


def is_shown(page, output):
    output = re.sub(r"[ \t]+$", "", output, flags=re.M)  # pages have no blanks at the ends of lines
    pattern = "".join(
        r"(?:[^\n]*\n)*" if line == "…\n" else
        "".join(PLACEHOLDERS.get(part, re.escape(part))
                for part in re.split("(" + "|".join(map(re.escape, PLACEHOLDERS)) + ")", line))
        for line in page.splitlines(keepends=True))
    return re.fullmatch(pattern, output) is not None


def installed(folder):
    """A PATH with the programs: of the build, installed below the folder, or of where they are installed already."""
    programs = pathlib.Path(binary()).parent
    build = programs.parent
    if not (build / "cmake_install.cmake").exists():
        return str(programs)
    subprocess.run(["cmake", "--install", str(build), "--prefix", str(folder)], check=True, stdout=subprocess.DEVNULL)
    return f"{folder / 'bin'}:{folder / 'sbin'}"


class Shell:
    """One bash that is given block after block, as somebody would who reads the page."""

    def __init__(self, folder, path):
        read, write = os.pipe()
        kept = {key: value for key, value in os.environ.items() if key not in ("CREDENTIALS_DIRECTORY", "STATE_DIRECTORY")}
        self.folder, self.statuses = folder, read
        self.ports = dict(zip(PORTS, Port.neighbours(len(PORTS))))
        self.process = subprocess.Popen(
            ["bash", "-E"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=open(folder / ".bash", "wb"), cwd=folder,
            pass_fds=[write], start_new_session=True,
            env={**kept, "PATH": f"{path}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8", "NO_COLOR": "1", "COLUMNS": "120",
                 "TMPDIR": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "npm_config_prefer_offline": "true",
                 "npm_config_update_notifier": "false"})
        os.close(write)
        self.status_fd = write
        self._type(f"trap 'echo \"$BASH_COMMAND\" >>{folder}/.failed' ERR\n")

    def _type(self, text):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def run(self, commands):
        """Status, output and the commands that failed."""
        for written, real in self.ports.items():
            commands = commands.replace(str(written), str(real))
        out, failed = self.folder / ".out", self.folder / ".failed"
        failed.unlink(missing_ok=True)
        self._type(f"{{\n{commands}}} </dev/null >{out} 2>&1; echo $? >&{self.status_fd}\n")
        ready = select.select([self.statuses], [], [], BLOCK_WITHIN)[0]
        assert ready, f"this did not end within {BLOCK_WITHIN} s:\n{commands}{out.read_text(errors='replace')}"
        answer = os.read(self.statuses, 16)
        assert answer, f"the shell ended in\n{commands}: {(self.folder / '.bash').read_text(errors='replace')}"
        output = JOB_KILLED.sub("", out.read_text(encoding="utf-8", errors="replace"))
        for written, real in self.ports.items():
            output = output.replace(str(real), str(written))
        return int(answer), output, failed.read_text(errors="replace") if failed.exists() else ""

    def left_over(self):
        """Processes of ours that still run."""
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = path.read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[2]) == self.process.pid and fields[0] != "Z" and path.parent.name != str(self.process.pid):
                found.append((path.parent / "cmdline").read_text().replace("\0", " "))
        return found

    def close(self):
        self.process.stdin.close()
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        os.close(self.statuses)


def page(name, language):
    return (PAGES / f"{name}{language}.md").read_text(encoding="utf-8")


def type_in(shell, block):
    end = time.monotonic() + REPEAT_WITHIN
    while True:
        status, output, failed = shell.run(block.commands)
        good = is_shown(block.shown, output) and (status != 0 if "fails" in block.words else not failed)
        if good or "repeat" not in block.words or time.monotonic() > end:
            return good, f"{block.commands}showed (status {status}, failed: {failed or 'nothing'})\n{output}" \
                         f"and the page says\n{block.shown}"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", LANGUAGES, ids=["en", "zh-CN"])
def test_a_tutorial_does_what_it_says(name, language, tmp_path):
    path = installed(tmp_path / "usr")
    folder = tmp_path / "try"
    folder.mkdir()
    blocks = blocks_of(page(name, language))
    assert len(blocks) >= 10
    left_out = 0
    shell = Shell(folder, path)
    try:
        for block in blocks:
            if "node" in block.words and shutil.which("node") is None:
                left_out += 1
                continue
            good, story = type_in(shell, block)
            assert good, story + "".join(f"--- {log.name}\n{log.read_text(errors='replace')[-1500:]}"
                                         for log in sorted(folder.glob("**/*.log")) if "node_modules" not in str(log))
        assert shell.left_over() == [], "a tutorial stops what it has started"
    finally:
        shell.close()
    if left_out:
        pytest.skip(f"node is not installed: {left_out} blocks were left out; ./check installs Debian's")


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_have_the_same_commands_and_outputs(name):
    english, chinese = (blocks_of(page(name, language)) for language in LANGUAGES)
    assert english == chinese


@pytest.mark.parametrize("shown, output, good", [
    ("case 1, query code QUERY-CODE, edu\n", "case 1, query code 7M3K9QWX2D5TJ0BN, edu\n", True),
    ("case 1, query code QUERY-CODE, edu\n", "case 2, query code 7M3K9QWX2D5TJ0BN, edu\n", False),
    ("", "an error that the page does not show\n", False),
    ("a\n…\nz\n", "a\nb\nc\nz\n", True),
    ("a\n…\nz\n", "a\nb\nc\n", False),
    ("journal: …\n", "journal: 3 records\n", True),
    ("journal: …\n", "journal: 3 records\nmore\n", False),
    ("1.5 (x)*\n", "1.5 (x)*\n", True),
    ("1.5\n", "1x5\n", False),
])
def test_what_a_page_shows_is_compared_to_the_letter(shown, output, good):
    assert is_shown(shown, output) == good


def test_a_command_that_fails_is_seen_wherever_it_stands_and_a_process_left_behind_too(tmp_path):
    shell = Shell(tmp_path, "/nowhere")
    try:
        assert shell.run("cd /\nfalse\necho done\n") == (0, "done\n", "false\n")
        assert shell.run("pwd\nif false; then :; fi\n") == (0, "/\n", "")
        assert shell.run("echo 15702\nsleep 60 &\n(exit 3)\n")[:2] == (3, "15702\n")
        assert any("sleep 60" in command for command in shell.left_over())
    finally:
        shell.close()
