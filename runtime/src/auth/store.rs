//! Where tokens are kept: in memory, or in a file that several processes share.
//!
//! **A refresh token that is good for one use** is the reason for this file: the server replaces it with each refresh, so what came with an
//! answer has to be on the disk before anything is done with it, and two processes must not refresh at once. [`TokenStore::lock`] is held
//! from before the store is read until after the new token is written.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_core::future::BoxFuture;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::AuthProblem;

/// How long another process may take for its refresh, and how often it is looked whether it is done.
const PATIENCE: Duration = Duration::from_secs(120);
const LOOK: Duration = Duration::from_millis(20);

/// A token as it is kept. `Debug` shows no secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StoredToken {
    /// The access token.
    #[serde(serialize_with = "expose", deserialize_with = "hide")]
    pub access_token: SecretString,
    /// The refresh token, if there is one.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "expose_some",
        deserialize_with = "hide_some"
    )]
    pub refresh_token: Option<SecretString>,
    /// When it came.
    pub obtained_at: Timestamp,
    /// When the access token ends, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Where the API is for this token, if the server says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// When a refresh was begun whose answer is not here yet. It stays where the process ended before the answer, or the answer was lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_begun_at: Option<Timestamp>,
}

fn expose<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose_secret())
}

fn hide<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
    String::deserialize(deserializer).map(SecretString::from)
}

fn expose_some<S: Serializer>(secret: &Option<SecretString>, serializer: S) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(ExposeSecret::expose_secret).serialize(serializer)
}

fn hide_some<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretString>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(SecretString::from))
}

/// Keeps tokens by name. A name says of which connector, client and user a token is, and holds no secret.
pub trait TokenStore: Send + Sync {
    /// Waits until no other task or process gets a token of this store, and keeps them off until what it gives is dropped.
    ///
    /// # Errors
    /// [`AuthProblem::Store`]: it cannot be locked, or the other takes too long.
    fn lock(&self) -> BoxFuture<'_, Result<StoreLock, AuthProblem>>;

    /// The token of that name.
    ///
    /// # Errors
    /// [`AuthProblem::Store`]: it cannot be read.
    fn load(&self, name: &str) -> Result<Option<StoredToken>, AuthProblem>;

    /// Keeps a token, or with `None` forgets it. When it returns, the token outlives a crash of the machine as far as the store can do that.
    /// Only called under the lock.
    ///
    /// # Errors
    /// [`AuthProblem::Store`]: it cannot be written; what was there before is still there.
    fn save(&self, name: &str, token: Option<&StoredToken>) -> Result<(), AuthProblem>;

    /// Whether tokens outlive the process. Where they do not, a session is ended with the program.
    fn is_durable(&self) -> bool {
        true
    }
}

/// A lock on a store, which ends when it is dropped.
pub struct StoreLock(#[allow(dead_code, reason = "it is held for its end")] Box<dyn Send>);

impl StoreLock {
    /// A lock that ends when that is dropped.
    pub fn new(held: impl Send + 'static) -> Self {
        Self(Box::new(held))
    }
}

impl fmt::Debug for StoreLock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("StoreLock")
    }
}

/// Keeps tokens as long as the process runs. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct MemoryTokenStore {
    tokens: Arc<Mutex<BTreeMap<String, StoredToken>>>,
    lock: Arc<tokio::sync::Mutex<()>>,
}

impl MemoryTokenStore {
    fn tokens(&self) -> MutexGuard<'_, BTreeMap<String, StoredToken>> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TokenStore for MemoryTokenStore {
    fn lock(&self) -> BoxFuture<'_, Result<StoreLock, AuthProblem>> {
        let lock = Arc::clone(&self.lock);
        Box::pin(async move { Ok(StoreLock::new(lock.lock_owned().await)) })
    }

    fn load(&self, name: &str) -> Result<Option<StoredToken>, AuthProblem> {
        Ok(self.tokens().get(name).cloned())
    }

    fn is_durable(&self) -> bool {
        false
    }

    fn save(&self, name: &str, token: Option<&StoredToken>) -> Result<(), AuthProblem> {
        match token {
            Some(token) => self.tokens().insert(name.to_owned(), token.clone()),
            None => self.tokens().remove(name),
        };
        Ok(())
    }
}

/// Keeps tokens in a file that only its owner can read. It is replaced as a whole, so that a crash leaves the old one or the new one.
#[derive(Clone, Debug)]
pub struct FileTokenStore {
    path: PathBuf,
}

/// What the file holds.
#[derive(Default, Serialize, Deserialize)]
struct Content {
    version: u32,
    tokens: BTreeMap<String, StoredToken>,
}

const VERSION: u32 = 1;

