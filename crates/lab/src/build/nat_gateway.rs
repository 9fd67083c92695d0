//! NAT gateways: a link to their router, by which everything comes and goes.

use super::fabric::NO_PICK_UP;
use super::wiring::Wired;
use super::{Lab, TO_ROUTER, both};
use crate::links::{MAIN, Via};
use crate::topology::NatPlan;

/// The seconds after which a flow that falls idle is forgotten (S3.25).
const IDLE: &str = "350";

impl Lab<'_> {
    pub(super) fn nat_gateway(&self, nat: &NatPlan) -> Wired {
        let mut wired = Wired::forwarding(&self.names.nat_gateway(nat.number));
        wired.set(&[
            NO_PICK_UP,
            ("netfilter/nf_conntrack_tcp_timeout_established", IDLE),
            ("netfilter/nf_conntrack_udp_timeout_stream", IDLE),
            ("netfilter/nf_conntrack_udp_timeout", IDLE),
            ("netfilter/nf_conntrack_icmp_timeout", IDLE),
        ]);
        wired.routes.extend(both(MAIN, Via::Link(TO_ROUTER)));
        wired
    }
}
