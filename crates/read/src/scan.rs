//! Eight bytes at a time: most of a JSON text is indentation, and most of the rest is inside of strings.
//!
//! A byte is one of eight lanes of a number. What is subtracted in one lane may borrow from the lanes above, so the
//! lowest lane that is marked is marked rightly, and those above it may not be; only the lowest counts.

/// How many bytes are looked at.
pub(crate) const WIDTH: usize = 8;

const LOW: u64 = u64::MAX / 0xff;
const HIGH: u64 = LOW << 7;

/// A number with a byte in each lane.
const fn lanes(byte: u8) -> u64 {
    LOW * byte as u64
}

/// How many lanes are below the lowest mark.
fn lowest(marks: u64) -> usize {
    (marks.trailing_zeros() / u8::BITS) as usize
}

/// How many spaces come first.
pub(crate) fn spaces(bytes: [u8; WIDTH]) -> usize {
    lowest(u64::from_le_bytes(bytes) ^ lanes(b' '))
}

/// How many bytes come first that a string holds as they are: neither quote nor backslash nor control character.
pub(crate) fn plain(bytes: [u8; WIDTH]) -> usize {
    let bytes = u64::from_le_bytes(bytes);
    // Marks lanes that are less than a number: for one, those that are zero.
    let below = |lanes: u64, limit: u8| lanes.wrapping_sub(LOW * u64::from(limit)) & !lanes & HIGH;
    lowest(below(bytes, 0x20) | below(bytes ^ lanes(b'"'), 1) | below(bytes ^ lanes(b'\\'), 1))
}

/// A number that tells most texts apart: of its length, its beginning and its end.
pub(crate) fn number(text: &[u8]) -> u64 {
    let (first, last) = match (text.first_chunk(), text.last_chunk()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => (text.iter().fold(0, |number, &byte| number << u8::BITS | u64::from(byte)), 0),
    };
    first.rotate_left(5) ^ last ^ (text.len() as u64).rotate_right(8)
}

#[cfg(test)]
mod tests {
    use super::{number, plain, spaces};

    #[test]
    fn every_byte_in_every_lane() {
        for byte in 0..=255 {
            for lane in 0..8 {
                let (mut indented, mut text) = ([b' '; 8], *b"\x7f \x80!\xff#[]");
                indented[lane] = byte;
                text[lane] = byte;
                assert_eq!(spaces(indented), if byte == b' ' { 8 } else { lane });
                let is_plain = !matches!(byte, b'"' | b'\\' | ..0x20);
                assert_eq!(plain(text), if is_plain { 8 } else { lane }, "{byte} {lane}");
            }
        }
        assert_eq!((spaces(*b"  \n     "), plain(*b"ab\"c\\\0\"\"")), (2, 2));
    }

    #[test]
    fn most_texts_have_a_number_of_their_own() {
        let texts = [
            "",
            "a",
            "b",
            "ab",
            "ba",
            "PrivateIpAddress",
            "PrivateIpAddresses",
            "PrivateDnsName",
            "PublicDnsName",
        ];
        for (position, one) in texts.iter().enumerate() {
            for other in &texts[position + 1..] {
                assert_ne!(number(one.as_bytes()), number(other.as_bytes()), "{one} {other}");
            }
        }
    }
}
