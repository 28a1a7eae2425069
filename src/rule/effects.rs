//! `effects.toml`: what is measured, and which setting moves which measure. Read strictly, like every rule file; used by
//! the collector (`diagnose/measure.rs`) and by `compare`. Not here: any statistics.

use super::compile::{Both, COMMON_FIELDS, Patterns};
use super::expr::Expr;
pub use super::file::Way;
use super::file::{Better, BothFile, EffectsFile, KindFile, LinkFile, MeasureFile};
use crate::model::comparison::{ChangeKind, Direction};
use crate::model::kind;
use std::collections::{BTreeMap, BTreeSet, HashMap};

impl From<KindFile> for ChangeKind {
    fn from(kind: KindFile) -> Self {
        match kind {
            KindFile::Config => ChangeKind::Config,
            KindFile::Kernel => ChangeKind::Kernel,
            KindFile::Limit => ChangeKind::Limit,
            KindFile::Jvm => ChangeKind::Jvm,
            KindFile::Version => ChangeKind::Version,
            KindFile::Topology => ChangeKind::Topology,
        }
    }
}

impl Way {
    /// The other way.
    #[must_use]
    pub fn reversed(self) -> Way {
        match self {
            Way::Up => Way::Down,
            Way::Down => Way::Up,
            Way::Any => Way::Any,
        }
    }

    /// Whether a value that goes this way does as asked.
    pub fn fits(self, asked: Way) -> bool {
        self == asked || self == Way::Any || asked == Way::Any
    }
}

/// A quantity that is followed while the scan runs.
#[derive(Debug)]
pub struct Measure {
    /// Its name in `moves`.
    pub id: String,
    /// Kind of event that carries it.
    pub event: String,
    /// The number; `None` counts the events.
    pub field: Option<String>,
    /// Fields that tell series on one host apart.
    pub by: Vec<String>,
    /// Which events count.
    pub condition: Option<Expr>,
    /// Kind of event that shows that somebody was counting, so that no event means zero.
    pub needs: Option<String>,
    /// Unit as shown.
    pub unit: String,
    /// Which way is better.
    pub direction: Direction,
    /// A smaller difference means nothing to anybody, in the unit.
    pub least: f64,
    /// Only what is changed on the same host moves it.
    pub local: bool,
    /// Its name for people.
    pub title: Both,
}

/// What is known of a setting's consequences.
#[derive(Debug)]
pub struct Link {
    /// Name of the mechanism.
    pub id: String,
    /// What kind of change.
    pub kind: ChangeKind,
    /// Settings; a `*` at the end stands for any rest.
    pub keys: Vec<String>,
    /// Which way the number goes; the other way does the opposite.
    pub when: Way,
    /// Words that the setting is changed to; away from them does the opposite.
    pub to: Vec<String>,
    /// Holds only where the larger of both values is at least this.
    pub over: Option<f64>,
    /// Measure id (`*` for all) → which way it goes.
    pub moves: BTreeMap<String, Way>,
    /// Causes that come with it.
    pub causes: Vec<String>,
    /// How often the mechanism is the reason when both are seen: 0 to 1.
    pub strength: f64,
    /// One sentence.
    pub why: Both,
}

/// All of it.
#[derive(Debug, Default)]
pub struct Effects {
    /// In the order they are shown.
    pub measures: Vec<Measure>,
    /// Measures of each kind of event.
    pub by_kind: HashMap<String, Vec<usize>>,
    /// The mechanisms.
    pub links: Vec<Link>,
    /// What a setting is when nobody sets it.
    pub defaults: BTreeMap<String, String>,
    /// Names of kernel settings that are counters; a `*` at the end stands for any rest.
    pub volatile: Vec<String>,
    /// Why a finding goes with a change that is its proof.
    pub proof: Both,
}

/// Whether a name is one of a list in which `*` ends a prefix.
pub fn listed(list: &[String], name: &str) -> bool {
    list.iter().any(|it| match it.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => it == name,
    })
}

impl Effects {
    /// Adds a file; a measure or mechanism of the same id replaces the one before. Gives the file's mistakes.
    pub(super) fn add(
        &mut self,
        path: &str,
        written: EffectsFile,
        patterns: Patterns,
        causes: &dyn Fn(&str) -> bool,
    ) -> Vec<String> {
        let mut errors = Vec::new();
        for it in written.measure {
            let id = it.id.clone();
            match compile_measure(it, patterns) {
                Ok(measure) => replace(&mut self.measures, measure, |it| &it.id),
                Err(error) => errors.push(format!("{path}: measure {id}: {error}")),
            }
        }
        let known: BTreeSet<String> = self.measures.iter().map(|it| it.id.clone()).collect();
        for it in written.link {
            let id = it.id.clone();
            match compile_link(it, &known, causes) {
                Ok(link) => replace(&mut self.links, link, |it| &it.id),
                Err(error) => errors.push(format!("{path}: link {id}: {error}")),
            }
        }
        self.defaults.extend(written.defaults);
        self.volatile.extend(written.volatile);
        if let Some(proof) = written.proof {
            self.proof = proof.into();
        }
        self.by_kind.clear();
        for (index, it) in self.measures.iter().enumerate() {
            let kinds = BTreeSet::from_iter([Some(&it.event), it.needs.as_ref()].into_iter().flatten());
            for kind in kinds {
                self.by_kind.entry(kind.clone()).or_default().push(index);
            }
        }
        errors
    }
}

