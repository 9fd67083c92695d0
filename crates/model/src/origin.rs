//! Where a value was written.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// Index of a file among the [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// The place of a value: a range of bytes in a file. Small, since every rule and every address carries one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One behind the last byte.
    pub end: u32,
}

impl Origin {
    /// The origin of what no file holds: a rule that a proposed change adds.
    pub const PROPOSED: Origin = Origin { file: FileId(u32::MAX), start: 0, end: 0 };

    /// The range of bytes.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// An origin in words for people: one-based line, and column counted in characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Location {
    /// The file's name as given.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// A file that was read: its name and its text, kept so that answers can show the lines they speak of.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// The name as given by the user, or relative to the input folder.
    pub name: String,
    /// The text, as it was handed over: large ones are not copied.
    pub text: Arc<String>,
    /// Where lines begin; found when the first location is asked for.
    lines: OnceLock<Vec<u32>>,
}

/// All files of a snapshot.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// Adds a file and says how origins will call it.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(SourceFile {
            name: name.into(),
            text: Arc::new(text.into()),
            lines: OnceLock::new(),
        });
        id
    }

    /// The file of an origin.
    pub fn file(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// All files, in the order in which they were read.
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// File, line and column of an origin.
    pub fn locate(&self, origin: Origin) -> Option<Location> {
        let file = self.file(origin.file)?;
        let lines = file.lines.get_or_init(|| {
            let breaks = file.text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n');
            std::iter::once(0).chain(breaks.filter_map(|(at, _)| u32::try_from(at + 1).ok())).collect()
        });
        let line = lines.partition_point(|&start| start <= origin.start);
        let start = *lines.get(line.checked_sub(1)?)? as usize;
        let column = file.text.get(start..origin.start as usize)?.chars().count() + 1;
        Some(Location { file: file.name.clone(), line, column })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_from_one_and_in_characters() {
        let mut sources = Sources::default();
        let file = sources.add("a.json", "{\n \"å\": 1,\n}");
        let at = |start| sources.locate(Origin { file, start, end: start }).unwrap().to_string();
        assert_eq!(at(0), "a.json:1:1");
        assert_eq!(at(1), "a.json:1:2");
        assert_eq!(at(2), "a.json:2:1");
        assert_eq!(at(8), "a.json:2:6");
        assert_eq!(sources.locate(Origin { file: FileId(7), start: 0, end: 0 }), None);
    }
}
