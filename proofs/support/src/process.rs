//! A child process that is killed at the end of its test.

use std::process::{Child, Command};

/// Child process that is killed when dropped.
pub struct Process(pub Child);

impl Process {
    /// Sends SIGINT, as Ctrl-C does, and waits. Returns whether the exit code is 0.
    pub fn stop(&mut self) -> bool {
        assert!(Command::new("kill").args(["-INT", &self.0.id().to_string()]).status().unwrap().success());
        self.0.wait().unwrap().success()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
