//! Through a load balancer's node (S4, S12.1 to S12.5), and back.

use std::net::IpAddr;

use model::{
    Holder, Id, Ix, Listener, ListenerAction, ListenerProtocol, LoadBalancer, LoadBalancerType,
    NetworkInterface, Subnet, TargetGroup, TargetState, TargetType,
};
use space::{Family, Region, Space};

use super::{Packet, Walker};
use crate::{Arrival, Cause, Checkpoint, Crossing, Device, Header, Leg, Ports, Seen, Way};

/// One of the ends that a node may send a connection to.
#[derive(Clone)]
pub(super) enum Pick {
    /// The load balancer answers by itself: a redirect, a fixed response.
    Itself,
    /// A Lambda function, which it calls.
    Function(String),
    /// A target.
    Target(Target),
}

#[derive(Clone)]
pub(super) struct Target {
    pub(super) end: Seen,
    port: u16,
    keeps_client: bool,
    pub(super) words: String,
}

impl Pick {
    /// By what it is told from others.
    fn key(&self) -> (Option<IpAddr>, u16, &str) {
        match self {
            Pick::Itself => (None, 0, ""),
            Pick::Function(name) => (None, 0, name),
            Pick::Target(target) => target.key(),
        }
    }
}

impl Target {
    /// The same of a target.
    pub(super) fn key(&self) -> (Option<IpAddr>, u16, &str) {
        let address = match self.end {
            Seen::Fixed { address, .. } => Some(address),
            _ => None,
        };
        (address, self.port, &self.words)
    }
}

/// A node with all that its choice depends on.
#[derive(Clone, Copy)]
pub(super) struct Node {
    pub(super) load_balancer: Ix<LoadBalancer>,
    pub(super) interface: Ix<NetworkInterface>,
    pub(super) subnet: Ix<Subnet>,
}

impl<S: Space> Walker<'_, '_, S> {
    /// A request that was let into a node: to the listener that takes it, and on to each target that may be picked.
    pub(super) fn balance(
        &mut self,
        mut packet: Packet<S>,
        interface: Ix<NetworkInterface>,
        load_balancer: Ix<LoadBalancer>,
    ) -> Vec<Way<S>> {
        let network = self.network;
        let noun = network.model().load_balancers.at(load_balancer);
        let here = Checkpoint::LoadBalancer {
            load_balancer,
            node: interface,
            listener: None,
            target: None,
            keeps_client: false,
        };
        if !noun.active {
            return vec![self.lost(packet, here, Cause::NotAvailable)];
        }
        let Some(subnet) = network.resolved().subnet_of(interface) else {
            self.lacks_subnet(&mut packet, interface);
            return vec![packet.ends(Arrival::Lost)];
        };
        let node = Node { load_balancer, interface, subnet };
        let listeners = network.resolved().listeners_of(load_balancer);
        if noun.kind == LoadBalancerType::Gateway || listeners.is_empty() {
            let name = noun.name.as_deref().unwrap_or(noun.id.as_str());
            let reason = match noun.kind {
                LoadBalancerType::Gateway => format!("what Gateway Load Balancer `{name}` does with this"),
                _ => format!("the export has no listener of load balancer `{name}`"),
            };
            self.unknown(&mut packet, here, reason);
            return vec![packet.ends(Arrival::Lost)];
        }
        let mut ways = Vec::new();
        for &listener in listeners {
            let taken = self.taken_by(listener, &mut packet);
            if taken.is_empty() {
                continue;
            }
            let part = Packet { flow: taken, ..packet.clone() };
            ways.extend(self.listen(part, node, listener));
        }
        if packet.flow.is_empty() {
            return ways;
        }
        // A Network Load Balancer drops what no listener takes, echo included (S12.3); whether the others answer echo is
        // not known.
        if noun.kind != LoadBalancerType::Network {
            let echo = Region::FULL.protocol(crate::icmp::number(packet.header.family));
            let (echo, others) = packet.flow.clone().split(&echo, self.arena);
            if !echo.is_empty() {
                let mut echo = Packet { flow: echo, ..packet.clone() };
                let reason = format!("whether {} answers ICMP is not documented", article(noun.kind));
                self.unknown(&mut echo, here.clone(), reason);
                ways.push(echo.ends(Arrival::Lost));
            }
            packet.flow = others;
        }
        if packet.flow.is_empty() {
            return ways;
        }
        if noun.incomplete {
            let reason = format!("a part of {} `{}` could not be read", noun.kind.words(), noun.id);
            self.unknown(&mut packet, here, reason);
            ways.push(packet.ends(Arrival::Lost));
        } else {
            ways.push(self.lost(packet, here, Cause::NoListener));
        }
        ways
    }

