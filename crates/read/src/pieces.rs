//! A large file in pieces, side by side.
//!
//! The AWS CLI prints one list of nouns a file, each on lines of its own and equally indented. Such a list is cut where
//! an element seems to begin, and its pieces are parsed and read at the same time. No cut is trusted: a piece counts
//! only if the one before it, itself begun at a right place, ends exactly where it begins. Where that is not so, and at
//! any error of the grammar, the file is parsed from its beginning, and only that says what is wrong.

use memchr::memmem;
use model::FileId;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::describe::{Read, elements_of};
use crate::findings::Findings;
use crate::object::{File, Value};
use crate::parse::{Parser, is_space};
use crate::snapshot::Context;

/// How long pieces are: their trees fit a processor's cache. The fuzzer makes small files.
pub(crate) const LENGTH: usize = if cfg!(fuzzing) { 64 } else { 512 * 1024 };

/// The list of a file that is read in pieces, if there is one.
pub(crate) struct Pieces<'t> {
    file: FileId,
    text: &'t str,
    length: usize,
    /// A file has one such list: trying every list of a strange file would take long.
    tried: bool,
    pub(crate) findings: Vec<Findings>,
}

impl<'t> Pieces<'t> {
    pub(crate) fn new(file: FileId, text: &'t str, length: usize) -> Pieces<'t> {
        Pieces { file, text, length, tried: false, findings: Vec::new() }
    }

    /// Reads the list under a key of the file's object, of which the first element is to follow at `at`. Answers where
    /// the list's closing bracket is.
    pub(crate) fn read(&mut self, key: &str, at: usize) -> Option<usize> {
        let long = self.text.len().saturating_sub(at) > 2 * self.length;
        if self.tried || !long {
            return None;
        }
        let reader = elements_of(key)?;
        self.tried = true;
        let starts = starts(self.text.as_bytes(), at, self.length)?;
        let stops = starts.iter().skip(1).copied().chain([usize::MAX]);
        let ranges: Vec<_> = starts.iter().copied().zip(stops).collect();
        let (file, text) = (self.file, self.text);
        let pieces: Vec<_> =
            ranges.into_par_iter().map(|(from, to)| piece(file, text, reader, from, to)).collect();
        let mut found = Vec::new();
        for piece in pieces {
            let (findings, end) = piece?;
            found.push(findings);
            if end.is_some() {
                self.findings = found;
                return end;
            }
        }
        None
    }
}

/// Reads the elements from one place to another, where the next piece begins, or to the end of the list, which it
/// answers then.
fn piece(
    file: FileId,
    text: &str,
    reader: Read,
    from: usize,
    to: usize,
) -> Option<(Findings, Option<usize>)> {
    let (tree, end) = Parser::new(text).elements(from, to)?;
    let file = File::new(file);
    let mut context = Context { file: &file };
    for element in (Value { tree: &tree, file: &file, at: 0, key: "" }).elements() {
        reader.one(element.as_object()?, &mut context);
    }
    Some((file.into_findings(), end))
}

/// Where elements of a list seem to begin, every so many bytes: at an object that is preceded by another, a comma, and
/// the line break and indentation that are before the first element.
fn starts(text: &[u8], at: usize, length: usize) -> Option<Vec<usize>> {
    let space = text.get(at..)?.iter().position(|&byte| !is_space(byte))?;
    let first = at + space;
    let indentation = text.get(at..first)?;
    if !indentation.contains(&b'\n') || text.get(first) != Some(&b'{') {
        return None;
    }
    let between = [b"},", indentation, b"{"].concat();
    let between = memmem::Finder::new(&between);
    let mut starts = vec![first];
    let mut last = first;
    while let Some(found) = text.get(last + length..).and_then(|rest| between.find(rest)) {
        last += length + found + 2 + indentation.len();
        starts.push(last);
    }
    Some(starts)
}

#[cfg(test)]
mod tests {
    use model::{FileId, Snapshot};

    use super::{LENGTH, Pieces};
    use crate::findings::Findings;
    use crate::snapshot::Growing;
    use crate::testing::problems;

    /// A file read in pieces of some length.
    fn read(text: &str, length: usize) -> Snapshot {
        let mut growing = Growing::default();
        let id = growing.snapshot.sources.add("a.json", text);
        crate::file::answers(id, "a.json", text, length).add_to(&mut growing);
        growing.finish()
    }

    /// How many pieces a text comes to.
    fn pieces(text: &str, length: usize) -> usize {
        let mut pieces = Pieces::new(FileId(0), text, length);
        let _ = crate::parse::parse(FileId(0), text, Some(&mut pieces));
        pieces.findings.iter().filter(|found: &&Findings| !found.list.is_empty()).count()
    }

