//! What tells a later run where to go on: a field of the records that holds a time, and a parameter that takes one.

use serde::Serialize;

use super::Confidence;
use super::paging::written;
use super::words;
use super::yaml::{quoted, scalar};
use crate::model::{Field, Media, Object, Operation, ParameterLocation, TypeKind, TypeRef, Types};
use crate::plan::path::{alternatives, objects};

/// A cursor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CursorGuess {
    /// Path of the record's field.
    pub field: String,
    /// The parameter that takes it, or the path of the field in the request's body.
    pub parameter: String,
    /// Whether that is a field of the body.
    pub in_body: bool,
    /// How the parameter writes it, as a manifest says it.
    pub format: String,
    /// Whether the first run needs a value.
    pub required: bool,
    /// How much speaks for it.
    pub confidence: Confidence,
    /// What speaks for it.
    pub reason: String,
}

/// A window of time. From when on to read, and how much at once, no document says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WindowGuess {
    /// Path of the record's field.
    pub field: String,
    /// The parameter, or the path of the field in the request's body, that takes the start.
    pub from: String,
    /// What takes the end.
    pub to: String,
    /// Whether both are fields of the body.
    pub in_body: bool,
    /// How both are written, as a manifest says it.
    pub format: String,
    /// How much speaks for it.
    pub confidence: Confidence,
    /// What speaks for it.
    pub reason: String,
}

impl CursorGuess {
    /// As a manifest says it.
    pub(crate) fn line(&self) -> String {
        let start = if self.required { ", start: \"{start_time}\"" } else { "" };
        let place = if self.in_body { "body_field" } else { "parameter" };
        let (field, parameter) = (scalar(&self.field), quoted(&self.parameter));
        format!("cursor: {{ field: {field}, {place}: {parameter}, format: {}{start} }}", self.format)
    }
}

impl WindowGuess {
    /// As a manifest says it, with a start and a length that a person has to look at.
    pub(crate) fn line(&self) -> String {
        let places = if self.in_body { ("from_body_field", "to_body_field") } else { ("from", "to") };
        format!(
            "window: {{ field: {}, {}: {}, {}: {}, format: {}, start: \"2020-01-01\", step: 30d }}",
            scalar(&self.field),
            places.0,
            quoted(&self.from),
            places.1,
            quoted(&self.to),
            self.format
        )
    }
}

/// What a field of a record tells by its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tells {
    /// When it was last changed: what is new has a later one, whatever happened to it.
    Change,
    /// When it came to be: a change to what is older is not seen by it.
    Birth,
}

/// Words of a name that say that a time is meant, and not of what.
const TIMES: [&str; 12] =
    ["at", "on", "time", "date", "datetime", "timestamp", "ts", "utc", "millis", "ms", "seconds", "unix"];

const FROM: [&str; 13] = [
    "since",
    "after",
    "gte",
    "gt",
    "ge",
    "min",
    "from",
    "start",
    "starting",
    "begin",
    "beginning",
    "greater",
    "newer",
];

/// The ends of windows by their starts.
const TO: [(&str, &str); 13] = [
    ("since", "until"),
    ("since", "before"),
    ("since", "to"),
    ("after", "before"),
    ("from", "to"),
    ("from", "until"),
    ("start", "end"),
    ("starting", "ending"),
    ("begin", "end"),
    ("gte", "lte"),
    ("gte", "lt"),
    ("gt", "lt"),
    ("min", "max"),
];

/// Things that are written once: a later change to one is none.
const WRITTEN_ONCE: [&str; 12] = [
    "event",
    "log",
    "audit",
    "activity",
    "history",
    "changelog",
    "record",
    "login",
    "webhook",
    "delivery",
    "entry",
    "metric",
];

