//! The commands of `cargo xtask`, each a list of steps.

use std::{
    env,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process,
};

use crate::{
    house, mutants, outsiders, phrases,
    step::{self, Step},
};

/// A command of `cargo xtask`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    /// Runs everything: `Check`, the scenario, the container image, and `Mutants`.
    Test,
    /// Runs all checks and tests except the scenario and the mutants.
    Check,
    /// Checks the house rules.
    House,
    /// Regenerates golden files.
    Golden,
    /// Checks licences, banned crates and sources.
    Deny,
    /// Builds everything that a release consists of.
    Dist,
    /// Builds the container image and its list of parts.
    Image,
    /// Installs the independent programs that tests use.
    Outsiders,
    /// Runs mutation tests on the changed lines.
    Mutants,
    /// Runs mutation tests on everything in `.cargo/mutants.toml`.
    AllMutants,
}

impl Command {
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "test" => Some(Self::Test),
            "check" => Some(Self::Check),
            "house" => Some(Self::House),
            "golden" => Some(Self::Golden),
            "deny" => Some(Self::Deny),
            "dist" => Some(Self::Dist),
            "image" => Some(Self::Image),
            "outsiders" => Some(Self::Outsiders),
            "mutants" => Some(Self::Mutants),
            "mutants --all" => Some(Self::AllMutants),
            _ => None,
        }
    }
}

/// Runs a command in the workspace. Returns the exit code.
pub(crate) fn run(command: Command, root: &Path) -> u8 {
    match command {
        Command::Test => {
            let code = step::run(&check(), root);
            if code != 0 {
                return code;
            }
            let data = DataDirectory::new();
            // Looked up only after `check`, which may have installed them.
            let browser = outsiders::on_path("chromedriver");
            let azurite = outsiders::azurite(root);
            let mut steps = scenario(&binary(), &data.0, browser.as_deref());
            let azure = azurite.as_deref().map(|azurite| azure_scenario(&binary(), azurite));
            // Unoptimised, since it runs once and is then deleted.
            match outsiders::missing_for_image() {
                None => {
                    let [build, run] = container_image("dev");
                    // The scenario mostly waits, for the lease of a killed replica.
                    steps.extend([if let Some(azure) = azure { build.beside(azure) } else { build }, run]);
                }
                Some(missing) => {
                    println!("container image: {missing}. SKIPPED");
                    steps.extend(azure);
                }
            }
            steps.push(mutants());
            step::run(&steps, root)
        }
        Command::Check => step::run(&check(), root),
        Command::House => step::run(&[house_rules(), Step::check("phrases", phrases::report)], root),
        Command::Outsiders => step::run(&[outsiders()], root),
        Command::Mutants => step::run(&[mutants()], root),
        Command::AllMutants => step::run(&[Step::check("mutants", mutants::all)], root),
        Command::Golden => {
            let code = step::run(&[golden()], root);
            if code == 0 {
                println!("golden files rewritten: read `git diff` before you keep them");
            }
            code
        }
        Command::Dist => {
            let tools = root.join("target").join("tools");
            step::run(&dist(&tools, SBOM.is_installed(&tools)), root)
        }
        Command::Image => {
            let tools = root.join("target").join("tools");
            step::run(&image(&tools, SBOM.is_installed(&tools)), root)
        }
        Command::Deny => {
            let tools = root.join("target").join("tools");
            step::run(&deny(&tools, DENY.is_installed(&tools)), root)
        }
    }
}

fn check() -> Vec<Step> {
    vec![
        house_rules(),
        cargo("format", "fmt --all --check"),
        cargo("clippy", "clippy --workspace --all-targets --locked -- -D warnings"),
        outsiders(),
        cargo("tests", "test --workspace --locked"),
    ]
}

fn outsiders() -> Step {
    Step::check("outsiders", outsiders::install)
}

fn mutants() -> Step {
    Step::check("mutants of the changed lines", mutants::changed)
}

fn house_rules() -> Step {
    Step::check("house rules", house::findings)
}

/// Returns the steps of the demo scenario: one order through all phases, on free ports. `browser` is the path of a
/// chromedriver, for the sign-in.
///
/// The steps use the binary that the tests were built with: `cargo run` would select other features of shared
/// dependencies and compile them again.
fn scenario(binary: &Path, data: &Path, browser: Option<&Path>) -> Vec<Step> {
    let flags = "demo --scenario --api-port 0 --probe-port 0 --sandbox-port 0 --smtp-port 0 --smtps-port 0 --data-dir";
    let mut arguments: Vec<&OsStr> = flags.split(' ').map(AsRef::as_ref).chain([data.as_os_str()]).collect();
    if let Some(browser) = browser {
        let pictures = "--artifacts target/artifacts/scenario --browser";
        arguments.extend(pictures.split(' ').map(OsStr::new).chain([browser.as_os_str()]));
    }
    vec![cargo("binary", "build --workspace --tests --bins --locked"), Step::command("scenario", binary, arguments)]
}

