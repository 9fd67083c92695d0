//! Answers in one line, to be compared with what the specification says.

use engine::{Cause, Checkpoint, Hop, Judgement, Network, RuleAction, RuleRef, Verdict, Way, judge};
use model::Noun;
use space::{Connection, Diagrams, Field, Set};

use crate::{Question, question};

/// A question answered for all its connections at once.
#[derive(Debug)]
pub struct Answer<'n> {
    network: &'n Network,
    /// What was asked.
    pub question: Question,
    /// Where its sets live.
    pub sets: Diagrams,
    /// What is said of it.
    pub judgement: Judgement<Set>,
}

/// Asks and compares: `allowed`, or `blocked`, `partial 11849/16384` or `undecided` and behind a colon the gates that
/// stop or may stop some of what reaches them, in order: `reply nacl-in acl-pub 130`, `request sg-out W none`,
/// `request route rtb-pub no route`.
#[track_caller]
pub fn check(network: &Network, text: &str, expected: &str) {
    assert_eq!(ask(network, text).line(), expected, "{text}");
}

/// Asks, and replays connections of every part of the answer one by one: what is said of a set must be what each
/// member is told alone.
#[track_caller]
pub fn ask<'n>(network: &'n Network, text: &str) -> Answer<'n> {
    let question = question(network, text);
    let mut sets = Diagrams::new();
    let asked = sets.region(&question.asked);
    let judgement = judge(network, &question.flow, asked, &mut sets);
    for point in [judgement.works, judgement.unknown, asked].iter().flat_map(|&part| corners(&sets, part)) {
        let alone = judge(network, &question.flow, Some(point), &mut ());
        assert_eq!(alone.works.is_some(), sets.contains(judgement.works, &point), "{text}: {point:?} works");
        assert_eq!(
            alone.unknown.is_some(),
            sets.contains(judgement.unknown, &point),
            "{text}: {point:?} may work"
        );
    }
    Answer { network, question, sets, judgement }
}

impl Answer<'_> {
    /// The verdict.
    pub fn verdict(&mut self) -> Verdict {
        self.judgement.verdict(&mut self.sets)
    }

    /// The line that [`check`] compares.
    pub fn line(&mut self) -> String {
        let verdict = match self.verdict() {
            Verdict::Allowed => return "allowed".into(),
            Verdict::Blocked => "blocked".into(),
            Verdict::Undecided => "undecided".into(),
            Verdict::Partial => {
                format!(
                    "partial {}/{}",
                    self.sets.count(self.judgement.works),
                    self.sets.count(self.judgement.asked)
                )
            }
        };
        format!("{verdict}: {}", self.blockers(false).join(", "))
    }

    /// The values of one axis for which it works: `49152-61000`.
    pub fn works_on(&self, field: Field) -> String {
        let ranges = self.sets.ranges(self.judgement.works, field);
        let text = ranges.iter().map(|range| match range.start() == range.end() {
            true => range.start().to_string(),
            false => format!("{}-{}", range.start(), range.end()),
        });
        text.collect::<Vec<_>>().join(",")
    }

    /// Every gate of every way in order, the request's before the replies': `request sg-out W`.
    pub fn gates(&self) -> Vec<String> {
        let gate = |(leg, way): (&str, &Way<Set>)| -> Vec<String> {
            way.hops.iter().map(|hop| format!("{leg} {}", place(self.network, hop))).collect()
        };
        ways(&self.judgement).flat_map(gate).collect()
    }

    /// The gates that stop or may stop some of what reaches them; with `all`, of what takes their way, whether or not
    /// a gate before stops it.
    pub fn blockers(&mut self, all: bool) -> Vec<String> {
        let mut lines = Vec::new();
        let mut arrived = Set::EMPTY;
        for (leg, way) in ways(&self.judgement) {
            let mut here =
                if all || leg == "request" { way.flow } else { self.sets.intersect(way.flow, arrived) };
            for hop in &way.hops {
                let stopped = self.sets.subtract(here, hop.crossing.passed);
                for reason in reasons(self.network, hop, stopped, &mut self.sets) {
                    let line = format!("{leg} {} {reason}", place(self.network, hop));
                    if !lines.contains(&line) {
                        lines.push(line);
                    }
                }
                if !all {
                    let possible = self.sets.union(hop.crossing.passed, hop.crossing.unknown);
                    here = self.sets.intersect(here, possible);
                }
            }
            if leg == "request" {
                arrived = here;
            }
        }
        lines
    }
}

/// The request of each trip, and its replies.
fn ways(judgement: &Judgement<Set>) -> impl Iterator<Item = (&'static str, &Way<Set>)> {
    judgement.trips.iter().flat_map(|trip| {
        std::iter::once(("request", &trip.request)).chain(trip.replies.iter().map(|reply| ("reply", reply)))
    })
}

