//! S1 and S2 for one packet, as plainly as they can be written: loops and comparisons over the model's own entries.
//! It shares no code with the engine, neither for blocks of addresses nor for regions nor for the order of entries.

use std::net::IpAddr;

use ipnet::IpNet;
use model::{
    Action, Destination, NetworkAcl, NetworkInterface, Peer, RouteState, RouteTable, RouteTableAssociation,
    Snapshot, Target, Traffic,
};

/// S0.1: ports, or type and code.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Packet {
    pub(crate) protocol: u8,
    pub(crate) source: IpAddr,
    pub(crate) destination: IpAddr,
    /// The destination port, or the type.
    pub(crate) port: u16,
    /// The code.
    pub(crate) code: u16,
}

/// What is known (S0.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Passes {
    No,
    Maybe,
    Yes,
}

/// The client's packet of a connection, and the server's; a message that is no query has no reply (S0.2).
pub(crate) fn packets(
    protocol: u8,
    (client, client_port): (IpAddr, u16),
    (server, server_port): (IpAddr, u16),
) -> (Packet, Option<Packet>) {
    let request =
        Packet { protocol, source: client, destination: server, port: server_port, code: client_port };
    let back = |port, code| Some(Packet { protocol, source: server, destination: client, port, code });
    let reply = match (protocol, client.is_ipv4(), server_port) {
        (1, true, 8) => back(0, 0),
        (1, true, 13 | 15 | 17) => back(server_port + 1, 0),
        (58, false, 128 | 133 | 135 | 139) => back(server_port + 1, 0),
        (1, true, _) | (58, false, _) => None,
        _ => back(client_port, 0),
    };
    (request, reply)
}

fn inside(block: IpNet, address: IpAddr) -> bool {
    match (block, address) {
        (IpNet::V4(block), IpAddr::V4(address)) => {
            let shift = 32 - u32::from(block.prefix_len());
            u64::from(u32::from(block.addr())) >> shift == u64::from(u32::from(address)) >> shift
        }
        (IpNet::V6(block), IpAddr::V6(address)) => {
            block.prefix_len() == 0 || {
                let shift = 128 - u32::from(block.prefix_len());
                u128::from(block.addr()) >> shift == u128::from(address) >> shift
            }
        }
        _ => false,
    }
}

fn concerns(traffic: Traffic, packet: &Packet) -> bool {
    let kind = |wanted: Option<u8>| wanted.is_none() || wanted.map(u16::from) == Some(packet.port);
    let code = |wanted: Option<u8>| wanted.is_none() || wanted.map(u16::from) == Some(packet.code);
    match traffic {
        Traffic::All => true,
        Traffic::Tcp(ports) => packet.protocol == 6 && ports.from <= packet.port && packet.port <= ports.to,
        Traffic::Udp(ports) => packet.protocol == 17 && ports.from <= packet.port && packet.port <= ports.to,
        Traffic::Icmp(t, c) => packet.protocol == 1 && packet.source.is_ipv4() && kind(t) && code(c),
        Traffic::Icmpv6(t, c) => packet.protocol == 58 && packet.source.is_ipv6() && kind(t) && code(c),
        Traffic::Protocol(number) => packet.protocol == number,
    }
}

/// S2.2 to S2.5: whether it passes, and the number of the entry that decides; none for the implied final deny.
pub(crate) fn network_acl(acl: &NetworkAcl, egress: bool, packet: &Packet) -> (bool, Option<u32>) {
    let address = if egress { packet.destination } else { packet.source };
    let mut best: Option<(u32, Action)> = None;
    for entry in &acl.entries {
        let earlier = match best {
            None => true,
            Some((number, _)) => entry.number < number,
        };
        if entry.egress == egress && earlier && inside(entry.cidr, address) && concerns(entry.traffic, packet)
        {
            best = Some((entry.number, entry.action));
        }
    }
    match best {
        None => (false, None),
        Some((number, action)) => (action == Action::Allow, Some(number)),
    }
}

/// S1.1, S1.2, S1.14, S1.15, S1.26. `peer` is the interface whose private or IPv6 address the packet shows.
pub(crate) fn security_groups(
    model: &Snapshot,
    interface: &NetworkInterface,
    egress: bool,
    packet: &Packet,
    peer: Option<&NetworkInterface>,
) -> Passes {
    let address = if egress { packet.destination } else { packet.source };
    let mut passes = Passes::No;
    for group in &interface.groups {
        for rule in &model.security_groups.get(group.as_str()).unwrap().rules {
            if rule.egress != egress || !concerns(rule.traffic, packet) {
                continue;
            }
            let this = match &rule.peer {
                Peer::Cidr(block) => yes(inside(*block, address)),
                Peer::Group(group) => yes(peer.is_some_and(|peer| peer.groups.contains(group))),
                Peer::PrefixList(list) => match &model.prefix_lists.get(list.as_str()).unwrap().entries {
                    None => Passes::Maybe,
                    Some(entries) => yes(entries.iter().any(|entry| inside(entry.cidr, address))),
                },
            };
            passes = passes.max(this);
        }
    }
    passes
}

fn yes(yes: bool) -> Passes {
    if yes { Passes::Yes } else { Passes::No }
}

/// One end of a connection.
#[derive(Clone, Copy)]
pub(crate) enum End<'m> {
    Interface(&'m NetworkInterface),
    Internet,
}

/// S0.4 and S0.5 for VPCs with an internet gateway, blackholes and nothing else: what becomes of the connection.
pub(crate) struct Paths<'m> {
    pub(crate) model: &'m Snapshot,
}

