//! What may follow the services: `from-port 1024-65535`, `via nat-1`, `not via nat-2`, `within 2h`, in
//! any order, each once.

use std::time::Duration;

use super::ast::UNITS;
use super::lex::{Lexeme, Piece, Token};
use super::parse::{Parser, Place, Result};
use super::{Question, QuestionError, Spanned, did_you_mean, service, shown};

/// The words that start an option, and so cannot be plain names.
pub(super) const KEYWORDS: [&str; 4] = ["from-port", "via", "not", "within"];

impl<'a> Parser<'a> {
    /// Reads one option into the question.
    pub(super) fn option(&mut self, question: &mut Question) -> Result<()> {
        let Lexeme { token, span, .. } = self.peek(0).clone();
        let via = matches!(self.peek(1).token, Token::Word("via"));
        let (name, twice) = match token {
            Token::Word("from-port") => ("from-port", question.from_port.is_some()),
            Token::Word("via") => ("via", question.via.is_some()),
            Token::Word("not") if via => ("not via", question.not_via.is_some()),
            Token::Word("within") => ("within", question.within.is_some()),
            _ => return Err(self.no_option()),
        };
        if twice {
            return Err(QuestionError::new(span, format!("`{name}` is given twice")));
        }
        self.advance();
        match name {
            "from-port" => {
                let word = self.argument("a port or a range of ports")?;
                question.from_port = Some(Spanned::new(service::ports(word)?, word.span()));
            }
            "via" => question.via = Some(self.ends(Place::Elsewhere)?),
            "not via" => {
                self.advance();
                question.not_via = Some(self.ends(Place::Elsewhere)?);
            }
            _ => {
                let word = self.argument("a duration such as `2h`")?;
                question.within = Some(Spanned::new(duration(word)?, word.span()));
            }
        }
        Ok(())
    }

    fn argument(&mut self, wanted: &str) -> Result<Piece<'a>> {
        let Some(word) = self.peek(0).word() else {
            return Err(self.unexpected(wanted));
        };
        self.advance();
        Ok(word)
    }

    fn no_option(&self) -> QuestionError {
        let error = self.unexpected("`from-port`, `via`, `not via`, `within` or the end");
        match self.peek(0).token {
            Token::Op(_) => error.help("services follow the whole destination: `web -> a | b:443`"),
            Token::Word("not") => error.help("`not` is followed by `via`"),
            Token::Word(word) => {
                let help = match did_you_mean(word, KEYWORDS) {
                    None if service::resembles(word) => Some(format!("a service follows a colon: `:{word}`")),
                    help => help,
                };
                error.maybe_help(help)
            }
            _ => error,
        }
    }
}

fn duration(word: Piece<'_>) -> Result<Duration> {
    parse_duration(word.text).map_err(|error| QuestionError { span: word.span(), ..error })
}

/// Reads a duration by itself: `2h`.
///
/// # Errors
/// If it is none.
pub fn parse_duration(text: &str) -> Result<Duration> {
    let read = || {
        let (length, unit) = UNITS.into_iter().find(|(_, unit)| text.ends_with(*unit))?;
        let count = text.strip_suffix(unit).filter(|n| n.chars().all(|c| c.is_ascii_digit()))?;
        Some(Duration::from_secs(count.parse::<u64>().ok()?.checked_mul(length)?))
    };
    read().ok_or_else(|| {
        QuestionError::new(0..text.len(), format!("{} is not a duration", shown(text)))
            .help("write a number and `s`, `m`, `h` or `d`: `2h`")
    })
}
