"""Who the ends are and what is asked of a pair of them."""

from fractions import Fraction

from .formula import Term, conj, disj, neg
from .walk import PRIVATE

# At these no connection ends: what they carry is others'.
DEVICES = ("natGateway", "transit_gateway", "gateway_load_balancer", "gateway_load_balancer_endpoint")
LINUX, WINDOWS, WIDE = (32768, 60999), (49152, 65535), (1024, 65535)  # S2.21


def pairs(export):
    """Every client with every server, in every family that both have: interfaces, or none for the internet."""
    for family in (4, 6):
        ends = [None]
        for interface in export.interfaces.values():
            if interface.type not in DEVICES and interface.address(family) is not None:
                ends.append(interface)
        for client in ends:
            for server in ends:
                if client is not server:
                    yield client, server, family


def name(end, family):
    return end.id if end is not None else "internet" if family == 4 else "internet6"


def client_ports(export, client):
    if client is None or client.description.startswith("ELB ") or client.type in ("lambda", "network_load_balancer"):
        return WIDE
    instance = export.instances.get(client.instance) or {}
    return WINDOWS if instance.get("Platform") == "windows" else LINUX


def outside(export, family):
    """The internet's addresses: those that are routed, apart from the VPCs' own. Disjoint ranges."""
    bits = 32 if family == 4 else 128
    gaps = [block for block in PRIVATE if block.family == family]
    for vpc in export.vpcs:
        gaps += export.blocks_of(vpc, family)
    ranges, at = [], 0
    for block in sorted(gaps, key=lambda one: one.low):
        if block.low > at:
            ranges.append((at, block.low - 1))
        at = max(at, block.high + 1)
    if at < 1 << bits:
        ranges.append((at, (1 << bits) - 1))
    return ranges


class Asked:
    """The connections that are asked of a pair, as a formula and by number."""

    def __init__(self, export, client, server, family):
        self.family = family
        # Each is of one family only (S1.8); nobody asks for the other's.
        self.icmp, self.foreign = (1, 58) if family == 4 else (58, 1)
        self.ports = client_ports(export, client)
        self.remote = outside(export, family) if client is None or server is None else None

    def formula(self):
        proto, client, server = Term("proto", 8), Term("client", 16), Term("server", 16)
        with_ports = disj(proto.equals(6), proto.equals(17))
        is_icmp = proto.equals(self.icmp)
        parts = [
            disj(neg(with_ports), client.within(*self.ports)),
            disj(neg(is_icmp), conj(client.within(0, 255), server.within(0, 255))),
            disj(with_ports, is_icmp, conj(client.equals(0), server.equals(0))),
            neg(proto.equals(self.foreign)),
            *(Term(relay, 16).within(1024, 65535) for relay in ("relay", "relay2")),
            *(Term(draw, 20).within(0, 720719) for draw in ("draw", "draw2")),
        ]
        if self.remote is not None:
            bits = 32 if self.family == 4 else 128
            remote = Term("remote" if self.family == 4 else "remote6", bits)
            parts.append(disj(*(remote.within(*one) for one in self.remote)))
        return conj(*parts)

    def rectangles(self):
        """Protocols, client's axis, server's axis."""
        yield (6, 6), self.ports, (0, 65535)
        yield (17, 17), self.ports, (0, 65535)
        yield (self.icmp, self.icmp), (0, 255), (0, 255)
        edges = sorted({6, 17, self.icmp, self.foreign})
        low = 0
        for edge in [*edges, 256]:
            if edge > low:
                yield (low, edge - 1), (0, 0), (0, 0)
            low = edge + 1

    def count(self, boxes=None):
        """How many there are in disjoint boxes, or in all; what chance decides counts as a share."""
        boxes = [{}] if boxes is None else boxes
        total = Fraction(0)
        for box in boxes:
            chance = Fraction(1)
            for axis, (low, high) in (
                ("relay", (1024, 65535)), ("relay2", (1024, 65535)), ("draw", (0, 720719)), ("draw2", (0, 720719)),
            ):
                if axis in box:
                    chance *= Fraction(overlap(box[axis], (low, high)), high - low + 1)
            addresses = 1
            if self.remote is not None:
                addresses = sum(overlap(box["remote"], one) if "remote" in box else one[1] - one[0] + 1 for one in self.remote)
            for protocols, client, server in self.rectangles():
                sides = (("proto", protocols), ("client", client), ("server", server))
                number = 1
                for axis, side in sides:
                    number *= overlap(box.get(axis, side), side)
                total += number * addresses * chance
        return total


def overlap(one, other):
    return max(0, min(one[1], other[1]) - max(one[0], other[0]) + 1)


def disjoint(boxes):
    """Whether no two boxes meet: else counting them would count twice."""
    for at, one in enumerate(boxes):
        for other in boxes[:at]:
            if all(overlap(one[axis], other[axis]) for axis in one.keys() & other.keys()):
                return False
    return True
