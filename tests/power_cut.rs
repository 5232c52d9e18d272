//! Goal: what was acknowledged survives a power cut, and a disk that fails is acknowledged nothing
//! on.
//!
//! Method: the log lies on ext4 on a loop device. While a child process appends, the file system is
//! shut down as a power cut would do it (`EXT4_IOC_SHUTDOWN` without flushing its journal): from
//! then on every write and fsync gives EIO, and what was not synced is gone. Then it is mounted
//! again, which replays the journal, and the log is opened and checked; one log goes through all
//! cuts. Needs root, loop devices and mkfs.ext4, hence `just powercut`; where that is missing, and
//! in the normal suite, the test says so and tests nothing.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails where it stands")]

use annals_tests::interrupted_writer::{Acknowledged, Work, write};
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const CUTS: &str = "ANNALS_POWER_CUTS";
const APART: &str = "ANNALS_POWER_CUT_TEST_APART";
const DIR: &str = "ANNALS_POWER_CUT_TEST_DIR";
const ROUND: &str = "ANNALS_POWER_CUT_TEST_ROUND";
const DISK_BYTES: u64 = 512 << 20;

/// Shuts the file system down that a file lies in; flag 2 leaves the journal as it is on the disk.
/// No crate has this call without unsafe code; perl has it everywhere.
const SHUT_DOWN: &str = r#"
    open(my $file, "<", $ARGV[0]) or die "open: $!";
    my $flag = pack("L", 2);
    defined(ioctl($file, 0x8004587d, $flag)) or die "ioctl: $!";
"#;

/// A file system on a loop device, unmounted at the end.
struct Disk {
    image: PathBuf,
    mounted: PathBuf,
}

fn run(command: &mut Command) -> Result<(), String> {
    match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr))),
        Err(error) => Err(format!("{command:?}: {error}")),
    }
}

impl Disk {
    fn make(dir: &Path) -> Result<Self, String> {
        let disk = Self { image: dir.join("image"), mounted: dir.join("mounted") };
        File::create(&disk.image).and_then(|file| file.set_len(DISK_BYTES)).unwrap();
        std::fs::create_dir(&disk.mounted).unwrap();
        run(Command::new("mkfs.ext4").arg("-q").arg(&disk.image))?;
        disk.mount()?;
        std::fs::create_dir(disk.ledger()).unwrap();
        std::fs::write(disk.switch(), "").unwrap();
        run(&mut Command::new("sync"))?;
        Ok(disk)
    }

    fn ledger(&self) -> PathBuf {
        self.mounted.join("ledger")
    }

    /// A file to reach the file system by.
    fn switch(&self) -> PathBuf {
        self.mounted.join("switch")
    }

    fn mount(&self) -> Result<(), String> {
        run(Command::new("mount").args(["-o", "loop"]).args([&self.image, &self.mounted]))
    }

    fn unmount(&self) -> Result<(), String> {
        run(Command::new("umount").arg(&self.mounted))
    }

    fn cut_power(&self) -> Result<(), String> {
        run(Command::new("perl").args(["-e", SHUT_DOWN]).arg(self.switch()))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(self.unmount());
    }
}

fn work_of(round: u32) -> Work {
    if round.is_multiple_of(2) { Work::Appending } else { Work::Sealing }
}

/// Not a test but the child, which appends until it is refused.
#[test]
fn child() {
    let variable = |name| std::env::var(name).ok();
    let (Some(dir), Some(round)) = (variable(DIR), variable(ROUND)) else { return };
    let round = round.parse().unwrap();
    write(Path::new(&dir), round, work_of(round));
}

/// Lets the child append, cuts the power after so many acknowledgements, and waits until it was
/// refused and has ended.
fn append_until_cut(disk: &Disk, round: u32, appends: usize, acknowledged: &mut Acknowledged) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .env(DIR, disk.ledger())
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut seen, mut is_cut, mut refused) = (0, false, 0);
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        // Also what is said behind the cut counts: it must not have been acknowledged otherwise.
        seen += usize::from(acknowledged.hear(&line));
        if line.starts_with("refused") {
            assert!(is_cut, "round {round}: {line}");
            assert!(line.contains("Input/output error"), "round {round}: {line}");
            refused += 1;
        }
        if !is_cut && seen >= appends {
            disk.cut_power().unwrap();
            is_cut = true;
        }
    }
    let status = child.wait().unwrap();
    assert!(is_cut && status.success(), "round {round}: {status}");
    assert!(refused > 0, "round {round}: nothing was refused");
}

/// Not a test but the one that cuts, in a mount namespace of its own: what is mounted elsewhere at
/// the same time would keep the file system that was shut down.
#[tokio::test]
async fn cuts() {
    if std::env::var_os(APART).is_none() {
        return;
    }
    let cuts: u32 = std::env::var(CUTS).unwrap().parse().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let disk = match Disk::make(dir.path()) {
        Ok(disk) => disk,
        Err(error) => {
            println!("skipped: no power can be cut here, it needs root and a loop device: {error}");
            return;
        }
    };
    let mut acknowledged = Acknowledged::default();
    for round in 0..cuts {
        let appends = usize::try_from(round * 37 % 113 + 1).unwrap();
        append_until_cut(&disk, round, appends, &mut acknowledged);
        disk.unmount().unwrap();
        disk.mount().unwrap();
        acknowledged.check(&disk.ledger(), work_of(round), &format!("cut {round}")).await;
        println!("cut {round}: all of {} acknowledged events are there", acknowledged.count());
    }
    assert!(acknowledged.count() > 100, "only {} events", acknowledged.count());
}

#[test]
fn what_was_acknowledged_survives_power_cuts_and_a_failed_disk_is_acknowledged_nothing_on() {
    if std::env::var_os(CUTS).is_none() {
        println!("skipped: power is cut only when {CUTS} says how often (just powercut)");
        return;
    }
    if let Err(error) = run(Command::new("unshare").args(["--mount", "--", "true"])) {
        println!("skipped: no power can be cut here, it needs root: {error}");
        return;
    }
    let status = Command::new("unshare")
        .args(["--mount", "--"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "cuts", "--nocapture"])
        .env(APART, "1")
        .status()
        .unwrap();
    assert!(status.success(), "{status}");
}
