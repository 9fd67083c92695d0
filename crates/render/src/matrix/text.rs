//! The matrix for a terminal: a summary in words, then who gets to whom, the most interesting first.

use std::io::{self, Write};

use answers::reach::{
    Cell, Counted, Factored, Group, Grouped, Labels, Matrix, ServiceShare, Side, Summary, Talk, What, talks,
};
use comfy_table::{ContentArrangement, Table};
use space::Family;

use super::expanded::family_word;
use super::words::{Mark, count, list, number, services, shortened, together};
use crate::Style;

/// How many lines are shown.
const MOST: usize = 40;
/// A line with more names than fit is cut here.
const WIDEST_NAME: usize = 48;

/// Who gets to whom.
///
/// # Errors
/// If it cannot be written.
pub fn matrix_text(matrix: &Matrix<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let factored = Factored::of(matrix);
    let labels = Labels::of(matrix.network);
    summary(&Summary::of(matrix, &factored), out)?;
    let talks = talks(matrix, &factored);
    let mut rows = Vec::new();
    for talk in talks.iter().take(MOST) {
        let (mark, text) = services(matrix, &talk.judged, talk.to_internet, style);
        let (from, to) = ends(talk, &factored, &labels);
        rows.push((mark, [from, to, text]));
    }
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    table(["FROM", "TO", "SERVICES"], rows, style, out)?;
    let more = talks.len().saturating_sub(MOST);
    if more > 0 {
        let more = format!(
            "and {} more (--by sg, --from, --to, --expand, --format json)",
            count(more as u64, "line")
        );
        writeln!(out, "  {}", style.dim(&more))?;
    }
    Ok(())
}

/// The first line: the answer in words.
fn summary(summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
    let interfaces = count(summary.interfaces as u64, "interface");
    // Where one side is the internet alone there are no pairs of interfaces.
    match (summary.from_internet, summary.to_internet) {
        (Some(many), None) if summary.pairs == 0 => {
            return writeln!(out, "The internet reaches {} of {interfaces}.", number(many as u64));
        }
        (None, Some(many)) if summary.pairs == 0 => {
            let verb = if many == 1 { "reaches" } else { "reach" };
            return writeln!(out, "{} of {interfaces} {verb} the internet.", number(many as u64));
        }
        _ => {}
    }
    write!(out, "{interfaces}: ")?;
    match (summary.talk, summary.pairs) {
        (_, 0) => write!(out, "no pairs of interfaces")?,
        (0, pairs) => write!(out, "none of {} can talk", count(pairs, "pair"))?,
        (talk, pairs) => write!(out, "{} of {} can talk", number(talk), count(pairs, "pair"))?,
    }
    if summary.may_talk > 0 {
        write!(out, ", {} more may", number(summary.may_talk))?;
    }
    write!(out, ".")?;
    let them = |many: usize| if many == 0 { "none".to_owned() } else { number(many as u64) };
    let verb = |many: usize| if many > 1 { "reach" } else { "reaches" };
    match (summary.from_internet, summary.to_internet) {
        (Some(from), Some(to)) => {
            write!(out, " The internet reaches {}; {} {} the internet.", them(from), them(to), verb(to))?;
        }
        (Some(from), None) => write!(out, " The internet reaches {}.", them(from))?,
        (None, Some(to)) => write!(out, " {} {} the internet.", capital(&them(to)), verb(to))?,
        (None, None) => {}
    }
    writeln!(out)
}

