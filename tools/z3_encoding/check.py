"""Holds a matrix against the encoding: z3 proves that no connection is told otherwise."""

import ipaddress
from dataclasses import dataclass, field

import z3

from .ends import Asked, disjoint, name, pairs
from .export import Export
from .formula import BITS, NAMES, Term, conj, disj, neg
from .walk import Walk

AXES = {
    "protocol": ("proto", 8), "client": ("client", 16), "server": ("server", 16), "relay": ("relay", 16),
    "second_relay": ("relay2", 16), "draw": ("draw", 20), "second_draw": ("draw2", 20),
}
# What a reply's type is (S0.2; RFC 792, RFC 950, RFC 4443, RFC 4861, RFC 4620).
REPLIES = {8: 0, 13: 14, 15: 16, 17: 18, 128: 129, 133: 134, 135: 136, 139: 140}


@dataclass
class Result:
    pairs: int = 0
    agreed: int = 0
    undecided: int = 0
    verdicts: dict = field(default_factory=dict)
    uncovered: list = field(default_factory=list)
    disagreements: list = field(default_factory=list)


def declarations():
    lines = [f"(declare-const {axis} (_ BitVec {bits}))" for axis, bits in BITS.items()]
    lines += ["(declare-const remote (_ BitVec 32))", "(declare-const remote6 (_ BitVec 128))"]
    reply = "server"
    for query, answer in REPLIES.items():
        reply = f"(ite (= server (_ bv{query} 16)) (_ bv{answer} 16) {reply})"
    lines.append(f"(define-fun rtype () (_ BitVec 16) {reply})")
    return "\n".join(lines)


DECLARATIONS = declarations()


def boxes_of(listed):
    """Boxes as ranges of numbers by our names of the axes."""
    found = []
    for box in listed:
        ranges = {AXES[axis][0]: tuple(value) for axis, value in box.items() if axis != "remote"}
        if "remote" in box:
            ranges["remote"] = tuple(int(ipaddress.ip_address(end)) for end in box["remote"])
        found.append(ranges)
    return found


def formula_of(boxes, family):
    terms = []
    for box in boxes:
        sides = []
        for axis, (low, high) in box.items():
            if axis == "remote":
                term = Term("remote", 32) if family == 4 else Term("remote6", 128)
            else:
                term = Term(axis, BITS[axis])
            sides.append(term.within(low, high))
        terms.append(conj(*sides))
    return disj(*terms)


class Claim:
    """What the matrix says of a pair."""

    def __init__(self, pair, asked):
        self.works, self.unknown = boxes_of(pair.get("works", [])), boxes_of(pair.get("unknown", []))
        self.verdict, self.share = pair["verdict"], pair.get("share", 0)
        self.asked = asked

    def follows(self):
        """What does not follow from the boxes: the verdict (S0.6) and the share."""
        everything, works = self.asked.count(), self.asked.count(self.works)
        certain = works + self.asked.count(self.unknown)
        if not disjoint(self.works + self.unknown):
            return "its boxes overlap"
        if certain == 0:
            verdict = "blocked"
        elif works == everything:
            verdict = "allowed"
        elif works and certain != everything:
            verdict = "partial"
        else:
            verdict = "undecided"
        if verdict != self.verdict:
            return f"its verdict is {self.verdict}, its boxes say {verdict}"
        share = float(works / everything)
        if abs(share - self.share) > 1e-9 * share:
            return f"its share is {self.share}, its boxes say {share}"
        return None


BLOCKED = {"verdict": "blocked", "share": 0}


def compare(folder, matrix):
    """All pairs of a network."""
    NAMES.clear()
    export = Export(folder)
    walk = Walk(export)
    families = {"IPv4": 4, "IPv6": 6}
    claims = {(one["client"], one["server"], families[one["family"]]): one for one in matrix["pairs"]}
    result, questions = Result(), []
    for client, server, family in pairs(export):
        key = (name(client, family), name(server, family), family)
        result.pairs += 1
        claimed = claims.pop(key, None)
        walk.reasons.clear()
        try:
            own = walk.between(client, server, family)
        except NotImplementedError as error:
            result.uncovered.append((key, str(error)))
            continue
        verdict = claimed["verdict"] if claimed else "blocked"
        result.verdicts[verdict] = result.verdicts.get(verdict, 0) + 1
        if own.impossible and claimed is None:
            result.agreed += 1
            continue
        asked = Asked(export, client, server, family)
        claim = Claim(claimed or BLOCKED, asked)
        wrong = claim.follows()
        if wrong:
            result.disagreements.append((key, wrong))
            continue
        if claim.unknown and not walk.reasons:
            result.disagreements.append((key, "undecided, and nothing is lacking"))
            continue
        works, unknown = formula_of(claim.works, family), formula_of(claim.unknown, family)
        # What is said to be unknown has to have a reason of ours, and may be more than we think: an answer that is
        # not given is not wrong.
        differs = disj(f"(xor {own.yes} {works})", conj(own.may, neg(own.yes), neg(unknown)))
        result.undecided += bool(claim.unknown)
        questions.append((key, conj(asked.formula(), differs), (own, works, unknown), sorted(walk.reasons)))
    for key in claims:
        result.disagreements.append((key, "the matrix has a pair that there is not"))
    prove(questions, result)
    return result


def prove(questions, result):
    if not questions:
        return
    asserted = "\n".join(f"(assert {formula})" for _, formula, _, _ in questions)
    text = f"{DECLARATIONS}\n{NAMES.definitions()}\n{asserted}"
    formulas = z3.parse_smt2_string(text)
    solver = z3.SolverFor("QF_BV")
    together = z3.Or(*formulas)
    solver.add(together)
    if solver.check() == z3.unsat:
        result.agreed += len(questions)
        return
    for (key, _, (own, works, unknown), reasons), formula in zip(questions, formulas):
        alone = z3.SolverFor("QF_BV")
        alone.add(formula)
        if alone.check() == z3.unsat:
            result.agreed += 1
            continue
        result.disagreements.append((key, shown(alone.model(), own, works, unknown, reasons)))


def shown(model, own, works, unknown, reasons):
    """A connection on which the two differ, and what each says of it."""
    values = {str(one): model[one].as_long() for one in model.decls()}
    if "remote" in values:
        values["remote"] = str(ipaddress.IPv4Address(values["remote"]))
    if "remote6" in values:
        values["remote6"] = str(ipaddress.IPv6Address(values["remote6"]))

    def holds(term):
        parsed = z3.parse_smt2_string(f"{DECLARATIONS}\n{NAMES.definitions()}\n(assert {term})")
        return len(parsed) == 0 or z3.is_true(model.eval(parsed[0], model_completion=True))

    def word(yes, may):
        return "works" if yes else "may work" if may else "is blocked"

    theirs = word(holds(works), holds(unknown))
    ours = word(holds(own.yes), holds(own.may))
    connection = ", ".join(f"{axis} {value}" for axis, value in sorted(values.items()))
    because = f" ({'; '.join(reasons)})" if reasons else ""
    return f"{connection}: portcullis says it {theirs}, the encoding that it {ours}{because}"
