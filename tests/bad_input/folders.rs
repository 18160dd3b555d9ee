//! Campaign folders that are wrong: `check` says all of it at once, and `import` and `test` take none of it.

use crate::real::scratch;
use crate::{outpace, refuses, succeeds, text};
use std::path::{Path, PathBuf};

fn fresh(name: &str) -> PathBuf {
    let dir = scratch(name).join("campaign");
    succeeds(outpace(&["new", text(&dir)]));
    succeeds(outpace(&["check", text(&dir)]));
    dir
}

fn change(dir: &Path, file: &str, from: &str, to: &str) {
    let path = dir.join(file);
    let before = std::fs::read_to_string(&path).expect("it was made");
    assert!(before.contains(from), "{from} in {file}");
    std::fs::write(path, before.replacen(from, to, 1)).expect("writable");
}

#[test]
fn settings_that_are_wrong() {
    let dir = fresh("bad-settings");
    change(&dir, "campaign.toml", "mode = \"progressive\"", "mode = \"fast\"\nspeed = 9");
    change(&dir, "campaign.toml", "mon = \"09:00-20:00\"", "mon = \"20:00-09:00\"");
    change(&dir, "campaign.toml", "tue = \"09:00-20:00\"", "tue = \"09:00-25:00\"");
    change(&dir, "campaign.toml", "wed = \"09:00-20:00\"", "wed = 9");
    change(&dir, "campaign.toml", "busy = [\"15m\", \"1h\"]", "busy = \"soon\"");
    let said = refuses(
        outpace(&["check", text(&dir)]),
        &["campaign.toml:", "hours.mon = \"20:00-09:00\"", "hours.tue = \"09:00-25:00\"", "hours.wed = 9", "speed"],
    );
    for (key, line) in [("dialing.mode", "progressive"), ("retry.busy", "soon")] {
        let found = said.lines().find(|l| l.contains(key)).unwrap_or_else(|| panic!("{key} in {said}"));
        assert!(found.contains(line) && found.contains(".toml:"), "{found}");
    }
    let data = dir.with_file_name("data");
    let list = dir.join("leads.sample.csv");
    refuses(outpace(&["import", text(&dir), text(&list), "--data", text(&data)]), &["hours.mon", "problems"]);
    assert!(!data.join("outpace.db").exists(), "nothing was made for a campaign that is refused");
    let mut chinese = outpace(&["check", text(&dir)]);
    chinese.env("LANG", "zh_CN.UTF-8");
    let said = refuses(chinese, &["campaign.toml:"]);
    assert!(said.lines().filter(|l| l.contains(".toml:")).all(|l| l.chars().any(|c| c > '\u{4e00}')), "{said}");
}

#[test]
fn toml_that_is_none() {
    let dir = fresh("bad-toml");
    change(&dir, "campaign.toml", "lang = \"en\"", "lang = \"en");
    refuses(outpace(&["check", text(&dir)]), &["campaign.toml:4"]);
    std::fs::write(dir.join("campaign.toml"), [0xff, 0xfe, 0x00]).expect("writable");
    refuses(outpace(&["check", text(&dir)]), &["campaign.toml", "UTF-8"]);
    std::fs::remove_file(dir.join("campaign.toml")).expect("it is there");
    refuses(outpace(&["check", text(&dir)]), &["campaign.toml", "outpace new"]);
    refuses(outpace(&["check", "/nowhere/at/all"]), &["/nowhere/at/all"]);
}

#[test]
fn a_flow_that_does_not_parse() {
    let dir = fresh("bad-lua");
    change(&dir, "flow.lua", "elseif answer ~= \"yes\" then", "elseif answer ~= yes\" then");
    refuses(outpace(&["check", text(&dir)]), &["flow.lua:"]);
    refuses(outpace(&["test", text(&dir)]), &["flow.lua:"]);
}

#[test]
fn a_flow_that_never_ends() {
    for (name, body) in [
        ("silent", "while true do end"),
        ("talking", "while true do step('again', { text = 'x', choices = { { 'yes', en = 'Yes' } } }) end"),
        ("waiting", "while true do wait(1) end"),
        ("growing", "local t = {} while true do t[#t + 1] = string.rep('x', 100000) end"),
        ("deep", "local function f() return 1 + f() end f()"),
    ] {
        let dir = fresh(&format!("bad-loop-{name}"));
        let flow = format!("return flow {{ opener = function(call)\n\t{body}\nend }}\n");
        std::fs::write(dir.join("flow.lua"), flow).expect("writable");
        let said = refuses(outpace(&["check", text(&dir)]), &["flow.lua"]);
        assert!(said.contains("flow.lua:2"), "{name}: {said}");
    }
}

#[test]
fn sounds_that_are_missing() {
    let dir = fresh("bad-sounds");
    for entry in std::fs::read_dir(dir.join("prompts")).expect("there is one").flatten() {
        std::fs::remove_file(entry.path()).expect("it is there");
    }
    refuses(outpace(&["check", text(&dir)]), &["abandonment.message = \"abandoned\"", "prompts/abandoned"]);
    std::fs::write(dir.join("prompts/abandoned.wav"), b"ID3 not a wave").expect("writable");
    refuses(outpace(&["check", text(&dir)]), &["prompts/abandoned.wav", "RIFF"]);
}

#[test]
fn names_that_are_taken_or_wrong() {
    let dir = fresh("bad-names");
    refuses(outpace(&["new", text(&dir)]), &["exists already", "nothing was changed"]);
    refuses(outpace(&["new", text(&dir.with_file_name("a b;c"))]), &["a b;c", "letters"]);
    refuses(outpace(&["new", text(&dir.with_file_name("x")), "--from", "nothing"]), &["nothing", "telesales"]);
    assert!(!dir.with_file_name("x").exists());
    refuses(outpace(&["new", "/proc/campaign"]), &["/proc/campaign"]);
}
