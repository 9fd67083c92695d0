//! What the kernel has to say of a packet if the model is right.

use engine::{Arrival, Cause, Checkpoint, Leg, Network, RuleRef, Seen, View, Way, untracked};
use model::{Ix, RouteTable, Target};
use space::Connection;

use crate::marks::{DROPS, Marks, UNTRACKED};
use crate::probe::Event;
use crate::stage::Stage;

/// Something that the kernel has to say of a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Said {
    stage: Stage,
    /// The rule that took it, at gates that have rules.
    rule: Option<RuleRef>,
}

/// What the kernel has to say of a packet.
pub(super) struct Expected {
    said: Vec<Said>,
    /// Whether it may say more, and say where the packet ends: the model knows that it does not arrive and no more.
    pub(super) open: bool,
}

/// What the kernel has to say along a way, up to where it ends; `None` where the model cannot say.
pub(super) fn expected(network: &Network, way: &Way<Option<Connection>>, leg: Leg) -> Option<Expected> {
    let mut said = Vec::new();
    for hop in &way.hops {
        if hop.crossing.unknown.is_some() {
            return None;
        }
        let passes = hop.crossing.passed.is_some();
        match (&hop.checkpoint, &hop.cause) {
            // Only of TCP an egress-only gateway sees that it is the answer to something that it knows nothing of.
            (Checkpoint::Route { table, route: Some(at), .. }, Cause::LeavesElsewhere)
                if way.flow.is_some_and(|point| point.protocol != 6)
                    && table.ix().is_some_and(|table| leads_to_egress_only(network, table, *at)) =>
            {
                return None;
            }
            // By another way than the request came: whatever is there knows nothing of it (S3.15, S3.22).
            (_, Cause::LeavesElsewhere) => return Some(Expected { said, open: true }),
            // An address of a VPC: which lists a packet for nobody meets, no clause says.
            (Checkpoint::Host { interface: None }, Cause::NotHeld) if !left_a_vpc(way) => {
                return Some(Expected { said: Vec::new(), open: true });
            }
            _ => {}
        }
        let stage = match (&hop.checkpoint, &hop.cause) {
            (Checkpoint::SecurityGroups { egress: true, .. }, _) if leg == Leg::Reply => {
                Some(Stage::KnownOut)
            }
            (Checkpoint::SecurityGroups { egress: false, .. }, _) if leg == Leg::Reply => {
                Some(Stage::KnownIn)
            }
            (Checkpoint::SecurityGroups { egress: true, .. }, _) => Some(Stage::GroupsOut),
            (Checkpoint::SecurityGroups { egress: false, .. }, _) => Some(Stage::GroupsIn),
            (Checkpoint::NetworkAcl { egress: true, .. }, _) => Some(Stage::ListOut),
            (Checkpoint::NetworkAcl { egress: false, .. }, _) => Some(Stage::ListIn),
            (Checkpoint::InternetGateway { egress: true, .. }, Cause::Passed) => Some(Stage::GatewayOut),
            (Checkpoint::InternetGateway { egress: false, .. }, Cause::Passed) => Some(Stage::GatewayIn),
            (Checkpoint::VpcPeeringConnection { .. }, Cause::Passed) => Some(Stage::Peering),
            (Checkpoint::TransitGatewayRoute { .. }, Cause::Routed) => Some(Stage::TransitGateway),
            (Checkpoint::NatGateway { .. }, Cause::Passed) => Some(Stage::Translated),
            // Its answer comes back past it, and nothing is asked there (S3.29).
            (Checkpoint::EgressOnlyInternetGateway { .. }, Cause::Passed) if leg == Leg::Reply => None,
            (Checkpoint::EgressOnlyInternetGateway { .. }, Cause::Passed) => Some(Stage::EgressOnly),
            (_, Cause::DenyAllIgwTraffic) => Some(Stage::DenyAllIgwTraffic),
            (_, Cause::NoRoute) => Some(Stage::NoRoute),
            (_, Cause::Blackhole) => Some(Stage::Blackhole),
            (_, Cause::NotRoutable) => Some(Stage::NotRoutable),
            (_, Cause::NoGateway) => Some(Stage::NoGateway),
            (_, Cause::NoPublicAddress) => Some(Stage::NoPublicAddress),
            (_, Cause::PrivateDestination) => Some(Stage::PrivateDestination),
            (_, Cause::BlockedPublicAccess) => Some(Stage::Blocked),
            (_, Cause::PeeringNotActive) => Some(Stage::PeeringNotActive),
            (_, Cause::NotTransitive) => Some(Stage::NotTransitive),
            (_, Cause::NotAttached) => Some(Stage::NotAttached),
            (_, Cause::NoAttachmentInZone) => Some(Stage::NoAttachmentInZone),
            (_, Cause::NotAvailable) => Some(Stage::NotAvailable),
            (_, Cause::Unsolicited) => Some(Stage::Unsolicited),
            (_, Cause::ProtocolNotTranslated) => Some(Stage::ProtocolNotTranslated),
            (_, Cause::OtherFamily) => Some(Stage::OtherFamily),
            (_, Cause::NotRunning(_)) => Some(Stage::Down),
            (_, Cause::NotHeld) => Some(Stage::Nobody),
            _ if passes => None,
            // The kernel drops it for a reason that has no name here.
            _ => return None,
        };
        let rule = hop.taken.first().and_then(|taken| taken.rule);
        said.extend(stage.map(|stage| Said { stage, rule }));
        if !passes {
            return Some(Expected { said, open: false });
        }
    }
    let stage = match way.arrival {
        Arrival::Interface(interface) => {
            network.model().network_interfaces.at(interface);
            Stage::Delivered
        }
        Arrival::Beyond => Stage::World,
        Arrival::Service(_) | Arrival::SameHost | Arrival::Lost => return None,
    };
    said.push(Said { stage, rule: None });
    Some(Expected { said, open: false })
}

