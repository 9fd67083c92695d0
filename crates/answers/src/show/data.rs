//! What `show` says, as data: every kind of resource in one shape, so that a format is written once for all of them.

use model::Location;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// What was asked to be shown.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Shown {
    /// The resources.
    pub resources: Vec<Resource>,
    /// For a whole export: how many there are of what is in none of the VPCs shown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub counts: Vec<Count>,
}

/// How many there are of a kind.
#[derive(Debug, Clone, Serialize)]
pub struct Count {
    /// The kind in words, in the number that the count asks for.
    pub kind: &'static str,
    /// How many.
    pub count: usize,
}

/// A resource.
#[derive(Debug, Clone, Serialize)]
pub struct Resource {
    /// What it is, in words.
    pub kind: String,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Its id.
    pub id: String,
    /// Where it was written.
    #[serde(flatten)]
    pub place: Option<Place>,
    /// What is to say of it in a word or a few.
    #[serde(serialize_with = "fields")]
    pub fields: Vec<Field>,
    /// Its rules, routes, entries.
    #[serde(serialize_with = "lists")]
    pub lists: Vec<List>,
    /// What is odd about it, or missing.
    pub notes: Vec<String>,
    /// Who uses it, if that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uses: Option<Uses>,
}

/// A place in a file, from 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file's name as given.
    pub file: String,
    /// The line.
    pub line: usize,
    /// The column in characters.
    pub column: usize,
}

impl From<Location> for Place {
    fn from(location: Location) -> Place {
        Place { file: location.file, line: location.line, column: location.column }
    }
}

/// A property of a resource; it may have several values.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Its values.
    pub values: Vec<Value>,
}

/// A word for people, and the id of what it stands for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Value {
    /// A name, or what else is to say.
    pub text: String,
    /// The id, where the text is a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// It refers to something that the export does not have.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub missing: bool,
    /// How it came to be; may be empty.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub note: &'static str,
    /// The word that goes before it in a sentence: `from`, `in`; may be empty.
    #[serde(skip)]
    pub before: &'static str,
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value { text, ..Value::default() }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::from(text.to_owned())
    }
}

impl Value {
    /// With a word in front of it: `from sg-web`.
    pub(crate) fn after(self, before: &'static str) -> Value {
        Value { before, ..self }
    }
}

/// Rules, routes, entries, users: what a resource has several of.
#[derive(Debug, Clone)]
pub struct List {
    /// What these are.
    pub name: &'static str,
    /// What it means that there is none; empty: then the list is not worth a line.
    pub empty: &'static str,
    /// The elements. All of them have the same cells.
    pub rows: Vec<Row>,
}

/// An element of a list.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// Names and values. The cell `id` is the element's own id.
    pub cells: Vec<(&'static str, Value)>,
    /// Where it was written.
    pub place: Option<Place>,
}

/// The list of a group's rules that name the group: they are no users.
pub(crate) const ITS_OWN: &str = "rules of its own";

/// Who uses a resource.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Uses {
    /// The users, by what they are; a list without rows means that there are none.
    #[serde(serialize_with = "lists")]
    pub by: Vec<List>,
    /// Whether AWS would delete it, where its documentation says what stops that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion: Option<Deletion>,
    /// What this cannot know.
    pub not_known: Vec<String>,
}

/// What AWS says to a wish to delete something, as far as an export shows.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Deletion {
    /// The code of AWS's refusal, by which people look for it, where it is documented.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<&'static str>,
    /// Why it refuses; empty: nothing in the export stops it.
    pub refused: Vec<String>,
    /// What would happen to others if it went.
    pub breaks: Vec<String>,
}

impl Resource {
    /// Adds a field.
    pub(crate) fn field(&mut self, name: &'static str, value: impl Into<Value>) {
        self.fields.push(Field { name, values: vec![value.into()] });
    }

    /// Adds a field if there is something to say.
    pub(crate) fn field_if(&mut self, name: &'static str, value: Option<impl Into<Value>>) {
        self.fields.extend(value.map(|value| Field { name, values: vec![value.into()] }));
    }

    /// Adds a field with all of its values, unless there is none.
    pub(crate) fn values(&mut self, name: &'static str, values: impl IntoIterator<Item = Value>) {
        let values: Vec<_> = values.into_iter().collect();
        if !values.is_empty() {
            self.fields.push(Field { name, values });
        }
    }

