//! What the figures were measured on, and what a process takes of it.

use std::fs;
use std::path::Path;
use std::process::Command;

/// The machine in one line: processor, cores, memory, file system, kernel.
pub fn description(directory: &Path) -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory_gib = kib_in("/proc/meminfo", "MemTotal:") / (1024 * 1024);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let (model, kernel) = (model.unwrap_or("unknown processor"), kernel.trim());
    let file_system = output("df", &["--output=fstype", &directory.to_string_lossy()]);
    let file_system = file_system.lines().last().unwrap_or("?").to_owned();
    format!("{model}, {cores} cores, {memory_gib} GiB, {file_system}, Linux {kernel}")
}

/// The most memory this process has had resident so far, in MiB.
pub fn peak_resident_mib() -> u64 {
    kib_in("/proc/self/status", "VmHWM:") / 1024
}

fn kib_in(file: &str, name: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map_or_else(
        |_| "?".to_owned(),
        |found| String::from_utf8_lossy(&found.stdout).trim().to_owned(),
    )
}

/// The bytes of all files below a directory.
pub fn bytes_below(directory: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(directory) else { return 0 };
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(found) if found.is_dir() => bytes_below(&entry.path()),
        Ok(found) => found.len(),
        Err(_) => 0,
    };
    entries.flatten().map(size).sum()
}
