//! Reports in the formats of other tools, read back by readers that share nothing with the writers.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may stop at what it does not expect"
)]

mod fixture;
mod github;
mod gitlab;
mod html;
mod jsonl;
mod junit;
mod markdown;
mod sarif;

use render::report::{self, Report};

/// A report in the format of this name.
fn print(report: &Report, format: &str) -> String {
    let format = report::FORMATS.iter().find(|one| one.name == format);
    report::print(report, format.unwrap_or_else(|| panic!("no such format"))).unwrap()
}

/// What XML and people can hold stays as it is, and the rest is there by name.
fn named(text: &str) -> String {
    let hidden = |letter: char| {
        let direction =
            "\u{61c}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}";
        let other = "\u{2028}\u{2029}\u{fffe}\u{ffff}";
        letter.is_control() && !"\n\t".contains(letter)
            || direction.contains(letter)
            || other.contains(letter)
    };
    let name = |letter: char| match hidden(letter) {
        true => letter.escape_default().to_string(),
        false => letter.to_string(),
    };
    text.chars().map(name).collect()
}

#[test]
fn every_format_ends_its_last_line() {
    for format in report::FORMATS {
        for report in [fixture::sample(), Report::default()] {
            let text = report::print(&report, format).unwrap();
            assert!(text.is_empty() || text.ends_with('\n'), "{format:?}: {text:?}");
            assert!(!text.ends_with("\n\n"), "{format:?}: {text:?}");
        }
    }
}
