//! The commands of `cargo xtask`, each a list of steps.

use std::{
    env,
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
    process,
    time::Duration,
};

use crate::{
    house, mutants, outsiders, phrases,
    sbom::{self, Platform},
    simulate,
    step::{self, Step, cargo_path},
    supply,
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
    /// Checks licences, banned crates, sources and known vulnerabilities.
    Deny,
    /// Prints the list of parts of a shipped binary.
    Sbom(Platform),
    /// Builds the shipped binary twice, in different surroundings, and compares the bytes.
    Reproducible,
    /// Builds everything that a release consists of.
    Dist,
    /// Builds the container image and its list of parts.
    Image,
    /// Installs the independent programs that tests use.
    Outsiders,
    /// Audits the console's pages with Lighthouse.
    Lighthouse,
    /// Simulates an organisation with faults at every call.
    Simulate,
    /// Runs a benchmark with an optimised build, or lists the benchmarks.
    Bench,
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
            "sbom" | "sbom x86_64" => Some(Self::Sbom(Platform::X86_64)),
            "sbom aarch64" => Some(Self::Sbom(Platform::Aarch64)),
            "reproducible" => Some(Self::Reproducible),
            "dist" => Some(Self::Dist),
            "image" => Some(Self::Image),
            "outsiders" => Some(Self::Outsiders),
            "simulate" => Some(Self::Simulate),
            // Its options are a matter of the simulator.
            name if name.starts_with("simulate ") => Some(Self::Simulate),
            "bench" => Some(Self::Bench),
            // Which ones there are is a matter of the benchmarks.
            name if name.starts_with("bench ") => Some(Self::Bench),
            "lighthouse" => Some(Self::Lighthouse),
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
                    steps.extend(outsiders::python_path(root).map(|python| list_of_parts(&python)));
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
        Command::Lighthouse => {
            let test = "test --package keyferry --test console --locked -- --ignored --nocapture lighthouse::";
            let audit = Step::command("Lighthouse", cargo_path(), test.split(' '));
            step::run(&[outsiders(), Step::check("Lighthouse's packages", outsiders::install_lighthouse), audit], root)
        }
        Command::Simulate => simulate::run(root, &env::args().skip(2).collect::<Vec<_>>()),
        Command::Bench => step::run(&bench(root, env::args_os().skip(2)), root),
        Command::Mutants => step::run(&[mutants()], root),
        Command::AllMutants => step::run(&[Step::check("mutants", mutants::all)], root),
        Command::Golden => {
            let code = step::run(&[golden()], root);
            if code == 0 {
                println!("golden files rewritten: read `git diff` before you keep them");
            }
            code
        }
        Command::Dist => step::run(&[dist()], root),
        Command::Image => {
            let [build, run] = container_image("dist");
            step::run(&[build, run], root)
        }
        Command::Deny => step::run(&[supply_chain()], root),
        Command::Sbom(platform) => step::report(&sbom::print(root, platform)),
        Command::Reproducible => step::run(&[reproducible()], root),
    }
}

fn check() -> Vec<Step> {
    vec![
        house_rules(),
        cargo("format", "fmt --all --check"),
        cargo("clippy", "clippy --workspace --all-targets --locked -- -D warnings"),
        outsiders(),
        supply_chain(),
        cargo("compiled tests", "test --workspace --locked --no-run"),
        tests(),
        cargo("examples in the documentation", "test --workspace --locked --doc"),
    ]
}

/// Returns the step that runs the tests, in three parts at the same time: most tests wait for processes, schedules and
/// rate limits. Each program is in exactly one part.
fn tests() -> Step {
    let part = |name, arguments: &str| cargo(name, &format!("test --workspace --locked {arguments}")).within(HUNG);
    let programs = |name, selection: &str| part(name, &format!("{selection} -- {WAITING}"));
    programs("tests", "--lib --bins --test [!a-c]*")
        .beside(programs("tests a to c", "--test [a-c]*"))
        .beside(part("crash proof and roll-out", "--test crashes --test rollout"))
}

/// A part of the tests that takes longer is not slow: a test hangs.
const HUNG: Duration = Duration::from_mins(40);

/// Leaves out the tests of the third part.
const WAITING: &str = "--skip crashes:: --skip spreadsheet_becomes_one_key";

fn supply_chain() -> Step {
    Step::check("supply chain", supply::findings)
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

/// Returns the steps of the demo scenarios on free ports: one order through all phases, then the side of the recipient.
/// `browser` is the path of a chromedriver, for the sign-in.
///
/// The steps use the binary that the tests were built with: `cargo run` would select other features of shared
/// dependencies and compile them again.
fn scenario(binary: &Path, data: &Path, browser: Option<&Path>) -> Vec<Step> {
    let ports = "--api-port 0 --probe-port 0 --sandbox-port 0 --smtp-port 0 --smtps-port 0 --data-dir";
    let demo = |name: &'static str, flags: &str, data: &Path, pictures: &str| {
        let flags = flags.split(' ').chain(ports.split(' ')).map(OsStr::new);
        let mut arguments: Vec<&OsStr> = flags.chain([data.as_os_str()]).collect();
        if let Some(browser) = browser {
            let pictures = ["--artifacts", pictures, "--browser"].map(OsStr::new);
            arguments.extend(pictures.into_iter().chain([browser.as_os_str()]));
        }
        Step::command(name, binary, arguments)
    };
    vec![
        cargo("binary", "build --workspace --tests --bins --locked"),
        demo("scenario", "demo --scenario", data, "target/artifacts/scenario"),
        demo("scenario of the recipient", "demo --scenario --person", &data.join("person"), "target/artifacts/person"),
    ]
}

