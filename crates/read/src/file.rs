//! One file: bytes to what it says.

use model::{FileId, Origin, Problem, Severity};

use crate::findings::{Finding, Findings};
use crate::object::File;
use crate::pieces::{self, Pieces};
use crate::{detect, parse};

/// Reads a file that may hold anything. Also answers its text, or as much of it as is text.
pub(crate) fn read(id: FileId, name: &str, bytes: Vec<u8>) -> (String, Findings) {
    let mut text = match text(id, bytes) {
        Ok(text) => text,
        Err((text, problem)) => return (text, only(problem)),
    };
    // Windows tools begin a file with a byte-order mark; places are counted without it, as editors do.
    if text.starts_with('\u{feff}') {
        text.remove(0);
    }
    if u32::try_from(text.len()).is_err() {
        let help = "split it, for example by region or VPC";
        return (String::new(), only(refused(id, 0, "the file is larger than 4 GiB", help)));
    }
    let findings = answers(id, name, &text, pieces::LENGTH);
    (text, findings)
}

/// The text of a file, or what of it is text, and why it is refused.
fn text(id: FileId, bytes: Vec<u8>) -> Result<String, (String, Problem)> {
    let (error, mut bytes) = match String::from_utf8(bytes) {
        Ok(text) => return Ok(text),
        Err(error) => (error.utf8_error(), error.into_bytes()),
    };
    let is_utf16 = matches!(bytes.get(..2), Some([0xff, 0xfe] | [0xfe, 0xff]));
    if is_utf16 {
        let help = "PowerShell's `>` writes UTF-16; use `| Out-File -Encoding utf8` instead";
        return Err((String::new(), refused(id, 0, "the file is UTF-16; expected UTF-8", help)));
    }
    // What comes before the first wrong byte is kept, so that its place can be shown.
    bytes.truncate(error.valid_up_to());
    let text = String::from_utf8(bytes).unwrap_or_default();
    let (text, at) = u32::try_from(text.len()).map_or_else(|_| (String::new(), 0), |at| (text, at));
    let help = "save the answer of the AWS CLI again";
    Err((text, refused(id, at, "this is not text: expected UTF-8", help)))
}

fn refused(file: FileId, at: u32, message: &str, help: &str) -> Problem {
    Problem::new(Severity::Fatal, Origin { file, start: at, end: at }, message).help(help)
}

fn only(problem: Problem) -> Findings {
    Findings { list: vec![Finding::Problem(problem)], pieces: Vec::new() }
}

/// What is found in a text, a long list of it in pieces of some length.
pub(crate) fn answers(id: FileId, name: &str, text: &str, length: usize) -> Findings {
    let file = File::new(id);
    let mut pieces = Pieces::new(id, text, length);
    let mut tree = parse::parse(id, text, Some(&mut pieces));
    // Then its list is not an answer, but a part of the noun.
    if !pieces.findings.is_empty()
        && tree.as_ref().is_ok_and(|tree| tree.iter().any(|tree| detect::is_noun(tree, &file)))
    {
        tree = parse::parse(id, text, None);
    }
    match tree {
        Ok(Some(tree)) => detect::read(name, &tree, &file),
        Ok(None) => {
            // `aws` prints nothing at all for an answer without content, and also where a call fails.
            let problem = Problem::warning(Origin { file: id, start: 0, end: 0 }, "the file is empty");
            file.report(problem.help("if the command that should have filled it failed, run it again"));
        }
        Err(problem) => file.report(problem),
    }
    Findings { pieces: pieces.findings, ..file.into_findings() }
}
