//! What a person sees at a terminal.

use std::process::Command;

use keyferry_proof_support::{ADA, ALAN, GRACE};

use crate::shell::Shell;
use crate::support::{Demo, KEYFERRY};

/// Runs a command in a pseudo-terminal of a width, types a line when the output ends with `]` or `:`, and prints all
/// output and the exit code.
const TERMINAL: &str = r#"
import fcntl, os, pty, struct, sys, termios
width, typed, command = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    os.execv(command[0], command)
output = b""
while True:
    try:
        part = os.read(terminal, 65536)
    except OSError:
        break
    if not part:
        break
    output += part
    if typed and output.rstrip().endswith((b"]", b"keys:")):
        os.write(terminal, typed.encode() + b"\n")
        typed = ""
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
sys.stdout.write(output.decode().replace("\r\n", "\n"))
sys.exit(code)
"#;

/// Runs a command at a terminal of this width. Returns exit code and output.
fn at_terminal(shell: &Shell, width: usize, typed: &str, variables: &[(&str, &str)], args: &[&str]) -> (i32, String) {
    let output = Command::new("python3")
        .args(["-c", TERMINAL, &width.to_string(), typed, KEYFERRY])
        .args(args)
        .env_remove("NO_COLOR")
        .env_remove("COLUMNS")
        .env("TERM", "xterm-256color")
        .env("HOME", shell.home.path())
        .env("XDG_CONFIG_HOME", shell.home.path().join(".config"))
        .env("XDG_CACHE_HOME", shell.home.path().join(".cache"))
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_fit_and_questions_are_asked() {
    let demo = Demo::with(&["--parcel-seconds", "1"]).await;
    let mut shell = Shell::new();
    shell.login(&demo);
    let (ada, grace) = (shell.queue(ADA, "REQ-1"), shell.queue(GRACE, "REQ-2"));
    shell.until(&ada, "complete");
    shell.until(&grace, "registered");

    // No one listens there: the reasons are long.
    let receiver = format!("http://127.0.0.1:9/{}", "long/".repeat(40));
    let webhook = shell.json(&["webhooks", "create", &receiver, "--description", &"words ".repeat(20)]);
    let webhook = webhook["webhook"]["id"].as_str().unwrap().to_owned();
    let alan = shell.queue(ALAN, "REQ-3");
    shell.until(&alan, "complete");

    for width in [80, 100, 140, 200] {
        for args in [
            &["shipments", "list"][..],
            &["shipments", "show", &grace],
            &["status"],
            &["report"],
            &["webhooks", "list"],
            &["webhooks", "show", &webhook],
            &["webhooks", "deliveries", &webhook],
        ] {
            let (code, text) = at_terminal(&shell, width, "", &[], args);
            assert_eq!(code, 0, "{text}");
            let longest = text.lines().map(console::measure_text_width).max().unwrap();
            assert!(longest <= width, "{args:?} at {width} has {longest}:\n{text}");
        }
    }
    let (_, wide) = at_terminal(&shell, 200, "", &[], &["shipments", "list"]);
    let (_, narrow) = at_terminal(&shell, 80, "", &[], &["shipments", "list"]);
    assert!(wide.contains("TRACKING") && !narrow.contains("TRACKING"), "{wide}{narrow}");
    assert!(narrow.contains(&ada) && narrow.contains("no-manager"), "{narrow}");
    assert!(wide.contains("\u{1b}[32mcomplete"), "{wide:?}");
    for variables in [[("NO_COLOR", "1")], [("TERM", "dumb")]] {
        let (_, text) = at_terminal(&shell, 80, "", &variables, &["shipments", "list"]);
        assert!(!text.contains('\u{1b}'), "{text:?}");
    }

    // A question that is answered with anything but yes changes nothing.
    let resolve = ["shipments", "resolve", &grace, "--reason", "handed over"];
    let (code, text) = at_terminal(&shell, 100, "n", &[], &resolve);
    assert!(code == 1 && text.contains("[y/N]") && text.contains("not done"), "{code} {text}");
    assert_eq!(shell.json(&["shipments", "show", &grace])["phase"], "registered");
    let (code, text) = at_terminal(&shell, 100, "y", &[], &resolve);
    assert!(code == 0 && text.contains("is resolved"), "{code} {text}");
}
