//! The internet: it has every address.

use ipnet::IpNet;

use super::{FORWARDS, Lab, both};
use crate::error::LabError;
use crate::links::{LOOPBACK, MAIN, Netlink, Via};
use crate::namespace::set;
use crate::topology::world_addresses;

/// The world may also send from any address.
const IS_EVERYBODY: [(&str, &str); 2] = [("ipv4/ip_nonlocal_bind", "1"), ("ipv6/ip_nonlocal_bind", "1")];

impl Lab<'_> {
    pub(super) fn world(&self, netlink: &Netlink) -> Result<(), LabError> {
        let links = netlink.within(&self.names.world())?;
        set(&FORWARDS)?;
        set(&IS_EVERYBODY)?;
        links.up(&[LOOPBACK])?;
        for address in world_addresses(self.network).into_iter().flatten() {
            links.address(LOOPBACK, IpNet::from(address))?;
        }
        links.routes(&both(MAIN, Via::Here))
    }
}
