"""Security groups (S1) and network ACLs (S2): one yes or no about one packet."""

from .export import Block
from .formula import FALSE, TRUE, UNKNOWN, YES, Maybe, conj, disj, ite

PROTO_NAMES = {"tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58}
STAR = 32767


class Gates:
    """The gates of a network. What they come to is kept, for pairs meet the same ones."""

    def __init__(self, export, reasons):
        self.export, self.reasons, self.kept, self.reasons_here = export, reasons, {}, set()

    # Network ACLs.

    def acl(self, subnet, egress, packet):
        """Whether a packet passes the list of a subnet."""
        acl = self.export.acl_of(subnet)
        if acl is None:
            self.reasons.add(f"the network ACL of {subnet} is not in the export")
            return UNKNOWN
        remote = packet.dst if egress else packet.src
        key = (acl["NetworkAclId"], egress, packet.family, remote, packet.port, packet.kind)
        if key not in self.kept:
            self.kept[key] = Maybe(self.acl_formula(acl, egress, remote, packet))
        return self.kept[key]

    def acl_formula(self, acl, egress, remote, packet):
        entries = [entry for entry in acl["Entries"] if entry["Egress"] == egress and entry["RuleNumber"] < STAR]
        entries.sort(key=lambda entry: entry["RuleNumber"])
        # S2.5: what no entry takes is denied. S2.4: the first that matches decides.
        formula = FALSE
        for entry in reversed(entries):
            block = Block(entry.get("CidrBlock") or entry["Ipv6CidrBlock"])
            matches = conj(block.match(packet.family, remote), self.acl_service(entry, packet))
            formula = ite(matches, TRUE if entry["RuleAction"] == "allow" else FALSE, formula)
        return formula

    @staticmethod
    def acl_service(entry, packet):
        protocol = int(entry["Protocol"])
        if protocol == -1:
            return TRUE
        is_protocol = packet.proto.equals(protocol)
        if protocol in (6, 17):
            ports = entry.get("PortRange") or {"From": 0, "To": 65535}
            return conj(is_protocol, packet.port.within(ports["From"], ports["To"]))
        # S2.7: type and code count for 1, and for 58 in rules of IPv6.
        if protocol == 1 or (protocol == 58 and "Ipv6CidrBlock" in entry):
            kind = entry.get("IcmpTypeCode") or {"Type": -1, "Code": -1}
            return conj(is_protocol, icmp(packet, kind["Type"], kind["Code"]))
        return is_protocol

    # Security groups.

    def groups(self, interface, egress, packet):
        """Whether a packet passes the groups of an interface as a new one (S1.26, S1.29)."""
        if self.export.balancer_of(interface) and not interface.groups:
            return YES  # S4.7: no gate at all.
        parts = []
        for identity in interface.groups:
            group = self.export.groups.get(identity)
            if group is None:
                self.reasons.add(f"security group {identity} is not in the export")
                parts.append(UNKNOWN)
                continue
            key = (identity, egress, packet.view(egress))
            if key not in self.kept:
                before, self.reasons_here = self.reasons_here, set()
                self.kept[key] = self.group_formula(group, egress, packet), self.reasons_here
                self.reasons_here = before
            passes, lacking = self.kept[key]
            self.reasons |= lacking
            parts.append(passes)
        return Maybe(disj(*(part.yes for part in parts)), disj(*(part.may for part in parts)))

    def group_formula(self, group, egress, packet):
        yes, may = [], []
        for permission in group["IpPermissionsEgress" if egress else "IpPermissions"]:
            service = self.group_service(permission, packet)
            if service == FALSE:
                continue
            peers = self.group_peers(permission, group, egress, packet)
            yes.append(conj(service, peers.yes))
            may.append(conj(service, peers.may))
        return Maybe(disj(*yes), disj(*may))

    @staticmethod
    def group_service(permission, packet):
        name = permission["IpProtocol"]
        if name == "-1":
            return TRUE
        protocol = PROTO_NAMES.get(name) or int(name)
        if protocol in (1, 58) and protocol != (1 if packet.family == 4 else 58):
            # S1.8. A packet of the other family may carry the number, but nothing sends it.
            return FALSE
        is_protocol = packet.proto.equals(protocol)
        low, high = permission.get("FromPort"), permission.get("ToPort")
        if protocol in (6, 17):
            return conj(is_protocol, packet.port.within(low, high))
        if protocol in (1, 58):
            return conj(is_protocol, icmp(packet, -1 if low is None else low, -1 if high is None else high))
        return is_protocol  # S1.4.

    def group_peers(self, permission, group, egress, packet):
        remote = packet.dst if egress else packet.src
        yes, may = [], []
        for key, name in (("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6")):
            blocks = [Block(one[name]) for one in permission.get(key, [])]
            if remote is None:
                # S12.12: any source at all.
                yes += [TRUE for block in blocks if block.family == packet.family]
            else:
                yes += [block.match(packet.family, remote) for block in blocks]
        for one in permission.get("PrefixListIds", []):
            blocks = self.export.lists.get(one["PrefixListId"])
            if blocks is None:
                self.reasons_here.add(f"the entries of {one['PrefixListId']} are not in the export")
                may.append(TRUE)
            elif remote is None:
                yes += [TRUE for block in blocks if block.family == packet.family]
            else:
                yes += [block.match(packet.family, remote) for block in blocks]
        for pair in permission.get("UserIdGroupPairs", []):
            if self.refers(pair["GroupId"], group, egress, packet):
                yes.append(TRUE)
        return Maybe(disj(*yes), disj(*yes, *may))

    def refers(self, identity, group, egress, packet):
        """Whether a reference to a group matches: by membership of who has the address (S1.15)."""
        if not egress and identity in packet.balancer_groups:
            return True  # S1.23.
        if not packet.straight:
            return False  # S1.21, S1.22: no reference matches behind an appliance.
        peer = packet.receiver if egress else packet.sender
        if peer is None or identity not in peer.groups:
            return False
        vpc = group["VpcId"]
        if peer.vpc == vpc:
            return True
        if "transit" in packet.via:
            return not egress and self.transit_references(vpc, peer.vpc)  # S1.19
        return self.peered(vpc, peer.vpc)  # S1.18

    def peered(self, one, other):
        for peering in self.export.peerings.values():
            sides = {peering["RequesterVpcInfo"]["VpcId"], peering["AccepterVpcInfo"]["VpcId"]}
            if peering["Status"]["Code"] == "active" and sides == {one, other}:
                return True
        return False

    def transit_references(self, *vpcs):
        for identity, gateway in self.export.transit_gateways.items():
            if gateway["Options"].get("SecurityGroupReferencingSupport", "disable") != "enable":
                continue
            attached = {
                one["VpcId"]
                for one in self.export.attachments.values()
                if one["TransitGatewayId"] == identity
                and one["Options"].get("SecurityGroupReferencingSupport", "enable") == "enable"
            }
            if attached.issuperset(vpcs):
                return True
        return False


def icmp(packet, kind, code):
    """Type and code of a rule, -1 for any (S1.6, S2.8)."""
    of_packet, of_code = packet.kind
    return conj(
        TRUE if kind == -1 else of_packet.equals(kind), TRUE if code == -1 else of_code.equals(code)
    )