    /// Adds a list, which is shown even if nothing is in it.
    pub(crate) fn list(&mut self, name: &'static str, empty: &'static str, rows: Vec<Row>) {
        self.lists.push(List { name, empty, rows });
    }

    /// Adds what is odd or missing.
    pub(crate) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Notes that part of it could not be read.
    pub(crate) fn incomplete(&mut self, incomplete: bool) {
        if incomplete {
            self.note("some of it could not be read, so there may be more");
        }
    }
}

impl Row {
    /// An element and where it was written.
    pub(crate) fn at(place: Option<Place>) -> Row {
        Row { cells: Vec::new(), place }
    }

    /// Adds a cell.
    pub(crate) fn cell(mut self, name: &'static str, value: impl Into<Value>) -> Row {
        self.cells.push((name, value.into()));
        self
    }

    /// The text of a cell; empty if there is none.
    pub fn text(&self, name: &str) -> &str {
        self.cells.iter().find(|(cell, _)| *cell == name).map_or("", |(_, value)| &value.text)
    }
}

impl Uses {
    /// Adds users, if there are any.
    pub(crate) fn by(&mut self, name: &'static str, rows: Vec<Row>) {
        if !rows.is_empty() {
            self.by.push(List { name, empty: "", rows });
        }
    }

    /// Whether the export shows no user but itself.
    pub fn is_unused(&self) -> bool {
        self.by.iter().all(|list| list.name == ITS_OWN)
    }

    /// How many users of a kind there are.
    pub(crate) fn count(&self, name: &str) -> usize {
        self.by.iter().filter(|list| list.name == name).map(|list| list.rows.len()).sum()
    }

    /// Says what this cannot know.
    pub(crate) fn not_known(&mut self, what: impl Into<String>) {
        self.not_known.push(what.into());
    }

    /// Says that AWS refuses to delete it, if there are any of what stops that.
    pub(crate) fn refuse(&mut self, count: usize, one: &str, many: &str) {
        let deletion = self.deletion.get_or_insert_default();
        match count {
            0 => {}
            1 => deletion.refused.push(format!("1 {one}")),
            _ => deletion.refused.push(format!("{count} {many}")),
        }
    }

    /// Says that AWS refuses to delete it, and why, if so.
    pub(crate) fn refuse_if(&mut self, refused: bool, why: &str) {
        let deletion = self.deletion.get_or_insert_default();
        deletion.refused.extend(refused.then(|| why.to_owned()));
    }

    /// Says what its deletion would do to others.
    pub(crate) fn breaks(&mut self, count: usize, one: &str, many: &str) {
        let deletion = self.deletion.get_or_insert_default();
        match count {
            0 => {}
            1 => deletion.breaks.push(format!("1 {one}")),
            _ => deletion.breaks.push(format!("{count} {many}")),
        }
    }
}

/// A field's name as a key of JSON.
fn key(name: &str) -> String {
    name.to_lowercase().replace([' ', '-', '/'], "_")
}

fn fields<S: Serializer>(fields: &[Field], serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(fields.len()))?;
    for field in fields {
        map.serialize_entry(&key(field.name), &field.values)?;
    }
    map.end()
}

fn lists<S: Serializer>(lists: &[List], serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(lists.len()))?;
    for list in lists {
        map.serialize_entry(&key(list.name), &list.rows)?;
    }
    map.end()
}

/// One flat object: `"table": "rtb-a", "table_id": "rtb-0a1…"`, and the place.
impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in self.cells.iter().filter(|(_, value)| !value.text.is_empty()) {
            map.serialize_entry(&key(name), &value.text)?;
            // The row's own id says it already.
            if let Some(id) = value.id.as_ref().filter(|id| **id != self.text("id")) {
                map.serialize_entry(&format!("{}_id", key(name)), id)?;
            }
            if value.missing {
                map.serialize_entry(&format!("{}_missing", key(name)), &true)?;
            }
        }
        if let Some(place) = &self.place {
            map.serialize_entry("file", &place.file)?;
            map.serialize_entry("line", &place.line)?;
            map.serialize_entry("column", &place.column)?;
        }
        map.end()
    }
}
