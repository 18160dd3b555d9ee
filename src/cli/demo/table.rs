//! The KPI table at the end, and the same as JSON.

use super::labels::{Labels, pad, width};
use crate::cli::Failure;
use crate::kpi::{Figure, Kpi, Unit, catalogue};
use crate::words::Lang;
use std::collections::BTreeMap;
use std::path::Path;

/// Every KPI of the catalogue that has something to say, in the catalogue's order.
pub(super) fn table(figures: &BTreeMap<&'static str, Figure>, labels: Labels) -> Vec<String> {
    let name = |kpi: &Kpi| match labels.lang {
        Some(lang) => kpi.name(lang).to_owned(),
        None => format!("{} {}", kpi.name(Lang::En), kpi.name(Lang::ZhHans)),
    };
    let rows: Vec<[String; 5]> = catalogue()
        .iter()
        .filter_map(|kpi| {
            let figure = figures.get(kpi.id).filter(|figure| figure.num != 0.0 || figure.den != 0.0)?;
            let shown = |value| kpi.show(value, figure.currency.as_deref());
            let money = kpi.unit == Unit::MoneyMinor;
            // Two currencies have no sum.
            let num = if money { shown(figure.value.and(Some(figure.num))) } else { plain(figure.num) };
            Some([kpi.id.to_owned(), name(kpi), num, plain(figure.den), shown(figure.value)])
        })
        .collect();
    let head = [
        "id".to_owned(),
        labels.say(["KPI", "指标", "指標"]),
        labels.say(["num", "分子", "分子"]),
        labels.say(["den", "分母", "分母"]),
        labels.say(["value", "数值", "數值"]),
    ];
    let all: Vec<&[String; 5]> = std::iter::once(&head).chain(&rows).collect();
    let wide: [usize; 5] = std::array::from_fn(|i| all.iter().map(|row| width(&row[i])).max().unwrap_or(0));
    let right = |text: &str, columns: usize| format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))));
    let shown = |row: &[String; 5]| {
        format!(
            "{}  {}  {}  {}  {}",
            pad(&row[0], wide[0]),
            pad(&row[1], wide[1]),
            right(&row[2], wide[2]),
            right(&row[3], wide[3]),
            right(&row[4], wide[4]),
        )
    };
    let ruler = "─".repeat(wide.iter().sum::<usize>() + 8);
    let mut lines = vec![shown(&head), ruler];
    lines.extend(rows.iter().map(shown));
    lines
}

fn plain(value: f64) -> String {
    match value {
        whole if whole.fract() == 0.0 => format!("{whole:.0}"),
        // Hours of a short demo.
        small if small.abs() < 10.0 => format!("{small:.3}"),
        other => format!("{other:.1}"),
    }
}

/// `{ "kpi_id": { "num": , "den": , "value": null or number } }`, every id of the catalogue; money with its `currency`.
pub(super) fn write_json(figures: &BTreeMap<&'static str, Figure>, to: &Path) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(figures)?;
    std::fs::write(to, text + "\n").map_err(|e| Failure(format!("--json {}: {e}", to.display())))
}
