//! Typed access to the values of an object.
//!
//! Readers ask for what they expect; what is not so becomes a [`Problem`] at its place and the answer `None`, so
//! that one wrong value never hides the rest of a file. `null` counts as absent, as does a key that is not there.

use std::cell::{Cell, RefCell};
use std::net::{Ipv4Addr, Ipv6Addr};

use model::{FileId, Id, Origin, Problem, Severity, Tags};

use crate::findings::{Finding, Findings};
use crate::snapshot::Growing;
use crate::tree::{Kind, Tree};

/// The file being read, and what was found in it so far.
pub(crate) struct File {
    id: FileId,
    findings: RefCell<Vec<Finding>>,
    errors: Cell<usize>,
}

impl File {
    pub(crate) fn new(id: FileId) -> File {
        File { id, findings: RefCell::default(), errors: Cell::new(0) }
    }

    /// Records a problem.
    pub(crate) fn report(&self, problem: Problem) {
        self.count(problem.severity);
        self.findings.borrow_mut().push(Finding::Problem(problem));
    }

    /// Counts a problem, if it is one that something is left out for.
    pub(crate) fn count(&self, severity: Severity) {
        if severity >= Severity::Error {
            self.errors.set(self.errors.get() + 1);
        }
    }

    /// Records what is to be added to the snapshot.
    pub(crate) fn add(&self, add: impl FnOnce(&mut Growing) + Send + 'static) {
        self.findings.borrow_mut().push(Finding::Add(Box::new(add)));
    }

    /// Records that here belongs what was found in pieces.
    pub(crate) fn add_pieces(&self) {
        self.findings.borrow_mut().push(Finding::Pieces);
    }

    pub(crate) fn into_findings(self) -> Findings {
        Findings { list: self.findings.into_inner(), pieces: Vec::new() }
    }
}

/// A value and the key it is under.
#[derive(Clone, Copy)]
pub(crate) struct Value<'a> {
    pub(crate) tree: &'a Tree<'a>,
    pub(crate) file: &'a File,
    pub(crate) at: u32,
    pub(crate) key: &'a str,
}

/// An object.
#[derive(Clone, Copy)]
pub(crate) struct Object<'a> {
    pub(crate) tree: &'a Tree<'a>,
    pub(crate) file: &'a File,
    pub(crate) at: u32,
}

/// A key of an object, where it is, and what is under it.
#[derive(Clone, Copy)]
pub(crate) struct Property<'a> {
    pub(crate) origin: Origin,
    pub(crate) value: Value<'a>,
}

impl<'a> Value<'a> {
    pub(crate) fn origin(self) -> Origin {
        self.tree.origin(self.at, self.file.id)
    }

    /// Records that something else was expected.
    pub(crate) fn unexpected(self, expected: &str) {
        let found = match self.kind() {
            Kind::Plain | Kind::Escaped => "a string",
            Kind::Number => "a number",
            Kind::True | Kind::False => "a boolean",
            Kind::Object => "an object",
            Kind::List => "a list",
            Kind::Null => "null",
        };
        self.error(format!("expected {expected} for `{}`, found {found}", shown(self.key)));
    }

    /// Records that the value is no good, and that what depends on it is left out.
    pub(crate) fn error(self, message: impl Into<String>) {
        self.file.report(Problem::error(self.origin(), message));
    }

    pub(crate) fn warning(self, message: impl Into<String>) {
        self.file.report(Problem::warning(self.origin(), message));
    }

    pub(crate) fn kind(self) -> Kind {
        self.tree.node(self.at).kind
    }

