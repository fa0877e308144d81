"""Makes mutants of a C source: one small wrong change each, found in its tokens.

Left alone are comments, strings, includes, assertions (a mutant that only weakens one would be a mutant of a test)
and the sizes of arrays. What does not compile, or compiles to the same code, is dropped by who runs them.
"""

import re

TOKEN = re.compile(r"""
    (?P<space>\s+ | //[^\n]* | /\*.*?\*/)
  | (?P<text>"(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*')
  | (?P<number>0[xX][0-9a-fA-F]+[uUlL]* | \d+[uUlL]*)
  | (?P<word>[A-Za-z_]\w*)
  | (?P<sign>\.\.\. | <<= | >>= | -> | \+\+ | -- | << | >> | <= | >= | == | != | && | \|\| | [-+*/%&|^]= | .)
""", re.X | re.S)

SWAPS = {
    "<": ["<=", ">="], "<=": ["<", ">"], ">": [">=", "<="], ">=": [">", "<"], "==": ["!="], "!=": ["=="],
    "&&": ["||"], "||": ["&&"], "<<": [">>"], ">>": ["<<"], "++": ["--"], "--": ["++"], "+=": ["-="], "-=": ["+="],
    "|=": ["&="], "&=": ["|="], "/": ["*"], "%": ["*"], "|": ["&"], "^": ["|"],
}
BINARY = {"+": ["-"], "-": ["+"], "*": ["/"], "&": ["|"]}  # the same signs are also unary, or types
OPPOSITE = {"true": "false", "false": "true"}
ASSERTIONS = {"REQUIRE", "ENSURE", "IMPLIES", "UNREACHABLE", "static_assert", "__attribute__"}
TYPES = {"bool", "char", "int", "long", "unsigned", "void", "size_t", "double", "struct", "enum", "union", "static",
         "const", "typedef", "extern", "CLEANUP"}
CONTROL = {"if", "while", "for", "switch"}


class Token:
    __slots__ = ("kind", "text", "start", "end")

    def __init__(self, kind, text, start):
        self.kind, self.text, self.start, self.end = kind, text, start, start + len(text)

    def __repr__(self):
        return self.text


class Mutant:
    """`operator` at text[start:end], which becomes `new`."""

    def __init__(self, source, start, end, new, operator):
        self.source, self.start, self.end, self.new, self.operator = source, start, end, new, operator
        self.twin = 1  # the second of the same words in one function is 2

    @property
    def text(self):
        """Lines keep their numbers."""
        old = self.source.text[self.start:self.end]
        new = self.new + "\n" * (old.count("\n") - self.new.count("\n"))
        return self.source.text[:self.start] + new + self.source.text[self.end:]

    @property
    def line(self):
        return self.source.text.count("\n", 0, self.start) + 1

    @property
    def before_after(self):
        """The lines it touches, each as one line with single spaces: how a survivor is known again."""
        text = self.source.text
        first = text.rfind("\n", 0, self.start) + 1
        last = text.find("\n", self.end - 1 if self.end > self.start else self.end)
        return (" ".join(text[first:last].split()),
                " ".join((text[first:self.start] + self.new + text[self.end:last]).split()))

    @property
    def key(self):
        function = self.source.function_at(self.start) + (f" [{self.twin}]" if self.twin > 1 else "")
        return (self.source.name, function, *self.before_after)