fn leads_to_egress_only(network: &Network, table: Ix<RouteTable>, route: usize) -> bool {
    let route = network.model().route_tables.at(table).routes.get(route);
    route.is_some_and(|route| matches!(route.target, Target::EgressOnlyInternetGateway(_)))
}

/// Whether a way leads over an internet gateway.
fn left_a_vpc<S>(way: &Way<S>) -> bool {
    way.hops.iter().any(|hop| matches!(hop.checkpoint, Checkpoint::InternetGateway { .. }))
}

/// Whether the kernel keeps track of a TCP or UDP flow at an interface where the model says that groups do not, or the
/// other way round (S1.32). What leaves from a port that serves everybody without being tracked cannot be told from an
/// answer of that service: such a packet may be taken for one.
pub(super) fn state_differs(
    network: &Network,
    way: &Way<Option<Connection>>,
    events: &[Event],
) -> Option<String> {
    way.hops.iter().find_map(|hop| {
        let Checkpoint::SecurityGroups { interface, egress } = hop.checkpoint else { return None };
        let point = hop.crossing.passed.filter(|point| matches!(point.protocol, 6 | 17))?;
        let stage = if egress { Stage::GroupsOut } else { Stage::GroupsIn };
        let event = events.iter().find(|event| event.stage == stage)?;
        let found = event.mark & UNTRACKED != 0;
        let answer = Connection { client: point.server, server: point.client, ..point };
        let view = View::new(hop.header.family, Leg::Request, Seen::Remote);
        let like_answer = untracked(network, interface, !egress, &view, Some(answer), &mut ()).is_some();
        let agrees = match hop.untracked.is_some() {
            true => found,
            false => !found || like_answer,
        };
        (!agrees).then(|| format!("{stage}: the model says untracked: {}, the kernel: {found}", !found))
    })
}

/// In what two accounts of a packet differ.
pub(super) struct Difference {
    /// In words.
    pub(super) text: String,
    /// Whether the kernel's is the engine's, but that lines are missing from it.
    pub(super) lacks: bool,
}

impl Expected {
    /// In what the kernel's account is another; `None` if in nothing. What is said at each kind of place is compared in
    /// order, and not the whole: what one namespace says of a packet that leaves and the next of one that comes has no
    /// order.
    pub(super) fn difference(&self, events: &[Event], marks: &Marks, leg: Leg) -> Option<Difference> {
        let found: Vec<Said> = events
            .iter()
            .map(|event| {
                let dropped = event.mark & DROPS != 0;
                // Groups that do not keep track of a flow let its answer pass by a rule (S1.46).
                match (leg, event.stage) {
                    (Leg::Reply, Stage::GroupsOut) if !dropped => Said { stage: Stage::KnownOut, rule: None },
                    (Leg::Reply, Stage::GroupsIn) if !dropped => Said { stage: Stage::KnownIn, rule: None },
                    (_, Stage::GroupsOut | Stage::GroupsIn | Stage::ListOut | Stage::ListIn) => {
                        Said { stage: event.stage, rule: marks.rule(event.mark) }
                    }
                    (_, stage) => Said { stage, rule: None },
                }
            })
            .collect();
        let at = |said: &[Said], stage| -> Vec<Said> {
            said.iter().filter(|said| said.stage == stage).cloned().collect()
        };
        let same = |stage| {
            let (expected, found) = (at(&self.said, stage), at(&found, stage));
            if self.open { found.starts_with(&expected) } else { found == expected }
        };
        let text = |said: &[Said]| {
            let words = said.iter().map(|said| match said.rule {
                Some(rule) => format!("{} {rule:?}", said.stage),
                None => said.stage.to_string(),
            });
            words.collect::<Vec<_>>().join(", ")
        };
        if Stage::ALL.iter().all(|&stage| same(stage)) {
            return None;
        }
        let lacks = Stage::ALL.iter().all(|&stage| is_part(&at(&found, stage), &at(&self.said, stage)));
        let text = format!("the model says [{}], the kernel [{}]", text(&self.said), text(&found));
        Some(Difference { text, lacks })
    }
}

/// Whether these are some of all, in their order.
fn is_part(some: &[Said], all: &[Said]) -> bool {
    let mut rest = all.iter();
    some.iter().all(|said| rest.any(|one| one == said))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::{Fields, Packet};

    #[test]
    fn a_line_that_is_missing_is_told_from_one_that_is_another() {
        let said = |stage| Said { stage, rule: None };
        let way = [Stage::TransitGateway, Stage::GatewayOut, Stage::World];
        let expected = Expected { said: way.map(said).to_vec(), open: false };
        let packet = Packet {
            source: [10, 20, 0, 10].into(),
            destination: [10, 21, 0, 10].into(),
            protocol: 58,
            fields: Fields::Nothing,
            answer: false,
        };
        let lacks = |stages: &[Stage]| {
            let event = |stage: &Stage| Event { stage: *stage, mark: 0, packet, place: None, left: 64 };
            let events: Vec<Event> = stages.iter().map(event).collect();
            let difference = expected.difference(&events, &Marks::default(), Leg::Request);
            difference.map(|difference| difference.lacks)
        };
        assert_eq!(lacks(&way), None);
        assert_eq!(lacks(&[Stage::TransitGateway, Stage::World]), Some(true));
        assert_eq!(lacks(&[Stage::TransitGateway, Stage::GatewayIn, Stage::World]), Some(false));
        assert_eq!(
            lacks(&[Stage::TransitGateway, Stage::GatewayOut, Stage::World, Stage::World]),
            Some(false)
        );
    }
}
