//! Numbers in their order, each once.

use fixedbitset::FixedBitSet;

/// Puts numbers below a bound in their order, each once: few by sorting, hundreds with a bit each.
#[derive(Debug)]
pub struct Unique(FixedBitSet);

impl Unique {
    /// For numbers below `bound`; others are left out.
    pub fn below(bound: usize) -> Unique {
        Unique(FixedBitSet::with_capacity(bound))
    }

    /// These numbers, in their order.
    pub fn of(&mut self, numbers: impl IntoIterator<Item = u32>) -> Vec<u32> {
        const FEW: usize = 64;
        let mut numbers = numbers.into_iter();
        let mut found: Vec<u32> = numbers.by_ref().take(FEW).collect();
        if found.len() < FEW {
            found.sort_unstable();
            found.dedup();
            return found;
        }
        let bound = self.0.len();
        let all = found.drain(..).chain(numbers).map(|number| number as usize);
        all.filter(|number| *number < bound).for_each(|number| self.0.insert(number));
        found.reserve_exact(self.0.count_ones(..));
        found.extend(self.0.ones().filter_map(|number| u32::try_from(number).ok()));
        self.0.clear();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_and_many_are_put_in_their_order_each_once() {
        let mut unique = Unique::below(1000);
        for count in [0, 1, 63, 64, 900] {
            let numbers: Vec<u32> = (0..count).map(|at| at * 7 % 501).chain(0..count / 3).collect();
            let mut want = numbers.clone();
            want.sort_unstable();
            want.dedup();
            assert_eq!(unique.of(numbers), want, "{count}");
        }
    }
}