    /// Whoever asks: what no listener of a Network Load Balancer takes is dropped (S12.3, S12.12).
    pub(super) fn refused_by_listeners(&mut self, packet: &mut Packet<S>, node: Ix<NetworkInterface>) {
        let network = self.network;
        let Some(load_balancer) = network.resolved().load_balancer_of(node) else { return };
        let noun = network.model().load_balancers.at(load_balancer);
        let listeners = network.resolved().listeners_of(load_balancer);
        if noun.kind != LoadBalancerType::Network || noun.incomplete || listeners.is_empty() {
            return;
        }
        let (mut rest, mut taken) = (packet.clone(), S::nothing());
        for &listener in listeners {
            let part = self.taken_by(listener, &mut rest);
            taken = taken.join(part, self.arena);
        }
        if !rest.flow.is_empty() {
            let here = Checkpoint::LoadBalancer {
                load_balancer,
                node,
                listener: None,
                target: None,
                keeps_client: false,
            };
            let crossing = Crossing { passed: taken, unknown: S::nothing() };
            self.push(packet, here, crossing, Vec::new(), Cause::NoListener);
        }
    }

    /// Parts off what a listener takes, by protocol and port.
    fn taken_by(&mut self, listener: Ix<Listener>, packet: &mut Packet<S>) -> S {
        let noun = self.network.model().listeners.at(listener);
        let protocols: &[u8] = match noun.protocol {
            ListenerProtocol::Tcp => &[6],
            ListenerProtocol::Udp => &[17],
            ListenerProtocol::TcpUdp => &[6, 17],
            ListenerProtocol::Geneve => &[],
        };
        let mut taken = S::nothing();
        for &number in protocols {
            let region = match (noun.port, packet.header.ports.server) {
                (Some(port), Some(sent_to)) if port != sent_to => continue,
                (Some(port), None) => Region::FULL.protocol(number).server(port..=port),
                (_, _) => Region::FULL.protocol(number),
            };
            let (inside, outside) = packet.flow.clone().split(&region, self.arena);
            packet.flow = outside;
            taken = taken.join(inside, self.arena);
        }
        taken
    }

    /// On from a listener, by its rules.
    fn listen(&mut self, packet: Packet<S>, node: Node, listener: Ix<Listener>) -> Vec<Way<S>> {
        let mut ways = Vec::new();
        let parts = self.by_source_address(&packet, listener);
        for (actions, part) in packet.parts(parts) {
            ways.extend(self.act(part, node, listener, &actions));
        }
        ways
    }

    /// On to each end that the node may pick by some actions of a listener, in equal shares.
    fn act(
        &mut self,
        mut packet: Packet<S>,
        node: Node,
        listener: Ix<Listener>,
        actions: &[&ListenerAction],
    ) -> Vec<Way<S>> {
        let Node { load_balancer, interface, .. } = node;
        let at = |target, keeps_client| Checkpoint::LoadBalancer {
            load_balancer,
            node: interface,
            listener: Some(listener),
            target,
            keeps_client,
        };
        let picks = match self.picks(&packet, node, listener, actions) {
            Ok(picks) if picks.is_empty() => {
                return vec![self.lost(packet, at(None, false), Cause::NoTarget)];
            }
            Ok(picks) => picks,
            Err(reason) => {
                self.unknown(&mut packet, at(None, false), reason);
                return vec![packet.ends(Arrival::Lost)];
            }
        };
        let parts = match self.draw(packet, picks, |one, other| one.key().cmp(&other.key())) {
            Ok(parts) => parts,
            Err(packet) => return vec![self.too_many_draws(*packet, at(None, false))],
        };
        let mut ways = Vec::new();
        for (pick, mut part) in parts {
            match pick {
                Pick::Itself => {
                    self.pass(&mut part, at(None, false), Cause::Passed);
                    ways.push(part.ends(Arrival::Interface(interface)));
                }
                // The load balancer calls it, and answers the client itself (S4.2).
                Pick::Function(name) => {
                    self.pass(&mut part, at(Some(name), false), Cause::Passed);
                    ways.push(part.ends(Arrival::Interface(interface)));
                }
                Pick::Target(target) => {
                    ways.extend(self.forward(
                        part,
                        node,
                        at(Some(target.words.clone()), target.keeps_client),
                        &target,
                    ));
                }
            }
        }
        ways
    }

