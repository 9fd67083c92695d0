"""A packet on its way and what the way remembers."""

from dataclasses import dataclass, replace

from .formula import Term

PORTS = ("relay", "relay2")
DRAWS = ("draw", "draw2")


@dataclass(frozen=True)
class Packet:
    """Header fields, and who the addresses belong to as far as references to groups ask (S1.15)."""

    family: int
    src: Term
    dst: Term
    sport: Term
    port: Term  # S0.7: the one that gates see.
    kind: tuple  # Type and code of ICMP.
    proto: Term = Term("proto", 8)
    sender: object = None
    receiver: object = None
    # Whether it comes straight from its sender (S1.21), by what, and through which balancer's groups (S1.23).
    straight: bool = True
    via: frozenset = frozenset()
    balancer_groups: frozenset = frozenset()

    def view(self, egress):
        """All that a security group looks at."""
        peer = self.receiver if egress else self.sender
        remote = self.dst if egress else self.src
        own = (self.family, remote, self.port, self.kind, self.straight, self.via, self.balancer_groups)
        return *own, peer and peer.id

    def with_(self, **changes):
        return replace(self, **changes)

    def answer(self):
        """The reply: addresses and ports change places (S0.2); a query's reply has a type of its own and code 0."""
        return Packet(
            family=self.family,
            src=self.dst,
            dst=self.src,
            sport=self.port,
            port=self.sport,
            kind=(Term("rtype", 16), Term(0, 16)),
        )


@dataclass(frozen=True)
class Relay:
    """A device that sent a packet on from an address or a port of its own: what came to it."""

    device: object
    came: Packet
    balancer: bool = False
    network: bool = False


@dataclass(frozen=True)
class Way:
    """What a request leaves behind for its reply."""

    reply: bool = False
    relays: tuple = ()
    doors: tuple = ()
    appliances: tuple = ()
    passed: tuple = ()  # Appliances that the reply passed.
    ports: int = 0
    draws: int = 0
    client: object = None  # An interface, or none for the internet.
    server: object = None
    been: frozenset = frozenset()  # Where it left what, on this leg.

    def with_(self, **changes):
        return replace(self, **changes)
