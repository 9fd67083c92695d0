//! Messages to nftables over netlink, as bytes: a batch of them is one transaction.

/// The lab's tables are of the family `inet`.
const FAMILY: u8 = 1;
/// How netlink's messages and attributes are aligned.
const ALIGNED: usize = 4;
/// Set in the type of an attribute that holds others.
const NESTED: u16 = 0x8000;

// linux/netlink.h
const REQUEST: u16 = 0x1;
const ACKNOWLEDGE: u16 = 0x4;
pub(super) const CREATE: u16 = 0x400;
pub(super) const APPEND: u16 = 0x800;
const HEADER: usize = 16;

// linux/netfilter/nfnetlink.h
const SUBSYSTEM: u16 = 10;
const BATCH_BEGIN: u16 = 16;
const BATCH_END: u16 = 17;

/// Attributes one after the other.
#[derive(Debug, Default)]
pub(super) struct Attributes(Vec<u8>);

impl Attributes {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn bytes(mut self, kind: u16, value: &[u8]) -> Attributes {
        let length = u16::try_from(value.len().saturating_add(ALIGNED)).unwrap_or(u16::MAX);
        self.0.extend(length.to_ne_bytes());
        self.0.extend(kind.to_ne_bytes());
        self.0.extend(value);
        self.0.resize(self.0.len().next_multiple_of(ALIGNED), 0);
        self
    }

    pub(super) fn text(self, kind: u16, value: &str) -> Attributes {
        self.bytes(kind, &[value.as_bytes(), &[0]].concat())
    }

    pub(super) fn number(self, kind: u16, value: u32) -> Attributes {
        self.bytes(kind, &value.to_be_bytes())
    }

    pub(super) fn nest(self, kind: u16, inner: Attributes) -> Attributes {
        self.bytes(kind | NESTED, &inner.0)
    }
}

/// A transaction that is being written.
#[derive(Debug)]
pub(super) struct Batch {
    bytes: Vec<u8>,
    /// Where the last message's flags are.
    flags: usize,
}

impl Batch {
    pub(super) fn new() -> Batch {
        let mut batch = Batch { bytes: Vec::new(), flags: 0 };
        batch.add(BATCH_BEGIN, REQUEST, 0, SUBSYSTEM, &[]);
        batch
    }

    /// Adds a message of nftables.
    pub(super) fn message(&mut self, kind: u16, flags: u16, attributes: &Attributes) {
        self.add(SUBSYSTEM << 8 | kind, REQUEST | flags, FAMILY, 0, &attributes.0);
    }

    /// The bytes. Where it does not end the kernel looks whether all of it could be, and changes nothing. The last message
    /// is acknowledged; what is refused is said anyway.
    pub(super) fn finish(mut self, ends: bool) -> Vec<u8> {
        if let Some(flags) = self.bytes.get_mut(self.flags..).and_then(<[u8]>::first_chunk_mut) {
            *flags = (u16::from_ne_bytes(*flags) | ACKNOWLEDGE).to_ne_bytes();
        }
        if ends {
            self.add(BATCH_END, REQUEST, 0, SUBSYSTEM, &[]);
        }
        self.bytes
    }

    fn add(&mut self, kind: u16, flags: u16, family: u8, resource: u16, attributes: &[u8]) {
        let length = HEADER.saturating_add(ALIGNED).saturating_add(attributes.len());
        self.bytes.extend(u32::try_from(length).unwrap_or(u32::MAX).to_ne_bytes());
        self.bytes.extend(kind.to_ne_bytes());
        self.flags = self.bytes.len();
        self.bytes.extend(flags.to_ne_bytes());
        // Nobody tells answers apart: the first error says enough.
        self.bytes.extend([0; 8]);
        self.bytes.extend([family, 0]);
        self.bytes.extend(resource.to_be_bytes());
        self.bytes.extend(attributes);
    }
}
