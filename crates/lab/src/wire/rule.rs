//! Lines of chains as expressions of the kernel's virtual machine: the lines of gates, and no others.

use std::iter::Peekable;
use std::str::Split;

use space::Family;

use super::message::Attributes;
use super::set::{DATA_VALUE, LIST_ELEM, number};
use super::{expression, verdict};
use crate::ruleset::TABLE;

// linux/netfilter/nf_tables.h
const RULE_TABLE: u16 = 1;
const RULE_CHAIN: u16 = 2;
const RULE_EXPRESSIONS: u16 = 4;
const META_L4PROTO: u32 = 16;
const META_NFPROTO: u32 = 15;
const META_MARK: u32 = 3;
const CT_STATE: u32 = 0;
const STATE_UNTRACKED: u32 = 0x40;
const EQUAL: u32 = 0;
const UNEQUAL: u32 = 1;
const NETWORK_HEADER: u32 = 1;
const TRANSPORT_HEADER: u32 = 2;
const VERDICT_REGISTER: u32 = 0;
const FIRST_REGISTER: u32 = 1;
/// Registers of four bytes begin here; four of them are one of sixteen.
const FIRST_SHORT: u32 = 8;
const INVERTED: u32 = 1;

/// A rule of a chain; `None` where it says what no gate says.
pub(super) fn rule(chain: &str, line: &str) -> Option<Attributes> {
    let mut rule =
        Rule { words: line.split(' ').peekable(), expressions: Attributes::default(), family: None };
    while rule.words.peek().is_some() {
        rule.statement()?;
    }
    let of = Attributes::default().text(RULE_TABLE, TABLE).text(RULE_CHAIN, chain);
    Some(of.nest(RULE_EXPRESSIONS, rule.expressions))
}

struct Rule<'l> {
    words: Peekable<Split<'l, char>>,
    expressions: Attributes,
    /// The family that packets have to have to come so far.
    family: Option<Family>,
}

/// A part of a key that is looked up.
#[derive(Clone, Copy)]
enum Part {
    Meta(u32),
    /// In the network header of a family: where, and how many bytes.
    Network(Family, u32, u32),
    /// In the transport header.
    Transport(u32, u32),
}

impl Part {
    fn length(self) -> u32 {
        match self {
            Part::Meta(_) => 4,
            Part::Network(_, _, length) | Part::Transport(_, length) => length,
        }
    }
}

impl<'l> Rule<'l> {
    fn add(&mut self, name: &str, data: Attributes) {
        let expressions = std::mem::take(&mut self.expressions);
        self.expressions = expressions.nest(LIST_ELEM, expression(name, data));
    }

    fn is_next(&mut self, word: &str) -> bool {
        self.words.next_if_eq(&word).is_some()
    }

    fn statement(&mut self) -> Option<()> {
        match *self.words.peek()? {
            "accept" | "drop" | "return" => {
                let word = self.words.next()?;
                self.immediate_verdict(word)
            }
            "jump" | "goto" => {
                let words = format!("{} {}", self.words.next()?, self.words.next()?);
                self.immediate_verdict(&words)
            }
            "log" => self.log(),
            "ct" => {
                (self.words.by_ref().take(3).eq(["ct", "state", "untracked"])).then_some(())?;
                self.add("ct", Attributes::default().number(2, CT_STATE).number(1, FIRST_REGISTER));
                let bits = STATE_UNTRACKED.to_ne_bytes();
                let from_to = Attributes::default().number(1, FIRST_REGISTER).number(2, FIRST_REGISTER);
                self.add("bitwise", masked(from_to, &bits, &[0; 4]));
                self.compare(UNEQUAL, &[0; 4]);
                Some(())
            }
            _ => self.about_a_packet(),
        }
    }

    fn immediate_verdict(&mut self, words: &str) -> Option<()> {
        let to = Attributes::default().number(1, VERDICT_REGISTER);
        self.add("immediate", to.nest(2, verdict(words)?));
        Some(())
    }

