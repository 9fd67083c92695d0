//! What a change has changed, in a line.

use lab::state::{HostState, State};

/// So many machines of a kind are named.
const NAMED: usize = 5;

/// What differs between the lab that was and the lab that is; empty if nothing that people have a name for does.
pub(super) fn line(before: &State, after: &State) -> String {
    let without = |these: &'_ State, others: &'_ State| -> Vec<String> {
        let those = these.hosts.iter().filter(|host| find(others, host).is_none());
        those.map(called).collect()
    };
    let both = || after.hosts.iter().filter_map(|host| Some((find(before, host)?, host)));
    let stays = |wanted: fn(&HostState, &HostState) -> bool| -> Vec<String> {
        both().filter(|(before, after)| wanted(before, after)).map(|(_, after)| called(after)).collect()
    };
    let addresses = |before: &HostState, after: &HostState| {
        (&before.addresses, &before.public) != (&after.addresses, &after.public)
    };
    let parts = [
        ("new: ", without(after, before)),
        ("gone: ", without(before, after)),
        ("other addresses: ", stays(addresses)),
        ("stopped: ", stays(|before, after| before.down.is_none() && after.down.is_some())),
        ("started: ", stays(|before, after| before.down.is_some() && after.down.is_none())),
    ];
    let mut said: Vec<String> = parts
        .into_iter()
        .filter(|(_, who)| !who.is_empty())
        .map(|(what, who)| what.to_owned() + &list(&who))
        .collect();
    if before.fingerprint != after.fingerprint {
        said.push("rules and routes".into());
    }
    said.join("; ")
}

fn find<'s>(state: &'s State, host: &HostState) -> Option<&'s HostState> {
    state.hosts.iter().find(|other| other.namespace == host.namespace)
}

fn called(host: &HostState) -> String {
    host.name.clone().unwrap_or_else(|| host.id.clone())
}

fn list(names: &[String]) -> String {
    let named = names.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}