impl FileTokenStore {
    /// The store in that file, which is made with the first token.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    fn problem(&self, done: &'static str, cause: impl fmt::Display) -> AuthProblem {
        AuthProblem::Store { place: self.path.display().to_string(), done, cause: cause.to_string() }
    }

    fn beside(&self, ending: &str) -> PathBuf {
        let mut name = self.path.as_os_str().to_owned();
        name.push(ending);
        name.into()
    }

    fn read(&self) -> Result<Content, AuthProblem> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Content { version: VERSION, ..Content::default() });
            }
            Err(error) => return Err(self.problem("read", error)),
        };
        // The parser's own words may hold a piece of a token.
        let content: Content = serde_json::from_str(&text).map_err(|error| {
            self.problem(
                "read",
                format_args!("it is damaged at line {}, column {}", error.line(), error.column()),
            )
        })?;
        if content.version == VERSION {
            Ok(content)
        } else {
            Err(self.problem("read", "another version of Linchpin wrote it"))
        }
    }

    fn write(&self, content: &Content) -> io::Result<()> {
        let text = serde_json::to_vec_pretty(content)?;
        let beside = self.beside(".new");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&beside)?;
        // One that a crash left may have been made by somebody else's rules.
        #[cfg(unix)]
        file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        file.write_all(&text)?;
        file.sync_all()?;
        fs::rename(&beside, &self.path)?;
        // The new name is on the disk only when the folder is.
        #[cfg(unix)]
        File::open(folder(&self.path))?.sync_all()?;
        Ok(())
    }
}

#[cfg(unix)]
fn folder(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Waits for a lock of the system, which ends with its process. On a thread of its own and in real time: it is another process that is waited for.
#[allow(clippy::disallowed_methods, reason = "another process keeps no virtual time")]
fn wait_for_lock(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    for _ in 0..PATIENCE.as_millis() / LOOK.as_millis() {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOOK),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Err(io::Error::new(io::ErrorKind::TimedOut, "another process has been getting a token for two minutes"))
}

impl TokenStore for FileTokenStore {
    fn lock(&self) -> BoxFuture<'_, Result<StoreLock, AuthProblem>> {
        let path = self.beside(".lock");
        Box::pin(async move {
            let locked = tokio::task::spawn_blocking(move || wait_for_lock(&path)).await;
            let locked = locked.map_err(|error| self.problem("locked", error))?;
            locked.map(StoreLock::new).map_err(|error| self.problem("locked", error))
        })
    }

    fn load(&self, name: &str) -> Result<Option<StoredToken>, AuthProblem> {
        Ok(self.read()?.tokens.remove(name))
    }

    fn save(&self, name: &str, token: Option<&StoredToken>) -> Result<(), AuthProblem> {
        let mut content = self.read()?;
        match token {
            Some(token) => content.tokens.insert(name.to_owned(), token.clone()),
            None => content.tokens.remove(name),
        };
        self.write(&content).map_err(|error| self.problem("written", error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str) -> StoredToken {
        StoredToken {
            access_token: format!("access-{text}").into(),
            refresh_token: Some(format!("refresh-{text}").into()),
            obtained_at: Timestamp::UNIX_EPOCH,
            expires_at: None,
            base_url: None,
            refresh_begun_at: None,
        }
    }

    #[test]
    fn what_was_saved_is_loaded_by_its_name_and_by_nobody_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made-up.tokens.json");
        let stores: [Box<dyn TokenStore>; 2] =
            [Box::new(MemoryTokenStore::default()), Box::new(FileTokenStore::new(&path))];
        for store in stores {
            assert!(store.load("a").unwrap().is_none());
            store.save("a", Some(&token("1"))).unwrap();
            store.save("b", Some(&token("2"))).unwrap();
            store.save("a", Some(&token("3"))).unwrap();
            let loaded = store.load("a").unwrap().unwrap();
            assert_eq!(loaded.access_token.expose_secret(), "access-3");
            assert_eq!(loaded.refresh_token.unwrap().expose_secret(), "refresh-3");
            store.save("a", None).unwrap();
            assert!(store.load("a").unwrap().is_none() && store.load("b").unwrap().is_some());
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "only its owner reads the file");
        }
        assert!(!format!("{:?}", token("s3cret")).contains("s3cret"));
    }

    #[test]
    fn a_damaged_file_is_told_without_what_it_holds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens.json");
        for text in [
            "s3cret",
            r#"{"version":1,"tokens":{"a":{"access_token":"s3cret"}}}"#,
            r#"{"version":2,"tokens":{}}"#,
        ] {
            fs::write(&path, text).unwrap();
            let problem = FileTokenStore::new(&path).load("a").unwrap_err().to_string();
            assert!(problem.contains("tokens.json") && !problem.contains("s3cret"), "{text}: {problem}");
        }
    }

    #[tokio::test]
    async fn a_lock_keeps_others_off_until_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens.json");
        let first = FileTokenStore::new(&path).lock().await.unwrap();
        let file = OpenOptions::new().write(true).open(folder.path().join("tokens.json.lock")).unwrap();
        assert!(matches!(file.try_lock(), Err(TryLockError::WouldBlock)));
        drop(first);
        assert!(file.try_lock().is_ok());
    }
}
