//! Who talks to whom, for people: lines with the same ends on one side and the same services are one.

use indexmap::IndexMap;
use model::{Ix, NetworkInterface};
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};
use space::Family;

use super::factored::SetIx;
use super::{Factored, Judged, Matrix};

/// Some clients, some servers, and what passes between each of these and each of those but itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Talk {
    /// The clients' sets, in [`Factored::sets`].
    pub from: Vec<SetIx>,
    /// And the internet.
    pub from_internet: bool,
    /// The servers' sets.
    pub to: Vec<SetIx>,
    /// The internet is the server.
    pub to_internet: bool,
    /// What is said of them, in [`Matrix::judged`]: in each family, and of each kind of client.
    pub judged: Vec<usize>,
    /// How many pairs it stands for, each family by itself.
    pub pairs: u64,
}

/// In short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// How many interfaces are asked for, on either side.
    pub interfaces: usize,
    /// How many pairs of interfaces there are; those with two families count once.
    pub pairs: u64,
    /// How many of them have something that works.
    pub talk: u64,
    /// How many more may have.
    pub may_talk: u64,
    /// How many interfaces the internet reaches, if it was asked for.
    pub from_internet: Option<usize>,
    /// How many interfaces reach the internet.
    pub to_internet: Option<usize>,
}

/// The most interesting first: from the internet, to the internet, then by how many pairs.
pub fn talks(matrix: &Matrix<'_>, factored: &Factored) -> Vec<Talk> {
    let mut said: IndexMap<Vec<String>, (), FxBuildHasher> = IndexMap::default();
    let words: Vec<usize> =
        matrix.judged.iter().map(|judged| said.insert_full(words(judged), ()).0).collect();
    let talks = factored.lines.iter().zip(&matrix.lines).map(|(line, original)| Talk {
        from: line.from.clone(),
        from_internet: line.from_internet,
        to: line.to.clone(),
        to_internet: line.to_internet,
        judged: vec![line.judged],
        pairs: matrix.count(original),
    });
    let said = |talk: &Talk| -> Vec<usize> {
        let mut said: Vec<usize> =
            talk.judged.iter().filter_map(|judged| words.get(*judged)).copied().collect();
        said.sort_unstable();
        said.dedup();
        said
    };
    // The families of the same ends, then clients of the same servers, then servers of the same clients.
    let talks = merged(
        talks,
        |talk| (Vec::new(), talk.from.clone(), talk.to.clone(), talk.from_internet, talk.to_internet),
        |kept, other| kept.judged.extend(other.judged),
    );
    let talks = merged(
        talks,
        |talk| (said(talk), Vec::new(), talk.to.clone(), talk.from_internet, talk.to_internet),
        |kept, other| {
            kept.from.extend(other.from);
            kept.judged.extend(other.judged);
        },
    );
    let mut talks: Vec<Talk> = merged(
        talks,
        |talk| (said(talk), talk.from.clone(), Vec::new(), talk.from_internet, talk.to_internet),
        |kept, other| {
            kept.to.extend(other.to);
            kept.judged.extend(other.judged);
        },
    )
    .collect();
    talks.sort_by_key(|talk| (!talk.from_internet, !talk.to_internet, std::cmp::Reverse(talk.pairs)));
    talks
}

/// Clients, servers, and what is said: what tells talks apart.
type Key = (Vec<usize>, Vec<SetIx>, Vec<SetIx>, bool, bool);

fn merged(
    talks: impl Iterator<Item = Talk>,
    key: impl Fn(&Talk) -> Key,
    merge: impl Fn(&mut Talk, Talk),
) -> impl Iterator<Item = Talk> {
    let mut found: IndexMap<Key, Talk, FxBuildHasher> = IndexMap::default();
    for talk in talks {
        match found.entry(key(&talk)) {
            indexmap::map::Entry::Vacant(place) => {
                place.insert(talk);
            }
            indexmap::map::Entry::Occupied(mut kept) => {
                let kept = kept.get_mut();
                kept.pairs += talk.pairs;
                merge(kept, talk);
                for list in [&mut kept.from, &mut kept.to] {
                    list.sort_unstable();
                    list.dedup();
                }
                kept.judged.sort_unstable();
                kept.judged.dedup();
            }
        }
    }
    found.into_values()
}

