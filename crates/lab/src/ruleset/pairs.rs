//! Pairs of addresses whose packets take certain ways. By its subnet's route table the sender of a request decides
//! whether groups keep track of it (S1.34) and whether references to groups match (S1.18), and a fabric sees its address.

use std::ops::RangeInclusive;

use engine::Network;
use engine::transit_route::Next as Towards;
use ipnet::IpNet;
use model::AttachmentKind;
use space::{Diagrams, Family, Field, Region, Set, Space, address_range, from_value};

use super::next::{Next, parts, transit_parts};
use super::script::{FAMILIES, Script, digit};
use crate::stage::Stage;
use crate::topology::{Plan, SubnetPlan};

/// The sets of a fabric: `s_tracked` of requests that groups keep track of whatever their rules say, `s_over` of those
/// over a transit gateway, `s_refers` of those of them whose sender's groups the receiver knows; and `s_translating`, the
/// addresses of NAT gateways.
pub(super) fn write(script: &mut Script, network: &Network, plan: &Plan, vpc: usize) {
    for family in FAMILIES {
        let [tracked, over, refers] = of_family(network, plan, vpc, family);
        let (digit, address) = (digit(family), if family == Family::V4 { "ipv4_addr" } else { "ipv6_addr" });
        let kind = format!("type {address} . {address}; flags interval");
        for (name, senders) in [("s_tracked", tracked), ("s_over", over), ("s_refers", refers)] {
            script.set("set", &format!("{name}{digit}"), &kind, &senders);
        }
        let translating = plan.ways.nat_gateways.iter().filter(|_| family == Family::V4);
        let addresses = translating.flat_map(|nat| [Some(nat.private), nat.public]).flatten();
        let mut addresses: Vec<_> = addresses.map(|address| address.to_string()).collect();
        addresses.dedup();
        script.set("set", &format!("s_translating{digit}"), &format!("type {address};"), &addresses);
    }
}

/// Who sends, and the destinations that are meant.
type Senders = Vec<(IpNet, Set)>;

fn of_family(network: &Network, plan: &Plan, vpc: usize, family: Family) -> [Vec<String>; 3] {
    let model = network.model();
    let mut sets = Diagrams::new();
    let mut found: [Senders; 3] = [Vec::new(), Vec::new(), Vec::new()];
    let within = |blocks: &[IpNet], sets: &mut Diagrams| {
        let blocks = blocks.iter().filter(|block| Family::of(block.addr()) == family);
        let regions = blocks.map(|block| Region::FULL.remote(address_range(*block)));
        regions.fold(Set::EMPTY, |all, region| {
            let block = sets.region(&region);
            sets.union(all, block)
        })
    };
    for (from, sender) in plan.vpcs.iter().enumerate() {
        let receivers = plan.vpcs.get(vpc).map_or(&[][..], |vpc| &model.vpcs.at(vpc.vpc).cidrs);
        let receivers = within(receivers, &mut sets);
        for &SubnetPlan { subnet, .. } in &sender.subnets {
            let own = &model.subnets.at(subnet).cidrs;
            // Neighbours are not routed to (S3.11).
            let near = within(own, &mut sets);
            let mut of_subnet = [Set::EMPTY; 3];
            for (next, part) in parts(network, plan, from, subnet, family, &mut sets) {
                let part = sets.subtract(part, near);
                let part = if from == vpc { part } else { sets.intersect(part, receivers) };
                let [over, refers] = match next {
                    Next::Attached(number) => {
                        handed_over(network, plan, (number, vpc), part, family, &mut sets)
                    }
                    _ => [Set::EMPTY; 2],
                };
                let tracked = if keeps_track(next) { part } else { Set::EMPTY };
                for (all, new) in of_subnet.iter_mut().zip([tracked, over, refers]) {
                    *all = sets.union(*all, new);
                }
            }
            for (senders, destinations) in found.iter_mut().zip(of_subnet) {
                let blocks = own.iter().filter(|block| Family::of(block.addr()) == family);
                senders
                    .extend(blocks.filter(|_| !destinations.is_empty()).map(|block| (*block, destinations)));
            }
        }
    }
    found.map(|senders| elements(&senders, family, &mut sets))
}

/// Whether groups keep track of what goes there: devices that do so, be they there or not (S1.34).
fn keeps_track(next: Next) -> bool {
    match next {
        Next::NatGateway(_) | Next::Attached(_) | Next::EgressOnly => true,
        Next::Nowhere(stage) => {
            matches!(stage, Stage::NotAttached | Stage::NoAttachmentInZone | Stage::NotAvailable)
        }
        Next::Local | Next::Gateway | Next::Peering(_) | Next::GatewayPeering(_) => false,
    }
}

/// The destinations that a transit gateway hands to the receiver's VPC, and those of them to which it and both attachments
/// carry references (S1.18, S1.19). What it hands to another VPC comes from there by the internet, if at all.
fn handed_over(
    network: &Network,
    plan: &Plan,
    (number, receiver): (u32, usize),
    part: Set,
    family: Family,
    sets: &mut Diagrams,
) -> [Set; 2] {
    let [mut over, mut refers] = [Set::EMPTY; 2];
    let model = network.model();
    let receiver = plan.vpcs.get(receiver).map(|vpc| &model.vpcs.at(vpc.vpc).id);
    let Some(attached) = plan.ways.attached(number) else { return [over, refers] };
    let Some(gateway) = plan.ways.transit_gateways.get(attached.gateway) else { return [over, refers] };
    let carries = |attachment| network.carries_references(&gateway.id, attachment);
    let parts = transit_parts(network, plan, attached.gateway, attached.attachment, part, family, sets);
    for (towards, part) in parts {
        let Towards::Attachments(attachments, _) = towards else { continue };
        // Where several share the load, the lab takes the first.
        let Some(&to) = attachments.first() else { continue };
        let noun = model.transit_gateway_attachments.at(to);
        if noun.kind != AttachmentKind::Vpc || noun.resource.as_ref() != receiver {
            continue;
        }
        over = sets.union(over, part);
        if carries(attached.attachment) && carries(to) {
            refers = sets.union(refers, part);
        }
    }
    [over, refers]
}

/// The elements of a set of pairs. Blocks of senders may be the same or lie in one another, in several VPCs; nft wants
/// elements that do not.
fn elements(senders: &Senders, family: Family, sets: &mut Diagrams) -> Vec<String> {
    let range = |block: &IpNet| address_range(*block);
    let mut bounds: Vec<u128> = senders.iter().map(|(block, _)| *range(block).start()).collect();
    bounds.extend(senders.iter().map(|(block, _)| range(block).end().saturating_add(1)));
    bounds.sort_unstable();
    bounds.dedup();
    let mut found = Vec::new();
    for (low, next) in bounds.iter().zip(bounds.iter().skip(1)) {
        let of_sender = senders.iter().filter(|(block, _)| range(block).contains(low));
        let destinations = of_sender.map(|(_, set)| *set).collect::<Vec<_>>();
        let destinations = destinations.into_iter().fold(Set::EMPTY, |all, set| sets.union(all, set));
        let ranges = sets.ranges(destinations, Field::Remote);
        let from = text(&(*low..=next.saturating_sub(1)), family);
        found.extend(ranges.iter().map(|range| format!("{from} . {}", text(range, family))));
    }
    found
}

fn text(range: &RangeInclusive<u128>, family: Family) -> String {
    let end = |value: u128| from_value(family, value).map_or(String::new(), |address| address.to_string());
    format!("{}-{}", end(*range.start()), end((*range.end()).min(family.last_address())))
}
