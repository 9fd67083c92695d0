//! Problems of an input and errors of a question, with the lines they speak of.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use answers::intent::IntentError;
use answers::question::QuestionError;
use model::{Problem, Severity, Sources};

use crate::Style;

/// The longest excerpt of a file that a diagnostic shows around its place: exports without line breaks exist.
const EXCERPT: usize = 4000;

/// Problems as rustc shows them: message, `file:line:column`, the line and a caret.
pub fn problems(problems: &[&Problem], sources: &Sources, style: Style) -> String {
    let texts = problems.iter().map(|problem| one(problem, sources, style));
    texts.collect::<Vec<_>>().join("\n\n")
}

fn one(problem: &Problem, sources: &Sources, style: Style) -> String {
    let level = match problem.severity {
        Severity::Fatal | Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level.primary_title(problem.message.as_str());
    let excerpt = problem.origin.and_then(|origin| {
        let file = sources.file(origin.file)?;
        let location = sources.locate(origin)?;
        // Only the first line of the value, and not all of a line that is the whole file.
        let from = file.text.get(..origin.start as usize)?.rfind('\n').map_or(0, |at| at + 1);
        let from = from.max((origin.start as usize).saturating_sub(EXCERPT));
        let from = (from..=origin.start as usize).find(|at| file.text.is_char_boundary(*at))?;
        let to = file
            .text
            .get(origin.start as usize..)?
            .find('\n')
            .map_or(file.text.len(), |at| origin.start as usize + at);
        let to = to.min(origin.start as usize + EXCERPT);
        let to = (origin.start as usize..=to).rev().find(|at| file.text.is_char_boundary(*at))?;
        let line = file.text.get(from..to)?.trim_end_matches('\r');
        let start = origin.start as usize - from;
        let end = (origin.end as usize).min(from + line.len()).saturating_sub(from).max(start);
        Some((file.name.clone(), location, line.to_owned(), start..end))
    });
    let mut group = match excerpt {
        Some((name, location, line, span)) => {
            let snippet = Snippet::source(line).line_start(location.line).path(name);
            Group::with_title(title).element(snippet.annotation(AnnotationKind::Primary.span(span)))
        }
        None => Group::with_title(title),
    };
    if let Some(help) = &problem.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    renderer(style).render(&[group])
}

/// An error of a question, with a caret below the words at fault.
pub fn question_error(
    error: &QuestionError,
    question: &str,
    place: &str,
    line: usize,
    style: Style,
) -> String {
    let snippet = Snippet::source(question)
        .line_start(line)
        .path(place)
        .annotation(AnnotationKind::Primary.span(error.span.clone()));
    let mut group = Group::with_title(Level::ERROR.primary_title(error.message.as_str())).element(snippet);
    if let Some(help) = &error.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    renderer(style).render(&[group])
}

/// Errors of an intent file, each with a caret below the words at fault. `text_of` gives the text of a file by its name.
pub fn intent_errors(
    errors: &[IntentError],
    text_of: &dyn Fn(&str) -> Option<String>,
    style: Style,
) -> String {
    let one = |error: &IntentError| {
        let title = Level::ERROR.primary_title(error.message.as_str());
        let text = text_of(&error.place.file).unwrap_or_default();
        let line = text.lines().nth(error.place.line.saturating_sub(1)).unwrap_or_default();
        let line = line.trim_start_matches('\u{feff}');
        let byte = |column: usize| line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
        let start = error.place.column.saturating_sub(1);
        let span = byte(start)..byte(start + error.width);
        let snippet = Snippet::source(line).line_start(error.place.line).path(error.place.file.as_str());
        let mut group =
            Group::with_title(title).element(snippet.annotation(AnnotationKind::Primary.span(span)));
        if let Some(help) = &error.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        renderer(style).render(&[group])
    };
    errors.iter().map(one).collect::<Vec<_>>().join("\n\n")
}

fn renderer(style: Style) -> Renderer {
    if style.colour { Renderer::styled() } else { Renderer::plain() }
}
