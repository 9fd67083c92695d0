//! The words of a term, and above all what a colon after one means: `sg:web` is a selector, `web:22`
//! a name and a service, `db:mysql` either, `2001:db8::9` neither. The rules are in `mod.rs`.

use super::lex::{Piece, Token};
use super::options::KEYWORDS;
use super::parse::{Parser, Place, Result, misplaced_service, needs_space};
use super::{Kind, QuestionError, SetOp, Term, address, did_you_mean, service, shown};

/// Every word that makes a selector of what follows its colon.
pub(super) fn prefixes() -> impl Iterator<Item = &'static str> {
    Kind::ALL.into_iter().map(Kind::word).chain(["tag", "aws"])
}

impl<'a> Parser<'a> {
    /// A term that begins with a plain word, which is next.
    pub(super) fn word(&mut self, word: Piece<'a>, place: Place) -> Result<Term> {
        if word.text.starts_with('-') || word.text.ends_with('-') {
            return Err(needs_space(SetOp::Difference, word.span()));
        }
        if KEYWORDS.contains(&word.text) {
            let message = format!("{} starts an option here", shown(word.text));
            return Err(QuestionError::new(word.span(), message)
                .help(format!("a resource of that name is written `\"{}\"`", word.text)));
        }
        if self.tight_colon(1)
            && let Some(selector) = self.selector(word, place)?
        {
            return Ok(selector);
        }
        self.advance();
        match word.text {
            "internet" => Ok(Term::Internet),
            "internet6" => Ok(Term::Internet6),
            "me" => Ok(Term::Me),
            "*" => Ok(Term::Everything),
            "aws" => Err(QuestionError::new(word.span(), "`aws` names no service")
                .help("an AWS service is written `aws:s3`, a resource of that name `\"aws\"`")),
            name => address::ipv4(word).unwrap_or_else(|| Ok(Term::Name(name.to_owned()))),
        }
    }

    /// Reads `kind:glob`, `tag:key=glob` or `aws:service`; `None` if the colon begins the services.
    fn selector(&mut self, word: Piece<'a>, place: Place) -> Result<Option<Term>> {
        let kind = Kind::from_word(word.text);
        if kind.is_none() && !matches!(word.text, "tag" | "aws") {
            self.refuse_unknown_kind(word, place)?;
            return Ok(None);
        }
        if word.text != "aws"
            && let Token::Word(after) = self.peek(2).token
        {
            // `db:mysql` here, `db:mysql:22` and `tag:22=x` not.
            let service_follows = !matches!(self.peek(3).token, Token::Colon | Token::Equals);
            let service_may_stand =
                place == Place::Destination && !matches!(self.peek(3).token, Token::Op(_));
            if service_follows && service_may_stand && service::resembles(after) {
                return Ok(None);
            }
            if service_follows && service::is_explicit(after) {
                let span = self.peek(1).span.start..self.peek(2).span.end;
                return Err(misplaced_service(place, span).help(format!(
                    "a service belongs to the destination; as a selector write `{}:\"{after}\"`",
                    word.text,
                )));
            }
        }
        self.advance();
        self.advance();
        match kind {
            Some(kind) => {
                let glob = self.glob(&format!("a name or pattern after `{}:`", word.text))?;
                Ok(Some(Term::Selector { kind, glob }))
            }
            None if word.text == "tag" => self.tag().map(Some),
            None => self.aws().map(Some),
        }
    }

    fn tag(&mut self) -> Result<Term> {
        let key = self.glob("the key of a tag after `tag:`")?;
        if self.peek(0).token != Token::Equals {
            return Err(self.unexpected("`=` and the value of the tag").help("`*` stands for any value"));
        }
        self.advance();
        // A value may be empty, but then it says so.
        let glob = match &self.peek(0).token {
            Token::Quoted(empty) if empty.is_empty() => {
                self.advance();
                String::new()
            }
            _ => self.glob("the value of the tag")?,
        };
        Ok(Term::Tag { key, glob })
    }

    fn aws(&mut self) -> Result<Term> {
        let name = match self.peek(0).token {
            Token::Word(name) => name,
            _ => "",
        };
        let valid = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'));
        if !valid {
            return Err(self.unexpected("an AWS service after `aws:`, such as `aws:s3`"));
        }
        self.advance();
        Ok(Term::Aws(name.to_owned()))
    }

    fn glob(&mut self, wanted: &str) -> Result<String> {
        let next = self.peek(0);
        let glob = match &next.token {
            Token::Word(_) | Token::Quoted(_) if next.space_before => {
                return Err(self.unexpected(wanted).help("leave out the white space before it"));
            }
            Token::Word(glob) => Some((*glob).to_owned()),
            Token::Quoted(glob) if !glob.is_empty() => Some(glob.clone()),
            _ => None,
        };
        let Some(glob) = glob else {
            return Err(self.unexpected(wanted));
        };
        self.advance();
        Ok(glob)
    }

    /// `2001:db8::9`, but not `2001:db8::9:443`: what looks like its port is part of the address, and
    /// whoever meant a port would be answered another question than the one they asked.
    pub(super) fn bare_ipv6(&mut self, word: Piece<'a>, place: Place) -> Result<Term> {
        let with_service = word
            .rsplit_once(':')
            .filter(|(head, tail)| address::ipv6(*head).is_ok() && service::resembles(tail.text));
        self.advance();
        let service_may_stand =
            place == Place::Destination && !matches!(self.peek(0).token, Token::Op(_) | Token::Colon);
        match (address::ipv6(word), with_service) {
            (Ok(_), Some((head, tail))) if service_may_stand => {
                let message = format!("{} may be an address, or an address and a service", shown(word.text));
                Err(QuestionError::new(word.span(), message)
                    .help(format!("write `[{}]:{}` or `[{}]`", head.text, tail.text, word.text)))
            }
            (Err(_), Some((head, tail))) => {
                let message = "an IPv6 address before a service needs brackets";
                Err(QuestionError::new(word.span(), message)
                    .help(format!("write `[{}]:{}`", head.text, tail.text)))
            }
            (read, _) => read,
        }
    }

    /// Refuses `foo:bar`, which is next, where `foo` cannot be a name before a service: `bar` is in
    /// quotes, or is no service and not the last word of the destination. That last word is left to
    /// the reader of services, which knows better what to say of it.
    fn refuse_unknown_kind(&self, word: Piece<'_>, place: Place) -> Result<()> {
        let last = !matches!(self.peek(3).token, Token::Op(_) | Token::Colon | Token::Equals);
        let is_kind = match self.peek(2).token {
            Token::Quoted(_) => true,
            Token::Word(after) => !service::resembles(after) && (place != Place::Destination || !last),
            _ => false,
        };
        if !is_kind {
            return Ok(());
        }
        let help = did_you_mean(word.text, prefixes()).unwrap_or_else(|| {
            let kinds = prefixes().collect::<Vec<_>>().join(", ");
            format!("the kinds are {kinds}; a name with `:` in it needs quotes")
        });
        Err(QuestionError::new(word.span(), format!("unknown kind {}", shown(word.text))).help(help))
    }
}
