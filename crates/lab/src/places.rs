//! Numbers of what comes and goes: machines, links, subnets, VPCs. Whoever stays keeps its number, and so the names of its
//! namespace and links and its zone of connection tracking. Whoever goes is forgotten, and no number is given twice: what
//! comes back under an old id is somebody new, whose connections nobody knows.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

/// Numbers by key, of those that are there.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Present {
    of: FxHashMap<String, Numbered>,
    /// The least that nobody has had.
    next: u32,
}

/// Somebody's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
struct Numbered {
    number: u32,
    /// Whether the plan that is being made has asked for it.
    #[serde(skip, default = "is_there")]
    is_there: bool,
}

/// Whoever is written down was there.
fn is_there() -> bool {
    true
}

impl Present {
    fn begin(&mut self) {
        self.of.values_mut().for_each(|numbered| numbered.is_there = false);
    }

    fn end(&mut self) {
        self.of.retain(|_, numbered| numbered.is_there);
    }

    /// The number of a key, which is there from now on.
    pub fn number(&mut self, key: &str) -> u32 {
        if let Some(numbered) = self.of.get_mut(key) {
            numbered.is_there = true;
            return numbered.number;
        }
        let number = self.next;
        self.next = number.saturating_add(1);
        self.of.insert(key.to_owned(), Numbered { number, is_there: true });
        number
    }
}

/// The numbers within a VPC.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Within {
    /// Of its subnets.
    pub subnets: Present,
    /// Of its interfaces, each on one machine: one that is attached elsewhere is another.
    pub interfaces: Present,
}

/// The numbers of the places of a lab.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Places {
    /// Of VPCs.
    pub vpcs: Present,
    /// Of machines.
    pub hosts: Present,
    /// Of peering connections. What is between two has its number by them too: between others it is another link.
    pub peerings: Present,
    /// Of transit gateways.
    pub transit_gateways: Present,
    /// Of the subnets of attachments.
    pub attached: Present,
    /// Of peerings of transit gateways.
    pub gateway_peerings: Present,
    /// Of NAT gateways.
    pub nat_gateways: Present,
    /// Of what is in each VPC.
    within: FxHashMap<String, Within>,
    /// Of the interfaces of each machine.
    devices: FxHashMap<String, Present>,
}

impl Places {
    /// Gives numbers to all that a new plan has: whatever it does not ask for is gone.
    pub fn renew<T>(&mut self, plan: impl FnOnce(&mut Places) -> T) -> T {
        self.each(Present::begin);
        let planned = plan(self);
        self.each(Present::end);
        self.within.retain(|_, within| !within.subnets.of.is_empty());
        self.devices.retain(|_, devices| !devices.of.is_empty());
        planned
    }

    fn each(&mut self, does: impl Fn(&mut Present)) {
        let Places {
            vpcs, hosts, peerings, transit_gateways, attached, gateway_peerings, nat_gateways, ..
        } = self;
        let all = [vpcs, hosts, peerings, transit_gateways, attached, gateway_peerings, nat_gateways];
        all.into_iter().for_each(&does);
        for Within { subnets, interfaces } in self.within.values_mut() {
            does(subnets);
            does(interfaces);
        }
        self.devices.values_mut().for_each(does);
    }

    /// What is in a VPC.
    pub fn within(&mut self, vpc: &str) -> &mut Within {
        self.within.entry(vpc.to_owned()).or_default()
    }

    /// The interfaces of a machine.
    pub fn devices(&mut self, host: &str) -> &mut Present {
        self.devices.entry(host.to_owned()).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_stays_keeps_its_number_and_who_comes_back_is_new() {
        let mut places = Places::default();
        let numbers = |places: &mut Places, keys: &[&str]| -> Vec<u32> {
            places.renew(|places| keys.iter().map(|key| places.hosts.number(key)).collect())
        };
        assert_eq!(numbers(&mut places, &["a", "b", "a"]), [0, 1, 0]);
        assert_eq!(numbers(&mut places, &["c", "b"]), [2, 1]);
        assert_eq!(numbers(&mut places, &["a", "b", "c"]), [3, 1, 2]);
        // Within a VPC that is gone nothing is remembered.
        places.renew(|places| places.within("vpc-1").subnets.number("s"));
        assert_eq!(places.renew(|places| places.within.len()), 1);
        assert!(places.within.is_empty());
    }
}