/// Returns the step of the scenario with Azure's stores and two replicas. `azurite` is the path of its table service.
fn azure_scenario(binary: &Path, azurite: &Path) -> Step {
    let flags = "demo --scenario --faults --sandbox-port 0 --smtp-port 0 --smtps-port 0 --azurite";
    let arguments = flags.split(' ').map(OsStr::new).chain([azurite.as_os_str()]);
    Step::command("scenario in Azure's stores, two replicas, faults on", binary, arguments)
}

/// Returns the steps of a benchmark. Without arguments, it lists the benchmarks.
fn bench(root: &Path, arguments: impl Iterator<Item = OsString>) -> Vec<Step> {
    let build = cargo("optimised build", "build --release --locked -p keyferry -p keyferry-bench");
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let benchmark = Step::command("benchmark", target.join("release").join("keyferry-bench"), arguments);
    let scripts = Step::check("packages of the scripts", outsiders::install_scripts);
    vec![scripts, build.with("CARGO_PROFILE_RELEASE_OPT_LEVEL", "2"), benchmark]
}

fn golden() -> Step {
    cargo("golden files", "test --workspace --locked --no-fail-fast")
        .with("UPDATE_GOLDEN", "1")
        .with("INSTA_UPDATE", "always")
}

/// Returns the step that builds the files of a release into `target/dist-files/out`.
fn dist() -> Step {
    Step::command("release files", "release/dist.sh", ["target/dist-files"])
}

/// Returns the step that builds the shipped binary twice from nothing.
fn reproducible() -> Step {
    Step::command("two builds", "release/reproducible.sh", ["--whole", "target/reproducible"])
}

/// Returns the steps that build the image and run its contents.
fn container_image(profile: &'static str) -> [Step; 2] {
    [
        Step::command("container image", "deploy/image/build.sh", ["target/image", profile]),
        Step::command("what is in the image", "deploy/image/try.sh", ["target/image"]),
    ]
}

/// The binary in the image.
const BINARY: &str = "target/image/rootfs/usr/local/bin/keyferry";

/// Returns the step that compares the image's list of parts with its binary. `python` has the validator.
fn list_of_parts(python: &Path) -> Step {
    let list = "target/image/rootfs/usr/share/sbom/keyferry.cdx.json";
    Step::command("list of parts", python, ["outsiders/sbom/check.py", list, BINARY])
}

fn cargo(name: &'static str, arguments: &str) -> Step {
    Step::command(name, cargo_path(), arguments.split(' '))
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
                "supply chain",
                "compiled tests: cargo test --workspace --locked --no-run",
                "tests: cargo test --workspace --locked --lib --bins --test [!a-c]* -- --skip crashes:: --skip \
                 spreadsheet_becomes_one_key",
                "examples in the documentation: cargo test --workspace --locked --doc",
            ]
        );
    }

    #[test]
    fn scenario_uses_free_ports_and_its_own_directory() {
        assert_eq!(
            lines(&scenario(Path::new("/t/debug/keyferry"), Path::new("/t/data"), None)),
            [
                "binary: cargo build --workspace --tests --bins --locked",
                "scenario: keyferry demo --scenario --api-port 0 --probe-port 0 --sandbox-port 0 --smtp-port 0 \
                 --smtps-port 0 --data-dir /t/data",
                "scenario of the recipient: keyferry demo --scenario --person --api-port 0 --probe-port 0 \
                 --sandbox-port 0 --smtp-port 0 --smtps-port 0 --data-dir /t/data/person",
            ]
        );
    }

    #[test]
    fn scenario_signs_in_with_an_installed_browser() {
        let steps = scenario(Path::new("keyferry"), Path::new("/t/data"), Some(Path::new("/t/chromedriver")));
        let lines = lines(&steps);
        for (line, name, data) in [(&lines[1], "scenario", "/t/data"), (&lines[2], "person", "/t/data/person")] {
            let end = format!("--data-dir {data} --artifacts target/artifacts/{name} --browser /t/chromedriver");
            assert!(line.ends_with(&end), "{line}");
        }
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
        let mut steps = Vec::from(container_image("dev"));
        steps.push(list_of_parts(Path::new("outsiders/venv/bin/python")));
        assert_eq!(
            lines(&steps),
            [
                "container image: build target/image dev",
                "what is in the image: try target/image",
                "list of parts: python outsiders/sbom/check.py \
                 target/image/rootfs/usr/share/sbom/keyferry.cdx.json target/image/rootfs/usr/local/bin/keyferry",
            ]
        );
    }

    #[test]
    fn release_and_double_build_have_their_folders() {
        assert_eq!(dist().to_string(), "release files: dist target/dist-files");
        assert_eq!(reproducible().to_string(), "two builds: reproducible --whole target/reproducible");
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
