//! Tables in columns: as wide as their cells, and the widest cells cut when the line is too short.

use super::layout::{Page, clean, cut_middle, ink, pad, width};
use super::theme::Role;
use std::io::Result;

/// Columns between two cells.
const GAP: usize = 2;
/// No column gets narrower than this.
const LEAST: usize = 6;

/// Writes a head and rows behind a margin of two blanks. Rows are as long as the head.
pub(super) fn write(page: &mut Page<'_>, head: &[&str], rows: &[Vec<String>]) -> Result<()> {
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(|cell| clean(cell)).collect())
        .collect();
    let of = |column: usize| {
        rows.iter()
            .filter_map(move |row| row.get(column))
            .map(|cell| width(cell))
    };
    let needs = head
        .iter()
        .enumerate()
        .map(|(column, label)| of(column).max().unwrap_or(0).max(width(label)));
    let columns = fitted(needs.collect(), page.style.width.saturating_sub(2));
    write_row(page, head.iter().copied(), &columns, Role::Muted)?;
    for row in &rows {
        write_row(page, row.iter().map(String::as_str), &columns, Role::Plain)?;
    }
    Ok(())
}

fn write_row<'a>(
    page: &mut Page<'_>,
    cells: impl Iterator<Item = &'a str>,
    columns: &[usize],
    role: Role,
) -> Result<()> {
    let mut line = String::from("  ");
    for (cell, columns) in cells.zip(columns) {
        let cell = cut_middle(cell, *columns, page.symbols.cut);
        line.push_str(&pad(&cell, columns + GAP));
    }
    page.line(&[ink(role, line.trim_end())])
}

/// Takes from the widest column until all fit.
fn fitted(columns: Vec<usize>, room: usize) -> Vec<usize> {
    let mut columns: Vec<usize> = columns.into_iter().map(|it| it.min(room)).collect();
    let gaps = GAP * columns.len().saturating_sub(1);
    loop {
        let total = columns.iter().sum::<usize>() + gaps;
        let Some(widest) = columns.iter_mut().max() else { break };
        if total <= room || *widest <= LEAST {
            break;
        }
        *widest -= 1;
    }
    columns
}
