//! What a store promises, tried from outside: behaviour, power cuts, hostile files.

mod behaviour;
mod ground;
mod hostile;
mod power;
