//! The keys below `network`.

use ipnet::IpNet;
use model::LoadBalancerType;
use saphyr::{MarkedYaml, Scalar, YamlData};

use super::{Listens, PlannedLoadBalancer, PlannedSubnet, PlannedVpc, Tier, WayOut};
use crate::intent::node::Reader;
use crate::question::{self, Ends, Term, shown};
use crate::suggest::closest;

/// The keys of a VPC.
pub(in crate::intent) const VPC: [&str; 7] =
    ["cidrs", "public", "nat", "private", "nat-gateway", "tiers", "load-balancers"];
/// The keys of a load balancer.
pub(in crate::intent) const BALANCER: [&str; 4] = ["kind", "internal", "subnets", "listens"];

const KINDS: [(&str, LoadBalancerType); 3] = [
    ("application", LoadBalancerType::Application),
    ("network", LoadBalancerType::Network),
    ("classic", LoadBalancerType::Classic),
];

/// The sizes of IPv4 blocks that VPCs and subnets may have (S8.2).
const SIZES: std::ops::RangeInclusive<u8> = 16..=28;

/// The VPCs below `network`.
pub(in crate::intent) fn network<'t>(reader: &mut Reader<'t>, node: &MarkedYaml<'t>) -> Vec<PlannedVpc> {
    let mut vpcs = Vec::new();
    // Lines speak of subnets, tiers and load balancers by their names alone.
    let mut taken = Vec::new();
    for (name, key, value) in reader.mapping(node, "`network`") {
        if is_name(reader, name, key, &mut taken) {
            vpcs.extend(vpc(reader, name, key, value, &mut taken));
        }
    }
    vpcs
}

fn vpc<'t>(
    reader: &mut Reader<'t>,
    name: &str,
    key: &MarkedYaml<'t>,
    node: &MarkedYaml<'t>,
    taken: &mut Vec<String>,
) -> Option<PlannedVpc> {
    let fields = reader.fields(node, "a VPC", &VPC);
    let field = |wanted: &str| fields.iter().find(|(name, ..)| *name == wanted).map(|(_, _, value)| *value);
    let Some(cidrs) = field("cidrs") else {
        let help = "write `cidrs: 10.0.0.0/16`".to_owned();
        reader.error(key, format!("the VPC {} without `cidrs`", shown(name)), Some(help));
        return None;
    };
    let mut vpc = PlannedVpc {
        name: name.to_owned(),
        place: reader.place(key),
        cidrs: blocks(reader, cidrs).into_iter().map(|(block, _)| block).collect(),
        subnets: Vec::new(),
        nat_gateway: None,
        tiers: Vec::new(),
        load_balancers: Vec::new(),
    };
    for (wanted, way_out) in [("public", WayOut::Internet), ("nat", WayOut::Nat), ("private", WayOut::None)] {
        if let Some(node) = field(wanted) {
            subnets(reader, node, way_out, &mut vpc, taken);
        }
    }
    if let Some(node) = field("nat-gateway") {
        let public = vpc.subnets.iter().filter(|subnet| subnet.way_out == WayOut::Internet);
        let public: Vec<&str> = public.map(|subnet| subnet.name.as_str()).collect();
        vpc.nat_gateway = one_of(reader, node, "a subnet below `public`", &public);
    } else if let Some(node) = field("nat") {
        let help = "write `nat-gateway: NAME`, the subnet below `public` that it is in".to_owned();
        reader.error(node, "subnets behind a NAT gateway, and no `nat-gateway`", Some(help));
    }
    let names: Vec<String> = vpc.subnets.iter().map(|subnet| subnet.name.clone()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for (name, key, value) in field("tiers").map_or(Vec::new(), |node| reader.mapping(node, "`tiers`")) {
        if is_name(reader, name, key, taken) {
            vpc.tiers.push(Tier { name: name.to_owned(), subnets: all_of(reader, value, &names) });
        }
    }
    let balancers = field("load-balancers");
    for (name, key, value) in balancers.map_or(Vec::new(), |node| reader.mapping(node, "`load-balancers`")) {
        if is_name(reader, name, key, taken) {
            let balancer = load_balancer(reader, name, value, &names, &vpc.tiers);
            vpc.load_balancers.extend(balancer);
        }
    }
    Some(vpc)
}

/// Whether a name is one that lines can speak of, and that nothing else has.
fn is_name(reader: &mut Reader<'_>, name: &str, key: &MarkedYaml<'_>, taken: &mut Vec<String>) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let term =
        matches!(question::parse_ends(name), Ok(Ends::Term(term)) if matches!(term.node, Term::Name(_)));
    if !term || !name.chars().all(plain) {
        let help = "expected letters, digits and `-`, and no word that questions have".to_owned();
        reader.error(key, format!("{} is no name for it", shown(name)), Some(help));
        return false;
    }
    if taken.iter().any(|other| other == name) {
        reader.error(key, format!("{} is the name of something else too", shown(name)), None);
        return false;
    }
    taken.push(name.to_owned());
    true
}

fn subnets<'t>(
    reader: &mut Reader<'t>,
    node: &MarkedYaml<'t>,
    way_out: WayOut,
    vpc: &mut PlannedVpc,
    taken: &mut Vec<String>,
) {
    for (name, key, value) in reader.mapping(node, "subnets") {
        if !is_name(reader, name, key, taken) {
            continue;
        }
        let mut cidrs = Vec::new();
        for (block, at) in blocks(reader, value) {
            let meets = |other: &IpNet| other.contains(&block) || block.contains(other);
            let others = vpc.subnets.iter().find(|subnet| subnet.cidrs.iter().any(meets));
            if !vpc.cidrs.iter().any(|own| own.contains(&block)) {
                reader.error(at, format!("{block} is not in the VPC {}", shown(&vpc.name)), None);
            } else if let Some(other) = others {
                reader.error(at, format!("{block} overlaps the subnet {}", shown(&other.name)), None);
            } else {
                cidrs.push(block);
            }
        }
        vpc.subnets.push(PlannedSubnet { name: name.to_owned(), cidrs, way_out });
    }
}

