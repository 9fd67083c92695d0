//! From a judgement to the gates that people read: names, rules with their lines, and what each took.

use engine::{Arrival, Cause, Checkpoint, Hop, Judgement, Leg as Direction, Network, RoundTrip, Seen};
use model::{Association, Noun};
use space::{Diagrams, Family, Field, Set, from_value};

use super::pairs::AskedPair;
use super::rules::{rule_uses, tried};
use super::{End, Gate, KindShare, Leg, Outcome, Pair, Way, flow_log, words};
use crate::ends::{Held, name_of};
use engine::ephemeral::{REPORTED_KINDS, client_kind};

/// More blocks than this are not listed for an end: its name says what is meant.
const MOST_BLOCKS: usize = 16;

/// Explains one pair.
pub(crate) fn pair(
    network: &Network,
    asked: &AskedPair,
    judgement: &Judgement<Set>,
    rules: bool,
    sets: &mut Diagrams,
) -> Pair {
    let family = asked.flow.family;
    let verdict = judgement.verdict(sets);
    let total = sets.count(judgement.asked);
    let certain = sets.union(judgement.works, judgement.unknown);
    let failing = sets.subtract(judgement.asked, certain);
    let some = |part: Set, sets: &Diagrams| match part {
        Set::EMPTY => String::new(),
        part => words::part(sets, family, part, judgement.asked),
    };
    let has_ports = sets
        .ranges(judgement.asked, Field::Protocol)
        .iter()
        .any(|range| range.contains(&6) || range.contains(&17));
    let client_ports =
        if has_ports { words::each_range(sets, judgement.works, Field::Client) } else { Vec::new() };
    let mut writer = Writer { network, asked, rules, sets };
    let ways = judgement.trips.iter().map(|trip| writer.way(trip, judgement.asked)).collect();
    Pair {
        client: end(network, asked, asked.client, true, sets),
        server: end(network, asked, asked.server, false, sets),
        family: match family {
            Family::V4 => "IPv4",
            Family::V6 => "IPv6",
        },
        services: asked.services.iter().map(ToString::to_string).collect(),
        verdict,
        share: if total > 0.0 { sets.count(judgement.works) / total } else { 0.0 },
        works: some(judgement.works, sets),
        fails: some(failing, sets),
        client_ports,
        kinds: if has_ports { kinds(asked, judgement, sets) } else { Vec::new() },
        flow_log: flow_log::records(network, asked, judgement, sets),
        ways,
    }
}

/// Why parts of it are not known.
pub(crate) fn unknowns(judgement: &Judgement<Set>) -> Vec<String> {
    let mut reasons = Vec::new();
    for trip in judgement.trips.iter().filter(|trip| trip.unknown != Set::EMPTY) {
        let hops = trip.request.hops.iter().chain(trip.replies.iter().flat_map(|reply| &reply.hops));
        for hop in hops.filter(|hop| hop.crossing.unknown != Set::EMPTY) {
            if let Cause::Unknown(reason) = &hop.cause {
                reasons.push(reason.clone());
            }
            let unknown = hop.taken.iter().filter_map(|taken| match &taken.action {
                engine::RuleAction::Unknown(reason) => Some(reason.clone()),
                _ => None,
            });
            reasons.extend(unknown);
        }
    }
    reasons
}

/// Shares by kind, for a client that could be of any (S2.23).
fn kinds(asked: &AskedPair, judgement: &Judgement<Set>, sets: &mut Diagrams) -> Vec<KindShare> {
    let of_any_kind = asked.ports.kind.is_some_and(|kind| ["internet", "any"].contains(&kind.key));
    if !of_any_kind {
        return Vec::new();
    }
    let mut shares = Vec::new();
    for kind in REPORTED_KINDS.into_iter().filter_map(client_kind) {
        let within = sets.region(&space::Region::FULL.client(kind.ports.from..=kind.ports.to));
        let (asked, works) =
            (sets.intersect(judgement.asked, within), sets.intersect(judgement.works, within));
        let total = sets.count(asked);
        if total == 0.0 {
            continue;
        }
        let working = sets
            .ranges(works, Field::Client)
            .iter()
            .map(|range| range.end() - range.start() + 1)
            .sum::<u128>();
        shares.push(KindShare {
            kind: kind.key,
            words: kind.words,
            share: sets.count(works) / total,
            working: u64::try_from(working).unwrap_or(u64::MAX),
            ports: u64::from(kind.ports.count()),
        });
    }
    shares
}

