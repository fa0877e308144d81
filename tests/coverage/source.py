"""What of a C file is not asked to be covered: statements that are assertions, and macros of other people's
headers. Known by their text, not by a pattern over single lines, for an assertion may run over several."""

import bisect
import re

ASSERTIONS = r"REQUIRE|ENSURE|IMPLIES|UNREACHABLE|static_assert"
OTHERS_MACROS = r"HASH_(?!ITER)[A-Z_]+|DL_(?:APPEND|PREPEND|DELETE)[A-Z_]*"  # uthash: a library, written out in our line
# A switch over an enum names every value; what matches none falls out at its end and is as good as asserted.
EXHAUSTED = re.compile(r"\s*UNREACHABLE\s*\(")
STATEMENT = re.compile(rf"\b({ASSERTIONS}|{OTHERS_MACROS})\s*\(")
FUNCTION = re.compile(r"^(?!typedef\b|#)[A-Za-z_][^;={]*?\b([a-z_][a-z0-9_]*)\(", re.M)


def blanked(text):
    """The text with comments, strings and characters blanked, every offset and line break where it was."""
    pattern = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.S)
    return pattern.sub(lambda found: re.sub(r"[^\n]", " ", found.group(0)), text)


def end_of_pair(code, opening):
    """Just behind the bracket that closes the one at `opening`."""
    more, less, depth = code[opening], {"(": ")", "{": "}"}[code[opening]], 0
    for at in range(opening, len(code)):
        depth += (code[at] == more) - (code[at] == less)
        if depth == 0:
            return at + 1
    raise ValueError("a bracket is not closed")


class Source:
    """One file: its lines, the functions they are in, and which of them are left out."""

    def __init__(self, name, text):
        self.name = name
        self.lines = text.split("\n")
        code = blanked(text)
        self.starts = [0] + [found.end() for found in re.finditer("\n", text)]
        self.functions = [(self.line_at(found.start()), found.group(1)) for found in FUNCTION.finditer(code)]
        self.left_out = set()
        self.statements = set()
        rest = list(code)
        for found in STATEMENT.finditer(code):
            if self.lines[self.line_at(found.start()) - 1].lstrip().startswith("#"):
                continue
            end = end_of_pair(code, found.end() - 1)
            self.left_out.update(range(self.line_at(found.start()), self.line_at(end - 1) + 1))
            self.statements = set(self.left_out)
            rest[found.start():end] = [" " if one != "\n" else one for one in code[found.start():end]]
        self.exhausted = dict(self.find_exhausted(code))
        self.leave_out_helpers("".join(rest))
        self.rest = "".join(rest).split("\n")

    def find_exhausted(self, code):
        """Lines of switches that end in UNREACHABLE(), and how many of their ways lead there."""
        for found in re.finditer(r"\bswitch\s*\(", code):
            opening = code.index("{", end_of_pair(code, found.end() - 1))
            end = end_of_pair(code, opening)
            if EXHAUSTED.match(code, end):
                only_break = re.findall(r"\bcase \w+:\s*break;", code[opening:end])
                yield self.line_at(found.start()), 1 + len(only_break)

    def leave_out_helpers(self, rest):
        """A predicate (static bool) that only assertions call is a part of them. (A header's are called elsewhere.)"""
        if not self.name.endswith(".c"):
            return
        for found in re.finditer(r"^static bool [^;={]*?\b([a-z_][a-z0-9_]*)\(", rest, re.M):
            body = rest.index("{", end_of_pair(rest, found.end() - 1))
            end = end_of_pair(rest, body)
            others = rest[:found.start()] + rest[end:]
            if not re.search(rf"\b{found.group(1)}\b", others):
                self.left_out.update(range(self.line_at(found.start()), self.line_at(end - 1) + 1))

    def line_at(self, offset):
        return bisect.bisect_right(self.starts, offset)

    def text(self, number):
        return self.lines[number - 1].strip()

    def function(self, number):
        before = [name for line, name in self.functions if line <= number]
        return before[-1] if before else ""

    def shared_lines(self):
        """Lines left out although something that may branch stands beside the assertion."""
        return [number for number in sorted(self.statements)
                if re.search(r"\b(if|while|for|switch)\b|&&|\|\||\?", self.rest[number - 1])]