    pub(crate) fn text(self) -> Option<&'a str> {
        if matches!(self.kind(), Kind::Plain | Kind::Escaped) {
            return Some(self.tree.text(self.at));
        }
        self.unexpected("a string");
        None
    }

    pub(crate) fn number(self) -> Option<i64> {
        if self.kind() != Kind::Number {
            self.unexpected("a number");
            return None;
        }
        let text = self.tree.text(self.at);
        let number = text.parse().ok();
        if number.is_none() {
            self.error(format!("expected a whole number for `{}`, found `{}`", shown(self.key), shown(text)));
        }
        number
    }

    pub(crate) fn object(self) -> Option<Object<'a>> {
        let object = self.as_object();
        if object.is_none() {
            self.unexpected("an object");
        }
        object
    }

    /// The object, if it is one.
    pub(crate) fn as_object(self) -> Option<Object<'a>> {
        let Value { tree, file, at, .. } = self;
        (self.kind() == Kind::Object).then_some(Object { tree, file, at })
    }

    /// The elements of a list, each under the list's key.
    pub(crate) fn elements(self) -> impl Iterator<Item = Value<'a>> {
        if self.kind() != Kind::List {
            self.unexpected("a list");
        }
        self.tree.elements(self.at).map(move |at| Value { at, ..self })
    }

    /// A text that reads as `T`.
    pub(crate) fn parsed<T: std::str::FromStr>(self, expected: &str) -> Option<T> {
        let text = self.text()?;
        let parsed = text.parse().ok();
        if parsed.is_none() {
            self.error(format!("expected {expected} for `{}`, found `{}`", shown(self.key), shown(text)));
        }
        parsed
    }
}

impl<'a> Object<'a> {
    pub(crate) fn origin(self) -> Origin {
        self.tree.origin(self.at, self.file.id)
    }

    /// How many errors the file has had: a noun during whose reading the number grew is not complete.
    pub(crate) fn errors(self) -> usize {
        self.file.errors.get()
    }

    /// Records that something in this object is no good.
    pub(crate) fn error(self, message: impl Into<String>) {
        self.file.report(Problem::error(self.origin(), message));
    }

    pub(crate) fn warning(self, message: impl Into<String>) {
        self.file.report(Problem::warning(self.origin(), message));
    }

    pub(crate) fn report(self, problem: Problem) {
        self.file.report(problem);
    }

    /// The value under a key, unless it is null.
    pub(crate) fn get(self, key: &'static str) -> Option<Value<'a>> {
        let Object { tree, file, at } = self;
        let value = Value { tree, file, at: tree.get(at, key)?, key };
        (value.kind() != Kind::Null).then_some(value)
    }

    /// All keys and their values.
    pub(crate) fn properties(self) -> impl Iterator<Item = Property<'a>> {
        let Object { tree, file, at } = self;
        tree.properties(at).map(move |(key, at)| Property {
            origin: tree.origin(key, file.id),
            value: Value { tree, file, at, key: tree.text(key) },
        })
    }

    pub(crate) fn has(self, key: &'static str) -> bool {
        self.get(key).is_some()
    }

