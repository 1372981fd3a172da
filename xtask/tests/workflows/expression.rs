//! Expressions of workflows, as far as those of `docs/ci` use them
//! (<https://docs.github.com/actions/reference/workflows-and-actions/expressions>).

use serde_json::Value;

/// Evaluates expressions by what steps and events know.
pub(crate) struct Context {
    /// `github`, `steps`, `needs`, `runner`, `env`.
    pub(crate) values: Value,
    /// Whether a step before has failed.
    pub(crate) failed: bool,
}

impl Context {
    /// A text with what stands in `${{ }}` replaced by its value.
    pub(crate) fn text(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${{") {
            let (expression, after) = after.split_once("}}").expect("an end of the expression");
            out.push_str(before);
            out.push_str(&shown(&self.value(expression)));
            rest = after;
        }
        out + rest
    }

    /// Whether something with this condition runs: without a word about what failed, only if nothing did.
    pub(crate) fn runs(&self, condition: Option<&str>) -> bool {
        let Some(condition) = condition else { return !self.failed };
        let says = ["success()", "failure()", "always()"].iter().any(|word| condition.contains(word));
        (says || !self.failed) && truthy(&self.value(condition))
    }

    fn value(&self, expression: &str) -> Value {
        let mut parser = Parser { context: self, rest: expression };
        let value = parser.either();
        assert_eq!(parser.rest.trim(), "", "the end of {expression:?}");
        value
    }
}

fn truthy(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(false)) && *value != "" && *value != 0
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

struct Parser<'p> {
    context: &'p Context,
    rest: &'p str,
}

impl Parser<'_> {
    fn take(&mut self, token: &str) -> bool {
        let rest = self.rest.trim_start().strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn either(&mut self) -> Value {
        let mut left = self.both();
        while self.take("||") {
            let right = self.both();
            left = if truthy(&left) { left } else { right };
        }
        left
    }

    fn both(&mut self) -> Value {
        let mut left = self.compared();
        while self.take("&&") {
            let right = self.compared();
            left = if truthy(&left) { right } else { left };
        }
        left
    }

    fn compared(&mut self) -> Value {
        let left = self.one();
        if self.take("==") {
            return (shown(&left) == shown(&self.one())).into();
        }
        if self.take("!=") {
            return (shown(&left) != shown(&self.one())).into();
        }
        left
    }

    fn one(&mut self) -> Value {
        if self.take("(") {
            let inner = self.either();
            assert!(self.take(")"), "a bracket before {:?}", self.rest);
            return inner;
        }
        if self.take("'") {
            let (text, rest) = self.rest.split_once('\'').expect("an end of the text");
            self.rest = rest;
            return text.into();
        }
        let start = self.rest.trim_start();
        let end = start.find(|sign: char| !(sign.is_alphanumeric() || "._-*".contains(sign)));
        let (name, rest) = start.split_at(end.unwrap_or(start.len()));
        assert!(!name.is_empty(), "a name before {start:?}");
        self.rest = rest;
        if !self.take("(") {
            return self.path(name);
        }
        let mut arguments = Vec::new();
        while !self.take(")") {
            arguments.push(self.either());
            self.take(",");
        }
        match (name, arguments.as_slice()) {
            ("success", []) => (!self.context.failed).into(),
            ("failure", []) => self.context.failed.into(),
            ("always", []) => true.into(),
            ("contains", [Value::Array(all), one]) => all.contains(one).into(),
            other => panic!("the function {other:?} is not known here"),
        }
    }

    fn path(&self, path: &str) -> Value {
        let mut value = self.context.values.clone();
        let mut parts = path.split('.');
        while let Some(part) = parts.next() {
            if part == "*" {
                let key: Vec<&str> = parts.collect();
                let each = value.as_array().into_iter().flatten();
                return each
                    .map(|one| one.pointer(&format!("/{}", key.join("/"))).cloned().unwrap_or_default())
                    .collect();
            }
            value = value.get(part).cloned().unwrap_or_default();
        }
        value
    }
}
