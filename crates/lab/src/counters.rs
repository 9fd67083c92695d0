//! What the rules in force have counted: every element of a gate's maps counts what it takes, and its mark names the
//! rule.

use std::collections::HashMap;
use std::ops::AddAssign;

use engine::RuleRef;
use serde::Deserialize;
use serde_json::Value;

use crate::build::Names;
use crate::error::LabError;
use crate::marks::Marks;
use crate::namespace::Namespace;
use crate::topology::Plan;

/// What a rule has taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Packets.
    pub packets: u64,
    /// Bytes, with their IP headers.
    pub bytes: u64,
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Count) {
        self.packets = self.packets.saturating_add(other.packets);
        self.bytes = self.bytes.saturating_add(other.bytes);
    }
}

/// What each rule of security groups and network ACLs has taken since it came into force. A rule that no packet can
/// meet has no count.
///
/// # Errors
/// If nft cannot list a namespace's maps.
pub fn read(plan: &Plan, names: &Names, marks: &Marks) -> Result<HashMap<RuleRef, Count>, LabError> {
    let mut counts: HashMap<RuleRef, Count> = HashMap::new();
    for namespace in plan.vpcs.iter().flat_map(|vpc| [names.fabric(vpc.number), names.router(vpc.number)]) {
        for (mark, count) in counted(&namespace)? {
            if let Some(rule) = marks.rule(mark) {
                *counts.entry(rule).or_default() += count;
            }
        }
    }
    Ok(counts)
}

/// What `nft -j list maps` prints, as far as it is looked at.
#[derive(Deserialize)]
struct Listing {
    nftables: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    map: Option<Map>,
}

#[derive(Deserialize)]
struct Map {
    #[serde(default)]
    elem: Vec<[Value; 2]>,
}

/// The elements of a namespace's maps that count: the mark, and what was counted.
fn counted(namespace: &Namespace) -> Result<Vec<(u32, Count)>, LabError> {
    let text = namespace.maps()?;
    let listing: Listing = serde_json::from_str(&text).map_err(|error| {
        LabError::State(format!("what nft lists of `{}` is not understood: {error}", namespace.name()))
    })?;
    let elements = listing.nftables.into_iter().filter_map(|listed| listed.map).flat_map(|map| map.elem);
    Ok(elements.filter_map(|[key, value]| element(&key, &value)).collect())
}

/// `[{"elem": {"val": …, "counter": {"packets": 1, "bytes": 60}}}, MARK]`
fn element(key: &Value, value: &Value) -> Option<(u32, Count)> {
    let counter = key.get("elem")?.get("counter")?;
    let number = |name| counter.get(name).and_then(Value::as_u64);
    let mark = u32::try_from(value.as_u64()?).ok()?;
    Some((mark, Count { packets: number("packets")?, bytes: number("bytes")? }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_without_a_counter_count_nothing() {
        let key = serde_json::json!({"elem": {"val": "e1", "counter": {"packets": 2, "bytes": 120}}});
        let count = Count { packets: 2, bytes: 120 };
        assert_eq!(element(&key, &Value::from(0x8000_0001_u32)), Some((0x8000_0001, count)));
        assert_eq!(element(&Value::from("e1"), &Value::from(1)), None);
    }
}
