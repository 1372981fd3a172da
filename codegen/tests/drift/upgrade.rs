//! A document of Swagger 2.0 as OpenAPI 3.0: the same API in the other dialect, keyword by keyword, and nothing repaired.

use serde_json::{Map, Value, json};

const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "head", "patch"];

/// Keys of a parameter or header that are no part of its schema.
const AROUND: [&str; 8] =
    ["name", "in", "description", "required", "collectionFormat", "schema", "allowEmptyValue", "deprecated"];

pub(super) fn upgraded(document: &Value) -> Value {
    let upgrade = Upgrade { root: document };
    let mut paths = Map::new();
    for (path, item) in entries(document.get("paths")) {
        let item = upgrade.resolved(item);
        let mut made = Map::new();
        for (method, operation) in entries(Some(item)).filter(|(key, _)| METHODS.contains(&key.as_str())) {
            made.insert(method.clone(), upgrade.operation(item, operation));
        }
        paths.insert(path.clone(), Value::Object(made));
    }
    let mut whole = json!({
        "openapi": "3.0.3",
        "info": document.get("info"),
        "servers": upgrade.servers(),
        "paths": paths,
        "components": {
            "schemas": entries(document.get("definitions"))
                .map(|(name, schema)| (name.clone(), upgrade.schema(schema)))
                .collect::<Map<_, _>>(),
            "securitySchemes": entries(document.get("securityDefinitions"))
                .map(|(name, scheme)| (name.clone(), scheme_of(scheme)))
                .collect::<Map<_, _>>(),
        },
    });
    if let (Some(security), Some(whole)) = (document.get("security"), whole.as_object_mut()) {
        whole.insert("security".to_owned(), security.clone());
    }
    whole
}

fn entries(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten()
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

fn scheme_of(scheme: &Value) -> Value {
    let text = |key: &str| scheme.get(key).cloned();
    match scheme.get("type").and_then(Value::as_str) {
        Some("basic") => json!({"type": "http", "scheme": "basic"}),
        Some("oauth2") => {
            let flow = match scheme.get("flow").and_then(Value::as_str).unwrap_or_default() {
                "application" => "clientCredentials",
                "accessCode" => "authorizationCode",
                flow => flow,
            };
            let mut urls = Map::new();
            for key in ["authorizationUrl", "tokenUrl", "scopes"] {
                urls.extend(text(key).map(|value| (key.to_owned(), value)));
            }
            json!({"type": "oauth2", "flows": {flow: urls}})
        }
        _ => scheme.clone(),
    }
}

struct Upgrade<'d> {
    root: &'d Value,
}

