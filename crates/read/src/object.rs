//! Typed access to the values of an object.
//!
//! Readers ask for what they expect; what is not so becomes a [`Problem`] at its place and the answer `None`, so
//! that one wrong value never hides the rest of a file. `null` counts as absent, as does a key that is not there.

use std::cell::{Cell, RefCell};
use std::net::{Ipv4Addr, Ipv6Addr};

use jsonc_parser::ast;
use jsonc_parser::common::Ranged;
use model::{FileId, Id, Origin, Problem, Severity, Tags};

use crate::document::origin;

/// The file being read, and what was wrong with it so far.
pub(crate) struct File {
    id: FileId,
    problems: RefCell<Vec<Problem>>,
    errors: Cell<usize>,
}

impl File {
    pub(crate) fn new(id: FileId) -> File {
        File { id, problems: RefCell::default(), errors: Cell::new(0) }
    }

    /// Records a problem.
    pub(crate) fn report(&self, problem: Problem) {
        if problem.severity >= Severity::Error {
            self.errors.set(self.errors.get() + 1);
        }
        self.problems.borrow_mut().push(problem);
    }

    pub(crate) fn into_problems(self) -> Vec<Problem> {
        self.problems.into_inner()
    }
}

/// A value and the key it is under.
#[derive(Clone, Copy)]
pub(crate) struct Value<'a> {
    pub(crate) node: &'a ast::Value<'a>,
    pub(crate) key: &'a str,
    pub(crate) file: &'a File,
}

/// An object.
#[derive(Clone, Copy)]
pub(crate) struct Object<'a> {
    pub(crate) node: &'a ast::Object<'a>,
    pub(crate) file: &'a File,
}

impl<'a> Value<'a> {
    pub(crate) fn origin(self) -> Origin {
        origin(self.file.id, self.node.start(), self.node.end())
    }

    /// Records that something else was expected.
    pub(crate) fn unexpected(self, expected: &str) {
        let found = match self.node {
            ast::Value::StringLit(_) => "a string",
            ast::Value::NumberLit(_) => "a number",
            ast::Value::BooleanLit(_) => "a boolean",
            ast::Value::Object(_) => "an object",
            ast::Value::Array(_) => "a list",
            ast::Value::NullKeyword(_) => "null",
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

    pub(crate) fn text(self) -> Option<&'a str> {
        match self.node {
            ast::Value::StringLit(string) => Some(&string.value),
            _ => {
                self.unexpected("a string");
                None
            }
        }
    }

    pub(crate) fn number(self) -> Option<i64> {
        match self.node {
            ast::Value::NumberLit(number) => {
                let parsed = number.value.parse().ok();
                if parsed.is_none() {
                    let found = shown(number.value);
                    self.error(format!("expected a whole number for `{}`, found `{found}`", shown(self.key)));
                }
                parsed
            }
            _ => {
                self.unexpected("a number");
                None
            }
        }
    }

    pub(crate) fn object(self) -> Option<Object<'a>> {
        match self.node {
            ast::Value::Object(node) => Some(Object { node, file: self.file }),
            _ => {
                self.unexpected("an object");
                None
            }
        }
    }

    /// The elements of a list, each under the list's key.
    pub(crate) fn elements(self) -> impl Iterator<Item = Value<'a>> {
        let elements: &'a [ast::Value<'a>] = match self.node {
            ast::Value::Array(array) => &array.elements,
            _ => {
                self.unexpected("a list");
                &[]
            }
        };
        elements.iter().map(move |node| Value { node, ..self })
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
        origin(self.file.id, self.node.start(), self.node.end())
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
        let property = self.node.properties.iter().find(|property| property.name.as_str() == key)?;
        match &property.value {
            ast::Value::NullKeyword(_) => None,
            node => Some(Value { node, key, file: self.file }),
        }
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
        match value.node {
            ast::Value::BooleanLit(flag) => Some(flag.value),
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

    /// The objects of a list.
    pub(crate) fn objects(self, key: &'static str) -> impl Iterator<Item = Object<'a>> {
        self.list(key).filter_map(Value::object)
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
        let pairs = self.objects(key).filter_map(|tag| {
            Some((tag.text("Key")?.into(), tag.text("Value").unwrap_or_default().into()))
        });
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

    pub(crate) fn is_list(self) -> bool {
        matches!(self.node, ast::Value::Array(_))
    }

    pub(crate) fn is_number(self) -> bool {
        matches!(self.node, ast::Value::NumberLit(_))
    }

    pub(crate) fn is_empty_text(self) -> bool {
        matches!(self.node, ast::Value::StringLit(string) if string.value.is_empty())
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
        if letter.is_control() { shown.extend(letter.escape_debug()) } else { shown.push(letter) }
    }
    shown
}
