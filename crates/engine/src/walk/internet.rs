//! Over an internet gateway, out and in (S3.14 to S3.18, S3.39, S3.43).

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;
use model::{
    BlockMode, Holder, Id, InternetGateway, Ix, NatGateway, NetworkInterface, RouteState, RouteTable, Subnet,
    Target,
};
use space::{Family, Space};

use super::{Packet, Walker};
use crate::route::Choice;
use crate::walk::checkpoints::own;
use crate::{Arrival, Between, Cause, Checkpoint, Device, Door, Leg, Seen, Way};

impl<S: Space> Walker<'_, '_, S> {
    /// Out by the internet gateway (S3.14 to S3.18), and in again if the destination is in the export.
    pub(super) fn leave(&mut self, mut packet: Packet<S>, subnet: Ix<Subnet>) -> Vec<Way<S>> {
        let network = self.network;
        self.block_public_access(&mut packet, subnet, true);
        let vpc = &network.model().subnets.at(subnet).vpc;
        let gateway = self.gateway_of(vpc);
        let here = Checkpoint::InternetGateway { gateway: gateway.clone().ok().flatten(), egress: true };
        if gateway == Ok(None) {
            return vec![self.lost(packet, here, Cause::NoGateway)];
        }
        match self.known_outside_as(&packet, vpc) {
            Ok(source) => packet.header.source = source,
            Err(Some(cause)) => return vec![self.lost(packet, here, cause)],
            Err(None) => {
                if let Some(interface) = packet.header.source.interface() {
                    self.unreadable(&mut packet, here, interface);
                }
                return vec![packet.ends(Arrival::Lost)];
            }
        }
        match packet.header.destination {
            Seen::Fixed { address, interface } => {
                let holder = match (address, interface) {
                    (IpAddr::V4(public), _) => network.resolved().public_holder(public),
                    (IpAddr::V6(_), Some(interface)) => Some(Holder { interface, address }),
                    _ => None,
                };
                let answered = self.answered_gateway(&packet);
                let public = (holder.is_some() || answered.is_some()) && address.is_ipv4();
                if network.not_on_the_internet().iter().any(|block| block.contains(&address)) && !public {
                    return vec![self.lost(packet, here, Cause::PrivateDestination)];
                }
                self.pass_gateway(&mut packet, here, gateway.err());
                if let Some(answered) = answered {
                    return self.enter_to_nat_gateway(packet, answered);
                }
                match holder {
                    Some(to) => self.enter(packet, to),
                    None => vec![self.lost(packet, Checkpoint::Host { interface: None }, Cause::NotHeld)],
                }
            }
            Seen::Unknown => {
                self.unknown(&mut packet, here, "nobody knows where this goes".into());
                vec![packet.ends(Arrival::Lost)]
            }
            Seen::Remote | Seen::Embedded => {
                let mut ways = Vec::new();
                if let Some(part) = self.part_off(&mut packet, network.not_on_the_internet()) {
                    ways.push(self.lost(part, here.clone(), Cause::PrivateDestination));
                }
                if let Some(mut part) = self.part_off(&mut packet, network.held_by_nobody()) {
                    self.pass_gateway(&mut part, here.clone(), gateway.clone().err());
                    ways.push(self.lost(part, Checkpoint::Host { interface: None }, Cause::NotHeld));
                }
                if !packet.flow.is_empty() {
                    self.pass_gateway(&mut packet, here, gateway.err());
                    packet.door = Door::InternetGateway { left_by: None };
                    ways.extend(self.beyond(packet));
                }
                ways
            }
        }
    }

    /// The source by which the internet knows a packet; else why the gateway drops it, or nobody knows. A gateway serves
    /// the VPC that it is attached to, and no other (S3.17), nor a NAT gateway of another.
    fn known_outside_as(&self, packet: &Packet<S>, vpc: &Id) -> Result<Seen, Option<Cause>> {
        let model = self.network.model();
        let fixed = |address: Ipv4Addr| Ok(Seen::Fixed { address: address.into(), interface: None });
        if let (Some(Device::NatGateway(gateway, _)), Leg::Request) =
            (packet.relays.last().map(|relay| relay.device), self.leg)
        {
            let noun = model.nat_gateways.at(gateway);
            if noun.vpc != *vpc {
                return Err(Some(Cause::NotTransitive));
            }
            let public = noun.addresses.first().and_then(|address| address.public);
            return public.map_or(Err(Some(Cause::NoPublicAddress)), fixed);
        }
        let Some(holder) = packet.header.source.holder() else { return Err(Some(Cause::NoPublicAddress)) };
        let noun = model.network_interfaces.at(holder.interface);
        if noun.vpc != *vpc {
            return Err(Some(Cause::NotTransitive));
        }
        if holder.address.is_ipv6() {
            return Ok(packet.header.source);
        }
        match noun.public_of(holder.address) {
            Some(public) => fixed(public),
            None if noun.incomplete => Err(None),
            None => Err(Some(Cause::NoPublicAddress)),
        }
    }