/// The first line, without its end.
pub(crate) fn summary_line(matrix: &Matrix<'_>) -> String {
    let mut line = Vec::new();
    // Writing to memory does not fail.
    let _ = summary(&Summary::of(matrix, &Factored::of(matrix)), &mut line);
    String::from_utf8_lossy(&line).trim_end().to_owned()
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The two sides of a line.
fn ends(talk: &Talk, factored: &Factored, labels: &Labels<'_>) -> (String, String) {
    let [from, to] = factored.sides(talk);
    (labels.side(&from, talk.from_internet), labels.side(&to, talk.to_internet))
}

/// Rows in columns, with their marks before them.
fn table<const N: usize>(
    heads: [&str; N],
    rows: Vec<(Mark, [String; N])>,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut table = plain();
    table.add_row(heads);
    let mut marks = Vec::new();
    for (mark, cells) in rows {
        table.add_row(cells.map(|cell| cut(&cell)));
        marks.push(mark);
    }
    for (position, line) in lines(&mut table).into_iter().enumerate() {
        let line = line.as_str();
        match position.checked_sub(1).and_then(|position| marks.get(position)) {
            None => writeln!(out, "  {}", style.dim(line))?,
            Some(mark) => writeln!(out, "{} {line}", mark.painted(style))?,
        }
    }
    Ok(())
}

/// A table without lines; two spaces between columns, none around.
fn plain() -> Table {
    let mut table = Table::new();
    table.load_preset(comfy_table::presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table
}

/// Its lines, without what is behind them.
fn lines(table: &mut Table) -> Vec<String> {
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect()
}

fn cut(text: &str) -> String {
    const ROOM: usize = WIDEST_NAME * 2;
    match text.char_indices().nth(ROOM) {
        Some((end, _)) => format!("{}\u{2026}", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}

/// The matrix between groups: as one where it fits, else line by line.
///
/// # Errors
/// If it cannot be written.
pub fn grouped_text(
    matrix: &Matrix<'_>,
    grouped: &Grouped,
    by: &str,
    width: usize,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let factored = Factored::of(matrix);
    summary(&Summary::of(matrix, &factored), out)?;
    if grouped.cells.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    // Of many groups nobody reads a square.
    let lines = match grouped.groups.len() <= MOST {
        true => lines(&mut square(matrix, grouped, by, style)),
        false => Vec::new(),
    };
    if !lines.is_empty() && lines.iter().all(|line| line.chars().count() <= width) {
        for (position, line) in lines.iter().enumerate() {
            if position == 0 {
                writeln!(out, "{}", style.dim(line))?;
            } else {
                writeln!(out, "{line}")?;
            }
        }
        let some = grouped.cells.values().any(|cell| !cell.some.is_empty() || !cell.may.is_empty());
        writeln!(out)?;
        let partly = Mark::Partly.painted(Style { colour: false, ..style });
        let legend = match some {
            true => format!("rows ask, columns answer; {partly} not all pairs, or not in full"),
            false => "rows ask, columns answer".to_owned(),
        };
        writeln!(out, "{}", style.dim(&legend))?;
        if some {
            notes(grouped, style, out)?;
        }
        return Ok(());
    }
    let rows = grouped.cells.iter().filter_map(|((from, to), cell)| {
        let (from, to) = (grouped.groups.get(*from)?, grouped.groups.get(*to)?);
        Some((mark(cell), [from.name.clone(), to.name.clone(), in_words(cell, to.internet, style)]))
    });
    let mut rows: Vec<_> = rows.collect();
    let more = rows.len().saturating_sub(MOST);
    rows.truncate(MOST);
    table(["FROM", "TO", "SERVICES"], rows, style, out)?;
    if more > 0 {
        let more =
            format!("and {} more (--from, --to, --format csv, html or json)", count(more as u64, "line"));
        writeln!(out, "  {}", style.dim(&more))?;
    }
    Ok(())
}

/// Rows ask, columns answer.
fn square(matrix: &Matrix<'_>, grouped: &Grouped, by: &str, style: Style) -> Table {
    let mut table = plain();
    let some = |row: Option<usize>, column: Option<usize>| {
        let mut cells = grouped.cells.keys();
        cells
            .any(|(from, to)| row.is_none_or(|row| row == *from) && column.is_none_or(|column| column == *to))
    };
    // Of who was not asked for nothing can be told, nor of the internet where nothing passes.
    let told = |group: &Group, side: &Side| !group.internet && side.is_everybody();
    let all = || grouped.groups.iter().enumerate();
    let columns: Vec<(usize, &Group)> =
        all().filter(|(at, group)| told(group, &matrix.query.to) || some(None, Some(*at))).collect();
    let heads = columns.iter().map(|(_, group)| group.name.clone());
    table.add_row(std::iter::once(format!("by {by}")).chain(heads));
    for (row, group) in all().filter(|(at, group)| told(group, &matrix.query.from) || some(Some(*at), None)) {
        let cells = columns.iter().map(|(column, other)| match grouped.cells.get(&(row, *column)) {
            Some(cell) => in_short(cell, style),
            None if group.internet && other.internet => String::new(),
            None => style.not_reached().to_owned(),
        });
        table.add_row(std::iter::once(group.name.clone()).chain(cells));
    }
    table
}

/// The mark of a cell.
pub(crate) fn mark(cell: &Cell) -> Mark {
    match (cell.all.is_empty() && cell.some.is_empty(), cell.some.is_empty()) {
        (true, _) => Mark::Unknown,
        (false, true) => Mark::Passes,
        (false, false) => Mark::Partly,
    }
}

/// A cell in a few letters.
fn in_short(cell: &Cell, style: Style) -> String {
    const MOST_NAMED: usize = 2;
    let named = |all: Vec<String>| match all.len() {
        0..=MOST_NAMED => all.join(" "),
        more => format!(
            "{} +{}",
            all.into_iter().take(MOST_NAMED - 1).collect::<Vec<_>>().join(" "),
            more - MOST_NAMED + 1
        ),
    };
    let plain = Style { colour: false, ..style };
    let mut parts = Vec::new();
    if !cell.all.is_empty() {
        parts.push(named(shortened(&cell.all)));
    }
    let whats = |list: &[Counted]| {
        let mut whats: Vec<What> = list.iter().map(|one| one.service.what).collect();
        whats.sort_unstable();
        whats.dedup();
        shortened(&whats)
    };
    let some = whats(&cell.some);
    if !some.is_empty() {
        parts.push(format!("{} {}", Mark::Partly.painted(plain), named(some)));
    }
    if cell.all.is_empty() && cell.some.is_empty() {
        parts.push(format!("? {}", named(whats(&cell.may))));
    }
    parts.join(" ")
}

/// A cell in words: what all pairs pass, and what only some.
pub(crate) fn in_words(cell: &Cell, to_internet: bool, style: Style) -> String {
    let mut parts = Vec::new();
    if !cell.all.is_empty() {
        parts.push(list(shortened(&cell.all)));
    }
    let of = |list: &[Counted]| {
        // What as many pairs pass is told together.
        type Group = ((u64, Option<Family>), Vec<ServiceShare>);
        let mut groups: Vec<Group> = Vec::new();
        for one in list {
            let key = (one.pairs, one.family);
            match groups.iter_mut().find(|(known, _)| *known == key) {
                Some((_, services)) => services.push(one.service.clone()),
                None => groups.push((key, vec![one.service.clone()])),
            }
        }
        let text = |((pairs, family), services): Group| {
            let family = family.map_or(String::new(), |family| format!(" ({})", family_word(family)));
            let text = together(&services, to_internet, style).join("; ");
            match pairs == cell.pairs {
                true => format!("{text}{family}"),
                false => format!("{text}{family}, {} of {}", number(pairs), count(cell.pairs, "pair")),
            }
        };
        groups.into_iter().map(text).collect::<Vec<_>>().join("; ")
    };
    if !cell.some.is_empty() {
        let whole = cell.some.iter().all(|one| one.pairs == cell.pairs);
        parts.push(if whole { of(&cell.some) } else { format!("some: {}", of(&cell.some)) });
    }
    if !cell.may.is_empty() {
        parts.push(format!("may: {}", of(&cell.may)));
    }
    parts.join("; ")
}

/// The cells that are not simply open, in words.
fn notes(grouped: &Grouped, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let unclear = grouped.cells.iter().filter(|(_, cell)| !cell.some.is_empty() || !cell.may.is_empty());
    let rows = unclear.filter_map(|((from, to), cell)| {
        let (from, to) = (grouped.groups.get(*from)?, grouped.groups.get(*to)?);
        Some((mark(cell), [from.name.clone(), to.name.clone(), in_words(cell, to.internet, style)]))
    });
    table(["FROM", "TO", "SERVICES"], rows.collect(), style, out)
}
