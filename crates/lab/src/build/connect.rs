//! Wiring carried out, and taken away again.

use super::wiring::{Pair, Wired};
use crate::error::LabError;
use crate::links::{LOOPBACK, Links, Netlink};
use crate::namespace::{Namespace, set};

/// Forwards packets for others.
const FORWARDS: [(&str, &str); 2] = [("ipv4/ip_forward", "1"), ("ipv6/conf/all/forwarding", "1")];

impl Wired {
    /// Says how it treats links and packets, before it has any: a link is treated as was said when it came.
    pub(super) fn prepare(&self) -> Result<(), LabError> {
        if self.settings.is_empty() {
            return Ok(());
        }
        self.name().enter()?;
        self.prepare_here()
    }

    /// The same, where the calling thread is in its namespace.
    pub(super) fn prepare_here(&self) -> Result<(), LabError> {
        let settings: Vec<_> = self.settings.iter().map(|(name, value)| (&**name, &**value)).collect();
        set(&settings)
    }

    /// Makes those of its links that are `wanted`.
    pub(super) fn link(&self, netlink: &Netlink, wanted: impl Fn(&Pair) -> bool) -> Result<(), LabError> {
        let links = netlink.within(&self.name())?;
        self.pairs.iter().filter(|pair| wanted(pair)).try_for_each(|pair| match &pair.to {
            None => {
                links.pair(&pair.here, &pair.there, None)?;
                links.far_end_up(pair.there.index)
            }
            Some(to) => {
                let to = Namespace::new(to);
                links.pair(&pair.here, &pair.there, Some(&to.open()?))?;
                netlink.within(&to)?.far_end_up(pair.there.index)
            }
        })
    }

    /// Does the rest but for forwarding, once all links are there.
    pub(super) fn connect(&self, netlink: &Netlink) -> Result<(), LabError> {
        self.connect_here(&netlink.within(&self.name())?)
    }

    /// From now on it forwards packets, if it is there for that.
    pub(super) fn forward(&self) -> Result<(), LabError> {
        if !self.forwards {
            return Ok(());
        }
        self.name().enter()?;
        set(&FORWARDS)
    }

    /// [`Wired::connect`], where netlink is at hand.
    pub(super) fn connect_here(&self, links: &Links<'_>) -> Result<(), LabError> {
        if self.loopback {
            links.up(LOOPBACK)?;
        }
        self.addresses.iter().try_for_each(|&(link, block)| links.address(link, block))?;
        links.routes(&self.routes)?;
        links.rules(&self.marks)?;
        self.sources.iter().try_for_each(|&(address, table)| links.source_rule(address, table))
    }

    /// Takes away what it has, but for links.
    pub(super) fn disconnect(&self, netlink: &Netlink) -> Result<(), LabError> {
        let links = netlink.within(&self.name())?;
        self.sources.iter().try_for_each(|&(address, table)| links.without_source_rule(address, table))?;
        links.without_rules(&self.marks)?;
        links.without_routes(&self.routes)?;
        self.addresses.iter().try_for_each(|&(link, block)| links.without_address(link, block))
    }

    /// Takes its links away.
    pub(super) fn unlink(&self, netlink: &Netlink) -> Result<(), LabError> {
        let links = netlink.within(&self.name())?;
        self.pairs.iter().try_for_each(|pair| links.without_link(pair.here.index))
    }

    /// Waits until its links carry packets.
    pub(super) fn ready(&self, netlink: &Netlink) -> Result<(), LabError> {
        netlink.within(&self.name())?.ready()
    }
}
