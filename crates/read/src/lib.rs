//! Files to a model: what the AWS CLI prints, with the place of every value.
//!
//! ```
//! let mut reader = read::Reader::new();
//! reader.add("vpcs.json", r#"{"Vpcs": [{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16"}]}"#);
//! let snapshot = reader.finish();
//! assert_eq!(snapshot.vpcs.len(), 1);
//! assert!(snapshot.problems.is_empty());
//! ```
//!
//! Bytes become a located tree (`parse`), answers are found in it whatever wraps them (`detect`), and each
//! noun is read from its objects (`describe`). This is the only crate that knows JSON keys. It reads no files: the
//! caller does. It resolves nothing: a reference stays an id until [`model`] follows it.
//!
//! What cannot be understood is never dropped in silence. It becomes a [`model::Problem`] at its place, and a noun
//! of which an element was left out says that it is incomplete.

mod config;
mod describe;
mod detect;
mod nameless;
mod object;
mod parse;
mod same;
mod snapshot;
#[cfg(test)]
mod testing;
mod tree;

pub use config::{Config, ConfigError};

use std::sync::Arc;

use model::{Origin, Problem, Severity, Snapshot};

use crate::object::File;
use crate::snapshot::Growing;

/// Reads files into a snapshot.
#[derive(Default)]
pub struct Reader {
    growing: Growing,
}

impl Reader {
    /// A reader that has read nothing.
    pub fn new() -> Reader {
        Reader::default()
    }

    /// Begins a later input: from here on, a noun replaces the one of the same id in an earlier input. Within an
    /// input the first description of a noun stays.
    pub fn next_layer(&mut self) {
        self.growing.next_layer();
    }

    /// Reads a file. `name` is what problems and answers call it; it matters only to answers that do not name what
    /// they are about: the entries of a prefix list (S9.10), what is in a route table of a transit gateway (S9.12),
    /// health and attributes of target groups and load balancers.
    pub fn add(&mut self, name: &str, text: impl Into<Arc<str>>) {
        let text: Arc<str> = text.into();
        // Windows tools begin a file with a byte-order mark; places are counted without it, as editors do.
        let text = text.strip_prefix('\u{feff}').map(Arc::from).unwrap_or(text);
        if u32::try_from(text.len()).is_err() {
            return self.refuse(
                name,
                "",
                0,
                "the file is larger than 4 GiB",
                "split it, for example by region or VPC",
            );
        }
        let id = self.growing.snapshot.sources.add(name, Arc::clone(&text));
        let file = File::new(id);
        match parse::parse(id, &text) {
            Ok(Some(tree)) => detect::read(name, &tree, &file, &mut self.growing),
            Ok(None) => {
                // `aws` prints nothing at all for an answer without content, and also where a call fails.
                let problem = Problem::warning(Origin { file: id, start: 0, end: 0 }, "the file is empty");
                file.report(problem.help("if the command that should have filled it failed, run it again"));
            }
            Err(problem) => file.report(problem),
        }
        self.growing.snapshot.problems.extend(file.into_problems());
    }

    /// Reads a file that may hold anything.
    pub fn add_bytes(&mut self, name: &str, bytes: Vec<u8>) {
        let (error, mut bytes) = match String::from_utf8(bytes) {
            Ok(text) => return self.add(name, text),
            Err(error) => (error.utf8_error(), error.into_bytes()),
        };
        let is_utf16 = matches!(bytes.get(..2), Some([0xff, 0xfe] | [0xfe, 0xff]));
        if is_utf16 {
            let help = "PowerShell's `>` writes UTF-16; use `| Out-File -Encoding utf8` instead";
            return self.refuse(name, "", 0, "the file is UTF-16; expected UTF-8", help);
        }
        // What comes before the first wrong byte is kept, so that its place can be shown.
        bytes.truncate(error.valid_up_to());
        let text = String::from_utf8(bytes).unwrap_or_default();
        let (text, at) = u32::try_from(text.len()).map_or_else(|_| (String::new(), 0), |at| (text, at));
        self.refuse(
            name,
            text,
            at,
            "this is not text: expected UTF-8",
            "save the answer of the AWS CLI again",
        );
    }

    fn refuse(&mut self, name: &str, text: impl Into<Arc<str>>, at: u32, message: &str, help: &str) {
        let file = self.growing.snapshot.sources.add(name, text);
        let problem = Problem::new(Severity::Fatal, Origin { file, start: at, end: at }, message);
        self.growing.snapshot.problems.push(problem.help(help));
    }

    /// What was read.
    pub fn finish(self) -> Snapshot {
        self.growing.finish()
    }
}
