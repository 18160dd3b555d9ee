//! Every key of `campaign.toml` in words, with an example: docs/campaign.md is written from this table; types and bounds
//! come from the schema, defaults from the settings. It refuses to repeat what those say.

use super::schema::{self, Keys, Kind};
use crate::campaign::recycle::RETRY;
use serde_json::Value;
use std::fmt::Write;

/// A table of the file. Its keys: name, an example, English, Chinese.
pub struct Section {
    /// `abandonment`, `outcomes.NAME`; empty: the top of the file.
    pub path: &'static str,
    pub en: &'static str,
    pub zh: &'static str,
    pub keys: &'static [(&'static str, &'static str, &'static str, &'static str)],
}

/// The smallest file that may dial. What it leaves out has its default.
pub const SMALLEST: &str = r#"title = "Filters"

[seller]
name = "Example Seller"
caller_id = "+12125550100"
callback_number = "+12125550100"

[hours]
zone = "America/New_York"
mon = "09:00-20:00"

[dialing]
mode = "progressive"
region = "US"

[abandonment]
profile = "us_tsr"
message = "abandoned"

[outcomes.sale]
title = "Sale"
"#;

#[rustfmt::skip]
pub const SECTIONS: &[Section] = &[
    Section { path: "", en: "At the top of the file, before any [table].", zh: "写在文件开头，任何 [表] 之前。", keys: &[
        ("title", r#"{ en = "Filters", zh-Hans = "净水器" }"#, "What people see as the campaign's name; one text, or one a language.", "活动的显示名称；可只写一种，也可按语言分写。"),
        ("lang", r#""zh-Hans""#, "Of prompts and of the agent's texts, unless the lead has a column `lang`.", "提示音和座席话术的语言；名单有 `lang` 列时以名单为准。"),
        ("test", "true", "Left out of KPIs unless asked for; the abandonment message is not listened to. The gate and the law hold all the same.", "测试活动：KPI 默认不计入，也不检查呼损提示音；拨前检查与法规照常生效。"),
        ("currency", r#""USD""#, "ISO 4217, of orders; without it every line of an order names its own.", "订单币种（ISO 4217）；缺省时每行订单须自带币种。"),
    ]},
    Section { path: "seller", en: "Whose law applies, and who is named to people. Campaigns of one seller share one abandonment budget.", zh: "卖方：适用其法规，并向被叫报出其名称。同一卖方的活动共用一份骚扰率预算。", keys: &[
        ("name", r#""Clear Spring""#, "As the abandonment message says it.", "与呼损提示音中所报一致。"),
        ("caller_id", r#""+12125550100""#, "Shown to the called party; E.164.", "主叫显示号码，E.164 格式。"),
        ("callback_number", r#""+12125550100""#, "Named in the abandonment message; E.164.", "提示音中所报的回拨号码，E.164 格式。"),
    ]},
    Section { path: "client", en: "On whose behalf the seller calls, in reports.", zh: "报表中的委托方。", keys: &[
        ("name", r#""Clear Spring""#, "Free text.", "任意文字。"),
    ]},
    Section { path: "hours", en: "Calling hours on the called party's clock. A day that is absent has no calls. The law that the program knows bounds these: United States 8:00 to 21:00; Florida and Oklahoma, by area code, 8:00 to 20:00. Other laws (Washington and Maryland: until 20:00) are yours to write here.", zh: "可拨时段，按被叫当地时间。未写的日子不拨。程序内置的法规另行约束：美国 8:00 至 21:00；佛罗里达州和俄克拉何马州（按区号）8:00 至 20:00。其他法规（如华盛顿州、马里兰州至 20:00）请自行写在这里。", keys: &[
        ("zone", r#""America/New_York""#, "IANA zone of the campaign: its days in reports and windows.", "活动所在时区（IANA）：用于报表的日与统计窗口。"),
        ("unknown_zone", r#""refuse""#, "A number whose zone nobody knows: not dialed, or judged by `zone`.", "号码时区未知时：不拨，或按 `zone` 判断。"),
        ("mon", r#""09:00-12:00, 14:00-20:00""#, "`HH:MM-HH:MM`, several with commas; the end is not included.", "`HH:MM-HH:MM`，多段用逗号分隔；不含结束时刻。"),
        ("tue", r#""09:00-20:00""#, "As `mon`.", "同 `mon`。"),
        ("wed", r#""09:00-20:00""#, "As `mon`.", "同 `mon`。"),
        ("thu", r#""09:00-20:00""#, "As `mon`.", "同 `mon`。"),
        ("fri", r#""09:00-20:00""#, "As `mon`.", "同 `mon`。"),
        ("sat", r#""10:00-17:00""#, "As `mon`.", "同 `mon`。"),
        ("sun", r#""12:00-17:00""#, "As `mon`.", "同 `mon`。"),
        ("closed", r#"["2026-12-25"]"#, "Days without calls, `YYYY-MM-DD`.", "不拨的日期，`YYYY-MM-DD`。"),
    ]},
    Section { path: "dialing", en: "How calls are placed.", zh: "拨号方式。", keys: &[
        ("mode", r#""predictive""#, "`progressive`: one line a free agent; `predictive`: as many as the cap allows; `ratio`: `lines_per_agent`; `agentless`: the flow speaks; `manual`, `preview`: agents choose.", "`progressive` 每个空闲座席一路；`predictive` 在上限内预测；`ratio` 固定倍率；`agentless` 由流程播报；`manual`、`preview` 由座席决定。"),
        ("region", r#""US""#, "ISO 3166: of national numbers in lists, and a region that may be called.", "ISO 3166：名单中国内号码所属地区，也是允许呼叫的地区。"),
        ("regions", r#"["US", "PR"]"#, "The regions that may be called; empty: `region` alone. Numbers of others are never dialed.", "允许呼叫的地区；留空则只有 `region`。其他地区的号码一律不拨。"),
        ("trunks", r#"["main", "spare"]"#, "Names of `[[trunk]]` in `outpace.toml`, in order of preference; empty: all.", "`outpace.toml` 中 `[[trunk]]` 的名称，按优先顺序；留空为全部。"),
        ("ring_seconds_max", "25", "A line nobody answers is given up then; counted from the first ringing.", "无人接听时在此秒数后放弃，自首次振铃起算。"),
        ("ring_seconds_min", "15", "Not given up earlier; not less than the law's (US 15).", "最短振铃秒数，不得低于法定值（美国 15）。"),
        ("target_utilization", "0.85", "Share of their time that agents should talk or wrap up, in mode `predictive`; the cap comes first.", "`predictive` 模式下座席通话与整理时间的目标占比；骚扰率上限优先。"),
        ("lines_per_agent", "1.5", "In mode `ratio`.", "`ratio` 模式的倍率。"),
        ("learn_steps", "true", "Pacing learns how long each step of the flow lasts; off only to compare.", "学习流程各步骤的时长；仅为对比时关闭。"),
        ("list_type", r#""renewals""#, "What pacing learns, later lists of the same type start from. Absent: the campaign's name.", "同类型名单沿用已学到的规律；缺省为活动名称。"),
        ("lines_max", "10", "In mode `agentless`.", "`agentless` 模式的线路数。"),
        ("attempts_per_day", "2", "To one number on the called party's day, over all campaigns; at most 3 in Florida and Oklahoma. Their law counts any 24 hours, the program days from midnight to midnight: 1 is surely within it.", "每个号码每天（被叫当地日）的最多次数，各活动合计；佛罗里达州和俄克拉何马州最多 3 次。两州法律按任意 24 小时计，程序按自然日计：设为 1 则必定合规。"),
        ("attempts_total", "6", "To one lead, in all.", "每条名单的总次数上限。"),
    ]},
    Section { path: "abandonment", en: "People who answer and meet nobody.", zh: "接听后无人接待的呼叫。", keys: &[
        ("profile", r#""us_tsr""#, "What counts as abandoned, and over which window. The law of a region that is called bounds it (US: `us_tsr` or stricter).", "骚扰呼叫的口径与统计窗口；不得比所拨地区的法律宽松（美国：`us_tsr` 或更严）。"),
        ("cap", "0.03", "The highest share of people; at most the profile's and the law's.", "占真人接听的最高比例；不得高于口径与法律的上限。"),
        ("threshold_seconds", "2.0", "So long a person waits before the call counts as abandoned; at most the profile's.", "等待超过此秒数即计为骚扰；不得高于口径的规定。"),
        ("message", r#""abandoned""#, "A sound of `prompts/`, without folder and ending (`abandoned.zh-Hans.wav` for Chinese): your name, number and the key that opts out; 2 s or longer.", "`prompts/` 中的声音，不带目录和扩展名（中文为 `abandoned.zh-Hans.wav`）：报出公司名称、电话与退订按键，至少 2 秒。"),
        ("opt_out_key", r#""9""#, "Pressed while the message plays, or within 3 s: the number is never called again.", "播放提示音时或其后 3 秒内按下此键，该号码永不再拨。"),
    ]},
    Section { path: "amd", en: "Answering machine detection.", zh: "应答机检测。", keys: &[
        ("enabled", "true", "Off: every answer is a person's, and the law's clock starts at the answer.", "关闭时每次应答都视为真人，自应答起计时。"),
        ("deadline_seconds", "1.8", "The verdict falls at the latest then; undecided counts as a person.", "最迟在此秒数内判定；无法判定视为真人。"),
        ("on_machine", r#""message""#, "At a machine: hang up, or play `machine_message` after the beep.", "遇应答机：挂断，或在提示音后播放 `machine_message`。"),
        ("machine_message", r#""voicemail""#, "A sound of `prompts/`.", "`prompts/` 中的声音。"),
        ("false_positive_rate", "0.005", "Share of people taken for machines, from reviewed samples; some profiles add it to the rate.", "真人被误判为机器的比例（来自抽检）；部分口径会计入骚扰率。"),
    ]},
    Section { path: "flow", en: "Who speaks.", zh: "由谁接待。", keys: &[
        ("handled_by", r#""agent""#, "`agent`: steps are shown to an agent; `flow`: the flow speaks by itself.", "`agent` 由座席按步骤接待；`flow` 由流程自动播报。"),
    ]},
    Section { path: "agents", en: "At the agents' side.", zh: "座席侧。", keys: &[
        ("wrap_seconds_max", "30", "Wrap-up ends by itself then.", "话后整理到时自动结束。"),
        ("beep", "true", "A short tone to the agent before the customer is heard.", "接入客户前给座席一声短音。"),
        ("weight", "2.0", "Agents of several campaigns are shared by it: with 2, twice as many as a campaign with 1.", "多活动座席按权重分配：2 的人数是 1 的两倍。"),
    ]},
    Section { path: "preview", en: "Modes `preview` and `manual`: a lead is shown before it is dialed.", zh: "`preview` 与 `manual` 模式：拨号前先显示名单。", keys: &[
        ("seconds", "30", "To look at it; then `on_timeout`.", "查看时限，到时执行 `on_timeout`。"),
        ("on_timeout", r#""dial""#, "Dial it, or pass it over.", "拨出或跳过。"),
        ("may_skip", "true", "May agents pass leads over?", "是否允许座席跳过。"),
        ("skip_minutes", "60", "A lead that was passed over is shown again after this.", "被跳过的名单在此分钟数后再次显示。"),
    ]},
    Section { path: "recording", en: "Recordings.", zh: "录音。", keys: &[
        ("enabled", "true", "Conversations are recorded, both sides on a channel of their own.", "通话录音，双方各占一个声道。"),
    ]},
    Section { path: "outcomes.NAME", en: "How a conversation may end; `finish` and agents use NAME (a-z, 0-9, _). At least one.", zh: "通话结果；NAME（a-z、0-9、_）供 `finish` 和座席使用。至少一个。", keys: &[
        ("title", r#"{ en = "Sale", zh-Hans = "成交" }"#, "What people see.", "显示名称。"),
        ("right_party", "true", "The person asked for was reached.", "联系到本人。"),
        ("effective", "true", "The conversation came to its point.", "有效沟通。"),
        ("interested", "true", "The person was interested.", "有意向。"),
        ("then", r#""retry""#, "What becomes of the lead.", "名单后续：关闭、重试或回拨。"),
        ("after", r#""2h""#, "For `retry` and `callback` without a time: `30m`, `2h`, `1d`.", "`retry`，或未约时间的 `callback`：`30m`、`2h`、`1d`。"),
        ("opt_out", "true", "Never call this number again.", "永不再拨该号码。"),
    ]},
    Section { path: "retry", en: "When a call that reached nobody is tried again: after the first attempt, the second, ...; the last one for all later. `30m`, `2h`, `1d`.", zh: "未接通时何时重拨：第一次、第二次……之后；其后沿用最后一个。`30m`、`2h`、`1d`。", keys: &[
        ("busy", r#"["15m", "1h"]"#, "Busy.", "忙。"),
        ("no_answer", r#"["3h", "1d"]"#, "It rang and nobody answered.", "无人接听。"),
        ("machine", r#"["4h"]"#, "A machine answered.", "应答机。"),
        ("failed", r#"["30m"]"#, "The network failed.", "网络失败。"),
        ("rejected", r#"["1d"]"#, "The call was declined.", "被拒接。"),
        ("cancelled", r#"["30m"]"#, "We gave up a ringing line.", "我方放弃振铃。"),
        ("abandoned", r#"["3d"]"#, "The person met nobody; not sooner than a day.", "无人接待；至少一天后。"),
        ("interrupted", r#"["30m"]"#, "The program ended in the call.", "程序中断。"),
    ]},
];

const HEAD: &str = "# campaign.toml · 活动设置

<!-- Generated from src/campaign/check/reference.rs: `UPDATE_DOCS=1 cargo test --test campaign_docs`. Do not edit. -->

Every key that may stand in a campaign's `campaign.toml`. `outpace check DIR` names whatever is wrong, with line, value and fix.
`outpace new NAME` makes a folder to start from. (`outpace.toml`, the house's own settings: `outpace config example`.)
`campaign.toml` 的全部设置项。`outpace check DIR` 会指出每处错误的行、值和改法；`outpace new NAME` 生成可直接修改的活动文件夹。
（系统设置 `outpace.toml` 见 `outpace config example`。）

The smallest file that may dial · 最小可用文件：

```toml
";

/// docs/campaign.md
pub fn markdown() -> String {
    let mut out = format!("{HEAD}{SMALLEST}```\n");
    let defaults = defaults();
    for section in SECTIONS {
        let title =
            if section.path.is_empty() { "The file · 文件".to_owned() } else { format!("[{}]", section.path) };
        writeln!(out, "\n## {title}\n\n{}\n{}\n", section.en, section.zh).expect("a String takes all");
        out.push_str("| key | value | default | example | | |\n|---|---|---|---|---|---|\n");
        for (name, example, en, zh) in section.keys {
            let (required, kind) = entry(section.path, name).expect("a test compares this table with the schema");
            let default = default(section.path, name, required, &defaults);
            let value = value(kind);
            writeln!(out, "| `{name}` | {value} | {default} | `{example}` | {en} | {zh} |")
                .expect("a String takes all");
        }
    }
    out
}

/// Whether it must stand, and its kind. `NAME` stands for any name.
fn entry(section: &str, name: &str) -> Option<(bool, &'static Kind)> {
    let mut keys = schema::ROOT;
    for part in section.split('.').filter(|part| !part.is_empty()) {
        let Some(Kind::Table(below)) = keys.kind(part) else { return None };
        keys = below;
    }
    keys.kind(name).map(|kind| (keys.required().any(|required| required == name), kind))
}

/// Type and bounds.
fn value(kind: &Kind) -> String {
    match kind {
        Kind::Whole(least, most) => format!("integer, {least} to {most}"),
        Kind::Number(least, most) => format!("number, {least} to {most}"),
        Kind::Plain(check) => match check("\u{0}").err().and_then(|reason| reason.args.get("choices").cloned()) {
            Some(choices) => {
                format!("one of {}", choices.split(", ").map(|c| format!("`{c}`")).collect::<Vec<_>>().join(" "))
            }
            None => kind.name().to_owned(),
        },
        Kind::Table(_) | Kind::Text | Kind::Flag | Kind::List(_) => kind.name().to_owned(),
    }
}

/// The settings of the smallest file, with everything it leaves out.
fn defaults() -> Value {
    let settings = super::check(SMALLEST).expect("a test checks it");
    serde_json::to_value(settings).expect("settings are plain data")
}

fn default(section: &str, name: &str, required: bool, defaults: &Value) -> String {
    if required {
        return "must stand 必填".to_owned();
    }
    if section == "retry" {
        let waits = RETRY.iter().find(|(key, _)| *key == name).map_or(&[][..], |(_, waits)| waits);
        let waits: Vec<String> = waits.iter().map(|seconds| format!("\"{}\"", span(*seconds))).collect();
        return format!("`[{}]`", waits.join(", "));
    }
    let section = section.replace("NAME", "sale");
    let table = section.split('.').filter(|part| !part.is_empty()).fold(defaults, |at, part| &at[part]);
    match &table[name] {
        // Of the smallest file's own: the day stands in it, and is none by default.
        Value::Null => "none 无".to_owned(),
        _ if section == "hours" && name == "mon" => "none 无".to_owned(),
        found => format!("`{found}`"),
    }
}

fn span(seconds: u64) -> String {
    match seconds {
        s if s % 86_400 == 0 => format!("{}d", s / 86_400),
        s if s % 3_600 == 0 => format!("{}h", s / 3_600),
        s if s % 60 == 0 => format!("{}m", s / 60),
        s => format!("{s}s"),
    }
}

/// Every path of the schema; `NAME` for names of the author's choice. For tests.
pub fn schema_paths() -> Vec<String> {
    fn walk(path: &str, keys: &Keys, found: &mut Vec<String>) {
        let named = keys.names().map(|name| (name, keys.kind(name)));
        let any = matches!(keys, Keys::Any(_)).then(|| ("NAME", keys.kind("NAME")));
        for (name, kind) in named.chain(any) {
            let full = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            match kind {
                Some(Kind::Table(below)) => walk(&full, below, found),
                Some(_) | None => found.push(full),
            }
        }
    }
    let mut found = Vec::new();
    walk("", schema::ROOT, &mut found);
    found
}
