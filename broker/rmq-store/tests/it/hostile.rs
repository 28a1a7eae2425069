//! Any bytes in any file: a store may refuse to start, and never panics, hangs or takes memory without bound.
