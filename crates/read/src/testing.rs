//! What the tests of the readers share.

use model::{Noun, Snapshot, Table};

/// Reads one file called `a.json`.
pub(crate) fn read(text: &str) -> Snapshot {
    let mut reader = crate::Reader::new();
    reader.add("a.json", text);
    reader.finish()
}

/// The problems, one a line: `error a.json:1:2: message`.
pub(crate) fn problems(snapshot: &Snapshot) -> Vec<String> {
    let words = |problem: &model::Problem| {
        let place = problem.origin.and_then(|origin| snapshot.sources.locate(origin));
        let place = place.map(|place| place.to_string()).unwrap_or_default();
        format!("{} {place}: {}", format!("{:?}", problem.severity).to_lowercase(), problem.message)
    };
    snapshot.problems.iter().map(words).collect()
}

/// Reads one file without any problem.
pub(crate) fn sound(text: &str) -> Snapshot {
    let snapshot = read(text);
    assert_eq!(problems(&snapshot), Vec::<String>::new(), "{text}");
    snapshot
}

/// The only noun of a table.
pub(crate) fn only<T: Noun>(table: &Table<T>) -> &T {
    assert_eq!(table.len(), 1);
    table.values().next().unwrap()
}

/// The text at the origin of something.
pub(crate) fn at(snapshot: &Snapshot, origin: model::Origin) -> &str {
    snapshot.sources.file(origin.file).unwrap().text.get(origin.range()).unwrap()
}
