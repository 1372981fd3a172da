//! What the user of a connector fills in: values by name, from a file and from the environment, with the contract's defaults.

mod sources;

pub use crate::error::config::{ConfigProblem, ConfigWarning};

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::contract::{Auth, ConfigField, Contract, OtherServer, Partition, Security};
use crate::error::Error;
use crate::redact::Redactor;

/// Extra key of every connector: which of the contract's environments to talk to.
const ENVIRONMENT: &str = "environment";
/// Extra key of every connector: a base URL in place of the contract's.
const BASE_URL: &str = "base_url";

/// Extra key of connectors with tokens: the file that keeps them.
const TOKEN_STORE: &str = "token_store";

/// The values of one connector. `Debug` shows which are there, and no secret.
#[derive(Clone)]
pub struct Config {
    contract: &'static Contract,
    values: BTreeMap<String, SecretString>,
    warnings: Vec<ConfigWarning>,
}

impl Config {
    /// Reads the file, if one is given, and then the environment, which wins: field `api_token` of connector `zendesk` is
    /// `ZENDESK_API_TOKEN`. The file is YAML or JSON, one key a field. Two keys are there for every connector: `environment` and `base_url`;
    /// and for each further server of its contract there is `NAME_base_url`.
    ///
    /// # Errors
    /// The file cannot be read or holds a key that the connector does not know. Missing values are found by [`Config::check`].
    pub fn load(contract: &'static Contract, file: Option<&Path>) -> Result<Self, Error> {
        let mut config = Self::empty(contract);
        if let Some(path) = file {
            let text = sources::read(path)?;
            config.read_text(&text, &path.display().to_string())?;
            if config.holds_secret() {
                config.warnings.extend(sources::readable_by_others(path));
            }
        }
        config.read_environment(&|name| std::env::var(name).ok())?;
        Ok(config)
    }

    /// Values by name.
    ///
    /// # Errors
    /// A name that the connector does not know, or a value with control characters.
    pub fn from_pairs<K: AsRef<str>, V: Into<String>>(
        contract: &'static Contract,
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, Error> {
        let mut config = Self::empty(contract);
        for (name, value) in pairs {
            config.set(name.as_ref(), value.into())?;
        }
        Ok(config)
    }

    fn empty(contract: &'static Contract) -> Self {
        Self { contract, values: BTreeMap::new(), warnings: Vec::new() }
    }

    fn read_text(&mut self, text: &str, place: &str) -> Result<(), Error> {
        for (name, value) in sources::parse(text, place)? {
            self.set(&name, value)?;
        }
        Ok(())
    }

    fn read_environment(&mut self, variable: &dyn Fn(&str) -> Option<String>) -> Result<(), Error> {
        let contract = self.contract;
        for name in keys(contract) {
            if let Some(value) = variable(&self.variable(&name)) {
                self.set(&name, value)?;
            }
        }
        Ok(())
    }

    /// An empty value is none: that is what an unset variable of a shell or a blank line of a file means.
    fn set(&mut self, name: &str, value: String) -> Result<(), Error> {
        if !keys(self.contract).any(|known| known == name) {
            let known = keys(self.contract).collect();
            return Err(ConfigProblem::Unknown { key: name.to_owned(), known }.into());
        }
        // A private key has lines; it goes into no request as it is.
        let has_lines = value.trim_start().starts_with("-----BEGIN ");
        if value.chars().any(|c| c.is_control() && !(has_lines && matches!(c, '\n' | '\r'))) {
            return Err(self.invalid(name, "it holds a line break or another control character"));
        }
        if !value.is_empty() {
            self.values.insert(name.to_owned(), value.into());
        }
        Ok(())
    }

    /// What the user should know and that stops nothing: a file of secrets that others can read.
    pub fn warnings(&self) -> &[ConfigWarning] {
        &self.warnings
    }

    /// The contract whose values these are.
    pub fn contract(&self) -> &'static Contract {
        self.contract
    }

    /// A value as given, or its default. It may be a secret.
    pub fn value(&self, name: &str) -> Option<&str> {
        let given = self.values.get(name).map(ExposeSecret::expose_secret);
        given.or_else(|| self.field(name).and_then(|field| field.default))
    }

    /// Replaces each `{name}` by its value. The text may hold a secret afterwards.
    ///
    /// # Errors
    /// A value is missing; the error says how to set it.
    pub fn expand(&self, template: &str) -> Result<String, Error> {
        let mut text = String::with_capacity(template.len());
        let mut rest = template;
        while let Some((before, name, after)) = split_variable(rest) {
            text.push_str(before);
            text.push_str(self.value(name).ok_or_else(|| self.missing(name))?);
            rest = after;
        }
        text.push_str(rest);
        Ok(text)
    }

