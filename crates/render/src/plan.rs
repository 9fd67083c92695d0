//! What plans of changes have in common: the changes in words and as what makes them, and what they open and close.

use answers::reach::Affected;
use model::{Change, Peer};
use serde::Serialize;

use crate::Style;
use crate::aws_cli::aws_cli;
use crate::matrix::{Service, together};
use crate::terraform::terraform;

/// How many pairs are listed.
const MOST: usize = 8;

/// A change with the names that people use, which are sorted by ids.
pub(crate) fn named(change: &Change, names: &[(String, String)]) -> String {
    let (own, peer) = match change {
        Change::AuthorizeSecurityGroup { group, rule } | Change::RevokeSecurityGroup { group, rule } => {
            let peer = if let Peer::Group(peer) = &rule.peer { Some(peer) } else { None };
            (group, peer)
        }
        Change::CreateNetworkAclEntry { acl, .. }
        | Change::ReplaceNetworkAclEntry { acl, .. }
        | Change::DeleteNetworkAclEntry { acl, .. } => (acl, None),
    };
    let mut text = change.to_string();
    for id in [Some(own), peer].into_iter().flatten() {
        let known = names.binary_search_by(|(other, _)| other.as_str().cmp(id.as_str()));
        if let Some((id, name)) = known.ok().and_then(|at| names.get(at)) {
            text = text.replace(id.as_str(), name);
        }
    }
    text
}

/// Changes as the lines of the AWS CLI that make them, in order.
pub fn changes_cli(changes: &[Change]) -> String {
    changes.iter().map(|change| aws_cli(change) + "\n").collect()
}

/// Changes as Terraform, in order.
pub fn changes_terraform(changes: &[Change]) -> String {
    changes.iter().map(terraform).collect::<Vec<_>>().join("\n")
}

/// The lines that are behind `$` in text.
pub(crate) fn commands(changes: &[Change]) -> String {
    let mut text = String::from("\n");
    for change in changes {
        text.push_str(&format!("  $ {}\n", aws_cli(change)));
    }
    text
}

/// A field with its lines; nothing for none.
pub(crate) fn field(name: &str, lines: &[String]) -> String {
    let mut text = String::new();
    for (position, line) in lines.iter().enumerate() {
        let name = if position == 0 { name } else { "" };
        text.push_str(format!("  {name:<12}  {line}").trim_end());
        text.push('\n');
    }
    text
}

/// Pairs with what they get, the first of them.
pub(crate) fn pairs(all: &[Affected], style: Style) -> Vec<String> {
    let one = |pair: &Affected| {
        let services = together(&pair.services, pair.to_internet, style).join("; ");
        format!("{} -> {}: {services}", pair.client, pair.server)
    };
    let mut lines: Vec<String> = all.iter().take(MOST).map(one).collect();
    if let Some(more) = all.len().checked_sub(MOST).filter(|more| *more > 0) {
        lines.push(format!("and {more} more (--format json)"));
    }
    lines
}

/// A pair in JSON.
#[derive(Serialize)]
pub(crate) struct PairJson<'a> {
    from: &'a str,
    to: &'a str,
    services: Vec<Service>,
}

pub(crate) fn pairs_json(all: &[Affected]) -> Vec<PairJson<'_>> {
    fn one(pair: &Affected) -> PairJson<'_> {
        let Affected { client, server, services, .. } = pair;
        PairJson { from: client, to: server, services: services.iter().cloned().map(Service).collect() }
    }
    all.iter().map(one).collect()
}