    /// What is read does not depend on the length of pieces.
    fn assert_same(text: &str) {
        let whole = read(text, LENGTH);
        for length in [1, 7, 60, 200, 1000] {
            let cut = read(text, length);
            assert_eq!(problems(&cut), problems(&whole), "{length} {text}");
            assert_eq!(format!("{cut:?}"), format!("{whole:?}"), "{length} {text}");
        }
    }

    fn vpcs(elements: &[String]) -> String {
        format!("{{\n    \"Vpcs\": [\n        {}\n    ]\n}}\n", elements.join(",\n        "))
    }

    fn vpc(id: usize, rest: &str) -> String {
        format!(
            "{{\n            \"VpcId\": \"vpc-{id}\",\n            \"CidrBlock\": \"10.{id}.0.0/16\"{rest}\n        }}"
        )
    }

    #[test]
    fn a_list_in_pieces_is_the_list() {
        let text = vpcs(&(0..50).map(|id| vpc(id, "")).collect::<Vec<_>>());
        assert!(pieces(&text, 1) == 50 && pieces(&text, 200) > 10);
        assert_eq!(read(&text, 1).vpcs.len(), 50);
        assert_same(&text);
        assert_same(&text.replace('\n', "\r\n"));
        assert_same(&text.replace("    ", "\t"));
        // On one line no cut is tried.
        let line = text.replace(['\n', ' '], "");
        assert_eq!(pieces(&line, 1), 0);
        assert_same(&line);
    }

    #[test]
    fn problems_keep_their_order_and_places() {
        let mut elements: Vec<_> = (0..30).map(|id| vpc(id, "")).collect();
        elements[3] = vpc(2, ",\n            \"Tags\": 7");
        elements[4] = elements[4].replace("10.4.0.0/16", "here");
        elements[5] = elements[2].replace("10.2.", "10.3.");
        elements[20] = elements[20].replace("VpcId", "Id");
        elements[21] = elements[2].replace("10.2.", "10.5.");
        elements[25] = elements[25].replace("25.0.0/16", "25.0.9/16");
        let text = vpcs(&elements);
        assert!(problems(&read(&text, 1)).len() > 4);
        assert!(pieces(&text, 1) > 20);
        assert_same(&text);
    }

    #[test]
    fn what_is_no_list_of_objects_is_read_as_ever() {
        let elements: Vec<_> = (0..9).map(|id| vpc(id, "")).collect();
        let text = vpcs(&elements);
        for (from, to) in [
            // Wrong grammar, in a piece and after the list.
            ("\"vpc-5\",", "\"vpc-5\""),
            ("\"vpc-5\",", "\"vpc-5\", \"VpcId\": 1,"),
            ("\"vpc-8\"", "\"vpc-8"),
            ("\n    ]\n}", "\n    ]\n"),
            ("\n    ]\n}", "\n"),
            ("\n    ]\n}", "\n    ],\n    \"Vpcs\": []\n}"),
            ("\n    ]\n}", "\n    ]\n}}"),
            // Elements that are no objects, and cuts where no element begins.
            ("\"vpc-5\",", "\"vpc-5\"\n        },\n        7,\n        {"),
            ("\"10.5.0.0/16\"", "[\n        {},\n        {},\n        {}]"),
            // More than one list, another page, and an object that is itself a noun.
            (
                "\n    ]\n}",
                "\n    ],\n    \"Subnets\": [\n        {},\n        {\"SubnetId\": \"subnet-1\"}\n    ]\n}",
            ),
            ("\n    ]\n}", "\n    ],\n    \"NextToken\": \"abc\"\n}"),
            (
                "\n    ]\n}",
                "\n    ],\n    \"VpcId\": \"vpc-1\", \"CidrBlock\": \"10.0.0.0/8\", \"InstanceTenancy\": \"x\"\n}",
            ),
            ("\"Vpcs\"", "\"Tags\""),
            ("\"Vpcs\"", "\"Routes\""),
            ("\"Vpcs\"", "\"Others\""),
            ("\"Vpcs\"", "\"VpcPeeringConnections\""),
            ("\"Vpcs\": [", "\"Vpcs\": [\n        {},"),
            ("\"Vpcs\": [", "\"Subnets\": [], \"Vpcs\": ["),
        ] {
            let changed = text.replacen(from, to, 1);
            assert_ne!(changed, text);
            assert_same(&changed);
        }
    }
}
