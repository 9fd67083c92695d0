//! Addresses for nodes of load balancers whose interfaces an export lacks, as those of emulators do. The model has them at
//! an address that stands for all of their subnet's; on a machine they need one that they can have.

use std::borrow::Cow;
use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr};

use engine::Network;
use ipnet::IpNet;
use model::{NetworkInterface, Noun, Resolved, StandIn, Table, is_unknown_public};

/// The network with an address for each of those nodes, and what was made up, in words.
pub fn given(network: &Network) -> (Cow<'_, Network>, Vec<String>) {
    let lacks = |noun: &NetworkInterface| matches!(noun.stand_in, Some(StandIn::LoadBalancerNode { .. }));
    if !network.model().network_interfaces.values().any(lacks) {
        return (Cow::Borrowed(network), Vec::new());
    }
    let mut snapshot = network.model().clone();
    let mut taken: HashSet<IpAddr> = HashSet::new();
    for noun in snapshot.network_interfaces.values() {
        taken.extend(noun.own_addresses());
        taken.extend(noun.addresses.iter().filter_map(|address| address.public).map(IpAddr::V4));
    }
    let prefixes: Vec<IpNet> =
        snapshot.network_interfaces.values().flat_map(|noun| noun.prefixes.iter().copied()).collect();
    let mut made_up = Vec::new();
    let subnets = snapshot.subnets.clone();
    let blocks: Vec<IpNet> = snapshot.vpcs.values().flat_map(|vpc| vpc.cidrs.iter().copied()).collect();
    for noun in snapshot.network_interfaces.values_mut() {
        let Some(StandIn::LoadBalancerNode { public }) = noun.stand_in else { continue };
        let Some(subnet) = subnets.get(noun.subnet.as_str()) else { continue };
        let free = |address: &Ipv4Addr| {
            let address = IpAddr::V4(*address);
            !taken.contains(&address) && !prefixes.iter().any(|block| block.contains(&address))
        };
        let within = subnet.cidrs.iter().find_map(|block| match block {
            IpNet::V4(block) => Some(*block),
            IpNet::V6(_) => None,
        });
        // The last addresses first: instances begin at the other end. The very last is nobody's, nor are the first four
        // (S1.52).
        let usable = within.map(|block| {
            let (first, last) = (u32::from(block.network()).saturating_add(4), u32::from(block.broadcast()));
            (first..last).rev().map(Ipv4Addr::from)
        });
        let Some(private) = usable.into_iter().flatten().find(free) else { continue };
        let documentation = (1..=254).rev().map(|last| Ipv4Addr::new(203, 0, 113, last));
        let elsewhere = |address: &Ipv4Addr| {
            free(address) && !blocks.iter().any(|block| block.contains(&IpAddr::V4(*address)))
        };
        let known = noun.addresses.first().and_then(|address| address.public);
        let known = known.filter(|address| !is_unknown_public(IpAddr::V4(*address)));
        let wanted = if public { documentation.into_iter().find(elsewhere) } else { None };
        let Some(address) = noun.addresses.first_mut() else { continue };
        address.private = private;
        address.public = known.or(wanted);
        taken.insert(IpAddr::V4(private));
        taken.extend(address.public.map(IpAddr::V4));
        let and = address.public.map_or(String::new(), |public| format!(" and {public}"));
        noun.stand_in = None;
        let name = noun.name().unwrap_or(noun.id.as_str());
        let place = subnet.name().unwrap_or(subnet.id.as_str());
        made_up.push(format!("`{name}` has {private}{and} in {place}: the export lacks its interface there"));
    }
    if made_up.is_empty() {
        return (Cow::Borrowed(network), made_up);
    }
    // What stands for instances to come is found again.
    let mut interfaces = Table::default();
    for noun in snapshot.network_interfaces.values().filter(|noun| noun.stand_in.is_none()) {
        // Its id was in a table before: it is there once.
        let _ = interfaces.insert(noun.id.clone(), noun.clone());
    }
    snapshot.network_interfaces = interfaces;
    (Cow::Owned(Network::new(Resolved::new(snapshot))), made_up)
}

#[cfg(test)]
mod tests {
    use model::PrivateAddress;

    use super::*;

    #[test]
    fn nodes_without_interfaces_get_addresses_that_nobody_has() {
        let network = testkit::network(&["
            vpc vpc-1 10.0.0.0/16
            igw igw-1
            table r: 0.0.0.0/0 igw-1
            subnet a 10.0.0.0/28 table=r az=a
            subnet b 10.0.1.0/28 table=r az=b
            sg sg-1 in: tcp 80 0.0.0.0/0
            eni taken a 10.0.0.14 public=203.0.113.254
            lb lb-1 application subnets=a,b groups=sg-1
            asg asg-1 subnets=b groups=sg-1
        "]);
        let (given, made_up) = given(&network);
        let nodes: Vec<_> = given
            .model()
            .network_interfaces
            .values()
            .filter(|noun| noun.description.starts_with("ELB "))
            .map(|noun| (noun.addresses.clone(), noun.stand_in))
            .collect();
        let address = |private: [u8; 4], public: [u8; 4]| {
            (vec![PrivateAddress { private: private.into(), public: Some(public.into()) }], None)
        };
        assert_eq!(
            nodes,
            [address([10, 0, 0, 13], [203, 0, 113, 253]), address([10, 0, 1, 14], [203, 0, 113, 252])]
        );
        assert_eq!(made_up.len(), 2);
        assert!(made_up[0].contains("10.0.0.13 and 203.0.113.253 in a"), "{made_up:?}");
        let members = |network: &Network| {
            let nouns = network.model().network_interfaces.values();
            nouns.filter(|noun| noun.stand_in == Some(StandIn::AutoScalingMember)).count()
        };
        assert_eq!((members(&network), members(&given)), (1, 1));
        let balancer = given.model().load_balancers.ix("lb-1").unwrap();
        assert_eq!(given.resolved().nodes_of(balancer).len(), 2);
        // With their addresses, nothing is left to make up.
        assert!(super::given(&given).1.is_empty());
    }
}
