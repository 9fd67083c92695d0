//! Over an internet gateway, out and in (S3.14 to S3.18, S3.39, S3.43).

use std::net::IpAddr;

use ipnet::IpNet;
use model::{BlockMode, Holder, Id, InternetGateway, Ix, NetworkInterface, RouteState, Subnet, Target};
use space::{Family, Region, Space, address_range};

use super::{Packet, Walker};
use crate::route::{Choice, choose};
use crate::walk::checkpoints::own;
use crate::{Arrival, Cause, Checkpoint, Leg, Seen, Way};

impl<S: Space> Walker<'_, '_, S> {
    /// Out by the internet gateway (S3.14 to S3.18), and in again if the destination is in the export.
    pub(super) fn leave(&mut self, mut packet: Packet<S>, from: Holder, subnet: Ix<Subnet>) -> Vec<Way<S>> {
        let network = self.network;
        self.block_public_access(&mut packet, subnet);
        let vpc = &network.model().subnets.at(subnet).vpc;
        let gateway = self.gateway_of(vpc);
        let here = Checkpoint::InternetGateway { gateway: gateway.clone().ok().flatten(), egress: true };
        if gateway == Ok(None) {
            return vec![self.lost(packet, here, Cause::NoGateway)];
        }
        if from.address.is_ipv4() {
            match network.model().network_interfaces.at(from.interface).public_of(from.address) {
                Some(public) => packet.source = Seen::Fixed { address: public.into(), interface: None },
                None if self.incomplete(from.interface) => {
                    self.unreadable(&mut packet, here, from.interface);
                    return vec![packet.ends(Arrival::Lost)];
                }
                None => return vec![self.lost(packet, here, Cause::NoPublicAddress)],
            }
        }
        match packet.destination {
            Seen::Fixed { address, interface } => {
                let holder = match (address, interface) {
                    (IpAddr::V4(public), _) => network.resolved().public_holder(public),
                    (IpAddr::V6(_), Some(interface)) => Some(Holder { interface, address }),
                    _ => None,
                };
                let public = holder.is_some() && address.is_ipv4();
                if network.not_on_the_internet().iter().any(|block| block.contains(&address)) && !public {
                    return vec![self.lost(packet, here, Cause::PrivateDestination)];
                }
                self.pass_gateway(&mut packet, here, gateway.err());
                match holder {
                    Some(to) => vec![self.enter(packet, to)],
                    None => vec![self.lost(packet, Checkpoint::Host { interface: None }, Cause::NotHeld)],
                }
            }
            Seen::Unknown { .. } => {
                self.unknown(&mut packet, here, "nobody knows where this goes".into());
                vec![packet.ends(Arrival::Lost)]
            }
            Seen::Remote => {
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
                    ways.push(packet.ends(Arrival::Beyond));
                }
                ways
            }
        }
    }

    /// In by the internet gateway, translated to the private address before list and groups (S3.14).
    pub(super) fn enter(&mut self, mut packet: Packet<S>, to: Holder) -> Way<S> {
        let network = self.network;
        let interface = network.model().network_interfaces.at(to.interface);
        let Some(subnet) = network.resolved().subnet_of(to.interface) else {
            self.lacks_subnet(&mut packet, to.interface);
            return packet.ends(Arrival::Lost);
        };
        let known = self.gateway_of(&interface.vpc);
        let gateway = known.clone().ok().flatten();
        let here = Checkpoint::InternetGateway { gateway, egress: false };
        let addressed = packet.destination;
        packet.destination = own(to);
        let cause = match (to.address, addressed) {
            _ if known == Ok(None) => Cause::NoGateway,
            (IpAddr::V4(_), Seen::Fixed { interface: Some(_), .. }) => Cause::NoPublicAddress,
            (IpAddr::V6(_), _) if interface.deny_all_igw_traffic && self.leg == Leg::Request => {
                Cause::DenyAllIgwTraffic
            }
            _ => Cause::Passed,
        };
        match cause {
            Cause::Passed => self.pass_gateway(&mut packet, here, known.err()),
            Cause::NoPublicAddress if interface.incomplete => {
                self.unreadable(&mut packet, here, to.interface);
            }
            // The rest of the way is known, so its gates are shown too.
            _ => self.stop(&mut packet, here, cause),
        }
        self.block_public_access(&mut packet, subnet);
        if let Some(table) = gateway
            .and_then(|ix| network.resolved().edge_table_of(&network.model().internet_gateways.at(ix).id))
        {
            self.edge(&mut packet, table);
        }
        self.network_acl(&mut packet, subnet, false);
        self.deliver(packet, to.interface)
    }

    fn incomplete(&self, interface: Ix<NetworkInterface>) -> bool {
        self.network.model().network_interfaces.at(interface).incomplete
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
        let tables = model.route_tables.values().filter(|table| table.vpc == *vpc);
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
    pub(super) fn edge(&mut self, packet: &mut Packet<S>, table: Ix<model::RouteTable>) {
        let noun = self.network.model().route_tables.at(table);
        let parts =
            choose(self.network, table, self.family, packet.destination, packet.flow.clone(), self.arena);
        for (choice, _) in parts {
            let position = match choice {
                Choice::Route(position) => position,
                Choice::Unknown(reason) => {
                    let id = noun.id.clone();
                    self.unknown(packet, Checkpoint::Unmodelled { id, kind: "edge route table" }, reason);
                    continue;
                }
                Choice::NoRoute | Choice::NotRoutable => continue,
            };
            let Some(route) = noun.routes.get(position) else { continue };
            if route.target != Target::Local {
                let (id, kind) = (route.target.id(), route.target.kind());
                let reason = format!("the edge route table `{}` sends this through {kind} `{id}`", noun.id);
                self.unknown(packet, Checkpoint::Unmodelled { id: id.into(), kind }, reason);
            }
        }
    }

    /// Block Public Access as the subnet, else its VPC, reports it (S3.45, S3.47). What goes straight over an internet
    /// gateway is stopped in both modes.
    fn block_public_access(&mut self, packet: &mut Packet<S>, subnet: Ix<Subnet>) {
        let model = self.network.model();
        let noun = model.subnets.at(subnet);
        let vpc = self.network.resolved().vpc_of(subnet).map(|vpc| model.vpcs.at(vpc).block_public_access);
        let checkpoint = Checkpoint::BlockPublicAccess { subnet };
        match noun.block_public_access.or(vpc) {
            Some(BlockMode::Off) => {}
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

    /// Parts off what has its remote end in some blocks.
    pub(super) fn part_off(&mut self, packet: &mut Packet<S>, blocks: &[IpNet]) -> Option<Packet<S>> {
        let mut parted = S::nothing();
        for block in blocks.iter().filter(|block| Family::of(block.addr()) == self.family) {
            let region = Region::FULL.remote(address_range(*block));
            let (part, others) = packet.flow.clone().split(&region, self.arena);
            packet.flow = others;
            parted = parted.join(part, self.arena);
        }
        (!parted.is_empty()).then(|| Packet { flow: parted, ..packet.clone() })
    }
}
