//! What is told to the kernel without nft is what nft would have told it: random networks, changed step by step.

use std::collections::BTreeMap;
use std::process::Command;

use lab::TABLE;
use lab::namespace::{Namespace, make};
use proptest::strategy::Strategy;
use testkit::generate;

use crate::differential::generated;
use crate::support::{Standing, possible};

/// Sets, maps and chains by name: how each is declared, its elements in order, its rules as the kernel has them.
fn listed(namespace: &Namespace) -> BTreeMap<String, Vec<String>> {
    let mut nft = Command::new("ip");
    nft.args(["netns", "exec", namespace.name(), "nft", "-nn", "--debug=netlink"]);
    let output = nft.args(["list", "table", "inet", TABLE]).output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut name = String::new();
    for line in text.lines() {
        let words: Vec<_> = line.split_whitespace().collect();
        match words.as_slice() {
            // What follows is as the kernel has it: the elements of sets, too.
            ["inet", table, of, ..] if *table == TABLE => name = format!("in {of}"),
            ["set" | "map" | "chain", of, "{"] => name = format!("declared {of}"),
            ["table" | "counter" | "ct" | "elements", ..] => name = String::new(),
            [] | ["}"] => {}
            _ => found.entry(name.clone()).or_default().push(words.join(" ")),
        }
    }
    found.remove("");
    for (_, elements) in found.iter_mut().filter(|(name, _)| name.starts_with("in @")) {
        elements.sort();
    }
    found
}

/// A namespace for nft, until this is dropped.
struct Beside(Namespace);

impl Drop for Beside {
    fn drop(&mut self) {
        if let Err(error) = self.0.end() {
            eprintln!("{error}");
        }
    }
}

/// Holds what a lab has in force against what nft makes of the same tables beside it.
fn compare(standing: &Standing<'_>, beside: &Namespace, text: &[String]) {
    for vpc in &standing.lab.topology().vpcs {
        let names = standing.lab.names();
        for namespace in [names.fabric(vpc.number), names.router(vpc.number)] {
            beside.load(&standing.lab.in_force().table(&namespace).unwrap().text()).unwrap();
            let (told, nft) = (listed(&namespace), listed(beside));
            let differing = nft.iter().find(|(name, lines)| told.get(*name) != Some(lines));
            if let Some((name, lines)) = differing {
                panic!("{name}: {lines:#?}, and not {:#?}\n{}", told.get(name), text.join("\n"));
            }
            assert_eq!(told.len(), nft.len());
        }
    }
}

fn step_by_step(networks: &impl Strategy<Value = Vec<String>>, seed: u64) {
    let ((from, _), (to, _)) = (generated(seed, networks), generated(seed + 1, networks));
    let steps = generate::edits(&from, &to);
    let network = |text: &Vec<String>| testkit::network(&text.iter().map(String::as_str).collect::<Vec<_>>());
    let (first, networks) = (network(&from), steps.iter().map(network).collect::<Vec<_>>());
    let mut standing = Standing::up(&first);
    let beside = Namespace::new(format!("{}-beside", standing.state.name));
    make(std::slice::from_ref(&beside)).unwrap();
    let beside = Beside(beside);
    compare(&standing, &beside.0, &from);
    for (network, text) in networks.iter().zip(&steps) {
        standing = standing.apply(network);
        compare(&standing, &beside.0, text);
    }
}

#[test]
fn what_is_told_without_nft_is_what_nft_tells() {
    if possible("what_is_told_without_nft_is_what_nft_tells") {
        step_by_step(&generate::network(), 0);
    }
}

#[test]
fn what_is_told_without_nft_is_what_nft_tells_between_vpcs() {
    if possible("what_is_told_without_nft_is_what_nft_tells_between_vpcs") {
        step_by_step(&generate::joined(), 0);
    }
}
