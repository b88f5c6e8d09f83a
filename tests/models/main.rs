//! Pulling models from a hub on loopback that lies, cuts, stalls and refuses. Whatever it does: the right file, or a
//! clear error; never a wrong file under a right name.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod bench;
mod hub;
mod library;
mod program;
mod transfer;
