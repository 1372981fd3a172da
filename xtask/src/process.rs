//! Commands that run long: processes that may crash, never end, or be in the way of somebody who presses ctrl-c; and how far one is.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::workspace::Error;

/// How often it is looked whether to stop.
const GLANCE: Duration = Duration::from_millis(100);

/// A flag that ctrl-c sets.
pub(crate) fn stop_on_ctrl_c() -> Result<Arc<AtomicBool>, Error> {
    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stop);
    ctrlc::set_handler(move || asked.store(true, Ordering::Relaxed))
        .map_err(|cause| Error::Unreadable(format!("ctrl-c cannot be caught: {cause}")))?;
    Ok(stop)
}

/// How a command ends that was stopped: as a program that the signal itself had ended.
pub(crate) fn stopped() -> ExitCode {
    ExitCode::from(130)
}

/// A progress bar of so many steps, on standard error.
pub(crate) fn progress(steps: usize) -> ProgressBar {
    let bar = ProgressBar::new(steps as u64);
    if let Ok(style) = ProgressStyle::with_template("{pos}/{len} [{bar:24}] {elapsed} {wide_msg}") {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// How a process ended.
#[derive(Debug)]
pub(crate) enum End {
    /// By itself.
    Ended(ExitStatus),
    /// It took too long and was ended.
    TimedOut,
    /// Somebody asked to stop.
    Stopped,
}

/// Runs a command to its end, but no longer than `limit`, and gives each line of its output to `line`. Where it has to be ended early, so are
/// all processes that it started.
#[allow(clippy::disallowed_methods, reason = "other processes live in real time")]
pub(crate) fn run(
    mut command: Command,
    limit: Duration,
    stop: &AtomicBool,
    mut line: impl FnMut(&str),
) -> Result<End, Error> {
    let program = command.get_program().to_string_lossy().into_owned();
    let fail = |cause| Error::NotStarted { program: program.clone(), cause };
    // A group of its own, so that ctrl-c reaches it through here only, and its children end with it.
    let mut child = command.stdout(Stdio::piped()).process_group(0).spawn().map_err(fail)?;
    let started = Instant::now();
    let (send, lines) = mpsc::channel();
    if let Some(output) = child.stdout.take() {
        std::thread::spawn(move || {
            // What is no UTF-8 comes from no program of ours; the rest of its lines still counts.
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    return;
                }
            }
        });
    }
    loop {
        match lines.recv_timeout(GLANCE) {
            Ok(text) => line(&text),
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {}
        }
        if stop.load(Ordering::Relaxed) {
            end(&mut child);
            return Ok(End::Stopped);
        }
        if started.elapsed() > limit {
            end(&mut child);
            return Ok(End::TimedOut);
        }
    }
    child.wait().map(End::Ended).map_err(fail)
}

fn end(child: &mut Child) {
    // It may have ended by itself in this moment, which is as well.
    if let Ok(id) = i32::try_from(child.id()) {
        let _ = killpg(Pid::from_raw(id), Signal::SIGKILL);
    }
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::sync::atomic::AtomicBool;
    use std::time::Duration;

    use super::{End, run};

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    const LONG: Duration = Duration::from_secs(600);

    #[test]
    fn lines_come_and_the_status_tells_a_crash() {
        let mut lines = Vec::new();
        let end = run(shell("echo one; echo two; kill -SEGV $$"), LONG, &AtomicBool::new(false), |line| {
            lines.push(line.to_owned());
        });
        assert_eq!(lines, ["one", "two"]);
        assert!(matches!(end, Ok(End::Ended(status)) if !status.success()));
    }

    #[test]
    fn what_takes_too_long_or_is_not_wanted_is_ended_with_its_children() {
        let endless = "sleep 3600 & sleep 3600";
        let end = run(shell(endless), Duration::ZERO, &AtomicBool::new(false), |_| ());
        assert!(matches!(end, Ok(End::TimedOut)), "{end:?}");
        let end = run(shell(endless), LONG, &AtomicBool::new(true), |_| ());
        assert!(matches!(end, Ok(End::Stopped)), "{end:?}");
    }
}
