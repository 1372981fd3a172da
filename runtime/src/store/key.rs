use serde_json::value::RawValue;

/// A record's key that cannot be one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The field is not there.
    #[error("the key's field `{0}` is missing")]
    Missing(String),
    /// The field holds null.
    #[error("the key's field `{0}` is null")]
    Null(String),
    /// The field holds an empty text, or all of them do.
    #[error("the key's field `{0}` is empty")]
    Empty(String),
    /// The field holds an object or an array.
    #[error("the key's field `{0}` holds an object or an array, which is no key")]
    Composite(String),
    /// The field is no JSON value: the record was cut off.
    #[error("the key's field `{0}` cannot be read")]
    Unreadable(String),
}

/// The text of a key from its places' values as served, with their paths for the error. See the [module](super) for its form.
pub fn canonical_key(parts: &[(&str, Option<&RawValue>)]) -> Result<String, KeyError> {
    let mut texts = Vec::with_capacity(parts.len());
    for (path, raw) in parts {
        let path = || (*path).to_owned();
        let raw = raw.ok_or_else(|| KeyError::Missing(path()))?.get().trim();
        let text = match raw.as_bytes().first() {
            Some(b'"') => serde_json::from_str(raw).map_err(|_| KeyError::Unreadable(path()))?,
            Some(b'n') => return Err(KeyError::Null(path())),
            Some(b'{' | b'[') => return Err(KeyError::Composite(path())),
            Some(_) => raw.to_owned(),
            None => return Err(KeyError::Unreadable(path())),
        };
        texts.push(text);
    }
    if texts.iter().all(String::is_empty) {
        return Err(KeyError::Empty(parts.iter().map(|(path, _)| *path).collect::<Vec<_>>().join(", ")));
    }
    match <[String; 1]>::try_from(texts) {
        Ok([text]) => Ok(text),
        // A list of texts always serialises.
        Err(texts) => Ok(serde_json::Value::from(texts).to_string()),
    }
}
