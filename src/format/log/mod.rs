//! Text logs, read as a stream: RocketMQ's own in every layout, applications', consoles, pastes. `header` reads stamp,
//! level, thread and logger of a line; `which` tells which log a file is; `scan` cuts records and looks for literals.

pub mod header;
pub mod info_gate;
pub mod scan;
pub mod stitch;
pub mod template;
pub mod which;

pub use header::Header;
pub use info_gate::InfoGate;
pub use scan::{Scan, ScanStats};
pub use which::which_log;
