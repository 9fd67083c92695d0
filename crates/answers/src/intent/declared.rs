//! What an intent says must pass, as `synth` takes it, and what it says of the result beside that.

use std::sync::Arc;

use engine::Network;

use super::answer::test_in;
use super::names::{located, sides};
use super::profiles::profiles;
use super::{Intent, IntentError, Settings, Tested};
use crate::ends::Names;
use crate::question::Question;
use crate::synth::{Declared, Denied, Impossible};

/// More lines than this are counted.
const MOST_NAMED: usize = 4;

/// The lines below `allow`, in their order. `names` are those of [`super::names`], for the same intent.
///
/// # Errors
/// Profiles that speak of what is not there.
pub fn declared(intent: &Intent, names: &Names<'_>) -> Result<Vec<Declared>, Vec<IntentError>> {
    let (profiles, errors) = profiles(intent, names);
    if !errors.is_empty() {
        return Err(errors);
    }
    let profiles: Arc<[_]> = profiles.into();
    let of_line = |allow: &super::Allow| Declared {
        id: allow.line.id.clone(),
        question: allow.flow.clone(),
        why: allow.line.why.clone(),
        profiles: Arc::clone(&profiles),
    };
    Ok(intent.allow.iter().map(of_line).collect())
}

/// The lines below `deny`, in their order.
pub fn denied(intent: &Intent) -> Vec<Denied> {
    let of_line = |deny: &super::Deny| Denied { id: deny.line.id.clone(), question: deny.flow.clone() };
    intent.deny.iter().map(of_line).collect()
}

/// What nothing may pass, tested in the network with new rules: the lines below `deny`, `closed` and `temporary`, of
/// which none is granted. Words mean what they mean in the network of `names`, which has the same interfaces: there
/// they still have the groups that lines may speak of.
///
/// # Errors
/// As [`super::test`].
pub fn still_closed(intent: &Intent, names: &Names<'_>, after: &Network) -> Result<Tested, Vec<IntentError>> {
    let deny = intent.deny.iter().map(|deny| &deny.line);
    let closed = intent.closed.iter().map(|closed| &closed.line);
    let temporary = intent.temporary.iter().map(|temporary| &temporary.line);
    let only: Vec<String> = deny.chain(closed).chain(temporary).map(|line| line.id.clone()).collect();
    if only.is_empty() {
        return Ok(Tested::default());
    }
    test_in(intent, names, after, &Settings { only, ..Settings::default() }, &|_, _| {})
}

/// The lines whose words mean others once interfaces have their new groups: `sg:web` where the new group of these
/// interfaces is called otherwise. `now` and `then` are the names before and after.
pub fn means_others<'i>(intent: &'i Intent, now: &Names<'_>, then: &Names<'_>) -> Vec<&'i str> {
    let holders = |names: &Names<'_>, flow: &Question| {
        let sides = sides(names, flow).ok()?;
        Some(sides.map(|side| side.holders()))
    };
    let changed = intent.flows().filter(|(_, flow)| holders(now, flow) != holders(then, flow));
    changed.map(|(line, _)| line.id.as_str()).collect()
}

/// The first lines by their ids, and how many more there are.
fn named(lines: &[&super::Line]) -> String {
    let mut ids: Vec<String> = lines.iter().take(MOST_NAMED).map(|line| format!("`{}`", line.id)).collect();
    let more = lines.len().saturating_sub(MOST_NAMED);
    ids.extend((more > 0).then(|| format!("{more} more")));
    ids.join(", ")
}

/// Why there are no rules, at the lines below `allow` that ask for too much.
pub fn impossible(intent: &Intent, reasons: &[Impossible]) -> Vec<IntentError> {
    // What health checks need is behind some line that leads to them.
    let known = |ids: &[String]| {
        let allow = intent.allow.iter().map(|allow| &allow.line);
        let written = allow.chain(intent.deny.iter().map(|deny| &deny.line));
        let mut all: Vec<_> = written.filter(|line| ids.contains(&line.id)).collect();
        if all.is_empty() {
            all.extend(intent.allow.first().map(|allow| &allow.line));
        }
        all
    };
    let mut errors = Vec::new();
    for reason in reasons {
        match reason {
            Impossible::Words(position, error) => {
                let of_line = intent.allow.get(*position).map(|allow| {
                    located(error.clone(), &allow.flow.text, allow.line.words.as_ref(), &allow.line.place)
                });
                errors.extend(of_line);
            }
            Impossible::Denied(id, error) => {
                let of_line = intent.deny.iter().find(|deny| deny.line.id == *id).map(|deny| {
                    located(error.clone(), &deny.flow.text, deny.line.words.as_ref(), &deny.line.place)
                });
                errors.extend(of_line);
            }
            Impossible::Alike { maker, lines } => {
                let all = known(lines);
                errors.extend(all.first().map(|line| IntentError {
                    place: line.place.clone(),
                    width: 1,
                    message: format!(
                        "all that {maker} makes has the same groups, and not all of it is meant here"
                    ),
                    help: Some(format!(
                        "mean all of it or none in {}, or have what is different made by another",
                        named(&all)
                    )),
                }));
            }
            Impossible::Quota { exceeded, lines, deny_instead } => {
                let all = known(lines);
                errors.extend(all.first().map(|line| IntentError {
                    place: line.place.clone(),
                    width: 1,
                    message: format!("what is declared does not fit: {exceeded}"),
                    help: Some(format!(
                        "{} need it: name fewer or larger blocks, as `--aggregate` does, or divide who is in it{}",
                        named(&all),
                        match (exceeded.code.starts_with("NetworkAcl"), deny_instead) {
                            (true, _) =>
                                "; `--nacl coarse` may take fewer entries, `--nacl none` leaves lists as they are",
                            (false, true) =>
                                "; groups cannot deny, lists can: `--nacl full` or `coarse` takes fewer rules",
                            (false, false) => "",
                        }
                    )),
                }));
            }
        }
    }
    // Both directions of a list, or both families, may be over the same limit by as much.
    errors.dedup();
    errors
}
