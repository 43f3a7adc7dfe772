//! Mutation tests: breaks the code with a pinned cargo-mutants, and fails when no test notices. `.cargo/mutants.toml`
//! configures what is broken and which tests must notice.

use std::{
    env,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const VERSION: &str = "27.1.0";

/// Variable with the commit to compare with. Default: where the branch left `origin/main`, else the previous commit.
const BASE: &str = "KEYFERRY_MUTANTS_BASE";

/// Approximate maximum of mutants in a run over changed lines, which then takes some minutes.
const MOST: usize = 30;

/// Runs mutation tests on all lines in scope. Returns the mutants that no test notices.
pub(crate) fn all(root: &Path) -> Vec<String> {
    findings(root, |root, work| test(mutants(&tool(root)?, root, work), work))
}

/// Runs mutation tests on the changed lines. Returns the mutants that no test notices.
pub(crate) fn changed(root: &Path) -> Vec<String> {
    findings(root, in_changes)
}

fn findings(root: &Path, run: impl Fn(&Path, &Path) -> Result<(), String>) -> Vec<String> {
    let work = root.join("target").join("mutants");
    fs::create_dir_all(&work)
        .map_err(|error| format!("cannot create {}: {error}", work.display()))
        .and_then(|()| run(root, &work))
        .err()
        .into_iter()
        .collect()
}

fn in_changes(root: &Path, work: &Path) -> Result<(), String> {
    let named = env::var_os(BASE).and_then(|base| base.into_string().ok()).filter(|base| !base.is_empty());
    let Some(base) = base(root, named.as_deref())? else {
        println!("mutants: passed, git has no earlier commit here to compare with");
        return Ok(());
    };
    let diff = work.join("changed.diff");
    let changes = diff_since(root, &base)?;
    fs::write(&diff, &changes).map_err(|error| format!("cannot write {}: {error}", diff.display()))?;
    let count = if changes.is_empty() { 0 } else { count(&tool(root)?, root, &diff)? };
    if count == 0 {
        println!("mutants: passed, no changed line in scope since {base}");
        return Ok(());
    }
    let mut command = mutants(&tool(root)?, root, work);
    command.arg("--in-diff").arg(&diff);
    match shards(count) {
        1 => println!("mutants: {count} in the lines changed since {base}"),
        shards => {
            println!(
                "mutants: {count} in the lines changed since {base}, which is too many: tests an even sample of one in \
                 {shards}. For all, run: cargo xtask mutants --all"
            );
            command.args(["--sharding", "round-robin", "--shard", &format!("0/{shards}")]);
        }
    }
    test(command, work)
}

/// Returns the commit to compare with; `None` if there is none, as in a shallow clone.
fn base(root: &Path, named: Option<&str>) -> Result<Option<String>, String> {
    let id = |arguments: &[&str]| git(root, arguments.iter().copied()).map(|id| id.trim().to_owned());
    let commit = |name: &str| id(&["rev-parse", "--quiet", "--verify", &format!("{name}^{{commit}}")]);
    if let Some(name) = named {
        return commit(name).map(Some).ok_or_else(|| format!("{BASE}: git has no commit {name} here"));
    }
    let Some(head) = commit("HEAD") else { return Ok(None) };
    let branched = id(&["merge-base", "origin/main", "HEAD"]).filter(|base| *base != head);
    Ok(branched.or_else(|| commit("HEAD~1")))
}

/// Returns the diff of the Rust files under `crates/`, committed or not.
fn diff_since(root: &Path, base: &str) -> Result<String, String> {
    let form = ["diff", "--no-color", "--no-ext-diff", "--src-prefix=a/", "--dst-prefix=b/"];
    git(root, form.into_iter().chain([base, "--", "crates/*.rs"]))
        .ok_or_else(|| format!("git cannot compare with {base}"))
}

/// Returns what git prints; `None` when it fails.
fn git<'a>(root: &Path, arguments: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let output = Command::new("git").args(arguments).current_dir(root).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Returns into how many shards `count` mutants are split. One of them is tested.
fn shards(count: usize) -> usize {
    count.div_ceil(MOST).max(1)
}

/// Returns the command that runs cargo-mutants in the scope of `.cargo/mutants.toml`.
fn mutants(tool: &Path, root: &Path, work: &Path) -> Command {
    let mut command = Command::new(tool);
    command.args(["mutants", "--workspace", "--colors", "never", "--output"]).arg(work).current_dir(root);
    // cargo-mutants works on a copy without the independent programs: tests must notice a mutant without them.
    command.env("CI", "false");
    // The tests run once for each mutant, so simulation and property tests run at their smallest size.
    command.envs([("KEYFERRY_SIM_SHIPMENTS", "30"), ("PROPTEST_CASES", "16"), ("CARGO_PROFILE_DEV_DEBUG", "0")]);
    command
}

fn count(tool: &Path, root: &Path, diff: &Path) -> Result<usize, String> {
    let mut list = Command::new(tool);
    list.args(["mutants", "--workspace", "--list", "--in-diff"]).arg(diff).current_dir(root);
    let output = list.output().map_err(|error| cannot_start(tool, &error))?;
    if !output.status.success() {
        return Err(format!(
            "cargo-mutants could not list the mutants: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        ));
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().filter(|line| !line.is_empty()).count())
}

fn test(mut command: Command, work: &Path) -> Result<(), String> {
    let missed = work.join("mutants.out").join("missed.txt");
    // A file of an earlier run would be read as the result of this one.
    let _ = fs::remove_file(&missed);
    let status = command.status().map_err(|error| cannot_start(command.get_program(), &error))?;
    verdict(status.code(), &fs::read_to_string(missed).unwrap_or_default())
}

/// Interprets an exit code of cargo-mutants (its manual, "Exit codes") and the list of `missed` mutants. The list is
/// needed, since exit code 3 reports a time-out even if mutants were missed.
fn verdict(code: Option<i32>, missed: &str) -> Result<(), String> {
    match code {
        Some(0 | 2 | 3) if !missed.trim().is_empty() => Err(format!(
            "no test notices these mutants: add a test for what they break, remove code that has no effect, or write \
             the reason into .cargo/mutants.toml\n{}",
            missed.trim_end()
        )),
        Some(0) => Ok(()),
        Some(3) => {
            println!("mutants: all noticed, some only by a test that timed out");
            Ok(())
        }
        Some(4) => Err("the tests fail without any mutant: fix them first".to_owned()),
        Some(code) => Err(format!("cargo-mutants failed with exit code {code}")),
        None => Err("cargo-mutants was killed".to_owned()),
    }
}

/// Returns the path of cargo-mutants in `target/tools`, and installs it if it is missing.
fn tool(root: &Path) -> Result<PathBuf, String> {
    let tools = root.join("target").join("tools");
    let tool = tools.join("bin").join(format!("cargo-mutants{}", env::consts::EXE_SUFFIX));
    if is_installed(&tool) {
        return Ok(tool);
    }
    let cargo = env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from);
    println!("mutants: installing cargo-mutants {VERSION} into {}", tools.display());
    let install = ["install", "cargo-mutants", "--version", VERSION, "--locked", "--force", "--quiet", "--root"];
    let status = Command::new(&cargo).args(install).arg(&tools).current_dir(root).status();
    match status {
        Ok(status) if status.success() => Ok(tool),
        Ok(_) => Err(format!("could not install cargo-mutants {VERSION}")),
        Err(error) => Err(cannot_start(&cargo, &error)),
    }
}

fn is_installed(tool: &Path) -> bool {
    Command::new(tool)
        .args(["mutants", "--version"])
        .output()
        .is_ok_and(|output| String::from_utf8_lossy(&output.stdout).trim() == format!("cargo-mutants {VERSION}"))
}

fn cannot_start(program: impl AsRef<OsStr>, error: &std::io::Error) -> String {
    format!("cannot start {}: {error}", program.as_ref().display())
}

#[cfg(test)]
mod tests {
    use std::process;

    use super::*;

    /// A temporary git repository, removed when dropped.
    struct Repository(PathBuf);

    impl Repository {
        fn new(name: &str) -> Self {
            let folder = env::temp_dir().join(format!("keyferry-mutants-{}-{name}", process::id()));
            fs::create_dir_all(folder.join("crates/a/src")).expect("a directory");
            let repository = Self(folder);
            repository.git("init --quiet --initial-branch main");
            repository
        }

        fn git(&self, arguments: &str) {
            let identity = "-c user.name=T -c user.email=t@example.com -c commit.gpgsign=false";
            let arguments = identity.split(' ').chain(arguments.split(' '));
            assert!(git(&self.0, arguments).is_some());
        }

        fn commit(&self, file: &str, text: &str) -> String {
            fs::write(self.0.join(file), text).expect("a file");
            self.git("add .");
            self.git("commit --quiet --message change");
            git(&self.0, ["rev-parse", "HEAD"]).expect("a commit").trim().to_owned()
        }
    }

    impl Drop for Repository {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn base_is_the_named_commit_or_the_branch_point_or_the_previous_commit() {
        let repository = Repository::new("base");
        let root = &repository.0;
        assert_eq!(base(root, None), Ok(None), "no commit at all");
        let first = repository.commit("crates/a/src/lib.rs", "fn a() {}\n");
        assert_eq!(base(root, None), Ok(None), "no parent, as in a shallow clone");
        let second = repository.commit("crates/a/src/lib.rs", "fn b() {}\n");
        assert_eq!(base(root, None), Ok(Some(first.clone())), "no origin");
        repository.git("update-ref refs/remotes/origin/main HEAD");
        assert_eq!(base(root, None), Ok(Some(first.clone())), "on main itself");
        repository.commit("crates/a/src/lib.rs", "fn c() {}\n");
        repository.commit("crates/a/src/lib.rs", "fn d() {}\n");
        assert_eq!(base(root, None), Ok(Some(second)), "on a branch");
        assert_eq!(base(root, Some(&first)), Ok(Some(first)));
        assert!(
            base(root, Some("nowhere"))
                .is_err_and(|reason| reason.contains("KEYFERRY_MUTANTS_BASE: git has no commit nowhere"))
        );
    }

    #[test]
    fn diff_has_only_rust_files_of_crates_and_uncommitted_changes() {
        let repository = Repository::new("diff");
        let base = repository.commit("crates/a/src/lib.rs", "fn a() {}\n");
        repository.commit("README.md", "text\n");
        assert_eq!(diff_since(&repository.0, &base), Ok(String::new()));
        fs::write(repository.0.join("crates/a/src/lib.rs"), "fn b() {}\n").expect("a file");
        let diff = diff_since(&repository.0, &base).expect("a diff");
        assert!(diff.contains("+++ b/crates/a/src/lib.rs\n") && diff.ends_with("+fn b() {}\n"), "{diff}");
        assert!(diff_since(&repository.0, "nowhere").is_err());
    }

    #[test]
    fn a_shard_has_about_the_maximum_number_of_mutants() {
        for (count, expected) in [(1, 1), (MOST, 1), (MOST + 1, 2), (10 * MOST, 10), (10 * MOST + 1, 11)] {
            assert_eq!(shards(count), expected, "{count}");
        }
    }

    #[test]
    fn fails_only_on_missed_mutants_or_a_failed_run() {
        for code in [Some(0), Some(3)] {
            assert_eq!(verdict(code, ""), Ok(()));
            assert!(
                verdict(code, "a.rs:1:1: replace a\n").is_err_and(|reason| reason.ends_with("a.rs:1:1: replace a"))
            );
        }
        for code in [Some(1), Some(2), Some(4), Some(70), None] {
            assert!(verdict(code, "").is_err(), "{code:?}");
        }
    }

    #[test]
    fn another_program_does_not_count_as_installed() {
        assert!(!is_installed(Path::new("/nonexistent")));
        assert!(!is_installed(Path::new("true")));
    }
}
