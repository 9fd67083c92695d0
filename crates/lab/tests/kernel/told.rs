//! What is told to the kernel without nft is what nft would have told it: networks, random and not, changed step by step.

use std::cell::Cell;
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
    follow(&from, &generate::edits(&from, &to), |_| {});
}

/// Puts a network into force and changes it, and looks after each step at what the kernel was told.
fn follow(from: &[String], steps: &[Vec<String>], look: impl Fn(&Standing<'_>)) {
    let network = |text: &[String]| testkit::network(&text.iter().map(String::as_str).collect::<Vec<_>>());
    let (first, networks) = (network(from), steps.iter().map(|text| network(text)).collect::<Vec<_>>());
    let mut standing = Standing::up(&first);
    let beside = Namespace::new(format!("{}-beside", standing.state.name));
    make(std::slice::from_ref(&beside)).unwrap();
    let beside = Beside(beside);
    compare(&standing, &beside.0, from);
    look(&standing);
    for (network, text) in networks.iter().zip(steps) {
        standing = standing.apply(network);
        compare(&standing, &beside.0, text);
        look(&standing);
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

/// A server whose group refers to so many others, each with a member and a port of its own, in both families.
fn referred(to: u16) -> Vec<String> {
    let common = "
        vpc vpc-1 10.20.0.0/16 2001:db8:20::/56
        subnet a 10.20.0.0/24 2001:db8:20::/64
        sg sg-out out: all 0.0.0.0/0 | all ::/0
        eni server a 10.20.0.10 2001:db8:20::10 groups=sg-server
    ";
    let client = |n| {
        let host = 100 + n;
        format!(
            "sg sg-{n}
             sg sg-server in: tcp {n} sg-{n}
             eni client{n} a 10.20.0.{host} 2001:db8:20::{host} groups=sg-out,sg-{n}"
        )
    };
    let empty = "sg sg-server in: tcp 9999 192.0.2.0/24".to_owned();
    [common.to_owned(), empty].into_iter().chain((1..=to).map(client)).collect()
}

/// Few classes of peers are lines of a gate, many are a map of it (S1.17): each gets in by its own rule, whatever the number
/// was before.
#[test]
fn a_gate_tells_many_peers_apart_as_it_does_few() {
    if !possible("a_gate_tells_many_peers_apart_as_it_does_few") {
        return;
    }
    let (few, many) = (referred(4), referred(6));
    let maps = |standing: &Standing<'_>| {
        let fabric = standing.lab.names().fabric(standing.lab.topology().vpcs[0].number);
        let text = standing.lab.in_force().table(&fabric).unwrap().text();
        text.lines().filter(|line| line.contains("meta mark vmap @v_g")).count()
    };
    // Nothing asks twice from the same port, since the first time is remembered.
    let from = Cell::new(40_000);
    let expect = |standing: &Standing<'_>| {
        from.set(from.get() + 1);
        let clients = standing.lab.network().model().network_interfaces.len() - 1;
        // One map in each family, or none.
        assert_eq!(maps(standing), if clients > 4 { 2 } else { 0 }, "{clients} classes");
        let questions = (1..=clients).flat_map(|client| {
            let asked = |by: &str, to: &str, port| {
                format!("client{client}{by} -> server{to}:tcp/{port} {}", from.get())
            };
            let other = client % clients + 1;
            let families = [("", ""), (".6", ".6")];
            families.map(|(by, to)| [(asked(by, to, client), true), (asked(by, to, other), false)])
        });
        let questions: Vec<_> = questions.flatten().collect();
        let questions: Vec<_> = questions.iter().map(|(text, works)| (text.as_str(), *works)).collect();
        standing.expect(&questions);
    };
    follow(&few, &[many.clone(), few.clone(), many], expect);
}
