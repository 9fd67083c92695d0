//! Parts of a flow in words: which ports, which addresses, which protocols.

use space::{Diagrams, FIRST_RELAY_PORT, Family, Field, Set, prefixes};

/// How many ranges or blocks are spelled out before `and n more`.
const SPELLED_OUT: usize = 4;

/// What sets a part apart from the whole it is of; empty if it is all of it.
pub(crate) fn part(sets: &Diagrams, family: Family, part: Set, whole: Set) -> String {
    if part == whole {
        return String::new();
    }
    if part == Set::EMPTY {
        return "nothing".into();
    }
    let differs = |field| sets.ranges(part, field) != sets.ranges(whole, field);
    let mut words = Vec::new();
    let protocols = protocols(sets, part);
    if differs(Field::Protocol) {
        words.push(list(protocols.iter().map(|number| protocol_name(*number)).collect()));
    }
    let has_ports = protocols.iter().any(|number| [6, 17].contains(number));
    let has_icmp = protocols.iter().any(|number| [1, 58].contains(number));
    if differs(Field::Server) {
        let ports = ranges(sets, part, Field::Server);
        let noun = if has_icmp && !has_ports { "type" } else { "port" };
        words.push(format!("{} {ports}", plural(noun, &ports)));
    }
    if differs(Field::Client) && has_ports {
        let ports = ranges(sets, part, Field::Client);
        words.push(format!("{} {ports}", plural("client port", &ports)));
    }
    if differs(Field::Remote) {
        let addresses = addresses(sets, family, part);
        words.push(match addresses.contains(['/', ',']) {
            true => format!("addresses {addresses}"),
            false => format!("address {addresses}"),
        });
    }
    for field in [Field::Relay, Field::SecondRelay].into_iter().filter(|field| differs(*field)) {
        let ports = relayed(sets, part, field);
        words.push(format!("{} {ports} of the device that sends it on", plural("port", &ports)));
    }
    let drawn = [Field::Draw, Field::SecondDraw].into_iter().any(differs);
    if drawn && words.is_empty() {
        let share = sets.count(part) / sets.count(whole).max(f64::MIN_POSITIVE);
        words.push(format!("{:.1} % of connections", share * 100.0));
    }
    if words.is_empty() { "some combinations of addresses and ports".into() } else { words.join(", ") }
}

/// The values of a field in a set, as `80, 443, 8000-8100`.
pub(crate) fn ranges(sets: &Diagrams, set: Set, field: Field) -> String {
    list(each_range(sets, set, field))
}

/// The ports on the axis of a device that puts its own in place of the client's.
pub(crate) fn relayed(sets: &Diagrams, set: Set, field: Field) -> String {
    let shown = |value: u128| value + u128::from(FIRST_RELAY_PORT);
    let text = |range: &std::ops::RangeInclusive<u128>| match (shown(*range.start()), shown(*range.end())) {
        (low, high) if low == high => low.to_string(),
        (low, high) => format!("{low}-{high}"),
    };
    list(sets.ranges(set, field).iter().map(text).collect())
}

/// The values of a field in a set, each range a text.
pub(crate) fn each_range(sets: &Diagrams, set: Set, field: Field) -> Vec<String> {
    let ranges = sets.ranges(set, field);
    let text = |low, high| if low == high { format!("{low}") } else { format!("{low}-{high}") };
    ranges.iter().map(|range| text(*range.start(), *range.end())).collect()
}

/// The addresses of a set, as the fewest blocks.
pub(crate) fn addresses(sets: &Diagrams, family: Family, set: Set) -> String {
    list(blocks(sets, family, set))
}

/// The addresses of a set, each block a text; a single address without its length.
pub(crate) fn blocks(sets: &Diagrams, family: Family, set: Set) -> Vec<String> {
    let ranges = sets.ranges(set, Field::Remote);
    let nets = ranges.iter().flat_map(|range| prefixes(family, range));
    nets.map(
        |net| if net.prefix_len() == net.max_prefix_len() { net.addr().to_string() } else { net.to_string() },
    )
    .collect()
}

fn protocols(sets: &Diagrams, set: Set) -> Vec<u8> {
    let ranges = sets.ranges(set, Field::Protocol);
    ranges.into_iter().flatten().filter_map(|number| u8::try_from(number).ok()).collect()
}

/// A protocol by its name, else its number.
pub(crate) fn protocol_name(number: u8) -> String {
    match number {
        1 => "icmp".into(),
        6 => "tcp".into(),
        17 => "udp".into(),
        58 => "icmpv6".into(),
        other => format!("protocol {other}"),
    }
}

/// A noun for a list of numbers: one, or more.
fn plural(noun: &str, list: &str) -> String {
    if list.contains(['-', ',']) { format!("{noun}s") } else { noun.to_owned() }
}

fn list(mut words: Vec<String>) -> String {
    let more = words.len().saturating_sub(SPELLED_OUT);
    if more > 1 {
        words.truncate(SPELLED_OUT);
        words.push(format!("and {more} more"));
    }
    words.join(", ")
}