    /// From the node to a target, with the client's address or the node's own (S4.6).
    fn forward(
        &mut self,
        mut packet: Packet<S>,
        node: Node,
        here: Checkpoint,
        target: &Target,
    ) -> Vec<Way<S>> {
        let before = packet.header;
        let Some(own) = self.own_address(node.interface, target.end, before.family) else {
            let reason = "the node has no address of the target's family".into();
            self.unknown(&mut packet, here, reason);
            return vec![packet.ends(Arrival::Lost)];
        };
        let device = Device::LoadBalancer(node.load_balancer, own);
        let ports = Ports { server: Some(target.port), ..before.ports };
        let after = if target.keeps_client {
            Header { destination: target.end, ports, through: Some(node.interface), ..before }
        } else {
            let Some(client) = before.ports.relayed() else {
                return vec![self.too_many_relays(packet, here)];
            };
            let source = Seen::Fixed { address: own.address, interface: Some(node.interface) };
            let ports = Ports { client, ..ports };
            let family = Family::of(own.address);
            Header { family, source, destination: target.end, ports, through: None, ..before }
        };
        // With its address kept, a client that is its own target sends to itself (S12.4).
        let itself = before.source.interface().is_some()
            && before.source.interface() == target.end.interface()
            && target.keeps_client;
        if itself {
            return vec![self.lost(packet, here, Cause::Hairpin)];
        }
        self.pass(&mut packet, here, Cause::Passed);
        packet.pass_relay(device, after);
        self.security_groups(&mut packet, node.interface, true);
        self.depart(packet, node.subnet)
    }

    /// The node's address in the family of a target.
    pub(super) fn own_address(
        &self,
        node: Ix<NetworkInterface>,
        target: Seen,
        family: Family,
    ) -> Option<Holder> {
        let family = match target {
            Seen::Fixed { address, .. } => Family::of(address),
            _ => family,
        };
        let noun = self.network.model().network_interfaces.at(node);
        let address = noun.own_addresses().find(|address| Family::of(*address) == family)?;
        Some(Holder { interface: node, address })
    }

    /// The ends that a node may pick by some actions of a listener; an error where nobody knows.
    pub(super) fn picks(
        &self,
        packet: &Packet<S>,
        node: Node,
        listener: Ix<Listener>,
        actions: &[&ListenerAction],
    ) -> Result<Vec<Pick>, String> {
        let model = self.network.model();
        let noun = model.listeners.at(listener);
        let mut picks = Vec::new();
        let mut groups: Vec<&Id> = Vec::new();
        let mut itself = false;
        for action in actions {
            itself |= action.forward.is_empty();
            for id in &action.forward {
                if !groups.contains(&id) {
                    groups.push(id);
                }
            }
        }
        for id in groups {
            let group = model
                .target_groups
                .get(id.as_str())
                .ok_or(format!("target group `{id}` is not in the export"))?;
            picks.extend(self.targets_of(packet, node, noun, group)?);
        }
        if itself {
            picks.push(Pick::Itself);
        }
        Ok(picks)
    }

