//! The matrix as CSV: `from,to,family,verdict,share,services`.

use std::io::{self, Write};

use answers::explain::verdict_word;
use answers::reach::{Cell, Counted, Factored, Grouped, Judged, Labels, Matrix, Party};
use engine::Verdict;

use super::expanded::{family_word, internet};
use super::words::{counted, service};
use crate::Style;

const HEAD: [&str; 6] = ["from", "to", "family", "verdict", "share", "services"];

/// A line for each two sets of interfaces of which something passes.
///
/// # Errors
/// If it cannot be written.
pub fn matrix_csv(matrix: &Matrix<'_>, out: &mut dyn Write) -> io::Result<()> {
    let factored = Factored::of(matrix);
    let labels = Labels::of(matrix.network);
    let names: Vec<String> = factored.sets.iter().map(|set| labels.set(set)).collect();
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(HEAD)?;
    for line in &factored.lines {
        let Some(judged) = matrix.judged.get(line.judged) else { continue };
        let beyond = internet(judged.family);
        let side = |sets: &[u32], internet: bool| -> Vec<&str> {
            let held = sets.iter().filter_map(|set| names.get(*set as usize)).map(String::as_str);
            held.chain(internet.then_some(beyond)).collect()
        };
        for from in side(&line.from, line.from_internet) {
            for to in side(&line.to, line.to_internet) {
                // The one member of a set is no pair with itself.
                let alone = line.from == line.to && line.from.len() == 1;
                let single = line.from.first().and_then(|set| factored.sets.get(*set as usize));
                if alone && from == to && single.is_some_and(|set| set.len() == 1) {
                    continue;
                }
                record(&mut writer, from, to, judged, line.to_internet)?;
            }
        }
    }
    writer.flush()
}

/// A line for each pair of interfaces of which something passes.
///
/// # Errors
/// If it cannot be written.
pub fn expanded_csv(matrix: &Matrix<'_>, out: &mut dyn Write) -> io::Result<()> {
    let labels = Labels::of(matrix.network);
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(HEAD)?;
    for pair in matrix.pairs() {
        let name = |party| match party {
            Party::Interface(ix) => labels.interface_and_id(ix),
            Party::Internet => internet(pair.says.family).to_owned(),
        };
        let to_internet = pair.server == Party::Internet;
        record(&mut writer, &name(pair.client), &name(pair.server), pair.says, to_internet)?;
    }
    writer.flush()
}

/// A line for each two groups between which something passes.
///
/// # Errors
/// If it cannot be written.
pub fn grouped_csv(grouped: &Grouped, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(["from", "to", "pairs", "passing", "all", "some", "may"])?;
    for ((from, to), cell) in &grouped.cells {
        let (Some(from), Some(to)) = (grouped.groups.get(*from), grouped.groups.get(*to)) else { continue };
        let Cell { pairs, passing, all, some, may } = cell;
        let all = all.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        let counted = |list: &[Counted]| {
            let one =
                |one: &Counted| format!("{} ({} pairs)", counted(one, to.internet, Style::PLAIN), one.pairs);
            list.iter().map(one).collect::<Vec<_>>().join("; ")
        };
        let (some, may) = (counted(some), counted(may));
        let numbers = [pairs.to_string(), passing.to_string()];
        let [pairs, passing] = &numbers;
        writer.write_record([&from.name, &to.name, pairs, passing, &all, &some, &may])?;
    }
    writer.flush()
}

fn record(
    writer: &mut csv::Writer<&mut dyn Write>,
    from: &str,
    to: &str,
    judged: &Judged,
    to_internet: bool,
) -> io::Result<()> {
    let list = if judged.verdict == Verdict::Undecided { &judged.may_work } else { &judged.services };
    let services: Vec<String> = list.iter().map(|one| service(one, to_internet, Style::PLAIN)).collect();
    let (family, verdict) = (family_word(judged.family), verdict_word(judged.verdict));
    writer.write_record([from, to, family, verdict, &judged.share.to_string(), &services.join("; ")])?;
    Ok(())
}
