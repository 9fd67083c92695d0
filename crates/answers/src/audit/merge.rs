//! Rules that say together what fewer say: neighbouring blocks with the same traffic, neighbouring ports of the same peer.

use ipnet::IpNet;
use model::{PortRange, Traffic};

/// Who is named: a block of addresses, or something that merges with itself only.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Named {
    Block(IpNet),
    Other(String),
}

/// Some traffic of somebody, and the positions of the rules that say so together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) named: Named,
    pub(super) traffic: Traffic,
    pub(super) of: Vec<usize>,
}

/// The fewest parts that merging two by two comes to, in either order: blocks first or ports first. Each part is exactly
/// the union of the rules that it is of.
pub(super) fn merged(parts: &[Part]) -> Vec<Part> {
    type Join = fn(&Part, &Part) -> Option<Part>;
    let [blocks, ports]: [Join; 2] = [by_block, by_traffic];
    let by = |first: Join, second: Join| {
        to_the_end(to_the_end(parts.to_vec(), first), |a, b| first(a, b).or_else(|| second(a, b)))
    };
    let (one, other) = (by(blocks, ports), by(ports, blocks));
    if other.len() < one.len() { other } else { one }
}

/// Joins until no two parts join.
fn to_the_end(parts: Vec<Part>, join: impl Fn(&Part, &Part) -> Option<Part>) -> Vec<Part> {
    let mut done: Vec<Part> = Vec::new();
    for mut part in parts {
        let joins = |done: &[Part], part: &Part| {
            done.iter().enumerate().find_map(|(at, other)| Some((at, join(other, part)?)))
        };
        while let Some((at, joined)) = joins(&done, &part) {
            done.remove(at);
            part = joined;
        }
        done.push(part);
    }
    done
}

fn joined(a: &Part, b: &Part, named: Named, traffic: Traffic) -> Part {
    Part { named, traffic, of: a.of.iter().chain(&b.of).copied().collect() }
}

/// The same traffic of two blocks that are one.
fn by_block(a: &Part, b: &Part) -> Option<Part> {
    let (Named::Block(one), Named::Block(other)) = (&a.named, &b.named) else { return None };
    if a.traffic != b.traffic {
        return None;
    }
    let block = match () {
        () if one.contains(other) => *one,
        () if other.contains(one) => *other,
        () => {
            let (above, of_other) = (one.supernet()?, other.supernet()?);
            (above == of_other).then_some(above)?
        }
    };
    Some(joined(a, b, Named::Block(block), a.traffic))
}

/// Traffic of the same peer that is one.
fn by_traffic(a: &Part, b: &Part) -> Option<Part> {
    if a.named != b.named {
        return None;
    }
    let traffic = match (a.traffic, b.traffic) {
        (one, other) if one == other => one,
        (Traffic::All, _) | (_, Traffic::All) => Traffic::All,
        (Traffic::Tcp(one), Traffic::Tcp(other)) => Traffic::Tcp(range(one, other)?),
        (Traffic::Udp(one), Traffic::Udp(other)) => Traffic::Udp(range(one, other)?),
        (Traffic::Icmp(None, _), Traffic::Icmp(..)) | (Traffic::Icmp(..), Traffic::Icmp(None, _)) => {
            Traffic::Icmp(None, None)
        }
        (Traffic::Icmpv6(None, _), Traffic::Icmpv6(..)) | (Traffic::Icmpv6(..), Traffic::Icmpv6(None, _)) => {
            Traffic::Icmpv6(None, None)
        }
        _ => return None,
    };
    Some(joined(a, b, a.named.clone(), traffic))
}

fn range(a: PortRange, b: PortRange) -> Option<PortRange> {
    let touches = |first: PortRange, second: PortRange| {
        u32::from(second.from) <= u32::from(first.to) + 1 && first.from <= second.from
    };
    (touches(a, b) || touches(b, a)).then(|| PortRange { from: a.from.min(b.from), to: a.to.max(b.to) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules as `TRAFFIC from BLOCK`.
    fn parts(rules: &[(&str, &str)]) -> Vec<String> {
        let part = |(at, (traffic, block)): (usize, &(&str, &str))| Part {
            named: Named::Block(block.parse().unwrap()),
            traffic: traffic.parse().unwrap(),
            of: vec![at],
        };
        let parts: Vec<Part> = rules.iter().enumerate().map(part).collect();
        let word = |part: Part| match part.named {
            Named::Block(block) => format!("{} from {block} {:?}", part.traffic, part.of),
            Named::Other(other) => other,
        };
        merged(&parts).into_iter().map(word).collect()
    }

    #[test]
    fn halves_and_neighbours() {
        assert_eq!(
            parts(&[("tcp 80", "10.0.0.0/25"), ("tcp 80", "10.0.0.128/25")]),
            ["tcp 80 from 10.0.0.0/24 [0, 1]"]
        );
        assert_eq!(
            parts(&[("tcp 80", "10.0.0.0/8"), ("tcp 81-90", "10.0.0.0/8")]),
            ["tcp 80-90 from 10.0.0.0/8 [0, 1]"]
        );
        assert_eq!(
            parts(&[("icmp 8", "10.0.0.0/8"), ("icmp", "10.0.0.0/8")]),
            ["icmp from 10.0.0.0/8 [0, 1]"]
        );
    }

    /// Four rules around two blocks and two ports are one, whichever is merged first.
    #[test]
    fn both_ways() {
        let rules = [
            ("tcp 80", "10.0.0.0/25"),
            ("tcp 81", "10.0.0.0/25"),
            ("tcp 80", "10.0.0.128/25"),
            ("tcp 81", "10.0.0.128/25"),
        ];
        assert_eq!(parts(&rules).len(), 1);
    }

    /// Not siblings, other ports, other protocols, types of ICMP.
    #[test]
    fn what_does_not_merge() {
        assert_eq!(parts(&[("tcp 80", "10.0.1.0/24"), ("tcp 80", "10.0.2.0/24")]).len(), 2);
        assert_eq!(parts(&[("tcp 80", "10.0.0.0/8"), ("tcp 82", "10.0.0.0/8")]).len(), 2);
        assert_eq!(parts(&[("tcp 80", "10.0.0.0/8"), ("udp 80", "10.0.0.0/8")]).len(), 2);
        assert_eq!(parts(&[("icmp 8", "10.0.0.0/8"), ("icmp 3/4", "10.0.0.0/8")]).len(), 2);
        assert_eq!(parts(&[("tcp 65535", "10.0.0.0/8"), ("tcp 0", "10.0.0.0/8")]).len(), 2);
    }
}
