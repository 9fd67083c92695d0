//! Links, addresses and routes of one namespace, over netlink.
//!
//! Every link is a pair between two namespaces whose ends have the same address and need no neighbour discovery: what
//! is sent from one end is for the other. So nothing but what hosts send is ever on them.

mod remove;

use std::fs::File;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::AsRawFd;
use std::thread;
use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use futures_util::future::join_all;
use ipnet::IpNet;
use rtnetlink::packet_route::AddressFamily;
use rtnetlink::packet_route::link::{
    AfSpecInet6, AfSpecUnspec, In6AddrGenMode, InfoData, InfoKind, InfoVeth, LinkAttribute, LinkExtentMask,
    LinkFlags,
};
use rtnetlink::packet_route::route::{RouteAttribute, RouteMessage, RouteScope, RouteType};
use rtnetlink::packet_route::rule::RuleAction::ToTable;
use rtnetlink::{
    Handle, LinkMessageBuilder, LinkUnspec, RouteMessageBuilder, RuleAddRequest, new_connection,
};
use serde::{Deserialize, Serialize};
use tokio::runtime::{Builder, Runtime};

use crate::error::{Doing, LabError};
use crate::namespace::Namespace;

/// The address of both ends of every link: a locally administered one.
const ADDRESS: [u8; 6] = [0x02, 0, 0, 0, 0, 1];
/// The kernel's main routing table.
pub(crate) const MAIN: u32 = 254;
/// The priority of rules that are asked before the main table is.
const BEFORE_MAIN: u32 = 100;
/// How long links may take to carry packets.
const PATIENCE: Duration = Duration::from_secs(10);
/// The loopback link.
pub(crate) const LOOPBACK: u32 = 1;

/// Netlink in namespaces: one runtime for all of them.
pub(crate) struct Netlink {
    runtime: Runtime,
}

/// One end of a link: its name and its index.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct End {
    pub(crate) name: String,
    pub(crate) index: u32,
}

/// Netlink in one namespace.
pub(crate) struct Links<'r> {
    runtime: &'r Runtime,
    handle: Handle,
    namespace: String,
}

/// What a route does with packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Via {
    /// They leave by the link with this index.
    Link(u32),
    /// The next table is asked.
    NextTable,
    /// They are for the namespace itself.
    Here,
}

impl Netlink {
    pub(crate) fn new() -> Result<Netlink, LabError> {
        let runtime = Builder::new_current_thread().enable_io().build();
        Ok(Netlink { runtime: runtime.doing(|| "netlink could not be prepared".into())? })
    }

    /// Netlink in a namespace, which the calling thread is moved into.
    pub(crate) fn within(&self, namespace: &Namespace) -> Result<Links<'_>, LabError> {
        namespace.enter()?;
        self.here(namespace)
    }

    /// Netlink in a namespace that the calling thread is in.
    pub(crate) fn here(&self, namespace: &Namespace) -> Result<Links<'_>, LabError> {
        let _guard = self.runtime.enter();
        let (connection, handle, _) =
            new_connection().doing(|| format!("no netlink in `{}`", namespace.name()))?;
        self.runtime.spawn(connection);
        Ok(Links { runtime: &self.runtime, handle, namespace: namespace.name().to_owned() })
    }
}