/// What people read of a judgement: not from which ports.
fn words(judged: &Judged) -> Vec<String> {
    let of = |mark: char, list: &[super::ServiceShare]| -> Vec<String> {
        let one = |one: &super::ServiceShare| {
            format!("{mark} {} {} {:?} {:?}", one.what, one.share, one.only, one.except)
        };
        list.iter().map(one).collect()
    };
    let mut words = vec![format!("{:?}", judged.family)];
    words.extend(of('+', &judged.services));
    words.extend(of('?', &judged.may_work));
    words
}

impl Summary {
    /// Counts.
    pub fn of(matrix: &Matrix<'_>, factored: &Factored) -> Summary {
        let mut summary = Summary::default();
        let (from, to) = (&matrix.query.from, &matrix.query.to);
        let mut interfaces: FxHashSet<Ix<NetworkInterface>> = FxHashSet::default();
        let (mut counts, mut on_both): (FxHashMap<Family, (u64, u64)>, FxHashMap<Family, u64>) =
            (FxHashMap::default(), FxHashMap::default());
        for class in &matrix.ends().classes {
            for end in &class.members {
                let (client, server) = (from.has(*end), to.has(*end));
                let count = counts.entry(class.family).or_default();
                count.0 += u64::from(client);
                count.1 += u64::from(server);
                *on_both.entry(class.family).or_default() += u64::from(client && server);
                if client || server {
                    interfaces.insert(end.interface);
                }
            }
        }
        summary.interfaces = interfaces.len();
        summary.pairs = counts
            .iter()
            .map(|(family, (clients, servers))| clients * servers - on_both.get(family).copied().unwrap_or(0))
            .sum();
        let beyond =
            |side: &super::Side| [Family::V4, Family::V6].iter().any(|family| side.has_internet(*family));
        let mut reached: [FxHashSet<SetIx>; 2] = [FxHashSet::default(), FxHashSet::default()];
        for (line, original) in factored.lines.iter().zip(&matrix.lines) {
            let works = matrix.judged.get(line.judged).is_some_and(|judged| !judged.works_boxes.is_empty());
            let [from_internet, to_internet] = &mut reached;
            match (line.from_internet, line.to_internet, works) {
                (true, _, true) => from_internet.extend(&line.to),
                (_, true, true) => to_internet.extend(&line.from),
                (false, false, true) => summary.talk += matrix.count(original),
                (false, false, false) => summary.may_talk += matrix.count(original),
                _ => {}
            }
        }
        let count = |sets: &FxHashSet<SetIx>| {
            let sets = sets.iter().filter_map(|set| factored.sets.get(*set as usize));
            sets.flatten().collect::<FxHashSet<_>>().len()
        };
        let [from_internet, to_internet] = &reached;
        // Between two ends beyond the network nothing is asked.
        summary.from_internet = (beyond(from) && to.has_interfaces()).then(|| count(from_internet));
        summary.to_internet = (beyond(to) && from.has_interfaces()).then(|| count(to_internet));
        summary
    }
}

impl Factored {
    /// The interfaces on both sides of a talk. Whoever is the only one on a side is not on the other: nobody is a pair
    /// with itself.
    pub fn sides(&self, talk: &Talk) -> [Vec<Ix<NetworkInterface>>; 2] {
        let (mut from, mut to) = (self.interfaces(&talk.from), self.interfaces(&talk.to));
        if let ([one], false) = (to.as_slice(), talk.to_internet) {
            from.retain(|ix| ix != one);
        }
        if let ([one], false) = (from.as_slice(), talk.from_internet) {
            to.retain(|ix| ix != one);
        }
        [from, to]
    }

    /// The interfaces of some sets, each once, in order.
    pub fn interfaces(&self, sets: &[SetIx]) -> Vec<Ix<NetworkInterface>> {
        let mut all: Vec<_> =
            sets.iter().filter_map(|set| self.sets.get(*set as usize)).flatten().copied().collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}
