//! A company's VPCs after some years: of all sizes, joined in several ways, with rules that nobody tidied.

mod acls;
mod balancers;
mod gateways;
mod instances;
mod lists;
mod peering;
mod rules;
mod site;
mod transit;

use self::site::Site;
use super::random::Random;
use super::{Export, vpc};

/// Interfaces for each VPC, on average: hundreds of VPCs at 100,000.
const PER_VPC: usize = 250;
/// Each has a /20 of 10.0.0.0/8.
const MOST_VPCS: usize = 4096;

/// VPCs of all sizes: peering, transit gateways, prefix lists, IPv6, load balancers, NAT gateways, endpoints, shared
/// groups with hundreds of members, groups of up to 60 rules and lists of up to 40 entries with blocks that cut
/// subnets. From a few hundred interfaces on there are as many as asked for; what VPCs begin with sets the least.
pub fn realistic(interfaces: usize, seed: u64) -> Export {
    let mut random = Random::new(seed);
    let mut export = Export::default();
    let count = (interfaces / PER_VPC).clamp(4, MOST_VPCS);
    let mut sites: Vec<Site> = (0..count).map(|number| Site::new(number, &mut random)).collect();
    let lists = lists::write(&mut export, &mut random, &sites);
    let transit = transit::write(&mut export, &mut random, &sites);
    let peerings = peering::write(&mut export, &mut random, &sites);
    let mut balancers = Vec::new();
    for site in &mut sites {
        site.write(&mut export);
        gateways::write(&mut export, &mut random, site, &transit, &peerings);
        acls::write(&mut export, &mut random, site);
        balancers.extend(balancers::write(&mut export, &mut random, site));
    }
    let rest = interfaces.saturating_sub(export.count("describe-network-interfaces"));
    let shares = instances::shares(&mut random, rest, count);
    let services: Vec<Vec<usize>> =
        shares.iter().map(|&share| instances::services(&mut random, share)).collect();
    for (site, services) in sites.iter_mut().zip(&services) {
        instances::write(&mut export, &mut random, site, services);
    }
    let counts: Vec<usize> = services.iter().map(Vec::len).collect();
    for site in &sites {
        rules::write(&mut export, &mut random, site, &counts, &lists, &peerings);
    }
    for balancer in &balancers {
        let members = services.get(balancer.site).map_or(0, |services| services.iter().sum());
        balancer.register(&mut export, &mut random, members);
    }
    export
}
