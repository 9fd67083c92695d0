//! How rules carry until when they are meant: rules of groups in their descriptions, entries of lists, which have none,
//! in tags of their lists.

use model::{Change, Id};

use super::Moment;

const EXPIRES: &str = "portcullis:expires";
const WHY: &str = "portcullis:why";

/// The longest description of a rule.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpRange.html>
const LONGEST: usize = 255;

/// What a description may hold besides letters and digits of ASCII.
const ALLOWED: &str = " ._-:/()#,@[]+=&;{}!$*";

/// Until when something is granted, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Until when.
    pub expires: Moment,
    /// Why.
    pub why: String,
}

/// A reason that a description cannot hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoReason {
    /// A character that descriptions of rules may not have.
    #[error(
        "descriptions of rules cannot hold `{0}`: letters and digits of ASCII, spaces and ._-:/()#,@[]+=&;{{}}!$*"
    )]
    Character(char),
    /// Too long.
    #[error("the reason is {over} characters too long: descriptions of rules have at most 255 characters")]
    Length {
        /// By how much.
        over: usize,
    },
    /// Nothing.
    #[error("expected a reason, such as the number of a ticket")]
    Empty,
}

/// A tag of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListTag {
    /// The list.
    pub acl: Id,
    /// The key.
    pub key: String,
    /// The value.
    pub value: String,
}

impl Mark {
    /// A mark, if a description can hold it.
    ///
    /// # Errors
    /// For a reason that it cannot hold.
    pub fn new(expires: Moment, why: &str) -> Result<Mark, NoReason> {
        let why = why.trim();
        if why.is_empty() {
            return Err(NoReason::Empty);
        }
        let is_allowed = |c: &char| c.is_ascii_alphanumeric() || ALLOWED.contains(*c);
        if let Some(wrong) = why.chars().find(|c| !is_allowed(c)) {
            return Err(NoReason::Character(wrong));
        }
        let mark = Mark { expires, why: why.to_owned() };
        match mark.description().len().checked_sub(LONGEST).filter(|over| *over > 0) {
            Some(over) => Err(NoReason::Length { over }),
            None => Ok(mark),
        }
    }

    /// The description of a rule: `portcullis:expires=2026-11-21T14:00:00Z portcullis:why=T-123`.
    pub fn description(&self) -> String {
        format!("{EXPIRES}={} {WHY}={}", self.expires, self.why)
    }

    /// The tags of a rule.
    pub fn tags(&self) -> [(&'static str, String); 2] {
        [(EXPIRES, self.expires.to_string()), (WHY, self.why.clone())]
    }

    /// The tag of the list for an entry.
    pub(super) fn list_tag(&self, acl: &Id, egress: bool, number: u32) -> ListTag {
        let key = format!("{EXPIRES}:{}:{number}", if egress { "out" } else { "in" });
        ListTag { acl: acl.clone(), key, value: format!("{} {}", self.expires, self.why) }
    }

    /// Reads a description; `None` if it has no mark, an error if that cannot be read.
    pub(super) fn of_description(text: &str) -> Option<Result<Mark, String>> {
        let (_, rest) = text.split_once(&format!("{EXPIRES}="))?;
        let (moment, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        let why = rest.split_once(&format!("{WHY}=")).map_or("", |(_, why)| why);
        Some(mark(moment, why))
    }

    /// Reads a tag of a list: the direction and the number of the entry that it is about, and the mark.
    pub(super) fn of_list_tag(key: &str, value: &str) -> Option<Result<(bool, u32, Mark), String>> {
        let entry = key.strip_prefix(EXPIRES)?.strip_prefix(':')?;
        let place = entry.split_once(':').and_then(|(way, number)| {
            let egress = match way {
                "in" => false,
                "out" => true,
                _ => return None,
            };
            Some((egress, number.parse().ok()?))
        });
        let Some((egress, number)) = place else {
            return Some(Err(format!("`{key}`: expected `in` or `out` and the number of an entry")));
        };
        let (moment, why) = value.split_once(' ').unwrap_or((value, ""));
        Some(mark(moment, why).map(|mark| (egress, number, mark)))
    }
}

fn mark(moment: &str, why: &str) -> Result<Mark, String> {
    match moment.parse() {
        Ok(expires) => Ok(Mark { expires, why: why.to_owned() }),
        Err(error) => Err(format!("`{moment}`: {error}")),
    }
}

/// What takes a change away that adds something.
pub(super) fn undo(change: &Change) -> Option<Change> {
    match change {
        Change::AuthorizeSecurityGroup { group, rule } => {
            Some(Change::RevokeSecurityGroup { group: group.clone(), rule: rule.clone() })
        }
        Change::CreateNetworkAclEntry { acl, entry } => {
            let (egress, number) = (entry.egress, entry.number);
            Some(Change::DeleteNetworkAclEntry { acl: acl.clone(), egress, number })
        }
        _ => None,
    }
}
