//! Sets and their elements as attributes.

use std::net::IpAddr;

use ipnet::IpNet;

use super::message::Attributes;
use super::verdict;
use crate::ruleset::{Set, TABLE, key};

// linux/netfilter/nf_tables.h
const SET_TABLE: u16 = 1;
const SET_NAME: u16 = 2;
const SET_FLAGS: u16 = 3;
const SET_KEY_TYPE: u16 = 4;
const SET_KEY_LEN: u16 = 5;
const SET_DATA_TYPE: u16 = 6;
const SET_DATA_LEN: u16 = 7;
const SET_DESC: u16 = 9;
const SET_ID: u16 = 10;
const SET_USERDATA: u16 = 13;
const SET_EXPR: u16 = 17;
const DESC_CONCAT: u16 = 2;
const FIELD_LEN: u16 = 1;
const IS_INTERVAL: u32 = 0x4;
const IS_MAP: u32 = 0x8;
const IS_CONCAT: u32 = 0x80;
const LIST_TABLE: u16 = 1;
const LIST_SET: u16 = 2;
const LIST_ELEMENTS: u16 = 3;
const ELEM_KEY: u16 = 1;
const ELEM_DATA: u16 = 2;
const ELEM_KEY_END: u16 = 10;
pub(super) const LIST_ELEM: u16 = 1;
pub(super) const DATA_VALUE: u16 = 1;
pub(super) const DATA_VERDICT: u16 = 2;
const VERDICT_TYPE: u32 = 0xffff_ff00;

/// How many bytes of elements a message takes: their list has a length of 16 bits.
const AT_ONCE: usize = 32_000;

/// A field of a key, as nft numbers it, and how many bytes it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Address(u32, usize),
    Number(u32, usize),
    Mark,
    Link,
}

impl Field {
    fn of(word: &str) -> Option<Field> {
        Some(match word {
            "ipv4_addr" => Field::Address(7, 4),
            "ipv6_addr" => Field::Address(8, 16),
            "inet_proto" => Field::Number(12, 1),
            "inet_service" => Field::Number(13, 2),
            "icmp_type" => Field::Number(14, 1),
            "icmpv6_type" => Field::Number(29, 1),
            "icmp_code" => Field::Number(32, 1),
            "icmpv6_code" => Field::Number(33, 1),
            "mark" => Field::Mark,
            "ifname" => Field::Link,
            _ => return None,
        })
    }

    fn number(self) -> u32 {
        match self {
            Field::Address(number, _) | Field::Number(number, _) => number,
            Field::Mark => MARK_TYPE,
            Field::Link => 41,
        }
    }

    fn length(self) -> usize {
        match self {
            Field::Address(_, length) | Field::Number(_, length) => length,
            Field::Mark => 4,
            Field::Link => 16,
        }
    }

    /// The bytes of the least and of the greatest value that a word means.
    fn range(self, word: &str) -> Option<[Vec<u8>; 2]> {
        if let Field::Address(..) = self
            && let Ok(block) = word.parse::<IpNet>()
        {
            return Some([block.network(), block.broadcast()].map(octets));
        }
        let (low, high) = word.split_once('-').unwrap_or((word, word));
        let both = [self.value(low)?, self.value(high)?];
        both.iter().all(|bytes| bytes.len() == self.length()).then_some(both)
    }

    fn value(self, word: &str) -> Option<Vec<u8>> {
        Some(match self {
            Field::Address(..) => octets(word.parse().ok()?),
            Field::Number(_, 1) => vec![word.parse().ok()?],
            Field::Number(..) => word.parse::<u16>().ok()?.to_be_bytes().to_vec(),
            Field::Mark => number(word)?.to_ne_bytes().to_vec(),
            Field::Link => {
                let mut name = word.strip_prefix('"')?.strip_suffix('"')?.as_bytes().to_vec();
                let room = name.len() < self.length() && !name.contains(&b'*');
                name.resize(self.length(), 0);
                room.then_some(name)?
            }
        })
    }
}

const MARK_TYPE: u32 = 19;

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

/// A number as nft takes it.
pub(super) fn number(word: &str) -> Option<u32> {
    match word.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => word.parse().ok(),
    }
}

/// What a map gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Data {
    Mark,
    Verdict,
}

/// What a set is declared with.
#[derive(Debug, PartialEq, Eq)]
struct Declared {
    fields: Vec<Field>,
    data: Option<Data>,
    interval: bool,
    counter: bool,
}

impl Declared {
    fn of(set: &Set) -> Option<Declared> {
        let mut declared = Declared { fields: Vec::new(), data: None, interval: false, counter: false };
        for property in set.properties.split(';').map(str::trim).filter(|property| !property.is_empty()) {
            match property {
                "flags interval" => declared.interval = true,
                "counter" => declared.counter = true,
                _ => {
                    let types = property.strip_prefix("type ")?;
                    let (fields, data) = match types.split_once(" : ") {
                        Some((fields, "mark")) => (fields, Some(Data::Mark)),
                        Some((fields, "verdict")) => (fields, Some(Data::Verdict)),
                        Some(_) => return None,
                        None => (types, None),
                    };
                    declared.fields = fields.split(" . ").map(Field::of).collect::<Option<_>>()?;
                    declared.data = data;
                }
            }
        }
        // Where keys have one field, intervals are told otherwise.
        let plain = declared.interval == (declared.fields.len() > 1);
        (plain && declared.data.is_some() == (set.kind == "map")).then_some(declared)
    }

