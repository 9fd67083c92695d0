//! The internet: it has every address.

use ipnet::IpNet;

use super::wiring::Wired;
use super::{Lab, both};
use crate::links::{LOOPBACK, MAIN, Via};
use crate::topology::world_addresses;

/// The world may also send from any address.
const IS_EVERYBODY: [(&str, &str); 2] = [("ipv4/ip_nonlocal_bind", "1"), ("ipv6/ip_nonlocal_bind", "1")];

impl Lab<'_> {
    pub(super) fn world(&self) -> Wired {
        let mut wired = Wired::forwarding(&self.names.world());
        wired.set(&IS_EVERYBODY);
        wired.loopback = true;
        let addresses = world_addresses(self.network).into_iter().flatten();
        wired.addresses.extend(addresses.map(|address| (LOOPBACK, IpNet::from(address))));
        wired.routes.extend(both(MAIN, Via::Here));
        wired
    }
}
