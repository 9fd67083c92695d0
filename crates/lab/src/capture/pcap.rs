//! Files that Wireshark and tcpdump read: the classic pcap format,
//! <https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-05.html>.

use std::io::{self, Write};

use super::Captured;

/// Times in microseconds.
const MAGIC: u32 = 0xa1b2_c3d4;
/// The format's version: 2.4.
const VERSION: [u16; 2] = [2, 4];
/// Frames are never cut.
const LONGEST: u32 = 1 << 18;
/// `LINKTYPE_ETHERNET`.
const ETHERNET: u32 = 1;

/// A file that is being written.
pub struct Pcap<W: Write>(W);

impl<W: Write> Pcap<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn begin(mut to: W) -> io::Result<Pcap<W>> {
        let [major, minor] = VERSION.map(u16::to_ne_bytes);
        // After the version: a time zone and an accuracy, both always 0.
        let numbers = [0, 0, LONGEST, ETHERNET].map(u32::to_ne_bytes);
        to.write_all(&[&MAGIC.to_ne_bytes()[..], &major, &minor, &numbers.concat()].concat())?;
        Ok(Pcap(to))
    }

    /// Adds a packet; readers see it at once.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn add(&mut self, captured: &Captured) -> io::Result<()> {
        let (at, frame) = (captured.at, &captured.frame);
        let (seconds, length) = (u32::try_from(at.as_secs()), u32::try_from(frame.len()));
        let (Ok(seconds), Ok(length)) = (seconds, length) else {
            return Err(io::Error::other("the format has no room for this time or length"));
        };
        let numbers = [seconds, at.subsec_micros(), length, length].map(u32::to_ne_bytes);
        self.0.write_all(&[&numbers.concat(), frame.as_slice()].concat())?;
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_file_is_a_header_and_packets() {
        let mut bytes = Vec::new();
        let mut file = Pcap::begin(&mut bytes).expect("memory");
        let at = Duration::new(7, 9_000);
        file.add(&Captured { link: "eth0".into(), sent: true, at, frame: vec![1, 2, 3] }).expect("memory");
        let numbers: Vec<u32> =
            bytes.chunks_exact(4).map(|bytes| u32::from_ne_bytes(bytes.try_into().expect("four"))).collect();
        assert_eq!(numbers.get(..1), Some(&[0xa1b2_c3d4][..]));
        assert_eq!(numbers.get(2..), Some(&[0, 0, 1 << 18, 1, 7, 9, 3, 3][..]));
        assert_eq!(bytes.get(40..), Some(&[1, 2, 3][..]));
    }
}
