//! One line of a network's text, and the elements of its list.

use model::{
    Action, Destination, Id, NetworkAclEntry, Origin, Peer, Route, RouteState, SecurityGroupRule, Target,
};

const ORIGIN: Origin = Origin::PROPOSED;

/// A line in words: `NOUN ID WORD… [KEY=VALUE]… [: ELEMENT | ELEMENT]`.
pub(crate) struct Line<'t> {
    pub(crate) noun: &'t str,
    pub(crate) id: &'t str,
    pub(crate) words: Vec<&'t str>,
    pub(crate) elements: Vec<&'t str>,
}

impl<'t> Line<'t> {
    pub(crate) fn new(text: &'t str) -> Line<'t> {
        // IPv6 addresses have colons too, but none that ends a word.
        let (head, list) = text.split_once(": ").unwrap_or((text.trim_end_matches(':'), ""));
        let mut words = head.split_whitespace();
        let (noun, id) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        let elements = list.split('|').map(str::trim).filter(|element| !element.is_empty()).collect();
        Line { noun, id, words: words.collect(), elements }
    }

    pub(crate) fn has(&self, word: &str) -> bool {
        self.words.contains(&word)
    }

    pub(crate) fn value(&self, key: &str) -> Option<&'t str> {
        self.words.iter().find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
    }

    /// The ids of `KEY=ID,ID`.
    pub(crate) fn ids(&self, key: &str) -> Vec<Id> {
        let ids = self.value(key).into_iter().flat_map(|ids| ids.split(','));
        ids.filter(|id| !id.is_empty()).map(Id::from).collect()
    }

    pub(crate) fn all<T: std::str::FromStr>(&self) -> Vec<T> {
        self.words.iter().filter_map(|word| word.parse().ok()).collect()
    }
}

/// A rule of a security group: `tcp 80 0.0.0.0/0`, `all sg-web`.
pub fn rule(egress: bool, text: &str) -> SecurityGroupRule {
    let (traffic, peer) = text.trim().rsplit_once(' ').expect("traffic and peer");
    let peer = match peer.parse() {
        Ok(cidr) => Peer::Cidr(cidr),
        Err(_) if peer.starts_with("pl-") => Peer::PrefixList(peer.into()),
        Err(_) => Peer::Group(peer.into()),
    };
    let traffic = traffic.parse().expect("traffic");
    SecurityGroupRule { id: None, egress, traffic, peer, description: None, origin: ORIGIN }
}

/// An entry of a network ACL: `100 allow tcp 80 0.0.0.0/0`.
pub fn entry(egress: bool, text: &str) -> NetworkAclEntry {
    let mut words = text.splitn(3, ' ');
    let number = words.next().and_then(|number| number.parse().ok()).expect("a number");
    let action = match words.next() {
        Some("allow") => Action::Allow,
        Some("deny") => Action::Deny,
        other => panic!("no action `{other:?}` in `{text}`"),
    };
    let (traffic, cidr) = words.next().and_then(|rest| rest.rsplit_once(' ')).expect("traffic and CIDR");
    let (traffic, cidr) = (traffic.trim().parse().expect("traffic"), cidr.parse().expect("a CIDR"));
    NetworkAclEntry { egress, number, action, traffic, cidr, origin: ORIGIN }
}

/// A route: `0.0.0.0/0 igw-1 blackhole`.
pub(crate) fn route(text: &str) -> Route {
    let words: Vec<_> = text.split_whitespace().collect();
    let [destination, target, flags @ ..] = words.as_slice() else { panic!("no route `{text}`") };
    let destination = match destination.parse() {
        Ok(cidr) => Destination::Cidr(cidr),
        Err(_) => Destination::PrefixList((*destination).into()),
    };
    let id = Id::from(*target);
    let target = match target.split('-').next() {
        Some("local") => Target::Local,
        Some("igw") => Target::InternetGateway(id),
        Some("eigw") => Target::EgressOnlyInternetGateway(id),
        Some("nat") => Target::NatGateway(id),
        Some("eni") => Target::NetworkInterface(id),
        Some("pcx") => Target::VpcPeeringConnection(id),
        Some("tgw") => Target::TransitGateway(id),
        Some("vpce") => Target::VpcEndpoint(id),
        Some("vgw") => Target::VpnGateway(id),
        _ => Target::Other(id),
    };
    let state = match flags {
        _ if flags.contains(&"blackhole") => RouteState::Blackhole,
        _ if flags.contains(&"filtered") => RouteState::Filtered,
        _ => RouteState::Active,
    };
    Route { destination, target, state, propagated: flags.contains(&"propagated"), origin: ORIGIN }
}
