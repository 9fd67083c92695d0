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
        let public = matches!(packet.door, Door::InternetGateway { .. } | Door::GatewayEndpoint);
        if self.leg == Leg::Request && public {
            let silent = self.silent(&packet);
            packet.flow = packet.flow.minus(silent.clone(), self.arena);
            if !silent.is_empty() {
                let dropped = Packet { flow: silent, ..packet.clone() };
                ways.push(self.lost(dropped, Checkpoint::Host { interface: None }, Cause::NotAnswered));
            }
        }
        if !packet.flow.is_empty() {
            ways.push(packet.ends(Arrival::Beyond));
        }
        ways
    }

    /// The part of what goes to the internet that is known not to be answered: TCP to AWS's end of VPN tunnels, and all
    /// but echo and their services' ports to the addresses of AWS's prefix lists.
    fn silent(&mut self, packet: &Packet<S>) -> S {
        let network = self.network;
        let outside = network.model().vpn_connections.values().flat_map(|vpn| &vpn.outside);
        let tunnels: Vec<IpNet> = outside.map(|address: &IpAddr| IpNet::from(*address)).collect();
        let to_tunnels = self.part_off(&mut packet.clone(), &tunnels);
        let mut silent = S::nothing();
        if let Some(tunnel) = to_tunnels {
            silent = tunnel.flow.split(&Region::FULL.protocol(6), self.arena).0;
        }
        if let Some(service) = self.part_off(&mut packet.clone(), network.services_of_aws()) {
            let ports = PORTS_OF_SERVICES.iter().map(|port| Region::FULL.protocol(6).server(*port..=*port));
            let echo = icmp::queries(packet.header.family).into_iter().take(1);
            let unanswered =
                ports.chain(echo).fold(service.flow, |rest, region| rest.split(&region, self.arena).1);
            silent = silent.join(unanswered, self.arena);
        }
        silent
    }
}