    fn log(&mut self) -> Option<()> {
        self.is_next("log").then_some(())?;
        self.is_next("prefix").then_some(())?;
        let prefix = self.words.next()?.strip_prefix('"')?.strip_suffix('"')?;
        self.is_next("group").then_some(())?;
        let group: u16 = self.words.next()?.parse().ok()?;
        self.is_next("snaplen").then_some(())?;
        let length: u32 = self.words.next()?.parse().ok()?;
        self.add(
            "log",
            Attributes::default().text(2, prefix).bytes(1, &group.to_be_bytes()).number(3, length),
        );
        Some(())
    }

    /// What begins with something that a packet has.
    fn about_a_packet(&mut self) -> Option<()> {
        let mut ahead = self.words.clone();
        match (ahead.next()?, ahead.next()?) {
            ("meta", "nfproto") => {
                self.words = ahead;
                let family = match self.words.next()? {
                    "ipv4" => Family::V4,
                    "ipv6" => Family::V6,
                    _ => return None,
                };
                self.of_family(family);
                Some(())
            }
            ("ip", "dscp") => {
                self.words = ahead;
                let bits = self.words.next()?.parse::<u8>().ok()?.checked_shl(2)?;
                self.bits(Family::V4, (1, 1), &[0xfc], &[bits])
            }
            ("ip6", "dscp") => {
                self.words = ahead;
                let bits = self.words.next()?.parse::<u16>().ok()?.checked_shl(6)?;
                self.bits(Family::V6, (0, 2), &0x0fc0_u16.to_be_bytes(), &bits.to_be_bytes())
            }
            ("meta", "mark") => match ahead.next()? {
                "set" => {
                    self.words = ahead;
                    self.set_mark()
                }
                "&" => {
                    self.words = ahead;
                    let mask = number(self.words.next()?)?.to_ne_bytes();
                    (self.is_next("!=") && self.is_next("0")).then_some(())?;
                    self.load(Part::Meta(META_MARK), FIRST_REGISTER);
                    self.add("bitwise", bitwise(&mask, &[0; 4]));
                    self.compare(UNEQUAL, &[0; 4]);
                    Some(())
                }
                word if number(word).is_some() => {
                    self.words = ahead;
                    self.load(Part::Meta(META_MARK), FIRST_REGISTER);
                    self.compare(EQUAL, &number(word)?.to_ne_bytes());
                    Some(())
                }
                _ => self.looked_up(),
            },
            _ => self.looked_up(),
        }
    }

    /// Some bits of a header.
    fn bits(&mut self, family: Family, (at, length): (u32, u32), mask: &[u8], bits: &[u8]) -> Option<()> {
        self.of_family(family);
        self.load(Part::Network(family, at, length), FIRST_REGISTER);
        let nothing = mask.iter().map(|_| 0).collect::<Vec<_>>();
        self.add("bitwise", bitwise(mask, &nothing));
        self.compare(EQUAL, bits);
        Some(())
    }

    fn set_mark(&mut self) -> Option<()> {
        if let Some(value) = self.words.peek().and_then(|word| number(word)) {
            self.words.next();
            let to = Attributes::default().number(1, FIRST_REGISTER);
            let value = Attributes::default().bytes(DATA_VALUE, &value.to_ne_bytes());
            self.add("immediate", to.nest(2, value));
        } else if self.words.clone().take(3).eq(["meta", "mark", "|"]) {
            let bits = number(self.words.nth(3)?)?;
            self.load(Part::Meta(META_MARK), FIRST_REGISTER);
            self.add("bitwise", bitwise(&(!bits).to_ne_bytes(), &bits.to_ne_bytes()));
        } else {
            self.key()?;
            self.is_next("map").then_some(())?;
            self.look_up(Some(FIRST_REGISTER), 0)?;
        }
        self.add("meta", Attributes::default().number(2, META_MARK).number(3, FIRST_REGISTER));
        Some(())
    }

    /// A key, and the set that has it, the map that says what becomes of it, or the number that it has to be.
    fn looked_up(&mut self) -> Option<()> {
        let first = self.key()?;
        if self.is_next("vmap") {
            return self.look_up(Some(VERDICT_REGISTER), 0);
        }
        let inverted = self.is_next("!=");
        if self.words.peek()?.starts_with('@') {
            return self.look_up(None, if inverted { INVERTED } else { 0 });
        }
        matches!(first, Part::Meta(META_L4PROTO)).then_some(())?;
        let protocol: u8 = self.words.next()?.parse().ok()?;
        self.compare(if inverted { UNEQUAL } else { EQUAL }, &[protocol]);
        Some(())
    }

