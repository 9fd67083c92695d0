//! What `show` prints: names first, lists in columns, ids and places dim. And the same as JSON.

use std::fmt::Write;

use answers::show::{List, Place, Resource, Row, Shown, Uses, Value};
use serde::Serialize;

use crate::Style;
use crate::text::common;

/// The version of the shape of [`show_json`]. It changes when a field is renamed, removed or changes its meaning; new
/// fields do not change it.
pub const SHOW_SCHEMA: &str = "portcullis.show/1";

/// Resources as text.
pub fn show(shown: &Shown, style: Style) -> String {
    let printer = Printer { folder: folder(shown), style };
    let mut out = String::new();
    for (position, resource) in shown.resources.iter().enumerate() {
        if position > 0 {
            out.push('\n');
        }
        printer.resource(&mut out, resource);
    }
    if !shown.counts.is_empty() {
        let counts = shown.counts.iter().map(|count| format!("{} {}", count.count, count.kind));
        let counts = counts.collect::<Vec<_>>().join(", ");
        let separator = if shown.resources.is_empty() { "" } else { "\n" };
        let _ = writeln!(out, "{separator}in no VPC: {counts}");
    }
    if !printer.folder.is_empty() {
        let _ = writeln!(out, "\n{}", style.dim(&format!("files are in {}", printer.folder)));
    }
    out
}

/// Resources as indented JSON.
///
/// # Errors
/// None that well-formed resources can cause; they are passed on all the same.
pub fn show_json(shown: &Shown) -> serde_json::Result<String> {
    #[derive(Serialize)]
    struct Versioned<'a> {
        schema: &'static str,
        #[serde(flatten)]
        shown: &'a Shown,
    }
    serde_json::to_string_pretty(&Versioned { schema: SHOW_SCHEMA, shown })
}

/// The folder that all places are in: on every line it would only make lines wrap.
fn folder(shown: &Shown) -> String {
    let lists = |resource: &Resource| {
        let users = resource.uses.iter().flat_map(|uses| uses.by.clone());
        resource.lists.iter().cloned().chain(users).collect::<Vec<List>>()
    };
    let mut folder: Option<String> = None;
    for resource in &shown.resources {
        let rows = lists(resource).into_iter().flat_map(|list| list.rows).filter_map(|row| row.place);
        for place in resource.place.clone().into_iter().chain(rows) {
            let parent = place.file.rsplit_once('/').map_or("", |(parent, _)| parent);
            folder = Some(folder.map_or_else(|| parent.to_owned(), |folder| common(&folder, parent)));
        }
    }
    folder.unwrap_or_default()
}

/// A piece of a line: its text, and whether it is dim.
type Piece = (String, bool);

struct Printer {
    folder: String,
    style: Style,
}

impl Printer {
    fn resource(&self, out: &mut String, resource: &Resource) {
        let style = self.style;
        let name = resource.name.as_deref().unwrap_or(&resource.id);
        let _ = write!(out, "{}  {}", style.heading(name), resource.kind);
        let id = resource.name.is_some().then(|| resource.id.clone());
        for dim in id.into_iter().chain(resource.place.as_ref().map(|place| self.place(place))) {
            let _ = write!(out, "  {}", style.dim(&dim));
        }
        out.push('\n');
        let widest = resource.fields.iter().map(|field| width(field.name)).max().unwrap_or(0);
        for field in &resource.fields {
            let pad = " ".repeat(widest.saturating_sub(width(field.name)));
            let values = field.values.iter().map(|value| self.value(value)).collect::<Vec<_>>().join(", ");
            let _ = writeln!(out, "  {}{pad}  {values}", style.dim(field.name));
        }
        // Who asks for users knows what the thing is.
        match &resource.uses {
            Some(uses) => self.uses(out, uses),
            None => resource.lists.iter().for_each(|list| self.list(out, list, 2)),
        }
        for note in &resource.notes {
            let _ = writeln!(out, "  note: {note}");
        }
    }

    /// A name with its id.
    fn value(&self, value: &Value) -> String {
        let mut text = shown(value);
        if let Some(id) = &value.id {
            let _ = write!(text, " {}", self.style.dim(id));
        }
        if !value.note.is_empty() {
            let _ = write!(text, ", {}", value.note);
        }
        text
    }

