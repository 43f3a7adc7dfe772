//! Steps of a command: each is printed before it runs and timed after.

use std::{
    env,
    ffi::{OsStr, OsString},
    fmt,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::{self, Child, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use crate::processes;

/// One step of a command.
pub(crate) struct Step {
    name: &'static str,
    work: Work,
    /// Steps that run at the same time. They are commands.
    beside: Vec<Step>,
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
    limit: Option<Duration>,
}

/// Exit code of a command that did not end in time, as `timeout` of coreutils has it.
const LATE: u8 = 124;

impl Step {
    /// Creates a step that runs a check in this program.
    pub(crate) fn check(name: &'static str, check: fn(&Path) -> Vec<String>) -> Self {
        let work = Work::Check(check);
        Self { name, work, beside: Vec::new() }
    }

    /// Creates a step that starts a program.
    pub(crate) fn command(
        name: &'static str,
        program: impl Into<PathBuf>,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> Self {
        let arguments = arguments.into_iter().map(|argument| argument.as_ref().to_owned()).collect();
        let line = CommandLine { program: program.into(), arguments, variables: Vec::new(), limit: None };
        Self { name, work: Work::Command(line), beside: Vec::new() }
    }

    /// Adds an environment variable to the program.
    pub(crate) fn with(mut self, variable: &'static str, value: &'static str) -> Self {
        if let Work::Command(line) = &mut self.work {
            line.variables.push((variable, value));
        }
        self
    }

    /// Limits the time of the program. One that takes longer is killed, and the step fails: a program that hangs would
    /// otherwise hide its output.
    pub(crate) fn within(mut self, limit: Duration) -> Self {
        if let Work::Command(line) = &mut self.work {
            line.limit = Some(limit);
        }
        self
    }

    /// Runs a command at the same time, one that mostly waits. Its output follows this step's.
    pub(crate) fn beside(mut self, command: Self) -> Self {
        self.beside.push(command);
        self
    }

    /// Runs the step. Returns the exit code: 0 for success.
    fn work(&self, root: &Path) -> u8 {
        match &self.work {
            Work::Check(check) => report(&check(root)),
            Work::Command(line) => line.run(root),
        }
    }
}

impl CommandLine {
    fn command(&self, root: &Path) -> process::Command {
        let mut command = process::Command::new(&self.program);
        command.args(&self.arguments).envs(self.variables.iter().copied()).current_dir(root);
        command
    }

    fn run(&self, root: &Path) -> u8 {
        self.code(self.command(root).spawn().and_then(|mut child| processes::wait(&mut child, self.limit)))
    }

    fn code(&self, status: io::Result<Option<ExitStatus>>) -> u8 {
        match status {
            Ok(Some(status)) if status.success() => 0,
            // A process killed by a signal has no exit code.
            Ok(Some(status)) => status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1),
            Ok(None) => {
                let seconds = self.limit.unwrap_or_default().as_secs();
                eprintln!("{} did not end within {seconds} s, and was killed", self.program.display());
                LATE
            }
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

/// Returns the cargo that runs this program, so that every step uses the same toolchain.
pub(crate) fn cargo_path() -> PathBuf {
    env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
}

/// Prints findings. Returns the exit code.
pub(crate) fn report(findings: &[String]) -> u8 {
    for finding in findings {
        eprintln!("{finding}");
    }
    u8::from(!findings.is_empty())
}

/// Runs the steps in order. The first failure ends the run with its exit code.
pub(crate) fn run(steps: &[Step], root: &Path) -> u8 {
    for step in steps {
        let start = |(number, other)| (other, Background::start(other, number, root));
        let beside: Vec<_> = step.beside.iter().enumerate().map(start).collect();
        let mut code = timed(step, || step.work(root));
        for (other, background) in beside {
            let other_code = timed(other, || background.finish(code == 0));
            code = if code == 0 { other_code } else { code };
        }
        if code != 0 {
            return code;
        }
    }
    0
}

fn timed(step: &Step, work: impl FnOnce() -> u8) -> u8 {
    println!("== {step}");
    #[expect(clippy::disallowed_methods, reason = "only to print how long a step took")]
    let start = Instant::now();
    let code = work();
    let seconds = start.elapsed().as_secs_f64();
    match code {
        0 => println!("== {} done in {seconds:.1} s", step.name),
        _ => eprintln!("== {} failed with exit code {code} after {seconds:.1} s", step.name),
    }
    code
}

/// A command that runs while another step does. Its output goes to a file.
struct Background<'a> {
    line: Option<&'a CommandLine>,
    started: io::Result<(Child, PathBuf)>,
}

impl<'a> Background<'a> {
    fn start(step: &'a Step, number: usize, root: &Path) -> Self {
        let Work::Command(line) = &step.work else {
            return Self { line: None, started: Err(io::ErrorKind::Unsupported.into()) };
        };
        let start = || {
            let path = env::temp_dir().join(format!("keyferry-step-{}-{number}.log", process::id()));
            let output = File::create(&path)?;
            let errors = output.try_clone()?;
            let child = line.command(root).stdin(Stdio::null()).stdout(output).stderr(errors).spawn()?;
            Ok((child, path))
        };
        Self { line: Some(line), started: start() }
    }

    /// Waits for the command, or kills it if its result is no longer wanted. Prints its output. Returns the exit code.
    fn finish(self, wanted: bool) -> u8 {
        let limit = self.line.and_then(|line| line.limit);
        let status = self.started.and_then(|(mut child, path)| {
            if !wanted {
                // It may have ended by itself.
                let _ = processes::kill(&mut child);
            }
            let status = processes::wait(&mut child, limit);
            print!("{}", fs::read_to_string(&path).unwrap_or_default());
            // A file that stays in the temporary folder does no harm.
            let _ = fs::remove_file(path);
            status
        });
        self.line.map_or(1, |line| line.code(status))
    }
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn a_command_in_the_background_counts_as_well() {
        let beside = |script: &'static str| Step::command("background", "sh", ["-c", script]);
        let main = || Step::command("main", "sh", ["-c", "exit 0"]);
        assert_eq!(run(&[main().beside(beside("exit 0"))], &here()), 0);
        assert_eq!(run(&[main().beside(beside("exit 5"))], &here()), 5);
        assert_eq!(run(&[main().beside(beside("exit 0")).beside(beside("exit 6"))], &here()), 6);
        // A failed step does not wait for the other command.
        let failed = Step::command("main", "sh", ["-c", "exit 3"]).beside(beside("exec sleep 1000"));
        assert_eq!(run(&[failed], &here()), 3);
    }

    #[test]
    fn a_command_that_takes_too_long_fails() {
        let slow = |name| Step::command(name, "sleep", ["1000"]).within(Duration::from_millis(1));
        assert_eq!(run(&[slow("main")], &here()), LATE);
        let main = Step::command("main", "sh", ["-c", "exit 0"]);
        assert_eq!(run(&[main.beside(slow("background"))], &here()), LATE);
    }
}
