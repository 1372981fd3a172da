use std::time::Duration;

/// Why a job gives no records.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JobProblem {
    /// The server says that it failed.
    #[error("the job {id} has failed ({status}){}; the next run creates another", .message.as_ref().map(|message| format!(": {message}")).unwrap_or_default())]
    Failed {
        /// The job's id.
        id: String,
        /// The state that the server tells.
        status: String,
        /// Why, where the server says it.
        message: Option<String>,
    },
    /// It is not done in time.
    #[error("the job {id} is still `{status}` after {} s; the next run goes on with it", .waited.as_secs())]
    Timeout {
        /// The job's id.
        id: String,
        /// The state that the server told last.
        status: String,
        /// How long this run waited for it.
        waited: Duration,
    },
}
