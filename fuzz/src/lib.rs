//! What the targets check alike.

use model::{Origin, Problem, Severity, Snapshot};

/// Every place that a snapshot names lies in its file and between characters.
pub fn check_places(snapshot: &Snapshot) {
    for problem in &snapshot.problems {
        let origin = problem.origin.unwrap_or_else(|| panic!("no place: {problem:?}"));
        check_place(snapshot, origin, &problem.message);
        let location = snapshot.sources.locate(origin);
        assert!(location.is_some_and(|place| place.line > 0 && place.column > 0), "{problem:?}");
        check_words(problem);
    }
    for rule in snapshot.security_groups.values().flat_map(|group| &group.rules) {
        check_place(snapshot, rule.origin, "a rule");
    }
    for (_, rule) in &snapshot.security_group_rules {
        check_place(snapshot, rule.origin, "a flat rule");
    }
    for entry in snapshot.network_acls.values().flat_map(|list| &list.entries) {
        check_place(snapshot, entry.origin, "an entry");
    }
    for route in snapshot.route_tables.values().flat_map(|table| &table.routes) {
        check_place(snapshot, route.origin, "a route");
    }
    for interface in snapshot.network_interfaces.values().chain(&snapshot.instance_interfaces) {
        check_place(snapshot, interface.origin, "an interface");
    }
}

fn check_place(snapshot: &Snapshot, origin: Origin, what: &str) {
    let file = snapshot.sources.file(origin.file).unwrap_or_else(|| panic!("no file: {what}"));
    assert!(file.text.get(origin.range()).is_some(), "{what}: {origin:?} is not in {:?}", file.text);
}

fn check_words(problem: &Problem) {
    let message = &problem.message;
    assert!(!message.is_empty() && !message.contains(['\n', '\r', '\0']), "{message:?}");
    assert!(!message.starts_with(char::is_uppercase) && !message.ends_with('.'), "{message:?}");
}

/// Whether a file could not be read.
pub fn is_refused(snapshot: &Snapshot) -> bool {
    snapshot.problems.iter().any(|problem| problem.severity == Severity::Fatal)
}
