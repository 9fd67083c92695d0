//! Over transit gateways (S3.31 to S3.34, S12.13, S12.14).

use model::{AttachmentKind, Id, Ix, Subnet, Target, TransitGatewayAttachment, TransitGatewayRouteTable};
use space::Space;

use super::{Packet, Walker};
use crate::transit_route::{Next, choose};
use crate::{Arrival, Between, Cause, Checkpoint, Door, Seen, Way};

/// How many transit gateways a packet passes before its way is given up.
const MOST_GATEWAYS: usize = 8;

impl<S: Space> Walker<'_, '_, S> {
    /// Out of a VPC: by the attachment's subnet in the sender's zone, past that subnet's inbound rules (S3.32, S3.33).
    pub(super) fn enter_transit_gateway(
        &mut self,
        mut packet: Packet<S>,
        from: Ix<Subnet>,
        gateway: &Id,
        target: &Target,
    ) -> Vec<Way<S>> {
        let network = self.network;
        let model = network.model();
        let vpc = &model.subnets.at(from).vpc;
        let Some(attachment) = network.resolved().attachment_of(gateway, vpc) else {
            // Whoever owns the gateway sees the attachments of others; without any, nothing is known.
            let known = network.resolved().has_attachments(gateway);
            if !known || model.transit_gateway_attachments_incomplete {
                return self.unmodelled(packet, target);
            }
            let here = Checkpoint::Unmodelled { id: gateway.clone(), kind: "transit gateway" };
            return vec![self.lost(packet, here, Cause::NotAttached)];
        };
        let noun = model.transit_gateway_attachments.at(attachment);
        let here = Checkpoint::TransitGatewayAttachment { attachment };
        if !noun.available {
            return vec![self.lost(packet, here, Cause::NotAvailable)];
        }
        let Some(subnets) = &noun.subnets else {
            let reason = format!("the export has no subnets of `{}`", noun.id);
            self.unknown(&mut packet, here, reason);
            return vec![packet.ends(Arrival::Lost)];
        };
        let zone = zone(model, from);
        let known = subnets.iter().filter_map(|id| model.subnets.ix(id.as_str()));
        let Some(subnet) = known.clone().find(|subnet| self::zone(model, *subnet) == zone) else {
            if known.count() < subnets.len() {
                let reason = format!("the export lacks a subnet of `{}`", noun.id);
                self.unknown(&mut packet, here, reason);
                return vec![packet.ends(Arrival::Lost)];
            }
            return vec![self.lost(packet, here, Cause::NoAttachmentInZone)];
        };
        self.network_acl(&mut packet, subnet, false);
        self.pass(&mut packet, here, Cause::Passed);
        packet.header.between = match packet.header.between {
            Between::Appliance => Between::Appliance,
            _ => Between::TransitGateway { references: network.carries_references(gateway, attachment) },
        };
        let zone = zone.cloned();
        self.switch(packet, gateway, attachment, zone.as_ref(), 0)
    }

    /// From an attachment by the route table that is associated with it, to the next one.
    fn switch(
        &mut self,
        mut packet: Packet<S>,
        gateway: &Id,
        from: Ix<TransitGatewayAttachment>,
        zone: Option<&Id>,
        passed: usize,
    ) -> Vec<Way<S>> {
        let network = self.network;
        let model = network.model();
        let here = Checkpoint::TransitGatewayAttachment { attachment: from };
        let Some(table) = network.resolved().associated_table(gateway, from) else {
            let id = &model.transit_gateway_attachments.at(from).id;
            let reason = format!("which route table of `{gateway}` is associated with `{id}` is not known");
            self.unknown(&mut packet, here, reason);
            self.refused_by_all(&mut packet, None);
            return vec![packet.ends(Arrival::Lost)];
        };
        if passed > MOST_GATEWAYS {
            return vec![self.lost(packet, here, Cause::RoutingLoop)];
        }
        let mut ways = Vec::new();
        let choices = self.transit_choices(table, &packet);
        for (next, mut part) in packet.parts(choices) {
            let at = |route: Option<String>| Checkpoint::TransitGatewayRoute { table, route };
            match next {
                Next::Attachments(attachments, text) => {
                    self.pass(&mut part, at(Some(text)), Cause::Routed);
                    let id = |attachment| &model.transit_gateway_attachments.at(attachment).id;
                    match self.draw(part, attachments, |one, other| id(*one).cmp(id(*other))) {
                        Ok(parts) => {
                            for (to, part) in parts {
                                ways.extend(self.out_of_transit_gateway(part, gateway, to, zone, passed));
                            }
                        }
                        Err(part) => ways.push(self.too_many_draws(*part, at(None))),
                    }
                }
                Next::Blackhole(text) => ways.push(self.lost(part, at(Some(text)), Cause::Blackhole)),
                Next::NoRoute => ways.push(self.lost(part, at(None), Cause::NoRoute)),
                Next::Missing(reason) | Next::Unknown(reason) => {
                    self.unknown(&mut part, at(None), reason);
                    self.refused_by_all(&mut part, None);
                    ways.push(part.ends(Arrival::Lost));
                }
            }
        }
        ways
    }

