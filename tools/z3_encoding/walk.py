"""The way of a request and of its reply (S0.4, S0.5), as formulas: what works, and what may.

Every function gives the conditions under which the rest of the whole connection works.
"""

from .balancer import Balancing, drawn
from .export import Block
from .formula import FALSE, NO, TRUE, UNKNOWN, YES, Maybe, Term, all_of, any_of, conj, disj, neg
from .gates import Gates
from .packet import DRAWS, PORTS, Packet, Relay, Way
from .routes import Choice, transit_branches

# RFC 6890: an internet gateway drops packets to these (S12.10).
PRIVATE = [
    Block(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4", "::/128", "::1/128", "::ffff:0:0/96",
        "64:ff9b:1::/48", "100::/64", "2001:2::/48", "2001:10::/28", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    )
]

def is_query(family):
    """ICMP that expects a reply (S0.2); other messages of ICMP expect none."""
    types = (8, 13, 15, 17) if family == 4 else (128, 133, 135, 139)
    return disj(*(Term("server", 16).equals(kind) for kind in types))


def expects_no_reply(family):
    return conj(Term("proto", 8).equals(1 if family == 4 else 58), neg(is_query(family)))


class Walk(Balancing):
    def __init__(self, export):
        self.export, self.reasons = export, set()
        self.gates = Gates(export, self.reasons)

    # The two ends.

    def between(self, client, server, family):
        """All connections of a client with a server: interfaces, or none for the internet."""
        bits = 32 if family == 4 else 128
        remote = Term("remote" if family == 4 else "remote6", bits)
        src = remote if client is None else Term(client.address(family), bits)
        dst = remote if server is None else Term(server.address(family), bits)
        packet = Packet(
            family=family, src=src, dst=dst, sport=Term("client", 16), port=Term("server", 16),
            kind=(Term("server", 16), Term("client", 16)), sender=client, receiver=server,
        )
        way = Way(client=client, server=server)
        if client is None:
            return self.from_internet(server, packet, way)
        return self.runs(client).and_(self.send(client, packet, way))

    def from_internet(self, server, packet, way):
        """A client beyond the export comes in by where its answer would leave: a private network's gateway, or else
        the internet gateway (S3.38)."""
        table = self.export.table_of(server.subnet)
        branches, others = [], []
        by_public = packet.family == 4 and server.v4 in server.public
        if table is None and not by_public:
            self.reasons.add(f"the route table of {server.subnet} is not in the export")
        elif not by_public:
            for condition, targets in Choice(self.export, table, packet.family, packet.src).branches():
                for key, identity in targets[:1]:
                    if identity.startswith("vgw-") and packet.family == 4:
                        door = way.with_(doors=(("vgw", server.vpc, "in", 0),))
                        branches.append(self.enter(server, packet, door).when(condition))
                        others.append(neg(condition))
                    if key == "TransitGatewayId":
                        self.reasons.add(f"whether anybody beyond {identity} has that address")
                        door = way.with_(doors=(("tgw", server.vpc, "in", 0),))
                        branches.append(self.enter(server, packet, door).and_(UNKNOWN).when(condition))
                        others.append(neg(condition))
        if packet.family == 6 or by_public:  # S3.14
            branches.append(self.internet_in(server, packet, way).when(conj(*others)))
        return any_of(branches)

    def runs(self, interface):
        """S9.4: only running instances answer."""
        if interface.instance is None:
            return YES
        instance = self.export.instances.get(interface.instance)
        if instance is None:
            # A decision of the model, and no clause: what is not described is taken to run.
            return YES
        return YES if instance["State"]["Name"] == "running" else NO

    # Leaving an interface and a subnet.

    def send(self, interface, packet, way):
        """A new packet leaves an interface: its groups look at where it goes, and by what (S1.19, S1.21)."""
        parts = []
        for condition, seen in self.preview(interface, packet):
            passes = self.gates.groups(interface, True, seen)
            parts.append(passes.when(condition))
        passes = any_of(parts)
        if passes.impossible:
            return NO
        return passes.and_(self.depart(interface, packet, way))

    def preview(self, interface, packet):
        """How a packet will travel, as references to groups across VPCs and past appliances depend on it."""
        if packet.receiver is None or packet.receiver.subnet == interface.subnet:
            return [(TRUE, packet)]
        table = self.export.table_of(interface.subnet)
        if table is None:
            return [(TRUE, packet)]
        ways = []
        for condition, targets in Choice(self.export, table, packet.family, packet.dst).branches():
            keys = {key for key, _ in targets}
            seen = packet
            if "TransitGatewayId" in keys:
                seen = packet.with_(via=packet.via | {"transit"})
            if keys & {"NetworkInterfaceId", "NatGatewayId"}:
                seen = seen.with_(straight=False)
            ways.append((condition, seen))
        return ways

    def depart(self, interface, packet, way):
        """Out of the subnet of an interface, unless the destination is in it (S2.12, S3.11)."""
        place = (getattr(interface, "id", interface.subnet), packet.src, packet.dst)
        if place in way.been:
            return NO  # In a circle.
        way = way.with_(been=way.been | {place})
        subnet = interface.subnet
        if packet.dst.known:
            near = self.export.by_address.get((packet.family, interface.vpc, packet.dst.value))
            if near is not None and near.subnet == subnet:
                return self.deliver(near, packet, way)
        table = self.export.table_of(subnet)
        listed = self.gates.acl(subnet, True, packet)
        if table is None:
            self.reasons.add(f"the route table of {subnet} is not in the export")
            return listed.and_(self.unknown_stretch(packet, way))
        choice = Choice(self.export, table, packet.family, packet.dst)
        branches = []
        for condition, targets in choice.branches():
            results = [self.follow(target, interface, packet, way, listed) for target in targets] or [NO]
            if len(targets) > 1:
                self.reasons.add("two prefix lists overlap and lead to different targets (S3.6)")
            if choice.unknown:
                results += [
                    self.follow(target, interface, packet, way, listed) for _, target in choice.unknown
                ]
                self.reasons.add("a route leads to a prefix list whose entries are not in the export")
            # S3.6: which of them it is nobody knows.
            result = Maybe(conj(*(r.yes for r in results)), disj(*(r.may for r in results)))
            branches.append(result.when(condition))
        return any_of(branches)

    def unknown_stretch(self, packet, way):
        """S12.12: undecided, unless the destination refuses every source."""
        if way.reply or not packet.dst.known:
            return UNKNOWN
        server = packet.receiver
        if server is None:
            return UNKNOWN
        anyone = packet.with_(src=None)
        if "transit" not in packet.via:
            # S1.18, S1.21: a reference matches no packet that took another way than these.
            anyone = anyone.with_(sender=None)
        may = conj(self.gates.groups(server, False, anyone).may, self.takes(server, packet), self.runs(server).may)
        return Maybe(FALSE, may)

    def takes(self, server, packet):
        """What a destination takes at all: listeners and services, not groups."""
        if server.type == "vpc_endpoint":
            return self.service_ports(packet)
        if self.export.balancer_of(server):
            return self.listens(server, packet)
        return TRUE

    # Where routes lead.

    def follow(self, target, interface, packet, way, listed):
        kind, identity = target
        if kind == "blackhole":
            return NO  # S3.9
        door = way.doors[-1] if way.reply and way.doors else None
        if door and (door[0], door[2]) == ("igw", "in") and door[3] == len(way.relays):
            if packet.family == 6 and packet.dst.known and kind in ("VpcPeeringConnectionId", "TransitGatewayId"):
                # IPv6 is not translated: what came by the internet may go back by a private way, by decision.
                way = way.with_(doors=way.doors[:-2])
            elif not identity.startswith(("igw-", "eni-")):
                return NO  # S3.15: not the door that the request came in by.
        if kind == "GatewayId":
            if identity == "local":
                return listed.and_(self.local(interface.vpc, packet, way))
            if identity.startswith("igw-"):
                return listed.and_(self.internet_out(identity, interface, packet, way))
            if identity.startswith("vpce-"):
                return listed.and_(self.beyond(packet, way, ("vpce", interface.vpc), interface))
            if identity.startswith("vgw-"):
                return listed.and_(self.private_gateway(identity, interface, packet, way))
        if kind == "NatGatewayId":
            return self.nat(identity, interface, packet, way, listed)
        if kind == "NetworkInterfaceId":
            return self.appliance(identity, interface, packet, way, listed)
        if kind == "VpcPeeringConnectionId":
            return listed.and_(self.peering(identity, interface, packet, way))
        if kind == "TransitGatewayId":
            return listed.and_(self.transit(identity, interface, packet, way))
        if kind == "EgressOnlyInternetGatewayId":
            return listed.and_(self.egress_only(identity, interface, packet, way))
        raise NotImplementedError(f"route to {kind} {identity}")

    def local(self, vpc, packet, way):
        """To an interface of the VPC (S3.2): the list of its subnet, then the interface."""
        if not packet.dst.known:
            return NO
        interface = self.export.by_address.get((packet.family, vpc, packet.dst.value))
        if interface is None:
            return NO  # S12.9
        return self.enter(interface, packet, way)

    def enter(self, interface, packet, way):
        listed = self.gates.acl(interface.subnet, False, packet)
        if listed.impossible:
            return NO
        return listed.and_(self.deliver(interface, packet, way))

    def peering(self, identity, interface, packet, way):
        """S3.30: active, to the other VPC's own addresses, and not beyond."""
        peering = self.export.peerings.get(identity)
        if peering is None or peering["Status"]["Code"] != "active":
            return NO
        if way.relays and not way.reply and way.relays[-1].device in self.nat_interfaces():
            self.reasons.add("whether a NAT gateway sends over peering, S3.23 does not say")
            return self.unknown_stretch(packet, way)
        sides = [peering["RequesterVpcInfo"]["VpcId"], peering["AccepterVpcInfo"]["VpcId"]]
        if interface.vpc not in sides:
            return NO
        other = sides[1 - sides.index(interface.vpc)]
        return self.local(other, packet.with_(via=packet.via | {"peering"}), way)

    def nat_interfaces(self):
        return [one for one in self.export.interfaces.values() if one.type == "natGateway"]

    def transit(self, identity, interface, packet, way):
        """S3.31 to S3.33, S12.14."""
        packet = packet.with_(via=packet.via | {"transit"})
        gateway = self.export.transit_gateways.get(identity)
        own = self.attachment(identity, interface.vpc)
        if gateway is None or own is None:
            return NO
        zone = self.export.zone(interface.subnet)
        subnets = [one for one in own["SubnetIds"] if self.export.zone(one) == zone]
        if not subnets:
            return NO  # A zone without an attachment's subnet cannot send.
        # S3.32, S3.33: by source, also where the sender is in that subnet.
        listed = self.gates.acl(subnets[0], False, packet)
        table = self.export.associations.get(own["TransitGatewayAttachmentId"])
        if table is None:
            self.reasons.add(f"no table is associated with the attachment of {interface.vpc}, as far as is known")
            return listed.and_(self.unknown_stretch(packet, way))
        routes = self.export.transit_tables[table]
        if routes is None:
            self.reasons.add(f"the routes of {table} are not in the export")
            return listed.and_(self.unknown_stretch(packet, way))
        branches = []
        for condition, attachments in transit_branches(routes, packet.family, packet.dst):
            for attachment in attachments:
                to = self.export.attachments.get(attachment)
                if to is not None:
                    branches.append(self.from_transit(to, zone, packet, way).when(condition))
        return listed.and_(any_of(branches))

    def attachment(self, gateway, vpc):
        for one in self.export.attachments.values():
            if (one["TransitGatewayId"], one["VpcId"], one["State"]) == (gateway, vpc, "available"):
                return one
        return None

    def from_transit(self, attachment, zone, packet, way):
        """Out of a subnet of the attachment: its list by destination, its table, then the destination's list."""
        subnets = [one for one in attachment["SubnetIds"] if self.export.zone(one) == zone]
        appliance = attachment["Options"].get("ApplianceModeSupport") == "enable"
        if appliance or not subnets:
            subnets = attachment["SubnetIds"]
        results, draw = [], None
        if len(subnets) > 1:
            # S12.14: any of them, each as likely.
            if way.draws >= len(DRAWS):
                self.reasons.add("a third device on the way draws")
                return UNKNOWN
            draw, way = Term(DRAWS[way.draws], 20), way.with_(draws=way.draws + 1)
        for at, subnet in enumerate(sorted(subnets)):
            near = packet.dst.known and self.export.by_address.get(
                (packet.family, attachment["VpcId"], packet.dst.value)
            )
            door = Doorway(subnet, attachment["VpcId"])
            if near and near.subnet == subnet:
                # S3.33: neither list.
                result = self.deliver(near, packet, way)
            else:
                result = self.depart(door, packet, way)
            results.append(result.when(drawn(draw, at, len(subnets)) if draw else TRUE))
        return any_of(results)

    # Devices.

    def nat(self, identity, interface, packet, way, listed):
        """S3.20 to S3.24."""
        nat = self.export.nats.get(identity)
        if nat is None or nat["State"] != "available" or packet.family != 4:
            return NO
        device = self.export.interfaces[nat["NatGatewayAddresses"][0]["NetworkInterfaceId"]]
        if way.reply or any(relay.device is device for relay in way.relays):
            return NO  # An answer is none of its flows (S3.22); in a circle.
        takes = disj(*(packet.proto.equals(number) for number in (6, 17, 1)))
        crossings = YES
        if device.subnet != interface.subnet:
            crossings = listed.and_(self.gates.acl(device.subnet, False, packet))
        if crossings.impossible:
            return NO
        return crossings.when(takes).and_(self.relayed(device, packet, way))

    def relayed(self, device, packet, way):
        """Sent on from a device's own address and a port that it picks."""
        if way.ports >= len(PORTS):
            self.reasons.add("a third device on the way picks a port")
            return UNKNOWN
        on = packet.with_(
            src=Term(device.v4, 32), sport=Term(PORTS[way.ports], 16), sender=None, balancer_groups=frozenset()
        )
        way = way.with_(relays=(*way.relays, Relay(device, packet)), ports=way.ports + 1)
        return self.depart(device, on, way)

    def appliance(self, identity, interface, packet, way, listed):
        """S3.41: a full crossing. S3.13: its check must be off."""
        device = self.export.interfaces.get(identity)
        if device is None or device is interface:
            return NO
        if packet.dst.known and device.has(packet.family, packet.dst.value):
            return listed.and_(self.enter(device, packet, way))
        if device.check:
            return NO
        crossings = YES
        if device.subnet != interface.subnet:
            crossings = listed.and_(self.gates.acl(device.subnet, False, packet))
        crossings = crossings.and_(self.runs(device))
        if way.reply:
            # S3.40: the same appliances both ways; what they track, their groups let pass.
            if device not in way.appliances:
                return NO
            return crossings.and_(self.depart(device, packet, way.with_(passed=(*way.passed, device))))
        if device in way.appliances:
            return NO
        crossings = crossings.and_(self.gates.groups(device, False, packet))
        if crossings.impossible:
            return NO
        beyond = packet.with_(straight=False)
        out = self.gates.groups(device, True, beyond)
        way = way.with_(appliances=(*way.appliances, device))
        return all_of(crossings, out, self.depart(device, beyond, way))

    # Gateways.

    def internet_out(self, identity, interface, packet, way):
        """S3.14 to S3.17, S3.43 to S3.45, S12.10."""
        vpc = interface.vpc
        if vpc not in self.export.internet_gateways.get(identity, []):
            return NO
        if not packet.src.known:
            return self.translating(interface, packet, way, identity)
        holder = self.export.by_address.get((packet.family, vpc, packet.src.value))
        if holder is None or (packet.family == 4 and packet.src.value not in holder.public):
            return self.translating(interface, packet, way, identity)
        mode = self.export.public_access(holder.subnet)
        if mode == "block-bidirectional" or (mode == "block-ingress" and holder.type != "natGateway"):
            return NO
        if way.reply:
            # S3.15: by the door that the request came in by.
            if way.doors and way.doors[-1][:3] == ("igw", vpc, "in"):
                way = way.with_(doors=way.doors[:-1])
            elif way.doors or packet.family == 4:
                return NO
            # IPv6 is not translated: what came by a private way may go back by the internet's, by decision.
            if not way.doors and way.client is None:
                if way.relays:
                    return NO  # Never met the device that has to put it back.
                return YES if way.passed[::-1] == way.appliances else NO
        else:
            way = way.with_(doors=(*way.doors, ("igw", vpc, "out", len(way.relays))))
        if packet.family == 4:
            packet = packet.with_(src=Term(holder.public[packet.src.value], 32), sender=None)
        return self.outside(packet, way, interface)

    def translating(self, interface, packet, way, identity):
        """What the internet gateway has no public address for: an appliance puts its own in (S3.28)."""
        if way.reply or packet.family == 6 or interface not in way.appliances:
            return NO
        if any(relay.device is interface for relay in way.relays):
            return NO
        if way.ports >= len(PORTS):
            self.reasons.add("a third device on the way picks a port")
            return UNKNOWN
        on = packet.with_(src=Term(interface.v4, 32), sport=Term(PORTS[way.ports], 16), sender=None)
        way = way.with_(relays=(*way.relays, Relay(interface, packet)), ports=way.ports + 1)
        return self.internet_out(identity, interface, on, way)

    def outside(self, packet, way, interface):
        """On the internet: to whom in the export has the address, or to somebody beyond it."""
        held = self.export.by_public if packet.family == 4 else {
            value: (one, value) for one in self.export.interfaces.values() for value in one.v6
        }
        if packet.dst.known:
            if packet.dst.value in held:
                return self.internet_in(held[packet.dst.value][0], packet, way)
            return NO
        # The internet as an end is who is beyond the export: no address of it is taken for one that is held.
        return self.beyond(packet, way, None, interface)

    def internet_in(self, holder, packet, way):
        """In by the gateway of the holder's VPC: the private address in place of the public one (S3.14)."""
        vpc = holder.vpc
        own = Term(holder.v4, 32) if packet.family == 4 else packet.dst
        entered = packet.with_(dst=own)
        mode = self.export.public_access(holder.subnet)
        if way.reply:
            attached = any(vpc in vpcs for vpcs in self.export.internet_gateways.values())
            if not way.doors:
                if packet.family != 6 or not attached or mode != "off":
                    return NO
                if holder.raw.get("DenyAllIgwTraffic"):
                    # S3.16 speaks of what the internet starts.
                    self.reasons.add(f"{holder.id} denies traffic of internet gateways, and its request left by none")
                    return UNKNOWN
                return self.enter(holder, entered, way)
            door, way = way.doors[-1], way.with_(doors=way.doors[:-1])
            if door[1:3] != (vpc, "out"):
                return NO
            return self.enter(holder, entered, way)
        if mode != "off" or not any(vpc in vpcs for vpcs in self.export.internet_gateways.values()):
            return NO
        if holder.raw.get("DenyAllIgwTraffic"):
            return NO  # S3.16
        way = way.with_(doors=(*way.doors, ("igw", vpc, "in", len(way.relays))))
        return self.enter(holder, entered.with_(receiver=holder), way)

    def egress_only(self, identity, interface, packet, way):
        """S3.29: IPv6, started from inside."""
        vpc = interface.vpc
        if packet.family != 6 or way.reply or vpc not in self.export.egress_only.get(identity, []):
            return NO
        holder = self.export.by_address.get((6, vpc, packet.src.value)) if packet.src.known else None
        if holder is None or self.export.public_access(holder.subnet) == "block-bidirectional":
            return NO
        return self.outside(packet, way.with_(doors=(*way.doors, ("eigw", vpc, "out", len(way.relays)))), interface)

    def private_gateway(self, identity, interface, packet, way):
        """S3.38: a private network beyond the export, of IPv4."""
        if packet.family != 4 or interface.vpc not in self.export.private_gateways.get(identity, []):
            return NO
        if way.reply:
            if packet.dst.known:
                self.reasons.add(f"what is behind {identity} is not in the export")
                return UNKNOWN
            return YES if way.doors and way.doors[-1][0] in ("vgw", "tgw") and way.client is None else NO
        if packet.dst.known:
            self.reasons.add(f"what is behind {identity} is not in the export")
            return self.unknown_stretch(packet, way)
        return self.beyond(packet, way, ("vgw", interface.vpc), interface)

    def beyond(self, packet, way, door, interface):
        """S12.6: what is outside the export is assumed to answer."""
        if way.reply:
            return NO
        answers = TRUE
        # Behind a private gateway nobody knows whose addresses these are.
        if not packet.dst.known and (door is None or door[0] != "vgw"):
            of_aws = disj(*(block.match(packet.family, packet.dst) for block in self.export.aws_blocks))
            echo = conj(packet.proto.equals(1), packet.kind[0].equals(8))
            ports = conj(packet.proto.equals(6), disj(packet.port.equals(80), packet.port.equals(443)))
            answers = disj(neg(of_aws), echo, ports)
        reply = packet.answer()
        way = way.with_(reply=True, been=frozenset())
        if door is not None:
            # Back by the same door, to whoever sent it.
            holder = self.export.by_address.get((packet.family, interface.vpc, packet.src.value))
            back = self.enter(holder, reply, way) if holder is not None else NO
        else:
            back = self.outside(reply, way, interface)
        return self.answered(packet, back).when(answers)

    def answered(self, packet, reply):
        """ICMP messages that are no queries expect no reply."""
        silent = expects_no_reply(packet.family)
        return any_of([YES.when(silent), reply.when(neg(silent))])

    # At an interface.

    def deliver(self, interface, packet, way):
        if way.reply:
            return self.deliver_reply(interface, packet, way)
        if interface.type == "natGateway":
            return NO  # S3.22, S12.7
        if interface.type == "vpc_endpoint":
            passes = self.gates.groups(interface, False, packet)
            if passes.impossible:
                return NO
            return passes.when(self.service_ports(packet)).and_(self.arrive(interface, packet, way))
        if self.export.balancer_of(interface):
            return self.balance(interface, packet, way)
        passes = self.gates.groups(interface, False, packet)
        if passes.impossible:
            return NO
        return all_of(passes, self.runs(interface), self.arrive(interface, packet, way))

    @staticmethod
    def service_ports(packet):
        """S12.8."""
        return conj(packet.proto.equals(6), packet.port.equals(443))

    def deliver_reply(self, interface, packet, way):
        if way.relays:
            relay = way.relays[-1]
            if relay.device is not interface:
                return NO
            way = way.with_(relays=way.relays[:-1])
            return self.put_back(relay, packet, way)
        if interface is not way.client or way.doors:
            return NO
        # S3.40: an appliance that saw one direction only lets nothing pass.
        return YES if way.passed[::-1] == way.appliances else NO

    def put_back(self, relay, packet, way):
        """What the device was sent, it answers from where it was sent to (S3.24, S12.2)."""
        came = relay.came
        src = came.dst if relay.balancer else packet.src
        back = packet.with_(src=src, dst=came.src, port=came.sport, sport=came.port)
        if not relay.balancer and relay.device in way.appliances:
            way = way.with_(passed=(*way.passed, relay.device))
        return self.depart(relay.device, back, way)

    def arrive(self, server, packet, way):
        """The server has the request; the reply sets out. Groups let it pass (S1.30)."""
        reply = packet.answer()
        way = way.with_(reply=True, been=frozenset())
        relay = way.relays[-1] if way.relays else None
        if relay is not None and relay.network:
            back = self.return_to_node(relay, server, reply, way)
        else:
            back = self.depart(server, reply, way)
        return self.answered(packet, back)


class Doorway:
    """Where packets come out of a transit gateway: in a subnet, at no interface of anybody."""

    def __init__(self, subnet, vpc):
        self.subnet, self.vpc = subnet, vpc
