# Verbs of the project. `just --list` shows them.

# Types and borrows of everything
check:
    cargo check --workspace --all-targets

# Formatting and lints of all three workspaces, warnings denied
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    cargo fmt --manifest-path tests/rivals/Cargo.toml --check
    cargo clippy --manifest-path tests/rivals/Cargo.toml --all-targets -- -D warnings
    cargo fmt --manifest-path tests/fuzz/Cargo.toml --check
    cargo clippy --manifest-path tests/fuzz/Cargo.toml --all-targets -- -D warnings

# All tests
test:
    cargo test --workspace

# Kill writers, sealing, rebuilds, backups and restores 200 times each; nothing acknowledged is lost
crash:
    ANNALS_CRASH_KILLS=200 cargo test --release -p annals-tests --test crash
    ANNALS_CRASH_KILLS=200 cargo test --release -p annals --test backup killed

# Cut the power 50 times on a loop device (needs root); nothing acknowledged is lost
powercut:
    ANNALS_POWER_CUTS=50 cargo test --release -p annals-tests --test power_cut -- --nocapture

# The whole ledger against the naive one, 10,000 cases
model:
    PROPTEST_CASES=10000 cargo test --release -p annals-tests --test model

# Fuzz one target of tests/fuzz: record block seal sealed_volume json mapping checkpoint (needs cargo-fuzz)
fuzz target seconds="600":
    cargo run --manifest-path tests/fuzz/Cargo.toml --example seeds
    cargo fuzz run --fuzz-dir tests/fuzz --sanitizer none {{target}} -- -max_total_time={{seconds}} -max_len=8192

# Every speed the log promises, measured on this machine and written to docs/benchmarks.md
bench *arguments:
    cargo run --release --manifest-path tests/rivals/Cargo.toml --bin bench -- {{arguments}}

# The same work given to other stores (PostgreSQL's server is started where it is installed)
rivals *arguments:
    cargo run --release --manifest-path tests/rivals/Cargo.toml --bin rivals -- {{arguments}}

# Write golden files and generated documents that are missing or follow from a changed table
bless:
    ANNALS_BLESS=1 cargo test -p annals-tests --test golden --test vocabulary

# The API documentation, warnings denied
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# Licences, advisories, and who may use sled (needs cargo-deny)
deny:
    cargo deny check

# A ledger of real purchases, three views, from one command
demo:
    cargo run --release -- demo

# What CI runs
ci:
    .ci/run