/// How a later run of a list reads only what is new: by when records were changed, and else by when they came to be.
pub(super) fn cursor(
    types: &Types,
    record: &Object,
    operation: &Operation,
    paged: &[&str],
) -> Option<CursorGuess> {
    let mut found: Vec<(u32, CursorGuess)> = Vec::new();
    for asked in asked(types, operation, paged) {
        let Some(format) = asked.format(types) else { continue };
        for field in &record.fields {
            let Some(tells) = tells(types, field) else { continue };
            let Some((rank, confidence, reason)) = fit(types, field, tells, &asked, operation) else {
                continue;
            };
            let guess = CursorGuess {
                field: written(std::slice::from_ref(&field.name)),
                parameter: asked.name.clone(),
                in_body: asked.in_body,
                format: format.to_owned(),
                required: asked.required,
                confidence,
                reason,
            };
            found.push((rank, guess));
        }
    }
    // Of what fits as well, the first; and one that takes the last record once more rather than one that leaves out others of its time.
    let exclusive = |guess: &CursorGuess| {
        words::words(&guess.parameter)
            .iter()
            .any(|word| matches!(word.as_str(), "gt" | "greater" | "newer" | "after"))
    };
    found
        .into_iter()
        .rev()
        .max_by_key(|(rank, guess)| (guess.confidence, *rank, !exclusive(guess)))
        .map(|(_, guess)| guess)
}

/// The window that a list can be read by: a start, an end, and the field that both are about.
pub(super) fn window(
    types: &Types,
    record: &Object,
    operation: &Operation,
    paged: &[&str],
) -> Option<WindowGuess> {
    let cursor = cursor(types, record, operation, paged)?;
    let start = words::words(&cursor.parameter);
    let end = asked(types, operation, &[]).into_iter().find(|asked| {
        let name = words::words(&asked.name);
        asked.in_body == cursor.in_body
            && name.len() == start.len()
            && name != start
            && asked.format(types).is_some_and(|format| format == cursor.format)
            && TO.iter().any(|(from, to)| {
                start.iter().zip(&name).all(|(one, other)| one == other || (one == from && other == to))
            })
    })?;
    Some(WindowGuess {
        reason: format!(
            "`{}` and `{}` bound a time, and `{}` is one",
            cursor.parameter, end.name, cursor.field
        ),
        field: cursor.field,
        from: cursor.parameter,
        to: end.name,
        in_body: cursor.in_body,
        format: cursor.format,
        confidence: cursor.confidence,
    })
}

/// A query parameter, a property of one that is an object (`created[gte]`), or a field of the body (`filter.created_at.start_at`).
struct Asked {
    name: String,
    in_body: bool,
    type_ref: TypeRef,
    required: bool,
    /// Its description in small letters.
    prose: String,
}

/// Objects in objects of a body that are looked through.
const DEEPEST: usize = 5;

/// Fields of a body that are looked at.
const MOST: usize = 2_000;

fn asked(types: &Types, operation: &Operation, paged: &[&str]) -> Vec<Asked> {
    let of_query = operation.parameters.iter().filter(|parameter| {
        parameter.location == ParameterLocation::Query && !paged.contains(&parameter.name.as_str())
    });
    let mut all: Vec<Asked> = of_query
        .flat_map(|parameter| {
            let whole = Asked {
                name: parameter.name.clone(),
                in_body: false,
                type_ref: parameter.type_ref,
                required: parameter.required,
                prose: words::prose(parameter.description.as_deref()),
            };
            let fields = objects(types, parameter.type_ref).flat_map(|object| &object.fields);
            let properties = fields.map(|field| Asked {
                name: format!("{}[{}]", parameter.name, field.name),
                in_body: false,
                type_ref: field.type_ref,
                required: parameter.required && field.required,
                prose: words::prose(field.description.as_deref()),
            });
            std::iter::once(whole).chain(properties).collect::<Vec<_>>()
        })
        .collect();
    let body = operation.bodies.body.as_ref();
    if let Some(body) = body.filter(|body| matches!(body.content.media, Media::Json | Media::Form)) {
        let mut fields = Fields { types, path: Vec::new(), left: MOST, found: Vec::new() };
        fields.look(body.content.type_ref, body.required);
        all.extend(fields.found.into_iter().filter(|asked| !paged.contains(&asked.name.as_str())));
    }
    all
}