    /// Out by an egress-only internet gateway: IPv6 flows that start inside, and nothing else (S3.29).
    pub(super) fn leave_for_good(
        &mut self,
        mut packet: Packet<S>,
        subnet: Ix<Subnet>,
        id: &Id,
    ) -> Vec<Way<S>> {
        let network = self.network;
        let model = network.model();
        let Some(gateway) = model.egress_only_internet_gateways.ix(id.as_str()) else {
            return self.unmodelled(packet, &Target::EgressOnlyInternetGateway(id.clone()));
        };
        let here = Checkpoint::EgressOnlyInternetGateway { gateway };
        self.block_public_access(&mut packet, subnet, true);
        if packet.header.family == Family::V4 {
            return vec![self.lost(packet, here, Cause::OtherFamily)];
        }
        if model.egress_only_internet_gateways.at(gateway).vpc.as_ref() != Some(&model.subnets.at(subnet).vpc)
        {
            return vec![self.lost(packet, here, Cause::NotAttached)];
        }
        match packet.header.destination.holder() {
            Some(to) => {
                self.pass(&mut packet, here, Cause::Passed);
                packet.door = Door::EgressOnlyInternetGateway(gateway);
                self.enter(packet, to)
            }
            None => {
                let mut ways = Vec::new();
                if let Some(part) = self.part_off(&mut packet, network.not_on_the_internet()) {
                    ways.push(self.lost(part, here.clone(), Cause::PrivateDestination));
                }
                if !packet.flow.is_empty() {
                    self.pass(&mut packet, here, Cause::Passed);
                    packet.door = Door::EgressOnlyInternetGateway(gateway);
                    ways.extend(self.beyond(packet));
                }
                ways
            }
        }
    }

    /// In by the internet gateway, translated to the private address before list and groups (S3.14).
    pub(super) fn enter(&mut self, mut packet: Packet<S>, to: Holder) -> Vec<Way<S>> {
        let network = self.network;
        let interface = network.model().network_interfaces.at(to.interface);
        let Some(subnet) = network.resolved().subnet_of(to.interface) else {
            self.lacks_subnet(&mut packet, to.interface);
            return vec![packet.ends(Arrival::Lost)];
        };
        let known = self.gateway_of(&interface.vpc);
        let gateway = known.clone().ok().flatten();
        let here = Checkpoint::InternetGateway { gateway, egress: false };
        let addressed = packet.header.destination;
        packet.header.destination = own(to);
        packet.header.between = Between::Nothing;
        match packet.door {
            // The answer to what left by a gateway that keeps state comes back by it, untranslated (S3.29).
            Door::InternetGateway { left_by: Some(gateway) } if self.leg == Leg::Reply => {
                self.pass(&mut packet, Checkpoint::EgressOnlyInternetGateway { gateway }, Cause::Passed);
                self.network_acl(&mut packet, subnet, false);
                return self.deliver(packet, to.interface);
            }
            Door::EgressOnlyInternetGateway(gateway) if self.leg == Leg::Request => {
                packet.door = Door::InternetGateway { left_by: Some(gateway) };
            }
            _ if self.leg == Leg::Request => packet.door = Door::InternetGateway { left_by: None },
            _ => {}
        }
        let deny = to.address.is_ipv6() && interface.deny_all_igw_traffic;
        let cause = match (to.address, addressed) {
            _ if known == Ok(None) => Cause::NoGateway,
            (IpAddr::V4(_), Seen::Fixed { interface: Some(_), .. }) => Cause::NoPublicAddress,
            _ if deny && self.leg == Leg::Request => Cause::DenyAllIgwTraffic,
            _ => Cause::Passed,
        };
        let left_elsewhere = !matches!(packet.door, Door::InternetGateway { .. });
        match cause {
            // S3.16 speaks of what the internet starts: whether an answer is let in whose request left another way,
            // nobody has measured.
            Cause::Passed if deny && left_elsewhere => {
                let id = &interface.id;
                let reason = format!(
                    "`{id}` denies traffic from internet gateways, and what this answers left by none"
                );
                self.unknown(&mut packet, here, reason);
            }
            Cause::Passed => self.pass_gateway(&mut packet, here, known.err()),
            Cause::NoPublicAddress if interface.incomplete => {
                self.unreadable(&mut packet, here, to.interface);
            }
            // The rest of the way is known, so its gates are shown too.
            _ => self.stop(&mut packet, here, cause),
        }
        self.block_public_access(&mut packet, subnet, false);
        let edge = gateway
            .and_then(|ix| network.resolved().edge_table_of(&network.model().internet_gateways.at(ix).id));
        if let Some(table) = edge {
            return self.by_edge_table(packet, table, subnet, to.interface);
        }
        self.network_acl(&mut packet, subnet, false);
        self.deliver(packet, to.interface)
    }

