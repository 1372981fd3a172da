//! Processor time and peak memory of a command with all its children. Each measurement has a process of its own, since the system keeps the
//! highest peak of all children that a process ever had.

use std::ffi::OsString;
use std::process::{Command, ExitCode, Stdio};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use serde::{Deserialize, Serialize};

use crate::workspace::Error;

/// What a command took.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Cost {
    /// User and system time of all processes, in seconds.
    pub(crate) cpu_seconds: f64,
    /// The highest peak of any process, in bytes.
    pub(crate) peak_bytes: i64,
}

/// Runs a command in a process of its own and measures it.
pub(crate) fn measure(command: &Command) -> Result<Cost, Error> {
    let program = "cargo xtask bench measure".to_owned();
    let own =
        std::env::current_exe().map_err(|cause| Error::NotStarted { program: program.clone(), cause })?;
    let mut measuring = Command::new(own);
    measuring
        .args(["bench", "measure", "--"])
        .arg(command.get_program())
        .args(command.get_args())
        .stderr(Stdio::inherit());
    if let Some(folder) = command.get_current_dir() {
        measuring.current_dir(folder);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => measuring.env(name, value),
            None => measuring.env_remove(name),
        };
    }
    let output = measuring.output().map_err(|cause| Error::NotStarted { program: program.clone(), cause })?;
    if !output.status.success() {
        return Err(Error::Failed { program, status: output.status.to_string() });
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().last().unwrap_or_default();
    serde_json::from_str(last)
        .map_err(|cause| Error::Unreadable(format!("{program} printed `{last}`: {cause}")))
}

/// The measuring process.
pub(crate) fn child(command: &[OsString]) -> Result<ExitCode, Error> {
    let Some((program, arguments)) = command.split_first() else {
        return Err(Error::Unreadable("no command to measure".to_owned()));
    };
    let shown = program.to_string_lossy().into_owned();
    let status = Command::new(program)
        .args(arguments)
        .stdout(Stdio::null())
        .status()
        .map_err(|cause| Error::NotStarted { program: shown.clone(), cause })?;
    if !status.success() {
        return Err(Error::Failed { program: shown, status: status.to_string() });
    }
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)
        .map_err(|cause| Error::Unreadable(format!("the system tells no resource usage: {cause}")))?;
    let seconds = |time: nix::sys::time::TimeVal| time.num_microseconds() as f64 / 1e6;
    let cost = Cost {
        cpu_seconds: seconds(usage.user_time()) + seconds(usage.system_time()),
        // Linux counts in KiB.
        peak_bytes: usage.max_rss() * 1024,
    };
    println!("{}", serde_json::to_string(&cost).unwrap_or_default());
    Ok(ExitCode::SUCCESS)
}
