"""Which route a packet takes (S3.1 to S3.10), and in a transit gateway (S3.31)."""

from .export import Block
from .formula import FALSE, TRUE, conj, disj, neg

TARGETS = (
    "GatewayId", "NatGatewayId", "TransitGatewayId", "VpcPeeringConnectionId", "NetworkInterfaceId",
    "EgressOnlyInternetGatewayId", "CarrierGatewayId", "LocalGatewayId", "CoreNetworkArn", "InstanceId",
)


class Choice:
    """Candidates in the order in which they win: a match, a target, and whether it is live."""

    def __init__(self, export, table, family, dst):
        self.unknown = []  # Prefix lists of which nobody knows what they have.
        found = []
        for route in table["Routes"]:
            if route.get("State") == "filtered":
                continue
            target = next((key, route[key]) for key in TARGETS if key in route)
            live = route.get("State") != "blackhole"
            for block, rank in self.blocks(export, route, target):
                match = block.match(family, dst)
                if match != FALSE:
                    # S3.3: longest prefix; S3.4: local, static, list, propagated.
                    found.append((-block.length, rank, match, target if live else ("blackhole", target[1])))
        found.sort(key=lambda one: one[:2])
        self.candidates = found

    def blocks(self, export, route, target):
        listed = route.get("DestinationPrefixListId")
        if listed:
            blocks = export.lists.get(listed)
            if blocks is None:
                self.unknown.append((listed, target))
            return [(block, 2) for block in blocks or []]
        text = route.get("DestinationCidrBlock") or route["DestinationIpv6CidrBlock"]
        rank = 0 if target[1] == "local" else 3 if route.get("Origin") == "EnableVgwRoutePropagation" else 1
        return [(Block(text), rank)]

    def branches(self):
        """Disjoint conditions and the targets that are possible in each: more than one where two lists meet (S3.6)."""
        taken, last = [], FALSE
        for at, (_, rank, match, target) in enumerate(self.candidates):
            condition = conj(match, *(neg(term) for term in taken))
            taken.append(match)
            if condition == FALSE:
                continue
            if rank == 2:
                yield from self.split(at, condition, target)
            else:
                yield condition, [target]
            if match == TRUE:
                return
        last = conj(*(neg(term) for term in taken))
        if last != FALSE:
            yield last, []

    def split(self, at, condition, target):
        """S3.6: another list may be the one that AWS goes by."""
        others = [
            (match, other)
            for _, rank, match, other in self.candidates[at + 1 :]
            if rank == 2 and other != target
        ]
        if not others:
            yield condition, [target]
            return
        either = disj(*(match for match, _ in others))
        alone = conj(condition, neg(either))
        if alone != FALSE:
            yield alone, [target]
        both = conj(condition, either)
        if both != FALSE:
            yield both, [target, *dict.fromkeys(other for _, other in others)]


def transit_branches(routes, family, dst):
    """The same in a table of a transit gateway: the attachments of the best route, or none."""
    found = []
    for route in routes:
        block = Block(route["DestinationCidrBlock"])
        match = block.match(family, dst)
        if match != FALSE:
            to = [one["TransitGatewayAttachmentId"] for one in route.get("TransitGatewayAttachments", [])]
            found.append((-block.length, route["Type"] != "static", match, to if route["State"] == "active" else []))
    found.sort(key=lambda one: one[:2])
    taken = []
    for _, _, match, to in found:
        condition = conj(match, *(neg(term) for term in taken))
        taken.append(match)
        if condition != FALSE:
            yield condition, to
        if match == TRUE:
            return