    /// The targets of a group that a node sends to: the healthy ones that it may use, else all registered ones; those in
    /// no enabled zone, or that leave, never (S4.13, S12.5).
    fn targets_of(
        &self,
        packet: &Packet<S>,
        node: Node,
        listener: &Listener,
        group: &TargetGroup,
    ) -> Result<Vec<Pick>, String> {
        let model = self.network.model();
        let balancer = model.load_balancers.at(node.load_balancer);
        let name = group.name.as_deref().unwrap_or(group.id.as_str());
        let Some(targets) = &group.targets else {
            return Err(format!("the targets of `{name}` are not in the export"));
        };
        let mut usable: Vec<(TargetState, Vec<Pick>)> = Vec::new();
        for target in targets.iter().filter(|target| target.takes_connections()) {
            let ends = self.network.ends_for_node(node.load_balancer, node.subnet, group, target)?;
            if group.target_type == TargetType::Lambda {
                usable.push((target.state, vec![Pick::Function(target.id.to_string())]));
                continue;
            }
            let picks = ends.into_iter().map(|end| {
                let port = target.port.or(group.port).or(listener.port).unwrap_or(0);
                let keeps_client = self.keeps_client(packet, balancer.kind, group, listener, end);
                let words = self.words_of(end, target.id.as_str(), port);
                Pick::Target(Target { end, port, keeps_client, words })
            });
            usable.push((target.state, picks.collect()));
        }
        let healthy = |state: &TargetState| matches!(state, TargetState::Healthy | TargetState::Unknown);
        let any_healthy = usable.iter().any(|(state, picks)| healthy(state) && !picks.is_empty());
        let used = usable.into_iter().filter(|(state, _)| !any_healthy || healthy(state));
        Ok(used.flat_map(|(_, picks)| picks).collect())
    }

    /// Whether the target sees the client's address (S4.6, S12.5).
    fn keeps_client(
        &self,
        packet: &Packet<S>,
        kind: LoadBalancerType,
        group: &TargetGroup,
        listener: &Listener,
        end: Seen,
    ) -> bool {
        if kind != LoadBalancerType::Network {
            return false;
        }
        // Never for PrivateLink and for what is translated from IPv6, and only to targets of the same VPC.
        let by_endpoint = packet.relays.iter().any(|relay| matches!(relay.device, Device::Endpoint(_)));
        let same_family = match end {
            Seen::Fixed { address, .. } => Family::of(address) == packet.header.family,
            _ => false,
        };
        let same_vpc = end.interface().is_some_and(|interface| {
            group.vpc.as_ref() == Some(&self.network.model().network_interfaces.at(interface).vpc)
        });
        if by_endpoint || !same_family || !same_vpc {
            return false;
        }
        // For UDP it cannot be turned off.
        let udp = group.protocol.unwrap_or(listener.protocol) != ListenerProtocol::Tcp;
        let default = group.target_type != TargetType::Ip;
        udp || group.preserve_client_ip.unwrap_or(default)
    }

    fn words_of(&self, end: Seen, id: &str, port: u16) -> String {
        let model = self.network.model();
        let name = end.interface().and_then(|interface| {
            let instance = self.network.resolved().instance_of(interface)?;
            model::Noun::name(model.instances.at(instance)).map(str::to_owned)
        });
        format!("{}:{port}", name.as_deref().unwrap_or(id))
    }

    /// The answer of a target behind a Network Load Balancer returns to the node whatever the route table of the
    /// target's subnet says (S12.1), past the lists of both subnets (S12.2).
    pub(super) fn returns_to_node(&self, packet: &Packet<S>, from: Ix<NetworkInterface>) -> Option<Holder> {
        let relay = packet.pending.last().filter(|_| self.leg == Leg::Reply)?;
        let Device::LoadBalancer(load_balancer, node) = relay.device else { return None };
        let model = self.network.model();
        let vpc = |interface| &model.network_interfaces.at(interface).vpc;
        let network = model.load_balancers.at(load_balancer).kind == LoadBalancerType::Network;
        (network && vpc(node.interface) == vpc(from)).then_some(node)
    }

    /// See [`Self::returns_to_node`].
    pub(super) fn return_to_node(
        &mut self,
        mut packet: Packet<S>,
        from: Ix<Subnet>,
        node: Holder,
    ) -> Vec<Way<S>> {
        match self.network.resolved().subnet_of(node.interface) {
            Some(subnet) if subnet != from => {
                self.network_acl(&mut packet, from, true);
                self.network_acl(&mut packet, subnet, false);
            }
            _ => {}
        }
        self.restore(packet, node.interface)
    }
}

fn article(kind: LoadBalancerType) -> &'static str {
    match kind {
        LoadBalancerType::Application => "an Application Load Balancer",
        LoadBalancerType::Network => "a Network Load Balancer",
        LoadBalancerType::Gateway => "a Gateway Load Balancer",
        LoadBalancerType::Classic => "a Classic Load Balancer",
    }
}
