//! One finding: what and how sure, when and where, why, the proof, what was ruled out, what to do.

use super::{badge, frame};
use crate::model::finding::{Advice, Alternative, Evidence, Finding, NotChecked, Weight};
use crate::report::answer::Phrases;
use crate::report::layout::{Ink, Page, ink, pad, width};
use crate::report::theme::Role;
use crate::report::words::{count, fill};
use std::io::Result;

/// Proving lines that are shown without `--verbose`.
const EVIDENCE_SHOWN: usize = 4;
/// Lines of "before it".
const BEFORE_SHOWN: usize = 5;

/// Writes a finding in full.
pub(super) fn write(page: &mut Page<'_>, phrases: &Phrases, it: &Finding) -> Result<()> {
    let words = page.words;
    let mut head = badge(page, Some(it.severity));
    head.push(ink(Role::Strong, format!("  {}", it.rule)));
    if it.cause != it.rule {
        head.push(ink(Role::Muted, format!("  ({} {})", words.cause, it.cause)));
    }
    let said = fill(words.confidence, &[&Phrases::percent(it.confidence)]);
    page.edges(head, &ink(Role::Muted, said))?;
    page.paragraph(2, &[ink(Role::Strong, &it.title)])?;
    page.paragraph(2, &when_and_where(phrases, it))?;
    if !it.why.is_empty() {
        page.paragraph(2, &[ink(Role::Plain, &it.why)])?;
    }
    write_evidence(page, &it.evidence)?;
    let mut labels = Labels::of(page);
    labels.text(page, words.explains, &it.explains.join(", "))?;
    labels.text(page, words.ruled_out, &ruled_out(phrases, it))?;
    labels.rows(page, words.not_checked, &not_checked(&it.not_checked))?;
    labels.rows(page, words.before_it, &before(phrases, &it.before))?;
    labels.rows(page, words.or_else, &rivals(phrases, &it.alternatives))?;
    write_advice(page, phrases, &labels, it)?;
    labels.rows(page, words.verify, &verifications(it))?;
    labels.text(page, words.overturned_by, &it.overturn)?;
    if page.style.verbose {
        labels.rows(page, words.weights, &weights(phrases, &it.weights))?;
        labels.rows(page, words.see, &it.references)?;
    }
    Ok(())
}

/// A notice takes one line: what, and where it stands.
pub(super) fn write_notice(page: &mut Page<'_>, it: &Finding) -> Result<()> {
    let mut line = badge(page, Some(it.severity));
    line.push(ink(Role::Plain, format!("  {}", it.title)));
    let place = it.evidence.first().map(frame::place).unwrap_or_default();
    let used: usize = line.iter().map(|it| width(&it.text)).sum();
    let right = format!("{}  {place}", it.rule);
    // The title matters more than the place.
    let fits = used + width(&right) + 2 <= page.style.width;
    let right = if fits { right.trim_end() } else { &it.rule };
    page.edges(line, &ink(Role::Muted, right))
}

/// `first 15:37:44  last 15:37:49  37 events  topic order-topic  host app-1`
fn when_and_where(phrases: &Phrases, it: &Finding) -> Vec<Ink> {
    let words = phrases.words;
    let mut parts = Vec::new();
    let mut say = |label: &str, text: String| {
        if !parts.is_empty() {
            parts.push(ink(Role::Plain, "  "));
        }
        if !label.is_empty() {
            parts.push(ink(Role::Muted, format!("{label} ")));
        }
        parts.push(ink(Role::Plain, text));
    };
    // The worst moment is a minute; it says nothing when the finding begins or ends in it.
    let minute = |at: Option<i64>| at.map(|at| at.div_euclid(60_000));
    let worst = it
        .worst
        .filter(|at| ![minute(it.first), minute(it.last)].contains(&minute(Some(*at))));
    let times = [(words.first, it.first), (words.last, it.last), (words.worst, worst)];
    for (label, at) in times {
        if let Some(at) = at {
            say(label, phrases.clock.short(at, phrases.day));
        }
    }
    if it.episodes.len() > 1 {
        say("", count(it.episodes.len() as u64, words.episode));
    }
    if it.count > 0 {
        say("", count(it.count, words.event));
    }
    let named = it.scope.names.iter().map(|(kind, names)| (kind.as_str(), names));
    let hosts = [("host", &it.scope.hosts)];
    // That it stands in the paste is plain.
    let paste = |kind: &str, names: &[String]| kind == "file" && names.iter().all(|name| name == "-");
    let told = named.chain(hosts).filter(|(kind, names)| !paste(kind, names));
    for (kind, names) in told.filter(|(_, names)| !names.is_empty()) {
        let shown = names.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
        let more = if names.len() > 3 {
            format!(" +{}", names.len() - 3)
        } else {
            String::new()
        };
        say(kind, format!("{shown}{more}"));
    }
    parts
}

/// The strongest lines in their frames, and how many there are more.
pub(super) fn write_evidence(page: &mut Page<'_>, evidence: &[Evidence]) -> Result<()> {
    let shown = if page.style.verbose {
        evidence.len()
    } else {
        EVIDENCE_SHOWN
    };
    for line in evidence.iter().take(shown) {
        frame::write(page, line)?;
    }
    if evidence.len() > shown {
        let more = count((evidence.len() - shown) as u64, page.words.more);
        page.paragraph(2, &[ink(Role::Muted, fill(page.words.more_evidence, &[&more]))])?;
    }
    Ok(())
}

