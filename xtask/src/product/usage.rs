//! What a process uses, read from `/proc` (proc(5)) while it runs.

use std::fs;
use std::time::Duration;

/// Clock ticks per second in `/proc/PID/stat`: 100 on every Linux that Rust's standard library supports.
const TICKS_PER_SECOND: u64 = 100;
/// Fields after the program's name, counted from 0, that hold user and system time.
const USER_TIME: usize = 11;
const SYSTEM_TIME: usize = 12;

/// The highest values seen so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Most memory that was resident at a time (`VmHWM`).
    pub memory_peak_bytes: u64,
    /// User and system time of all threads.
    pub cpu: Duration,
}

impl Usage {
    /// Looks at a process; one that is gone changes nothing.
    pub fn look_at(&mut self, process: u32) {
        if let Ok(status) = fs::read_to_string(format!("/proc/{process}/status")) {
            let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next());
            let kilobytes: u64 = peak.and_then(|number| number.parse().ok()).unwrap_or_default();
            self.memory_peak_bytes = self.memory_peak_bytes.max(kilobytes << 10);
        }
        if let Ok(stat) = fs::read_to_string(format!("/proc/{process}/stat")) {
            self.cpu = self.cpu.max(cpu_time(&stat).unwrap_or_default());
        }
    }
}

/// The name in parentheses can hold anything, so counting begins after the last one that closes.
fn cpu_time(stat: &str) -> Option<Duration> {
    let fields: Vec<_> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<u64>().ok();
    let all = ticks(USER_TIME)? + ticks(SYSTEM_TIME)?;
    Some(Duration::from_millis(all * 1000 / TICKS_PER_SECOND))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_user_and_system_time_of_all_threads() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 100 0 0 0 150 25 0 0 20 0 3 0 100 1 1";
        assert_eq!(cpu_time(stat), Some(Duration::from_millis(1750)));
        assert_eq!(cpu_time("7 (a"), None);
    }

    #[test]
    fn looks_at_this_process() {
        let mut usage = Usage::default();
        usage.look_at(std::process::id());
        assert!(usage.memory_peak_bytes > 0);
    }
}