    /// Whether every required value is there. Where `base_url` is given, values that only the contract's own URLs need are not required;
    /// nor are those of the credential where no operation needs one.
    ///
    /// # Errors
    /// The first value that is missing, with how to set it.
    pub fn check(&self) -> Result<(), Error> {
        self.base_url()?;
        self.check_choice()?;
        let contract = self.contract;
        let only_in_url = |field: &ConfigField| {
            let in_url = std::iter::once(contract.server.url)
                .chain(contract.server.environments.iter().map(|(_, url)| *url))
                .chain(contract.server.others.iter().map(|other| other.url))
                .chain(contract.auth.endpoints().into_iter().map(|(_, url)| url))
                .any(|url| variables(url).any(|name| name == field.name));
            in_url && !templates(contract).any(|text| variables(text).any(|name| name == field.name))
        };
        let only_in_credential = |field: &ConfigField| {
            let uses = |text: &str| variables(text).any(|name| name == field.name);
            !credential_is_required(contract)
                && contract.auth.templates().into_iter().any(uses)
                && !templates_but_auth(contract).any(uses)
        };
        // What only those ways to authorise need that are not chosen.
        let only_in_others = |field: &ConfigField| {
            let uses = |text: &str| variables(text).any(|name| name == field.name);
            contract.auth.templates().into_iter().any(uses)
                && !self.auth().templates().into_iter().any(uses)
                && !templates_but_auth(contract).any(uses)
        };
        let missing = contract.config.iter().find(|field| {
            self.value(field.name).is_none()
                && !only_in_url(field)
                && !only_in_credential(field)
                && !only_in_others(field)
        });
        missing.map_or(Ok(()), |field| Err(self.missing(field.name)))
    }

    /// Where the API is: `base_url`, or the contract's URL for the chosen `environment`. Plain `http` is for the loopback interface only.
    ///
    /// # Errors
    /// A value of it is missing, the environment is unknown, or the text is no URL that requests may go to.
    pub fn base_url(&self) -> Result<Url, Error> {
        let server = &self.contract.server;
        let (key, text) = if let Some(url) = self.value(BASE_URL) {
            (BASE_URL, url.to_owned())
        } else if let Some(chosen) = self.value(ENVIRONMENT) {
            let found = server.environments.iter().find(|(name, _)| *name == chosen);
            let (_, url) = found.ok_or_else(|| {
                let known: Vec<_> = server.environments.iter().map(|(name, _)| *name).collect();
                let known = if known.is_empty() { "there is none".to_owned() } else { known.join(", ") };
                self.invalid(ENVIRONMENT, format!("the connector has no environment of that name: {known}"))
            })?;
            (ENVIRONMENT, self.expand_url(url)?)
        } else {
            (variables(server.url).next().unwrap_or(BASE_URL), self.expand_url(server.url)?)
        };
        self.url(key, &text)
    }

    /// The URL of one of the contract's other servers. `None` where `base_url` or `environment` replaces the server and nothing replaces
    /// this one: what is meant for a trial must not reach the real one.
    ///
    /// # Errors
    /// As [`Config::base_url`].
    pub(crate) fn other_base_url(&self, index: usize) -> Result<Option<Url>, Error> {
        let Some(other) = self.contract.server.others.get(index) else { return Ok(None) };
        let key = other_key(other);
        if let Some(text) = self.value(&key) {
            return self.url(&key, text).map(Some);
        }
        if self.replaces_server() {
            return Ok(None);
        }
        self.url(variables(other.url).next().unwrap_or(&key), &self.expand_url(other.url)?).map(Some)
    }