fn ruled_out(phrases: &Phrases, it: &Finding) -> String {
    let said = it.ruled_out.iter().map(|rival| {
        let file = rival
            .evidence
            .first()
            .map(|line| line.file.as_str())
            .unwrap_or_default();
        let place = file.rsplit(['/', '!']).next().filter(|name| !name.is_empty());
        match place {
            Some(file) => format!("{} ({}: {file})", rival.cause, rival.why),
            None => format!("{} ({})", rival.cause, rival.why),
        }
    });
    phrases.list(&said.collect::<Vec<_>>())
}

/// `consumer-slow: mqadmin consumerProgress …`
pub(super) fn not_checked(open: &[NotChecked]) -> Vec<String> {
    let said = |it: &NotChecked| match it.cause.is_empty() {
        true => it.command.clone(),
        false => format!("{}: {}", it.cause, it.command),
    };
    open.iter().map(said).collect()
}

fn before(phrases: &Phrases, lines: &[Evidence]) -> Vec<String> {
    let said = |line: &Evidence| {
        let time = line
            .at
            .map(|at| phrases.clock.short(at, phrases.day))
            .unwrap_or_default();
        let what = if line.note.is_empty() { &line.text } else { &line.note };
        let what = crate::report::layout::cut_end(what, 200, phrases.symbols.cut);
        let place = frame::place(line);
        format!("{time} {what} ({place})")
            .trim()
            .trim_end_matches(" ()")
            .to_owned()
    };
    lines.iter().take(BEFORE_SHOWN).map(said).collect()
}

/// `disk-slow 12 %, told apart by …`
pub(super) fn rivals(phrases: &Phrases, alternatives: &[Alternative]) -> Vec<String> {
    let said = |it: &Alternative| {
        let head = format!("{} {} %", it.cause, Phrases::percent(it.confidence));
        match it.separated_by.is_empty() {
            true => head,
            false => format!("{head}, {}", fill(phrases.words.separated_by, &[&it.separated_by])),
        }
    };
    alternatives.iter().map(said).collect()
}

/// How to see that each action worked, under the action's number.
fn verifications(it: &Finding) -> Vec<String> {
    let said = |(row, advice): (usize, &Advice)| match it.advice.len() {
        1 => advice.verify.clone(),
        _ => format!("{}. {}", row + 1, advice.verify),
    };
    let told = it.advice.iter().enumerate().filter(|(_, it)| !it.verify.is_empty());
    told.map(said).collect()
}

fn weights(phrases: &Phrases, weights: &[Weight]) -> Vec<String> {
    let said = |it: &Weight| {
        let unused = if it.counted {
            String::new()
        } else {
            format!(" ({})", phrases.words.weight_unused)
        };
        format!("{:+.0} dban  {}{unused}", it.decibans, it.what)
    };
    weights.iter().map(said).collect()
}

fn write_advice(page: &mut Page<'_>, phrases: &Phrases, labels: &Labels, it: &Finding) -> Result<()> {
    for (row, advice) in it.advice.iter().enumerate() {
        let label = if row == 0 { page.words.todo } else { "" };
        let number = format!("{}. ", row + 1);
        let head = ink(Role::Muted, format!("{}{number}", pad(label, labels.columns)));
        let columns = labels.columns + number.len();
        page.labelled(2, &head, columns, &[ink(Role::Action, &advice.action)])?;
        let terms = phrases.terms(advice);
        if !terms.is_empty() {
            page.labelled(2, &ink(Role::Muted, ""), columns, &[ink(Role::Muted, terms)])?;
        }
    }
    Ok(())
}

/// The column of labels under a finding.
#[derive(Debug)]
pub(super) struct Labels {
    columns: usize,
}

impl Labels {
    pub(super) fn of(page: &Page<'_>) -> Self {
        let words = page.words;
        let all = [
            words.explains,
            words.ruled_out,
            words.not_checked,
            words.before_it,
            words.or_else,
            words.todo,
            words.verify,
            words.overturned_by,
            words.candidates,
            words.collect,
        ];
        Self {
            columns: all.map(width).into_iter().max().unwrap_or_default() + 1,
        }
    }

    /// A label and a text; nothing when the text is empty.
    pub(super) fn text(&mut self, page: &mut Page<'_>, label: &str, text: &str) -> Result<()> {
        match text.is_empty() {
            true => Ok(()),
            false => page.labelled(2, &ink(Role::Muted, label), self.columns, &[ink(Role::Plain, text)]),
        }
    }

    /// A label and several texts under each other.
    pub(super) fn rows(&mut self, page: &mut Page<'_>, label: &str, rows: &[String]) -> Result<()> {
        for (row, text) in rows.iter().enumerate() {
            let label = if row == 0 { label } else { "" };
            page.labelled(2, &ink(Role::Muted, label), self.columns, &[ink(Role::Plain, text)])?;
        }
        Ok(())
    }
}
