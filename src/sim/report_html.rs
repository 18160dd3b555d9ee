//! Bands as one HTML file that needs nothing beside it: charts as inline SVG with a table twin, light and dark, English
//! and Chinese. No script, no font, no address of anybody. It refuses to compute.

use super::reasons;
use super::report_bands::{Band, Bands, FIGURES, HourBand, Paired, Shown};
use crate::words::Lang;
use std::fmt::Write;

const STYLE: &str = "
:root{--bg:#fff;--fg:#1b1f24;--dim:#5c6670;--rule:#d5dae0;--a:#0b63ce;--b:#b3470b;--cap:#a11}
@media(prefers-color-scheme:dark){:root{--bg:#14171a;--fg:#e6e9ec;--dim:#9aa4ae;--rule:#353c44;--a:#6cb0ff;--b:#ff9e5e;--cap:#ff6b6b}}
body{background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:62rem;padding:0 1rem}
h1{font-size:1.4rem}h2{font-size:1.05rem;margin-top:2rem}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}td,th{padding:.2rem .8rem;border-bottom:1px solid var(--rule);text-align:right}
td:first-child,th:first-child{text-align:left}.dim{color:var(--dim)}
svg{width:100%;height:auto}svg text{fill:var(--dim);font-size:11px}.grid{stroke:var(--rule)}.cap{stroke:var(--cap);stroke-dasharray:6 4}
.a{fill:var(--a);stroke:var(--a)}.b{fill:var(--b);stroke:var(--b)}.band{fill-opacity:.18;stroke:none}.line{fill:none;stroke-width:2}
.key{display:inline-block;width:.8em;height:.8em;margin-right:.4em}.key.a{background:var(--a)}.key.b{background:var(--b)}
.zh{display:none}#zh:checked~main .zh{display:inline}#zh:checked~main .en{display:none}label{margin-right:1rem}
";

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 56.0;
const BOTTOM: f64 = 28.0;
const TOP: f64 = 12.0;

/// What is drawn of an hour.
struct Chart {
    en: &'static str,
    zh: &'static str,
    shown: Shown,
    /// The top of the axis; `None`: what the data needs.
    most: Option<f64>,
    /// The law's line is drawn.
    capped: bool,
    of: fn(&HourBand) -> Option<Band>,
}

const CHARTS: [Chart; 4] = [
    Chart {
        en: "Utilization by hour",
        zh: "每小时利用率",
        shown: Shown::Share,
        most: Some(1.0),
        capped: false,
        of: |h| h.occupancy,
    },
    Chart {
        en: "Abandonment by hour",
        zh: "每小时骚扰率",
        shown: Shown::Share,
        most: None,
        capped: true,
        of: |h| h.abandonment,
    },
    Chart {
        en: "Dials by hour", zh: "每小时外呼量", shown: Shown::Count, most: None, capped: false, of: |h| h.dials
    },
    Chart {
        en: "Leads not closed", zh: "未结名单", shown: Shown::Count, most: None, capped: false, of: |h| h.left
    },
];

/// `sets`: one or two. `pairs`: B less A, where there are two.
pub fn page(title: &str, sets: &[&Bands], pairs: &[Paired], cap: f64) -> String {
    let mut out = String::from("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    let title = escaped(title);
    write!(out, "<meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title><style>{STYLE}</style></head><body>").expect("a string");
    out.push_str("<input type=\"radio\" name=\"lang\" id=\"en\" checked><label for=\"en\">English</label>");
    out.push_str("<input type=\"radio\" name=\"lang\" id=\"zh\"><label for=\"zh\">中文</label><main>");
    write!(out, "<h1>{title}</h1><p>").expect("a string");
    for (set, class) in sets.iter().zip(["a", "b"]) {
        write!(
            out,
            "<span class=\"key {class}\"></span>{} <span class=\"dim\">({} {})</span> ",
            escaped(&set.name),
            set.runs,
            both("runs", "次模拟")
        )
        .expect("a string");
    }
    out.push_str("</p>");
    figures(&mut out, sets, pairs);
    for chart in &CHARTS {
        draw(&mut out, chart, sets, cap);
    }
    decided(&mut out, sets);
    twin(&mut out, sets);
    let note = both(
        "Lines are medians; the shaded bands hold 90 % of the runs.",
        "线为中位数；阴影为 90 % 的模拟结果所在区间。",
    );
    write!(out, "<p class=\"dim\">{note}</p></main></body></html>\n").expect("a string");
    out
}

fn both(en: &str, zh: &str) -> String {
    format!("<span class=\"en\">{en}</span><span class=\"zh\" lang=\"zh-Hans\">{zh}</span>")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn figures(out: &mut String, sets: &[&Bands], pairs: &[Paired]) {
    write!(out, "<h2>{}</h2><table><tr><th></th>", both("The day", "全天")).expect("a string");
    for name in ["A", "B"].iter().take(sets.len()) {
        write!(out, "<th>{name}: {}</th><th>90 %</th>", both("median", "中位数")).expect("a string");
    }
    if !pairs.is_empty() {
        write!(out, "<th>B − A</th><th>95 %</th>").expect("a string");
    }
    out.push_str("</tr>");
    for figure in FIGURES {
        if sets.iter().all(|set| set.figure(figure.id).is_none()) {
            continue;
        }
        write!(out, "<tr><td>{}</td>", both(figure.en, figure.zh)).expect("a string");
        for set in sets {
            match set.figure(figure.id) {
                Some(band) => {
                    let [p50, low, high] = [band.p50, band.low, band.high].map(|value| figure.shown.text(value));
                    write!(out, "<td>{p50}</td><td class=\"dim\">{low} – {high}</td>").expect("a string");
                }
                None => out.push_str("<td>–</td><td></td>"),
            }
        }
        if let Some(pair) = pairs.iter().find(|pair| pair.id == figure.id) {
            let scale = if figure.shown == Shown::Share { 100.0 } else { 1.0 };
            let [mean, low, high] = [pair.mean, pair.low, pair.high].map(|value| value * scale);
            let star = if pair.significant() { "*" } else { "" };
            write!(out, "<td>{mean:+.2}{star}</td><td class=\"dim\">{low:+.2} – {high:+.2}</td>").expect("a string");
        }
        out.push_str("</tr>");
    }
    out.push_str("</table>");
}

/// What the dialer said of itself, by time.
fn decided(out: &mut String, sets: &[&Bands]) {
    for (set, class) in sets.iter().zip(["a", "b"]) {
        let what = both("What decided the dialing, of the time", "拨打由什么决定（时间占比）");
        write!(out, "<h2><span class=\"key {class}\"></span>{what}</h2><table>").expect("a string");
        for time in reasons::shown(&set.reasons) {
            let [en, zh] = [Lang::En, Lang::ZhHans].map(|lang| escaped(&time.reason.text(lang)));
            write!(out, "<tr><td>{}</td><td>{:.1} %</td></tr>", both(&en, &zh), time.share * 100.0).expect("a string");
        }
        out.push_str("</table>");
    }
}

fn draw(out: &mut String, chart: &Chart, sets: &[&Bands], cap: f64) {
    let count = sets.iter().map(|set| set.hours.len()).max().unwrap_or(0);
    let tops = sets.iter().flat_map(|set| &set.hours).filter_map(chart.of).map(|band| band.high);
    let needed = tops.fold(if chart.capped { cap * 1.5 } else { 0.0 }, f64::max);
    let most = chart.most.unwrap_or(needed).max(1e-9);
    let x = |hour: usize| LEFT + (WIDTH - LEFT - 12.0) * if count > 1 { hour as f64 / (count - 1) as f64 } else { 0.5 };
    let y = |value: f64| TOP + (HEIGHT - TOP - BOTTOM) * (1.0 - (value / most).clamp(0.0, 1.0));
    write!(
        out,
        "<h2>{}</h2><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">",
        both(chart.en, chart.zh),
        chart.en
    )
    .expect("a string");
    for step in 0..=4 {
        let value = most * f64::from(step) / 4.0;
        let (at, text) = (y(value), chart.shown.text(value));
        write!(out, "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/><text x=\"0\" y=\"{:.1}\">{text}</text>", at + 4.0).expect("a string");
    }
    if chart.capped {
        let at = y(cap);
        write!(out, "<line class=\"cap\" x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/>")
            .expect("a string");
    }
    for (set, class) in sets.iter().zip(["a", "b"]) {
        let points: Vec<(usize, Band)> =
            set.hours.iter().enumerate().filter_map(|(nth, hour)| Some((nth, (chart.of)(hour)?))).collect();
        let along = |pick: fn(&Band) -> f64| points.iter().map(move |(nth, band)| (*nth, pick(band)));
        let path = |points: Vec<(usize, f64)>| {
            points.iter().map(|(nth, value)| format!("{:.1},{:.1}", x(*nth), y(*value))).collect::<Vec<_>>().join(" ")
        };
        let mut outline: Vec<(usize, f64)> = along(|band| band.high).collect();
        outline.extend(along(|band| band.low).collect::<Vec<_>>().into_iter().rev());
        let (band, line) = (path(outline), path(along(|band| band.p50).collect()));
        write!(
            out,
            "<polygon class=\"{class} band\" points=\"{band}\"/><polyline class=\"{class} line\" points=\"{line}\"/>"
        )
        .expect("a string");
        // A single hour has no line.
        for (nth, band) in &points {
            write!(out, "<circle class=\"{class}\" r=\"2.5\" cx=\"{:.1}\" cy=\"{:.1}\"/>", x(*nth), y(band.p50))
                .expect("a string");
        }
    }
    let every = count.div_ceil(12).max(1);
    let longest = sets.iter().max_by_key(|set| set.hours.len());
    for (nth, hour) in longest.map_or(&[][..], |set| &set.hours).iter().enumerate().filter(|(nth, _)| nth % every == 0)
    {
        let time = hour.from.get(11..16).unwrap_or(&hour.from);
        write!(out, "<text x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>", x(nth), HEIGHT - 8.0, escaped(time))
            .expect("a string");
    }
    out.push_str("</svg>");
}

/// The same as a table, for those who cannot see charts.
fn twin(out: &mut String, sets: &[&Bands]) {
    for (set, name) in sets.iter().zip(["A", "B"]) {
        write!(
            out,
            "<details><summary>{} {name}</summary><table><tr><th>{}</th>",
            both("Hours of", "逐时数据"),
            both("hour", "时")
        )
        .expect("a string");
        for chart in &CHARTS {
            write!(out, "<th>{}</th>", both(chart.en, chart.zh)).expect("a string");
        }
        out.push_str("</tr>");
        for hour in &set.hours {
            write!(out, "<tr><td>{}</td>", escaped(&hour.from)).expect("a string");
            for chart in &CHARTS {
                let text = (chart.of)(hour).map_or_else(
                    || "–".to_owned(),
                    |b| {
                        format!(
                            "{} ({} – {})",
                            chart.shown.text(b.p50),
                            chart.shown.text(b.low),
                            chart.shown.text(b.high)
                        )
                    },
                );
                write!(out, "<td>{text}</td>").expect("a string");
            }
            out.push_str("</tr>");
        }
        out.push_str("</table></details>");
    }
}
