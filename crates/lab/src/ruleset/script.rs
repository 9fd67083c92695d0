//! A table that is being written, in the words that the rules of all namespaces share.

use std::fmt::Display;
use std::sync::Arc;

use ipnet::IpNet;

use super::boxes;
use super::table::{Chain, Elements, Part, Set, Table};
use crate::flow_log::Action;
use crate::marks::NO_RULE;
use crate::stage::{FLOW_LOG_GROUP, LOG_GROUP, PROBE_DSCP, Stage};
use crate::topology::VpcPlan;
use space::Family;

/// The protocols that have ports. A set with a name for all gates: the kernel looks for one without through all that a
/// transaction has.
const WITH_PORTS: &str = "p_ports";

/// A table that is being written.
#[derive(Debug, Default)]
pub(crate) struct Script {
    part: Part,
    /// What was written before, as it is.
    others: Vec<Arc<Part>>,
    /// Whether one of them is a gate's, which looks up whether a protocol has ports.
    has_gates: bool,
}

/// The word for packets of a family in nft's expressions.
pub(crate) fn ip(family: Family) -> &'static str {
    match family {
        Family::V4 => "ip",
        Family::V6 => "ip6",
    }
}

/// The beginning of a gate's chain: on to that of the packet's family.
pub(super) fn by_family(name: &str, families: &[Family]) -> Vec<String> {
    let jump = |family: &Family| {
        let protocol = if *family == Family::V4 { "ipv4" } else { "ipv6" };
        format!("meta nfproto {protocol} jump c_{name}{}", digit(*family))
    };
    families.iter().map(jump).collect()
}

/// The digit by which names of sets tell families apart.
pub(crate) fn digit(family: Family) -> char {
    match family {
        Family::V4 => '4',
        Family::V6 => '6',
    }
}

/// The families of a VPC: without IPv6 there is nothing of it to be judged.
pub(super) fn families(vpc: &VpcPlan) -> &'static [Family] {
    let [v4, ..] = &FAMILIES;
    if vpc.ipv6 { &FAMILIES } else { std::slice::from_ref(v4) }
}

/// Both families.
pub(crate) const FAMILIES: [Family; 2] = [Family::V4, Family::V6];

impl Script {
    /// A set or map, or an object: what it is declared with (`type …; flags …`), and its elements, each `key` or
    /// `key : value`.
    pub(crate) fn set(&mut self, kind: &str, name: &str, properties: &str, elements: impl Into<Elements>) {
        let (kind, name, properties) = (kind.to_owned(), name.to_owned(), properties.to_owned());
        self.part.sets.push(Set { kind, name, properties, elements: elements.into() });
    }

    /// A chain; its first line may say at which hook it is (`type filter hook …`). Those that are jumped to have to be
    /// written before those that jump.
    pub(crate) fn chain(&mut self, name: &str, lines: &[String]) {
        let (hook, lines) = match lines.split_first() {
            Some((first, rest)) if first.starts_with("type ") => (Some(first.clone()), rest),
            _ => (None, lines),
        };
        self.part.chains.push(Chain { name: name.to_owned(), hook, lines: lines.to_vec() });
    }

    /// Map lookups that leave the mark of the rule that takes a packet, or none. `end` is `saddr` or `daddr`: the end
    /// that the gate's rules name.
    pub(crate) fn lookups(
        &mut self,
        name: &str,
        family: Family,
        end: &str,
        elements: &boxes::Elements,
    ) -> Vec<String> {
        let (ip, address) = (ip(family), if family == Family::V4 { "ipv4_addr" } else { "ipv6_addr" });
        let (icmp, number, types) = match family {
            Family::V4 => ("icmp", 1, "icmp_type . icmp_code"),
            Family::V6 => ("icmpv6", 58, "icmpv6_type . icmpv6_code"),
        };
        let mut lines = vec![format!("meta mark set {NO_RULE:#x}")];
        let mut map = |part: &str, key: String, elements: &Vec<String>, line: String| {
            if elements.is_empty() {
                return;
            }
            let name = format!("m_{name}{part}");
            self.set("map", &name, &format!("type {key} : mark; flags interval; counter"), elements);
            lines.push(format!("{line} map @{name}"));
        };
        map(
            "p",
            format!("inet_proto . {address} . inet_service"),
            &elements.ports,
            format!("meta l4proto @{WITH_PORTS} meta mark set meta l4proto . {ip} {end} . th dport"),
        );
        map(
            "i",
            format!("{address} . {types}"),
            &elements.icmp,
            format!("meta l4proto {number} meta mark set {ip} {end} . {icmp} type . {icmp} code"),
        );
        map(
            "o",
            format!("inet_proto . {address}"),
            &elements.others,
            format!(
                "meta l4proto != @{WITH_PORTS} meta l4proto != {number} meta mark set meta l4proto . {ip} {end}"
            ),
        );
        lines
    }

