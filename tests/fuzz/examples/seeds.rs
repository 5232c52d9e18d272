//! Writes a seed corpus for each target below `corpus/`, from golden files and examples.
//!
//! Each target's first byte says which of its ways it goes; the seeds have one file for each.

use std::fs;
use std::path::{Path, PathBuf};

fn main() -> std::io::Result<()> {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let golden = here.join("../golden/v1");
    let (records, blocks) = (hex(&golden.join("records.hex"))?, hex(&golden.join("blocks.hex"))?);
    let seeds = Seeds(here.join("corpus"));
    for (number, record) in records.iter().enumerate() {
        seeds.put("record", &format!("golden-{number}"), 0, record)?;
    }
    for entry in fs::read_dir(&golden)? {
        let path = entry?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if matches!(name.as_str(), "records" | "blocks") {
            continue;
        }
        for (number, event) in hex(&path)?.iter().enumerate() {
            let record = [&[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], &event[..]].concat();
            seeds.put("record", &format!("{name}-{number}"), 0, &record)?;
        }
        let text = fs::read_to_string(&path)?;
        let lines = text.lines().filter_map(|line| line.strip_prefix("# "));
        for (number, json) in lines.filter(|line| line.starts_with('{')).enumerate() {
            seeds.put("json", &format!("{name}-{number}"), 0, json.as_bytes())?;
            seeds.put("json", &format!("{name}-line-{number}"), 1, json.as_bytes())?;
        }
    }
    let cloud = br#"{"specversion":"1.0","type":"promise.kept","source":"s","id":"1","subject":"C-1","time":"2026-03-03T09:30:00Z","data":{"promise":"1"}}"#;
    seeds.put("json", "cloud", 2, cloud)?;
    for (number, block) in blocks.iter().enumerate() {
        seeds.put("block", &format!("golden-{number}"), 0, block)?;
        seeds.put("block", &format!("golden-mended-{number}"), 1, block)?;
    }
    for mode in 0..5 {
        for target in ["record", "block", "seal", "sealed_volume", "checkpoint"] {
            let choices: Vec<u8> = (1..65_u8).map(|step| step.wrapping_mul(2 * mode + 1)).collect();
            seeds.put(target, &format!("way-{mode}"), mode, &choices)?;
        }
    }
    let head = format!(
        "annals head 2\nsize 3\nroot {}\nrecorded_at 2026-03-03T01:30:00Z\n",
        "4d".repeat(32)
    );
    seeds.put("checkpoint", "head", 0, head.as_bytes())?;
    let lines = "annals cursor 1\nposition 42\n";
    let checksum = crc32c::crc32c(lines.as_bytes());
    let cursor = format!("{lines}checksum {checksum:08x}\n");
    seeds.put("checkpoint", "cursor", 1, cursor.as_bytes())?;
    let import = here.join("../../crates/annals-import");
    let examples = here.join("../../docs/examples/import");
    let invoices = [
        &fs::read(examples.join("invoices.toml"))?[..],
        &[0],
        &fs::read(examples.join("invoices-faulty.csv"))?[..],
    ];
    seeds.put("mapping", "invoices", 255, &invoices.concat())?;
    let tables = ["cdnow_master_excerpt.txt", "cdnow_sample_excerpt.txt", "cfpb_synthetic.csv"];
    for (mode, table) in (0..).zip(tables) {
        seeds.put("mapping", table, mode, &fs::read(import.join("tests/data").join(table))?)?;
    }
    for preset in ["cdnow", "cdnow-sample", "cfpb"] {
        let text = fs::read(import.join(format!("presets/{preset}.toml")))?;
        seeds.put("mapping", preset, 255, &text)?;
    }
    Ok(())
}

struct Seeds(PathBuf);

impl Seeds {
    fn put(&self, target: &str, name: &str, mode: u8, bytes: &[u8]) -> std::io::Result<()> {
        let folder = self.0.join(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(format!("seed-{name}")), [&[mode], bytes].concat())
    }
}

/// The sections of a golden file: hexadecimal digits between comments.
fn hex(path: &Path) -> std::io::Result<Vec<Vec<u8>>> {
    let (mut sections, mut digits) = (Vec::new(), String::new());
    for line in fs::read_to_string(path)?.lines().chain(["#"]) {
        if line.starts_with('#') {
            let pairs = digits.as_bytes().chunks_exact(2);
            let byte = |pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap_or(""), 16).ok();
            let bytes: Vec<u8> = pairs.filter_map(byte).collect();
            if !bytes.is_empty() {
                sections.push(bytes);
            }
            digits.clear();
        } else {
            digits.extend(line.chars().filter(char::is_ascii_hexdigit));
        }
    }
    Ok(sections)
}
