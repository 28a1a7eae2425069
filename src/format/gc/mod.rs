//! GC logs of HotSpot: classic (JDK 5 to 8) and unified (JDK 9 and later), every collector.
pub mod classic;
pub mod collect;
pub mod header;
pub mod reader;
pub mod record;
pub mod scan;
pub mod stamp;
pub mod stopped;
pub mod unified;
pub use reader::GcReader;
pub use record::GcLog;
