//! Sets of numbers by one number each, which their members only have to be added up for.

/// A number that has nothing to do with those of others, and is the same in every run (splitmix64, twice). Sums of these
/// are equal for equal sets of numbers, and only by a chance of one in 2^128 for others.
pub fn random(number: u64) -> u128 {
    let mix = |seed: u64| {
        let mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(seed);
        let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    };
    (u128::from(mix(0x243f_6a88_85a3_08d3)) << 64) | u128::from(mix(0x1319_8a2e_0370_7344))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn sums_tell_sets_apart() {
        let mut sums = HashSet::from([0]);
        for one in 0..300 {
            assert!(sums.insert(random(one)), "{one}");
            for other in 0..one {
                assert!(sums.insert(random(one).wrapping_add(random(other))), "{one} {other}");
            }
        }
        // Large ones too: kinds of numbers are told by their upper half.
        assert_ne!(random(1 << 32), random(1));
    }
}
