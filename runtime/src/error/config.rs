use std::path::PathBuf;

/// A config value that is missing or does not fit. Never holds a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigProblem {
    /// A required value was not given.
    #[error(
        "the config value `{key}` is missing{}: set `{key}` in the config file or {variable} in the environment",
        if .description.is_empty() { String::new() } else { format!(" ({description})") }
    )]
    Missing {
        /// Its key in the config file.
        key: String,
        /// Its environment variable.
        variable: String,
        /// What it is for.
        description: &'static str,
    },
    /// A value does not fit.
    #[error("the config value `{key}` (environment: {variable}) cannot be used: {problem}")]
    Invalid {
        /// Its key in the config file.
        key: String,
        /// Its environment variable.
        variable: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A key that the connector does not have.
    #[error("the config key `{key}` is unknown; the keys are: {}", .known.join(", "))]
    Unknown {
        /// The key.
        key: String,
        /// Every key that there is.
        known: Vec<String>,
    },
    /// The file cannot be read or understood.
    #[error("the config file {place} cannot be read: {problem}")]
    File {
        /// Its path.
        place: String,
        /// What is wrong.
        problem: String,
    },
    /// The machine cannot make TLS connections.
    #[error("no HTTP client can be made on this machine: {0}")]
    Machine(String),
}

/// Something about the configuration that the user should know and that stops nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigWarning {
    /// The file holds a secret and others on this machine can read it.
    #[error("{} holds a secret and can be read by other users of this machine; run `chmod 600` on it", .0.display())]
    ReadableByOthers(PathBuf),
}
