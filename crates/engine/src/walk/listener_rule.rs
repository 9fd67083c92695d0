//! Which rules of a listener a request may match, as far as its connection shows (S4.14).

use model::{Ix, Listener, ListenerAction, ListenerRule};
use space::Space;

use super::{Packet, Walker};
use crate::{Network, Seen};

impl<'n, S: Space> Walker<'n, '_, S> {
    /// Parts a packet by the source addresses that rules ask for, in the order of the rules; with each part goes what may
    /// be done with it. Hosts, paths and the like, a connection does not show: a rule that asks for one may match.
    pub(super) fn by_source_address(
        &mut self,
        packet: &Packet<S>,
        listener: Ix<Listener>,
    ) -> Vec<(Vec<&'n ListenerAction>, S)> {
        let network = self.network;
        let noun = network.model().listeners.at(listener);
        let mut parts = Vec::new();
        let mut rest = vec![(Vec::new(), packet.flow.clone())];
        for rule in noun.rules.iter().flatten() {
            let mut left = Vec::new();
            for (mut actions, flow) in rest {
                let (inside, outside) = self.parted_by_address(packet, flow, rule);
                if !outside.is_empty() {
                    left.push((actions.clone(), outside));
                }
                if inside.is_empty() {
                    continue;
                }
                actions.push(&rule.action);
                if is_certain(network, packet, rule) {
                    parts.push((actions, inside));
                } else {
                    left.push((actions, inside));
                }
            }
            rest = left;
        }
        parts.extend(rest.into_iter().map(|(mut actions, flow)| {
            actions.push(&noun.default);
            (actions, flow)
        }));
        parts
    }

    /// What comes from an address that a rule asks for, and what does not.
    fn parted_by_address(&mut self, packet: &Packet<S>, flow: S, rule: &ListenerRule) -> (S, S) {
        if rule.source_ips.is_empty() {
            return (flow, S::nothing());
        }
        let may_be = match packet.header.source {
            Seen::Unknown => true,
            Seen::Fixed { address, interface } => {
                rule.source_ips.iter().any(|block| self.network.may_be_in(address, interface, block))
            }
            // A source is never embedded: only what goes to IPv4 is (S3.26).
            Seen::Remote | Seen::Embedded => {
                let (mut inside, mut outside) = (S::nothing(), flow);
                let family = packet.header.family;
                for region in rule.source_ips.iter().filter_map(|block| Seen::Remote.within(*block, family)) {
                    let (part, others) = outside.split(&region, self.arena);
                    inside = inside.join(part, self.arena);
                    outside = others;
                }
                return (inside, outside);
            }
        };
        if may_be { (flow, S::nothing()) } else { (S::nothing(), flow) }
    }
}

/// Whether a rule matches for certain what comes from an address that it asks for.
fn is_certain<S>(network: &Network, packet: &Packet<S>, rule: &ListenerRule) -> bool {
    let known = match packet.header.source {
        Seen::Unknown => false,
        Seen::Fixed { address, interface } => {
            rule.source_ips.iter().any(|block| network.is_in(address, interface, block))
        }
        Seen::Remote | Seen::Embedded => true,
    };
    known && !rule.looks_at_request && !rule.source_ips.is_empty()
}
