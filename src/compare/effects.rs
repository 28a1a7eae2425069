//! What became different: the series of both sides, put together by host and place, and judged against their spread.

use super::noise::{contrast, figure, rate, rates_differ};
use super::side::Side;
use crate::diagnose::Series;
use crate::model::Lang;
use crate::model::comparison::{Direction, Effect, Trend};
use crate::rule::compile::Both;
use crate::rule::effects::{Effects, Measure};
use std::collections::BTreeMap;

/// An effect and what pairs need to know of it.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) effect: Effect,
    /// Index into `Effects::measures`.
    pub(super) measure: usize,
    pub(super) host: String,
}

/// Measure, host, place → readings, and how many hours the sources lasted.
type Sum = BTreeMap<(usize, String, String), (Series, f64)>;

/// All quantities of both sides: those that differ first, in the order of their measures.
pub(super) fn effects(before: &Side<'_>, after: &Side<'_>, known: &Effects, lang: Lang) -> Vec<Found> {
    let (old, new) = (sum(before), sum(after));
    let mut keys: Vec<&(usize, String, String)> = old.keys().chain(new.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    let one = |key: &(usize, String, String)| {
        let measure = &known.measures[key.0];
        let place = [key.1.as_str(), key.2.as_str()].into_iter().filter(|it| !it.is_empty());
        Found {
            effect: effect(
                measure,
                place.collect::<Vec<_>>().join(" "),
                old.get(key),
                new.get(key),
                lang,
            ),
            measure: key.0,
            host: key.1.clone(),
        }
    };
    let mut found: Vec<Found> = keys.into_iter().map(one).collect();
    // Neither side shows anything but nothing: not worth a line.
    found.retain(|it| {
        let nothing = |figure: &Option<crate::model::comparison::Figure>| figure.is_none_or(|it| it.max == 0.0);
        !(nothing(&it.effect.before) && nothing(&it.effect.after))
    });
    found.sort_by_key(|it| !it.effect.differs());
    found
}

fn sum(side: &Side<'_>) -> Sum {
    let mut sum = Sum::new();
    for it in &side.it.measured {
        let host = side.host(it.source).to_owned();
        let slot = sum.entry((it.measure, host, it.place.clone())).or_default();
        slot.0.join(&it.series);
        let lasted = side.it.lasted_ms.get(it.source as usize).copied().unwrap_or(0);
        slot.1 += lasted as f64 / 3_600_000.0;
    }
    sum
}

fn effect(
    measure: &Measure,
    place: String,
    before: Option<&(Series, f64)>,
    after: Option<&(Series, f64)>,
    lang: Lang,
) -> Effect {
    let Both { en, zh } = &measure.title;
    let effect = Effect {
        what: match lang {
            Lang::En => en.clone(),
            Lang::Zh => zh.clone(),
        },
        unit: measure.unit.clone(),
        place,
        direction: measure.direction,
        before: None,
        after: None,
        superiority: None,
        trend: Trend::Same,
    };
    match measure.field {
        None => counted(effect, before, after),
        Some(_) => read(effect, measure, before, after),
    }
}

fn counted(effect: Effect, before: Option<&(Series, f64)>, after: Option<&(Series, f64)>) -> Effect {
    let figure = |it: Option<&(Series, f64)>| it.map(|(series, hours)| rate(series.count, *hours));
    let (old, new) = (figure(before), figure(after));
    let told = match (before, after) {
        (Some(a), Some(b)) => rates_differ(a.0.count, a.1, b.0.count, b.1),
        _ => false,
    };
    let rose = new.map_or(0.0, |it| it.median) > old.map_or(0.0, |it| it.median);
    Effect {
        before: old,
        after: new,
        trend: trend(effect.direction, old.is_some(), new.is_some(), told, rose),
        ..effect
    }
}

fn read(effect: Effect, measure: &Measure, before: Option<&(Series, f64)>, after: Option<&(Series, f64)>) -> Effect {
    let values = |it: Option<&(Series, f64)>| it.map(|(series, _)| series.sorted()).unwrap_or_default();
    let (old, new) = (values(before), values(after));
    let of = |sorted: &[f64], it: Option<&(Series, f64)>| {
        it.and_then(|(series, _)| figure(sorted, series.count, series.sum, series.max))
    };
    let contrast = contrast(&old, &new, measure.least);
    let (before, after) = (of(&old, before), of(&new, after));
    let both = before.is_some() && after.is_some();
    let rose = contrast.superiority > 0.5;
    Effect {
        superiority: both.then_some(contrast.superiority),
        trend: trend(effect.direction, before.is_some(), after.is_some(), contrast.told, rose),
        before,
        after,
        ..effect
    }
}

fn trend(direction: Direction, before: bool, after: bool, told: bool, rose: bool) -> Trend {
    match (before, after, direction) {
        (false, true, _) => Trend::New,
        (true, false, _) => Trend::Gone,
        _ if !told => Trend::Same,
        (_, _, Direction::Neutral) => Trend::Changed,
        (_, _, Direction::HigherIsBetter) if rose => Trend::Better,
        (_, _, Direction::LowerIsBetter) if !rose => Trend::Better,
        _ => Trend::Worse,
    }
}
