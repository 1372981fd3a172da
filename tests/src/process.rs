//! Real processes. They live on real time, so this is the only place of the tests where real time passes on purpose.

use std::process::{Child, ExitStatus};
use std::time::Duration;

/// Between two looks at a process.
const STEP: Duration = Duration::from_millis(5);
/// Looks before a process is taken for stuck: a minute.
const LOOKS: u32 = 12_000;

/// Lets real time pass, for the moment at which a process is killed, and between two looks at one.
#[expect(clippy::disallowed_methods, reason = "another process does not run on the injected clock")]
pub fn pass(time: Duration) {
    std::thread::sleep(time);
}

/// Waits for the end of a process; one that does not end is killed, and that fails the test.
pub fn wait(child: &mut Child) -> ExitStatus {
    for _ in 0..LOOKS {
        if let Some(status) = child.try_wait().expect("the state of a process") {
            return status;
        }
        pass(STEP);
    }
    child.kill().expect("an end for a process that does not end by itself");
    panic!("process {} did not end within a minute", child.id());
}

/// A process that is ended when the test lets go of it, also when it fails.
#[derive(Debug)]
pub struct Ended(pub Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // Both fail only where it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
