//! AWS services as ends: by the interface endpoints of the client's VPC, else by their public addresses (S3.35, S3.36).

use engine::Network;
use model::{EndpointType, Id, Noun};
use space::Family;

use super::resolve::{internet, primary_ends};
use super::{Held, Outside};

/// What a service's name in a question stands for, where that is more than the endpoint of the same name.
const COMPONENTS: [(&str, &[&str]); 3] = [
    // Session Manager and Run Command need all three.
    ("ssm", &["ssm", "ssmmessages", "ec2messages"]),
    // Pulling an image takes its layers from S3.
    ("ecr", &["ecr.api", "ecr.dkr", "s3"]),
    ("cloudwatch", &["monitoring", "logs"]),
];

/// A part of a service, and how clients of one VPC reach it.
pub(crate) struct AwsEnd {
    /// What it is called in answers.
    pub(crate) name: String,
    /// The interfaces of its endpoints.
    pub(crate) held: Vec<Held>,
    /// Its public addresses, where no endpoint's private DNS name hides them.
    pub(crate) outside: Outside,
}

/// The parts of a service as clients of a VPC reach them, in one family.
pub(crate) fn ends_of_service(network: &Network, vpc: &Id, service: &str, family: Family) -> Vec<AwsEnd> {
    let parts = COMPONENTS.iter().find(|(name, _)| *name == service).map(|(_, parts)| *parts);
    match parts {
        Some(parts) => parts.iter().filter_map(|part| end_of(network, vpc, part, family)).collect(),
        None => end_of(network, vpc, service, family).into_iter().collect(),
    }
}

fn end_of(network: &Network, vpc: &Id, part: &str, family: Family) -> Option<AwsEnd> {
    let model = network.model();
    let is = |name: &str| name == part || name.ends_with(&format!(".{part}"));
    let endpoints = model.vpc_endpoints.values().filter(|endpoint| {
        endpoint.vpc == *vpc
            && endpoint.endpoint_type == EndpointType::Interface
            && endpoint.private_dns
            && is(&endpoint.service_name)
    });
    let interfaces = endpoints.flat_map(|endpoint| {
        endpoint.network_interfaces.iter().filter_map(|id| model.network_interfaces.ix(id.as_str()))
    });
    let held: Vec<Held> = interfaces
        .flat_map(|interface| primary_ends(network, interface).held)
        .filter(|held| Family::of(held.holder.address) == family)
        .collect();
    if !held.is_empty() {
        return Some(AwsEnd { name: part.to_owned(), held, outside: Outside::default() });
    }
    let mut outside = Outside::default();
    let lists = model.prefix_lists.values().filter(|list| {
        let name = list.name().unwrap_or_default();
        name.starts_with("com.amazonaws.") && is(name)
    });
    for entry in lists.filter_map(|list| list.entries.as_ref()).flatten() {
        if Family::of(entry.cidr.addr()) == family {
            outside.add_block(entry.cidr);
        }
    }
    if outside.is_empty() {
        // Where on the internet a service is, no export says; IPv6 names are the exception.
        if family == Family::V6 {
            return None;
        }
        // The addresses of AWS's prefix lists are those of other services.
        outside = internet(network, family).outside;
        for block in network.services_of_aws().iter().filter(|block| Family::of(block.addr()) == family) {
            outside.remove_block(*block);
        }
    }
    Some(AwsEnd { name: part.to_owned(), held, outside })
}
