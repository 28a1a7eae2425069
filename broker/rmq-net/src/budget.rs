//! Memory that all connections of a server share: without it ten thousand peers with half a frame each would take
//! ten thousand times the longest frame.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What may be held in all.
#[derive(Debug)]
pub(crate) struct Budget {
    used: AtomicUsize,
    bytes_max: usize,
}

impl Budget {
    pub(crate) fn new(bytes_max: usize) -> Arc<Self> {
        Arc::new(Self {
            used: AtomicUsize::new(0),
            bytes_max,
        })
    }

    pub(crate) fn claim(self: &Arc<Self>) -> Claim {
        Claim {
            budget: Arc::clone(self),
            bytes: 0,
        }
    }
}

/// One connection's part of it, given back when the connection ends.
#[derive(Debug)]
pub(crate) struct Claim {
    budget: Arc<Budget>,
    bytes: usize,
}

impl Claim {
    /// Changes the part. False when there is not as much left; then it stays as it was.
    pub(crate) fn resize(&mut self, bytes: usize) -> bool {
        let used = &self.budget.used;
        if bytes <= self.bytes {
            used.fetch_sub(self.bytes - bytes, Ordering::Relaxed);
        } else {
            let more = bytes - self.bytes;
            if used.fetch_add(more, Ordering::Relaxed) + more > self.budget.bytes_max {
                used.fetch_sub(more, Ordering::Relaxed);
                return false;
            }
        }
        self.bytes = bytes;
        true
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.resize(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_and_given_back() {
        let budget = Budget::new(100);
        let (mut one, mut two) = (budget.claim(), budget.claim());
        assert!(one.resize(60) && !two.resize(50) && two.resize(40));
        assert!(one.resize(10) && two.resize(90));
        drop(two);
        assert!(one.resize(100) && !one.resize(101));
    }
}
