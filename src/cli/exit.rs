//! What a command's end means to a shell.

use crate::model::{Diagnosis, Severity};
use clap::ValueEnum;
use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Nothing at or above `--fail-on`.
    Fine,
    /// Findings at or above it; problems in rules.
    Found,
    /// Bad arguments or config, an internal error, or not one byte of input could be read.
    Failed,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Fine => ExitCode::from(0),
            Outcome::Found => ExitCode::from(1),
            Outcome::Failed => ExitCode::from(2),
        }
    }
}

/// From which severity on findings make the exit code 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    /// Findings that stop sending or consumption, or put data at risk.
    Critical,
    /// These and what is degraded or will be.
    Warning,
    /// Every finding.
    Notice,
    /// No finding.
    Never,
}

impl FailOn {
    /// The outcome of a run whose findings have these severities.
    pub(super) fn judge(self, severities: impl IntoIterator<Item = Severity>) -> Outcome {
        let threshold = match self {
            FailOn::Critical => Severity::Critical,
            FailOn::Warning => Severity::Warning,
            FailOn::Notice => Severity::Notice,
            FailOn::Never => return Outcome::Fine,
        };
        match severities.into_iter().any(|severity| severity >= threshold) {
            true => Outcome::Found,
            false => Outcome::Fine,
        }
    }

    /// The outcome of a diagnosis. A symptom that nobody can explain counts as a warning: users feel it.
    pub(super) fn judge_diagnosis(self, diagnosis: &Diagnosis) -> Outcome {
        let known = diagnosis.findings.iter().map(|finding| finding.severity);
        let unknown = diagnosis.unexplained.iter().map(|_| Severity::Warning);
        self.judge(known.chain(unknown))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn judges_by_the_worst() {
        use Severity::{Critical, Notice, Warning};
        let cases: [(FailOn, &[Severity], Outcome); 7] = [
            (FailOn::Warning, &[], Outcome::Fine),
            (FailOn::Warning, &[Notice], Outcome::Fine),
            (FailOn::Warning, &[Notice, Warning], Outcome::Found),
            (FailOn::Critical, &[Warning], Outcome::Fine),
            (FailOn::Critical, &[Critical], Outcome::Found),
            (FailOn::Notice, &[Notice], Outcome::Found),
            (FailOn::Never, &[Critical], Outcome::Fine),
        ];
        for (fail_on, severities, want) in cases {
            assert_eq!(
                fail_on.judge(severities.iter().copied()),
                want,
                "{fail_on:?} {severities:?}"
            );
        }
    }
}
