//! What a change does: which flows of two networks differ, and what becomes of connections that are open.
//!
//! In the order of thought: `scope` says which pairs the differences of the models can touch, and no others are looked
//! at; `ends` who is whom in the two networks; `rows` compares the answers of everything to everything there, exactly;
//! `said` takes what differs apart into services that open, close, change their share or are no longer decided; `live`
//! asks what becomes of open connections, `causes` which rules did it; `flows` gathers what is alike; `breaks` holds it
//! against an intent; `data` is the shape of the answer.

mod breaks;
mod causes;
mod data;
mod ends;
mod flows;
mod live;
mod rows;
mod said;
mod scope;
mod surface;

use std::ops::RangeInclusive;

use engine::Network;
use engine::reach::{Asked, Chosen, Prepared, Reach};

pub use data::{
    Broken, Cause, Change, Difference, Edited, EndsOfFlow, Exposed, Flow, KindShift, Live, Service, Sign,
    Status, Verdict, Works,
};

use crate::reach::everything;
use ends::{Joint, PartIx};
use rows::{Comparison, is_looked_at};
use scope::Scope;

/// Something of the earlier network, and the same of the later one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, serde::Serialize)]
pub struct Both<T> {
    /// In the earlier network.
    pub old: T,
    /// In the later one.
    pub new: T,
}

impl<T> Both<T> {
    /// Does the same with each.
    pub fn map<R>(self, mut with: impl FnMut(T) -> R) -> Both<R> {
        Both { old: with(self.old), new: with(self.new) }
    }

    /// Each with another thing of its network.
    fn zip<R>(self, other: Both<R>) -> Both<(T, R)> {
        Both { old: (self.old, other.old), new: (self.new, other.new) }
    }

    /// Both at the same time.
    fn side_by_side<R: Send>(self, with: impl Fn(T) -> R + Sync) -> Both<R>
    where
        T: Send,
    {
        let (old, new) = rayon::join(|| with(self.old), || with(self.new));
        Both { old, new }
    }

    /// References to both.
    fn as_ref(&self) -> Both<&T> {
        Both { old: &self.old, new: &self.new }
    }

    fn of(&self, later: bool) -> &T {
        if later { &self.new } else { &self.old }
    }

    fn of_mut(&mut self, later: bool) -> &mut T {
        if later { &mut self.new } else { &mut self.old }
    }
}

impl<T: PartialEq> Both<T> {
    fn differs(&self) -> bool {
        self.old != self.new
    }
}

/// What differs between two networks: of every pair of ends, in both families, with replies and shares.
///
/// An end is an interface with its primary address of a family, or the internet: those of its addresses that are
/// nobody's in both networks.
pub fn diff(networks: Both<&Network>) -> Difference {
    let edits = model::compare(networks.old.model(), networks.new.model());
    if edits.is_empty() {
        return Difference::default();
    }
    let scope = Scope::of(networks, &edits);
    let prepared = match &scope {
        Scope::Everything => networks.side_by_side(Prepared::of),
        Scope::Ends { clients, servers } => {
            let interfaces = clients.with(servers);
            networks
                .zip(interfaces.as_ref())
                .side_by_side(|(network, interfaces)| Prepared::around(network, interfaces))
        }
    };
    let ends = prepared.as_ref().map(Prepared::ends);
    let joint = Joint::of(networks, ends);
    let internet = common_internet(networks);
    let asked = Asked { internet, ..everything(networks.new) };
    let (sets, lines) = compare(networks, prepared.as_ref(), &joint, &asked, &scope);
    flows::difference(networks, &joint, edits, sets, lines)
}

/// The answers to what can differ, compared.
fn compare(
    networks: Both<&Network>,
    prepared: Both<&Prepared>,
    joint: &Joint,
    asked: &Asked<'_>,
    scope: &Scope,
) -> (space::Diagrams, Vec<rows::Line>) {
    let mut comparison = Comparison::new(joint, asked);
    let both = networks.zip(prepared);
    let reach = |clients: Both<Chosen>, servers: Both<Chosen>| {
        both.zip(clients.zip(servers)).side_by_side(|((network, prepared), (clients, servers))| {
            Reach::among(network, prepared, asked, &clients, &servers, &|_, _| {})
        })
    };
    let all = || Both { old: Chosen::ALL, new: Chosen::ALL };
    let Scope::Ends { clients, servers } = scope else {
        let reach = reach(all(), all());
        comparison.add(reach.as_ref(), None, &|_| true, Both { old: true, new: true });
        return comparison.lines();
    };
    let [clients, servers] = [clients, servers].map(|wanted| {
        let is_wanted = |part: &ends::Part| part.members.iter().any(|member| wanted.has(member));
        joint.parts.iter().map(is_wanted).collect::<Vec<bool>>()
    });
    let chosen = |looked: &[bool], internet: bool| {
        let classes = |later: bool| {
            let parts = joint.parts.iter().zip(looked).filter(|(_, wanted)| **wanted);
            let mut classes: Vec<_> = parts.filter_map(|(part, _)| *part.class.of(later)).collect();
            classes.sort_unstable();
            classes.dedup();
            Chosen { classes: Some(classes), internet }
        };
        Both { old: classes(false), new: classes(true) }
    };
    if servers.contains(&true) {
        let reach = reach(all(), chosen(&servers, false));
        let of_servers = |ix: PartIx| is_looked_at(Some(&servers), ix);
        comparison.add(reach.as_ref(), None, &of_servers, Both { old: true, new: false });
    }
    if clients.contains(&true) {
        let reach = reach(chosen(&clients, false), all());
        // What gets to those servers has been compared, whoever it comes from.
        let of_others = |ix: PartIx| !is_looked_at(Some(&servers), ix);
        comparison.add(reach.as_ref(), Some(&clients), &of_others, Both { old: false, new: true });
    }
    comparison.lines()
}

/// The addresses that are of the internet in both networks, in IPv4 and in IPv6, as values of the remote axis.
pub fn common_internet(networks: Both<&Network>) -> [Vec<RangeInclusive<u128>>; 2] {
    let of = networks.map(|network| everything(network).internet);
    let [old_v4, old_v6] = of.old;
    let [new_v4, new_v6] = of.new;
    [crate::reach::meet(&old_v4, &new_v4), crate::reach::meet(&old_v6, &new_v6)]
}