impl<'d> Upgrade<'d> {
    fn resolved(&self, value: &'d Value) -> &'d Value {
        let target = value.get("$ref").and_then(Value::as_str);
        target.and_then(|target| self.root.pointer(target.trim_start_matches('#'))).unwrap_or(value)
    }

    fn servers(&self) -> Value {
        let text = |key: &str| self.root.get(key).and_then(Value::as_str).unwrap_or_default();
        let mut schemes = texts(self.root.get("schemes"));
        if schemes.is_empty() {
            schemes.push("https".to_owned());
        }
        if text("host").is_empty() {
            return json!([{"url": if text("basePath").is_empty() { "/" } else { text("basePath") }}]);
        }
        let url =
            |scheme: &String| json!({"url": format!("{scheme}://{}{}", text("host"), text("basePath"))});
        schemes.iter().map(url).collect()
    }

    /// The media types of an operation, else of the document, else JSON.
    fn media(&self, operation: &Value, key: &str) -> Vec<String> {
        let names = texts(operation.get(key).or_else(|| self.root.get(key)));
        if names.is_empty() { vec!["application/json".to_owned()] } else { names }
    }

    fn schema(&self, value: &Value) -> Value {
        match value {
            Value::Object(map) => {
                let mut made = Map::new();
                for (key, value) in map {
                    let text = value.as_str();
                    let (key, value) = match (key.as_str(), text) {
                        ("$ref", Some(text)) => {
                            ("$ref", json!(text.replace("#/definitions/", "#/components/schemas/")))
                        }
                        ("x-nullable", None) => ("nullable", value.clone()),
                        ("discriminator", Some(name)) => ("discriminator", json!({"propertyName": name})),
                        ("example" | "default" | "enum" | "required", _) => (key.as_str(), value.clone()),
                        ("properties", _) => {
                            let properties = entries(Some(value));
                            let made = properties.map(|(name, value)| (name.clone(), self.schema(value)));
                            ("properties", Value::Object(made.collect()))
                        }
                        _ => (key.as_str(), self.schema(value)),
                    };
                    made.insert(key.to_owned(), value);
                }
                if made.get("type").and_then(Value::as_str) == Some("file") {
                    made.insert("type".to_owned(), json!("string"));
                    made.insert("format".to_owned(), json!("binary"));
                }
                Value::Object(made)
            }
            Value::Array(items) => items.iter().map(|item| self.schema(item)).collect(),
            other => other.clone(),
        }
    }

    /// The schema that stands beside a parameter's name.
    fn beside(&self, parameter: &Value) -> Value {
        let around = |key: &str| AROUND.contains(&key);
        let own = entries(Some(parameter)).filter(|(key, _)| !around(key));
        let own: Map<String, Value> = own.map(|(key, value)| (key.clone(), value.clone())).collect();
        self.schema(&Value::Object(own))
    }

    fn operation(&self, item: &'d Value, operation: &'d Value) -> Value {
        let mut made = Map::new();
        for key in ["operationId", "tags", "deprecated", "security", "x-sunset", "x-stability-level"] {
            made.extend(operation.get(key).map(|value| (key.to_owned(), value.clone())));
        }
        let list = |of: &'d Value| of.get("parameters").and_then(Value::as_array).into_iter().flatten();
        let mut parameters: Vec<&Value> = Vec::new();
        for parameter in list(operation).chain(list(item)).map(|parameter| self.resolved(parameter)) {
            let key = |of: &Value| (of.get("name").cloned(), of.get("in").cloned());
            if !parameters.iter().any(|known| key(known) == key(parameter)) {
                parameters.push(parameter);
            }
        }
        let place =
            |parameter: &Value| parameter.get("in").and_then(Value::as_str).unwrap_or_default().to_owned();
        let plain = parameters.iter().filter(|one| !matches!(place(one).as_str(), "body" | "formData"));
        made.insert("parameters".to_owned(), plain.map(|parameter| self.parameter(parameter)).collect());
        if let Some(body) = parameters.iter().find(|parameter| place(parameter) == "body") {
            let schema = body.get("schema").map(|schema| self.schema(schema));
            let media = self.media(operation, "consumes").into_iter();
            let content: Map<String, Value> = media.map(|name| (name, json!({"schema": schema}))).collect();
            let required = body.get("required").cloned().unwrap_or(json!(false));
            made.insert("requestBody".to_owned(), json!({"required": required, "content": content}));
        } else {
            let fields: Vec<&Value> =
                parameters.iter().copied().filter(|parameter| place(parameter) == "formData").collect();
            made.extend(self.form(operation, &fields).map(|body| ("requestBody".to_owned(), body)));
        }
        let responses = entries(operation.get("responses")).filter(|(key, _)| !key.starts_with("x-"));
        let responses = responses
            .map(|(status, response)| (status.clone(), self.response(operation, self.resolved(response))));
        made.insert("responses".to_owned(), Value::Object(responses.collect()));
        Value::Object(made)
    }

    fn parameter(&self, parameter: &Value) -> Value {
        let mut made = Map::new();
        for key in ["name", "in", "required", "allowEmptyValue", "deprecated"] {
            made.extend(parameter.get(key).map(|value| (key.to_owned(), value.clone())));
        }
        made.insert("schema".to_owned(), self.beside(parameter));
        if parameter.get("type").and_then(Value::as_str) == Some("array") {
            let query = parameter.get("in").and_then(Value::as_str) == Some("query");
            let (style, explode) = match parameter.get("collectionFormat").and_then(Value::as_str) {
                Some("multi") => ("form", true),
                Some("ssv") => ("spaceDelimited", false),
                Some("pipes") => ("pipeDelimited", false),
                Some("tsv") => ("tabDelimited", false),
                _ => (if query { "form" } else { "simple" }, false),
            };
            made.insert("style".to_owned(), json!(style));
            made.insert("explode".to_owned(), json!(explode));
        }
        Value::Object(made)
    }

    fn form(&self, operation: &Value, fields: &[&Value]) -> Option<Value> {
        fields.first()?;
        let name = |field: &Value| field.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let needed = |field: &&&Value| field.get("required").and_then(Value::as_bool) == Some(true);
        let required: Vec<String> = fields.iter().filter(needed).map(|field| name(field)).collect();
        let properties: Map<String, Value> =
            fields.iter().map(|field| (name(field), self.beside(field))).collect();
        let mut schema = json!({"type": "object", "properties": properties});
        if let (false, Some(schema)) = (required.is_empty(), schema.as_object_mut()) {
            schema.insert("required".to_owned(), json!(required));
        }
        let consumes = texts(operation.get("consumes").or_else(|| self.root.get("consumes")));
        let files = fields.iter().any(|field| field.get("type").and_then(Value::as_str) == Some("file"));
        let (form, parts) = ("application/x-www-form-urlencoded", "multipart/form-data");
        let mut names: Vec<&str> = [form, parts]
            .into_iter()
            .filter(|name| consumes.iter().any(|consumed| consumed == name) && !(files && *name == form))
            .collect();
        if names.is_empty() {
            names.push(if files { parts } else { form });
        }
        let content: Map<String, Value> =
            names.into_iter().map(|name| (name.to_owned(), json!({"schema": schema}))).collect();
        Some(json!({"required": !required.is_empty(), "content": content}))
    }

    fn response(&self, operation: &Value, response: &Value) -> Value {
        let mut made = Map::new();
        let headers = entries(response.get("headers"))
            .map(|(name, header)| (name.clone(), json!({"schema": self.beside(header)})));
        let headers: Map<String, Value> = headers.collect();
        if !headers.is_empty() {
            made.insert("headers".to_owned(), Value::Object(headers));
        }
        if let Some(schema) = response.get("schema") {
            let file = schema.get("type").and_then(Value::as_str) == Some("file");
            let mut names = self.media(operation, "produces");
            if file {
                // The bytes of a file are no JSON, whatever the document as a whole produces.
                names.retain(|name| !name.contains("json") && name != "*/*");
                if names.is_empty() {
                    names.push("application/octet-stream".to_owned());
                }
            }
            let schema = self.schema(schema);
            let content: Map<String, Value> =
                names.into_iter().map(|name| (name, json!({"schema": schema}))).collect();
            made.insert("content".to_owned(), Value::Object(content));
        }
        Value::Object(made)
    }
}
