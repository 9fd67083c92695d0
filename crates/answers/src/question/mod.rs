//! The question grammar: `web-1 -> db:mysql`, read into a syntax tree with spans.
//!
//! One grammar serves the command line, the intent file and the links of the map:
//!
//! ```text
//! flow     = ends "->" ends [":" services] { option }     "→" is read as "->"
//! ends     = term { ("|" | "&" | "-") term }              union, intersection, difference: equal
//!                                                         precedence, left to right
//! term     = name | kind ":" glob | "tag:" key "=" glob | address | cidr
//!          | "internet" | "internet6" | "me" | "*" | "aws:" service | "(" ends ")"
//! kind     = sg subnet vpc eni i asg lb tg db fn pl az account
//!          | igw eigw nat acl rtb eip vpce vpce-svc pcx tgw tgw-attach tgw-rtb vgw vpn listener lt
//! services = service { "," service }                      see [`CATALOGUE`] for the names
//! service  = 443 | 8000-8100 | tcp/443 | udp/53 | icmp/echo | icmp/3/4 | icmpv6/128 | proto/50
//!          | any | -1 | a name
//! option   = "from-port" range | "via" ends | "not via" ends | "within" duration
//! ```
//!
//! This module knows words, not networks: whether `web-1` exists is asked elsewhere.
//!
//! # Where the grammar could be read in two ways
//!
//! * Names contain hyphens, so set operators need white space on both sides: `web-1` is a name,
//!   `web - 1` a difference.
//! * A name with any of `: , = | & ( ) "`, white space or an arrow in it is quoted, and `"` and `\`
//!   are then written `\"` and `\\`. Quotes hide characters from this grammar, not from the glob:
//!   `sg:"my web*"` still matches by pattern.
//! * A service follows the *whole* destination: `web -> a | b:22` asks both about port 22.
//! * `db:mysql` at the end of a destination is the name `db` and the service `mysql`, although `db`
//!   is also a kind; the database called mysql is `db:"mysql"`. Anywhere else, where no service can
//!   stand, it is the selector. A selector has no white space around its colon; a service may.
//! * IPv6 addresses contain colons, so before a service they stand in brackets,
//!   `[2001:db8::9]:443`, or the colon has white space, `2001:db8::9 : 443`.
//!
//! # Example
//!
//! ```
//! use answers::question::{self, PortRange, Service};
//!
//! let question = question::parse("(* - web) -> db:mysql via nat-1")?;
//! assert_eq!(question.services[0].node, Service::Tcp(PortRange::single(3306)));
//! assert_eq!(question.to_string(), "* - web -> db:tcp/3306 via nat-1");
//!
//! let error = question::parse("web -> shop:mysq").unwrap_err();
//! assert_eq!(error.to_string(), "unknown service `mysq`");
//! assert_eq!(error.help.as_deref(), Some("did you mean `mysql`?"));
//! assert_eq!(error.span, 12..16);
//! # Ok::<(), question::QuestionError>(())
//! ```

mod address;
mod ast;
mod catalogue;
mod lex;
mod options;
mod parse;
mod service;
mod term;

use std::ops::Range;

pub use ast::{Ends, Kind, Question, SetOp, Spanned, Term};
pub use catalogue::{CATALOGUE, NamedService};
pub use model::PortRange;
pub use options::parse_duration;
pub(crate) use service::icmp_name;
pub use service::{IcmpTypes, Service};

/// The longest text read, in bytes.
pub const MAX_BYTES: usize = 64 * 1024;

/// How deep parentheses may nest.
pub const MAX_DEPTH: usize = 64;

/// How many terms a text may have. A chain of operators is as deep a tree as it is long, so this
/// bounds the recursion of whoever walks the tree, as [`MAX_DEPTH`] bounds the parser's.
pub const MAX_TERMS: usize = 512;

/// Reads a whole question: `web-1 -> db:mysql`.
///
/// # Errors
///
/// The first place where the text leaves the grammar, and what was expected there.
pub fn parse(text: &str) -> Result<Question, QuestionError> {
    parse::Parser::new(text)?.question()
}

/// Reads ends alone, as in a group of the intent file: `(web | api) - bad`.
///
/// # Errors
///
/// As [`parse()`]; a service is an error here.
pub fn parse_ends(text: &str) -> Result<Ends, QuestionError> {
    parse::Parser::new(text)?.only_ends()
}

/// Reads services alone: `http, https, tcp/8000-8100`. A name of several services (`dns`) gives one
/// item for each, all with the span of the name.
///
/// # Errors
///
/// As [`parse()`].
pub fn parse_services(text: &str) -> Result<Vec<Spanned<Service>>, QuestionError> {
    parse::Parser::new(text)?.only_services()
}

/// Why a text is not a question, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QuestionError {
    /// The bytes of the text at fault; empty at the end of the text if something is missing there.
    pub span: Range<usize>,
    /// What is wrong: lower case, no full stop, the user's words in backticks.
    pub message: String,
    /// What to write instead, where that can be said.
    pub help: Option<String>,
}

impl QuestionError {
    pub(crate) fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), help: None }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(crate) fn maybe_help(mut self, help: Option<String>) -> Self {
        if help.is_some() {
            self.help = help;
        }
        self
    }
}

/// A word of the user's as a message shows it: in backticks, and cut where it would fill the screen.
pub(crate) fn shown(word: &str) -> String {
    const LONGEST: usize = 60;
    match word.char_indices().nth(LONGEST).and_then(|(end, _)| word.get(..end)) {
        Some(start) => format!("`{start}…`"),
        None => format!("`{word}`"),
    }
}

/// The help line for a mistyped word, if one of the candidates is close to it.
fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    crate::suggest::closest(word, candidates).map(|meant| format!("did you mean `{meant}`?"))
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