    /// In by the internet gateway, an answer to a NAT gateway's public address.
    pub(super) fn enter_to_nat_gateway(&mut self, mut packet: Packet<S>, to: Ix<NatGateway>) -> Vec<Way<S>> {
        let known = self.gateway_of(&self.network.model().nat_gateways.at(to).vpc);
        let here = Checkpoint::InternetGateway { gateway: known.clone().ok().flatten(), egress: false };
        self.pass_gateway(&mut packet, here, known.err());
        self.translate_back(packet, to)
    }

    /// An interface of which an element could not be read may have a public address.
    fn unreadable(&mut self, packet: &mut Packet<S>, here: Checkpoint, interface: Ix<NetworkInterface>) {
        let id = &self.network.model().network_interfaces.at(interface).id;
        self.unknown(packet, here, format!("an element of interface `{id}` could not be read"));
    }

    /// The internet gateway of a VPC; the error says why nobody can say whether it has one: a route in use leads to one
    /// that the export lacks (S0.6).
    pub(super) fn gateway_of(&self, vpc: &Id) -> Result<Option<Ix<InternetGateway>>, String> {
        if let Some(gateway) = self.network.resolved().internet_gateway_of(vpc) {
            return Ok(Some(gateway));
        }
        let model = self.network.model();
        let tables = self.network.resolved().route_tables_of(vpc).iter();
        let tables = tables.map(|table| model.route_tables.at(*table));
        let in_use = tables.flat_map(|table| &table.routes).filter(|route| route.state == RouteState::Active);
        for route in in_use {
            if let Target::InternetGateway(id) = &route.target
                && model.internet_gateways.get(id.as_str()).is_none()
            {
                return Err(format!("internet gateway `{id}` is not in the export"));
            }
        }
        Ok(None)
    }

    pub(super) fn pass_gateway(&mut self, packet: &mut Packet<S>, here: Checkpoint, unknown: Option<String>) {
        match unknown {
            None => self.pass(packet, here, Cause::Passed),
            Some(reason) => self.unknown(packet, here, reason),
        }
    }

    /// A gateway's own route table may send what comes in through an appliance first (S3.39).
    pub(super) fn by_edge_table(
        &mut self,
        packet: Packet<S>,
        table: Ix<RouteTable>,
        subnet: Ix<Subnet>,
        to: Ix<NetworkInterface>,
    ) -> Vec<Way<S>> {
        let noun = self.network.model().route_tables.at(table);
        let mut ways = Vec::new();
        let choices = self.choices(table, &packet);
        for (choice, mut part) in packet.parts(choices) {
            let target = self.route_at(table, &choice).map(|route| &route.target);
            match target {
                Some(Target::NetworkInterface(id)) => {
                    if let Some(appliance) = self.network.model().network_interfaces.ix(id.as_str()) {
                        self.needs_public_address(&mut part, appliance);
                        ways.extend(self.pass_appliance(part, None, appliance));
                        continue;
                    }
                }
                Some(endpoint @ Target::VpcEndpoint(id)) => {
                    let (id, endpoint) = (id.clone(), endpoint.clone());
                    ways.extend(self.inspect(part, None, &id, &endpoint));
                    continue;
                }
                None | Some(Target::Local) if !matches!(choice, Choice::Unknown(_)) => {
                    self.network_acl(&mut part, subnet, false);
                    ways.extend(self.deliver(part, to));
                    continue;
                }
                _ => {}
            }
            let (id, kind) = match target {
                Some(target) => (target.id().into(), target.kind()),
                None => (noun.id.clone(), "edge route table"),
            };
            let reason = match choice {
                Choice::Unknown(reason) => reason,
                _ => format!("the edge route table `{}` sends this through {kind} `{id}`", noun.id),
            };
            self.unknown(&mut part, Checkpoint::Unmodelled { id, kind }, reason);
            if self.leg == Leg::Reply {
                ways.push(part.ends(Arrival::Lost));
                continue;
            }
            self.network_acl(&mut part, subnet, false);
            ways.extend(self.deliver(part, to));
        }
        ways
    }

