//! Prints reports in a format, for tools/validate_reports.py: one as commands make them, and one whose every text tries
//! to get out of its place.
//!
//! ```sh
//! cargo run -p render --example reports -- sample sarif
//! cargo run -p render --example reports -- hostile junit
//! ```

#[path = "../tests/report/fixture.rs"]
mod fixture;

use std::io::{self, Write};
use std::process::ExitCode;

use render::report::{self, FORMATS};

fn main() -> io::Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    let report = match arguments.next().as_deref() {
        Some("sample") => fixture::sample(),
        Some("hostile") => fixture::filled(fixture::HOSTILE),
        _ => return usage(),
    };
    let name = arguments.next().unwrap_or_default();
    let Some(format) = FORMATS.iter().find(|format| format.name == name) else { return usage() };
    io::stdout().write_all(report::print(&report, format)?.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn usage() -> io::Result<ExitCode> {
    let names: Vec<_> = FORMATS.iter().map(|format| format.name).collect();
    eprintln!("expected `sample` or `hostile`, and one of {}", names.join(", "));
    Ok(ExitCode::from(2))
}
