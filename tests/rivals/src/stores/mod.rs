//! The stores, one file each.

pub mod annals;
pub mod fjall;
pub mod grouped;
pub mod postgres;
pub mod sqlite;
pub mod tephra;
pub mod umadb;