class Source:
    def __init__(self, name, text):
        self.name, self.text = name, text
        self.tokens = [token for token in self._tokenise() if token.kind != "space"]
        self.functions = [(match.start(), match.group(1)) for match in
                          re.finditer(r"^[a-z_][^;={}()\n]*?\b(\w+)\((?:[^;{}]*)\)\n\{", text, re.M)]

    def _tokenise(self):
        at, size = 0, len(self.text)
        while at < size:
            if self.text[at] == "#" and self.text[self.text.rfind("\n", 0, at) + 1:at].strip() == "":
                end = self._directive_end(at)
                # A named number is worth a mutant; every other directive is passed over.
                constant = re.match(r"#define\s+[A-Z0-9_]+\s+", self.text[at:end])
                at = at + constant.end() if constant and "\\\n" not in self.text[at:end] else end
                if constant and at < end:
                    yield from self._constant(at, end)
                    at = end
                continue
            match = TOKEN.match(self.text, at)
            yield Token(match.lastgroup, match.group(0), at)
            at = match.end()

    def _directive_end(self, at):
        while True:
            end = self.text.find("\n", at)
            if end < 0:
                return len(self.text)
            if self.text[end - 1] != "\\":
                return end
            at = end + 1

    def _constant(self, at, end):
        yield Token("sign", ";", at)  # a statement begins here
        while at < end:
            match = TOKEN.match(self.text, at)
            yield Token(match.lastgroup, match.group(0), at)
            at = match.end()

    def function_at(self, position):
        name = "(file)"
        for start, function in self.functions:
            if start > position:
                break
            name = function
        # Between two functions stand tables and constants.
        end = self.text.rfind("\n}\n", 0, position)
        begun = self.text.rfind("\n{\n", 0, position)
        return name if begun > end else "(file)"

    def returns_bool(self, position):
        header = [start for start, _ in self.functions if start <= position][-1:]
        return bool(header and re.match(r"(static )?(inline )?bool\b", self.text[header[0]:]))

    def closing(self, at):
        """Index of the token that closes the bracket at index `at`."""
        pairs = {"(": ")", "[": "]", "{": "}"}
        depth = 0
        for i in range(at, len(self.tokens)):
            depth += self.tokens[i].text in pairs
            depth -= self.tokens[i].text in pairs.values()
            if depth == 0:
                return i
        return len(self.tokens) - 1


def mutants_of(name, text):
    source = Source(name, text)
    skipped = _skipped(source)
    found = []
    for make in (_of_signs, _of_numbers, _of_words, _of_conditions, _of_statements, _of_members, _of_returns, _of_choices):
        for start, end, new, operator in make(source, skipped):
            if text[start:end] != new:
                found.append(Mutant(source, start, end, new, operator))
    found.sort(key=lambda mutant: (mutant.start, mutant.end, mutant.new))
    seen = {}
    for mutant in found:
        key = mutant.key
        mutant.twin = seen[key] = seen.get(key, 0) + 1
    return found


def _skipped(source):
    """Indexes of tokens inside assertions, and inside the brackets of a declared array."""
    skipped = set()
    tokens = source.tokens
    begins = True
    in_declaration = False
    for i, token in enumerate(tokens):
        if token.text in ASSERTIONS and i + 1 < len(tokens) and tokens[i + 1].text == "(":
            skipped.update(range(i, source.closing(i + 1) + 1))
        if begins:
            in_declaration = token.text in TYPES or token.text.endswith("_t") or token.text == "for"
        if in_declaration and token.text == "[":
            skipped.update(range(i, source.closing(i) + 1))
        if token.text == "=":
            in_declaration = False
        begins = token.text in (";", "{", "}", ",") or (begins and token.text == ")")
    return skipped


def _of_signs(source, skipped):
    tokens = source.tokens
    for i, token in enumerate(tokens):
        if i in skipped or token.kind != "sign":
            continue
        for new in SWAPS.get(token.text, []):
            yield token.start, token.end, new, "sign"
        if token.text in BINARY and i > 0 and _ends_operand(tokens, i - 1) and not _is_pointer(source, i):
            for new in BINARY[token.text]:
                yield token.start, token.end, new, "sign"


def _ends_operand(tokens, i):
    return tokens[i].kind in ("number", "word") and tokens[i].text not in ("return", "case") or tokens[i].text in (")", "]")


def _is_pointer(source, i):
    """`struct x *y`, `(type *)`, `type *y`: blanks tell in this house's format."""
    text, token = source.text, source.tokens[i]
    return token.text in "*&" and not (text[token.start - 1].isspace() and text[token.end].isspace())


def _of_numbers(source, skipped):
    for i, token in enumerate(source.tokens):
        if i in skipped or token.kind != "number":
            continue
        digits = re.match(r"0[xX][0-9a-fA-F]+|\d+", token.text).group(0)
        suffix = token.text[len(digits):]
        value = int(digits, 0)
        for new in {value + 1, abs(value - 1)}:
            yield token.start, token.end, f"{new:#x}{suffix}" if digits[:2] in ("0x", "0X") else f"{new}{suffix}", "number"


def _of_words(source, skipped):
    for i, token in enumerate(source.tokens):
        if i not in skipped and token.text in ("true", "false"):
            yield token.start, token.end, OPPOSITE[token.text], "word"