    /// Out by an attachment: into its VPC, over to another gateway, or beyond the export.
    fn out_of_transit_gateway(
        &mut self,
        mut packet: Packet<S>,
        gateway: &Id,
        to: Ix<TransitGatewayAttachment>,
        zone: Option<&Id>,
        passed: usize,
    ) -> Vec<Way<S>> {
        let model = self.network.model();
        let noun = model.transit_gateway_attachments.at(to);
        let here = Checkpoint::TransitGatewayAttachment { attachment: to };
        if !noun.available {
            return vec![self.lost(packet, here, Cause::NotAvailable)];
        }
        if let Between::TransitGateway { references: true } = packet.header.between {
            let references = self.network.carries_references(gateway, to);
            packet.header.between = Between::TransitGateway { references };
        }
        match noun.kind {
            AttachmentKind::Vpc => {
                self.pass(&mut packet, here, Cause::Passed);
                self.out_of_attachment(packet, to, zone)
            }
            AttachmentKind::Peering => {
                packet.header.between = match packet.header.between {
                    Between::Appliance => Between::Appliance,
                    _ => Between::TransitGateway { references: false },
                };
                match noun.transit_gateways.iter().find(|other| *other != gateway) {
                    Some(other) => {
                        self.pass(&mut packet, here, Cause::Passed);
                        // Behind a peering of gateways the zone is not known (S12.14).
                        self.switch(packet, other, to, None, passed + 1)
                    }
                    None => {
                        let reason = format!("the gateway behind `{}` is not in the export", noun.id);
                        self.unknown(&mut packet, here, reason);
                        vec![packet.ends(Arrival::Lost)]
                    }
                }
            }
            _ if matches!(packet.header.destination, Seen::Remote | Seen::Embedded) => {
                self.pass(&mut packet, here, Cause::Passed);
                packet.door = Door::TransitGateway(to);
                self.beyond(packet)
            }
            _ => {
                let reason = format!("{} `{}` is on the way", noun.kind.words(), noun.id);
                self.unknown(&mut packet, here, reason);
                self.refused_by_all(&mut packet, None);
                vec![packet.ends(Arrival::Lost)]
            }
        }
    }

