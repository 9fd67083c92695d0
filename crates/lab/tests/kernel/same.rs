//! Whether two labs are the same: rules in force, links, addresses, routes.
#![expect(clippy::indexing_slicing, reason = "what JSON does not have is null")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use lab::namespace::Namespace;
use serde_json::Value;

use crate::support::Standing;

/// What the kernel has in the namespaces of one lab and not in those of another.
pub(crate) fn differences(one: &Standing<'_>, other: &Standing<'_>) -> Vec<String> {
    let (one, other) = (found(one), found(other));
    let only = |these: &BTreeSet<String>, others: &BTreeSet<String>, sign: char| {
        let lines = these.difference(others).map(move |line| format!("{sign} {line}"));
        lines.collect::<Vec<_>>()
    };
    [only(&one, &other, '+'), only(&other, &one, '-')].concat()
}

/// A line for everything in the namespaces of a lab.
pub(crate) fn found(standing: &Standing<'_>) -> BTreeSet<String> {
    let lab = format!("{}-", standing.state.name);
    let mut found = BTreeSet::new();
    for namespace in standing.state.namespaces() {
        let name = namespace.name().strip_prefix(&lab).unwrap();
        let rules = rules(&namespace);
        // Of the two routing tables of a subnet or an attachment the one that no mark leads to may have what it had before.
        let marks = (name.starts_with(['r', 't'])).then(|| marks(&rules));
        let lines = [links(&namespace), routing(&namespace, marks.as_ref()), rules].concat();
        found.extend(lines.into_iter().map(|line| format!("{name} {line}")));
    }
    assert!(!found.iter().any(|line| line.contains(&lab)));
    found
}

fn links(namespace: &Namespace) -> Vec<String> {
    let mut lines = Vec::new();
    for link in list(namespace, "ip", &["-j", "address"]) {
        let fields = ["ifindex", "ifname", "flags", "link_index"];
        lines.push(fields.map(|field| link[field].to_string()).join(" "));
        for address in link["addr_info"].as_array().unwrap() {
            lines.push(format!("{} {} {}", link["ifname"], address["local"], address["prefixlen"]));
        }
    }
    lines
}

fn routing(namespace: &Namespace, marks: Option<&BTreeSet<u64>>) -> Vec<String> {
    let mut lines = Vec::new();
    for family in ["-4", "-6"] {
        for route in list(namespace, "ip", &["-d", "-j", family, "route", "show", "table", "all"]) {
            let table: Option<u64> = route["table"].as_str().and_then(|table| table.parse().ok());
            let used = |table| table < 1_000 || marks.is_none_or(|marks| marks.contains(&table));
            if table.is_none_or(used) {
                lines.push(format!("{family} route {route}"));
            }
        }
        for rule in list(namespace, "ip", &["-j", family, "rule"]) {
            lines.push(format!("{family} rule {rule}"));
        }
    }
    lines
}

fn list(namespace: &Namespace, program: &str, arguments: &[&str]) -> Vec<Value> {
    let output = namespace.within(|| Ok(Command::new(program).args(arguments).output().unwrap())).unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The routing tables that packets of some link are routed by.
fn marks(rules: &[String]) -> BTreeSet<u64> {
    let elements = rules.iter().filter_map(|line| line.strip_prefix("map t_from element "));
    let marks = elements.map(|element| {
        let element: Value = serde_json::from_str(element).unwrap();
        element[1].as_u64().unwrap()
    });
    marks.collect()
}

/// nft's listing, without what it counts: tables, sets and their elements, chains and their rules in order.
fn rules(namespace: &Namespace) -> Vec<String> {
    let output = namespace
        .within(|| Ok(Command::new("nft").args(["-j", "list", "ruleset"]).output().unwrap()))
        .unwrap();
    let listing: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut lines = Vec::new();
    let mut lengths: BTreeMap<String, usize> = BTreeMap::new();
    for object in listing["nftables"].as_array().unwrap() {
        let (kind, content) = object.as_object().unwrap().iter().next().unwrap();
        let mut content = content.clone();
        forget(&mut content);
        match &**kind {
            "metainfo" => {}
            "rule" => {
                let chain = content["chain"].as_str().unwrap().to_owned();
                let position = lengths.entry(chain.clone()).or_default();
                *position += 1;
                lines.push(format!("rule {position} of {chain} {}", content["expr"]));
            }
            kind => {
                let elements = content.as_object_mut().unwrap().remove("elem");
                let name = content["name"].as_str().unwrap_or_default();
                // What packets have put into a set is not of the network.
                let elements = elements.iter().filter(|_| !name.starts_with("f_"));
                let elements = elements.flat_map(|all| all.as_array().unwrap());
                lines.extend(elements.map(|element| format!("{kind} {name} element {element}")));
                lines.push(format!("{kind} {content}"));
            }
        }
    }
    lines
}

/// Forgets handles and counts.
fn forget(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for field in ["handle", "packets", "bytes"] {
                fields.remove(field);
            }
            fields.values_mut().for_each(forget);
        }
        Value::Array(values) => values.iter_mut().for_each(forget),
        _ => {}
    }
}
