"""Load balancers (S4, S12.1 to S12.5)."""

from .export import Block, address
from .formula import FALSE, NO, TRUE, UNKNOWN, YES, Term, all_of, any_of, conj, disj, neg
from .packet import DRAWS, PORTS, Relay

OUTCOMES = 720720  # Of a draw.
PROTOCOLS = {"TCP": (6,), "TLS": (6,), "HTTP": (6,), "HTTPS": (6,), "UDP": (17,), "TCP_UDP": (6, 17)}
GONE = ("unused", "draining", "unavailable", "unhealthy.draining")


def drawn(draw, at, ways):
    """One of so many ways, each as likely; targets draw by address and port, subnets by id, as portcullis has them."""
    share = OUTCOMES // ways
    return draw.within(at * share, (at + 1) * share - 1) if ways > 1 else TRUE


class Balancing:
    """The part of a walk that begins at a node."""

    def listener_takes(self, listener, packet):
        protocols = disj(*(packet.proto.equals(number) for number in PROTOCOLS[listener["Protocol"]]))
        return conj(protocols, packet.port.equals(listener["Port"]))

    def listens(self, node, packet):
        balancer = self.export.balancer_of(node)
        listeners = self.export.listeners[balancer["LoadBalancerArn"]]
        if listeners is None:
            return TRUE
        heard = disj(*(self.listener_takes(one, packet) for one in listeners))
        return heard if balancer["Type"] == "network" else disj(heard, self.asks_undocumented(packet))

    @staticmethod
    def asks_undocumented(packet):
        """Whether an Application Load Balancer answers ICMP is not documented."""
        return packet.proto.equals(1 if packet.family == 4 else 58)

    def balance(self, node, packet, way):
        """S4.2, S4.8: the node's groups, a listener, a target."""
        balancer = self.export.balancer_of(node)
        is_network = balancer["Type"] == "network"
        passes = self.gates.groups(node, False, packet)
        if passes.impossible:
            return NO
        listeners = self.export.listeners[balancer["LoadBalancerArn"]]
        if listeners is None:
            self.reasons.add("the listeners are not in the export")
            return passes.and_(UNKNOWN)
        branches = []
        for listener in listeners:
            taken = self.listener_takes(listener, packet)
            branches.append(self.listen(node, balancer, listener, packet, way).when(taken))
        if not is_network:
            self.reasons.add("whether an Application Load Balancer answers ICMP is not documented")
            asked = self.asks_undocumented(packet)
            branches.append(UNKNOWN.when(asked))
        return passes.and_(any_of(branches))

    def listen(self, node, balancer, listener, packet, way):
        """Rules by priority (S4.14); by address is all that is seen of a packet."""
        rules = self.export.rules.get(listener["ListenerArn"])
        if balancer["Type"] == "network" or rules is None:
            return self.act(node, balancer, listener["DefaultActions"], packet, way)
        order = sorted(rules, key=lambda rule: (rule["IsDefault"], rule["IsDefault"] or int(rule["Priority"])))
        branches, earlier = [], []
        for rule in order:
            match = TRUE
            for condition in rule["Conditions"]:
                if condition["Field"] != "source-ip":
                    raise NotImplementedError(f"rule by {condition['Field']}")
                blocks = condition["SourceIpConfig"]["Values"]
                match = conj(match, disj(*(Block(one).match(packet.family, packet.src) for one in blocks)))
            here = conj(match, *(neg(one) for one in earlier))
            earlier.append(match)
            if here != FALSE:
                branches.append(self.act(node, balancer, rule["Actions"], packet, way).when(here))
        return any_of(branches)

    def act(self, node, balancer, actions, packet, way):
        action = actions[-1]
        if action["Type"] != "forward":
            return self.arrive(node, packet, way)  # The node answers by itself.
        group = self.export.target_groups[action["TargetGroupArn"]]
        targets = self.targets(node, balancer, group)
        if targets is None:
            self.reasons.add("who is healthy is not in the export")
            return UNKNOWN
        if not targets:
            return NO
        if way.draws >= len(DRAWS):
            self.reasons.add("a third device on the way draws")
            return UNKNOWN
        draw, way = Term(DRAWS[way.draws], 20), way.with_(draws=way.draws + 1)
        branches = []
        for at, (target, port) in enumerate(targets):
            forwarded = self.forward(node, balancer, group, target, port, packet, way)
            branches.append(forwarded.when(drawn(draw, at, len(targets))))
        return any_of(branches)

    def targets(self, node, balancer, group):
        """S4.13, S12.5: healthy ones that the node may use, else all that it may use."""
        arn = group["TargetGroupArn"]
        recorded = self.export.health[arn]
        if recorded is None:
            return None
        own = self.export.attributes[arn].get("load_balancing.cross_zone.enabled", "use_load_balancer_configuration")
        if own not in ("true", "false"):
            default = "true" if balancer["Type"] == "application" else "false"
            of_balancer = self.export.attributes[balancer["LoadBalancerArn"]]
            own = of_balancer.get("load_balancing.cross_zone.enabled", default)
        usable = []
        for one in recorded:
            interface = self.target_interface(group, one["Target"]["Id"])
            state = one["TargetHealth"]["State"]
            if interface is None or state in GONE:
                continue
            if own == "false" and self.export.zone(interface.subnet) != self.export.zone(node.subnet):
                continue
            usable.append((state, interface, one["Target"]["Port"]))
        healthy = [one for one in usable if one[0] == "healthy"] or usable
        return sorted(((interface, port) for _, interface, port in healthy), key=lambda one: (one[0].v4, one[1]))

    def target_interface(self, group, identity):
        if group["TargetType"] == "ip":
            family, value = address(identity)
            return self.export.by_address.get((family, group["VpcId"], value))
        return next((one for one in self.export.interfaces.values() if one.instance == identity), None)

    def keeps(self, balancer, group):
        """Whether targets see the client's address (S4.6)."""
        if balancer["Type"] != "network":
            return False
        if group["Protocol"] in ("UDP", "TCP_UDP"):
            return True
        default = "true" if group["TargetType"] == "instance" else "false"
        return self.export.attributes[group["TargetGroupArn"]].get("preserve_client_ip.enabled", default) == "true"

    def forward(self, node, balancer, group, target, port, packet, way):
        """From the node to a target: in the client's name, or in its own from a port of its own."""
        bits = 32 if packet.family == 4 else 128
        on = packet.with_(dst=Term(target.address(packet.family), bits), port=Term(port, 16), receiver=target)
        is_network = balancer["Type"] == "network"
        if self.keeps(balancer, group):
            if packet.src == on.dst:
                return NO  # S12.4
            # S1.23: references match by provenance; the client's own groups do not (S4.7).
            on = on.with_(sender=None, balancer_groups=frozenset(node.groups))
        else:
            if way.ports >= len(PORTS):
                self.reasons.add("a third device on the way picks a port")
                return UNKNOWN
            own = Term(node.address(packet.family), bits)
            on = on.with_(
                src=own, sport=Term(PORTS[way.ports], 16), sender=node, straight=True, via=frozenset(),
                balancer_groups=frozenset(),
            )
            way = way.with_(ports=way.ports + 1)
        relay = Relay(node, packet, balancer=True, network=is_network)
        return self.send(node, on, way.with_(relays=(*way.relays, relay)))

    def return_to_node(self, relay, target, reply, way):
        """S12.1, S12.2: to the node past both lists, whatever the target's route table says."""
        node = relay.device
        lists = YES
        if target.subnet != node.subnet:
            lists = all_of(
                self.gates.acl(target.subnet, True, reply), self.gates.acl(node.subnet, False, reply)
            )
        back = self.put_back(relay, reply, way.with_(relays=way.relays[:-1]))
        return lists.and_(back)
