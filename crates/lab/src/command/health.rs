//! What `status` says of load balancers: each node's targets, and how they are.

use lab::namespace::Namespace;
use lab::proxy::config::TargetHealth;
use lab::proxy::report;
use lab::state::State;

/// The lines, a target each; a node whose proxy does not run says so.
pub(super) fn lines(state: &State) -> String {
    let nodes = state.hosts.iter().filter(|host| host.is_node);
    let rows: Vec<[String; 3]> = nodes
        .flat_map(|host| {
            let called = host.name.as_deref().unwrap_or(&host.id);
            let address = host.addresses.first().map_or(String::new(), |address| format!(" {address}"));
            let node = format!("{called}{address}");
            match report(&Namespace::new(&host.namespace)) {
                Ok(targets) if targets.is_empty() => vec![[node, "no targets".into(), String::new()]],
                Ok(targets) => targets.iter().map(|target| row(&node, target)).collect(),
                Err(_) => {
                    vec![[node, "does not run: `portcullis lab apply` starts it again".into(), String::new()]]
                }
            }
        })
        .collect();
    let width =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(String::len).max().unwrap_or(0);
    let [first, second] = [width(0), width(1)];
    let lines = rows.iter().map(|[node, target, health]| {
        let line = format!("{node:first$}  {target:second$}  {health}");
        format!("{}\n", line.trim_end())
    });
    lines.collect()
}

fn row(node: &str, TargetHealth { target, address, state, reason, .. }: &TargetHealth) -> [String; 3] {
    let reason = reason.as_ref().map_or(String::new(), |reason| format!(": {reason}"));
    [format!("{node} ->"), format!("{target}:{}", address.port()), format!("{state}{reason}")]
}
