//! An event-sourced ledger of everything that happens between an organisation and its customers.