    /// Adds a gate's part.
    pub(super) fn gate(&mut self, part: Arc<Part>) {
        self.others.push(part);
        self.has_gates = true;
    }

    /// Adds a part that is written.
    pub(super) fn share(&mut self, part: Arc<Part>) {
        self.others.push(part);
    }

    /// What has been written, as a part of a table.
    pub(super) fn part(self) -> Part {
        self.part
    }

    /// The table.
    pub(crate) fn finish(mut self) -> Table {
        if self.has_gates {
            self.set("set", WITH_PORTS, "type inet_proto;", &["6".into(), "17".into()]);
        }
        self.others.push(Arc::new(self.part));
        Table { parts: self.others }
    }
}

/// Lines that say what becomes of a probe; other packets are not logged. A condition on addresses of a family is about
/// packets of that family only.
pub(crate) fn said(condition: &str, stage: Stage) -> Vec<String> {
    let speaks_of = |family| condition.split(' ').any(|word| word == ip(family));
    let families =
        FAMILIES.into_iter().filter(|&family| match (speaks_of(Family::V4), speaks_of(Family::V6)) {
            (false, false) => true,
            (v4, _) => v4 == (family == Family::V4),
        });
    families.map(|family| said_of(condition, family, stage)).collect()
}

fn said_of(condition: &str, family: Family, stage: Stage) -> String {
    let (ip, prefix) = (ip(family), stage.prefix());
    format!("{condition} {ip} dscp {PROBE_DSCP} log prefix \"{prefix}\" group {LOG_GROUP} snaplen 192")
        .trim_start()
        .to_owned()
}

/// What a line does for the flow log: packets are logged only while somebody reads the group.
pub(crate) fn recorded(action: Action) -> String {
    format!("log prefix \"{}\" group {FLOW_LOG_GROUP} snaplen 128", action.prefix())
}

/// The same, and the packet is dropped.
pub(crate) fn dropped(condition: &str, stage: Stage) -> Vec<String> {
    let mut lines = said(condition, stage);
    lines.push(format!("{condition} counter name n_{} drop", stage.prefix()).trim_start().to_owned());
    lines
}

/// The counters that dropping lines of a table name.
pub(crate) fn counters(script: &mut Script, stages: &[Stage]) {
    for stage in stages {
        script.set("counter", &format!("n_{}", stage.prefix()), "", Elements::default());
    }
}

/// Two maps, of single addresses and of blocks: nft reads back all of what has intervals before it changes anything.
pub(crate) fn by_address(
    script: &mut Script,
    names: [&str; 2],
    family: Family,
    key: &str,
    elements: &[(IpNet, impl Display)],
) {
    let (mut singles, mut blocks) = (Elements::default(), Elements::default());
    for (block, value) in elements {
        match block.prefix_len() == block.max_prefix_len() {
            true => singles.add(format_args!("{} : {value}", block.addr())),
            false => blocks.add(format_args!("{block} : {value}")),
        }
    }
    let [single, block] = names.map(|name| format!("{name}{}", digit(family)));
    script.set("map", &single, key, singles);
    script.set("map", &block, &format!("{key} flags interval"), blocks);
}
