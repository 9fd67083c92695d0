//! What answers beyond the export (S12.6).

use std::net::IpAddr;

use ipnet::IpNet;
use space::{Region, Space};

use super::{Packet, Walker};
use crate::{Arrival, Cause, Checkpoint, Door, Leg, Way, icmp};

/// The ports that addresses of AWS's own prefix lists answer on, beside echo.
const PORTS_OF_SERVICES: [u16; 2] = [80, 443];

impl<S: Space> Walker<'_, '_, S> {
    /// Out of the export: what is there is assumed to answer, except what is known not to.
    pub(super) fn beyond(&mut self, mut packet: Packet<S>) -> Vec<Way<S>> {
        let mut ways = Vec::new();
        let public = matches!(packet.door, Door::InternetGateway | Door::GatewayEndpoint);
        if self.leg == Leg::Request && public {
            let family = packet.header.family;
            let model = self.network.model();
            let here = Checkpoint::Host { interface: None };
            let host = |address: &IpAddr| IpNet::from(*address);
            let tunnels: Vec<IpNet> =
                model.vpn_connections.values().flat_map(|vpn| vpn.outside.iter().map(host)).collect();
            if let Some(mut tunnel) = self.part_off(&mut packet, &tunnels) {
                let (tcp, others) = tunnel.flow.clone().split(&Region::FULL.protocol(6), self.arena);
                tunnel.flow = others;
                if !tcp.is_empty() {
                    let dropped = Packet { flow: tcp, ..tunnel.clone() };
                    ways.push(self.lost(dropped, here.clone(), Cause::NotAnswered));
                }
                if !tunnel.flow.is_empty() {
                    ways.push(tunnel.ends(Arrival::Beyond));
                }
            }
            let network = self.network;
            if let Some(service) = self.part_off(&mut packet, network.services_of_aws()) {
                let (mut answered, mut rest) = (S::nothing(), service.flow.clone());
                let ports =
                    PORTS_OF_SERVICES.iter().map(|port| Region::FULL.protocol(6).server(*port..=*port));
                for region in ports.chain(icmp::queries(family).into_iter().take(1)) {
                    let (inside, outside) = rest.split(&region, self.arena);
                    answered = answered.join(inside, self.arena);
                    rest = outside;
                }
                if !rest.is_empty() {
                    let dropped = Packet { flow: rest, ..service.clone() };
                    ways.push(self.lost(dropped, here, Cause::NotAnswered));
                }
                if !answered.is_empty() {
                    ways.push(Packet { flow: answered, ..service }.ends(Arrival::Beyond));
                }
            }
        }
        if !packet.flow.is_empty() {
            ways.push(packet.ends(Arrival::Beyond));
        }
        ways
    }
}