    fn element(&self, text: &str, deleted: bool) -> Option<Attributes> {
        let ranges = key(text).split(" . ").zip(&self.fields).map(|(word, field)| field.range(word));
        let ranges = ranges.collect::<Option<Vec<_>>>()?;
        let bytes = |end: usize| {
            let mut bytes = Vec::new();
            for value in ranges.iter().filter_map(|range| range.get(end)) {
                bytes.extend(value);
                if ranges.len() > 1 {
                    bytes.resize(bytes.len().next_multiple_of(4), 0);
                }
            }
            Attributes::default().bytes(DATA_VALUE, &bytes)
        };
        let known = ranges.len() == self.fields.len() && key(text).split(" . ").count() == ranges.len();
        let single = ranges.iter().all(|[low, high]| low == high);
        (known && (self.interval || single)).then_some(())?;
        let mut element = Attributes::default().nest(ELEM_KEY, bytes(0));
        if self.interval {
            element = element.nest(ELEM_KEY_END, bytes(1));
        }
        if deleted {
            return Some(element);
        }
        let data = text.split_once(" : ").map(|(_, data)| data);
        let data = match (self.data, data) {
            (None, None) => return Some(element),
            (Some(Data::Mark), Some(word)) => {
                Attributes::default().bytes(DATA_VALUE, &number(word)?.to_ne_bytes())
            }
            (Some(Data::Verdict), Some(words)) => verdict(words)?,
            _ => return None,
        };
        Some(element.nest(ELEM_DATA, data))
    }
}

/// A set without its elements. `number` tells it apart from others of the transaction.
pub(super) fn declared(set: &Set, number: u32) -> Option<Attributes> {
    let declared = Declared::of(set)?;
    matches!(set.kind.as_str(), "set" | "map").then_some(())?;
    let concat = declared.fields.len() > 1;
    let flags = [(declared.interval, IS_INTERVAL), (declared.data.is_some(), IS_MAP), (concat, IS_CONCAT)];
    let flags = flags.iter().filter(|(set, _)| *set).fold(0, |all, (_, flag)| all | flag);
    let kind = declared.fields.iter().fold(0, |all: u32, field| all << 6 | field.number());
    let length = |field: &Field| u32::try_from(field.length()).unwrap_or(u32::MAX);
    let whole = declared.fields.iter().map(length);
    let whole = if concat { whole.map(|length| length.next_multiple_of(4)).sum() } else { whole.sum() };
    let mut attributes = Attributes::default()
        .text(SET_TABLE, TABLE)
        .text(SET_NAME, &set.name)
        .number(SET_FLAGS, flags)
        .number(SET_KEY_TYPE, kind)
        .number(SET_KEY_LEN, whole);
    attributes = match declared.data {
        None => attributes,
        Some(Data::Mark) => attributes.number(SET_DATA_TYPE, MARK_TYPE).number(SET_DATA_LEN, 4),
        Some(Data::Verdict) => attributes.number(SET_DATA_TYPE, VERDICT_TYPE).number(SET_DATA_LEN, 0),
    };
    attributes = attributes.number(SET_ID, number);
    if concat {
        let fields = declared.fields.iter().fold(Attributes::default(), |all, field| {
            all.nest(LIST_ELEM, Attributes::default().number(FIELD_LEN, length(field)))
        });
        attributes = attributes.nest(SET_DESC, Attributes::default().nest(DESC_CONCAT, fields));
    }
    attributes = attributes.bytes(SET_USERDATA, &said_of(&declared));
    if declared.counter {
        let counter = super::expression("counter", Attributes::default());
        attributes = attributes.nest(SET_EXPR, counter);
    }
    Some(attributes)
}

/// What nft keeps with a set, for whoever lists it: how its key and its data are to be read.
fn said_of(declared: &Declared) -> Vec<u8> {
    const KEY_ORDER: u8 = 0;
    const DATA_ORDER: u8 = 1;
    let number = |kind: u8, value: u32| [&[kind, 4][..], &value.to_ne_bytes()].concat();
    // Of addresses, of what the machine itself counts, and of keys that have several fields.
    let order = match declared.fields.as_slice() {
        [Field::Address(..) | Field::Number(_, 2)] => 2,
        [Field::Mark | Field::Link] => 1,
        _ => 0,
    };
    let mut said = number(KEY_ORDER, order);
    said.extend(declared.data.iter().flat_map(|data| number(DATA_ORDER, u32::from(*data == Data::Mark))));
    said
}

/// Messages that add elements to a set or delete them.
pub(super) fn elements<'t>(
    set: &Set,
    elements: impl Iterator<Item = &'t str>,
    deleted: bool,
) -> Option<Vec<Attributes>> {
    let declared = Declared::of(set)?;
    let message = |list| {
        let of = Attributes::default().text(LIST_TABLE, TABLE).text(LIST_SET, &set.name);
        of.nest(LIST_ELEMENTS, list)
    };
    let (mut messages, mut list) = (Vec::new(), Attributes::default());
    for text in elements {
        list = list.nest(LIST_ELEM, declared.element(text, deleted)?);
        if list.len() > AT_ONCE {
            messages.push(message(std::mem::take(&mut list)));
        }
    }
    messages.extend((list.len() > 0).then(|| message(list)));
    Some(messages)
}