/// Returns the step of the scenario with Azure's stores and two replicas. `azurite` is the path of its table service.
fn azure_scenario(binary: &Path, azurite: &Path) -> Step {
    let flags = "demo --scenario --faults --sandbox-port 0 --smtp-port 0 --smtps-port 0 --azurite";
    let arguments = flags.split(' ').map(OsStr::new).chain([azurite.as_os_str()]);
    Step::command("scenario in Azure's stores, two replicas, faults on", binary, arguments)
}

fn golden() -> Step {
    cargo("golden files", "test --workspace --locked --no-fail-fast")
        .with("UPDATE_GOLDEN", "1")
        .with("INSTA_UPDATE", "always")
}

fn deny(tools: &Path, installed: bool) -> Vec<Step> {
    let mut steps = DENY.install(tools, installed);
    let check = "--locked --offline check bans licenses sources";
    steps.push(Step::command("deny", DENY.path(tools), check.split(' ')));
    steps
}

/// Returns the steps that build the files of a release into `target/dist-files/out`.
fn dist(tools: &Path, installed: bool) -> Vec<Step> {
    let mut steps = SBOM.install(tools, installed);
    let arguments = [OsStr::new("target/dist-files"), SBOM.path(tools).as_os_str()].map(OsStr::to_owned);
    steps.push(Step::command("release files", "release/dist.sh", arguments));
    steps
}

/// Returns the steps that build the release image and write its list of parts next to it.
fn image(tools: &Path, installed: bool) -> Vec<Step> {
    let mut steps = Vec::from(container_image("dist"));
    steps.extend(SBOM.install(tools, installed));
    let list = "cyclonedx --manifest-path crates/keyferry/Cargo.toml --format json --spec-version 1.5 \
                --describe binaries --no-build-deps --target x86_64-unknown-linux-musl";
    steps.push(Step::command("list of parts", SBOM.path(tools), list.split(' ')));
    let keep = "crates/keyferry/keyferry_bin.cdx.json target/image/keyferry.cdx.json";
    steps.push(Step::command("move the list of parts next to the image", "mv", keep.split(' ')));
    steps
}

/// Returns the steps that build the image and run its contents.
fn container_image(profile: &'static str) -> [Step; 2] {
    [
        Step::command("container image", "deploy/image/build.sh", ["target/image", profile]),
        Step::command("what is in the image", "deploy/image/try.sh", ["target/image"]),
    ]
}

/// A cargo subcommand in a pinned version, built from source into `target/tools`.
struct Tool {
    name: &'static str,
    version: &'static str,
}

const DENY: Tool = Tool { name: "cargo-deny", version: "0.20.2" };
const SBOM: Tool = Tool { name: "cargo-cyclonedx", version: "0.5.9" };

impl Tool {
    fn install(&self, tools: &Path, installed: bool) -> Vec<Step> {
        if installed {
            return Vec::new();
        }
        let install = format!("install {} --version {} --locked --force --root", self.name, self.version);
        let arguments = install.split(' ').map(OsStr::new).chain([tools.as_os_str()]);
        vec![Step::command(self.name, cargo_path(), arguments)]
    }

    fn path(&self, tools: &Path) -> PathBuf {
        tools.join("bin").join(format!("{}{}", self.name, env::consts::EXE_SUFFIX))
    }

    /// Returns whether the pinned version is installed.
    ///
    /// The subcommand name is the first argument, as cargo passes it: some tools require it.
    fn is_installed(&self, tools: &Path) -> bool {
        let subcommand = self.name.trim_start_matches("cargo-");
        process::Command::new(self.path(tools)).args([subcommand, "--version"]).output().is_ok_and(|output| {
            String::from_utf8_lossy(&output.stdout).split_whitespace().next_back() == Some(self.version)
        })
    }
}

fn cargo(name: &'static str, arguments: &str) -> Step {
    Step::command(name, cargo_path(), arguments.split(' '))
}

/// Returns the cargo that runs this program, so that every step uses the same toolchain.
fn cargo_path() -> PathBuf {
    env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
}

/// Returns the path of `keyferry`, which cargo builds into the folder of this program.
fn binary() -> PathBuf {
    let name = format!("keyferry{}", env::consts::EXE_SUFFIX);
    env::current_exe().map_or_else(|_| PathBuf::from(&name), |own| own.with_file_name(&name))
}