impl Links<'_> {
    /// A link from here to another namespace, or within this one. Its end here is up.
    pub(crate) fn pair(&self, here: &End, there: &End, to: Option<&File>) -> Result<(), LabError> {
        let end = |end: &End| {
            let message = LinkMessageBuilder::<LinkUnspec>::new().name(end.name.clone()).index(end.index);
            // Where several queues are made and one is used, the kernel waits for everybody who might use the rest.
            let queues = [LinkAttribute::NumTxQueues(1), LinkAttribute::NumRxQueues(1)];
            let message = message.address(ADDRESS.to_vec()).arp(false);
            queues.into_iter().fold(message, LinkMessageBuilder::append_extra_attribute)
        };
        let mut peer = end(there);
        if let Some(file) = to {
            peer = peer.setns_by_fd(file.as_raw_fd());
        }
        let mut message = end(here).up().build();
        let pair = LinkMessageBuilder::<LinkUnspec>::new_with_info_kind(InfoKind::Veth)
            .set_info_data(InfoData::Veth(InfoVeth::Peer(peer.build())));
        message.attributes.extend(pair.build().attributes);
        let added = self.runtime.block_on(self.handle.link().add(message).execute());
        added.doing(|| format!("link `{}` of `{}` could not be made", here.name, self.namespace))
    }

    /// Sets the far end of a link up, which makes up no address of IPv6 for itself.
    pub(crate) fn far_end_up(&self, index: u32) -> Result<(), LabError> {
        let none = AfSpecUnspec::Inet6(vec![AfSpecInet6::AddrGenMode(In6AddrGenMode::None)]);
        let message = LinkUnspec::new_with_index(index)
            .append_extra_attribute(LinkAttribute::AfSpecUnspec(vec![none]))
            .build();
        let set = self.runtime.block_on(self.handle.link().set(message).execute());
        set.doing(|| format!("link {index} of `{}` could not be set", self.namespace))?;
        self.up(index)
    }

    /// Sets a link up.
    pub(crate) fn up(&self, index: u32) -> Result<(), LabError> {
        let message = LinkUnspec::new_with_index(index).up().build();
        let set = self.runtime.block_on(self.handle.link().set(message).execute());
        set.doing(|| format!("link {index} of `{}` could not be set up", self.namespace))
    }

    /// Waits until every link that is up carries packets: the kernel notices that the other end is up only later, and
    /// drops what is sent until then.
    pub(crate) fn ready(&self) -> Result<(), LabError> {
        let words = || format!("the links of `{}` could not be listed", self.namespace);
        let start = Instant::now();
        loop {
            let request = self.handle.link().get();
            // What links are for IPv6 says nothing of the namespaces that they lead to, each of which the kernel would look
            // for among all.
            let request = request.set_filter_mask(AddressFamily::Inet6, vec![LinkExtentMask::SkipStats]);
            let found = request.execute().try_collect::<Vec<_>>();
            let found = self.runtime.block_on(found).doing(words)?;
            // It has a carrier when both ends are up, and runs when the kernel has noticed.
            let waiting = found.iter().filter(|link| {
                let flags = link.header.flags;
                flags.contains(LinkFlags::LowerUp) && !flags.contains(LinkFlags::Running)
            });
            let waiting: Vec<u32> = waiting.map(|link| link.header.index).collect();
            if waiting.is_empty() {
                return Ok(());
            }
            // It takes a second for some hundred links, but notices at once of a link that it is asked about.
            let asked = waiting
                .iter()
                .map(|&index| self.handle.link().get().match_index(index).execute().try_collect::<Vec<_>>());
            for asked in self.runtime.block_on(join_all(asked)) {
                asked.doing(words)?;
            }
            if start.elapsed() > PATIENCE {
                return Err(LabError::State(format!("links of `{}` do not come up", self.namespace)));
            }
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Gives a link an address.
    pub(crate) fn address(&self, link: u32, block: IpNet) -> Result<(), LabError> {
        let request = self.handle.address().add(link, block.addr(), block.prefix_len());
        let added = self.runtime.block_on(request.execute());
        added.doing(|| format!("`{block}` could not be given to `{}`", self.namespace))
    }

    /// Adds routes: a table, a block, and what it does with packets.
    pub(crate) fn routes(&self, routes: &[(u32, IpNet, Via)]) -> Result<(), LabError> {
        let requests = routes.iter().map(|&(table, block, via)| {
            let request = self.handle.route().add(route(table, block, via)).replace();
            request.execute()
        });
        let added = self.runtime.block_on(join_all(requests));
        for (result, (table, block, _)) in added.into_iter().zip(routes) {
            result.doing(|| {
                format!("a route of `{}` to {block} in table {table} could not be added", self.namespace)
            })?;
        }
        Ok(())
    }

    /// Removes every route of some tables.
    pub(crate) fn clear(&self, tables: &[u32]) -> Result<(), LabError> {
        let words = || format!("the routes of `{}` could not be cleared", self.namespace);
        let both =
            [RouteMessageBuilder::<Ipv4Addr>::new().build(), RouteMessageBuilder::<Ipv6Addr>::new().build()];
        for family in both {
            let found = self.handle.route().get(family).execute().try_collect::<Vec<_>>();
            for route in self.runtime.block_on(found).doing(words)? {
                let table = route.attributes.iter().find_map(|attribute| match attribute {
                    RouteAttribute::Table(table) => Some(*table),
                    _ => None,
                });
                if table.is_some_and(|table| tables.contains(&table)) {
                    self.runtime.block_on(self.handle.route().del(route).execute()).doing(words)?;
                }
            }
        }
        Ok(())
    }

    /// Has packets with a mark routed by the table of the same number first.
    pub(crate) fn rules(&self, marks: &[u32]) -> Result<(), LabError> {
        for &mark in marks {
            let words = || format!("a routing rule of `{}` could not be added", self.namespace);
            self.runtime.block_on(self.marked(mark).v4().execute()).doing(words)?;
            self.runtime.block_on(self.marked(mark).v6().execute()).doing(words)?;
        }
        Ok(())
    }

    fn marked(&self, mark: u32) -> RuleAddRequest {
        self.to_table(mark).fw_mark(mark)
    }

    fn to_table(&self, table: u32) -> RuleAddRequest {
        self.handle.rule().add().priority(BEFORE_MAIN).table_id(table).action(ToTable)
    }

    /// Has what is sent from an address routed by a table first.
    pub(crate) fn source_rule(&self, address: IpAddr, table: u32) -> Result<(), LabError> {
        let rule = self.to_table(table);
        let added = match address {
            IpAddr::V4(address) => self.runtime.block_on(rule.v4().source_prefix(address, 32).execute()),
            IpAddr::V6(address) => self.runtime.block_on(rule.v6().source_prefix(address, 128).execute()),
        };
        added.doing(|| format!("a routing rule of `{}` could not be added", self.namespace))
    }
}

fn route(table: u32, block: IpNet, via: Via) -> RouteMessage {
    match block {
        IpNet::V4(block) => {
            let builder = RouteMessageBuilder::<Ipv4Addr>::new();
            finish(builder.destination_prefix(block.network(), block.prefix_len()), table, via)
        }
        IpNet::V6(block) => {
            let builder = RouteMessageBuilder::<Ipv6Addr>::new();
            finish(builder.destination_prefix(block.network(), block.prefix_len()), table, via)
        }
    }
}

fn finish<T>(builder: RouteMessageBuilder<T>, table: u32, via: Via) -> RouteMessage {
    let builder = builder.table_id(table);
    match via {
        Via::Link(index) => builder.output_interface(index).scope(RouteScope::Link),
        Via::NextTable => builder.kind(RouteType::Throw),
        Via::Here => builder.kind(RouteType::Local).output_interface(LOOPBACK).scope(RouteScope::Host),
    }
    .build()
}
