//! From a question's terms to ends, with 'did you mean' for what nothing is called, and candidates for what several
//! things are.

use std::net::IpAddr;
use std::ops::Range;

use engine::reach::primary_addresses;
use engine::{Network, Seen};
use ipnet::IpNet;
use model::{Holder, Ix, NetworkInterface, Noun, OtherKind, Target};
use space::Family;
use wildmatch::WildMatch;

use super::names::Named;
use super::{EndSet, Held, Names, function_of, is_end};
use crate::question::{Ends, Kind, QuestionError, SetOp, Term, shown};
use crate::suggest::closest;

/// The ends that a side of a question speaks of. A term that names nobody is an error.
pub fn resolve(names: &Names<'_>, ends: &Ends) -> Result<EndSet, QuestionError> {
    resolve_with(names, ends, false)
}

/// The ends that a side of an intent speaks of: a group without members is one that has none now.
pub(crate) fn resolve_even_nobody(names: &Names<'_>, ends: &Ends) -> Result<EndSet, QuestionError> {
    resolve_with(names, ends, true)
}

fn resolve_with(names: &Names<'_>, ends: &Ends, nobody: bool) -> Result<EndSet, QuestionError> {
    match ends {
        Ends::Term(term) => {
            let set = resolve_term(names, &term.node, &term.span)?;
            if !nobody
                && set.is_empty()
                && !matches!(term.node, Term::Internet | Term::Internet6 | Term::Everything)
            {
                let message = format!("{} names no network interface", shown(&term.node.to_string()));
                return Err(QuestionError::new(term.span.clone(), message)
                    .help("name something that has one, or an address"));
            }
            Ok(set)
        }
        Ends::Set { op, left, right, .. } => {
            let left = resolve_with(names, left, nobody)?;
            let right = resolve_with(names, right, nobody)?;
            Ok(match op {
                SetOp::Union => left.union(right),
                SetOp::Intersection => left.intersection(&right),
                SetOp::Difference => left.difference(&right),
            })
        }
    }
}

fn resolve_term(names: &Names<'_>, term: &Term, span: &Range<usize>) -> Result<EndSet, QuestionError> {
    let network = names.network;
    Ok(match term {
        Term::Name(name) => return named(names, name, span),
        Term::Selector { kind, glob } => return selected(names, *kind, glob, span),
        Term::Tag { key, glob } => {
            let pattern = WildMatch::new(glob);
            let matches = |tags: &model::Tags| tags.get(key).is_some_and(|value| pattern.matches(value));
            interfaces(network, |ix, noun| {
                let instance = network.resolved().instance_of(ix).map(|ix| network.model().instances.at(ix));
                matches(&noun.tags) || instance.is_some_and(|instance| matches(&instance.tags))
            })
        }
        Term::Net { net, .. } => block(network, *net),
        Term::Internet => internet(network, Family::V4),
        Term::Internet6 => internet(network, Family::V6),
        Term::Me => match names.me {
            Some(address) => block(network, IpNet::from(address)),
            None => {
                return Err(QuestionError::new(span.clone(), "nobody said which address `me` is").help(
                    "give it with `--me ADDRESS`, or as `me:` in portcullis.yaml; nothing is looked up",
                ));
            }
        },
        Term::Everything => interfaces(network, |_, _| true)
            .union(internet(network, Family::V4))
            .union(internet(network, Family::V6)),
        Term::Aws(service) => EndSet { aws: vec![service.clone()], ..EndSet::default() },
    })
}

/// What exactly one thing is called.
fn named(names: &Names<'_>, name: &str, span: &Range<usize>) -> Result<EndSet, QuestionError> {
    if let Some(defined) = names.defined(name) {
        return Ok(defined.clone());
    }
    let network = names.network;
    let mut candidates = names.exactly(name).to_vec();
    // An instance and its interface often share a name, and mean the same.
    let instances: Vec<_> =
        candidates.iter().filter(|named| matches!(named, Named::Instance(_))).copied().collect();
    if let [Named::Instance(instance)] = instances.as_slice() {
        let own = network.resolved().interfaces_of(&network.model().instances.at(*instance).id);
        candidates.retain(|named| !matches!(named, Named::Interface(ix) if own.contains(ix)));
    }
    match candidates.as_slice() {
        [] => {
            let help = closest(name, names.all()).map(|meant| format!("did you mean `{meant}`?"));
            Err(QuestionError::new(span.clone(), format!("nothing is called {}", shown(name)))
                .maybe_help(help))
        }
        [one] => Ok(ends_of(network, *one)),
        several => {
            let list = several.iter().take(8).map(|named| {
                let (_, kind, id) = named.describe(network);
                format!("`{id}` ({kind})")
            });
            let list = list.collect::<Vec<_>>().join(", ");
            let more = several.len().saturating_sub(8);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let word = several.first().and_then(|named| named.describe(network).0).unwrap_or("i");
            Err(QuestionError::new(span.clone(), format!("{} is ambiguous: {list}{more}", shown(name)))
                .help(format!("write one of the ids, or `{word}:{name}` for all that are called so")))
        }
    }
}

