"""Are the catalogues what the sources say, and are they whole? Run by ctest; prints what is wrong and how to mend it."""

import ast
import pathlib
import re
import subprocess
import sys
import tempfile

PO = pathlib.Path(__file__).resolve().parent
HAN = "[\u3400-\u9fff]"


def entries(path):
    """(context, sentence, its plural, its translation, its comments) of each entry but the first, the file's own."""
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        fields = {"#": ""}
        name = None
        for line in block.split("\n"):
            if line.startswith("#"):
                fields["#"] += line + "\n"
                continue
            begin = re.match(r"(msg\w+(?:\[\d+\])?) ", line)
            if begin:
                name = begin[1]
                line = line[begin.end():]
            if name and line:
                fields[name] = fields.get(name, "") + ast.literal_eval(line)
        if fields.get("msgid"):
            yield (fields.get("msgctxt"), fields["msgid"], fields.get("msgid_plural"),
                   fields.get("msgstr", fields.get("msgstr[0]")), fields["#"])


def words_of_the_command_line(text):
    """What must be typed as it stands: options and the names of our programs."""
    return sorted(set(re.findall(r"(?<![\w-])--[a-z][a-z-]*|wenzheng(?:d|ctl|-[a-z-]+)\b", text)))


def check_template(say):
    with tempfile.TemporaryDirectory() as folder:
        made = pathlib.Path(folder) / "wenzheng.pot"
        done = subprocess.run([PO / "update", "--pot", made], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            say(f"po/update: {done.stderr}")
        elif made.read_text(encoding="utf-8") != (PO / "wenzheng.pot").read_text(encoding="utf-8"):
            say("po/wenzheng.pot is not what the sources say: run po/update, translate, commit")


def check_translation(path, say):
    done = subprocess.run(["msgfmt", "--check", "--output-file=/dev/null", path], capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        say(done.stderr)
    if "nplurals=1;" not in path.read_text(encoding="utf-8"):
        say(f"{path.name}: base/catalogue.h knows languages with one form for all numbers only")
    template = {entry[:3] for entry in entries(PO / "wenzheng.pot")}
    known = set()
    for context, sentence, plural, translation, comments in entries(path):
        known.add((context, sentence, plural))
        name = f"{path.name}: {sentence[:60]!r}"
        if not translation:
            say(f"{name} is not translated")
        if "fuzzy" in comments:
            say(f"{name} is fuzzy")
        if words_of_the_command_line(sentence) != words_of_the_command_line(translation):
            say(f"{name} names other options or programs: {translation!r}")
        if path.stem.startswith("zh") and re.search(f"{HAN}[,:;?!]|[,;?!]{HAN}|[ \t]+，", translation):
            say(f"{name} has half-width punctuation: {translation!r}")
    for missing in template - known:
        say(f"{path.name}: lacks {missing[1]!r}: run po/update")
    for stale in known - template:
        say(f"{path.name}: {stale[1]!r} stands in no source: run po/update")


def main():
    findings = []
    check_template(findings.append)
    translations = sorted(PO.glob("*.po"))
    for path in translations:
        check_translation(path, findings.append)
    for finding in findings:
        print(finding)
    print(f"languages: {len(translations)} translations, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