/// The fields of a body that are single values, each by its path. A field of the body can only be set in objects.
struct Fields<'t> {
    types: &'t Types,
    path: Vec<String>,
    /// How many may still be looked at: types can lead to one another without end, and each by many fields.
    left: usize,
    found: Vec<Asked>,
}

impl Fields<'_> {
    fn look(&mut self, from: TypeRef, required: bool) {
        if self.path.len() >= DEEPEST {
            return;
        }
        for field in objects(self.types, from).flat_map(|object| &object.fields) {
            let Some(left) = self.left.checked_sub(1) else { return };
            self.left = left;
            self.path.push(field.name.clone());
            let required = required && field.required;
            if objects(self.types, field.type_ref).next().is_some() {
                self.look(field.type_ref, required);
            } else {
                self.found.push(Asked {
                    name: written(&self.path),
                    in_body: true,
                    type_ref: field.type_ref,
                    required,
                    prose: words::prose(field.description.as_deref()),
                });
            }
            self.path.pop();
        }
    }
}

/// What stands around the conditions of a search, and says nothing of what they are about.
const AROUND: [&str; 22] = [
    "filter",
    "filters",
    "query",
    "criteria",
    "criterion",
    "condition",
    "conditions",
    "where",
    "search",
    "options",
    "params",
    "parameters",
    "request",
    "range",
    "ranges",
    "body",
    "data",
    "input",
    "filtering",
    "period",
    "interval",
    "window",
];

impl Asked {
    /// The words of its name; of a path, those that say what it is about.
    fn subject(&self) -> Vec<String> {
        let mut name = words::words(&self.name);
        if self.in_body {
            name.retain(|word| !AROUND.contains(&word.as_str()));
        }
        name
    }

    fn is_timed(&self, types: &Types) -> bool {
        let (kinds, _) = alternatives(types, self.type_ref);
        let by_format = kinds.iter().any(|id| match &types.get(*id).kind {
            TypeKind::Text(format) => matches!(format.as_str(), "date-time" | "date"),
            _ => false,
        });
        by_format || words::about_time("", &self.prose)
    }

    /// How it writes a time.
    fn format(&self, types: &Types) -> Option<&'static str> {
        let (kinds, _) = alternatives(types, self.type_ref);
        let kind = kinds.first().map(|id| &types.get(*id).kind)?;
        let millis = words::says(&self.prose, &["milliseconds", "millisecond", "ms"])
            || words::words(&self.name).iter().any(|word| matches!(word.as_str(), "ms" | "millis"));
        Some(match kind {
            TypeKind::Integer(_) | TypeKind::Number(_) if millis => "epoch_milliseconds",
            TypeKind::Integer(_) | TypeKind::Number(_) => "epoch_seconds",
            TypeKind::Text(format) if format == "date" => "date",
            TypeKind::Text(_) => "rfc3339",
            _ => return None,
        })
    }
}

