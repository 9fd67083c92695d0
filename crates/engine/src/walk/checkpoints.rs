//! The gates that a packet meets at an interface and at the edge of a subnet, and how they are written down.

use model::{Association, Holder, InstanceState, InterfaceType, Ix, NetworkInterface, Subnet};
use space::Space;

use super::{Gates, Packet, Walker};
use crate::gate::security_group::{cross_groups, untracked};
use crate::{Arrival, Cause, Checkpoint, Crossing, Hop, Leg, Seen, View, Way, cross};

impl<S: Space> Walker<'_, '_, S> {
    pub(super) fn security_groups(
        &mut self,
        packet: &mut Packet<S>,
        interface: Ix<NetworkInterface>,
        egress: bool,
    ) {
        if !self.network.has_security_groups(interface) {
            return;
        }
        let checkpoint = Checkpoint::SecurityGroups { interface, egress };
        if self.leg == Leg::Reply {
            self.pass(packet, checkpoint, Cause::Reply);
            return;
        }
        let endpoint = InterfaceType::InstanceConnectEndpoint;
        if !egress && self.network.model().network_interfaces.at(interface).interface_type == endpoint {
            self.pass(packet, checkpoint, Cause::FromService);
            return;
        }
        if self.gates == Gates::Open {
            self.pass(packet, checkpoint, Cause::Rules);
            return;
        }
        let view = self.network.as_seen_by_groups(interface, &packet.header, self.leg, egress);
        let (flow, mut taken) = (packet.flow.clone(), Vec::new());
        let crossing = cross_groups(self.network, interface, egress, &view, flow, self.arena, &mut taken);
        let admitted = crossing.passed.clone();
        self.push(packet, checkpoint, crossing, taken, Cause::Rules);
        if let Some(hop) = packet.hops.last_mut() {
            hop.untracked = untracked(self.network, interface, egress, &view, admitted, self.arena);
        }
    }

    pub(super) fn network_acl(&mut self, packet: &mut Packet<S>, subnet: Ix<Subnet>, egress: bool) {
        match self.network.network_acl(subnet, egress) {
            Some((acl, _)) if self.gates == Gates::Open => {
                self.pass(packet, Checkpoint::NetworkAcl { subnet, acl, egress }, Cause::Rules);
            }
            Some((acl, gate)) => {
                let view: View = packet.header.view(self.leg, egress);
                let (flow, mut taken) = (packet.flow.clone(), Vec::new());
                let crossing = cross(&gate, &view, flow, self.network, self.arena, &mut taken);
                let checkpoint = Checkpoint::NetworkAcl { subnet, acl, egress };
                self.push(packet, checkpoint, crossing, taken, Cause::Rules);
            }
            None => {
                let id = &self.network.model().subnets.at(subnet).id;
                let reason = format!("the export has no network ACL for subnet `{id}`");
                let checkpoint = Checkpoint::NetworkAcl { subnet, acl: Association::Unknown, egress };
                self.unknown(packet, checkpoint, reason);
            }
        }
    }

    /// Only a running instance sends and answers (S9.4).
    pub(super) fn host(&mut self, packet: &mut Packet<S>, interface: Ix<NetworkInterface>) {
        let instance = self.network.resolved().instance_of(interface);
        let checkpoint = Checkpoint::Host { interface: Some(interface) };
        match instance.map(|ix| &self.network.model().instances.at(ix).state) {
            None | Some(InstanceState::Running) => {}
            Some(InstanceState::Down(state)) => {
                self.stop(packet, checkpoint, Cause::NotRunning(state.to_string()));
            }
            Some(InstanceState::Unknown(state)) => {
                self.unknown(packet, checkpoint, format!("the instance's state `{state}` is not known"));
            }
        }
    }

