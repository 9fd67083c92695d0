//! What passes between ends, in words.

use answers::reach::{Counted, Judged, Matrix, ServiceShare, What};
use ipnet::IpNet;
use space::Family;

use super::expanded::family_word;
use crate::Style;
use crate::style::Painted;

/// How many services are spelled out in one line.
const SPELLED_OUT: usize = 8;

/// How far something passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mark {
    /// What is named passes in full.
    Passes,
    /// Something passes in part only.
    Partly,
    /// It may pass.
    Unknown,
}

impl Mark {
    /// Of a list of what works, and of what may.
    pub(crate) fn of(works: &[ServiceShare], may: &[ServiceShare]) -> Mark {
        match (works.is_empty(), may.is_empty()) {
            (true, false) => Mark::Unknown,
            _ if works.iter().all(|service| service.share >= 1.0) => Mark::Passes,
            _ => Mark::Partly,
        }
    }

    pub(crate) fn painted(self, style: Style) -> Painted {
        use answers::explain::Outcome;
        style.outcome(match self {
            Mark::Passes => Outcome::Passes,
            Mark::Partly => Outcome::Partly,
            Mark::Unknown => Outcome::Unknown,
        })
    }
}

/// A number that people can read: with commas.
pub(crate) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// One, or several of something.
pub(crate) fn count(many: u64, noun: &str) -> String {
    format!("{} {noun}{}", number(many), if many == 1 { "" } else { "s" })
}

/// A share in whole percents, unless that would say all or nothing.
pub(crate) fn percent(share: f64) -> String {
    match share * 100.0 {
        little if little < 0.01 => "less than 0.01 %".into(),
        little if little < 1.0 => format!("{little:.2} %"),
        most if most > 99.0 => format!("{:.2} %", most.min(99.99)),
        percent => format!("{percent:.0} %"),
    }
}

/// A service with how much of it works, and from where.
pub(crate) fn service(service: &ServiceShare, to_internet: bool, style: Style) -> String {
    let (before, behind) = around(service, to_internet, style);
    format!("{before}{}{behind}", service.what)
}

/// A service with the family that it is of, where there are two.
pub(crate) fn counted(one: &Counted, to_internet: bool, style: Style) -> String {
    let family = one.family.map_or(String::new(), |family| format!(" ({})", family_word(family)));
    format!("{}{family}", service(&one.service, to_internet, style))
}

/// What stands before a service and behind it.
fn around(service: &ServiceShare, to_internet: bool, style: Style) -> (String, String) {
    let (mut before, mut behind) = (String::new(), String::new());
    if service.share < 1.0 {
        before = format!("{} ", Mark::Partly.painted(Style { colour: false, ..style }));
        behind = format!(" {}", percent(service.share));
    }
    let word = if to_internet { "to" } else { "from" };
    if !service.only.is_empty() {
        behind.push_str(&format!(" {word} {}", blocks(&service.only)));
    }
    if !service.except.is_empty() {
        behind.push_str(&format!(" {word} all but {}", blocks(&service.except)));
    }
    (before, behind)
}

/// Services with what they have in common said once.
pub(crate) fn together(all: &[ServiceShare], to_internet: bool, style: Style) -> Vec<String> {
    let mut groups: Vec<((String, String), Vec<What>)> = Vec::new();
    for one in all {
        let around = around(one, to_internet, style);
        match groups.iter_mut().find(|(known, _)| *known == around) {
            Some((_, whats)) => whats.push(one.what),
            None => groups.push((around, vec![one.what])),
        }
    }
    let text = |((before, behind), whats): ((String, String), Vec<What>)| {
        let names = list(shortened(&whats));
        format!("{before}{names}{behind}")
    };
    groups.into_iter().map(text).collect()
}

