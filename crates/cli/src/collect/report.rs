//! What became of a collection: for people at the end of it, and in the folder for whoever reads it later.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use anyhow::Context;
use serde_json::{Value, json};

use super::failure::Why;
use super::queue::Failed;

/// The file that names the calls without an answer.
const FILE: &str = "not-collected.json";

/// Writes the file, if there is anything to write.
pub(super) fn record(folder: &Path, failed: &[Failed]) -> anyhow::Result<()> {
    if failed.is_empty() {
        return Ok(());
    }
    let entry = |failed: &Failed| json!({"call": failed.line, "error": failed.failure.message});
    let record = json!({"NotCollected": failed.iter().map(entry).collect::<Vec<Value>>()});
    let path = folder.join(FILE);
    let written = || format!("{} cannot be written", path.display());
    // As private as the answers beside it.
    let file = tempfile::NamedTempFile::new_in(folder).with_context(written)?;
    serde_json::to_writer_pretty(file.as_file(), &record).with_context(written)?;
    file.persist(&path).with_context(written)?;
    Ok(())
}

/// What could not be collected, for people: empty if nothing is missing.
pub(super) fn missing(regions: &[(&str, &[Failed])]) -> String {
    let mut text = String::new();
    let denied = rows(regions, |failed| failed.failure.why == Why::Denied);
    if !denied.is_empty() {
        text += "\nnot allowed to be read, and what will be undecided without it:\n";
        let width = denied.iter().map(|row| row.calls.len()).max().unwrap_or_default();
        for row in &denied {
            let _ = writeln!(text, "  {:width$}  {}", row.calls, row.about);
        }
        text += "  The managed policy ReadOnlyAccess permits these calls.\n";
    }
    let other = rows(regions, |failed| failed.failure.why != Why::Denied);
    if !other.is_empty() {
        text += "\nfailed, and what will be undecided without it:\n";
        let width = other.iter().map(|row| row.calls.len()).max().unwrap_or_default();
        for row in &other {
            let _ = writeln!(text, "  {:width$}  {}", row.calls, row.about);
            for message in &row.messages {
                let _ = writeln!(text, "      {message}");
            }
        }
    }
    text
}

/// The failures of one operation.
struct Row<'a> {
    calls: String,
    about: &'a str,
    messages: BTreeSet<&'a str>,
}

/// One row an operation and region; the region is named where there are several.
fn rows<'a>(regions: &[(&'a str, &'a [Failed])], wanted: fn(&Failed) -> bool) -> Vec<Row<'a>> {
    let mut rows = Vec::new();
    for (region, failed) in regions {
        let failed: Vec<&Failed> = failed.iter().filter(|failed| wanted(failed)).collect();
        for alike in failed.chunk_by(|a, b| std::ptr::eq(a.call, b.call)) {
            let Some(first) = alike.first() else { continue };
            let mut calls = format!("{} {}", first.call.service, first.call.operation);
            if alike.len() > 1 {
                let _ = write!(calls, " ({} calls)", alike.len());
            }
            if regions.len() > 1 {
                calls.insert_str(0, &format!("{region}: "));
            }
            let messages = alike.iter().map(|failed| failed.failure.message.as_str()).collect();
            rows.push(Row { calls, about: first.call.about, messages });
        }
    }
    rows
}
