//! The open volume of the log in sled, its group-commit writer, recovery and the view store.