    fn list(&self, out: &mut String, list: &List, indent: usize) {
        let margin = " ".repeat(indent);
        let heading = self.style.heading(list.name);
        if list.rows.is_empty() {
            if !list.empty.is_empty() {
                let _ = writeln!(out, "{margin}{heading}  {}", self.style.dim(list.empty));
            }
            return;
        }
        let _ = writeln!(out, "{margin}{heading}");
        self.rows(out, &list.rows, indent + 2);
    }

    /// Rows in columns. What is empty in all of them takes no room, and nothing is behind the last piece.
    fn rows(&self, out: &mut String, rows: &[Row], indent: usize) {
        let lines: Vec<Vec<Piece>> = rows.iter().map(|row| self.pieces(row)).collect();
        let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
        let cell = |line: &[Piece], column: usize| line.get(column).map_or(0, |(text, _)| width(text));
        let widths: Vec<usize> = (0..columns)
            .map(|column| lines.iter().map(|line| cell(line, column)).max().unwrap_or(0))
            .collect();
        for line in lines {
            let mut text = " ".repeat(indent);
            let mut gap = 0;
            for ((piece, dim), widest) in line.iter().zip(&widths).filter(|(_, widest)| **widest > 0) {
                if !piece.is_empty() {
                    text.push_str(&" ".repeat(gap));
                    gap = 0;
                    let _ = if *dim {
                        write!(text, "{}", self.style.dim(piece))
                    } else {
                        write!(text, "{piece}")
                    };
                }
                gap += widest.saturating_sub(width(piece)) + 2;
            }
            out.push_str(&text);
            out.push('\n');
        }
    }

    /// The pieces of a row: its cells, its own id unless that is its name, its place.
    fn pieces(&self, row: &Row) -> Vec<Piece> {
        let id = row.text("id");
        let named = |(name, value): &&(&str, Value)| *name != "id" && value.text == id;
        let repeats = row.cells.iter().any(|cell| named(&cell));
        let cells = row.cells.iter().map(|(name, value)| match *name {
            "id" if repeats => (String::new(), true),
            "description" if !value.text.is_empty() => (format!("\"{}\"", value.text), true),
            name => (shown(value), name == "id"),
        });
        cells.chain([(row.place.as_ref().map_or(String::new(), |place| self.place(place)), true)]).collect()
    }

    fn uses(&self, out: &mut String, uses: &Uses) {
        let style = self.style;
        if uses.is_unused() {
            let _ = writeln!(out, "  {}  nothing in the export", style.heading("used by"));
        } else {
            let _ = writeln!(out, "  {}", style.heading("used by"));
        }
        for list in &uses.by {
            let _ = writeln!(out, "    {}", list.name);
            self.rows(out, &list.rows, 6);
        }
        if let Some(deletion) = &uses.deletion {
            let _ = match deletion.refused.as_slice() {
                [] => writeln!(out, "  {}  nothing in the export stops it", style.heading("deletion")),
                why => {
                    let code = deletion.error.map_or(String::new(), |code| format!(" ({code})"));
                    writeln!(out, "  {}  AWS refuses it{code}: {}", style.heading("deletion"), why.join("; "))
                }
            };
            for broken in &deletion.breaks {
                let _ = writeln!(out, "            without it {broken}");
            }
        }
        if !uses.not_known.is_empty() {
            let _ = writeln!(out, "  {}", style.heading("not known"));
            for what in &uses.not_known {
                let _ = writeln!(out, "    {what}");
            }
        }
    }

    fn place(&self, place: &Place) -> String {
        let inside = place.file.strip_prefix(&self.folder).filter(|_| !self.folder.is_empty());
        let file = inside.and_then(|rest| rest.strip_prefix('/')).unwrap_or(&place.file);
        format!("{file}:{}", place.line)
    }
}

fn shown(value: &Value) -> String {
    let mut text = value.text.clone();
    if !value.before.is_empty() && !text.is_empty() {
        text.insert_str(0, &format!("{} ", value.before));
    }
    if value.missing {
        text.push_str(" (not in the export)");
    }
    text
}

fn width(text: &str) -> usize {
    text.chars().count()
}
