//! Lists as offices send them: every row is accepted or named in the report; a file that is no list is refused whole.

use crate::real::{campaign, scratch};
use crate::{outpace, refuses, succeeds, text};
use serde_json::Value;
use std::path::{Path, PathBuf};

struct Desk {
    dir: PathBuf,
    data: PathBuf,
}

impl Desk {
    fn new(name: &str) -> Desk {
        let dir = scratch(name);
        let data = dir.join("data");
        campaign::write(&data, "lists", &campaign::Options::default());
        Desk { dir, data }
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.dir.join(name);
        std::fs::write(&path, bytes).expect("writable");
        path
    }

    fn import(&self, file: &Path, more: &[&str]) -> Value {
        let mut command = outpace(&["import", "lists", text(file), "--json", "--data", text(&self.data)]);
        command.args(more);
        let output = command.output().expect("it starts");
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|e| panic!("{command:?}: {e}: {}", String::from_utf8_lossy(&output.stderr)))
    }

    fn refused(&self, file: &Path, parts: &[&str]) {
        refuses(outpace(&["import", "lists", text(file), "--data", text(&self.data)]), parts);
    }
}

fn figures(report: &Value) -> [u64; 3] {
    ["rows", "accepted", "rejected"].map(|key| report[key].as_u64().unwrap_or_else(|| panic!("{key} in {report}")))
}

#[test]
fn encodings_and_marks() {
    let desk = Desk::new("bad-lists-encodings");
    let chinese = "电话,姓名,城市\n13800138000,王小明,上海\n13800138001,李雷,北京\n138,短,北京\n";
    let (gb, _, lossy) = encoding_rs::GB18030.encode(chinese);
    assert!(!lossy);
    let report = desk.import(&desk.file("gb.csv", &gb), &[]);
    assert_eq!((figures(&report), report["encoding"].as_str()), ([3, 2, 1], Some("gb18030")), "{report}");
    let rejection = &report["rejections"][0];
    assert_eq!(rejection["line"], 4, "{report}");
    assert!(rejection["reason"]["code"].is_string(), "{report}");
    let bom = desk.import(&desk.file("bom.csv", "\u{feff}phone;name\r\n+8613800138002;A\r\n".as_bytes()), &[]);
    assert_eq!((figures(&bom), bom["delimiter"].as_str()), ([1, 1, 0], Some(";")), "{bom}");
    let utf16: Vec<u8> = "\u{feff}phone\tname\n+8613800138003\tB\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let utf16 = desk.import(&desk.file("utf16.csv", &utf16), &[]);
    assert_eq!((figures(&utf16), utf16["encoding"].as_str()), ([1, 1, 0], Some("UTF-16LE")), "{utf16}");
}

#[test]
fn rows_that_are_ragged() {
    let desk = Desk::new("bad-lists-ragged");
    let list = b"phone,name\n+8613800138000,A\n+8613800138001\n+8613800138002,B,extra\n\n,nobody\n+8613800138000,again\n\"+8613800138003\",\"two\nlines\"\n8.61E+12,excel\n\"open,+8613800138004\n";
    let report = desk.import(&desk.file("ragged.csv", list), &[]);
    let [rows, accepted, rejected] = figures(&report);
    assert_eq!(rows, accepted + rejected, "{report}");
    assert_eq!(report["rejections"].as_array().map(Vec::len), Some(rejected as usize), "{report}");
    assert!(accepted >= 2 && rejected >= 4, "{report}");
    for rejection in report["rejections"].as_array().unwrap() {
        assert!(rejection["line"].as_u64() > Some(1) && rejection["reason"]["code"].is_string(), "{rejection}");
    }
    assert!(!report.to_string().contains("13800138000"), "numbers are masked in reports: {report}");
    let again = desk.import(&desk.dir.join("ragged.csv"), &[]);
    assert_eq!(again, report, "the same file again: the same report, and nothing is added");
    let copy = desk.import(&desk.file("copy.csv", &[list.as_slice(), b"\n"].concat()), &[]);
    assert_eq!(figures(&copy)[1], 0, "the same people in another file are no new leads: {copy}");
}

#[test]
fn files_that_are_no_lists() {
    let desk = Desk::new("bad-lists-files");
    desk.refused(&desk.file("empty.csv", b""), &["empty.csv", "empty", "Nothing was kept"]);
    let binary: Vec<u8> = (0..10_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    desk.refused(&desk.file("binary.csv", &binary), &["binary.csv", "Nothing was kept"]);
    desk.refused(&desk.file("sheet.xlsx", b"PK\x03\x04\x14\x00\x06\x00\x08\x00"), &["sheet.xlsx", "CSV"]);
    desk.refused(&desk.file("none.csv", b"name,city\nA,B\n"), &["none.csv", "name, city", "phone"]);
    desk.refused(&desk.file("two.csv", b"mobile,tel\n1,2\n"), &["two.csv", "mobile", "tel"]);
    desk.refused(Path::new("/nowhere/list.csv"), &["/nowhere/list.csv", "Give the path"]);
    desk.refused(&desk.dir, &["directory"]);
    refuses(
        outpace(&["import", "nobody", text(&desk.dir.join("none.csv")), "--data", text(&desk.data)]),
        &["nobody", "lists", "telesales"],
    );
    // Good bytes, and not one good row: said in the report, and by the exit code.
    let all_bad = desk.file("all_bad.csv", b"phone\n1\n2\n");
    let said =
        refuses(outpace(&["import", "lists", text(&all_bad), "--data", text(&desk.data)]), &["line 2", "line 3"]);
    assert!(said.contains("2 rejected"), "{said}");
}

#[test]
fn a_dry_run_keeps_nothing() {
    let desk = Desk::new("bad-lists-dry");
    let list = desk.file("list.csv", b"phone,name\n+8613800138000,A\n12,B\n");
    let report = desk.import(&list, &["--dry-run"]);
    assert_eq!(figures(&report), [2, 1, 1], "{report}");
    assert!(!desk.data.join("outpace.db").exists(), "a dry run makes no store");
    assert_eq!(figures(&desk.import(&list, &[])), [2, 1, 1], "and the real one finds nothing done");
    let verified = succeeds(outpace(&["verify", "--data", text(&desk.data)]));
    assert!(verified.contains("agree"), "{verified}");
}

/// Under a Chinese LANG nothing of a refusal is English.
#[test]
fn refusals_in_chinese() {
    let desk = Desk::new("bad-lists-chinese");
    let (sheet, data) = (desk.file("sheet.xlsx", b"PK\x03\x04\x14\x00\x06\x00\x08\x00"), text(&desk.data));
    let cases: [(&[&str], &[&str]); 5] = [
        (&["import", "lists", text(&sheet), "--data", data], &["这是 XLSX (ZIP) 文件", "未保存任何内容"]),
        (&["import", "nobody", text(&sheet), "--data", data], &["活动“nobody”", "也不在"]),
        (&["user", "add", "li", "--role", "boss", "--data", data], &["--role boss：应为", "之一"]),
        (&["user", "password", "li", "--data", data], &["用户“li”不存在"]),
        (&["key", "new", "--scope", "client", "--data", data], &["需要 --campaign NAME"]),
    ];
    for (arguments, parts) in cases {
        let mut command = outpace(arguments);
        command.env("LANG", "zh_CN.UTF-8");
        let said = refuses(command, parts);
        for english in ["Nothing", "one of", "does not", "needs", "This is"] {
            assert!(!said.contains(english), "{english} in {said}");
        }
    }
}