fn place(network: &Network, hop: &Hop<Set>) -> String {
    let model = network.model();
    let way = |egress: &bool| if *egress { "out" } else { "in" };
    match &hop.checkpoint {
        Checkpoint::Host { interface } => match interface {
            Some(interface) => format!("host {}", model.network_interfaces.at(*interface).id),
            None => "host".into(),
        },
        Checkpoint::SecurityGroups { interface, egress } => {
            format!("sg-{} {}", way(egress), model.network_interfaces.at(*interface).id)
        }
        Checkpoint::NetworkAcl { acl, egress, .. } => {
            let acl = acl.ix().map_or("?", |acl| model.network_acls.at(acl).id().as_str());
            format!("nacl-{} {acl}", way(egress))
        }
        Checkpoint::Route { table, .. } => {
            let table = table.ix().map_or("?", |table| model.route_tables.at(table).id().as_str());
            format!("route {table}")
        }
        Checkpoint::InternetGateway { egress, .. } => format!("igw-{}", way(egress)),
        Checkpoint::VpcPeeringConnection { peering } => {
            format!("peering {}", model.vpc_peering_connections.at(*peering).id)
        }
        Checkpoint::InterfaceEndpoint { endpoint }
        | Checkpoint::GatewayEndpoint { endpoint: Some(endpoint) } => {
            format!("endpoint {}", model.vpc_endpoints.at(*endpoint).id)
        }
        Checkpoint::NatGateway { gateway } => format!("nat {}", model.nat_gateways.at(*gateway).id),
        Checkpoint::EgressOnlyInternetGateway { gateway } => {
            format!("eigw {}", model.egress_only_internet_gateways.at(*gateway).id)
        }
        Checkpoint::VpnGateway { gateway } => format!("vgw {}", model.vpn_gateways.at(*gateway).id),
        Checkpoint::TransitGatewayAttachment { attachment } => {
            format!("attachment {}", model.transit_gateway_attachments.at(*attachment).id)
        }
        Checkpoint::TransitGatewayRoute { table, .. } => {
            format!("tgw-route {}", model.transit_gateway_route_tables.at(*table).id)
        }
        Checkpoint::Appliance { interface } => {
            format!("appliance {}", model.network_interfaces.at(*interface).id)
        }
        Checkpoint::LoadBalancer { load_balancer, .. } => {
            format!("lb {}", model.load_balancers.at(*load_balancer).id)
        }
        Checkpoint::BlockPublicAccess { subnet } => format!("bpa {}", model.subnets.at(*subnet).id),
        other => match other {
            Checkpoint::Unmodelled { id, .. } => format!("unmodelled {id}"),
            other => format!("{other:?}"),
        },
    }
}

/// Why a part of the flow does not pass for certain: rules by number or `*`, `none` where no rule allows.
fn reasons(network: &Network, hop: &Hop<Set>, stopped: Set, sets: &mut Diagrams) -> Vec<String> {
    if stopped == Set::EMPTY {
        return Vec::new();
    }
    let one = |reason: &str| vec![reason.to_owned()];
    match &hop.cause {
        Cause::NoRoute => one("no route"),
        Cause::Blackhole => one("blackhole"),
        Cause::NotRoutable => one("not routable"),
        Cause::NoGateway => one("no gateway"),
        Cause::NoPublicAddress => one("no public address"),
        Cause::PrivateDestination => one("private destination"),
        Cause::DenyAllIgwTraffic => one("deny-igw"),
        Cause::LeavesElsewhere => one("leaves elsewhere"),
        Cause::PeeringNotActive => one("not active"),
        Cause::NotTransitive => one("not transitive"),
        Cause::Unsolicited => one("unsolicited"),
        Cause::NotHeld => one("not held"),
        Cause::ProtocolNotTranslated => one("protocol"),
        Cause::NotAvailable => one("not available"),
        Cause::OtherFamily => one("other family"),
        Cause::SourceDestCheck => one("source/destination check"),
        Cause::Asymmetric => one("asymmetric"),
        Cause::NotAttached => one("not attached"),
        Cause::NoAttachmentInZone => one("no attachment in zone"),
        Cause::RoutingLoop => one("loop"),
        Cause::NoListener => one("no listener"),
        Cause::NoTarget => one("no target"),
        Cause::Hairpin => one("hairpin"),
        Cause::GeneveNotAdmitted => one("geneve"),
        Cause::NotAnswered => one("not answered"),
        Cause::BlockedPublicAccess => one("public access"),
        Cause::NotRunning(_) => one("not running"),
        Cause::Unknown(_) => one("unknown"),
        Cause::Rules => {
            let taken = hop.taken.iter().filter(|taken| {
                taken.action != RuleAction::Allow && sets.intersect(taken.part, stopped) != Set::EMPTY
            });
            taken
                .map(|taken| match (&taken.action, taken.rule) {
                    (RuleAction::Unknown(_), _) => "unknown".into(),
                    (_, Some(RuleRef::NetworkAcl(acl, position))) => {
                        let entry =
                            network.model().network_acls.at(acl).entries.get(position).expect("an entry");
                        if entry.is_star() { "*".into() } else { entry.number.to_string() }
                    }
                    _ if matches!(hop.checkpoint, Checkpoint::NetworkAcl { .. }) => "*".into(),
                    _ => "none".into(),
                })
                .collect()
        }
        other => one(&format!("{other:?}")),
    }
}

/// Points at both ends of a set's boxes.
fn corners(sets: &Diagrams, set: Set) -> Vec<Connection> {
    let mut found = Vec::new();
    for region in sets.regions(set).iter().take(40) {
        for last in [true, false] {
            let at = |field| if last { *region.range(field).end() } else { *region.range(field).start() };
            let port = |field| u16::try_from(at(field)).expect("a port");
            let outcome = |field| u32::try_from(at(field)).expect("an outcome");
            found.push(Connection {
                protocol: u8::try_from(at(Field::Protocol)).expect("a protocol"),
                remote: at(Field::Remote),
                client: port(Field::Client),
                server: port(Field::Server),
                relays: [port(Field::Relay), port(Field::SecondRelay)],
                draws: [outcome(Field::Draw), outcome(Field::SecondDraw)],
            });
        }
    }
    found
}
