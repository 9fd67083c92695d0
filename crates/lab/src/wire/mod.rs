//! A transaction told to nftables over netlink, without nft: nft reads back all that a table has before it changes
//! anything of it, which takes longer than the change. Only what gates say is told so; what else there is, nft is told.

mod message;
mod rule;
mod send;
mod set;

use message::{APPEND, Attributes, Batch, CREATE};

use crate::ruleset::{Content, TABLE, Transaction};

pub(crate) use send::send;

// linux/netfilter/nf_tables.h
const NEW_CHAIN: u16 = 3;
const DELETE_CHAIN: u16 = 5;
const NEW_RULE: u16 = 6;
const DELETE_RULE: u16 = 8;
const NEW_SET: u16 = 9;
const DELETE_SET: u16 = 11;
const NEW_ELEMENTS: u16 = 12;
const DELETE_ELEMENTS: u16 = 14;
const TABLE_OF: u16 = 1;
const NAME_OF_SET: u16 = 2;
const NAME_OF_CHAIN: u16 = 3;
const CHAIN_OF_RULE: u16 = 2;
const VERDICT_CODE: u16 = 1;
const VERDICT_CHAIN: u16 = 2;
const EXPRESSION_NAME: u16 = 1;
const EXPRESSION_DATA: u16 = 2;

/// A transaction as the kernel takes it; `None` where something is in it that is told to nft. Where it is not to be `made`
/// the kernel looks whether it could be.
pub(crate) fn encoded(change: &Transaction<'_>, made: bool) -> Option<Vec<u8>> {
    let mut batch = Batch::new();
    let table = || Attributes::default().text(TABLE_OF, TABLE);
    let ended = change.ended_chains.iter().map(|chain| &*chain.name);
    for chain in change.flushed.iter().copied().chain(ended) {
        batch.message(DELETE_RULE, 0, &table().text(CHAIN_OF_RULE, chain));
    }
    for (set, gone) in &change.deleted {
        let messages = set::elements(set, gone.iter().copied(), true)?;
        messages.iter().for_each(|message| batch.message(DELETE_ELEMENTS, 0, message));
    }
    for chain in change.chains.iter().filter(|chain| !change.flushed.contains(&&*chain.name)) {
        if chain.hook.is_some() {
            return None;
        }
        batch.message(NEW_CHAIN, CREATE, &table().text(NAME_OF_CHAIN, &chain.name));
    }
    for (&set, number) in change.sets.iter().zip(1..) {
        batch.message(NEW_SET, CREATE, &set::declared(set, number)?);
    }
    let new = change.sets.iter().map(|set| (*set, set.elements.iter().collect::<Vec<_>>()));
    for (set, come) in new.chain(change.added.iter().cloned()) {
        let messages = set::elements(set, come.into_iter(), false)?;
        messages.iter().for_each(|message| batch.message(NEW_ELEMENTS, CREATE, message));
    }
    for chain in &change.chains {
        for line in &chain.lines {
            batch.message(NEW_RULE, CREATE | APPEND, &rule::rule(&chain.name, line)?);
        }
    }
    for set in &change.ended_sets {
        matches!(set.kind.as_str(), "set" | "map").then_some(())?;
        batch.message(DELETE_SET, 0, &table().text(NAME_OF_SET, &set.name));
    }
    for chain in &change.ended_chains {
        batch.message(DELETE_CHAIN, 0, &table().text(NAME_OF_CHAIN, &chain.name));
    }
    Some(batch.finish(made))
}

/// Whether it can be told without nft.
pub(crate) fn is_known(content: Content<'_>) -> bool {
    let mut change = Transaction::default();
    match content {
        Content::Part(sets, chains) => {
            change.sets.extend(sets);
            change.chains.extend(chains);
        }
        Content::Elements(set) => change.added.push((set, set.elements.iter().collect())),
    }
    encoded(&change, true).is_some()
}

fn expression(name: &str, data: Attributes) -> Attributes {
    Attributes::default().text(EXPRESSION_NAME, name).nest(EXPRESSION_DATA, data)
}

/// What becomes of a packet, in nft's words.
fn verdict(words: &str) -> Option<Attributes> {
    let (code, chain) = match words.split_once(' ') {
        None => match words {
            "drop" => (0, None),
            "accept" => (1, None),
            "return" => (-5, None),
            _ => return None,
        },
        Some(("jump", chain)) => (-3, Some(chain)),
        Some(("goto", chain)) => (-4, Some(chain)),
        Some(_) => return None,
    };
    let mut verdict = Attributes::default().bytes(VERDICT_CODE, &i32::to_be_bytes(code));
    if let Some(chain) = chain {
        verdict = verdict.text(VERDICT_CHAIN, chain);
    }
    Some(Attributes::default().nest(set::DATA_VERDICT, verdict))
}
