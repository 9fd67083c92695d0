//! Links, addresses and routes taken away again. What is not there any more has gone with something else: an address with
//! its link, a route with either.

use std::net::IpAddr;

use ipnet::IpNet;
use nix::errno::Errno;
use rtnetlink::RuleAddRequest;
use rtnetlink::packet_route::AddressFamily;
use rtnetlink::packet_route::address::{AddressAttribute, AddressMessage};

use super::{Links, Via, route};
use crate::error::{Doing, LabError};

/// What the kernel says of what is not there: links, routes, rules, addresses.
const MISSING: [Errno; 4] = [Errno::ENODEV, Errno::ESRCH, Errno::ENOENT, Errno::EADDRNOTAVAIL];

fn gone(result: Result<(), rtnetlink::Error>) -> Result<(), rtnetlink::Error> {
    match result {
        Err(rtnetlink::Error::NetlinkError(message))
            if MISSING.contains(&Errno::from_raw(message.raw_code().saturating_neg())) =>
        {
            Ok(())
        }
        result => result,
    }
}

impl Links<'_> {
    /// Removes a link, and with it its other end, wherever that is.
    pub(crate) fn without_link(&self, index: u32) -> Result<(), LabError> {
        let removed = self.runtime.block_on(self.handle.link().del(index).execute());
        gone(removed).doing(|| format!("link {index} of `{}` could not be removed", self.namespace))
    }

    /// Takes an address from a link.
    pub(crate) fn without_address(&self, link: u32, block: IpNet) -> Result<(), LabError> {
        let mut message = AddressMessage::default();
        message.header.index = link;
        message.header.prefix_len = block.prefix_len();
        message.header.family = match block {
            IpNet::V4(_) => AddressFamily::Inet,
            IpNet::V6(_) => AddressFamily::Inet6,
        };
        message.attributes.push(AddressAttribute::Local(block.addr()));
        let removed = self.runtime.block_on(self.handle.address().del(message).execute());
        gone(removed).doing(|| format!("`{block}` could not be taken from `{}`", self.namespace))
    }

    /// Removes routes.
    pub(crate) fn without_routes(&self, routes: &[(u32, IpNet, Via)]) -> Result<(), LabError> {
        for &(table, block, via) in routes {
            let message = route(table, block, via);
            let removed = self.runtime.block_on(self.handle.route().del(message).execute());
            gone(removed).doing(|| {
                format!("a route of `{}` to {block} in table {table} could not be removed", self.namespace)
            })?;
        }
        Ok(())
    }

    /// Has packets with these marks routed like others.
    pub(crate) fn without_rules(&self, marks: &[u32]) -> Result<(), LabError> {
        marks.iter().try_for_each(|&mark| {
            self.without_rule(self.marked(mark).v4())?;
            self.without_rule(self.marked(mark).v6())
        })
    }

    /// Has what is sent from an address routed like the rest.
    pub(crate) fn without_source_rule(&self, address: IpAddr, table: u32) -> Result<(), LabError> {
        let rule = self.to_table(table);
        match address {
            IpAddr::V4(address) => self.without_rule(rule.v4().source_prefix(address, 32)),
            IpAddr::V6(address) => self.without_rule(rule.v6().source_prefix(address, 128)),
        }
    }

    /// Removes the rule that this request would add.
    fn without_rule<T>(&self, mut added: RuleAddRequest<T>) -> Result<(), LabError> {
        let message = added.message_mut().clone();
        let removed = self.runtime.block_on(self.handle.rule().del(message).execute());
        gone(removed).doing(|| format!("a routing rule of `{}` could not be removed", self.namespace))
    }
}
