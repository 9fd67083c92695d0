//! Chance that is the same everywhere.

use std::ops::RangeInclusive;

use rand_core::{Rng, SeedableRng};
use rand_xorshift::XorShiftRng;

/// A source of numbers. The algorithm is named by its crate and does not change with versions; what becomes of its
/// words is below, so that no other crate's choices come in.
pub(super) struct Random(XorShiftRng);

impl Random {
    pub(super) fn new(seed: u64) -> Random {
        let mut words = [0; 16];
        // INVARIANT: a seed is spread over all of the state, for the algorithm itself mixes slowly.
        let mut state = seed;
        for half in words.chunks_exact_mut(8) {
            half.copy_from_slice(&split_mix(&mut state).to_le_bytes());
        }
        Random(XorShiftRng::from_seed(words))
    }

    /// A number below `limit`, or 0 if there is none.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        let product = u128::from(self.0.next_u64()) * limit as u128;
        usize::try_from(product >> 64).unwrap_or(0)
    }

    pub(super) fn within(&mut self, range: RangeInclusive<usize>) -> usize {
        range.start() + self.below(range.end() - range.start() + 1)
    }

    /// True in so many of a hundred cases.
    pub(super) fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of a list that is not empty.
    pub(super) fn pick<'l, T>(&mut self, list: &'l [T]) -> Option<&'l T> {
        list.get(self.below(list.len()))
    }

    pub(super) fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            list.swap(last, self.below(last + 1));
        }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014).
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut word = *state;
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn numbers_are_the_same_on_every_machine_and_with_every_version() {
        let mut random = Random::new(1);
        let numbers: Vec<usize> = (0..8).map(|_| random.below(1000)).collect();
        // Computed apart from this, from the two papers.
        assert_eq!(numbers, [895, 84, 986, 245, 52, 714, 994, 519]);
    }

    #[test]
    fn ranges_include_their_ends() {
        let mut random = Random::new(2);
        let mut seen = [0; 3];
        (0..300).for_each(|_| seen[random.within(4..=6) - 4] += 1);
        assert!(seen.iter().all(|&count| count > 60), "{seen:?}");
    }
}
