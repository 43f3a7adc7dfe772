//! Breaks the code on purpose, with a pinned cargo-mutants, and fails when no test notices. What is broken, and by which tests it must
//! be noticed, stands in `.cargo/mutants.toml`.

use std::{
    env,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const VERSION: &str = "27.1.0";

/// Whether changes are compared with this commit; else it is where the branch left `origin/main`, else the commit before.
const BASE: &str = "KEYFERRY_MUTANTS_BASE";

/// About how many mutants a run over changed lines may take: some minutes.
const MOST: usize = 30;

/// Breaks all lines; what no test notices.
pub(crate) fn all(root: &Path) -> Vec<String> {
    findings(root, |root, work| test(mutants(&tool(root)?, root, work), work))
}

/// Breaks the changed lines; what no test notices.
pub(crate) fn changed(root: &Path) -> Vec<String> {
    findings(root, in_changes)
}

fn findings(root: &Path, run: impl Fn(&Path, &Path) -> Result<(), String>) -> Vec<String> {
    let work = root.join("target").join("mutants");
    fs::create_dir_all(&work)
        .map_err(|error| format!("cannot make {}: {error}", work.display()))
        .and_then(|()| run(root, &work))
        .err()
        .into_iter()
        .collect()
}

fn in_changes(root: &Path, work: &Path) -> Result<(), String> {
    let named = env::var_os(BASE).and_then(|base| base.into_string().ok()).filter(|base| !base.is_empty());
    let Some(base) = base(root, named.as_deref())? else {
        println!("mutants: passed, since git knows no earlier commit here: there is nothing to compare with");
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
                "mutants: {count} in the lines changed since {base}, which is too many: an even sample of one in {shards} is tested. All: \
                 cargo xtask mutants --all"
            );
            command.args(["--sharding", "round-robin", "--shard", &format!("0/{shards}")]);
        }
    }
    test(command, work)
}

/// The commit to compare with; `None` where there is none, as in a shallow clone.
fn base(root: &Path, named: Option<&str>) -> Result<Option<String>, String> {
    let id = |arguments: &[&str]| git(root, arguments.iter().copied()).map(|id| id.trim().to_owned());
    let commit = |name: &str| id(&["rev-parse", "--quiet", "--verify", &format!("{name}^{{commit}}")]);
    if let Some(name) = named {
        return commit(name).map(Some).ok_or_else(|| format!("{BASE} names {name}, and git knows no such commit here"));
    }
    let Some(head) = commit("HEAD") else { return Ok(None) };
    let branched = id(&["merge-base", "origin/main", "HEAD"]).filter(|base| *base != head);
    Ok(branched.or_else(|| commit("HEAD~1")))
}

/// What changed in Rust files of crates, committed or not.
fn diff_since(root: &Path, base: &str) -> Result<String, String> {
    let form = ["diff", "--no-color", "--no-ext-diff", "--src-prefix=a/", "--dst-prefix=b/"];
    git(root, form.into_iter().chain([base, "--", "crates/*.rs"]))
        .ok_or_else(|| format!("git cannot compare with {base}"))
}

/// What git prints; `None` when it fails.
fn git<'a>(root: &Path, arguments: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let output = Command::new("git").args(arguments).current_dir(root).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Into how many parts so many mutants are cut, of which one is tested.
fn shards(count: usize) -> usize {
    count.div_ceil(MOST).max(1)
}

/// cargo-mutants over the scope of `.cargo/mutants.toml`.
fn mutants(tool: &Path, root: &Path, work: &Path) -> Command {
    let mut command = Command::new(tool);
    command.args(["mutants", "--workspace", "--colors", "never", "--output"]).arg(work).current_dir(root);
    // It works on a copy, in which the programs of others are not installed: a mutant must be noticed without them.
    command.env("CI", "false");
    // The tests run once for each mutant: the simulation and the properties at their smallest.
    command.envs([("KEYFERRY_SIM_SHIPMENTS", "30"), ("PROPTEST_CASES", "16"), ("CARGO_PROFILE_DEV_DEBUG", "0")]);
    command
}

fn count(tool: &Path, root: &Path, diff: &Path) -> Result<usize, String> {
    let mut list = Command::new(tool);
    list.args(["mutants", "--workspace", "--list", "--in-diff"]).arg(diff).current_dir(root);
    let output = list.output().map_err(|error| cannot_start(tool, &error))?;
    if !output.status.success() {
        return Err(format!("cannot list: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().filter(|line| !line.is_empty()).count())
}

fn test(mut command: Command, work: &Path) -> Result<(), String> {
    let missed = work.join("mutants.out").join("missed.txt");
    // Of an earlier run.
    let _ = fs::remove_file(&missed);
    let status = command.status().map_err(|error| cannot_start(command.get_program(), &error))?;
    verdict(status.code(), &fs::read_to_string(missed).unwrap_or_default())
}

/// What an exit code of cargo-mutants means (its manual, "Exit codes"), and the list of those that were `missed`: the code tells of a
/// time-out rather than of them.
fn verdict(code: Option<i32>, missed: &str) -> Result<(), String> {
    match code {
        Some(0 | 2 | 3) if !missed.trim().is_empty() => Err(format!(
            "no test notices these: state what they break in a test, remove code that breaks nothing, or write the reason into \
             .cargo/mutants.toml\n{}",
            missed.trim_end()
        )),
        Some(0) => Ok(()),
        Some(3) => {
            println!("mutants: all noticed, some only by a test that waited for ever");
            Ok(())
        }
        Some(4) => Err("the tests fail without any change".to_owned()),
        Some(code) => Err(format!("cargo-mutants failed with exit code {code}")),
        None => Err("cargo-mutants was killed".to_owned()),
    }
}

/// cargo-mutants in `target/tools`, installed if it is not there.
fn tool(root: &Path) -> Result<PathBuf, String> {
    let tools = root.join("target").join("tools");
    let tool = tools.join("bin").join(format!("cargo-mutants{}", env::consts::EXE_SUFFIX));
    if is_installed(&tool) {
        return Ok(tool);
    }
    let cargo = env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from);
    println!("mutants: installs cargo-mutants {VERSION} into {}", tools.display());
    let install = ["install", "cargo-mutants", "--version", VERSION, "--locked", "--force", "--quiet", "--root"];
    let status = Command::new(&cargo).args(install).arg(&tools).current_dir(root).status();
    match status {
        Ok(status) if status.success() => Ok(tool),
        Ok(_) => Err(format!("cargo-mutants {VERSION} cannot be installed")),
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

    /// A repository of its own, removed afterwards.
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
    fn changes_are_compared_with_the_named_commit_or_the_branch_or_the_commit_before() {
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
            base(root, Some("nowhere")).is_err_and(|reason| reason.contains("KEYFERRY_MUTANTS_BASE names nowhere"))
        );
    }

    #[test]
    fn only_rust_files_of_crates_count_and_uncommitted_changes_do() {
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
    fn a_sample_is_about_as_large_as_may_be_tested() {
        for (count, expected) in [(1, 1), (MOST, 1), (MOST + 1, 2), (10 * MOST, 10), (10 * MOST + 1, 11)] {
            assert_eq!(shards(count), expected, "{count}");
        }
    }

    #[test]
    fn only_a_survivor_or_a_run_that_says_nothing_fails() {
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
    fn another_version_is_not_taken_for_the_pinned_one() {
        assert!(!is_installed(Path::new("/nonexistent")));
        assert!(!is_installed(Path::new("true")));
    }
}
