//! Tables of line shapes per family.
