//! What is said of pairs that differ: which services open, close, change their share or are no longer decided.

use engine::ephemeral::{REPORTED_KINDS, client_kind};
use rustc_hash::FxHashSet;
use space::{Diagrams, Family, Field, Region, Set};

use super::Both;
use super::data::{Change, KindShift, Service, Status, Works};
use super::rows::{Beyond, Changed};
use crate::reach::{ServiceShare, services_of};

/// Services of which the same kind of change is said.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) change: Change,
    pub(super) services: Vec<Service>,
    /// What was asked for by these services.
    pub(super) asked: Set,
    /// What works now and did not.
    pub(super) won: Set,
    /// What worked and does not now.
    pub(super) lost: Set,
    /// Whether more may work than did for certain, and less than may have: only where nobody can say.
    pub(super) may_open: bool,
    pub(super) may_close: bool,
}

/// Takes what differs apart by kind of change; the kinds in their order.
pub(super) fn pieces(changed: &Changed, sets: &mut Diagrams) -> Vec<Piece> {
    let mut teller = Teller { changed, touched: Set::EMPTY, sets };
    let Both { old, new } = changed.outcome;
    for (a, b) in [
        (old.works, new.works),
        (new.works, old.works),
        (old.unknown, new.unknown),
        (new.unknown, old.unknown),
    ] {
        let differs = teller.sets.subtract(a, b);
        let services = teller.services(differs);
        teller.touched = teller.sets.union(teller.touched, services);
    }
    let statuses = Both { old: teller.statuses(false), new: teller.statuses(true) };
    let mut pieces: Vec<Piece> = Vec::new();
    for (before, of_old) in statuses.old {
        for (after, of_new) in statuses.new {
            let here = teller.sets.intersect(of_old, of_new);
            if here == Set::EMPTY {
                continue;
            }
            let found = teller.piece(Both { old: before, new: after }, here);
            match pieces.iter_mut().find(|piece| piece.change == found.change) {
                None => pieces.push(found),
                Some(piece) => {
                    piece.services.extend(found.services);
                    piece.asked = teller.sets.union(piece.asked, found.asked);
                    piece.won = teller.sets.union(piece.won, found.won);
                    piece.lost = teller.sets.union(piece.lost, found.lost);
                    piece.may_open |= found.may_open;
                    piece.may_close |= found.may_close;
                }
            }
        }
    }
    for piece in &mut pieces {
        piece.services.sort_by_key(|service| service.what);
    }
    pieces.sort_by_key(|piece| piece.change);
    pieces
}

struct Teller<'a> {
    changed: &'a Changed,
    /// The services of which something differs.
    touched: Set,
    sets: &'a mut Diagrams,
}

