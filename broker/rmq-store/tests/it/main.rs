//! What a store promises, tried from outside: behaviour, power cuts, hostile files.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

mod behaviour;
mod ground;
mod hostile;
mod power;
