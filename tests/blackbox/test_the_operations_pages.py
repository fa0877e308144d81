"""OPERATIONS.md and its Chinese counterpart say the same: block by block, whatever is no sentence (commands, names,
figures, links) is in both. No daemon is needed."""

import re
from collections import Counter
from typing import NamedTuple

import pytest

from house import ROOT

FOLDER = ROOT / "docs"
ENGLISH = "OPERATIONS.md"
CHINESE = "OPERATIONS.zh-CN.md"
CODE = re.compile(r"`([^`]+)`")
LINK = re.compile(r"\]\(([^)]+)\)")
COMMENT = re.compile(r"\s{2,}# .*")  # after a command; a line that begins with # is a prompt, or a file's own
KINDS = [("heading", r"#+ "), ("row", r"\|"), ("item", r"- |\d+\. "), ("marker", r"<!--")]


class Block(NamedTuple):
    section: str
    kind: str
    text: str

    def code(self):
        return Counter(CODE.findall(self.text))

    def figures(self):
        """Every number that stands in a sentence: sizes, ports, days, and references such as §7."""
        return Counter(re.findall(r"\d+(?:\.\d+)*", LINK.sub("]", CODE.sub("", self.text))))

    def links(self):
        return {target.replace(".zh-CN", "") for target in LINK.findall(self.text)}

    def commands(self):
        return [COMMENT.sub("", line) for line in self.text.splitlines()]


def kind_of(line):
    return next((kind for kind, start in KINDS if re.match(start, line)), None)


def blocks(text):
    """Headings, rows, items, paragraphs and fenced blocks, in order; lines that continue one belong to it."""
    found, section, fence, goes_on = [], "", None, False
    for line in text.splitlines():
        if line.strip().startswith("```"):
            if fence is not None:
                found.append(Block(section, "fence", "\n".join(fence)))
            fence, goes_on = (None if fence is not None else []), False
        elif fence is not None:
            fence.append(line)
        elif not line.strip():
            goes_on = False
        elif goes_on and not kind_of(line):
            found[-1] = found[-1]._replace(text=found[-1].text + "\n" + line)
        else:
            kind = kind_of(line) or "paragraph"
            if kind == "heading":
                section = (re.match(r"## (\d+)\.", line) or [None, section])[1]
            found.append(Block(section, kind, line))
            goes_on = kind in ("item", "paragraph")
    assert fence is None, "a fenced block has no end"
    return found


def page(name):
    return (FOLDER / name).read_text(encoding="utf-8")


def differences(english, chinese):
    """What one page says and the other does not; texts are compared when their shapes agree."""
    ours, theirs = blocks(english), blocks(chinese)
    for one, other in zip(ours, theirs):
        if one[:2] != other[:2]:
            return [f"§{one.section} {one.kind}, and §{other.section} {other.kind}:\n{one.text}\n{other.text}"]
    if len(ours) != len(theirs):
        longer = max(ours, theirs, key=len)[min(len(ours), len(theirs)):]
        return [f"§{block.section} {block.kind}, in one page only:\n{block.text}" for block in longer]
    said = []
    for one, other in zip(ours, theirs):
        looks = [Block.commands] if one.kind == "fence" else [Block.code, Block.figures, Block.links]
        if one.kind == "row":
            looks.append(lambda block: CODE.findall(block.text.split("|")[1]))
        said += [f"§{one.section} {one.kind}: {look(one)} and {look(other)}" for look in looks
                 if look(one) != look(other)]
    return said


def test_both_pages_say_the_same():
    assert not differences(page(ENGLISH), page(CHINESE))


def test_each_names_the_other_at_its_top():
    for name, other in ((ENGLISH, CHINESE), (CHINESE, ENGLISH)):
        assert f"]({other})" in page(name).split("\n## ", 1)[0]


@pytest.mark.parametrize("name", [ENGLISH, CHINESE])
def test_what_they_link_to_is_there(name):
    assert [target for target in LINK.findall(page(name)) if not (FOLDER / target).exists()] == []


@pytest.mark.parametrize("name", [ENGLISH, CHINESE])
def test_sections_are_numbered_in_order_and_references_have_one(name):
    numbers = [int(number) for number in re.findall(r"^## (\d+)\.", page(name), re.M)]
    assert numbers == list(range(1, len(numbers) + 1))
    own = re.sub(r"\]\([^)]+\) §\d+", "]", page(name))  # without those into pages that are linked to
    assert {int(number) for number in re.findall(r"§(\d+)", own)} <= set(numbers)


def test_every_message_id_is_in_both_tables():
    ids = [re.findall(r"`([0-9a-f]{32})` \|$", page(name).split("<!-- table: events -->")[1], re.M)
           for name in (ENGLISH, CHINESE)]
    assert ids[0] == ids[1]
    assert len(ids[0]) == len(set(ids[0])) > 20


@pytest.mark.parametrize("change", [
    ("## 8. Verify", "## 9. Verify"),
    ("install -d -m 700 /srv/wenzheng-lab\n", ""),
    ("metrics_port: 9187 ", "metrics_port: 9188 "),
    ("| `exists` | there is one of this second already |\n", ""),
    ("| `disk-ok` |", "| `disk-good` |"),
    ("20438577058c48bea1706cda3506a53e", "20438577058c48bea1706cda3506a53f"),
    ("at 16 MiB", "at 32 MiB"),
    ("restore (§7)", "restore (§8)"),
    ("\nWeekly is a good habit", "\nNever on a Friday.\n\nWeekly is a good habit"),
    ("](../profiles/README.md)", "](../proto/PROTOCOL.md)"),
    ("`--keep N`", "`--leave N`"),
], ids=lambda change: change[0].strip()[:20])
def test_a_change_of_one_page_alone_is_seen(change):
    changed = page(ENGLISH).replace(*change)
    assert changed != page(ENGLISH)
    assert differences(changed, page(CHINESE))


def test_a_comment_may_be_translated():
    changed = page(ENGLISH).replace("# one case\n", "# a case of yours\n")
    assert changed != page(ENGLISH)
    assert not differences(changed, page(CHINESE))