/// The names of services; of a protocol with all but a few ports, those few.
pub(crate) fn shortened(whats: &[What]) -> Vec<String> {
    const FEW: usize = 4;
    let mut names = Vec::new();
    let kind = |what: &What| match what {
        What::Tcp(from, to) => Some(("tcp", u32::from(u16::MAX), u32::from(*from), u32::from(*to))),
        What::Udp(from, to) => Some(("udp", u32::from(u16::MAX), u32::from(*from), u32::from(*to))),
        What::Icmp(family, types, (0, 255)) => {
            let word = if *family == Family::V4 { "icmp" } else { "icmpv6" };
            Some((word, 255, u32::from(types.0), u32::from(types.1)))
        }
        _ => None,
    };
    let mut done: Vec<&str> = Vec::new();
    for what in whats {
        let Some((word, last, ..)) = kind(what) else {
            names.push(what.to_string());
            continue;
        };
        if done.contains(&word) {
            continue;
        }
        let mut ranges: Vec<(u32, u32)> = whats
            .iter()
            .filter_map(kind)
            .filter(|other| other.0 == word)
            .map(|other| (other.2, other.3))
            .collect();
        ranges.sort_unstable();
        let mut gaps = Vec::new();
        let mut next = 0;
        for (from, to) in &ranges {
            if next < *from {
                gaps.push((next, from - 1));
            }
            next = to + 1;
        }
        if next <= last {
            gaps.push((next, last));
        }
        let size = |ranges: &[(u32, u32)]| ranges.iter().map(|(from, to)| to - from + 1).sum::<u32>();
        let few = gaps.len() <= FEW && gaps.len() <= ranges.len() && size(&gaps) < size(&ranges);
        if ranges.len() > 1 && few {
            let gap =
                |(from, to): &(u32, u32)| if from == to { from.to_string() } else { format!("{from}-{to}") };
            let noun = if last == 255 { "type " } else { "" };
            names.push(format!("{word} (not {noun}{})", gaps.iter().map(gap).collect::<Vec<_>>().join(", ")));
            done.push(word);
        } else {
            names.push(what.to_string());
        }
    }
    names
}

fn blocks(blocks: &[IpNet]) -> String {
    const MOST: usize = 3;
    let shown = blocks.iter().take(MOST).map(|block| match block.prefix_len() == block.max_prefix_len() {
        true => block.addr().to_string(),
        false => block.to_string(),
    });
    let shown = shown.collect::<Vec<_>>().join(", ");
    match blocks.len().saturating_sub(MOST) {
        0 => shown,
        more => format!("{shown} and {} more", count(more as u64, "block")),
    }
}

/// A list, cut where it would not be read.
pub(crate) fn list(mut items: Vec<String>) -> String {
    let more = items.len().saturating_sub(SPELLED_OUT);
    if more > 1 {
        items.truncate(SPELLED_OUT);
        items.push(format!("and {more} more"));
    }
    items.join(", ")
}

/// What passes between some ends, over all families and kinds of clients.
pub(crate) fn services(
    matrix: &Matrix<'_>,
    judged: &[usize],
    to_internet: bool,
    style: Style,
) -> (Mark, String) {
    let all: Vec<&Judged> = judged.iter().filter_map(|judged| matrix.judged.get(*judged)).collect();
    let both = [Family::V4, Family::V6]
        .iter()
        .all(|family| matrix.judged.iter().any(|judged| judged.family == *family));
    let mut texts: Vec<(Family, String)> = Vec::new();
    let mut mark = Mark::Passes;
    for judged in all {
        let here = Mark::of(&judged.services, &judged.may_work);
        mark = if mark == Mark::Passes && texts.is_empty() { here } else { mark.max(here) };
        let mut items = together(&judged.services, to_internet, style);
        items.extend(
            together(&judged.may_work, to_internet, style).into_iter().map(|text| format!("? {text}")),
        );
        let text = (judged.family, items.join("; "));
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    // Where both families get the same, it is said once.
    let same = |texts: &[(Family, String)]| {
        texts.iter().all(|(_, text)| Some(text) == texts.first().map(|(_, text)| text))
    };
    let text = match texts.as_slice() {
        [] => String::new(),
        texts if !both => texts.iter().map(|(_, text)| text.clone()).collect::<Vec<_>>().join(", "),
        [(_, text), _, ..] if same(&texts) => text.clone(),
        texts => {
            let of = |(family, text): &(Family, String)| format!("{text} ({})", family_word(*family));
            texts.iter().map(of).collect::<Vec<_>>().join(", ")
        }
    };
    (mark, text)
}