/// A temporary directory for the scenario's data, removed when dropped.
struct DataDirectory(PathBuf);

impl DataDirectory {
    fn new() -> Self {
        Self(env::temp_dir().join(format!("keyferry-scenario-{}", process::id())))
    }
}

impl Drop for DataDirectory {
    fn drop(&mut self) {
        // It does not exist if an earlier step failed.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(steps: &[Step]) -> Vec<String> {
        steps.iter().map(Step::to_string).collect()
    }

    #[test]
    fn check_runs_all_but_scenario_and_mutants() {
        assert_eq!(
            lines(&check()),
            [
                "house rules",
                "format: cargo fmt --all --check",
                "clippy: cargo clippy --workspace --all-targets --locked -- -D warnings",
                "outsiders",
                "tests: cargo test --workspace --locked",
            ]
        );
    }

    #[test]
    fn scenario_uses_free_ports_and_its_own_directory() {
        assert_eq!(
            lines(&scenario(Path::new("/t/debug/keyferry"), Path::new("/tmp/data"), None)),
            [
                "binary: cargo build --workspace --tests --bins --locked",
                "scenario: keyferry demo --scenario --api-port 0 --probe-port 0 --sandbox-port 0 --smtp-port 0 \
                 --smtps-port 0 --data-dir /tmp/data",
            ]
        );
    }

    #[test]
    fn scenario_signs_in_with_an_installed_browser() {
        let steps = scenario(Path::new("keyferry"), Path::new("/tmp/data"), Some(Path::new("/usr/bin/chromedriver")));
        let line = lines(&steps).pop().unwrap_or_default();
        let expected = "--data-dir /tmp/data --artifacts target/artifacts/scenario --browser /usr/bin/chromedriver";
        assert!(line.ends_with(expected), "{line}");
    }

    #[test]
    fn scenario_also_runs_with_azurite() {
        let line = azure_scenario(Path::new("keyferry"), Path::new("/o/azurite-table")).to_string();
        assert!(
            line.contains("keyferry demo --scenario --faults ") && line.ends_with(" --azurite /o/azurite-table"),
            "{line}"
        );
    }

    #[test]
    fn golden_runs_the_tests_in_update_mode() {
        assert_eq!(
            golden().to_string(),
            "golden files: UPDATE_GOLDEN=1 INSTA_UPDATE=always cargo test --workspace --locked --no-fail-fast"
        );
    }

    #[test]
    fn image_is_built_and_run_and_listed() {
        let lines = lines(&image(Path::new("/w/target/tools"), false));
        assert_eq!(lines[0], "container image: build target/image dist");
        assert_eq!(lines[1], "what is in the image: try target/image");
        assert!(lines[2].starts_with("cargo-cyclonedx: cargo install cargo-cyclonedx --version"), "{lines:?}");
        assert!(lines[3].starts_with("list of parts: cargo-cyclonedx cyclonedx --manifest-path"), "{lines:?}");
        assert_eq!(lines.len(), 5);
    }

    #[test]
    fn dist_installs_its_tool_once() {
        let tools = Path::new("/w/target/tools");
        let files = "release files: dist target/dist-files /w/target/tools/bin/cargo-cyclonedx";
        assert_eq!(lines(&dist(tools, true)), [files]);
        assert!(lines(&dist(tools, false))[0].starts_with("cargo-cyclonedx: cargo install cargo-cyclonedx --version"));
    }

    #[test]
    fn deny_installs_its_tool_only_if_missing() {
        let tools = Path::new("/w/target/tools");
        let check = "deny: cargo-deny --locked --offline check bans licenses sources";
        assert_eq!(lines(&deny(tools, true)), [check]);
        let install = "cargo-deny: cargo install cargo-deny --version 0.20.2 --locked --force --root /w/target/tools";
        assert_eq!(lines(&deny(tools, false)), [install, check]);
        assert!(!DENY.is_installed(Path::new("/nonexistent")));
    }

    #[test]
    fn data_directory_is_removed_with_its_contents() {
        let data = DataDirectory::new();
        let path = data.0.clone();
        fs::create_dir_all(path.join("inner")).expect("a directory");
        drop(data);
        assert!(!path.exists());
    }

    #[test]
    fn usage_lists_only_known_commands() {
        for line in crate::USAGE.lines().filter(|line| line.starts_with("  ")) {
            let name = line.trim().split("  ").next().unwrap_or_default();
            assert!(Command::named(name).is_some(), "{name}");
        }
        assert_eq!(Command::named("nothing"), None);
    }
}