impl Paths<'_> {
    /// Both legs. `client` and `server` are the addresses that the client's packet carries when it is sent.
    pub(crate) fn connection(
        &self,
        protocol: u8,
        client: (End<'_>, IpAddr, u16),
        server: (End<'_>, IpAddr, u16),
    ) -> Passes {
        let (request, _) = packets(protocol, (client.1, client.2), (server.1, server.2));
        let (there, seen_as) = self.leg(request, client.0, true);
        // The server answers the address that it saw, from its own.
        let own = match server.0 {
            End::Interface(to) => to.own_addresses().find(|own| own.is_ipv4() == server.1.is_ipv4()).unwrap(),
            End::Internet => server.1,
        };
        let (_, reply) = packets(protocol, (seen_as, client.2), (own, server.2));
        match reply {
            Some(reply) if there != Passes::No => there.min(self.leg(reply, server.0, false).0),
            _ => there,
        }
    }

    /// One packet: whether it arrives, and the source that it shows there.
    fn leg(&self, mut packet: Packet, from: End<'_>, request: bool) -> (Passes, IpAddr) {
        let mut passes = Passes::Yes;
        if let End::Interface(from) = from {
            if from.own_addresses().any(|own| own == packet.destination) {
                return (Passes::Yes, packet.source);
            }
            let neighbour = self.holder(packet.destination);
            if request {
                passes = passes.min(security_groups(self.model, from, true, &packet, neighbour));
            }
            if let Some(to) = neighbour.filter(|to| to.subnet == from.subnet) {
                return (passes.min(self.deliver(&packet, to, request)), packet.source);
            }
            passes = passes.min(self.crosses(from.subnet.as_str(), true, &packet));
            match self.route(from, packet.destination) {
                Some(Target::Local) => {
                    let arrives = neighbour.map_or(Passes::No, |to| self.arrive(&packet, to, request));
                    return (passes.min(arrives), packet.source);
                }
                Some(Target::InternetGateway(_)) => {}
                _ => return (Passes::No, packet.source),
            }
            if packet.source.is_ipv4() {
                match from
                    .addresses
                    .iter()
                    .find(|own| IpAddr::V4(own.private) == packet.source)
                    .unwrap()
                    .public
                {
                    Some(public) => packet.source = public.into(),
                    None => return (Passes::No, packet.source),
                }
            }
            if private(packet.destination) {
                return (Passes::No, packet.source);
            }
        }
        // On the internet: does one of ours have the address?
        let interfaces = || self.model.network_interfaces.values();
        let to = match packet.destination {
            IpAddr::V4(public) => interfaces().find_map(|to| {
                let own = to.addresses.iter().find(|own| own.public == Some(public))?;
                Some((to, IpAddr::V4(own.private)))
            }),
            v6 => self.holder(v6).map(|to| (to, v6)),
        };
        match (to, from) {
            (Some((to, own)), _) => {
                packet.destination = own;
                passes = passes.min(self.arrive(&packet, to, request));
            }
            // Who is beyond is assumed to answer (S12.6), but the internet does not know private addresses (S3.14).
            (None, End::Interface(_)) => {}
            (None, End::Internet) => passes = Passes::No,
        }
        (passes, packet.source)
    }

    fn arrive(&self, packet: &Packet, to: &NetworkInterface, request: bool) -> Passes {
        self.crosses(to.subnet.as_str(), false, packet).min(self.deliver(packet, to, request))
    }

    fn deliver(&self, packet: &Packet, to: &NetworkInterface, request: bool) -> Passes {
        // The reply of what was admitted is tracked (S1.30).
        if request {
            security_groups(self.model, to, false, packet, self.holder(packet.source))
        } else {
            Passes::Yes
        }
    }

    fn crosses(&self, subnet: &str, egress: bool, packet: &Packet) -> Passes {
        let mut lists = self.model.network_acls.values();
        let own = lists.find(|acl| acl.subnets.iter().any(|of| *of == *subnet));
        let acl = own.or_else(|| self.model.network_acls.values().find(|acl| acl.is_default)).unwrap();
        yes(network_acl(acl, egress, packet).0)
    }

    fn holder(&self, address: IpAddr) -> Option<&NetworkInterface> {
        self.model.network_interfaces.values().find(|to| to.own_addresses().any(|own| own == address))
    }

    fn route(&self, from: &NetworkInterface, to: IpAddr) -> Option<Target> {
        let own = RouteTableAssociation::Subnet(from.subnet.clone());
        let with = |association: &RouteTableAssociation| {
            self.model.route_tables.values().find(|table| table.associations.contains(association))
        };
        let table: &RouteTable = with(&own).or_else(|| with(&RouteTableAssociation::Main)).unwrap();
        let mut best: Option<(u8, &model::Route)> = None;
        for route in &table.routes {
            let Destination::Cidr(block) = route.destination else { continue };
            if route.state != RouteState::Filtered
                && inside(block, to)
                && best.is_none_or(|(length, _)| block.prefix_len() > length)
            {
                best = Some((block.prefix_len(), route));
            }
        }
        best.filter(|(_, route)| route.state == RouteState::Active).map(|(_, route)| route.target.clone())
    }
}

/// The private blocks that the generated networks use.
fn private(address: IpAddr) -> bool {
    ["10.0.0.0/8", "192.168.0.0/16"].iter().any(|block| inside(block.parse().unwrap(), address))
}
