//! Processes of a server, seen from `/proc` (proc(5)).

use std::fs;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};

use super::super::{PATIENCE, output_of, poll_until};

/// How long whoever inherits a process may take to notice that it has ended.
const REAPED: Duration = Duration::from_secs(5);

/// The fields after the program's name: state, parent, ...
fn fields(process: u32) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    Some(stat.rsplit_once(')')?.1.split_whitespace().map(str::to_owned).collect())
}

/// Whether it runs; what has ended and wasn't waited for doesn't.
pub(super) fn runs(process: u32) -> bool {
    fields(process).is_some_and(|fields| fields.first().is_some_and(|state| state != "Z" && state != "X"))
}

fn children(parent: u32) -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let processes = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let is_child = |process: &u32| {
        fields(*process).is_some_and(|fields| fields.get(1).is_some_and(|id| *id == parent.to_string()))
    };
    processes.filter(is_child).collect()
}

/// Whether its number is free again soon: not where nobody waits for processes whose parent is gone.
pub(super) fn is_reaped(process: u32) -> Result<bool> {
    poll_until(REAPED, || Ok(fields(process).is_none()))
}

/// SIGKILL to `parent` alone. Waits until its children have noticed and are gone too.
pub(super) fn kill_parent(parent: u32) -> Result<()> {
    let family = [children(parent), vec![parent]].concat();
    output_of(Command::new("sh").args(["-c", "kill -9 \"$1\"", "kill", &parent.to_string()]))?;
    let gone = poll_until(PATIENCE, || Ok(!family.iter().any(|process| runs(*process))))?;
    ensure!(gone, "processes of a killed PostgreSQL stay");
    Ok(())
}