    /// A URL of the authorisation server: that of the key, else the contract's. A path stands on the origin of the API's server, and so does
    /// what the contract has on that origin; where `base_url` or `environment` replaces the server, anything else has to be replaced too,
    /// because what is meant for a trial must not reach the real one.
    ///
    /// # Errors
    /// A value is missing or is no URL that secrets may be sent to.
    pub(crate) fn endpoint(&self, key: &'static str, template: &'static str) -> Result<Url, Error> {
        let text = match self.value(key) {
            Some(text) => text.to_owned(),
            None if template.starts_with('/') => return self.on_server(template, key),
            None if self.replaces_server() => {
                let own = self.expand(self.contract.server.url).ok().and_then(|url| Url::parse(&url).ok());
                let url = self.expand(template).ok().and_then(|url| Url::parse(&url).ok());
                return match (own, url) {
                    (Some(own), Some(url)) if own.origin() == url.origin() => self.on_server(url.path(), key),
                    _ => Err(ConfigProblem::Missing {
                        key: key.to_owned(),
                        variable: self.variable(key),
                        description: "the authorisation server has to be replaced as the connector's server is",
                    }
                    .into()),
                };
            }
            None => self.expand_url(template)?,
        };
        let url = Url::parse(&text).map_err(|error| self.invalid(key, error.to_string()))?;
        let secure = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
        if !secure || !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            let problem =
                "it has to be https, or http on the loopback interface, without a user and without `#`";
            return Err(self.invalid(key, problem));
        }
        Ok(url)
    }

    fn on_server(&self, path: &str, key: &str) -> Result<Url, Error> {
        self.base_url()?.join(path).map_err(|error| self.invalid(key, error.to_string()))
    }

    /// Whether the configuration says where the API is, in place of the contract.
    pub(crate) fn replaces_server(&self) -> bool {
        self.value(BASE_URL).is_some() || self.value(ENVIRONMENT).is_some()
    }

    /// The file that keeps tokens, where the user names one.
    pub(crate) fn token_store(&self) -> Option<&Path> {
        self.value(TOKEN_STORE).map(Path::new)
    }

    /// That nothing says where one of the other servers is.
    pub(crate) fn other_is_missing(&self, index: usize) -> Error {
        let key = self.contract.server.others.get(index).map(other_key).unwrap_or_default();
        let description =
            "the operation has a server of its own, which has to be replaced as the connector's is";
        ConfigProblem::Missing { variable: self.variable(&key), key, description }.into()
    }

    /// The path of the contract's own URL, without a slash at its end.
    pub(crate) fn own_path(&self) -> String {
        let url = self.contract.server.url;
        let url = self.expand(url).unwrap_or_else(|_| url.to_owned());
        let rest = url.split_once("://").map_or("", |(_, rest)| rest);
        let path = rest.split_once('/').map_or("", |(_, path)| path).trim_end_matches('/');
        if path.is_empty() { String::new() } else { format!("/{path}") }
    }

    /// A URL that requests may go to.
    fn url(&self, key: &str, text: &str) -> Result<Url, Error> {
        let problem = match Url::parse(text) {
            Err(error) => error.to_string(),
            Ok(url) if !url.username().is_empty() || url.password().is_some() => {
                "a base URL holds no user name or password".to_owned()
            }
            Ok(url) if url.query().is_some() || url.fragment().is_some() => {
                "a base URL holds no `?` and no `#`".to_owned()
            }
            Ok(url) if url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url)) => {
                return Ok(url);
            }
            Ok(_) => "a base URL is https, or http on the loopback interface".to_owned(),
        };
        Err(self.invalid(key, problem))
    }

    /// A value stays within the part of the URL where it stands: `evil.test/` is no subdomain.
    fn expand_url(&self, template: &str) -> Result<String, Error> {
        let leaves = |c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '@' | '\\');
        match variables(template).find(|name| self.value(name).is_some_and(|value| value.contains(leaves))) {
            Some(name) => Err(self.invalid(name, "in a URL it holds none of `/ ? # @ \\` and no space")),
            None => self.expand(template),
        }
    }

    /// Whether a value of the credential is missing that nothing needs.
    pub(crate) fn lacks_credential(&self) -> bool {
        !credential_is_required(self.contract)
            && self.credential_keys().into_iter().any(|key| self.value(key).is_none())
    }

    /// How requests are authorised: the contract's auth, or of a choice the one that is chosen. Of a choice that [`Config::check`] refuses, none.
    pub(crate) fn auth(&self) -> &'static Auth {
        match &self.contract.auth {
            Auth::Choice { by, of } => {
                let chosen = self.value(by);
                of.iter().find(|(name, _)| Some(*name) == chosen).map_or(&Auth::None, |(_, auth)| auth)
            }
            auth => auth,
        }
    }

    /// The config value by which one of several ways to authorise is chosen, and what it is.
    #[cfg(feature = "cli")]
    pub(crate) fn choice(&self) -> Option<(&'static str, &str)> {
        match &self.contract.auth {
            Auth::Choice { by, .. } => self.value(by).map(|chosen| (*by, chosen)),
            _ => None,
        }
    }

    fn check_choice(&self) -> Result<(), Error> {
        let Auth::Choice { by, of } = &self.contract.auth else { return Ok(()) };
        let chosen = self.value(by).ok_or_else(|| self.missing(by))?;
        if of.iter().any(|(name, _)| *name == chosen) {
            return Ok(());
        }
        let known: Vec<&str> = of.iter().map(|(name, _)| *name).collect();
        Err(self.invalid(
            by,
            format!("it chooses how requests are authorised, and is one of: {}", known.join(", ")),
        ))
    }

    /// Config keys that make up the credential.
    pub(crate) fn credential_keys(&self) -> Vec<&'static str> {
        let mut keys = Vec::new();
        for key in self.auth().templates().into_iter().flat_map(variables) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys
    }

    /// Everything that must not be seen.
    pub(crate) fn redactor(&self) -> Redactor {
        let mut redactor = Redactor::default();
        let credential = self.credential_keys();
        for (name, value) in &self.values {
            if self.is_secret(name) && (credential.contains(&name.as_str()) || self.field(name).is_some()) {
                redactor.add(value.expose_secret());
            }
        }
        redactor
    }

    fn field(&self, name: &str) -> Option<&'static ConfigField> {
        self.contract.config.iter().find(|field| field.name == name)
    }

    pub(crate) fn is_secret(&self, name: &str) -> bool {
        self.field(name).is_some_and(|field| field.secret)
    }

    fn holds_secret(&self) -> bool {
        self.values.keys().any(|name| self.is_secret(name))
    }

    /// `ZENDESK_API_TOKEN`
    fn variable(&self, name: &str) -> String {
        let text = format!("{}_{name}", self.contract.name).to_uppercase();
        text.replace(|c: char| !c.is_ascii_alphanumeric(), "_")
    }

    fn missing(&self, name: &str) -> Error {
        let description = self.field(name).map_or("", |field| field.description);
        ConfigProblem::Missing { key: name.to_owned(), variable: self.variable(name), description }.into()
    }

    /// A value that does not fit, for `problem`.
    pub(crate) fn invalid(&self, name: &str, problem: impl Into<String>) -> Error {
        let (key, variable, problem) = (name.to_owned(), self.variable(name), problem.into());
        ConfigProblem::Invalid { key, variable, problem }.into()
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Config");
        shown.field("connector", &self.contract.name);
        for (name, value) in &self.values {
            let text = if self.is_secret(name) { "***" } else { value.expose_secret() };
            shown.field(name, &text);
        }
        shown.finish()
    }
}

