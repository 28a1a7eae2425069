//! One line of bars: the longest pause in each step of time. Time runs evenly; a step without a pause is blank.

use crate::format::gc::record::Pause;

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const ASCII: [char; 8] = ['.', ':', '-', '=', '+', '*', '%', '#'];

/// Bars of `width` columns, and the first and last time in milliseconds; `None` without two times to draw between.
pub(super) fn bars(pauses: &[Pause], width: usize, ascii: bool) -> Option<(String, i64, i64)> {
    let zone = pauses.iter().rev().find_map(|pause| pause.end)?.zone;
    let timed = || {
        pauses
            .iter()
            .filter_map(|pause| pause.end.filter(|end| end.zone == zone).map(|end| (end.ms, pause.secs)))
    };
    let (first, last) = (timed().map(|p| p.0).min()?, timed().map(|p| p.0).max()?);
    let longest = timed().map(|p| p.1).fold(0.0, f64::max);
    if last <= first || longest <= 0.0 || width == 0 {
        return None;
    }
    let mut steps = vec![0.0f64; width];
    let span = (last - first) as f64;
    for (ms, secs) in timed() {
        let at = ((ms - first) as f64 / span * (width - 1) as f64).round() as usize;
        let step = &mut steps[at.min(width - 1)];
        *step = step.max(secs);
    }
    let levels = if ascii { &ASCII } else { &BLOCKS };
    let bar = |secs: &f64| {
        if *secs <= 0.0 {
            return ' ';
        }
        let level = (secs / longest * levels.len() as f64).ceil() as usize;
        levels[level.clamp(1, levels.len()) - 1]
    };
    Some((steps.iter().map(bar).collect(), first, last))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::gc::GcReader;

    #[test]
    fn draws_the_longest_of_each_step() {
        let mut reader = GcReader::new("gc.log");
        reader.feed(
            b"0.0: [GC 9K->5K(20K), 0.1 secs]\n5.0: [GC 9K->5K(20K), 0.8 secs]\n10.0: [GC 9K->5K(20K), 0.4 secs]\n",
        );
        let log = reader.finish();
        let (line, ..) = bars(&log.pauses, 5, true).unwrap();
        assert_eq!(line.chars().collect::<Vec<_>>(), ['.', ' ', '#', ' ', '=']);
        assert!(bars(&log.pauses[..1], 5, true).is_none());
    }
}
