//! Plain data that all stages share. No I/O, no clock, and it imports nothing else of ours.

pub mod card;
pub mod comparison;
pub mod conf_keys;
pub mod event;
pub mod finding;
pub mod inspection;
pub mod jdk;
pub mod kind;
pub mod moment;
pub mod record;
pub mod source;
pub mod span;
pub mod stamp;
pub mod text;
pub mod units;
pub mod version;

pub use card::RuleCard;
pub use comparison::Comparison;
pub use event::{Event, Fields, Value};
pub use finding::{Diagnosis, Finding, Lang, Severity, Verdict};
pub use inspection::Inspection;
pub use moment::{Moment, Zone};
pub use record::{Level, LogRecord};
pub use source::{LogKind, Role, Skipped, SourceId, SourceInfo};
pub use span::Span;
pub use text::Text;
pub use version::Version;
