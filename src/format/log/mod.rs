//! Text logs, read as a stream: RocketMQ's own in every layout, applications', consoles, pastes. `header` reads stamp,
//! level, thread and logger of a line; `which` tells which log a file is; `scan` cuts records and looks for literals.

pub mod frames;
pub mod header;
pub mod plain;
pub mod scan;
pub mod sieve;
mod stamp;
pub mod stitch;
pub mod template;
pub mod which;

pub use header::Header;
pub use scan::{Found, Scan, ScanStats, SeriesLine};
pub use sieve::{Marks, Sieve};
pub use which::which_log;
