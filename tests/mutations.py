"""General operators that make a small wrong edit of a source: what tests/mutate.py draws from.

Comparisons turned, arithmetic turned, constants changed, arguments swapped or left out, conditions negated, statements
and returned values dropped, names such as min for max. Never in docstrings, annotations, the texts of errors,
`__all__` or `__repr__`. JavaScript is edited token by token.
"""

import ast
import re
from dataclasses import dataclass
from itertools import pairwise

COMPARISONS = {
    ast.Lt: ("<", ("<=", ">=")),
    ast.LtE: ("<=", ("<", ">")),
    ast.Gt: (">", (">=", "<=")),
    ast.GtE: (">=", (">", "<")),
    ast.Eq: ("==", ("!=",)),
    ast.NotEq: ("!=", ("==",)),
    ast.Is: ("is", ("is not",)),
    ast.IsNot: ("is not", ("is",)),
    ast.In: ("in", ("not in",)),
    ast.NotIn: ("not in", ("in",)),
}
ARITHMETIC = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "*"),
    ast.Mod: ("%", "//"),
    ast.Pow: ("**", "*"),
    ast.LShift: ("<<", ">>"),
    ast.RShift: (">>", "<<"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
}
NAMES = {
    "min": "max",
    "any": "all",
    "minimum": "maximum",
    "argmin": "argmax",
    "zeros": "ones",
    "floor": "ceil",
    "zeros_like": "ones_like",
    "mean": "sum",
    "startswith": "endswith",
    "sin": "cos",
    "exp": "log",
    "append": "extend",
    "ceil": "round",
    "sorted": "list",
    "abs": "float",
    "isfinite": "isnan",
    "update": "clear",
    "keys": "values",
}
NAMES |= {new: old for old, new in NAMES.items() if new not in ("list", "float", "clear", "extend", "round")}
SPEECH = {"help", "metavar", "description", "epilog", "prog", "stacklevel", "encoding", "strict", "title", "usage"}


@dataclass
class Edit:
    """One wrong edit: the whole new text of a file, and the line where it differs."""

    path: str
    line: int
    before: str
    after: str
    text: str

    def __str__(self):
        return f"{self.path}:{self.line} | {self.before} | {self.after}"


def edits(root, path):
    """Return every edit of a file (Python or JavaScript)."""
    text = path.read_text(encoding="utf-8")
    name = str(path.relative_to(root))
    if path.suffix == ".js":
        return [_edit(name, text, *place) for place in _script(text)]
    finder = _Python(text)
    finder.visit(ast.parse(text))
    found = [_edit(name, text, *place) for place in finder.found]
    return [edit for edit in found if edit.before != edit.after and _compiles(edit.text)]


