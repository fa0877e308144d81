"""check.py PROGRAMS: every manual page names the options that its program's --help names, and no others."""

import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*[a-z]")
# What --help does not list of itself, and options of other programs in examples.
UNSAID = {"--help", "--version"}


def help_of(program, *command):
    done = subprocess.run([program, *command, "--help"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=60, check=True)
    return done.stdout.decode()


def options_of(program):
    text = help_of(program)
    commands = re.search(r"^commands:\n((?:  \S.*\n)+)", text, re.M)
    for line in commands.group(1).splitlines() if commands else []:
        text += help_of(program, line.split()[0])
    return set(OPTION.findall(text))


def main():
    programs = pathlib.Path(sys.argv[1])
    pages = sorted(HERE.glob("*.scd"))
    bad = 0
    for page in pages:
        named = set(OPTION.findall(page.read_text(encoding="utf-8").replace("\\", "")))
        known = options_of(programs / page.name.split(".")[0])
        for what, options in (("does not name", known - named), ("names, and no --help does,", named - known)):
            for option in sorted(options - UNSAID):
                print(f"docs/man/{page.name} {what} {option}")
                bad += 1
    print(f"manual: {len(pages)} pages, {bad} findings")
    return 1 if bad or not pages else 0


if __name__ == "__main__":
    sys.exit(main())
