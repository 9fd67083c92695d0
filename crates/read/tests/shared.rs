//! Every input that lies beside the repository is read without a stumble. The folders are not part of the
//! repository; where they are absent, the test says so and passes.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its input should stop")]

use std::path::{Path, PathBuf};

use model::{Severity, Snapshot};

fn json_files(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            json_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
}

fn read(folder: &Path) -> Snapshot {
    let mut files = Vec::new();
    if folder.is_file() {
        files.push(folder.to_owned());
    } else {
        json_files(folder, &mut files);
    }
    let mut reader = read::Reader::new();
    for file in files {
        reader.add_bytes(&file.display().to_string(), std::fs::read(&file).unwrap());
    }
    reader.finish()
}

fn shared() -> Option<PathBuf> {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    if !shared.is_dir() {
        println!("skipped: {} is absent", shared.display());
        return None;
    }
    Some(shared)
}

/// Inputs that are one export each, and inputs whose files have nothing to do with each other.
fn inputs(shared: &Path) -> Vec<PathBuf> {
    let folders = |path: &str| -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(shared.join(path)) else {
            return Vec::new();
        };
        entries.map(|entry| entry.unwrap().path()).collect()
    };
    let mut inputs = folders("data/designs");
    inputs.extend(
        folders("data/api-fixtures").into_iter().filter(|path| path.extension().is_some_and(|e| e == "json")),
    );
    inputs.extend(
        folders("data/describe").into_iter().filter(|path| path.extension().is_some_and(|e| e == "json")),
    );
    inputs.extend(folders("data/terraform").into_iter().map(|path| path.join("describe")));
    inputs.extend(
        folders("gold").into_iter().map(|path| path.join("aws_configs")).filter(|path| path.is_dir()),
    );
    inputs.sort();
    inputs
}

#[test]
fn exports_beside_the_repository_are_read_without_a_stumble() {
    let Some(shared) = shared() else { return };
    let mut failures = 0;
    for input in inputs(&shared) {
        let snapshot = read(&input);
        println!(
            "{}: {} vpcs, {} subnets, {} tables, {} lists, {} groups, {} rules, {} interfaces, {} instances, {} others",
            input.display(),
            snapshot.vpcs.len(),
            snapshot.subnets.len(),
            snapshot.route_tables.len(),
            snapshot.network_acls.len(),
            snapshot.security_groups.len(),
            snapshot.security_group_rules.len(),
            snapshot.network_interfaces.len(),
            snapshot.instances.len(),
            snapshot.others.len(),
        );
        for problem in &snapshot.problems {
            let place = problem.origin.and_then(|origin| snapshot.sources.locate(origin));
            let place = place.map(|place| place.to_string()).unwrap_or_default();
            println!("  {:?} {place}: {}", problem.severity, problem.message);
            failures += usize::from(problem.severity >= Severity::Error);
        }
    }
    assert_eq!(failures, 0, "errors in exports that are sound");
}