def imported_names(path):
    """Return the last names of what a file imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.name.rpartition(".")[2] for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.rpartition(".")[2])
    return names


def _edit(name, text, start, stop, new):
    changed = text[:start] + new + text[stop:]
    begin = text.rfind("\n", 0, start) + 1
    old_lines = text[begin : _line_end(text, stop)].split()
    new_lines = changed[begin : _line_end(changed, start + len(new))].split()
    return Edit(name, text.count("\n", 0, start) + 1, " ".join(old_lines), " ".join(new_lines), changed)


def _line_end(text, position):
    end = text.find("\n", position)
    return len(text) if end < 0 else end


def _compiles(text):
    try:
        compile(text, "edit", "exec")
    except (SyntaxError, ValueError):
        return False
    return True


class _Python(ast.NodeVisitor):
    """Finds (start, stop, new text) of every edit."""

    def __init__(self, text):
        self.text = text
        self.lines = text.splitlines(keepends=True)
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line))
        self.found = []

    def _place(self, line, column):
        """Count the characters from the file's start: the tree counts bytes of a line's UTF-8."""
        return self.starts[line - 1] + len(self.lines[line - 1].encode()[:column].decode())

    def _span(self, node):
        return self._place(node.lineno, node.col_offset), self._place(node.end_lineno, node.end_col_offset)

    def _source(self, node):
        start, stop = self._span(node)
        return self.text[start:stop]

    def _replace(self, node, new):
        self.found.append((*self._span(node), new))

    def _between(self, left, right, old, new):
        """Replace an operator that stands between two nodes."""
        start, stop = self._span(left)[1], self._span(right)[0]
        gap = re.sub(r"#[^\n]*", lambda comment: " " * len(comment[0]), self.text[start:stop])
        pattern = r"\s+".join(map(re.escape, old.split()))
        match = re.search(rf"\b{pattern}\b" if old[0].isalpha() else pattern, gap)
        if match:
            self.found.append((start + match.start(), start + match.end(), new))

    # what is left alone

    def visit_JoinedStr(self, node):
        pass  # a text; and before Python 3.12 its parts have no places

    def visit_Raise(self, node):
        self._replace(node, "pass")

    def visit_AnnAssign(self, node):
        if node.value:
            self.visit(node.value)

    def visit_arg(self, node):
        pass

    def visit_FunctionDef(self, node):
        if node.name != "__repr__":
            for part in (*node.decorator_list, node.args, *node.body):
                self.visit(part)

    def visit_keyword(self, node):
        if node.arg not in SPEECH:
            self.visit(node.value)

    # what is changed

    def visit_Compare(self, node):
        for left, operator, right in zip([node.left, *node.comparators], node.ops, node.comparators, strict=False):
            old, options = COMPARISONS[type(operator)]
            for new in options:
                self._between(left, right, old, new)
        self.generic_visit(node)

    def visit_BinOp(self, node):
        texts = (ast.JoinedStr, str)
        if type(node.op) in ARITHMETIC and not any(
            isinstance(getattr(side, "value", side), texts) for side in (node.left, node.right)
        ):
            self._between(node.left, node.right, *ARITHMETIC[type(node.op)])
        self.generic_visit(node)

    def visit_AugAssign(self, node):
        if type(node.op) in ARITHMETIC:
            old, new = ARITHMETIC[type(node.op)]
            self._between(node.target, node.value, f"{old}=", f"{new}=")
        self._replace(node, "pass")
        self.generic_visit(node)

    def visit_BoolOp(self, node):
        old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for left, right in pairwise(node.values):
            self._between(left, right, old, new)
        self.generic_visit(node)

    def visit_UnaryOp(self, node):
        if isinstance(node.op, ast.Not | ast.USub):
            self._replace(node, f"({self._source(node.operand)})")
        self.generic_visit(node)

    def visit_Constant(self, node):
        value = node.value
        if isinstance(value, bool):
            self._replace(node, str(not value))
        elif isinstance(value, int):
            self._replace(node, str(value + 1))
            self._replace(node, str(value - 1) if value > 0 else "2")
        elif isinstance(value, float):
            self._replace(node, repr(value * 2 if value else 1.0))

    def visit_Call(self, node):
        for left, right in pairwise(node.args):
            if not isinstance(left, ast.Starred) and not isinstance(right, ast.Starred):
                (start, middle), (again, stop) = self._span(left), self._span(right)
                swapped = self.text[again:stop] + self.text[middle:again] + self.text[start:middle]
                self.found.append((start, stop, swapped))
        given = [*node.args, *node.keywords]
        for before, keyword in pairwise(given):
            if isinstance(keyword, ast.keyword) and keyword.arg not in SPEECH | {None}:
                self.found.append((self._span(before)[1], self._span(keyword)[1], ""))
        if isinstance(node.func, ast.Name) and node.func.id == "range":
            self._replace(node.args[-1 if len(node.args) < 3 else 1], f"{self._source(node.args[-1])} - 1")
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
        if name in NAMES:
            stop = self._span(node.func)[1]
            self.found.append((stop - len(name), stop, NAMES[name]))
        self.generic_visit(node)

    def visit_Return(self, node):
        if node.value and not isinstance(node.value, ast.Constant):
            self._replace(node.value, "None")
        self.generic_visit(node)

    def visit_Expr(self, node):
        if isinstance(node.value, ast.Call):
            self._replace(node, "pass")
        if not isinstance(node.value, ast.Constant):
            self.generic_visit(node)

    def visit_Assign(self, node):
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets):
            return
        if all(isinstance(target, ast.Attribute | ast.Subscript) for target in node.targets):
            self._replace(node, "pass")
        self.generic_visit(node)

    def visit_Continue(self, node):
        self._replace(node, "break")

    def visit_Break(self, node):
        self._replace(node, "continue")

    def _negate(self, node):
        if not isinstance(node.test, ast.Compare | ast.UnaryOp) and "TYPE_CHECKING" not in self._source(node.test):
            self._replace(node.test, f"not ({self._source(node.test)})")
        self.generic_visit(node)

    visit_If = visit_IfExp = visit_While = _negate

    def visit_comprehension(self, node):
        for test in node.ifs:
            self._replace(test, f"not ({self._source(test)})")
        self.generic_visit(node)


TOKENS = re.compile(
    r"""(?P<skip>//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|=>|\+\+|--|\.\.\.)"""
    r"|(?P<edit>===|!==|<=|>=|&&|\|\||\+=|-=|(?<= )[-+*/<>](?= )|Math\.(?:min|max)\b|\b(?:true|false)\b|"
    r"(?<![\w.$])\d+\b(?!\.))",
    re.S,
)
TOKEN_EDITS = {
    "===": "!==",
    "!==": "===",
    "<=": "<",
    ">=": ">",
    "&&": "||",
    "||": "&&",
    "+=": "-=",
    "-=": "+=",
    "-": "+",
    "+": "-",
    "*": "/",
    "/": "*",
    "<": "<=",
    ">": ">=",
    "Math.min": "Math.max",
    "Math.max": "Math.min",
    "true": "false",
    "false": "true",
}


def _script(text):
    """Find the edits of JavaScript: operators with spaces around, numbers, true and false."""
    for match in TOKENS.finditer(text):
        token = match["edit"]
        if token:
            yield *match.span(), TOKEN_EDITS.get(token) or str(int(token) + 1)
