# Verbs of the project. `just --list` shows them.

# Types and borrows of everything
check:
    cargo check --workspace --all-targets

# Formatting and lints, warnings denied
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings

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

# The log beside a plain file on this machine
bench directory="/tmp/annals-bench":
    cargo run --release -p annals-sled --example log_speed -- {{directory}}

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