    /// Loads a key into registers; its first part.
    fn key(&mut self) -> Option<Part> {
        let mut parts = vec![self.part()?];
        while self.is_next(".") {
            parts.push(self.part()?);
        }
        for part in &parts {
            if let Part::Network(family, ..) = part {
                self.of_family(*family);
            }
        }
        let mut short = 0_u32;
        for &part in &parts {
            let register = match short % 4 {
                0 => FIRST_REGISTER.checked_add(short / 4)?,
                _ => FIRST_SHORT.checked_add(short)?,
            };
            self.load(part, register);
            if parts.len() > 1 && matches!(part, Part::Meta(META_L4PROTO)) {
                // One byte stays as it is; nft says it so.
                let from_to = Attributes::default().number(1, register).number(2, register);
                self.add("byteorder", from_to.number(3, 1).number(4, 1).number(5, 2));
            }
            short = short.checked_add(part.length().div_ceil(4))?;
        }
        parts.first().copied()
    }

    fn part(&mut self) -> Option<Part> {
        Some(match (self.words.next()?, self.words.next()?) {
            ("meta", "l4proto") => Part::Meta(META_L4PROTO),
            ("meta", "mark") => Part::Meta(META_MARK),
            ("ip", "saddr") => Part::Network(Family::V4, 12, 4),
            ("ip", "daddr") => Part::Network(Family::V4, 16, 4),
            ("ip6", "saddr") => Part::Network(Family::V6, 8, 16),
            ("ip6", "daddr") => Part::Network(Family::V6, 24, 16),
            ("th", "sport") => Part::Transport(0, 2),
            ("th", "dport") => Part::Transport(2, 2),
            // Lines ask for the protocol before.
            ("icmp" | "icmpv6", "type") => Part::Transport(0, 1),
            ("icmp" | "icmpv6", "code") => Part::Transport(1, 1),
            _ => return None,
        })
    }

    /// Only packets of a family go on.
    fn of_family(&mut self, family: Family) {
        if self.family == Some(family) {
            return;
        }
        self.family = Some(family);
        self.load(Part::Meta(META_NFPROTO), FIRST_REGISTER);
        self.compare(EQUAL, &[if family == Family::V4 { 2 } else { 10 }]);
    }

    fn load(&mut self, part: Part, register: u32) {
        match part {
            Part::Meta(kind) => self.add("meta", Attributes::default().number(2, kind).number(1, register)),
            Part::Network(_, at, length) => self.payload(NETWORK_HEADER, at, length, register),
            Part::Transport(at, length) => self.payload(TRANSPORT_HEADER, at, length, register),
        }
    }

    fn payload(&mut self, header: u32, at: u32, length: u32, register: u32) {
        let to = Attributes::default().number(1, register).number(2, header);
        self.add("payload", to.number(3, at).number(4, length));
    }

    fn compare(&mut self, how: u32, with: &[u8]) {
        let value = Attributes::default().bytes(DATA_VALUE, with);
        self.add("cmp", Attributes::default().number(1, FIRST_REGISTER).number(2, how).nest(3, value));
    }

    fn look_up(&mut self, to: Option<u32>, flags: u32) -> Option<()> {
        let set = self.words.next()?.strip_prefix('@')?;
        let mut data = Attributes::default().number(2, FIRST_REGISTER);
        if let Some(register) = to {
            data = data.number(3, register);
        }
        data = data.text(1, set);
        if flags != 0 {
            data = data.number(5, flags);
        }
        self.add("lookup", data);
        Some(())
    }
}

/// The first register, with a mask and then some bits turned.
fn bitwise(mask: &[u8], turned: &[u8]) -> Attributes {
    masked(Attributes::default().number(1, FIRST_REGISTER).number(2, FIRST_REGISTER), mask, turned)
}

fn masked(from_to: Attributes, mask: &[u8], turned: &[u8]) -> Attributes {
    let length = u32::try_from(mask.len()).unwrap_or(u32::MAX);
    let value = |bytes| Attributes::default().bytes(DATA_VALUE, bytes);
    from_to.number(3, length).nest(4, value(mask)).nest(5, value(turned))
}