    /// Into the VPC of an attachment, by its subnet in the sender's zone if it has one there, else by any (S12.14): on
    /// by that subnet's outbound rules and route table, or to a neighbour in it past neither (S3.32, S3.33).
    fn out_of_attachment(
        &mut self,
        mut packet: Packet<S>,
        attachment: Ix<TransitGatewayAttachment>,
        zone: Option<&Id>,
    ) -> Vec<Way<S>> {
        let network = self.network;
        let model = network.model();
        let noun = model.transit_gateway_attachments.at(attachment);
        let here = Checkpoint::TransitGatewayAttachment { attachment };
        let subnets = noun.subnets.as_deref().unwrap_or_default();
        let known: Vec<Ix<Subnet>> = subnets.iter().filter_map(|id| model.subnets.ix(id.as_str())).collect();
        let same_zone =
            known.iter().copied().find(|subnet| zone.is_some() && self::zone(model, *subnet) == zone);
        // In appliance mode a flow keeps to one zone, whichever it is, in both directions (S3.34).
        let pinned = packet.pinned.iter().find(|(of, _)| *of == attachment).map(|(_, subnet)| *subnet);
        let same_zone = pinned.or(same_zone.filter(|_| !noun.appliance_mode));
        let candidates = match same_zone {
            Some(subnet) => vec![subnet],
            None if known.is_empty() || known.len() < subnets.len() => {
                let reason = format!("the export lacks subnets of `{}`", noun.id);
                self.unknown(&mut packet, here, reason);
                return vec![packet.ends(Arrival::Lost)];
            }
            None => known,
        };
        let id = |subnet| &model.subnets.at(subnet).id;
        match self.draw(packet, candidates, |one, other| id(*one).cmp(id(*other))) {
            Ok(parts) => {
                let mut ways = Vec::new();
                for (subnet, mut part) in parts {
                    if noun.appliance_mode {
                        part.pinned.push((attachment, subnet));
                    }
                    ways.extend(self.depart(part, subnet));
                }
                ways
            }
            Err(packet) => vec![self.too_many_draws(*packet, here)],
        }
    }

    /// In from a network beyond the export by an attachment, as far as the gateway's routes lead it to a VPC.
    pub(super) fn enter_by_attachment(
        &mut self,
        mut packet: Packet<S>,
        attachment: Ix<TransitGatewayAttachment>,
    ) -> Vec<Way<S>> {
        let model = self.network.model();
        let noun = model.transit_gateway_attachments.at(attachment);
        let here = Checkpoint::TransitGatewayAttachment { attachment };
        self.pass(&mut packet, here, Cause::Passed);
        packet.door = Door::TransitGateway(attachment);
        match noun.transit_gateways.first() {
            Some(gateway) => self.switch(packet, gateway, attachment, None, 0),
            None => vec![packet.ends(Arrival::Lost)],
        }
    }

    /// The attachments to networks beyond the export that packets to the remote end would leave a VPC by, with the part
    /// that each takes; what takes none is not known.
    pub(super) fn attachments_towards(
        &mut self,
        packet: &Packet<S>,
        subnet: Ix<Subnet>,
        gateway: &Id,
    ) -> Vec<(Option<Ix<TransitGatewayAttachment>>, S)> {
        let model = self.network.model();
        let vpc = &model.subnets.at(subnet).vpc;
        let resolved = self.network.resolved();
        let own = resolved.attachment_of(gateway, vpc);
        let table = own.and_then(|own| resolved.associated_table(gateway, own));
        let Some(table) = table else { return vec![(None, packet.flow.clone())] };
        let family = packet.header.family;
        let parts = choose(self.network, table, family, Seen::Remote, packet.flow.clone(), self.arena);
        let external = |next: &Next| match next {
            Next::Attachments(attachments, _) => match attachments.as_slice() {
                [only] if model.transit_gateway_attachments.at(*only).kind.learns() => Some(*only),
                _ => None,
            },
            _ => None,
        };
        parts.into_iter().map(|(next, part)| (external(&next), part)).collect()
    }

    fn transit_choices(&mut self, table: Ix<TransitGatewayRouteTable>, packet: &Packet<S>) -> Vec<(Next, S)> {
        let header = packet.header;
        let flow = packet.flow.clone();
        choose(self.network, table, header.family, header.destination, flow, self.arena)
    }

    pub(super) fn too_many_draws(&mut self, mut packet: Packet<S>, here: Checkpoint) -> Way<S> {
        self.unknown(&mut packet, here, "too many devices on the way pick one of several ways".into());
        packet.ends(Arrival::Lost)
    }
}

/// A subnet's zone, by its id where it is known: names differ between accounts (S12.14).
pub fn zone(model: &model::Snapshot, subnet: Ix<Subnet>) -> Option<&Id> {
    let noun = model.subnets.at(subnet);
    noun.availability_zone_id.as_ref().or(noun.availability_zone.as_ref())
}
