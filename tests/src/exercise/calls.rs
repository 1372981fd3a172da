//! Each operation of a document called once through its generated method, with arguments drawn from the vendor's schemas, against a server that
//! judges requests by the document.

use std::fs;

use linchpin_codegen::generate::Connector;
use linchpin_codegen::model::{Media, Operation};
use serde_json::{Map, Value, json};

use super::driver::{BODY, Call};
use super::sample::{Integers, samples};
use super::schema::{Direction, Schemas};
use super::{Exercise, chance};

/// An operation that was called.
#[derive(Clone, Debug)]
pub struct Called {
    /// `METHOD /path`.
    pub operation: String,
    /// What it was called with, by the names of the method's arguments; none where nothing could be drawn, with the reason.
    pub arguments: Result<Map<String, Value>, String>,
    /// What came of it: `argument` for one that the method's type did not take; `error`, `sent` and `body` for a call that failed.
    pub outcome: Value,
}

/// How the methods of a connector are called.
pub(super) fn calls(connector: &Connector) -> Vec<Call> {
    let of_operation = |operation: &'_ Operation| {
        let names = |required: bool| {
            let of_kind = operation.parameters.iter().filter(move |parameter| parameter.required == required);
            of_kind.map(|parameter| parameter.ident.clone()).collect()
        };
        Call { method: operation.name.clone(), required: names(true), optional: names(false) }
    };
    connector.plan.api.operations.iter().map(of_operation).collect()
}

impl Exercise {
    /// Calls every operation of a connector once, with these environment variables.
    pub fn call_all(&self, environment: &[(String, String)]) -> Vec<Called> {
        let mut schemas = Schemas::new(&self.document);
        let operations = self.connector.plan.api.operations.iter();
        let mut called: Vec<Called> = operations
            .map(|operation| Called {
                operation: format!("{} {}", operation.head.method, operation.head.path),
                arguments: self.arguments(operation, &mut schemas),
                outcome: Value::Null,
            })
            .collect();
        let mut lines = String::new();
        for (number, called) in called.iter().enumerate() {
            if let Ok(arguments) = &called.arguments {
                lines.push_str(&format!("{number}\t{}\n", Value::Object(arguments.clone())));
            }
        }
        let folder = tempfile::tempdir().expect("a folder");
        let input = folder.path().join("calls");
        fs::write(&input, lines).expect("the calls");
        let run = self.program.run(folder.path(), ["calls".as_ref(), input.as_os_str()]);
        let run = environment.iter().fold(run, |run, (name, value)| run.env(name, value));
        let outcomes = run.end().with(0).json_lines();
        let drawn = called.iter_mut().filter(|called| called.arguments.is_ok());
        for (called, outcome) in drawn.zip(outcomes) {
            called.outcome = outcome;
        }
        called
    }

    /// Arguments of an operation, drawn from the vendor's document.
    fn arguments(
        &self,
        operation: &Operation,
        schemas: &mut Schemas<'_>,
    ) -> Result<Map<String, Value>, String> {
        let head = &operation.head;
        let place = format!("{} {}", head.method, head.path);
        let written = self.document.operation(&head.method, &head.path).ok_or("not in the document")?;
        let mut arguments = Map::new();
        for parameter in &operation.parameters {
            let location = format!("{:?}", parameter.location).to_ascii_lowercase();
            let known = written.parameters.iter();
            let mut known = known.filter(|known| known.name == parameter.name && known.location == location);
            let known =
                known.next().ok_or_else(|| format!("no parameter `{}` in the document", parameter.name))?;
            match draw(schemas, &known.schema, &format!("{place} {}", parameter.name)) {
                Ok(value) => drop(arguments.insert(parameter.ident.clone(), value)),
                Err(why) if parameter.required => return Err(format!("{}: {why}", parameter.name)),
                Err(_) => {}
            }
        }
        if let Some(body) = &operation.bodies.body {
            let media_type = &body.content.media_type;
            let known = written.requests.iter().find(|known| known.media_type == *media_type);
            let known = known.ok_or_else(|| format!("no body of `{media_type}` in the document"))?;
            match draw(schemas, &known.schema, &place) {
                Ok(value) => {
                    // A text is what is sent, whatever the document says that it stands for.
                    let as_text =
                        matches!(body.content.media, Media::Text | Media::Bytes) && !value.is_string();
                    let value = match value {
                        value if as_text => json!(value.to_string()),
                        Value::Object(entries) if body.content.media == Media::Multipart => {
                            let part = |name: &str| body.parts.iter().find(|part| part.name == name);
                            let named = entries.into_iter().filter_map(|(name, value)| {
                                part(&name).map(|part| (part.ident.clone(), value))
                            });
                            named.collect()
                        }
                        value => value,
                    };
                    arguments.insert(BODY.to_owned(), value);
                }
                Err(why) => return Err(format!("the body: {why}")),
            }
        }
        Ok(arguments)
    }
}

/// The first value that the schema allows, and that says something.
fn draw(schemas: &mut Schemas<'_>, schema: &Value, what: &str) -> Result<Value, String> {
    let schema = schemas.standalone(schema, Direction::Request);
    let validator = jsonschema::options().should_validate_formats(true).build(&schema);
    let validator = validator.map_err(|error| error.to_string())?;
    let drawn = samples(&schema, Integers::Interoperable, chance(what)).map_err(|why| format!("{why:?}"))?;
    let mut why = "nothing but null".to_owned();
    for value in drawn {
        match validator.validate(&value) {
            Ok(()) if !value.is_null() && value != json!("") => return Ok(value),
            Ok(()) => {}
            Err(error) => why = error.to_string(),
        }
    }
    Err(why)
}
