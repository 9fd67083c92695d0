//! Other machines, links, subnets and VPCs, into a lab that is up, while the rest of it goes on.
//!
//! A change of several namespaces is never in force at one moment. So that nothing passes meanwhile that neither the old
//! network allows nor the new, nothing passes: every packet between two machines, and between a machine and the world, goes
//! through a router, and each of these is closed before anything is changed and opened when all is. What is known of
//! connections is in fabrics and NAT gateways, which stay; packets that are lost are sent again by whoever wants them to
//! arrive. Whoever is killed in between leaves the routers closed.

use std::collections::HashSet;

use super::Lab;
use super::wiring::{Wired, Wiring};
use crate::clear;
use crate::error::LabError;
use crate::in_force::InForce;
use crate::links::Netlink;
use crate::namespace::{Namespace, apart, make};
use crate::numbers::Numbers;

/// Drops whatever comes, before anything else looks at it.
const CLOSED: &str = "table inet portcullis_closed {\n  chain c_closed {\n    \
                      type filter hook prerouting priority -500; policy drop;\n  }\n}\n";
/// Ends that.
const OPEN: &str = "table inet portcullis_closed {\n}\ndelete table inet portcullis_closed\n";

/// A lab that is up, as far as a change of it has to know.
#[derive(Debug, Clone, Copy)]
pub struct Before<'b> {
    /// Its rules; `None` where a change was cut off, and nobody knows.
    pub in_force: Option<&'b InForce>,
    /// What connects it.
    pub wiring: &'b Wiring,
    /// The numbers of what it is made of.
    pub numbers: &'b Numbers,
}

impl Wiring {
    /// The namespaces that it has and another does not have.
    fn namespaces_without(&self, other: &Wiring) -> Vec<Namespace> {
        let theirs: HashSet<_> = other.0.iter().map(|wired| &wired.namespace).collect();
        let own = self.0.iter().filter(|wired| !theirs.contains(&wired.namespace));
        own.map(Wired::name).collect()
    }
}

impl Lab<'_> {
    /// Makes this lab of one that is up. Who stays keeps its namespace, its processes and what is known of its connections
    /// (S1.37); who is gone is ended. The state that is written down has to name the namespaces of both meanwhile.
    ///
    /// # Errors
    /// If the kernel refuses something: then the lab is as it was, but for [`LabError::CutOff`], after which its rules are in
    /// doubt, and [`LabError::Torn`], after which it has to go down.
    pub fn change(&self, before: Before<'_>) -> Result<(), LabError> {
        let wiring = self.wiring();
        if wiring == *before.wiring {
            return self.apply(before.in_force, before.numbers);
        }
        let (come, gone) = wiring.change_from(before.wiring);
        let new = wiring.namespaces_without(before.wiring);
        let old = before.wiring.namespaces_without(&wiring);
        if let Err(error) = make(&new) {
            clear::end(&new)?;
            return Err(error);
        }
        let routers: Vec<_> = before.wiring.0.iter().chain(&wiring.0).map(Wired::name).collect();
        let mut routers: Vec<_> = routers.into_iter().filter(|one| self.names.is_router(one)).collect();
        routers.sort();
        routers.dedup();
        let closed = routers.iter().try_for_each(|router| router.load(CLOSED));
        let in_force = closed.and_then(|()| self.come(&come, &new));
        let in_force = in_force.and_then(|()| self.apply_beside(&new, before.in_force, before.numbers));
        if let Err(error) = in_force {
            if let LabError::CutOff(error) = error {
                return Err(LabError::Torn(error));
            }
            let (restored, _) = before.wiring.change_from(&wiring);
            let back = leave(&come)
                .and_then(|()| put_back(&restored))
                .and_then(|()| open(&routers, &new))
                .and_then(|()| clear::end(&new).map(drop));
            return Err(match back {
                Ok(()) => error,
                Err(worse) => LabError::Torn(format!("{error}, then {worse}")),
            });
        }
        // Who is gone has no links any more while its processes end.
        leave(&gone)
            .and_then(|()| open(&routers, &old))
            .and_then(|()| clear::end(&old).map(drop))
            .map_err(|error| LabError::Torn(error.to_string()))
    }

    /// Makes what is new.
    fn come(&self, come: &[Wired], new: &[Namespace]) -> Result<(), LabError> {
        // Nobody has links to these yet.
        let mut tables = self.tables().filter(|(namespace, _)| new.contains(namespace));
        tables.try_for_each(|(namespace, table)| namespace.load(&table.text()))?;
        apart(|| {
            let netlink = Netlink::new()?;
            come.iter().try_for_each(Wired::prepare)?;
            come.iter().try_for_each(|wired| wired.link(&netlink, |_| true))?;
            come.iter().try_for_each(|wired| wired.connect(&netlink))?;
            come.iter().try_for_each(Wired::forward)?;
            come.iter().try_for_each(|wired| wired.ready(&netlink))
        })
    }
}

/// Takes away what goes.
fn leave(gone: &[Wired]) -> Result<(), LabError> {
    apart(|| {
        let netlink = Netlink::new()?;
        let there = || gone.iter().filter(|wired| wired.name().exists());
        there().try_for_each(|wired| wired.disconnect(&netlink))?;
        there().try_for_each(|wired| wired.unlink(&netlink))
    })
}

/// Puts back what a change had taken the place of: settings and routes.
fn put_back(restored: &[Wired]) -> Result<(), LabError> {
    apart(|| {
        let netlink = Netlink::new()?;
        restored.iter().try_for_each(Wired::prepare)?;
        restored.iter().try_for_each(|wired| netlink.within(&wired.name())?.routes(&wired.routes))
    })
}

/// Lets packets pass again, in all routers that stay.
fn open(routers: &[Namespace], gone: &[Namespace]) -> Result<(), LabError> {
    routers.iter().filter(|router| !gone.contains(router)).try_for_each(|router| router.load(OPEN))
}