    /// What comes by an internet gateway is handed to an appliance with a public address only (S3.40).
    fn needs_public_address(&mut self, packet: &mut Packet<S>, appliance: Ix<NetworkInterface>) {
        let noun = self.network.model().network_interfaces.at(appliance);
        let has_one = noun.addresses.iter().any(|address| address.public.is_some());
        let here = Checkpoint::Appliance { interface: appliance };
        match packet.door {
            Door::InternetGateway { .. } if has_one || packet.header.family == Family::V6 => {}
            Door::InternetGateway { .. } if noun.incomplete => self.unreadable(packet, here, appliance),
            Door::InternetGateway { .. } => self.stop(packet, here, Cause::NoPublicAddress),
            _ => {}
        }
    }

    /// Block Public Access as the subnet, else its VPC, reports it (S3.45, S3.47). What goes straight over an internet
    /// gateway is stopped in both modes; where only what comes in is blocked, what starts inside gets out by a NAT gateway
    /// or an egress-only internet gateway (S3.43), and in nowhere: its way out may be another VPC's.
    fn block_public_access(&mut self, packet: &mut Packet<S>, subnet: Ix<Subnet>, egress: bool) {
        let model = self.network.model();
        let noun = model.subnets.at(subnet);
        let vpc =
            self.network.resolved().vpc_of(subnet).and_then(|vpc| model.vpcs.at(vpc).block_public_access);
        let checkpoint = Checkpoint::BlockPublicAccess { subnet };
        match noun.block_public_access.or(vpc) {
            Some(BlockMode::Off) => {}
            Some(BlockMode::Ingress) if egress && self.starts_inside(packet) => {}
            Some(BlockMode::Unknown(reason)) => {
                let reason = format!("Block Public Access of VPC `{}` is not known: {reason}", noun.vpc);
                self.unknown(packet, checkpoint, reason);
            }
            Some(_) => self.stop(packet, checkpoint, Cause::BlockedPublicAccess),
            None => {
                let reason = format!(
                    "VPC `{}` is not in the export, so that its Block Public Access is unknown",
                    noun.vpc
                );
                self.unknown(packet, checkpoint, reason);
            }
        }
    }

    /// Whether a packet is of a flow that starts inside and leaves by a device that keeps state: its last relay is a NAT
    /// gateway, or its route names an egress-only internet gateway.
    fn starts_inside(&self, packet: &Packet<S>) -> bool {
        let by_nat = |relay: &crate::Relay| matches!(relay.device, Device::NatGateway(..));
        let by_route = packet.hops.last().is_some_and(|hop| match hop.checkpoint {
            Checkpoint::Route { table, route: Some(position), .. } => {
                let table = table.ix().map(|table| self.network.model().route_tables.at(table));
                let route = table.and_then(|table| table.routes.get(position));
                route.is_some_and(|route| matches!(route.target, Target::EgressOnlyInternetGateway(_)))
            }
            _ => false,
        });
        self.leg == Leg::Request && (by_route || packet.relays.last().is_some_and(by_nat))
    }

    /// Parts off what has its remote end in some blocks.
    pub(super) fn part_off(&mut self, packet: &mut Packet<S>, blocks: &[IpNet]) -> Option<Packet<S>> {
        let mut parted = S::nothing();
        let seen = match packet.header.destination {
            Seen::Embedded => Seen::Embedded,
            _ => Seen::Remote,
        };
        for region in blocks.iter().filter_map(|block| seen.within(*block, packet.header.family)) {
            let (part, others) = packet.flow.clone().split(&region, self.arena);
            packet.flow = others;
            parted = parted.join(part, self.arena);
        }
        (!parted.is_empty()).then(|| Packet { flow: parted, ..packet.clone() })
    }
}