/// How well a parameter takes the time that a field holds, and why.
fn fit(
    types: &Types,
    field: &Field,
    tells: Tells,
    asked: &Asked,
    operation: &Operation,
) -> Option<(u32, Confidence, String)> {
    let name = asked.subject();
    // Of a path, its end says which bound it is.
    let own = asked.name.rsplit('.').next().filter(|_| asked.in_body).map(words::words);
    if !own.as_ref().unwrap_or(&name).iter().any(|word| FROM.contains(&word.as_str())) {
        return None;
    }
    let prose = &asked.prose;
    let subject = |names: &[String]| -> Vec<String> {
        let bare = |word: &&String| {
            !TIMES.contains(&word.as_str())
                && !FROM.contains(&word.as_str())
                && !matches!(word.as_str(), "than" | "or" | "equal" | "filter" | "last" | "eq" | "query")
        };
        names.iter().filter(bare).map(|word| stem(word)).collect()
    };
    let (about, held) = (subject(&name), subject(&words::words(&field.name)));
    let both = words::says(prose, &["updated", "updated_at", "modified", "update"])
        && words::says(prose, &["created", "created_at", "creation"]);
    // The parameter says of which time it speaks, or its prose does, or it speaks of time alone.
    let named = !about.is_empty() && about == held;
    let said = about.is_empty() && !both && held.iter().any(|word| prose_has(prose, word));
    let alone = about.is_empty() && asked.is_timed(types);
    let once = || {
        words::words(&operation.head.path)
            .iter()
            .any(|word| WRITTEN_ONCE.contains(&words::singular(word).as_str()))
    };
    let (field, parameter) = (&field.name, &asked.name);
    match tells {
        Tells::Change if named || said => {
            let why = format!(
                "`{field}` is when a record was changed, and `{parameter}` takes a time from which on"
            );
            Some((if named { 4 } else { 3 }, Confidence::Medium, why))
        }
        Tells::Change if alone && name.iter().any(|word| matches!(word.as_str(), "since" | "after")) => {
            let why = format!(
                "`{field}` is when a record was changed; whether `{parameter}` is about that time, the document does not say"
            );
            Some((1, Confidence::Low, why))
        }
        Tells::Birth if named || said || (alone && once()) => {
            let why = format!(
                "`{field}` is when a record came to be, and `{parameter}` takes a time from which on"
            );
            match once() {
                true => Some((
                    if named { 4 } else { 2 },
                    Confidence::Medium,
                    format!("{why}; by its path, what is listed is written once"),
                )),
                false => Some((
                    if named { 3 } else { 2 },
                    Confidence::Low,
                    format!("{why}: a change to an older one would not be seen"),
                )),
            }
        }
        Tells::Change | Tells::Birth => None,
    }
}

/// `create` of `created`, `creates` and `creation`: enough to compare the subjects of times.
fn stem(word: &str) -> String {
    if words::says("created creation create creates", &[word]) {
        return "create".to_owned();
    }
    if words::says("updated update updates modified modify modification changed change edited", &[word]) {
        return "update".to_owned();
    }
    words::singular(word).trim_end_matches("ed").trim_end_matches('r').to_owned()
}

fn prose_has(prose: &str, stem: &str) -> bool {
    prose.split(|c: char| !c.is_alphanumeric()).any(|word| !word.is_empty() && self::stem(word) == stem)
}

fn tells(types: &Types, field: &Field) -> Option<Tells> {
    let time = match &types.get(field.type_ref.id).kind {
        TypeKind::Integer(_) | TypeKind::Number(_) => true,
        TypeKind::Text(format) => matches!(format.as_str(), "" | "date-time" | "date"),
        _ => false,
    };
    let name = words::canonical(&field.name);
    match name.as_str() {
        _ if !time => None,
        "updated_at"
        | "updated"
        | "modified_at"
        | "modified"
        | "last_modified"
        | "last_updated"
        | "last_modified_at"
        | "last_updated_at"
        | "date_updated"
        | "date_modified"
        | "updated_on"
        | "modified_on"
        | "update_time"
        | "updated_time"
        | "modified_time"
        | "last_modified_time"
        | "last_modified_date"
        | "last_modified_date_time"
        | "updated_date"
        | "modified_date"
        | "last_update"
        | "changed_at"
        | "system_modstamp"
        | "last_update_time"
        | "updated_timestamp"
        | "update_date"
        | "date_last_updated"
        | "last_changed"
        | "updated_date_utc"
        | "last_edited_time" => Some(Tells::Change),
        "created_at" | "created" | "date_created" | "created_on" | "created_time" | "create_time"
        | "created_date" | "creation_date" | "creation_time" | "created_timestamp" | "create_date"
        | "inserted_at" | "timestamp" | "occurred_at" | "event_time" | "event_date" | "event_timestamp"
        | "execution_time" | "logged_at" | "sent_at" | "date_sent" | "received_at" | "time" | "date"
        | "login_at" | "created_date_time" => Some(Tells::Birth),
        _ => None,
    }
}