/// One item, or a list of them.
fn items<'n, 't>(node: &'n MarkedYaml<'t>) -> &'n [MarkedYaml<'t>] {
    match &node.data {
        YamlData::Sequence(items) => items,
        _ => std::slice::from_ref(node),
    }
}

/// One block or several, each with its place.
fn blocks<'n, 't>(reader: &mut Reader<'t>, node: &'n MarkedYaml<'t>) -> Vec<(IpNet, &'n MarkedYaml<'t>)> {
    let mut found = Vec::new();
    for item in items(node) {
        let Some(text) = reader.text(item, "a block such as 10.0.0.0/16") else { continue };
        match text.parse::<IpNet>() {
            Ok(block) if block.trunc() != block => {
                let help = Some(format!("did you mean `{}`?", block.trunc()));
                reader.error(item, format!("{} has bits set behind its prefix", shown(&text)), help);
            }
            Ok(IpNet::V4(block)) if !SIZES.contains(&block.prefix_len()) => {
                let message = format!(
                    "{} is of a size that AWS refuses: expected /{} to /{}",
                    shown(&text),
                    SIZES.start(),
                    SIZES.end()
                );
                reader.error(item, message, None);
            }
            Ok(block) => found.push((block, item)),
            Err(_) => {
                let message = format!("expected a block such as 10.0.0.0/16, found {}", shown(&text));
                reader.error(item, message, None);
            }
        }
    }
    found
}

/// A name that has to be one of some.
fn one_of(reader: &mut Reader<'_>, node: &MarkedYaml<'_>, what: &str, known: &[&str]) -> Option<String> {
    let text = reader.text(node, what)?;
    if known.contains(&text.as_str()) {
        return Some(text);
    }
    let help = match closest(&text, known.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if known.is_empty() => "there is none".to_owned(),
        None => format!("there are {}", known.join(", ")),
    };
    reader.error(node, format!("expected {what}, found {}", shown(&text)), Some(help));
    None
}

/// Subnets of the VPC, one at least.
fn all_of<'t>(reader: &mut Reader<'t>, node: &MarkedYaml<'t>, subnets: &[&str]) -> Vec<String> {
    let found: Vec<String> =
        items(node).iter().filter_map(|item| one_of(reader, item, "a subnet of the VPC", subnets)).collect();
    if items(node).is_empty() {
        reader.error(node, "expected one subnet at least", None);
    }
    found
}

fn load_balancer<'t>(
    reader: &mut Reader<'t>,
    name: &str,
    node: &MarkedYaml<'t>,
    subnets: &[&str],
    tiers: &[Tier],
) -> Option<PlannedLoadBalancer> {
    let kinds = KINDS.map(|(word, _)| word);
    let (mut kind, mut internal, mut placed, mut listens) = (None, false, Vec::new(), Vec::new());
    for (key, _, value) in reader.fields(node, "a load balancer", &BALANCER) {
        match key {
            "kind" => {
                let word = one_of(reader, value, "application, network or classic", &kinds);
                kind = word.and_then(|word| KINDS.iter().find(|(known, _)| *known == word));
            }
            "internal" => match value.data {
                YamlData::Value(Scalar::Boolean(flag)) => internal = flag,
                _ => reader.error(value, "`internal`: expected true or false", None),
            },
            "subnets" => placed = all_of(reader, value, subnets),
            _ => listens.extend(items(value).iter().filter_map(|item| listener(reader, item, tiers))),
        }
    }
    let missing = [("kind", kind.is_none()), ("subnets", placed.is_empty()), ("listens", listens.is_empty())];
    let missing = missing.iter().find(|(_, missing)| *missing);
    if let Some((key, _)) = missing.filter(|_| reader.errors.is_empty()) {
        let help = "write `{ kind: application, subnets: [public-a], listens: 443 -> web:8080 }`".to_owned();
        reader.error(node, format!("the load balancer {} without `{key}`", shown(name)), Some(help));
    }
    let kind = kind?.1;
    Some(PlannedLoadBalancer { name: name.to_owned(), kind, internal, subnets: placed, listens })
}

/// `443 -> web:8080`.
fn listener(reader: &mut Reader<'_>, node: &MarkedYaml<'_>, tiers: &[Tier]) -> Option<Listens> {
    const WANTED: &str = "a port and what is behind it, such as `443 -> web:8080`";
    let text = reader.text(node, WANTED)?;
    let parts = text.split_once("->").and_then(|(port, behind)| {
        let (tier, target) = behind.trim().rsplit_once(':')?;
        Some((port.trim().parse().ok()?, tier.to_owned(), target.parse().ok()?))
    });
    let Some((port, tier, target)) = parts else {
        reader.error(node, format!("expected {WANTED}, found {}", shown(&text)), None);
        return None;
    };
    if !tiers.iter().any(|known| known.name == tier) {
        let help = closest(&tier, tiers.iter().map(|tier| tier.name.as_str()));
        let help = help.map(|meant| format!("did you mean `{meant}`?"));
        reader.error(node, format!("no tier of the VPC is called {}", shown(&tier)), help);
        return None;
    }
    Some(Listens { port, tier, target })
}
