//! Subject keys: seal, open and shred personal fields.
