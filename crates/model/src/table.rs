//! Nouns by id, and small indices into them.

use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::marker::PhantomData;

use std::sync::Arc;

use indexmap::IndexMap;
use rustc_hash::FxHasher;

use crate::Id;

/// The position of a noun in its [`Table`]. Made only by the table, and good for as long as nothing is removed.
pub struct Ix<T> {
    position: u32,
    noun: PhantomData<fn() -> T>,
}

impl<T> Ix<T> {
    /// The position as a number, for bit sets and dense vectors.
    pub fn position(self) -> usize {
        self.position as usize
    }
}

impl<T> Clone for Ix<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Ix<T> {}
impl<T> PartialEq for Ix<T> {
    fn eq(&self, other: &Self) -> bool {
        self.position == other.position
    }
}
impl<T> Eq for Ix<T> {}
impl<T> PartialOrd for Ix<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<T> Ord for Ix<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.position.cmp(&other.position)
    }
}
impl<T> Hash for Ix<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.position.hash(state);
    }
}
impl<T> std::fmt::Debug for Ix<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "#{}", self.position)
    }
}

type Nouns<T> = IndexMap<Id, T, BuildHasherDefault<FxHasher>>;

/// All nouns of a kind, in the order in which they were read.
///
/// A clone shares the nouns until one of the two is written to, so that a changed model costs what the change costs.
#[derive(Debug)]
pub struct Table<T> {
    nouns: Arc<Nouns<T>>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Table { nouns: Arc::default() }
    }
}

impl<T> Clone for Table<T> {
    fn clone(&self) -> Self {
        Table { nouns: Arc::clone(&self.nouns) }
    }
}

impl<T: Clone> Table<T> {
    /// Adds a noun; gives it back if its id is taken.
    pub fn insert(&mut self, id: Id, noun: T) -> Result<Ix<T>, T> {
        match Arc::make_mut(&mut self.nouns).entry(id) {
            indexmap::map::Entry::Occupied(_) => Err(noun),
            indexmap::map::Entry::Vacant(place) => {
                let position = u32::try_from(place.index()).unwrap_or(u32::MAX);
                place.insert(noun);
                Ok(Ix { position, noun: PhantomData })
            }
        }
    }

    /// The noun with an id, to change it.
    pub fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        Arc::make_mut(&mut self.nouns).get_mut(id)
    }

    /// All nouns, in order, to change them.
    pub fn values_mut(&mut self) -> impl ExactSizeIterator<Item = &mut T> {
        Arc::make_mut(&mut self.nouns).values_mut()
    }
}

impl<T> Table<T> {
    /// The noun with an id.
    pub fn get(&self, id: &str) -> Option<&T> {
        self.nouns.get(id)
    }

    /// Where the noun with an id is.
    pub fn ix(&self, id: &str) -> Option<Ix<T>> {
        let position = u32::try_from(self.nouns.get_index_of(id)?).ok()?;
        Some(Ix { position, noun: PhantomData })
    }

    /// The noun at an index.
    #[expect(clippy::expect_used, reason = "an Ix is made by its table, which never removes a noun")]
    pub fn at(&self, ix: Ix<T>) -> &T {
        self.nouns.get_index(ix.position()).expect("an index of this table").1
    }

    /// Where the noun at a position is, if there are so many.
    pub fn nth(&self, position: usize) -> Option<Ix<T>> {
        let position = u32::try_from(position).ok().filter(|_| position < self.nouns.len())?;
        Some(Ix { position, noun: PhantomData })
    }

    /// All indices and nouns, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Ix<T>, &T)> {
        self.nouns.values().enumerate().map(|(position, noun)| {
            (Ix { position: u32::try_from(position).unwrap_or(u32::MAX), noun: PhantomData }, noun)
        })
    }

    /// All nouns, in order.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &T> {
        self.nouns.values()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.nouns.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.nouns.is_empty()
    }
}
