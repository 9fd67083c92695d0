//! Boxes of connections, and what it takes to flow through a gate.

use std::ops::RangeInclusive;

use crate::field::FIELDS;
use crate::{Connection, Diagrams, Field, Set};

/// A box: one closed range a field. What a single rule matches is a box, or a few of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Region {
    ranges: [(u128, u128); FIELDS],
}

impl Region {
    /// Every connection.
    pub const FULL: Region = Region {
        ranges: [
            (0, Field::Protocol.last()),
            (0, Field::Remote.last()),
            (0, Field::Client.last()),
            (0, Field::Server.last()),
            (0, Field::Relay.last()),
            (0, Field::SecondRelay.last()),
            (0, Field::Draw.last()),
            (0, Field::SecondDraw.last()),
        ],
    };

    /// The box narrowed to one protocol number.
    pub fn protocol(self, number: u8) -> Region {
        self.with(Field::Protocol, u128::from(number)..=u128::from(number))
    }

    /// The box narrowed to a range of remote addresses.
    pub fn remote(self, range: RangeInclusive<u128>) -> Region {
        self.with(Field::Remote, range)
    }

    /// The box narrowed to a range of client ports (ICMP: codes).
    pub fn client(self, range: RangeInclusive<u16>) -> Region {
        self.with(Field::Client, u128::from(*range.start())..=u128::from(*range.end()))
    }

    /// The box narrowed to a range of server ports (ICMP: types).
    pub fn server(self, range: RangeInclusive<u16>) -> Region {
        self.with(Field::Server, u128::from(*range.start())..=u128::from(*range.end()))
    }

    /// What is in both boxes.
    pub fn intersect(&self, other: &Region) -> Region {
        Field::ALL.iter().fold(self.clone(), |region, &field| region.with(field, other.range(field)))
    }

    /// The range of one field.
    pub fn range(&self, field: Field) -> RangeInclusive<u128> {
        let (low, high) = self.bounds(field);
        low..=high
    }

    /// Whether the connection lies in the box.
    pub fn contains(&self, connection: &Connection) -> bool {
        Field::ALL.iter().all(|&field| {
            let (low, high) = self.bounds(field);
            (low..=high).contains(&connection.field(field))
        })
    }

    /// The box narrowed to a range of one field.
    pub fn with(mut self, field: Field, range: RangeInclusive<u128>) -> Region {
        if let Some(bounds) = self.ranges.get_mut(usize::from(field.level())) {
            *bounds = (bounds.0.max(*range.start()), bounds.1.min(*range.end()));
        }
        self
    }

    pub(crate) fn bounds(&self, field: Field) -> (u128, u128) {
        self.ranges.get(usize::from(field.level())).copied().unwrap_or((0, field.last()))
    }
}

/// What can flow through a gate: one connection, or a set of them.
///
/// A gate is defined once, over this trait; evaluating one connection is the case where the set has one member.
pub trait Space: Sized + Clone {
    /// Where members of the space live; `()` for a single connection.
    type Arena;
    /// Nothing at all.
    fn nothing() -> Self;
    /// The part inside the region, and the part outside.
    fn split(self, region: &Region, arena: &mut Self::Arena) -> (Self, Self);
    /// Both together.
    fn join(self, other: Self, arena: &mut Self::Arena) -> Self;
    /// What is in both.
    fn meet(self, other: Self, arena: &mut Self::Arena) -> Self;
    /// What is in this one and not in the other.
    fn minus(self, other: Self, arena: &mut Self::Arena) -> Self;
    /// Whether nothing is left.
    fn is_empty(&self) -> bool;
}

impl Space for Option<Connection> {
    type Arena = ();

    fn nothing() -> Self {
        None
    }

    fn split(self, region: &Region, (): &mut ()) -> (Self, Self) {
        match self {
            Some(connection) if region.contains(&connection) => (self, None),
            _ => (None, self),
        }
    }

    fn join(self, other: Self, (): &mut ()) -> Self {
        self.or(other)
    }

    fn meet(self, other: Self, (): &mut ()) -> Self {
        self.filter(|connection| Some(*connection) == other)
    }

    fn minus(self, other: Self, (): &mut ()) -> Self {
        self.filter(|connection| Some(*connection) != other)
    }

    fn is_empty(&self) -> bool {
        self.is_none()
    }
}

impl Space for Set {
    type Arena = Diagrams;

    fn nothing() -> Self {
        Set::EMPTY
    }

    fn split(self, region: &Region, arena: &mut Diagrams) -> (Self, Self) {
        let inside = arena.region(region);
        (arena.intersect(self, inside), arena.subtract(self, inside))
    }

    fn join(self, other: Self, arena: &mut Diagrams) -> Self {
        arena.union(self, other)
    }

    fn meet(self, other: Self, arena: &mut Diagrams) -> Self {
        arena.intersect(self, other)
    }

    fn minus(self, other: Self, arena: &mut Diagrams) -> Self {
        arena.subtract(self, other)
    }

    fn is_empty(&self) -> bool {
        *self == Set::EMPTY
    }
}
