//! The matrix as JSON: sets of interfaces, each once, and what passes between them. Written as it is made.

use std::io::{self, Write};

use answers::explain::verdict_word;
use answers::reach::{Factoring, Judged, Labels, Line, Matrix};
use engine::reach::{Unique, ahead};
use model::{Ix, NetworkInterface};
use rayon::prelude::*;
use serde::ser::{SerializeMap, SerializeStruct};
use serde::{Serialize, Serializer};

use super::MATRIX_SCHEMA;
use super::expanded::{family_word, internet, serialize_services};

/// So many elements of a list are made, and then written while the next ones are.
const MANY: usize = 4096;
/// So many by one thread.
const FEW: usize = 64;

/// The blocks of a matrix.
///
/// # Errors
/// If it cannot be written.
pub fn matrix_json(matrix: &Matrix<'_>, out: &mut dyn Write) -> io::Result<()> {
    let labels = Labels::of(matrix.network);
    let model = matrix.network.model();
    let said = || -> serde_json::Result<Vec<String>> {
        matrix.judged.par_iter().map(|judged| serde_json::to_string(&Said(judged))).collect()
    };
    let (factoring, said) = rayon::join(|| Factoring::of(matrix), said);
    let blocks = Blocks { matrix, factoring, said: said? };
    let pairs: u64 = matrix.lines.par_iter().map(|line| matrix.count(line)).sum();
    write!(
        out,
        "{{\"schema\":\"{MATRIX_SCHEMA}\",\"expanded\":false,\"ends\":{},\"pairs\":{pairs},\"sets\":[",
        matrix.interfaces()
    )?;
    let set = |(): &mut (), id, set: &Vec<Ix<NetworkInterface>>, out: &mut Vec<u8>| {
        let ends = set.iter().map(|ix| model.network_interfaces.at(*ix).id.as_str());
        serde_json::to_writer(out, &Set { id, name: &labels.set(set), ends })
    };
    list(&blocks.factoring.sets, || (), set, out)?;
    out.write_all(b"],\"blocks\":[")?;
    let block = |unique: &mut Unique, _, line: &Line, out: &mut Vec<u8>| blocks.one(line, unique, out);
    list(&matrix.lines, || blocks.factoring.unique(), block, out)?;
    out.write_all(b"\n]}\n")
}

/// The elements of a list, each on a line of its own; what writes nothing is left out. Many are made side by side while
/// those before them are written.
fn list<T: Sync, S>(
    all: &[T],
    state: impl Fn() -> S + Sync + Send,
    element: impl Fn(&mut S, usize, &T, &mut Vec<u8>) -> serde_json::Result<()> + Sync,
    out: &mut dyn Write,
) -> io::Result<()> {
    let few = |state: &mut S, (at, few): (usize, &[T])| {
        let mut made = Vec::with_capacity(1 << 16);
        for (id, item) in (at..).zip(few) {
            let before = made.len();
            made.extend_from_slice(b",\n");
            let begin = made.len();
            element(state, id, item, &mut made)?;
            if made.len() == begin {
                made.truncate(before);
            }
        }
        Ok(made)
    };
    let make = |(at, many): (usize, &[T])| -> serde_json::Result<Vec<Vec<u8>>> {
        let chunks = many.par_chunks(FEW).enumerate().map(|(chunk, part)| (at + chunk * FEW, part));
        chunks.map_init(&state, few).collect()
    };
    let mut first = true;
    ahead(all.chunks(MANY).enumerate().map(|(chunk, many)| (chunk * MANY, many)), make, |made| {
        made?.iter().filter(|made| !made.is_empty()).try_for_each(|made| {
            // No comma comes before the first.
            let separator = usize::from(std::mem::take(&mut first));
            out.write_all(made.get(separator..).unwrap_or_default())
        })
    })
}

/// What passes between some sets.
struct Blocks<'m, 'n> {
    matrix: &'m Matrix<'n>,
    factoring: Factoring<'m, 'n>,
    /// What is said of pairs.
    said: Vec<String>,
}

impl Blocks<'_, '_> {
    fn one(&self, line: &Line, unique: &mut Unique, out: &mut Vec<u8>) -> serde_json::Result<()> {
        let Some(judged) = self.matrix.says(line) else { return Ok(()) };
        let line = self.factoring.line(line, unique);
        let end = |sets, beyond: bool| Side { sets, internet: beyond.then(|| internet(judged.family)) };
        out.extend_from_slice(b"{\"from\":");
        serde_json::to_writer(&mut *out, &end(&line.from, line.from_internet))?;
        out.extend_from_slice(b",\"to\":");
        serde_json::to_writer(&mut *out, &end(&line.to, line.to_internet))?;
        out.push(b',');
        let rest = self.said.get(line.judged).and_then(|said| said.strip_prefix('{')).unwrap_or("}");
        out.extend_from_slice(rest.as_bytes());
        Ok(())
    }
}

struct Set<'a, I> {
    id: usize,
    name: &'a str,
    ends: I,
}

impl<'e, I: Iterator<Item = &'e str> + Clone> Serialize for Set<'_, I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut set = serializer.serialize_struct("Set", 3)?;
        set.serialize_field("id", &self.id)?;
        set.serialize_field("name", self.name)?;
        set.serialize_field("ends", &Each(self.ends.clone()))?;
        set.end()
    }
}

struct Each<I>(I);

impl<'e, I: Iterator<Item = &'e str> + Clone> Serialize for Each<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.clone())
    }
}

/// The ids of sets, and the internet.
struct Side<'a> {
    sets: &'a [u32],
    internet: Option<&'static str>,
}

impl Serialize for Side<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeSeq;
        let mut seq =
            serializer.serialize_seq(Some(self.sets.len() + usize::from(self.internet.is_some())))?;
        for set in self.sets {
            seq.serialize_element(set)?;
        }
        if let Some(internet) = self.internet {
            seq.serialize_element(internet)?;
        }
        seq.end()
    }
}

struct Said<'a>(&'a Judged);

impl Serialize for Said<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("family", family_word(self.0.family))?;
        map.serialize_entry("verdict", verdict_word(self.0.verdict))?;
        map.serialize_entry("share", &self.0.share)?;
        serialize_services(self.0, &mut map)?;
        map.end()
    }
}
