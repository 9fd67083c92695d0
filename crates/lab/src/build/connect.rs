//! Wiring carried out, and taken away again.

use super::wiring::Wired;
use crate::error::LabError;
use crate::links::{LOOPBACK, Netlink};
use crate::namespace::set;

impl Wired {
    /// Says how it treats links and packets, before it has any: a link is treated as was said when it came.
    pub(super) fn prepare(&self) -> Result<(), LabError> {
        if self.settings.is_empty() {
            return Ok(());
        }
        self.name().enter()?;
        let settings: Vec<_> = self.settings.iter().map(|(name, value)| (&**name, &**value)).collect();
        set(&settings)
    }

    /// Makes its links. Each namespace that has got one is told of.
    pub(super) fn link(&self, netlink: &Netlink, mut linked: impl FnMut(&str)) -> Result<(), LabError> {
        let links = netlink.within(&self.name())?;
        let mut last = None;
        for pair in &self.pairs {
            let Some(to) = &pair.to else {
                links.pair(&pair.here, &pair.there, None)?;
                continue;
            };
            // Links to one namespace mostly follow each other.
            let file = match last.take() {
                Some((name, file)) if name == to => file,
                _ => crate::namespace::Namespace::new(to).open()?,
            };
            links.pair(&pair.here, &pair.there, Some(&file))?;
            linked(to);
            last = Some((to, file));
        }
        Ok(())
    }

    /// Does the rest, once all links are there.
    pub(super) fn connect(&self, netlink: &Netlink) -> Result<(), LabError> {
        let links = netlink.within(&self.name())?;
        links.without_own_addresses(&self.without_own_addresses)?;
        links.up(&self.up)?;
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
        if self.up.iter().all(|link| *link == LOOPBACK) && self.pairs.is_empty() {
            return Ok(());
        }
        netlink.within(&self.name())?.ready()
    }
}
