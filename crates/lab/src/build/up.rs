//! A lab brought up: what forwards packets, then machines, and only then is anything forwarded.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::thread;

use rayon::prelude::*;

use super::apply::Begun;
use super::wiring::{Pair, Wired, Wiring};
use super::{Lab, router};
use crate::error::LabError;
use crate::links::Netlink;
use crate::namespace::{Namespace, apart, joined, make, places};

impl Lab<'_> {
    /// Brings it up. Its state has to be written down before.
    ///
    /// # Errors
    /// If something could not be made; what was made is in the state.
    pub fn up(&self) -> Result<(), LabError> {
        let Wiring(all) = self.wiring();
        let (hosts, forwarding): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|wired| self.names.is_host(&wired.name()));
        make(&forwarding.iter().map(Wired::name).collect::<Vec<_>>())?;
        let (of_hosts, others): (Vec<_>, Vec<_>) =
            self.tables().partition(|(namespace, _)| self.names.is_host(namespace));
        let to_host =
            |pair: &Pair| pair.to.as_ref().is_some_and(|to| self.names.is_host(&Namespace::new(to)));
        apart(|| {
            let netlink = Netlink::new()?;
            forwarding.iter().try_for_each(Wired::prepare)?;
            forwarding.iter().try_for_each(|wired| wired.link(&netlink, |pair| !to_host(pair)))
        })?;
        let begun: Vec<_> = others.into_par_iter().map(Begun::new).collect::<Result<_, _>>()?;
        machines(&hosts, &forwarding)?;
        let rules = || {
            begun.iter().try_for_each(Begun::finish)?;
            of_hosts.into_iter().map(Begun::new).try_for_each(|begun| begun?.finish())
        };
        let connect = || {
            let netlink = Netlink::new()?;
            self.all_routes().try_for_each(|(_, namespace, tables)| {
                netlink.within(&namespace)?.routes(&router::routes(tables))
            })?;
            forwarding.iter().try_for_each(|wired| wired.connect(&netlink))?;
            forwarding.iter().try_for_each(|wired| wired.ready(&netlink))
        };
        thread::scope(|scope| {
            let connected = scope.spawn(connect);
            rules().and(joined(connected))
        })?;
        // Only now are packets forwarded, so that nothing passes that rules would stop.
        apart(|| forwarding.iter().try_for_each(Wired::forward))
    }
}

/// How many machines are made side by side: links are made under a lock of which the kernel has one, most of a namespace is
/// not.
const THREADS: usize = 2;

/// Makes machines, each with its links and addresses.
fn machines(hosts: &[Wired], forwarding: &[Wired]) -> Result<(), LabError> {
    let mut links: HashMap<&str, Vec<(usize, &Pair)>> = HashMap::new();
    for (at, wired) in forwarding.iter().enumerate() {
        for pair in &wired.pairs {
            if let Some(to) = &pair.to {
                links.entry(to).or_default().push((at, pair));
            }
        }
    }
    let make = |hosts: &[Wired]| {
        let netlink = Netlink::new()?;
        let mut others = HashMap::new();
        for host in hosts {
            let (name, links) = (host.name(), links.get(&*host.namespace).map_or(&[][..], Vec::as_slice));
            for &(at, _) in links {
                if let (Entry::Vacant(entry), Some(other)) = (others.entry(at), forwarding.get(at)) {
                    entry.insert(netlink.within(&other.name())?);
                }
            }
            let own = name.begin()?;
            host.prepare_here()?;
            let here = netlink.here(&name)?;
            for (at, pair) in links {
                if let Some(other) = others.get(at) {
                    other.pair(&pair.here, &pair.there, Some(&own))?;
                    here.far_end_up(pair.there.index)?;
                }
            }
            host.connect_here(&here)?;
        }
        Ok(())
    };
    places(&hosts.iter().map(Wired::name).collect::<Vec<_>>())?;
    thread::scope(|scope| {
        let parts = hosts.chunks(hosts.len().div_ceil(THREADS).max(1));
        let workers: Vec<_> = parts.map(|part| scope.spawn(|| make(part))).collect();
        workers.into_iter().try_for_each(joined)
    })
}