/// Everything of a kind whose id or name matches a pattern.
fn selected(names: &Names<'_>, kind: Kind, glob: &str, span: &Range<usize>) -> Result<EndSet, QuestionError> {
    let network = names.network;
    let model = network.model();
    let pattern = WildMatch::new(glob);
    // Most are names, and large networks have many to look at.
    let plain = !glob.contains(['*', '?']);
    let is = |text: &str| if plain { text == glob } else { pattern.matches(text) };
    fn any<T: Noun>(noun: &T, is: impl Fn(&str) -> bool) -> bool {
        is(noun.id().as_str()) || noun.name().is_some_and(is)
    }
    let found: Vec<Named> = match kind {
        Kind::SecurityGroup => (model.security_groups.iter())
            .filter(|(_, noun)| any(*noun, is) || noun.name.as_deref().is_some_and(is))
            .map(|(ix, _)| Named::SecurityGroup(ix))
            .collect(),
        Kind::Subnet => {
            model.subnets.iter().filter(|(_, noun)| any(*noun, is)).map(|(ix, _)| Named::Subnet(ix)).collect()
        }
        Kind::Vpc => {
            model.vpcs.iter().filter(|(_, noun)| any(*noun, is)).map(|(ix, _)| Named::Vpc(ix)).collect()
        }
        Kind::NetworkInterface => (model.network_interfaces.iter())
            .filter(|(_, noun)| any(*noun, is))
            .map(|(ix, _)| Named::Interface(ix))
            .collect(),
        Kind::Instance => model
            .instances
            .iter()
            .filter(|(_, noun)| any(*noun, is))
            .map(|(ix, _)| Named::Instance(ix))
            .collect(),
        Kind::AutoScalingGroup => {
            let groups: Vec<Named> = (model.auto_scaling_groups.iter())
                .filter(|(_, noun)| any(*noun, is) || noun.name.as_deref().is_some_and(is))
                .map(|(ix, _)| Named::AutoScalingGroup(ix))
                .collect();
            // Where the export lacks the groups, their instances still say whose they are.
            let tagged = model.instances.iter().filter(|(_, noun)| noun.auto_scaling_group().is_some_and(is));
            match groups.is_empty() {
                true => tagged.map(|(ix, _)| Named::Instance(ix)).collect(),
                false => groups,
            }
        }
        Kind::LoadBalancer => (model.load_balancers.iter())
            .filter(|(_, noun)| any(*noun, is) || noun.name.as_deref().is_some_and(is))
            .map(|(ix, _)| Named::LoadBalancer(ix))
            .collect(),
        Kind::TargetGroup => (model.target_groups.iter())
            .filter(|(_, noun)| any(*noun, is) || noun.name.as_deref().is_some_and(is))
            .map(|(ix, _)| Named::TargetGroup(ix))
            .collect(),
        Kind::VpcEndpoint => (model.vpc_endpoints.iter())
            .filter(|(_, noun)| any(*noun, is))
            .map(|(ix, _)| Named::Endpoint(ix))
            .collect(),
        Kind::PrefixList => (model.prefix_lists.iter())
            .filter(|(_, noun)| any(*noun, is))
            .map(|(ix, _)| Named::PrefixList(ix))
            .collect(),
        Kind::AvailabilityZone => (model.subnets.iter())
            .filter(|(_, noun)| {
                [&noun.availability_zone, &noun.availability_zone_id]
                    .into_iter()
                    .flatten()
                    .any(|id| is(id.as_str()))
            })
            .map(|(ix, _)| Named::Subnet(ix))
            .collect(),
        Kind::Account => (model.network_interfaces.iter())
            .filter(|(_, noun)| noun.owner.as_ref().is_some_and(|owner| is(owner.as_str())))
            .map(|(ix, _)| Named::Interface(ix))
            .collect(),
        Kind::Function => (model.network_interfaces.iter())
            .filter(|(_, noun)| function_of(noun).is_some_and(is))
            .map(|(ix, _)| Named::Interface(ix))
            .collect(),
        Kind::Database => (model.others.iter())
            .filter(|(_, noun)| noun.kind == OtherKind::DbInstance && any(*noun, is))
            .map(|(ix, _)| Named::Other(ix))
            .collect(),
        // What carries, guards or counts connections is at no end of one; `show` knows these.
        Kind::InternetGateway
        | Kind::EgressOnlyInternetGateway
        | Kind::NatGateway
        | Kind::NetworkAcl
        | Kind::RouteTable
        | Kind::ElasticIp
        | Kind::VpcEndpointService
        | Kind::VpcPeeringConnection
        | Kind::TransitGateway
        | Kind::TransitGatewayAttachment
        | Kind::TransitGatewayRouteTable
        | Kind::VpnGateway
        | Kind::VpnConnection
        | Kind::Listener
        | Kind::LaunchTemplate => {
            let message = format!("`{}:` names no ends of connections", kind.word());
            return Err(QuestionError::new(span.clone(), message)
                .help("name something that has a network interface, or an address"));
        }
    };
    if found.is_empty() {
        let message = format!("nothing matches `{}:{glob}`", kind.word());
        let help = closest(glob, names.all()).map(|meant| format!("did you mean `{meant}`?"));
        return Err(QuestionError::new(span.clone(), message).maybe_help(help));
    }
    Ok(EndSet::union_of(found.into_iter().map(|named| ends_of(network, named))))
}