fn replace<T>(list: &mut Vec<T>, it: T, id: fn(&T) -> &String) {
    match list.iter().position(|old| id(old) == id(&it)) {
        Some(at) => list[at] = it,
        None => list.push(it),
    }
}

fn texts(both: &BothFile) -> Result<(), String> {
    match both.en.is_empty() || both.zh.is_empty() {
        true => Err("a text is empty".into()),
        false => Ok(()),
    }
}

fn compile_measure(it: MeasureFile, patterns: Patterns) -> Result<Measure, String> {
    let event = kind::kind(&it.event).ok_or_else(|| format!("unknown event `{}`", it.event))?;
    let unknown = it
        .field
        .iter()
        .chain(&it.by)
        .find(|name| !event.fields.contains(&name.as_str()));
    if let Some(name) = unknown {
        return Err(format!(
            "`{}` has no field `{name}`, but {}",
            it.event,
            event.fields.join(", ")
        ));
    }
    if it.needs.as_ref().is_some_and(|needs| kind::kind(needs).is_none()) {
        return Err("`needs` is no kind of event".into());
    }
    if it.field.is_none() && !it.by.is_empty() {
        return Err("what is counted cannot be told apart with `by`".into());
    }
    let condition = it
        .condition
        .as_deref()
        .map(|text| patterns.condition(text))
        .transpose()?;
    let asked = condition.as_ref().map(Expr::fields).unwrap_or_default();
    if let Some(name) = asked.iter().find(|name| {
        let name = name.as_str();
        !event.fields.contains(&name) && !COMMON_FIELDS.contains(&name)
    }) {
        return Err(format!("`where`: `{}` has no field `{name}`", it.event));
    }
    texts(&it.title)?;
    Ok(Measure {
        id: it.id,
        event: it.event,
        field: it.field,
        by: it.by,
        condition,
        needs: it.needs,
        unit: it.unit,
        direction: match it.better {
            Better::Higher => Direction::HigherIsBetter,
            Better::Lower => Direction::LowerIsBetter,
            Better::Neither => Direction::Neutral,
        },
        least: it.least,
        local: it.local,
        title: it.title.into(),
    })
}

fn compile_link(it: LinkFile, measures: &BTreeSet<String>, causes: &dyn Fn(&str) -> bool) -> Result<Link, String> {
    if let Some(id) = it.moves.keys().find(|id| *id != "*" && !measures.contains(*id)) {
        return Err(format!("moves `{id}`, which is no measure"));
    }
    if let Some(cause) = it.causes.iter().find(|cause| !causes(cause)) {
        return Err(format!("names `{cause}`, which is not in causes.toml"));
    }
    if !(0.0..1.0).contains(&it.strength) {
        return Err("`strength` is 0 or more and under 1".into());
    }
    if it.when.is_some() != it.to.is_empty() {
        return Err("takes one of `when` and `to`".into());
    }
    texts(&it.why)?;
    Ok(Link {
        id: it.id,
        kind: it.kind.into(),
        keys: it.keys,
        when: it.when.unwrap_or(Way::Any),
        to: it.to,
        over: it.over,
        moves: it.moves,
        causes: it.causes,
        strength: it.strength,
        why: it.why.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::file;

    fn errors(text: &str) -> Vec<String> {
        let causes = |cause: &str| cause == "io-saturation";
        match file::read("effects.toml", text) {
            Ok(written) => Effects::default().add("effects.toml", written, Patterns::New, &causes),
            Err(error) => vec![error],
        }
    }

    #[test]
    fn mistakes_are_told() {
        let measure = |more: &str| {
            format!(
                "[[measure]]\nid = \"m\"\nevent = \"disk.sample\"\nfield = \"await_ms\"\nbetter = \"lower\"\n\
                 title = {{ en = \"a\", zh = \"b\" }}\n{more}"
            )
        };
        let link = |more: &str| {
            format!(
                "{}[[link]]\nid = \"l\"\nkind = \"kernel\"\nkeys = [\"k\"]\nstrength = 0.5\n\
                 why = {{ en = \"a\", zh = \"b\" }}\n{more}",
                measure("")
            )
        };
        let cases = [
            (measure(""), ""),
            (measure("colour = 1\n"), "colour"),
            (measure("by = [\"devise\"]\n"), "devise"),
            (measure("where = \"(\"\n"), "measure m"),
            (
                link("when = \"up\"\nmoves = { m = \"up\" }\ncauses = [\"io-saturation\"]\n"),
                "",
            ),
            (link("when = \"up\"\nmoves = { n = \"up\" }\n"), "no measure"),
            (link("when = \"up\"\ncauses = [\"fate\"]\n"), "fate"),
            (link(""), "one of"),
        ];
        for (text, want) in cases {
            let errors = errors(&text).join("\n");
            assert!(
                errors.contains(want) && errors.is_empty() == want.is_empty(),
                "{text}\n{errors}"
            );
        }
    }

    #[test]
    fn the_embedded_file_is_sound() {
        let book =
            crate::rule::RuleBook::load(crate::rule::embedded::embedded(), &[]).unwrap_or_else(|e| panic!("{e:?}"));
        assert!(book.effects.measures.len() > 40 && book.effects.links.len() > 20);
        assert!(!book.effects.proof.zh.is_empty());
    }

    #[test]
    fn a_star_ends_a_prefix() {
        let list = ["fs.dentry-state".to_owned(), "kernel.random.*".to_owned()];
        assert!(listed(&list, "kernel.random.uuid") && listed(&list, "fs.dentry-state"));
        assert!(!listed(&list, "vm.dirty_ratio") && !listed(&list, "kernel.random"));
    }
}
