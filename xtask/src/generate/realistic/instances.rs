//! Instances: how many a VPC has, what they are for, and where they are.

use super::super::Export;
use super::super::interface::{Interface, public_address};
use super::super::random::Random;
use super::super::security_group::id as group_id;
use super::site::{Site, Tier};

/// Divides instances among VPCs, of which a few are large.
pub(super) fn shares(random: &mut Random, instances: usize, sites: usize) -> Vec<usize> {
    let weights: Vec<usize> =
        (0..sites).map(|_| random.within(1..=6) * if random.percent(10) { 4 } else { 1 }).collect();
    let all: usize = weights.iter().sum::<usize>().max(1);
    let mut shares: Vec<usize> = weights.iter().map(|weight| instances * weight / all).collect();
    let rest = instances - shares.iter().sum::<usize>();
    shares.iter_mut().take(rest).for_each(|share| *share += 1);
    shares
}

/// Divides the instances of a VPC among services.
pub(super) fn services(random: &mut Random, mut instances: usize) -> Vec<usize> {
    let mut services = Vec::new();
    while instances > 0 {
        let members = random.within(2..=14).min(instances);
        instances -= members;
        services.push(members);
    }
    services
}

/// The name of a service's group.
pub(super) fn group(site: usize, service: usize) -> String {
    format!("service-{site:04}-{service}")
}

/// The name of the group that all instances of a VPC share.
pub(super) fn shared(site: usize) -> String {
    format!("shared-{site:04}")
}

/// The id of an instance by its place in the VPC.
pub(super) fn instance(site: usize, position: usize) -> String {
    format!("{site:04}-{position}")
}

/// Writes the instances of a VPC.
pub(super) fn write(export: &mut Export, random: &mut Random, site: &mut Site, services: &[usize]) {
    let mut position = 0;
    for (service, &members) in services.iter().enumerate() {
        let tier = match random.below(10) {
            0 if site.has_internet => Tier::Public,
            1 | 2 => Tier::Data,
            _ => Tier::Private,
        };
        let is_windows = random.percent(15);
        for _ in 0..members {
            let number = export.count("describe-network-interfaces");
            // What is full overflows into what is like it.
            let mut places: Vec<usize> = (0..site.subnets.len()).collect();
            random.shuffle(&mut places);
            places.sort_by_key(|&place| site.subnets.get(place).is_none_or(|subnet| subnet.tier != tier));
            let found = places.into_iter().find_map(|place| {
                let subnet = site.subnets.get_mut(place)?;
                let (address, ipv6) = subnet.next()?;
                Some((place, address, ipv6))
            });
            let Some((place, address, ipv6)) = found else { continue };
            let Some(subnet) = site.subnets.get(place) else { continue };
            let name = instance(site.number, position);
            let interface = Interface {
                id: format!("eni-{name}"),
                vpc: &site.id,
                subnet: &subnet.id,
                zone: subnet.zone,
                address,
                ipv6,
                public: (subnet.tier == Tier::Public).then(|| public_address(number)),
                groups: vec![group_id(&shared(site.number)), group_id(&group(site.number, service))],
                service: None,
            };
            interface.write_with_instance(export, &name, is_windows);
            position += 1;
        }
    }
}
