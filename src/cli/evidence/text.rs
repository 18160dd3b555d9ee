//! The proof as a person reads it: head, windows, days, a legend, then each further element in a few lines.
//! It refuses to compute anything.

use super::elements::{Elements, Gate, Message, Ring};
use super::proof::Proof;
use std::collections::BTreeMap;
use std::fmt::Write;

const LEGEND: &str = "
columns 各列
  human 真人         H: people who answered, and answers of which nobody can tell 真人接听（含无法判断者）
  handled 已服务     met by an agent or by the flow, in time or late 已由座席或流程接待
  no agent 无座席    NA: let go after the threshold with nobody there; crashed and silent are among them 超时无人接待
  late 迟接          HD_late: connected after the threshold: handled, and abandoned 超时后才接通
  crashed 崩溃       of no agent: the program died while they waited 程序中断时仍在等待
  early 早挂         hung up before the threshold: not abandoned 阈值前主动挂断，不计入
  message, silent    of no agent: heard the seller's message, or heard nothing 听到提示音 / 未听到
  machines 机器      answered by a machine: not in the rate 应答机，不计入
  AB / H             AB = NA + HD_late, plus what the profile adds for AMD; rate = AB / H 骚扰数 / 真人数
";

/// What a person reads.
pub(super) fn of(proof: &Proof, elements: &Elements) -> String {
    let mut out = head_and_windows(proof);
    out.push_str(LEGEND);
    out.push_str(&ring(&elements.ring));
    out.push_str(&message(&elements.message));
    out.push_str(&gate(&elements.gate));
    out
}

fn head_and_windows(proof: &Proof) -> String {
    let mut out = String::new();
    let percent = |rate: Option<f64>| rate.map_or("      -".to_owned(), |rate| format!("{:>6.2}%", rate * 100.0));
    let amd = if proof.amd_added {
        format!("AMD false positives f = {:.2} % added", proof.amd_false_positive_rate * 100.0)
    } else {
        "AMD false positives not added by this profile".to_owned()
    };
    let mut line = |text: String| {
        out.push_str(&text);
        out.push('\n');
    };
    line(format!("Abandonment of \"{}\" ({}) from its facts  活动骚扰率证明", proof.name, proof.campaign));
    line(format!("  profile 口径      {} ({})", proof.profile, proof.source));
    line(format!("  rule packs 规则包 {}", proof.packs.join(", ")));
    line(format!("  window 窗口       {}, zone {}", proof.window, proof.zone));
    line(format!(
        "  clock 计时        from {}; threshold {} ms; cap {:.2} %",
        proof.clock_start,
        proof.threshold_ms,
        proof.cap * 100.0
    ));
    line(format!("  rate 公式         {}; {amd}", proof.formula));
    if proof.configured > 0 {
        line(format!("  settings changed {} times within these facts; the last ones are shown", proof.configured));
    }
    for (title, spans) in [("window 窗口", &proof.windows), ("day 日", &proof.days)] {
        line(format!(
            "\n{title:<18} human  handled  no agent  late  crashed  early  message  silent  machines      AB /      H     rate"
        ));
        for span in spans {
            let c = &span.counts;
            let mut row = String::new();
            write!(
                row,
                "{:<18} {:>7} {:>8} {:>9} {:>5} {:>8} {:>6} {:>8} {:>7} {:>9} {:>7.1} / {:>6.1}  {} {}",
                span.name,
                c.human,
                c.handled,
                c.no_agent,
                c.late,
                c.crashed,
                c.customer_early,
                c.message_played,
                c.silent,
                c.machines,
                span.numerator,
                span.denominator,
                percent(span.rate),
                if span.holds { "" } else { "ABOVE THE CAP 超限" },
            )
            .expect("a string");
            line(row.trim_end().to_owned());
        }
    }
    for worst in &proof.rolling {
        line(format!(
            "worst {} h: {} of {} = {:.2} %, ending {}",
            worst.hours,
            worst.abandoned,
            worst.human,
            worst.rate * 100.0,
            worst.until.rfc3339()
        ));
    }
    out
}

fn ring(ring: &Ring) -> String {
    let mut out = String::new();
    let law = ring.law_seconds;
    writeln!(out, "\nring 振铃 (16 CFR 310.4(b)(4)(ii): 15 s or four rings before a line is given up)")
        .expect("a string");
    match ring.least_ms {
        Some(least) => writeln!(
            out,
            "  given up by us after ringing 我方挂断: {}; the shortest rang {:.1} s (until its end was confirmed: a round trip more than it rang); under {law} s: {}{}",
            ring.given_up,
            least as f64 / 1_000.0,
            ring.too_short,
            if ring.too_short > 0 { " TOO SHORT 过短" } else { "" },
        ),
        None => writeln!(out, "  given up by us after ringing 我方挂断: 0"),
    }
    .expect("a string");
    writeln!(
        out,
        "  never rang 未振铃 {}; end never confirmed 未获确认 {}; the program died 程序中断 {}; ended by the network 网络侧结束 {}",
        ring.never_rang, ring.unconfirmed, ring.interrupted, ring.by_network
    )
    .expect("a string");
    out
}

fn message(message: &Message) -> String {
    let mut out = String::new();
    writeln!(
        out,
        "\nmessage 提示音 (16 CFR 310.4(b)(4)(iii), 47 CFR 64.1200(a)(7): name and number within 2 s of the greeting)"
    )
    .expect("a string");
    let latest = message.latest_ms.map_or("-".to_owned(), |ms| format!("{:.2} s", ms as f64 / 1_000.0));
    writeln!(
        out,
        "  begun 已播放 {}; at the latest {latest} after the clock began; more than 0.1 s late 迟播 {}; opted out 退订 {}",
        message.begun, message.late, message.opted_out
    )
    .expect("a string");
    writeln!(
        out,
        "  none 未播放: the program died 程序中断 {}; picked up while we gave up 挂断时接起 {}; cut off 中断 {}",
        message.none_crashed, message.none_crossed, message.none_cut_off
    )
    .expect("a string");
    out
}

fn gate(gate: &Gate) -> String {
    let mut out = String::new();
    writeln!(out, "\ngate 拨前检查 (asked before every call, by rule)").expect("a string");
    writeln!(out, "  placed 已拨 {}; let through by 放行: {}", gate.placed, listed(&gate.passed)).expect("a string");
    writeln!(out, "  leads held 未拨: {}", listed(&gate.held)).expect("a string");
    writeln!(out, "  placed and taken back before the INVITE 拨前撤回: {}", listed(&gate.withdrawn)).expect("a string");
    out
}

fn listed(counts: &BTreeMap<String, u64>) -> String {
    if counts.is_empty() {
        return "-".to_owned();
    }
    counts.iter().map(|(rule, count)| format!("{rule} {count}")).collect::<Vec<_>>().join(", ")
}