/// The ends that a resource stands for.
fn ends_of(network: &Network, named: Named) -> EndSet {
    let model = network.model();
    match named {
        Named::Interface(ix) => primary_ends(network, ix),
        Named::Instance(ix) => {
            // The guest sends from, and is known by, its primary interface.
            let own = network.resolved().interfaces_of(&model.instances.at(ix).id);
            let primary = own.iter().min_by_key(|ix| model.network_interfaces.at(**ix).device_index);
            primary.map_or_else(EndSet::default, |ix| primary_ends(network, *ix))
        }
        Named::SecurityGroup(ix) => {
            let members = network.resolved().members_of(ix).iter();
            EndSet { held: members.flat_map(|ix| primaries(network, *ix)).collect(), ..EndSet::default() }
        }
        Named::Subnet(subnet) => {
            interfaces(network, |ix, _| network.resolved().subnet_of(ix) == Some(subnet))
        }
        Named::Vpc(vpc) => {
            let id = &model.vpcs.at(vpc).id;
            interfaces(network, |_, noun| noun.vpc == *id)
        }
        Named::PrefixList(ix) => {
            let noun = model.prefix_lists.at(ix);
            match &noun.entries {
                Some(entries) => EndSet::union_of(entries.iter().map(|entry| block(network, entry.cidr))),
                None => EndSet {
                    unmodelled: vec![format!(
                        "the entries of prefix list `{}` are not in the export",
                        noun.id
                    )],
                    ..EndSet::default()
                },
            }
        }
        Named::Endpoint(ix) => {
            let own = model.vpc_endpoints.at(ix).network_interfaces.iter();
            let interfaces = own.filter_map(|id| model.network_interfaces.ix(id.as_str()));
            EndSet::union_of(interfaces.map(|ix| primary_ends(network, ix)))
        }
        Named::LoadBalancer(ix) => {
            // Its name in DNS leads to public addresses if it faces the internet, inside the VPC too (S4.16).
            let by_public = model.load_balancers.at(ix).internet_facing;
            let nodes = network.resolved().nodes_of(ix).iter().map(|node| primary_ends(network, *node));
            let mut set = EndSet::union_of(nodes);
            set.held.iter_mut().for_each(|held| held.by_public = by_public && held.holder.address.is_ipv4());
            set
        }
        Named::TargetGroup(ix) => targets(network, model.target_groups.at(ix)),
        Named::AutoScalingGroup(ix) => {
            let members = network.resolved().members_of_asg(ix);
            EndSet::union_of(members.into_iter().map(|ix| primary_ends(network, ix)))
        }
        // A connection has no end of its own: it names nobody.
        Named::Peering(_) => EndSet::default(),
        Named::Other(ix) => unmodelled(model.others.at(ix).kind.words(), model.others.at(ix)),
    }
}

