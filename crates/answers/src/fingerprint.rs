//! A short name for something that stays the same while the thing does: FNV-1a over its parts, 64 bits as hexadecimal.
//!
//! It is written into baselines, so the function may never change (RFC draft-eastlake-fnv has it and its test vectors).

const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// The fingerprint of some parts, in this order: each is ended by a zero byte, so that no two lists of parts run together.
pub fn fingerprint<'p>(parts: impl IntoIterator<Item = &'p str>) -> String {
    let bytes = parts.into_iter().flat_map(|part| part.bytes().chain([0]));
    let hash = bytes.fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The offset, and the published vector for `foobar` with a zero byte behind it.
    #[test]
    fn it_is_fnv_1a() {
        assert_eq!(fingerprint([]), "cbf29ce484222325");
        assert_eq!(fingerprint(["foobar"]), "34531ca7168b8f38");
    }

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(fingerprint(["ab", "c"]), fingerprint(["a", "bc"]));
    }
}