/// One side in words.
fn end(network: &Network, asked: &AskedPair, held: Option<Held>, client: bool, sets: &Diagrams) -> End {
    let ports = client.then(|| match asked.ports.kind {
        Some(kind) => format!("{}: ports {}", kind.words, kind.ports),
        None => format!("ports {}", asked.ports.ports),
    });
    let Some(Held { holder, .. }) = held else {
        let mut addresses = words::blocks(sets, asked.flow.family, asked.asked);
        if addresses.len() > MOST_BLOCKS {
            addresses.clear();
        }
        return End {
            name: asked.beyond.clone(),
            interface: None,
            addresses,
            public_address: None,
            subnet: None,
            ports,
        };
    };
    let noun = network.model().network_interfaces.at(holder.interface);
    let subnet = network.resolved().subnet_of(holder.interface).map(|ix| {
        let subnet = network.model().subnets.at(ix);
        subnet.name().unwrap_or(subnet.id.as_str()).to_owned()
    });
    End {
        name: name_of(network, holder.interface),
        interface: Some(noun.id.to_string()),
        addresses: vec![holder.address.to_string()],
        public_address: noun.public_of(holder.address).map(|public| public.to_string()),
        subnet,
        ports,
    }
}

struct Writer<'a> {
    network: &'a Network,
    asked: &'a AskedPair,
    rules: bool,
    sets: &'a mut Diagrams,
}