    pub(crate) fn text(self, key: &'static str) -> Option<&'a str> {
        self.get(key)?.text()
    }

    /// A text that is there and is not empty.
    pub(crate) fn required_text(self, key: &'static str) -> Option<&'a str> {
        match self.get(key) {
            None => {
                self.error(format!("expected `{key}` in this object, found none"));
                None
            }
            Some(value) => {
                let text = value.text()?;
                if text.is_empty() {
                    value.error(format!("expected a value for `{key}`, found an empty string"));
                    return None;
                }
                Some(text)
            }
        }
    }

    /// An id; an empty one counts as absent.
    pub(crate) fn id(self, key: &'static str) -> Option<Id> {
        self.text(key).filter(|text| !text.is_empty()).map(Id::from)
    }

    pub(crate) fn required_id(self, key: &'static str) -> Option<Id> {
        self.required_text(key).map(Id::from)
    }

    /// A name; an empty one counts as absent.
    pub(crate) fn name(self, key: &'static str) -> Option<String> {
        self.text(key).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    pub(crate) fn flag(self, key: &'static str) -> Option<bool> {
        let value = self.get(key)?;
        match value.kind() {
            Kind::True => Some(true),
            Kind::False => Some(false),
            _ => {
                value.unexpected("true or false");
                None
            }
        }
    }

    pub(crate) fn required_flag(self, key: &'static str) -> Option<bool> {
        if !self.has(key) {
            self.error(format!("expected `{key}` in this object, found none"));
        }
        self.flag(key)
    }

    pub(crate) fn number(self, key: &'static str) -> Option<i64> {
        self.get(key)?.number()
    }

    pub(crate) fn object(self, key: &'static str) -> Option<Object<'a>> {
        self.get(key)?.object()
    }

    /// The elements of a list; none if there is no list.
    pub(crate) fn list(self, key: &'static str) -> impl Iterator<Item = Value<'a>> {
        self.get(key).into_iter().flat_map(Value::elements)
    }

    /// The objects of a list that AWS prints even if it is empty; without it, what is in it is not known.
    pub(crate) fn required_objects(self, key: &'static str) -> impl Iterator<Item = Object<'a>> {
        if !self.has(key) {
            self.error(format!("expected `{key}` in this object, found none"));
        }
        self.objects(key)
    }

    /// The objects of a list.
    pub(crate) fn objects(self, key: &'static str) -> impl Iterator<Item = Object<'a>> {
        self.list(key).filter_map(Value::object)
    }

    /// The ids in the list under a key.
    pub(crate) fn ids(self, key: &'static str) -> Vec<Id> {
        self.list(key).filter_map(Value::text).map(Id::from).collect()
    }

    /// A text below another object, such as `State.Name`.
    pub(crate) fn text_in(self, key: &'static str, inner: &'static str) -> Option<&'a str> {
        self.object(key)?.text(inner)
    }

    pub(crate) fn ipv4(self, key: &'static str) -> Option<Ipv4Addr> {
        self.get(key).filter(|value| !value.is_empty_text())?.parsed("an IPv4 address")
    }

    pub(crate) fn ipv6(self, key: &'static str) -> Option<Ipv6Addr> {
        self.get(key).filter(|value| !value.is_empty_text())?.parsed("an IPv6 address")
    }

    /// The tags, which interfaces have under `TagSet` and all others under `Tags` (S9.3).
    pub(crate) fn tags(self, key: &'static str) -> Tags {
        let pairs = self
            .objects(key)
            .filter_map(|tag| Some((tag.text("Key")?.into(), tag.text("Value").unwrap_or_default().into())));
        Tags(pairs.collect())
    }
}

impl Value<'_> {
    /// A number that fits `T`.
    pub(crate) fn bounded<T: TryFrom<i64>>(self, expected: &str) -> Option<T> {
        let number = self.number()?;
        let bounded = T::try_from(number).ok();
        if bounded.is_none() {
            self.error(format!("expected {expected} for `{}`, found `{number}`", shown(self.key)));
        }
        bounded
    }

    /// Whether it is the list whose elements are read in pieces.
    pub(crate) fn is_in_pieces(self) -> bool {
        self.tree.in_pieces == Some(self.at)
    }

    pub(crate) fn is_list(self) -> bool {
        self.kind() == Kind::List
    }

    pub(crate) fn is_number(self) -> bool {
        self.kind() == Kind::Number
    }

    pub(crate) fn is_empty_text(self) -> bool {
        self.kind() == Kind::Plain && self.tree.text(self.at).is_empty()
    }
}

/// A user's text within a message: one line, and not too long.
pub(crate) fn shown(text: &str) -> String {
    const LONGEST: usize = 80;
    let mut shown = String::new();
    for (position, letter) in text.chars().enumerate() {
        if position == LONGEST {
            shown.push('…');
            break;
        }
        if letter.is_control() {
            shown.extend(letter.escape_debug());
        } else {
            shown.push(letter);
        }
    }
    shown
}
