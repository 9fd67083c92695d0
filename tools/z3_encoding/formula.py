"""Formulas as SMT-LIB text, folded where they are constant, and three-valued answers made of two of them.

Text, since z3 parses it faster than its Python interface builds the same terms.
"""

TRUE, FALSE = "true", "false"
LONG = 120


class Names:
    """Long formulas get a name, so that what holds them stays short."""

    def __init__(self):
        self.named = {}

    def clear(self):
        self.named.clear()

    def short(self, formula):
        if len(formula) <= LONG:
            return formula
        return self.named.setdefault(formula, f"f{len(self.named)}")

    def definitions(self):
        return "\n".join(f"(define-fun {name} () Bool {formula})" for formula, name in self.named.items())


NAMES = Names()
BITS = {"proto": 8, "client": 16, "server": 16, "relay": 16, "relay2": 16, "draw": 20, "draw2": 20}


def conj(*terms):
    terms = list(dict.fromkeys(term for term in terms if term != TRUE))
    if FALSE in terms:
        return FALSE
    if len(terms) < 2:
        return terms[0] if terms else TRUE
    return NAMES.short(f"(and {' '.join(terms)})")


def disj(*terms):
    terms = list(dict.fromkeys(term for term in terms if term != FALSE))
    if TRUE in terms:
        return TRUE
    if len(terms) < 2:
        return terms[0] if terms else FALSE
    return NAMES.short(f"(or {' '.join(terms)})")


def neg(term):
    return {TRUE: FALSE, FALSE: TRUE}.get(term) or f"(not {term})"


def ite(condition, then, other):
    if condition in (TRUE, FALSE):
        return then if condition == TRUE else other
    if then == other:
        return then
    if other == FALSE:
        return conj(condition, then)
    if then == FALSE:
        return conj(neg(condition), other)
    if then == TRUE:
        return disj(condition, other)
    return NAMES.short(f"(ite {condition} {then} {other})")


def const(value, bits):
    return f"(_ bv{value} {bits})"


class Term:
    """A field of a packet: a number, or a variable by its name, of so many bits."""

    __slots__ = ("value", "bits")

    def __init__(self, value, bits):
        self.value, self.bits = value, bits

    def __eq__(self, other):
        return isinstance(other, Term) and (self.value, self.bits) == (other.value, other.bits)

    def __hash__(self):
        return hash((self.value, self.bits))

    @property
    def known(self):
        return isinstance(self.value, int)

    def within(self, low, high):
        """Whether it lies in a range, both ends included."""
        if self.known:
            return TRUE if low <= self.value <= high else FALSE
        if low <= 0 and high >= (1 << self.bits) - 1:
            return TRUE
        if low == high:
            return f"(= {self.value} {const(low, self.bits)})"
        parts = []
        if low > 0:
            parts.append(f"(bvule {const(low, self.bits)} {self.value})")
        if high < (1 << self.bits) - 1:
            parts.append(f"(bvule {self.value} {const(high, self.bits)})")
        return conj(*parts)

    def equals(self, value):
        return self.within(value, value)


class Maybe:
    """What certainly works, and what may work."""

    __slots__ = ("yes", "may")

    def __init__(self, yes, may=None):
        self.yes = yes
        self.may = yes if may is None else may

    def and_(self, other):
        return Maybe(conj(self.yes, other.yes), conj(self.may, other.may))

    def when(self, condition):
        return Maybe(conj(condition, self.yes), conj(condition, self.may))

    @property
    def impossible(self):
        return self.may == FALSE


YES, NO, UNKNOWN = Maybe(TRUE), Maybe(FALSE), Maybe(FALSE, TRUE)


def all_of(*parts):
    return Maybe(conj(*(part.yes for part in parts)), conj(*(part.may for part in parts)))


def any_of(parts):
    """Ways that exclude each other, or that help each other."""
    parts = list(parts)
    return Maybe(disj(*(part.yes for part in parts)), disj(*(part.may for part in parts)))
