//! The matrix between groups as JSON.

use std::io::{self, Write};

use answers::reach::{Cell, Counted, Group, Grouped};
use serde::Serialize;

use super::MATRIX_SCHEMA;
use super::expanded::{Service, family_word};

#[derive(Serialize)]
struct Shape<'a> {
    schema: &'static str,
    expanded: bool,
    by: &'a str,
    groups: Vec<Named<'a>>,
    cells: Vec<Said<'a>>,
}

#[derive(Serialize)]
struct Named<'a> {
    name: &'a str,
    interfaces: usize,
    internet: bool,
}

#[derive(Serialize)]
struct Said<'a> {
    from: &'a str,
    to: &'a str,
    pairs: u64,
    passing: u64,
    all: Vec<String>,
    some: Vec<Share>,
    may: Vec<Share>,
}

#[derive(Serialize)]
struct Share {
    #[serde(flatten)]
    service: Service,
    #[serde(skip_serializing_if = "Option::is_none")]
    family: Option<&'static str>,
    pairs: u64,
}

/// The groups, and what passes between them.
///
/// # Errors
/// If it cannot be written.
pub fn grouped_json(grouped: &Grouped, by: &str, out: &mut dyn Write) -> io::Result<()> {
    let name = |position: usize| grouped.groups.get(position).map_or("", |group| group.name.as_str());
    let counted = |list: &[Counted]| -> Vec<Share> {
        let share = |one: &Counted| Share {
            service: Service(one.service.clone()),
            family: one.family.map(family_word),
            pairs: one.pairs,
        };
        list.iter().map(share).collect()
    };
    let said = |((from, to), cell): (&(usize, usize), &Cell)| Said {
        from: name(*from),
        to: name(*to),
        pairs: cell.pairs,
        passing: cell.passing,
        all: cell.all.iter().map(ToString::to_string).collect(),
        some: counted(&cell.some),
        may: counted(&cell.may),
    };
    let groups = grouped.groups.iter().map(|Group { name, interfaces, internet }| Named {
        name,
        interfaces: *interfaces,
        internet: *internet,
    });
    let shape = Shape {
        schema: MATRIX_SCHEMA,
        expanded: false,
        by,
        groups: groups.collect(),
        cells: grouped.cells.iter().map(said).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &shape)?;
    out.write_all(b"\n")
}