def _of_conditions(source, skipped):
    tokens = source.tokens
    for i, token in enumerate(tokens[:-1]):
        if i in skipped or token.text not in ("if", "while") or tokens[i + 1].text != "(":
            continue
        end = source.closing(i + 1)
        start = tokens[i + 1]
        inner = source.text[start.end:tokens[end].start]
        yield start.start, tokens[end].end, f"(!({inner}))", "negated"


def _of_statements(source, skipped):
    tokens = source.tokens
    begins = False
    for i, token in enumerate(tokens):
        if begins and i not in skipped and token.kind == "word" and token.text not in CONTROL | TYPES | {
                "return", "else", "case", "default", "do", "goto", "__attribute__"}:
            end = _statement_end(tokens, i)
            if end and source.function_at(token.start) != "(file)":
                yield token.start, tokens[end].end, ";", "deleted"
        if begins and token.text == "return" and tokens[i + 1].text == ";":
            yield token.start, tokens[i + 1].end, ";", "deleted"
        begins = token.text in (";", "{", "}", "else", "do") or \
            (token.text == ":" and _is_label(tokens, i)) or (token.text == ")" and _closes_control(source, i))


def _of_members(source, skipped):
    """A member of an initialiser that is forgotten: `.due = x`, `[ROW] = {...}`, or a row of a list."""
    tokens = source.tokens
    for i, token in enumerate(tokens[:-3]):
        if token.text in "{," and tokens[i + 1].text == "{" and i not in skipped:
            end = source.closing(i + 1)
            if tokens[end + 1].text == ",":
                yield tokens[i + 1].start, tokens[end + 1].end, "", "deleted"
        if token.text not in "{," or tokens[i + 1].text not in (".", "["):
            continue
        named = source.closing(i + 1) + 1 if tokens[i + 1].text == "[" else i + 3
        if tokens[named].text != "=":
            continue
        depth, end = 0, named
        while depth > 0 or tokens[end].text not in (",", "}"):
            depth += tokens[end].text in "([{"
            depth -= tokens[end].text in ")]}"
            end += 1
        if not skipped.intersection(range(i, end)):
            yield tokens[i + 1].start, tokens[end].end - (tokens[end].text == "}"), "", "deleted"


def _is_label(tokens, i):
    return any(tokens[j].text in ("case", "default") for j in range(max(0, i - 4), i))


def _closes_control(source, i):
    depth = 0
    for j in range(i, -1, -1):
        depth += source.tokens[j].text == ")"
        depth -= source.tokens[j].text == "("
        if depth == 0:
            return j > 0 and source.tokens[j - 1].text in CONTROL
    return False


def _statement_end(tokens, i):
    depth = 0
    for j in range(i, len(tokens)):
        depth += tokens[j].text in "([{"
        depth -= tokens[j].text in ")]}"
        if depth < 0 or (depth == 0 and tokens[j].text == ":" and not any(t.text == "?" for t in tokens[i:j])):
            return None
        if depth == 0 and tokens[j].text == ";":
            return j
    return None


def _of_returns(source, skipped):
    tokens = source.tokens
    for i, token in enumerate(tokens):
        if i in skipped or token.text != "return" or tokens[i + 1].text == ";":
            continue
        end = _statement_end(tokens, i)
        if not end:
            continue
        start, stop = tokens[i + 1].start, tokens[end].start
        value = source.text[start:stop]
        if source.returns_bool(token.start):
            if value not in ("true", "false"):
                yield start, stop, f"!({value})", "returned"
        elif value not in ("0", "NULL", "1"):
            yield start, stop, "0", "returned"


def _of_choices(source, skipped):
    """`a ? b : c` becomes `a ? c : b`."""
    tokens = source.tokens
    for i, token in enumerate(tokens):
        if i in skipped or token.text != "?":
            continue
        depth, nested, middle, end = 0, 0, None, None
        for j in range(i + 1, len(tokens)):
            word = tokens[j].text
            if depth == 0 and (word in (";", ",") or word in ")]}"):
                end = j
                break
            depth += word in "([{"
            depth -= word in ")]}"
            if depth == 0 and middle is None:
                nested += word == "?"
                if word == ":":
                    if nested == 0:
                        middle = j
                    nested -= 1
        if middle is None or end is None:
            continue
        yes = source.text[token.end:tokens[middle].start].strip()
        no = source.text[tokens[middle].end:tokens[end].start].strip()
        yield token.end, tokens[end].start, f" ({no}) : ({yes})", "swapped"
