//! Tokens into a tree: recursive descent, never a token back. The words of a term are read in
//! `term.rs`.

use std::ops::Range;

use super::lex::{Lexeme, Piece, Token, lex};
use super::term::prefixes;
use super::{Ends, MAX_DEPTH, MAX_TERMS, Question, QuestionError, Service, SetOp, Spanned, Term};
use super::{address, service};

pub(super) type Result<T> = std::result::Result<T, QuestionError>;

/// Where ends stand, which decides whether a service may follow them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Source,
    /// The whole destination. The only place for a service.
    Destination,
    /// In parentheses, in an option, or without a question around them.
    Elsewhere,
}

pub(super) struct Parser<'a> {
    text: &'a str,
    lexemes: Vec<Lexeme<'a>>,
    /// What is looked at beyond the last lexeme.
    end: Lexeme<'a>,
    at: usize,
    depth: usize,
    terms: usize,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str) -> Result<Self> {
        let lexemes = lex(text)?;
        let end = Lexeme { token: Token::End, span: text.len()..text.len(), space_before: true };
        Ok(Self { text, lexemes, end, at: 0, depth: 0, terms: 0 })
    }

    // The three entry points.

    pub(super) fn question(mut self) -> Result<Question> {
        let source = self.ends(Place::Source)?;
        if self.peek(0).token != Token::Arrow {
            return Err(self.missing_arrow());
        }
        self.advance();
        let destination = self.ends(Place::Destination)?;
        let services = match self.peek(0).token {
            Token::Colon => self.services_of(&destination)?,
            _ => {
                let end = destination.span().end;
                vec![Spanned::new(Service::Any, end..end)]
            }
        };
        let text = self.text.to_owned();
        let mut question = Question {
            text,
            source,
            destination,
            services,
            from_port: None,
            via: None,
            not_via: None,
            within: None,
        };
        while self.peek(0).token != Token::End {
            self.option(&mut question)?;
        }
        Ok(question)
    }

    pub(super) fn only_ends(mut self) -> Result<Ends> {
        let ends = self.ends(Place::Elsewhere)?;
        self.expect(&Token::End, "`|`, `&`, `-` or the end")?;
        Ok(ends)
    }

    pub(super) fn only_services(mut self) -> Result<Vec<Spanned<Service>>> {
        let services = self.services()?;
        self.refuse_path()?;
        self.expect(&Token::End, "`,` or the end")?;
        Ok(services)
    }

    // Ends.

    pub(super) fn ends(&mut self, place: Place) -> Result<Ends> {
        let mut left = self.term(place)?;
        loop {
            let next = self.peek(0).clone();
            match next.token {
                Token::Op(op) => {
                    if !next.space_before || !self.peek(1).space_before {
                        return Err(needs_space(op, next.span));
                    }
                    self.advance();
                    let right = self.term(place)?;
                    let span = left.span().start..right.span().end;
                    left = Ends::Set { op, left: Box::new(left), right: Box::new(right), span };
                }
                Token::Word(word) if word.starts_with('-') => {
                    return Err(needs_space(SetOp::Difference, next.span));
                }
                Token::Colon if place != Place::Destination => {
                    return Err(self.stray_colon(&left, place));
                }
                _ => return Ok(left),
            }
        }
    }

    fn term(&mut self, place: Place) -> Result<Ends> {
        let Lexeme { token, span, .. } = self.peek(0).clone();
        if token == Token::Open {
            return self.parenthesised(span);
        }
        self.terms += 1;
        if self.terms > MAX_TERMS {
            return Err(QuestionError::new(span, format!("more than {MAX_TERMS} terms"))
                .help("give the set a name, or a tag to select by"));
        }
        let term = match token {
            Token::Word(text) => self.word(Piece::new(text, span.start), place)?,
            Token::Quoted(name) if name.is_empty() => {
                return Err(QuestionError::new(span, "a name cannot be empty"));
            }
            Token::Quoted(name) => {
                self.advance();
                Term::Name(name)
            }
            Token::Bracketed(content) => {
                self.advance();
                address::ipv6(content)?
            }
            Token::Ipv6(text) => self.bare_ipv6(Piece::new(text, span.start), place)?,
            _ => {
                let wanted = match place {
                    Place::Source => "a source",
                    Place::Destination => "a destination",
                    Place::Elsewhere => "a name, a selector or an address",
                };
                return Err(self.unexpected(wanted));
            }
        };
        Ok(Ends::Term(Spanned::new(term, span.start..self.end_of_last())))
    }

    fn parenthesised(&mut self, open: Range<usize>) -> Result<Ends> {
        if self.depth == MAX_DEPTH {
            return Err(QuestionError::new(open, format!("parentheses nest deeper than {MAX_DEPTH}")));
        }
        self.advance();
        self.depth += 1;
        let inner = self.ends(Place::Elsewhere)?;
        self.depth -= 1;
        let close = self.expect(&Token::Close, "`|`, `&`, `-` or `)`")?;
        Ok(inner.with_span(open.start..close.end))
    }

    // Services.

    /// The services after the destination's colon, which is next.
    fn services_of(&mut self, destination: &Ends) -> Result<Vec<Spanned<Service>>> {
        self.advance();
        let after = self.peek(0).word();
        let services = self.services().map_err(|error| match (destination, after) {
            // A word that is close to no service may be the glob of a mistyped selector.
            (Ends::Term(Spanned { node: Term::Name(name), .. }), Some(glob))
                if error.span == glob.span() && error.help.as_deref() == Some(service::EXAMPLES) =>
            {
                let kind = crate::suggest::closest(name, prefixes());
                error
                    .maybe_help(kind.map(|kind| format!("did you mean the selector `{kind}:{}`?", glob.text)))
            }
            _ => error,
        })?;
        self.refuse_path()?;
        Ok(services)
    }

    fn services(&mut self) -> Result<Vec<Spanned<Service>>> {
        let mut services = Vec::new();
        loop {
            let Some(word) = self.peek(0).word() else {
                return Err(self.unexpected("a service"));
            };
            let read = service::read(word)?;
            services.extend(read.into_iter().map(|service| Spanned::new(service, word.span())));
            self.advance();
            if self.peek(0).token != Token::Comma {
                return Ok(services);
            }
            self.advance();
        }
    }

    /// Refuses the `:/admin*` of `http:/admin*` by a message of its own.
    fn refuse_path(&self) -> Result<()> {
        match self.peek(1).word() {
            Some(path) if self.peek(0).token == Token::Colon && path.text.starts_with('/') => {
                Err(service::request_path(path))
            }
            _ => Ok(()),
        }
    }

    // Tokens.

    pub(super) fn peek(&self, ahead: usize) -> &Lexeme<'a> {
        self.lexemes.get(self.at + ahead).unwrap_or(&self.end)
    }

    pub(super) fn advance(&mut self) {
        self.at += 1;
    }

    fn end_of_last(&self) -> usize {
        self.at.checked_sub(1).and_then(|last| self.lexemes.get(last)).map_or(0, |last| last.span.end)
    }

    /// Whether the lexeme `ahead` is a colon with no white space around it.
    pub(super) fn tight_colon(&self, ahead: usize) -> bool {
        let colon = self.peek(ahead);
        colon.token == Token::Colon && !colon.space_before && !self.peek(ahead + 1).space_before
    }

    fn expect(&mut self, token: &Token<'_>, wanted: &str) -> Result<Range<usize>> {
        let next = self.peek(0);
        if next.token != *token {
            return Err(self.unexpected(wanted));
        }
        let span = next.span.clone();
        self.advance();
        Ok(span)
    }

    // What to say when the text leaves the grammar.

    pub(super) fn unexpected(&self, wanted: &str) -> QuestionError {
        let found = self.peek(0);
        QuestionError::new(found.span.clone(), format!("expected {wanted}, found {}", found.token.describe()))
    }

    /// A colon after ends that can have no service: one, or a selector with white space in it.
    fn stray_colon(&self, before: &Ends, place: Place) -> QuestionError {
        let (colon, after) = (self.peek(0).span.clone(), self.peek(1));
        let Token::Word(word) = after.token else {
            return misplaced_service(place, colon);
        };
        match before {
            Ends::Term(Spanned { node: Term::Name(kind), .. })
                if prefixes().any(|prefix| prefix == kind) && !service::resembles(word) =>
            {
                QuestionError::new(colon, "a selector has no white space around its colon")
                    .help(format!("write `{kind}:{word}`"))
            }
            _ => misplaced_service(place, colon.start..after.span.end),
        }
    }

    fn missing_arrow(&self) -> QuestionError {
        let error = self.unexpected("`->`");
        match self.peek(0).token {
            Token::Comma => error.help("a set of sources is written `a | b`"),
            Token::Word(_) => error.help("a name with white space in it needs quotes"),
            Token::End => error.help("a question is written `source -> destination:service`"),
            _ => error,
        }
    }
}

pub(super) fn needs_space(op: SetOp, span: Range<usize>) -> QuestionError {
    let op = op.symbol();
    QuestionError::new(span, format!("`{op}` needs white space on both sides"))
        .help(format!("write `a {op} b`, or quote a name with `{op}` at its edge"))
}

pub(super) fn misplaced_service(place: Place, span: Range<usize>) -> QuestionError {
    match place {
        Place::Source => QuestionError::new(span, "a source has no service").help(
            "the service belongs to the destination: `web -> db:443`; ports of the source are `from-port`",
        ),
        _ => QuestionError::new(span, "a service cannot stand here")
            .help("services follow the whole destination: `web -> a | b:443`"),
    }
}
