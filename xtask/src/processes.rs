//! Waiting for a process, and ending it with all that it started.

use std::{
    fs, io,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Waits for the process. Returns `None` if it did not end in time: it is killed then, with all that it started.
pub(crate) fn wait(child: &mut Child, limit: Option<Duration>) -> io::Result<Option<ExitStatus>> {
    let Some(limit) = limit else {
        return child.wait().map(Some);
    };
    #[expect(clippy::disallowed_methods, reason = "how long a real process takes")]
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if start.elapsed() > limit {
            kill(child)?;
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(100));
    }
}

/// Kills the process and, on Linux, all that it started. Processes that outlived the one that started them are not
/// found.
pub(crate) fn kill(child: &mut Child) -> io::Result<()> {
    let others = descendants(child.id());
    if !others.is_empty() {
        // Some may have ended since.
        let _ = Command::new("kill").arg("-KILL").args(others).stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
    child.kill()?;
    child.wait().map(drop)
}

fn descendants(process: u32) -> Vec<String> {
    let threads = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let children = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    let children: Vec<u32> = children.flat_map(|list| numbers(&list)).collect();
    children.iter().flat_map(|child| [vec![child.to_string()], descendants(*child)].concat()).collect()
}

fn numbers(list: &str) -> Vec<u32> {
    list.split_whitespace().filter_map(|number| number.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader};

    use super::*;

    fn shell(script: &str) -> Child {
        Command::new("sh").args(["-c", script]).stdout(Stdio::piped()).spawn().expect("sh starts")
    }

    #[test]
    fn a_process_that_ends_in_time_has_its_status() {
        let status = wait(&mut shell("exit 7"), Some(Duration::from_mins(1))).expect("waits").expect("ended");
        assert_eq!(status.code(), Some(7));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_process_that_does_not_end_is_killed_with_what_it_started() {
        let mut child = shell("sh -c 'sleep 1000 & echo $!; wait; true'; true");
        let mut output = BufReader::new(child.stdout.take().expect("piped"));
        let mut id = String::new();
        output.read_line(&mut id).expect("an id");
        assert_eq!(wait(&mut child, Some(Duration::from_millis(1))).expect("waits"), None);
        // The pipe stays open as long as one of them lives.
        assert_eq!(output.read_line(&mut String::new()).expect("the end"), 0, "process {id} lives");
    }
}
