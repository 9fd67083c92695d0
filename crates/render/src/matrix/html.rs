//! The matrix between groups as one HTML file: nothing is fetched, nothing is run; a cell opens by a click.

use std::io::{self, Write};

use answers::reach::{Cell, Grouped, Matrix, What};

use super::text::{in_words, mark, summary_line};
use super::words::{Mark, count};
use crate::Style;
use crate::html::{COLOURS, escaped};

const STYLE: &str = "\
body { margin: 1.5rem }
h1 { font-size: 1.1rem; margin: 0 0 .3rem } p { margin: .3rem 0 1rem; color: var(--dim) }
.scroll { overflow: auto; max-height: 85vh; border: 1px solid var(--line) }
table { border-collapse: separate; border-spacing: 0 }
th, td { border-right: 1px solid var(--line); border-bottom: 1px solid var(--line); padding: .25rem .5rem; text-align: left; vertical-align: top; white-space: nowrap }
thead th { position: sticky; top: 0; background: var(--head); z-index: 1 }
tbody th { position: sticky; left: 0; background: var(--head); font-weight: 600 }
th small { color: var(--dim); font-weight: 400 }
td.passes { background: var(--yes) } td.partly { background: var(--part) } td.unknown { background: var(--may) }
td.none { color: var(--dim) } summary { cursor: pointer } details div { white-space: normal; max-width: 28rem }
";

/// The matrix between groups.
///
/// # Errors
/// If it cannot be written.
pub fn matrix_html(matrix: &Matrix<'_>, grouped: &Grouped, by: &str, out: &mut dyn Write) -> io::Result<()> {
    let summary = escaped(&summary_line(matrix));
    writeln!(out, "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">")?;
    writeln!(out, "<meta name=\"viewport\" content=\"width=device-width\">")?;
    writeln!(out, "<title>Who gets to whom, by {}</title>\n<style>\n{COLOURS}{STYLE}</style>", escaped(by))?;
    writeln!(out, "<h1>{summary}</h1>")?;
    writeln!(
        out,
        "<p>By {}. Rows ask, columns answer. \u{2713} all pairs pass what is named; \u{25d0} some pairs, or in part; ? it cannot be decided. Empty: proved to be blocked.</p>",
        escaped(by)
    )?;
    write!(out, "<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">from \\ to</th>")?;
    for group in &grouped.groups {
        write!(out, "<th scope=\"col\">{}{}</th>", escaped(&group.name), size(group))?;
    }
    writeln!(out, "</tr></thead>\n<tbody>")?;
    for (row, group) in grouped.groups.iter().enumerate() {
        write!(out, "<tr><th scope=\"row\">{}{}</th>", escaped(&group.name), size(group))?;
        for (column, other) in grouped.groups.iter().enumerate() {
            match grouped.cells.get(&(row, column)) {
                Some(found) => cell(found, &group.name, &other.name, other.internet, out)?,
                None => write!(out, "<td class=\"none\"></td>")?,
            }
        }
        writeln!(out, "</tr>")?;
    }
    writeln!(out, "</tbody></table></div>\n</html>")
}

fn size(group: &answers::reach::Group) -> String {
    match group.internet {
        true => String::new(),
        false => format!("<br><small>{}</small>", count(group.interfaces as u64, "interface")),
    }
}

fn cell(cell: &Cell, from: &str, to: &str, to_internet: bool, out: &mut dyn Write) -> io::Result<()> {
    let style = Style::PLAIN;
    let mark = mark(cell);
    let class = match mark {
        Mark::Passes => "passes",
        Mark::Partly => "partly",
        Mark::Unknown => "unknown",
    };
    let first = cell.all.first().map(What::to_string);
    let first = first.or_else(|| cell.some.first().map(|one| one.service.what.to_string()));
    let first = first.or_else(|| cell.may.first().map(|one| one.service.what.to_string()));
    let all = cell.all.len() + cell.some.len() + cell.may.len();
    let more = if all > 1 { format!(" +{}", all - 1) } else { String::new() };
    let words = escaped(&in_words(cell, to_internet, style));
    write!(
        out,
        "<td class=\"{class}\" title=\"{} \u{2192} {}: {words}\"><details><summary>{} {}{more}</summary><div>{words}<br>{} of {}</div></details></td>",
        escaped(from),
        escaped(to),
        mark.painted(style),
        escaped(&first.unwrap_or_default()),
        super::words::number(cell.passing),
        count(cell.pairs, "pair"),
    )
}
