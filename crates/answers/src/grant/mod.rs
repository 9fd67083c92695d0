//! Something opened for a while: the rules to apply, what takes them away again, and what is overdue.
//!
//! A grant is the smallest fix that only adds, so that taking it away leaves everything as it was; until when and why
//! stand in the rules themselves, so that whoever reads the network knows, whatever became of who granted it.

mod held;
mod mark;
mod moment;
mod overdue;
mod temporary;

use std::net::IpAddr;
use std::time::Duration;

use engine::{Network, Verdict};
use model::{Change, Location};

use crate::explain::{Explainer, Explanation, Options};
use crate::fix::Means;
use crate::intent::{self, Intent, IntentError, Settings, Status, TestedLine};
use crate::question::{Question, QuestionError};
pub(crate) use held::{Held, OpenBy};
pub use mark::{ListTag, Mark, NoReason};
pub use moment::{Moment, NoMoment};
pub use overdue::{Expiries, Granted, expiries};

/// What is to be granted.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The flow.
    pub question: &'a Question,
    /// What is declared; a `temporary` line says for how long at most.
    pub intent: &'a Intent,
    /// What the user's address is.
    pub me: Option<IpAddr>,
    /// What time it is.
    pub now: Moment,
    /// For how long.
    pub length: Duration,
    /// Why.
    pub why: &'a str,
}

/// A line of `temporary` that a grant falls under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Under {
    /// What it is called.
    pub id: String,
    /// Where it is written.
    pub place: Location,
    /// Who has to approve it.
    pub approve: Option<String>,
}

/// A grant that is not applied yet.
#[derive(Debug)]
pub struct Plan {
    /// Until when, and why.
    pub mark: Mark,
    /// What is said of the flow now, with the fix that the changes are of.
    pub now: Explanation,
    /// The changes, in order: rules and entries more. Empty: no rule is in the way, or rules alone do not help.
    pub changes: Vec<Change>,
    /// The tags that lists get before their entries.
    pub list_tags: Vec<ListTag>,
    /// What takes the changes away again, in order.
    pub undo: Vec<Change>,
    /// The lines of `temporary` that it falls under.
    pub under: Vec<Under>,
    /// Lines of the intent that are so now and will not be while it is granted.
    pub broken: Vec<TestedLine>,
}

impl Plan {
    /// Whether the flow works without it.
    pub fn is_idle(&self) -> bool {
        self.now.verdict == Verdict::Allowed
    }

    /// Whether the changes make all of the flow work.
    pub fn is_proved(&self) -> bool {
        !self.changes.is_empty()
    }
}

/// Why nothing is granted.
#[derive(Debug)]
pub enum Refused {
    /// The question speaks of what is not there.
    Question(QuestionError),
    /// The intent does, or says that it may not be for so long.
    Intent(Vec<IntentError>),
    /// Its reason cannot be written down.
    Reason(NoReason),
    /// It would end beyond the year 9999.
    Length,
}

/// Plans a grant.
///
/// # Errors
/// See [`Refused`].
pub fn grant(network: &Network, request: &Request<'_>) -> Result<Plan, Refused> {
    let Request { question, intent, me, now, length, why } = *request;
    let expires = now.after(length).ok_or(Refused::Length)?;
    let mark = Mark::new(expires, why).map_err(Refused::Reason)?;
    let names = intent::names(intent, network, me).map_err(Refused::Intent)?;
    let under = temporary::under(&names, intent, question, length)?;
    let options = Options { fix: true, means: Means::Additions, ..Options::default() };
    let now = Explainer::with_names(names, options).explain(question).map_err(Refused::Question)?;
    // What does not make it work would be open for nothing.
    let fix = now.fix.as_ref().filter(|fix| fix.proved);
    let mut changes = fix.map_or(Vec::new(), |fix| fix.changes.clone());
    for change in &mut changes {
        if let Change::AuthorizeSecurityGroup { rule, .. } = change {
            rule.description = Some(mark.description());
        }
    }
    let tag = |change: &Change| match change {
        Change::CreateNetworkAclEntry { acl, entry } => Some(mark.list_tag(acl, entry.egress, entry.number)),
        _ => None,
    };
    let list_tags = changes.iter().filter_map(tag).collect();
    // The last one first, as one goes out of doors.
    let undo = changes.iter().rev().filter_map(mark::undo).collect();
    let broken = broken(network, request, &under, &changes).map_err(Refused::Intent)?;
    Ok(Plan { mark, now, changes, list_tags, undo, under, broken })
}

/// The lines that are so now and would not be.
fn broken(
    network: &Network,
    request: &Request<'_>,
    under: &[Under],
    changes: &[Change],
) -> Result<Vec<TestedLine>, Vec<IntentError>> {
    let Ok(after) = network.after(changes) else { return Ok(Vec::new()) };
    if changes.is_empty() || request.intent.is_empty() {
        return Ok(Vec::new());
    }
    let granted = under.iter().map(|under| under.id.clone()).collect();
    let settings = Settings { granted, ..Settings::default() };
    let test = |network: &Network| {
        let names = intent::names(request.intent, network, request.me)?;
        intent::test(request.intent, &names, &settings, &|_, _| {})
    };
    let (was, is) = (test(network)?, test(&after)?);
    let lines = was.lines.iter().zip(is.lines);
    let broken = lines.filter(|(was, is)| was.status == Status::Ok && is.status != Status::Ok);
    Ok(broken.map(|(_, is)| is).collect())
}