impl Teller<'_> {
    /// All connections to the services, and with the addresses, of some: from any port, whatever devices pick.
    fn services(&mut self, of: Set) -> Set {
        let mut seen = FxHashSet::default();
        let mut all = Set::EMPTY;
        for region in self.sets.regions(of) {
            let protocol = region.range(Field::Protocol);
            let is_icmp = [1, 58].iter().any(|number| protocol == (*number..=*number));
            let mut wide = Region::FULL.with(Field::Protocol, protocol);
            // The code of ICMP is where others have the client's port.
            let own = [Field::Remote, Field::Server].into_iter().chain(is_icmp.then_some(Field::Client));
            for field in own {
                wide = wide.with(field, region.range(field));
            }
            if seen.insert(wide.clone()) {
                let wide = self.sets.region(&wide);
                all = self.sets.union(all, wide);
            }
        }
        all
    }

    /// The touched services by how much of them works in one of the networks.
    fn statuses(&mut self, later: bool) -> [(Status, Set); 4] {
        let (asked, outcome) = (*self.changed.asked.of(later), *self.changed.outcome.of(later));
        let some = self.services(outcome.works);
        let unknown = self.services(outcome.unknown);
        let missing = self.sets.subtract(asked, outcome.works);
        let missing = self.services(missing);
        let sets = &mut *self.sets;
        let undecided = sets.intersect(self.touched, unknown);
        let decided = sets.subtract(self.touched, unknown);
        let works = sets.intersect(decided, some);
        let part = sets.intersect(works, missing);
        [
            (Status::Nothing, sets.subtract(decided, some)),
            (Status::Part, part),
            (Status::All, sets.subtract(works, part)),
            (Status::Undecided, undecided),
        ]
    }

    /// What is said of some services that were in one state and are in another.
    fn piece(&mut self, status: Both<Status>, here: Set) -> Piece {
        let works = self.changed.outcome.map(|outcome| self.sets.intersect(outcome.works, here));
        let may = self.changed.outcome.map(|outcome| {
            let may = self.sets.union(outcome.works, outcome.unknown);
            self.sets.intersect(may, here)
        });
        let change = match (status.old, status.new) {
            (Status::Undecided, _) | (_, Status::Undecided) => Change::Undecided,
            (Status::Nothing, _) => Change::Opens,
            (_, Status::Nothing) => Change::Closes,
            _ => Change::Partial,
        };
        let services = match change {
            Change::Opens => self.named(works.new, true, status),
            Change::Closes => self.named(works.old, false, status),
            Change::Partial => self.shifts(works, here),
            Change::Undecided => {
                let asked = self.sets.union(self.changed.asked.old, self.changed.asked.new);
                let asked = self.sets.intersect(asked, here);
                self.named(asked, status.new != Status::Nothing, status)
            }
        };
        let undecided = change == Change::Undecided;
        let asked = self.sets.union(self.changed.asked.old, self.changed.asked.new);
        let (won, lost) =
            (self.sets.subtract(works.new, works.old), self.sets.subtract(works.old, works.new));
        Piece {
            change,
            services,
            asked: self.sets.intersect(asked, here),
            won: if undecided { Set::EMPTY } else { won },
            lost: if undecided { Set::EMPTY } else { lost },
            may_open: undecided && !self.sets.is_subset(may.new, works.old),
            may_close: undecided && !self.sets.is_subset(may.old, works.new),
        }
    }

    fn family(&self) -> &'static str {
        match self.changed.family {
            Family::V4 => "IPv4",
            Family::V6 => "IPv6",
        }
    }

    fn shares(&self, later: bool, boxes: Set) -> Vec<ServiceShare> {
        let asked = self.sets.regions(*self.changed.asked.of(later));
        let beyond = self.changed.beyond != Beyond::Nobody;
        services_of(self.changed.family, beyond, &asked, &self.sets.regions(boxes))
    }

    /// Services that work in one of the networks, or of which nobody can say.
    fn named(&mut self, boxes: Set, later: bool, status: Both<Status>) -> Vec<Service> {
        let (shares, family) = (self.shares(later, boxes), self.family());
        let named = shares.into_iter().map(|share| {
            let state = |status: Status| match status {
                Status::Part => {
                    Works { status, share: Some(share.share), client_ports: share.client_ports.clone() }
                }
                Status::Undecided => Works { status, share: None, client_ports: Vec::new() },
                _ => Works::plain(status),
            };
            // Of what is undecided in the one, only some of the other is known to be in part.
            let plain = |status: Status| match status {
                Status::Part | Status::Undecided => Works { status, share: None, client_ports: Vec::new() },
                _ => Works::plain(status),
            };
            let undecided = [status.old, status.new].contains(&Status::Undecided);
            let of = |status| if undecided { plain(status) } else { state(status) };
            Service {
                what: share.what,
                families: vec![family],
                before: of(status.old),
                after: of(status.new),
                kinds: Vec::new(),
                only: share.only,
                except: share.except,
            }
        });
        named.collect()
    }

    /// Services of which some works in both networks, each with how much did and does.
    fn shifts(&mut self, works: Both<Set>, here: Set) -> Vec<Service> {
        let (mut found, family) = (Vec::new(), self.family());
        for before in self.shares(false, works.old) {
            let region = self.region(&before);
            let region = self.sets.intersect(region, here);
            let of_new = self.sets.intersect(works.new, region);
            for after in self.shares(true, of_new) {
                let cell = self.region(&after);
                let cell = self.sets.intersect(cell, region);
                found.push(Service {
                    what: after.what,
                    families: vec![family],
                    before: Works::of(&before),
                    after: Works::of(&after),
                    kinds: self.kinds(cell),
                    only: after.only,
                    except: after.except,
                });
            }
        }
        found
    }

    /// All connections that a service means.
    fn region(&mut self, service: &ServiceShare) -> Set {
        let what = self.sets.set_of(service.what.regions());
        let blocks = |blocks: &[ipnet::IpNet]| {
            blocks.iter().map(|block| Region::FULL.remote(space::address_range(*block))).collect::<Vec<_>>()
        };
        if !service.only.is_empty() {
            let only = self.sets.set_of(blocks(&service.only));
            return self.sets.intersect(what, only);
        }
        let except = self.sets.set_of(blocks(&service.except));
        self.sets.subtract(what, except)
    }

    /// How much works for each kind of client, where the client could be of any (S2.23).
    fn kinds(&mut self, cell: Set) -> Vec<KindShift> {
        if self.changed.beyond != Beyond::Client {
            return Vec::new();
        }
        let mut found = Vec::new();
        for kind in REPORTED_KINDS.into_iter().filter_map(client_kind) {
            let ports = self.sets.region(&Region::FULL.client(kind.ports.from..=kind.ports.to));
            let of_kind = self.sets.intersect(cell, ports);
            let mut share = |later: bool| {
                let asked = self.sets.intersect(*self.changed.asked.of(later), of_kind);
                let works = self.sets.intersect(self.changed.outcome.of(later).works, of_kind);
                let all = self.sets.count(asked);
                if all > 0.0 { self.sets.count(works) / all } else { 0.0 }
            };
            found.push(KindShift {
                kind: kind.key,
                words: kind.words,
                before: share(false),
                after: share(true),
            });
        }
        found
    }
}