impl Writer<'_> {
    fn way(&mut self, trip: &RoundTrip<Set>, all: Set) -> Way {
        let carries = words::part(self.sets, self.asked.flow.family, trip.request.flow, all);
        let (request, alive) =
            self.leg(&trip.request, Direction::Request, trip.request.flow, trip.request.flow);
        let mut replies = Vec::new();
        for reply in &trip.replies {
            let here = self.sets.intersect(alive, reply.flow);
            replies.push(self.leg(reply, Direction::Reply, here, trip.request.flow).0);
        }
        Way { carries, request, replies }
    }

    /// One direction, and what is left at its end. `alive` is what still comes to its first gate.
    fn leg(&mut self, way: &engine::Way<Set>, leg: Direction, mut alive: Set, whole: Set) -> (Leg, Set) {
        let (client, server) =
            (self.address(self.asked.client, true), self.address(self.asked.server, false));
        let ports = self.ports(way.flow);
        let (from, to) = match leg {
            Direction::Request => (format!("{client}{}", ports.0), format!("{server}{}", ports.1)),
            Direction::Reply => (format!("{server}{}", ports.1), format!("{client}{}", ports.0)),
        };
        let mut gates = Vec::new();
        for hop in &way.hops {
            let reached = alive != Set::EMPTY;
            gates.push(self.gate(hop, leg, way.flow, reached));
            let possible = self.sets.union(hop.crossing.passed, hop.crossing.unknown);
            alive = self.sets.intersect(alive, possible);
        }
        let arrives = match way.arrival {
            Arrival::Interface(interface) => name_of(self.network, interface),
            Arrival::Beyond if leg == Direction::Request => {
                format!("{}, assumed to answer", self.asked.beyond)
            }
            Arrival::Beyond => self.asked.beyond.clone(),
            Arrival::Service(service) => format!("{service}, whose traffic is never filtered"),
            Arrival::SameHost => "the sending host itself: nothing leaves it".into(),
            Arrival::Lost => String::new(),
        };
        let carries = words::part(self.sets, self.asked.flow.family, way.flow, whole);
        (Leg { from, to, carries, gates, arrives }, alive)
    }

    /// The ports of client and server, as `:443`; empty for protocols without.
    fn ports(&self, flow: Set) -> (String, String) {
        let protocols = self.sets.ranges(flow, Field::Protocol);
        let single =
            protocols.first().filter(|_| protocols.len() == 1).map(|range| (*range.start(), *range.end()));
        match single {
            Some((6, 6) | (17, 17)) => {
                let ports = |field| format!(":{}", words::ranges(self.sets, flow, field));
                (ports(Field::Client), ports(Field::Server))
            }
            _ => (String::new(), String::new()),
        }
    }

    /// The address by which the packet knows an end.
    fn address(&self, held: Option<Held>, client: bool) -> String {
        match held {
            None => match self.sets.ranges(self.asked.asked, Field::Remote).as_slice() {
                [one] if one.start() == one.end() => from_value(self.asked.flow.family, *one.start())
                    .map_or_else(|| self.asked.beyond.clone(), |address| address.to_string()),
                _ => self.asked.beyond.clone(),
            },
            Some(Held { holder, by_public }) => {
                let noun = self.network.model().network_interfaces.at(holder.interface);
                let by_public = !client && (by_public || self.asked.client.is_none());
                let public = noun.public_of(holder.address).filter(|_| by_public);
                public.map_or_else(|| holder.address.to_string(), |public| public.to_string())
            }
        }
    }

    fn gate(&mut self, hop: &Hop<Set>, leg: Direction, flow: Set, reached: bool) -> Gate {
        let network = self.network;
        let model = network.model();
        let (kind, name, id, direction): (&'static str, String, Option<String>, Option<bool>) = match &hop
            .checkpoint
        {
            Checkpoint::Host { interface } => match interface {
                Some(ix) => (
                    "host",
                    name_of(network, *ix),
                    Some(model.network_interfaces.at(*ix).id.to_string()),
                    None,
                ),
                None => ("host", "destination".into(), None, None),
            },
            Checkpoint::SecurityGroups { interface, egress } => {
                let groups =
                    network.resolved().groups_of(*interface).iter().map(|ix| model.security_groups.at(*ix));
                let names: Vec<_> = groups.clone().map(|group| named(group).to_owned()).collect();
                let ids: Vec<_> = groups.map(|group| group.id.to_string()).collect();
                ("security-group", names.join(", "), Some(ids.join(", ")), Some(*egress))
            }
            Checkpoint::NetworkAcl { acl, egress, .. } => {
                match acl.ix().map(|ix| model.network_acls.at(ix)) {
                    Some(acl) => {
                        ("network-acl", named(acl).to_owned(), Some(acl.id.to_string()), Some(*egress))
                    }
                    None => ("network-acl", "network ACL".into(), None, Some(*egress)),
                }
            }
            Checkpoint::Route { table, .. } => match table.ix().map(|ix| model.route_tables.at(ix)) {
                Some(table) => ("route", named(table).to_owned(), Some(table.id.to_string()), None),
                None => ("route", "route table".into(), None, None),
            },
            Checkpoint::InternetGateway { gateway, egress } => {
                match gateway.map(|ix| model.internet_gateways.at(ix)) {
                    Some(noun) => {
                        ("internet-gateway", named(noun).to_owned(), Some(noun.id.to_string()), Some(*egress))
                    }
                    None => ("internet-gateway", "internet gateway".into(), None, Some(*egress)),
                }
            }
            Checkpoint::GatewayEndpoint { endpoint } => match endpoint.map(|ix| model.vpc_endpoints.at(ix)) {
                Some(noun) => ("gateway-endpoint", named(noun).to_owned(), Some(noun.id.to_string()), None),
                None => ("gateway-endpoint", "gateway endpoint".into(), None, None),
            },
            Checkpoint::BlockPublicAccess { subnet } => {
                let id = model.subnets.at(*subnet).id.to_string();
                ("block-public-access", "Block Public Access".into(), Some(id), None)
            }
            Checkpoint::Unmodelled { id, kind } => {
                let noun = model.others.get(id.as_str());
                let name = noun.and_then(|noun| noun.name()).unwrap_or(id.as_str());
                ("unmodelled", format!("{kind} {name}"), Some(id.to_string()), None)
            }
        };
        let outcome = match (hop.crossing.passed, hop.crossing.unknown) {
            (passed, _) if passed == flow => Outcome::Passes,
            (Set::EMPTY, Set::EMPTY) => Outcome::Blocks,
            (Set::EMPTY, _) => Outcome::Unknown,
            _ => Outcome::Partly,
        };
        let filters =
            matches!(hop.checkpoint, Checkpoint::SecurityGroups { .. } | Checkpoint::NetworkAcl { .. });
        Gate {
            gate: kind,
            name,
            id,
            direction: direction.map(|egress| if egress { "out" } else { "in" }),
            outcome,
            reached,
            cause: cause_word(&hop.cause),
            rules: rule_uses(network, hop, flow, self.asked.flow.family, self.sets),
            location: self.location(hop),
            reason: self.reason(hop),
            state: (kind == "security-group" && leg == Direction::Request).then(|| state(hop)).flatten(),
            change_takes_effect: filters.then(|| takes_effect(hop, leg)).flatten(),
            tried: if self.rules && filters {
                tried(network, hop, leg, flow, self.asked.flow.family, self.sets)
            } else {
                Vec::new()
            },
        }
    }

    /// Where the gate itself is written. For security groups that is the group of the rule that decided, or the first.
    fn location(&self, hop: &Hop<Set>) -> Option<model::Location> {
        let model = self.network.model();
        let origin = match &hop.checkpoint {
            Checkpoint::Host { interface } => model.network_interfaces.at((*interface)?).origin,
            Checkpoint::SecurityGroups { interface, .. } => {
                let first = self.network.resolved().groups_of(*interface).first()?;
                model.security_groups.at(*first).origin
            }
            Checkpoint::NetworkAcl { acl, .. } => model.network_acls.at(acl.ix()?).origin,
            Checkpoint::Route { table, .. } => model.route_tables.at(table.ix()?).origin,
            Checkpoint::InternetGateway { gateway, .. } => model.internet_gateways.at((*gateway)?).origin,
            Checkpoint::GatewayEndpoint { endpoint } => model.vpc_endpoints.at((*endpoint)?).origin,
            Checkpoint::BlockPublicAccess { subnet } => model.subnets.at(*subnet).origin,
            Checkpoint::Unmodelled { id, .. } => model.others.get(id.as_str())?.origin,
        };
        model.sources.locate(origin)
    }

    /// What is to be said beside the rules.
    fn reason(&self, hop: &Hop<Set>) -> String {
        let model = self.network.model();
        match (&hop.cause, &hop.checkpoint) {
            (Cause::Rules, Checkpoint::SecurityGroups { interface, .. })
                if self.network.resolved().groups_of(*interface).is_empty() =>
            {
                "it has no security group".into()
            }
            (Cause::Rules, Checkpoint::NetworkAcl { acl: Association::Implicit(_), .. }) => {
                "the VPC's default list, since the subnet has no association".into()
            }
            (Cause::Rules, _) => String::new(),
            (Cause::FromService, _) => "inbound rules do not apply to what its service sends".into(),
            (Cause::Reply, _) => "reply of what was let through, no rule needed".into(),
            (Cause::Routed, Checkpoint::Route { table: Association::Implicit(_), .. }) => {
                "the VPC's main table".into()
            }
            (Cause::Routed, _) => String::new(),
            (Cause::Blackhole, _) => "a blackhole: its target is gone, and no shorter prefix is tried".into(),
            (Cause::LeavesElsewhere, _) => {
                "the answer leaves by another way than the request came in by, so the client never knows it"
                    .into()
            }
            (Cause::NoRoute, _) => "no route to the destination".into(),
            (Cause::NotRoutable, _) => "no route forwards packets to this address".into(),
            (Cause::Passed, Checkpoint::GatewayEndpoint { endpoint }) => {
                endpoint.map_or_else(String::new, |ix| model.vpc_endpoints.at(ix).service_name.to_string())
            }
            (Cause::Passed, _) => translation(hop),
            (Cause::NoGateway, _) => "the VPC has no internet gateway".into(),
            (Cause::NoPublicAddress, _) => "the interface has no public IPv4 address".into(),
            (Cause::PrivateDestination, _) => {
                "an internet gateway does not forward to private addresses".into()
            }
            (Cause::DenyAllIgwTraffic, _) => "the interface denies all traffic from internet gateways".into(),
            (Cause::NotHeld, _) => "no interface holds the address".into(),
            (Cause::NotRunning(state), _) => format!("the instance is {state}"),
            (Cause::BlockedPublicAccess, _) => "VPC Block Public Access stops it".into(),
            (Cause::Unknown(reason), _) => reason.clone(),
        }
    }
}

