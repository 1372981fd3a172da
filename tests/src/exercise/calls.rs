//! Each operation of a document called once through its generated method, with arguments drawn from the vendor's schemas, against a server that
//! judges requests by the document.

use std::fs;
use std::path::Path;

use linchpin_codegen::generate::Connector;
use serde_json::{Map, Value, json};

use crate::program::Program;
use crate::wrapper::{Wrapper, connector, generate_from};

use super::chance;
use super::document::Document;
use super::driver::{BODY, Call, DEPENDENCIES, Surface};
use super::sample::samples;
use super::schema::{Direction, standalone};

/// An operation that was called.
#[derive(Clone, Debug)]
pub struct Called {
    /// `METHOD /path`.
    pub operation: String,
    /// What it was called with, by the names of the method's arguments; none where nothing could be drawn, with the reason.
    pub arguments: Result<Map<String, Value>, String>,
    /// What came of it: `argument` for one that the method's type did not take; `error`, `status` and `body` for a call that failed.
    pub outcome: Value,
}

/// A connector of all operations of a document, and what its program needs to be called.
pub struct Callee {
    document: Document,
    connector: Connector,
    program: Program,
}

impl Callee {
    /// Generates and builds it. The manifest has that name, that `auth`, and a config field for each variable in it.
    pub fn build(path: &Path, name: &str, auth: &Value, config: &[&str]) -> Self {
        let fields: Map<String, Value> =
            config.iter().map(|field| ((*field).to_owned(), json!({ "description": "What the test gives." }))).collect();
        let manifest = json!({
            "version": 1,
            "name": name,
            "document": path.file_name().and_then(|name| name.to_str()).expect("a name"),
            "description": "All operations, against a mock.",
            "config": fields,
            "server": { "url": "https://example.com" },
            "auth": auth,
            "operations": ["all"],
        });
        let connector = connector(generate_from(&manifest.to_string(), path));
        let calls: Vec<Call<'_>> = connector
            .plan
            .api
            .operations
            .iter()
            .map(|operation| {
                let names = |required: bool| {
                    let of_kind = operation.parameters.iter().filter(move |parameter| parameter.required == required);
                    of_kind.map(|parameter| parameter.ident.as_str()).collect()
                };
                Call { method: &operation.name, required: names(true), optional: names(false) }
            })
            .collect();
        let main = Surface::of(&connector).program(&[], &calls);
        let wrapper = Wrapper::new(&connector).with_program(&connector, &main, DEPENDENCIES);
        let program = wrapper.build(&format!("drive-{name}"));
        Self { document: Document::read(path), connector, program }
    }

    /// Calls every operation, with these environment variables.
    pub fn call_all(&self, environment: &[(String, String)]) -> Vec<Called> {
        let operations = &self.connector.plan.api.operations;
        let mut called: Vec<Called> = (0..operations.len())
            .map(|number| Called {
                operation: format!("{} {}", operations[number].head.method, operations[number].head.path),
                arguments: self.arguments(number),
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
    fn arguments(&self, number: usize) -> Result<Map<String, Value>, String> {
        let operation = &self.connector.plan.api.operations[number];
        let head = &operation.head;
        let place = format!("{} {}", head.method, head.path);
        let written = self.document.operation(&head.method, &head.path).ok_or("not in the document")?;
        let mut arguments = Map::new();
        for parameter in &operation.parameters {
            let location = format!("{:?}", parameter.location).to_ascii_lowercase();
            let known = written.parameters.iter();
            let mut known = known.filter(|known| known.name == parameter.name && known.location == location);
            let known = known.next().ok_or_else(|| format!("no parameter `{}` in the document", parameter.name))?;
            match self.draw(&known.schema, &format!("{place} {}", parameter.name)) {
                Ok(value) => drop(arguments.insert(parameter.ident.clone(), value)),
                Err(why) if parameter.required => return Err(format!("{}: {why}", parameter.name)),
                Err(_) => {}
            }
        }
        if let Some(body) = &operation.body {
            let media_type = &body.content.media_type;
            let known = written.requests.iter().find(|known| known.media_type == *media_type);
            let known = known.ok_or_else(|| format!("no body of `{media_type}` in the document"))?;
            match self.draw(&known.schema, &place) {
                Ok(value) => drop(arguments.insert(BODY.to_owned(), value)),
                Err(why) => return Err(format!("the body: {why}")),
            }
        }
        Ok(arguments)
    }

    /// The first value that the schema allows, and that says something.
    fn draw(&self, schema: &Value, what: &str) -> Result<Value, String> {
        let schema = standalone(&self.document, schema, Direction::Request);
        let validator =
            jsonschema::options().should_validate_formats(true).build(&schema).map_err(|error| error.to_string())?;
        let drawn = samples(&schema, chance(what)).map_err(|why| format!("{why:?}"))?;
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
}
