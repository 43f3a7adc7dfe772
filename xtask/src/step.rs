//! Steps of a command: each is printed before it runs and timed after.

use std::{
    ffi::{OsStr, OsString},
    fmt,
    path::{Path, PathBuf},
    process,
    time::Instant,
};

/// One step of a command.
pub(crate) struct Step {
    name: &'static str,
    work: Work,
}

enum Work {
    /// A check in this program. Returns findings, one line each.
    Check(fn(&Path) -> Vec<String>),
    Command(CommandLine),
}

struct CommandLine {
    program: PathBuf,
    arguments: Vec<OsString>,
    variables: Vec<(&'static str, &'static str)>,
}

impl Step {
    /// Creates a step that runs a check in this program.
    pub(crate) fn check(name: &'static str, check: fn(&Path) -> Vec<String>) -> Self {
        let work = Work::Check(check);
        Self { name, work }
    }

    /// Creates a step that starts a program.
    pub(crate) fn command(
        name: &'static str,
        program: impl Into<PathBuf>,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> Self {
        let arguments = arguments.into_iter().map(|argument| argument.as_ref().to_owned()).collect();
        let work = Work::Command(CommandLine { program: program.into(), arguments, variables: Vec::new() });
        Self { name, work }
    }

    /// Adds an environment variable to the program.
    pub(crate) fn with(mut self, variable: &'static str, value: &'static str) -> Self {
        if let Work::Command(line) = &mut self.work {
            line.variables.push((variable, value));
        }
        self
    }

    /// Runs the step. Returns the exit code: 0 for success.
    fn work(&self, root: &Path) -> u8 {
        match &self.work {
            Work::Check(check) => {
                let findings = check(root);
                for finding in &findings {
                    eprintln!("{finding}");
                }
                u8::from(!findings.is_empty())
            }
            Work::Command(line) => line.run(root),
        }
    }
}

impl CommandLine {
    fn run(&self, root: &Path) -> u8 {
        let status = process::Command::new(&self.program)
            .args(&self.arguments)
            .envs(self.variables.iter().copied())
            .current_dir(root)
            .status();
        match status {
            Ok(status) if status.success() => 0,
            // A process killed by a signal has no exit code.
            Ok(status) => status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1),
            Err(error) => {
                eprintln!("cannot start {}: {error}", self.program.display());
                127
            }
        }
    }
}

/// Shows the command line as it would be typed.
impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)?;
        let Work::Command(line) = &self.work else {
            return Ok(());
        };
        formatter.write_str(":")?;
        for (variable, value) in &line.variables {
            write!(formatter, " {variable}={value}")?;
        }
        let program = line.program.file_stem().unwrap_or(line.program.as_os_str());
        write!(formatter, " {}", program.display())?;
        for argument in &line.arguments {
            write!(formatter, " {}", argument.display())?;
        }
        Ok(())
    }
}

/// Runs the steps in order. The first failure ends the run with its exit code.
pub(crate) fn run(steps: &[Step], root: &Path) -> u8 {
    for step in steps {
        println!("== {step}");
        #[expect(clippy::disallowed_methods, reason = "only to print how long a step took")]
        let start = Instant::now();
        let code = step.work(root);
        let seconds = start.elapsed().as_secs_f64();
        if code != 0 {
            eprintln!("== {} failed with exit code {code} after {seconds:.1} s", step.name);
            return code;
        }
        println!("== {} done in {seconds:.1} s", step.name);
    }
    0
}

#[cfg(test)]
mod tests {
    use std::env;

    use super::*;

    fn here() -> PathBuf {
        env::temp_dir()
    }

    #[test]
    fn first_failure_ends_the_run_with_its_exit_code() {
        let unreachable: fn(&Path) -> Vec<String> = |_| panic!("ran after a failure");
        let steps = [
            Step::check("fine", |_| Vec::new()),
            Step::command("fails", "sh", ["-c", "exit 7"]),
            Step::check("never", unreachable),
        ];
        assert_eq!(run(&steps, &here()), 7);
    }

    #[test]
    fn success_returns_zero() {
        let steps = [Step::command("true", "sh", ["-c", "test \"$GOLDEN\" = 1"]).with("GOLDEN", "1")];
        assert_eq!(run(&steps, &here()), 0);
    }

    #[test]
    fn a_finding_is_a_failure() {
        let steps = [Step::check("check", |_| vec!["planted".to_owned()])];
        assert_eq!(run(&steps, &here()), 1);
    }

    #[test]
    fn a_signal_and_a_missing_program_are_failures() {
        assert_eq!(run(&[Step::command("killed", "sh", ["-c", "kill -9 $$"])], &here()), 1);
        let missing = Step::command("missing", "/nonexistent/program", [""; 0]);
        assert_eq!(run(&[missing], &here()), 127);
    }
}
