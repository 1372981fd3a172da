//! Processor time and peak memory of a command with all its children. Each measurement has a process of its own, since the system keeps the
//! highest peak of all children that a process ever had.

use std::ffi::OsString;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use serde::{Deserialize, Serialize};

use crate::run::itself;
use crate::workspace::Error;

/// What a command took.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Cost {
    /// User and system time of all processes, in seconds.
    pub(crate) cpu_seconds: f64,
    /// The highest peak of any process, in bytes.
    pub(crate) peak_bytes: u64,
    /// Time on the wall, in seconds.
    pub(crate) seconds: f64,
    /// Whether the command ended well.
    pub(crate) success: bool,
}

/// Runs a command in a process of its own and measures it. A command that fails is an error.
pub(crate) fn measure(command: &Command) -> Result<Cost, Error> {
    let program = "cargo xtask bench measure".to_owned();
    let output = measuring(command)?
        .stderr(Stdio::inherit())
        .output()
        .map_err(|cause| Error::NotStarted { program: program.clone(), cause })?;
    if !output.status.success() {
        return Err(Error::Failed { program, status: output.status.to_string() });
    }
    let cost = cost(String::from_utf8_lossy(&output.stdout).lines().last().unwrap_or_default())?;
    if cost.success {
        Ok(cost)
    } else {
        let program = command.get_program().to_string_lossy().into_owned();
        Err(Error::Failed { program, status: "see above".to_owned() })
    }
}

/// The command that measures a command. It prints what the command prints, and then a last line, which [`cost`] reads.
pub(crate) fn measuring(command: &Command) -> Result<Command, Error> {
    let mut measuring = itself(&["bench", "measure", "--"])?;
    measuring.arg(command.get_program()).args(command.get_args());
    if let Some(folder) = command.get_current_dir() {
        measuring.current_dir(folder);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => measuring.env(name, value),
            None => measuring.env_remove(name),
        };
    }
    Ok(measuring)
}

/// What the last line of a measuring command says.
pub(crate) fn cost(line: &str) -> Result<Cost, Error> {
    serde_json::from_str(line)
        .map_err(|cause| Error::Unreadable(format!("`cargo xtask bench measure` printed `{line}`: {cause}")))
}

/// The measuring process.
#[allow(clippy::disallowed_methods, reason = "other processes live in real time")]
pub(crate) fn child(command: &[OsString]) -> Result<ExitCode, Error> {
    let Some((program, arguments)) = command.split_first() else {
        return Err(Error::Unreadable("no command to measure".to_owned()));
    };
    let shown = program.to_string_lossy().into_owned();
    let begun = Instant::now();
    let status = Command::new(program)
        .args(arguments)
        .status()
        .map_err(|cause| Error::NotStarted { program: shown.clone(), cause })?;
    let seconds = begun.elapsed().as_secs_f64();
    let cost = Cost { success: status.success(), seconds, ..usage(UsageWho::RUSAGE_CHILDREN)? };
    println!("{}", serde_json::to_string(&cost).unwrap_or_default());
    Ok(ExitCode::SUCCESS)
}

/// What this process took up to now, with all its threads.
pub(crate) fn own() -> Result<Cost, Error> {
    usage(UsageWho::RUSAGE_SELF)
}

/// The most memory that this process held up to now, in bytes.
pub(crate) fn own_peak_bytes() -> Result<u64, Error> {
    // What `getrusage` tells of a process counts that of its parent in, up to the moment at which it was started.
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:")?.strip_suffix("kB")?.trim().parse::<u64>().ok());
    match peak {
        Some(kibibytes) => Ok(kibibytes * 1024),
        None => usage(UsageWho::RUSAGE_SELF).map(|cost| cost.peak_bytes),
    }
}

fn usage(who: UsageWho) -> Result<Cost, Error> {
    let usage = getrusage(who)
        .map_err(|cause| Error::Unreadable(format!("the system tells no resource usage: {cause}")))?;
    let seconds = |time: nix::sys::time::TimeVal| time.num_microseconds() as f64 / 1e6;
    Ok(Cost {
        cpu_seconds: seconds(usage.user_time()) + seconds(usage.system_time()),
        // Linux counts in KiB.
        peak_bytes: u64::try_from(usage.max_rss()).unwrap_or_default() * 1024,
        seconds: 0.0,
        success: true,
    })
}
