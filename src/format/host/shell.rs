//! Prompts of a pasted console: on which host the commands below were typed. The commands themselves are not told.
//!
//! ```text
//! [root@broker-a ~]# iostat -x 1
//! admin@broker-a:/opt/rocketmq$
//! ```

use crate::format::{Format, Sink};
use crate::model::Text;

use super::prompt::{Prompt, prompt};
use super::table::{event, score_by};

/// Prompts with a host's name.
pub(super) const FORMAT: Format = Format {
    name: "shell",
    score,
    parse,
};

fn named(line: &str) -> Option<Prompt<'_>> {
    if line.len() > 1_000 {
        return None;
    }
    prompt(line).filter(|prompt| !prompt.host.is_empty() && prompt.host != "localhost")
}

/// A prompt says nothing of what the rest of the text is.
fn score(text: &Text<'_>) -> u8 {
    score_by(text, |line| named(line).is_some()).min(10)
}

fn parse(text: &Text<'_>, sink: &mut dyn Sink) {
    let mut told: Vec<&str> = Vec::new();
    for (index, &line) in text.lines().iter().enumerate() {
        let Some(prompt) = named(line) else { continue };
        if !told.contains(&prompt.host) && told.len() < 100 {
            told.push(prompt.host);
            sink.event(
                event(text, index, "env")
                    .with("what", "hostname")
                    .with("value", prompt.host),
            );
        }
    }
}