    /// Interfaces that stand for something else than a host.
    pub(super) fn service_interface(&mut self, packet: &mut Packet<S>, to: Ix<NetworkInterface>) {
        let noun = self.network.model().network_interfaces.at(to);
        if noun.interface_type == InterfaceType::NatGateway {
            self.stop(packet, Checkpoint::Host { interface: Some(to) }, Cause::Unsolicited);
            return;
        }
        let Some(kind) = stands_for(noun) else { return };
        let name = if noun.description.is_empty() { noun.id.as_str() } else { noun.description.as_str() };
        let checkpoint = Checkpoint::Unmodelled { id: noun.id.clone(), kind };
        self.unknown(packet, checkpoint, format!("{kind} `{name}` is at the far end"));
    }

    pub(super) fn lacks_subnet(&mut self, packet: &mut Packet<S>, interface: Ix<NetworkInterface>) {
        let noun = self.network.model().network_interfaces.at(interface);
        let reason = format!("subnet `{}` of `{}` is not in the export", noun.subnet, noun.id);
        self.unknown(packet, Checkpoint::Host { interface: Some(interface) }, reason);
    }

    pub(super) fn pass(&mut self, packet: &mut Packet<S>, checkpoint: Checkpoint, cause: Cause) {
        let crossing = Crossing { passed: packet.flow.clone(), unknown: S::nothing() };
        self.push(packet, checkpoint, crossing, Vec::new(), cause);
    }

    pub(super) fn stop(&mut self, packet: &mut Packet<S>, checkpoint: Checkpoint, cause: Cause) {
        let crossing = Crossing { passed: S::nothing(), unknown: S::nothing() };
        self.push(packet, checkpoint, crossing, Vec::new(), cause);
    }

    pub(super) fn unknown(&mut self, packet: &mut Packet<S>, checkpoint: Checkpoint, reason: String) {
        let crossing = Crossing { passed: S::nothing(), unknown: packet.flow.clone() };
        self.push(packet, checkpoint, crossing, Vec::new(), Cause::Unknown(reason));
    }

    /// Another device that puts its own port in place of the client's, and no axis left for it.
    pub(super) fn too_many_relays(&mut self, mut packet: Packet<S>, here: Checkpoint) -> Way<S> {
        self.unknown(&mut packet, here, "more than two devices on the way replace the client's port".into());
        packet.ends(Arrival::Lost)
    }

    pub(super) fn lost(&mut self, mut packet: Packet<S>, checkpoint: Checkpoint, cause: Cause) -> Way<S> {
        self.stop(&mut packet, checkpoint, cause);
        packet.ends(Arrival::Lost)
    }

    pub(super) fn push(
        &mut self,
        packet: &mut Packet<S>,
        checkpoint: Checkpoint,
        crossing: Crossing<S>,
        taken: Vec<crate::Taken<S>>,
        cause: Cause,
    ) {
        packet.hops.push(Hop {
            checkpoint,
            header: packet.header,
            crossing,
            taken,
            cause,
            untracked: S::nothing(),
        });
    }
}

/// What an interface stands for, if it is no host's.
pub(crate) fn stands_for(interface: &NetworkInterface) -> Option<&'static str> {
    match &interface.interface_type {
        InterfaceType::NatGateway => Some("NAT gateway"),
        InterfaceType::NetworkLoadBalancer => Some("Network Load Balancer"),
        InterfaceType::GatewayLoadBalancer => Some("Gateway Load Balancer"),
        InterfaceType::GatewayLoadBalancerEndpoint | InterfaceType::VpcEndpoint => Some("VPC endpoint"),
        InterfaceType::TransitGateway => Some("transit gateway"),
        InterfaceType::InstanceConnectEndpoint => Some("EC2 Instance Connect Endpoint"),
        InterfaceType::Interface if interface.description.starts_with("ELB ") => Some("load balancer"),
        _ => None,
    }
}

/// An interface's own address as gates beside it see it (S0.9).
pub(super) fn own(holder: Holder) -> Seen {
    Seen::Fixed { address: holder.address, interface: Some(holder.interface) }
}
