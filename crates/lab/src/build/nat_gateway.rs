//! NAT gateways: a link to their router, by which everything comes and goes.

use super::fabric::NO_PICK_UP;
use super::{FORWARDS, Lab, TO_ROUTER, both};
use crate::error::LabError;
use crate::links::{MAIN, Netlink, Via};
use crate::namespace::set;

/// The seconds after which a flow that falls idle is forgotten (S3.25).
const IDLE: &str = "350";

impl Lab<'_> {
    /// After the routers, which make the link.
    pub(super) fn nat_gateway(&self, netlink: &Netlink, at: usize) -> Result<(), LabError> {
        let links = netlink.within(&self.names.nat_gateway(at))?;
        set(&FORWARDS)?;
        set(&[
            NO_PICK_UP,
            ("netfilter/nf_conntrack_tcp_timeout_established", IDLE),
            ("netfilter/nf_conntrack_udp_timeout_stream", IDLE),
            ("netfilter/nf_conntrack_udp_timeout", IDLE),
            ("netfilter/nf_conntrack_icmp_timeout", IDLE),
        ])?;
        links.up(&[TO_ROUTER])?;
        links.routes(&both(MAIN, Via::Link(TO_ROUTER)))
    }
}