/// The cause as JSON has it.
fn cause_word(cause: &Cause) -> &'static str {
    match cause {
        Cause::Rules => "rules",
        Cause::Reply => "reply",
        Cause::FromService => "from-service",
        Cause::Routed => "routed",
        Cause::NoRoute => "no-route",
        Cause::Blackhole => "blackhole",
        Cause::NotRoutable => "not-routable",
        Cause::Passed => "passed",
        Cause::NoGateway => "no-gateway",
        Cause::NoPublicAddress => "no-public-address",
        Cause::PrivateDestination => "private-destination",
        Cause::DenyAllIgwTraffic => "deny-all-igw-traffic",
        Cause::LeavesElsewhere => "leaves-elsewhere",
        Cause::NotHeld => "not-held",
        Cause::NotRunning(_) => "not-running",
        Cause::BlockedPublicAccess => "block-public-access",
        Cause::Unknown(_) => "unknown",
    }
}

/// What the gateway makes of the addresses.
fn translation(hop: &Hop<Set>) -> String {
    let Checkpoint::InternetGateway { egress, .. } = hop.checkpoint else { return String::new() };
    let text = |seen| match seen {
        Seen::Fixed { address, .. } => Some(address.to_string()),
        Seen::Remote => None,
    };
    match (egress, text(hop.source), text(hop.destination)) {
        (true, Some(source), _) => format!("sent as {source}"),
        (false, _, Some(destination)) => format!("delivered to {destination}"),
        _ => String::new(),
    }
}

/// Whether the groups keep track of what they let through.
fn state(hop: &Hop<Set>) -> Option<&'static str> {
    match (hop.crossing.passed, hop.untracked) {
        (Set::EMPTY, _) => None,
        (_, Set::EMPTY) => Some("tracked"),
        (passed, untracked) if passed == untracked => Some("untracked"),
        _ => Some("tracked and untracked"),
    }
}

/// When a change of the gate's rules reaches connections that are open (S1.37 to S1.40, S2.16).
fn takes_effect(hop: &Hop<Set>, leg: Direction) -> Option<&'static str> {
    match (&hop.checkpoint, leg) {
        (Checkpoint::NetworkAcl { .. }, _) => {
            Some("at once, open connections included: a network ACL keeps no state")
        }
        (_, Direction::Reply) => None,
        _ => match state(hop) {
            Some("untracked") => Some("at once, open connections included: they are not tracked"),
            Some("tracked") => Some("for new connections; open ones go on, being tracked"),
            Some(_) => Some("for new connections; open ones go on where tracked, and are cut where not"),
            None => Some("at once"),
        },
    }
}

/// The name that people use, else the id.
pub(crate) fn named<T: Noun>(noun: &T) -> &str {
    noun.name().unwrap_or(noun.id().as_str())
}