/// Every key that a connector's configuration may have.
fn keys(contract: &'static Contract) -> impl Iterator<Item = String> {
    let fields = contract.config.iter().map(|field| field.name.to_owned());
    fields
        .chain([ENVIRONMENT.to_owned(), BASE_URL.to_owned()])
        .chain(contract.server.others.iter().map(other_key))
        .chain(contract.auth.endpoints().into_iter().map(|(key, _)| key.to_owned()))
        .chain(contract.auth.has_tokens().then(|| TOKEN_STORE.to_owned()))
}

/// The key that puts another URL in the place of a further server.
pub(crate) fn other_key(other: &OtherServer) -> String {
    format!("{}_{BASE_URL}", other.name)
}

/// Whether some operation cannot do without the credential.
fn credential_is_required(contract: &Contract) -> bool {
    contract.operations.iter().all(|operation| operation.security == Security::None)
        || contract.operations.iter().any(|operation| operation.security == Security::Required)
}

/// Whether the URL's host is this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Every text of the contract that takes values, without its URLs.
fn templates(contract: &'static Contract) -> impl Iterator<Item = &'static str> {
    contract.auth.templates().into_iter().chain(templates_but_auth(contract))
}

fn templates_but_auth(contract: &'static Contract) -> impl Iterator<Item = &'static str> {
    let streams = contract.streams.iter().flat_map(|stream| {
        let start = stream.cursor.as_ref().and_then(|cursor| cursor.start);
        let slices = stream.slices.iter().flat_map(|slices| {
            let each: &[&str] = if let Partition::Each(each) = &slices.partition { each.values } else { &[] };
            each.iter().copied().chain(slices.window.as_ref().map(|window| window.start))
        });
        stream.parameters.iter().map(|(_, value)| *value).chain(start).chain(slices)
    });
    contract.headers.iter().map(|(_, value)| *value).chain(streams)
}

/// The names of the `{name}`s in a template.
pub(crate) fn variables(template: &str) -> impl Iterator<Item = &str> {
    let mut rest = template;
    std::iter::from_fn(move || {
        let (_, name, after) = split_variable(rest)?;
        rest = after;
        Some(name)
    })
}

fn split_variable(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

#[cfg(test)]
mod tests;
