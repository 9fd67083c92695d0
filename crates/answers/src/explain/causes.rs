//! Why a gate did what it did, in words: causes, states, and when a change takes effect.

use engine::{Cause, Checkpoint, Hop, Leg, Network, Seen};
use model::Association;
use space::Set;

/// The cause as JSON has it.
pub(crate) fn cause_word(cause: &Cause) -> &'static str {
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
        Cause::PeeringNotActive => "peering-not-active",
        Cause::NotTransitive => "not-transitive",
        Cause::Unsolicited => "unsolicited",
        Cause::NotHeld => "not-held",
        Cause::ProtocolNotTranslated => "protocol-not-translated",
        Cause::NotAvailable => "not-available",
        Cause::OtherFamily => "other-family",
        Cause::SourceDestCheck => "source-dest-check",
        Cause::Asymmetric => "asymmetric",
        Cause::NotAttached => "not-attached",
        Cause::NoAttachmentInZone => "no-attachment-in-zone",
        Cause::RoutingLoop => "routing-loop",
        Cause::NoListener => "no-listener",
        Cause::NoTarget => "no-target",
        Cause::Hairpin => "hairpin",
        Cause::GeneveNotAdmitted => "geneve-not-admitted",
        Cause::NotAnswered => "not-answered",
        Cause::NotRunning(_) => "not-running",
        Cause::BlockedPublicAccess => "block-public-access",
        Cause::Unknown(_) => "unknown",
    }
}

/// What the gateway makes of the addresses.
fn translation(network: &Network, hop: &Hop<Set>) -> String {
    let Checkpoint::InternetGateway { egress, .. } = hop.checkpoint else { return String::new() };
    let stand_in = |ix| network.model().network_interfaces.at(ix).stand_in.is_some();
    let text = |seen| match seen {
        Seen::Fixed { interface: Some(ix), .. } if stand_in(ix) => Some(crate::ends::name_of(network, ix)),
        Seen::Fixed { address, .. } => Some(crate::ends::shown_address(network, address)),
        Seen::Remote | Seen::Embedded | Seen::Unknown => None,
    };
    match (egress, text(hop.header.source), text(hop.header.destination)) {
        (true, Some(source), _) => format!("sent as {source}"),
        // A NAT gateway is known to the answer by its public address, and the packet goes to the private one (S3.21).
        (false, _, Some(destination)) => {
            let holder = destination.parse().ok().and_then(|public| network.resolved().public_holder(public));
            let private = holder.map(|holder| holder.address.to_string());
            format!("delivered to {}", private.unwrap_or(destination))
        }
        _ => String::new(),
    }
}

/// Whether the groups keep track of what they let through.
pub(super) fn state(hop: &Hop<Set>) -> Option<&'static str> {
    match (hop.crossing.passed, hop.untracked) {
        (Set::EMPTY, _) => None,
        (_, Set::EMPTY) => Some("tracked"),
        (passed, untracked) if passed == untracked => Some("untracked"),
        _ => Some("tracked and untracked"),
    }
}

/// When a change of the gate's rules reaches connections that are open (S1.37 to S1.40, S2.16).
pub(super) fn takes_effect(hop: &Hop<Set>, leg: Leg) -> Option<&'static str> {
    match (&hop.checkpoint, leg) {
        (Checkpoint::NetworkAcl { .. }, _) => {
            Some("at once, open connections included: a network ACL keeps no state")
        }
        (_, Leg::Reply) => None,
        _ => match state(hop) {
            Some("untracked") => Some("at once, open connections included: they are not tracked"),
            Some("tracked") => Some("for new connections; open ones go on, being tracked"),
            Some(_) => Some("for new connections; open ones go on where tracked, and are cut where not"),
            None => Some("at once"),
        },
    }
}

/// What is to be said beside the rules.
pub(crate) fn reason(network: &Network, hop: &Hop<Set>) -> String {
    let model = network.model();
    match (&hop.cause, &hop.checkpoint) {
        (Cause::Rules, Checkpoint::SecurityGroups { interface, .. })
            if network.resolved().groups_of(*interface).is_empty() =>
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
        (Cause::Routed, Checkpoint::TransitGatewayRoute { route: Some(route), .. }) => route.clone(),
        (Cause::Routed, _) => String::new(),
        // Somebody may have meant it: static ones have no target by nature.
        (Cause::Blackhole, Checkpoint::TransitGatewayRoute { route: Some(route), .. }) => {
            format!("{route}: a blackhole, which drops it, and no shorter prefix is tried")
        }
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
        (Cause::Passed, Checkpoint::InterfaceEndpoint { endpoint }) => {
            model.vpc_endpoints.at(*endpoint).service_name.to_string()
        }
        (Cause::Passed, Checkpoint::LoadBalancer { target, keeps_client, .. }) => match target {
            Some(target) if *keeps_client => {
                format!("picks {target}, which sees the client's address (preserve_client_ip.enabled)")
            }
            Some(target) => format!("picks {target}"),
            None => "answers by itself".into(),
        },
        (Cause::Passed, Checkpoint::Appliance { .. }) => "forwards it, as far as anybody knows".into(),
        (Cause::Passed, _) => translation(network, hop),
        (Cause::NoGateway, _) => "the VPC has no internet gateway".into(),
        (Cause::NoPublicAddress, _) => "the interface has no public IPv4 address".into(),
        (Cause::PrivateDestination, _) => "an internet gateway does not forward to private addresses".into(),
        (Cause::DenyAllIgwTraffic, _) => "the interface denies all traffic from internet gateways".into(),
        (Cause::PeeringNotActive, _) => "the peering connection is not active".into(),
        (Cause::NotTransitive, _) => {
            "the destination is not in the peered VPC, and peering leads no further".into()
        }
        (Cause::Unsolicited, _) => "a NAT gateway takes only the answers of flows that it opened".into(),
        (Cause::NotHeld, _) => "no interface holds the address".into(),
        (Cause::ProtocolNotTranslated, _) => "a NAT gateway takes TCP, UDP and ICMP only".into(),
        (Cause::NotAvailable, _) => "it is not available".into(),
        (Cause::OtherFamily, _) => "it is for the other address family".into(),
        (Cause::SourceDestCheck, _) => {
            "its source/destination check drops what is not addressed to it".into()
        }
        (Cause::Asymmetric, Checkpoint::Appliance { interface }) => format!(
            "asymmetric: {} sees one direction of the flow only, and drops what it has no state for",
            crate::ends::name_of(network, *interface)
        ),
        (Cause::Asymmetric, _) => "asymmetric: it sees one direction of the flow only".into(),
        (Cause::NotAttached, _) => "the VPC is not attached to it".into(),
        (Cause::NoAttachmentInZone, _) => {
            "the attachment has no subnet in the sender's Availability Zone".into()
        }
        (Cause::RoutingLoop, _) => "the routes lead in a circle".into(),
        (Cause::NoListener, _) => "no listener takes this protocol and port".into(),
        (Cause::NoTarget, _) => "it has no target to send this to".into(),
        (Cause::GeneveNotAdmitted, _) => {
            "the appliance does not take GENEVE (udp 6081) from the load balancer, or its answer is stopped"
                .into()
        }
        (Cause::Hairpin, _) => {
            "the client is its own target, and its address is kept: source and destination are the same"
                .into()
        }
        (Cause::NotAnswered, _) => "what is there does not answer this".into(),
        (Cause::NotRunning(state), _) => format!("the instance is {state}"),
        (Cause::BlockedPublicAccess, _) => "VPC Block Public Access stops it".into(),
        (Cause::Unknown(reason), _) => reason.clone(),
    }
}
