//! A campaign for the tests with real peers: the template's seller, message and flow, open at every hour (numbers of a region whose pack
//! sets no hours), and lists whose last two digits choose what SIPp's carrier mix does.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

pub struct Options<'a> {
    pub mode: &'a str,
    pub trunks: &'a [&'a str],
    pub recording: bool,
    pub beep: bool,
    pub wrap_seconds_max: u32,
}

impl Default for Options<'_> {
    fn default() -> Options<'static> {
        Options { mode: "progressive", trunks: &[], recording: true, beep: true, wrap_seconds_max: 30 }
    }
}

/// Writes `data/campaigns/NAME`.
pub fn write(data: &Path, name: &str, options: &Options<'_>) -> PathBuf {
    let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("campaigns/template");
    let dir = data.join("campaigns").join(name);
    std::fs::create_dir_all(dir.join("prompts")).expect("the scratch folder is writable");
    for file in ["flow.lua", "prompts/abandoned.wav", "prompts/abandoned.zh-Hans.wav"] {
        std::fs::copy(template.join(file), dir.join(file)).expect("the template is complete");
    }
    let days: String = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
        .iter()
        .map(|day| format!("{day} = \"00:00-24:00\"\n"))
        .collect();
    let trunks = options.trunks.iter().map(|t| format!("\"{t}\"")).collect::<Vec<_>>().join(", ");
    let Options { mode, recording, beep, wrap_seconds_max, .. } = options;
    let text = format!(
        r#"title = "Peers"
lang = "en"
currency = "CNY"
[seller]
name = "Example Seller"
caller_id = "+862155550100"
callback_number = "+862155550100"
[hours]
zone = "Asia/Shanghai"
{days}
[dialing]
mode = "{mode}"
region = "CN"
trunks = [{trunks}]
ring_seconds_max = 14
ring_seconds_min = 5
[abandonment]
profile = "cn_default"
message = "abandoned"
[agents]
wrap_seconds_max = {wrap_seconds_max}
beep = {beep}
[recording]
enabled = {recording}
[outcomes.order]
title = "Order"
right_party = true
effective = true
interested = true
[outcomes.callback]
title = "Call again"
right_party = true
then = "callback"
[outcomes.not_interested]
title = "Not interested"
right_party = true
effective = true
[outcomes.opt_out]
title = "Never again"
right_party = true
opt_out = true
"#
    );
    std::fs::write(dir.join("campaign.toml"), text).expect("the scratch folder is writable");
    dir
}

/// Interrupted, failed and refused calls are tried again within seconds, so that a short run sees retries.
pub fn retry_at_once(data: &Path, name: &str) {
    let file = data.join("campaigns").join(name).join("campaign.toml");
    let mut text = std::fs::read_to_string(&file).expect("written before");
    text = text.replace("ring_seconds_min = 5\n", "ring_seconds_min = 5\nattempts_total = 3\nattempts_per_day = 3\n");
    text.push_str("[retry]\ninterrupted = [\"20s\"]\nbusy = [\"15s\"]\nfailed = [\"15s\"]\nno_answer = [\"20s\"]\n");
    std::fs::write(&file, text).expect("the scratch folder is writable");
}

/// Numbers whose last two digits run through `endings`.
pub fn leads(file: &Path, endings: impl Iterator<Item = u32>) {
    let mut text = "phone,name\n".to_owned();
    for ending in endings {
        writeln!(text, "+861380013{ending:04},Person {ending}").expect("a String takes all");
    }
    std::fs::write(file, text).expect("the scratch folder is writable");
}
