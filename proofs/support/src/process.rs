//! A process that does not outlive its test.

use std::process::{Child, Command};

/// A process that ends with the test.
pub struct Process(pub Child);

impl Process {
    /// Asks it to stop as Ctrl-C does, and waits; whether it ended with 0.
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