/// The targets that are registered with a group.
fn targets(network: &Network, group: &model::TargetGroup) -> EndSet {
    let Some(targets) = &group.targets else {
        let name = group.name().unwrap_or(group.id.as_str());
        return EndSet {
            unmodelled: vec![format!("the targets of target group `{name}` are not in the export")],
            ..EndSet::default()
        };
    };
    let mut set = EndSet::default();
    for target in targets {
        match network.ends_of_target(group, target) {
            Ok(ends) => {
                for end in ends {
                    set = match end {
                        Seen::Fixed { interface: Some(interface), .. } => {
                            set.union(primary_ends(network, interface))
                        }
                        Seen::Fixed { address, .. } => set.union(block(network, IpNet::from(address))),
                        Seen::Remote | Seen::Embedded | Seen::Unknown => set,
                    };
                }
            }
            Err(reason) => set.unmodelled.push(reason),
        }
    }
    set
}

fn unmodelled<T: Noun>(kind: &str, noun: &T) -> EndSet {
    let name = noun.name().unwrap_or(noun.id().as_str());
    EndSet { unmodelled: vec![format!("{kind} `{name}` is not modelled yet")], ..EndSet::default() }
}

/// Interfaces that hosts and services send from; those of gateways carry other hosts' packets and are no ends.
fn interfaces(
    network: &Network,
    matches: impl Fn(Ix<NetworkInterface>, &NetworkInterface) -> bool,
) -> EndSet {
    let all = network.model().network_interfaces.iter();
    let matching = all.filter(|(ix, noun)| matches(*ix, noun) && is_end(network, *ix));
    EndSet { held: matching.flat_map(|(ix, _)| primaries(network, ix)).collect(), ..EndSet::default() }
}

pub(super) fn primary_ends(network: &Network, interface: Ix<NetworkInterface>) -> EndSet {
    EndSet { held: primaries(network, interface).collect(), ..EndSet::default() }
}

/// An interface by its primary addresses.
fn primaries(network: &Network, interface: Ix<NetworkInterface>) -> impl Iterator<Item = Held> + '_ {
    let noun = network.model().network_interfaces.at(interface);
    primary_addresses(noun)
        .map(move |address| Held { holder: Holder { interface, address }, by_public: false })
}

/// A block: all addresses in it that interfaces hold, and the rest of it beyond the network. A single public address
/// that an interface has is that interface.
pub(crate) fn block(network: &Network, net: IpNet) -> EndSet {
    let resolved = network.resolved();
    let single = net.prefix_len() == net.max_prefix_len();
    if let (true, IpAddr::V4(address)) = (single, net.addr())
        && let Some(holder) = resolved.public_holder(address)
    {
        return EndSet::one(Held { holder, by_public: true });
    }
    let mut set = EndSet::default();
    set.outside.add_block(net);
    if single {
        let holders = network.model().vpcs.values().filter_map(|vpc| resolved.holder(&vpc.id, net.addr()));
        set.held.extend(holders.map(|holder| Held { holder, by_public: false }));
    } else {
        for (interface, noun) in network.model().network_interfaces.iter() {
            let inside = noun.own_addresses().filter(|address| net.contains(address));
            set.held.extend(
                inside.map(|address| Held { holder: Holder { interface, address }, by_public: false }),
            );
        }
    }
    for held in &set.held {
        set.outside.remove_block(IpNet::from(held.holder.address));
    }
    set
}

/// Everything that the internet routes, apart from the VPCs' own blocks: those are reached by local routes.
pub(crate) fn internet(network: &Network, family: Family) -> EndSet {
    let mut set = beyond(network, family);
    for block in network.not_on_the_internet().iter().filter(|block| Family::of(block.addr()) == family) {
        set.outside.remove_block(*block);
    }
    set
}

/// Every address apart from the VPCs' own blocks, on the internet or in a private network.
pub(crate) fn beyond(network: &Network, family: Family) -> EndSet {
    let mut set = EndSet::default();
    let whole = match family {
        Family::V4 => IpNet::V4(ipnet::Ipv4Net::default()),
        Family::V6 => IpNet::V6(ipnet::Ipv6Net::default()),
    };
    set.outside.add_block(whole);
    let model = network.model();
    let local = model.route_tables.values().flat_map(|table| &table.routes).filter_map(|route| {
        match (&route.target, &route.destination) {
            (Target::Local, model::Destination::Cidr(block)) => Some(*block),
            _ => None,
        }
    });
    let own = model.vpcs.values().flat_map(|vpc| vpc.cidrs.iter().copied()).chain(local);
    for block in own.filter(|block| Family::of(block.addr()) == family) {
        set.outside.remove_block(block);
    }
    set
}
