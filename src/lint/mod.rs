//! Checks on configuration.
