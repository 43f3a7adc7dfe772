//! A user at a shell.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use keyferry_proof_support::order_for;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Demo, KEYFERRY};

/// Result of a command.
pub struct Done {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// A user at a shell, with a home of their own.
pub struct Shell {
    pub home: TempDir,
    pub variables: Vec<(&'static str, String)>,
    /// All output so far.
    pub output: String,
}

impl Shell {
    pub fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap(), variables: Vec::new(), output: String::new() }
    }

    /// Runs a command without a terminal.
    pub fn run(&mut self, args: &[&str], input: &str) -> Done {
        let mut child = Command::new(KEYFERRY)
            .args(args)
            .env_clear()
            .env("HOME", self.home.path())
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(self.home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that does not read its input may have ended already.
        child.stdin.take().unwrap().write_all(input.as_bytes()).ok();
        let output = child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let done = Done { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) };
        self.output.push_str(&format!("{}{}", done.out, done.err));
        done
    }

    /// Runs a command that succeeds.
    pub fn ok(&mut self, args: &[&str]) -> Done {
        self.ok_with(args, "")
    }

    pub fn ok_with(&mut self, args: &[&str], input: &str) -> Done {
        let done = self.run(args, input);
        assert_eq!(done.code, 0, "{args:?}\n{}{}", done.out, done.err);
        done
    }

    /// Runs a command that fails with this exit code and prints nothing to standard output.
    pub fn fails(&mut self, code: i32, args: &[&str]) -> String {
        let done = self.run(args, "");
        assert_eq!((done.code, done.out.as_str()), (code, ""), "{args:?}\n{}", done.err);
        done.err
    }

    /// Runs a command with `--json`, and returns what Python's parser reads.
    pub fn json(&mut self, args: &[&str]) -> Value {
        let done = self.ok(&[args, &["--json"]].concat());
        let mut python = Command::new("python3")
            .args(["-c", "import json, sys; print(json.dumps(json.load(sys.stdin)))"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        python.stdin.take().unwrap().write_all(done.out.as_bytes()).unwrap();
        let output = python.wait_with_output().unwrap();
        assert!(output.status.success(), "{args:?} is not JSON: {}", done.out);
        serde_json::from_slice(&output.stdout).unwrap()
    }

    pub fn file(&self, name: &str, content: &str) -> String {
        let path = self.home.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub fn login(&mut self, demo: &Demo) {
        let sandbox = demo.announced["sandbox"].as_str().unwrap();
        let done = self.ok(&["login", "--demo", sandbox]);
        assert!(done.out.is_empty() && done.err.contains("profile demo"), "{}{}", done.out, done.err);
    }

    pub fn queue(&mut self, user: &str, reference: &str) -> String {
        let mut order = order_for(user);
        order["reference"] = json!(reference);
        let done = self.ok_with(&["orders", "queue", "-"], &order.to_string());
        assert_eq!((done.out.lines().count(), done.out.trim().len()), (1, 36), "{}", done.out);
        done.out.trim().to_owned()
    }

    /// Waits until a shipment is in this phase.
    pub fn until(&mut self, id: &str, phase: &str) {
        for _ in 0..200 {
            if self.json(&["shipments", "show", id])["phase"] == phase {
                return;
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        panic!("{id} is not {phase}\n{}", self.output);
    }

    /// Runs a command that fails with this exit code. Returns standard error.
    pub fn fails_with_output(&mut self, code: i32, args: &[&str]) -> String {
        let done = self.run(args, "");
        assert_eq!(done.code, code, "{args:?}\n{}{}", done.out, done.err);
        done.err
    }
}
