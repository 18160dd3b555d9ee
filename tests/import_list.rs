//! Lists as people send them: encodings, separators, spreadsheets' damage, ragged rows. Every row is counted once,
//! taken as it stands or rejected by name.

use outpace::campaign::list::{Discard, ImportError, ImportOptions, ImportReport, Importer, Rejected, Row, Sink};
use outpace::words::{Lang, Reason};
use proptest::prelude::*;

#[derive(Default)]
struct Kept {
    rows: Vec<Row>,
    rejected: Vec<Rejected>,
}

impl Sink for Kept {
    fn row(&mut self, row: Row) {
        self.rows.push(row);
    }
    fn rejected(&mut self, rejected: &Rejected) {
        self.rejected.push(rejected.clone());
    }
}

fn import(bytes: &[u8], region: &str) -> (ImportReport, Kept) {
    let mut kept = Kept::default();
    let importer = Importer::new(ImportOptions::new(region, &[], [7; 32]));
    let report = importer.read_all(bytes, &mut kept).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(report.rows, report.accepted + report.rejected);
    assert_eq!((report.accepted, report.rejected), (kept.rows.len() as u64, kept.rejected.len() as u64));
    (report, kept)
}

fn refused(bytes: &[u8]) -> Reason {
    let importer = Importer::new(ImportOptions::new("CN", &[], [7; 32]));
    let error: ImportError = importer.read_all(bytes, &mut Discard).expect_err("the file must be refused");
    error.reason
}

fn numbers(kept: &Kept) -> Vec<&str> {
    kept.rows.iter().map(|row| row.phone.digits()).collect()
}

const CHINESE: &str = "手机号,姓名,备注\n13800138000,张三,喜欢茶\n139 0013 9000,李四,\"北京,朝阳\"\n";

#[test]
fn one_list_in_seven_encodings() {
    let mut files: Vec<(&str, Vec<u8>)> = vec![
        ("UTF-8", CHINESE.as_bytes().to_vec()),
        ("UTF-8", [b"\xef\xbb\xbf", CHINESE.as_bytes()].concat()),
        ("gb18030", encoding_rs::GB18030.encode(CHINESE).0.into_owned()),
    ];
    for (name, mark, big) in
        [("UTF-16LE", true, false), ("UTF-16LE", false, false), ("UTF-16BE", true, true), ("UTF-16BE", false, true)]
    {
        // Without a mark there must be ASCII enough to tell; a real list has it.
        let text = if mark { CHINESE.to_owned() } else { CHINESE.replace("备注", "id").replace("喜欢茶", "1") };
        let units = mark.then_some(0xfeff).into_iter().chain(text.encode_utf16());
        let bytes = units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect();
        files.push((name, bytes));
    }
    for (name, bytes) in files {
        let (report, kept) = import(&bytes, "CN");
        assert_eq!(report.encoding, name);
        assert_eq!(numbers(&kept), ["+8613800138000", "+8613900139000"], "{name}");
        assert_eq!(kept.rows[0].fields["name"], "张三");
        assert_eq!(kept.rows[0].zones, ["Asia/Shanghai"]);
        assert_eq!(kept.rows[1].line, 3);
    }
}

#[test]
fn big5_of_a_list_from_taiwan() {
    let text = "行動電話,姓名,地址\n0912345678,陳大文,臺北市中正區重慶南路\n0223456789,林美玲,高雄市苓雅區\n";
    let (report, kept) = import(&encoding_rs::BIG5.encode(text).0, "TW");
    assert_eq!(report.encoding, "Big5");
    assert_eq!(numbers(&kept), ["+886912345678", "+886223456789"]);
    assert_eq!(kept.rows[0].fields["name"], "陳大文");
    assert_eq!(kept.rows[1].fields["地址"], "高雄市苓雅區");
}

#[test]
fn chinese_that_begins_after_a_megabyte_of_ascii() {
    let mut text = "phone,name\n".to_owned();
    for i in 0..60_000 {
        text.push_str(&format!("138{i:08},Zhang\n"));
    }
    text.push_str("13900139000,欧阳修\n");
    let (report, kept) = import(&encoding_rs::GB18030.encode(&text).0, "CN");
    assert_eq!(report.encoding, "gb18030");
    assert_eq!(kept.rows.last().unwrap().fields["name"], "欧阳修");
    assert_eq!(report.accepted, 60_001);
}

#[test]
fn separators_and_line_ends() {
    for (mark, line_end) in [(",", "\n"), (";", "\r\n"), ("\t", "\r"), ("|", "\r\n")] {
        let text = ["name,phone,city", "Ann,202-555-0100,\"a\"\"b\"", ",(202) 555-0101,", ""]
            .join(line_end)
            .replace(',', mark);
        let (report, kept) = import(text.as_bytes(), "US");
        assert_eq!(report.delimiter, mark);
        assert_eq!(numbers(&kept), ["+12025550100", "+12025550101"], "{mark:?}");
        assert_eq!(kept.rows[0].fields["city"], "a\"b");
        assert_eq!(kept.rows[1].line, 3);
    }
    let (report, kept) = import(b"sep=;\r\nphone;name\r\n2025550100;A,B\r\n", "US");
    assert_eq!((report.delimiter.as_str(), kept.rows[0].fields["name"].as_str(), kept.rows[0].line), (";", "A,B", 3));
    let (_, kept) = import(b"phone\n\n2025550100\n\n\n2025550101", "US");
    assert_eq!(kept.rows.len(), 2, "empty lines are no rows, and the last line needs no end");
}

#[test]
fn each_rejection_has_its_line_its_reason_and_its_masked_value() {
    let text = "phone,name,timezone,lang,callback_at\n\
        13800138000,ok,,,\n\
        1.38E+10,damaged,,,\n\
        '13800138001,damaged,,,\n\
        13800138002.0,damaged,,,\n\
        138-0013-8000,twice,,,\n\
        +86 138 0013 8000,twice,,,\n\
        13800138003,ragged\n\
        13800138004,ragged,,,,more\n\
        13800138005,trailing,,,,,\n\
        ,nobody,,,\n\
        +1 202 555 0100,abroad,,,\n\
        +1 900 234 5678,costly,,,\n\
        +881612345678,space,,,\n\
        13800138006,zone,Beijing,,\n\
        13800138007,lang,,fr,\n\
        13800138008,when,,,tomorrow\n\
        13800138009,all,Asia/Urumqi,zh-TW,2026-11-23 09:30\n\
        110,police,,,\n\
        13800138\u{0}010,nul,,,\n";
    let (report, kept) = import(text.as_bytes(), "CN");
    let found: Vec<(u64, &str, &str)> =
        kept.rejected.iter().map(|r| (r.line, r.reason.code.as_str(), r.value.as_str())).collect();
    assert_eq!(
        found,
        [
            (3, "phone.excel_exponent", "1.38E+10"),
            (4, "phone.excel_apostrophe", "'138******01"),
            (5, "phone.excel_decimal", "138*******2.0"),
            (6, "import.duplicate", "+861********00"),
            (7, "import.duplicate", "+861********00"),
            (8, "import.columns", ""),
            (9, "import.columns", ""),
            (11, "phone.empty", ""),
            (12, "import.foreign", "+120******00"),
            (13, "import.premium", "+190******78"),
            (14, "import.satellite", "+881*******78"),
            (15, "import.zone", "Beijing"),
            (16, "import.lang", "fr"),
            (17, "import.callback", "tomorrow"),
            (19, "phone.emergency", "110"),
            (20, "import.nul", ""),
        ]
    );
    assert_eq!((report.rows, report.accepted, report.rejected), (19, 3, 16));
    assert_eq!(report.reasons["import.duplicate"], 2);
    let last = kept.rows.last().unwrap();
    assert_eq!(last.zones, ["Asia/Urumqi"]);
    assert_eq!(last.lang, Some(Lang::ZhHant));
    assert_eq!(last.callback_at.unwrap().rfc3339(), "2026-11-23T03:30:00.000Z");
    assert_eq!(last.fields.keys().collect::<Vec<_>>(), ["name"]);
    let again = kept.rejected[3].reason.text(Lang::En);
    assert_eq!(again, "+861********00 stands in line 2 already.");
    for rejected in &kept.rejected {
        for lang in [Lang::En, Lang::ZhHans, Lang::ZhHant] {
            assert!(!rejected.reason.text(lang).contains('{'), "{}", rejected.reason.text(lang));
        }
    }
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(
        (json["rows"].as_u64(), json["accepted"].as_u64(), json["rejected"].as_u64()),
        (Some(19), Some(3), Some(16))
    );
    assert_eq!(json["rejections"][0]["reason"]["code"], "phone.excel_exponent");
    assert!(!json.to_string().contains("13800138"), "no number stands in the report");
}

#[test]
fn a_callback_needs_one_clock() {
    let text = "phone,callback\n208-210-5501,2026-11-23 09:30\n208-210-5502,2026-11-23T09:30:00-07:00\n";
    let (_, kept) = import(text.as_bytes(), "US");
    assert_eq!(kept.rejected[0].reason.code, "import.callback_zone");
    assert_eq!(kept.rows[0].callback_at.unwrap().rfc3339(), "2026-11-23T16:30:00.000Z");
    assert_eq!(kept.rows[0].zones.len(), 2);
}

#[test]
fn a_quote_that_is_never_closed_costs_one_row() {
    let rows: String = (0..2_000).map(|i| format!("138{i:08},x\n")).collect();
    let text = format!("phone,name\n13900139000,\"open\n{rows}");
    let (report, kept) = import(text.as_bytes(), "CN");
    assert_eq!((report.accepted, report.rejected), (2_000, 1));
    assert_eq!((kept.rejected[0].line, kept.rejected[0].reason.code.as_str()), (2, "import.field_too_long"));
    let (report, kept) = import(b"phone,name\n13900139000,\"open\n13900139001,x\n", "CN");
    assert_eq!((report.accepted, report.rejected), (1, 1));
    assert_eq!((kept.rejected[0].line, kept.rejected[0].reason.code.as_str()), (2, "import.quote_open"));
    assert_eq!(kept.rows[0].line, 3);
}

#[test]
fn limits_cost_the_row_and_nothing_behind_it() {
    let long = "x".repeat(5_000);
    let wide = ",".repeat(250);
    let endless = "y".repeat(2_000_000);
    let text = format!(
        "phone,name\n13900139000,{long}\n13900139001{wide}\n{endless}\n13900139002,\"two\nlines\"\n13900139003,{long}"
    );
    let (report, kept) = import(text.as_bytes(), "CN");
    let found: Vec<(u64, &str)> = kept.rejected.iter().map(|r| (r.line, r.reason.code.as_str())).collect();
    assert_eq!(
        found,
        [
            (2, "import.field_too_long"),
            (3, "import.too_many_fields"),
            (4, "import.field_too_long"),
            (7, "import.field_too_long")
        ]
    );
    assert_eq!((report.rows, kept.rows[0].line), (5, 5));
    assert_eq!(kept.rows[0].fields["name"], "two\nlines");
}

#[test]
fn files_that_are_no_lists() {
    assert_eq!(refused(b"").code, "import.empty_file");
    assert_eq!(refused(b"\n\n").code, "import.empty_file");
    assert_eq!(refused(b"PK\x03\x04\x14\x00\x06\x00").code, "import.not_text");
    assert_eq!(refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1").code, "import.not_text");
    let headless = refused(b"13800138000,Zhang\n13800138001,Li\n");
    assert_eq!(headless.code, "import.no_phone_column");
    assert!(!headless.args["columns"].contains("13800138000"), "{headless:?}");
    let two = refused("手机,电话\n13800138000,1\n".as_bytes());
    assert_eq!((two.code.as_str(), two.args["first"].as_str()), ("import.two_phone_columns", "手机"));
    assert_eq!(refused(b"phone,a,A\n1,2,3\n").code, "import.two_columns");
    let (report, _) = import("phone,mobile\n13800138000,1\n".as_bytes(), "CN");
    assert_eq!(report.columns[1].name, "mobile", "the one that says phone is the phone");
}

#[test]
fn a_bad_byte_costs_its_row() {
    let mut bytes = "phone,name\n13800138000,王小明王小明王小明\n13800138001,".as_bytes().to_vec();
    bytes.extend(b"\xff\xfe\n13800138002,ok\n");
    let (report, kept) = import(&bytes, "CN");
    assert_eq!(report.encoding, "UTF-8");
    assert_eq!(kept.rejected[0].reason, Reason::new("import.encoding").with("encoding", "UTF-8"));
    assert_eq!(numbers(&kept), ["+8613800138000", "+8613800138002"]);
}

#[test]
fn too_many_rows_and_too_many_rejections_are_counted() {
    let mut options = ImportOptions::new("CN", &[], [7; 32]);
    options.rows_max = 3;
    options.rejections_kept = 1;
    let text = "phone\n13800138000\n13800138001\nx\n13800138002\n13800138003\n";
    let report = Importer::new(options).read_all(text.as_bytes(), &mut Discard).unwrap();
    assert_eq!((report.rows, report.accepted, report.rejected, report.rejections_left_out), (5, 2, 3, 2));
    assert_eq!(report.reasons["import.too_many_rows"], 2);
}

/// In portions of this size.
fn import_in(bytes: &[u8], portion: usize) -> Result<(ImportReport, Kept), ImportError> {
    let mut kept = Kept::default();
    let mut importer = Importer::new(ImportOptions::new("CN", &["CN".into(), "US".into()], [7; 32]));
    for part in bytes.chunks(portion) {
        importer.push(part, &mut kept)?;
    }
    let report = importer.finish(&mut kept)?;
    Ok((report, kept))
}

/// An upload comes in portions of any size: what was guessed of its encoding must not hang on them.
#[test]
fn portions_change_no_encoding() {
    let quoted: &[u8] = b"phone,name,lang\n\"0\xee\"\xc3{a\xc30\xc3\xa9\x9cA\xa9\xc3\0\xc8\"\"\"\"\"";
    let (gb, _, _) = encoding_rs::GB18030.encode("姓名,手机\n王小明,13800138000\n");
    let utf_16: Vec<u8> = "手机,lang,name\n13800138000,zh,wang\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut late = b"phone,name\n".repeat(3_000);
    late.extend_from_slice(&gb);
    for file in [quoted, &gb, &utf_16, &late] {
        let whole = import_in(file, file.len());
        for portion in [1, 2, 7, 8, 9, 1_023, 1_024, 1_025, 4_096] {
            let parts = import_in(file, portion);
            assert_eq!(whole.as_ref().map(|(one, _)| one), parts.as_ref().map(|(one, _)| one), "portions of {portion}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any bytes behind a header: no panic, every row counted once, and the portions make no difference.
    #[test]
    fn any_bytes(
        body in proptest::collection::vec(prop_oneof![
            4 => proptest::sample::select(b"\",;\n\r\t 0123456789ab+\xc3\xa9".to_vec()),
            1 => any::<u8>(),
        ], 0..600),
        portion in 1usize..50,
    ) {
        let bytes = [b"phone,name,lang\n".as_slice(), &body].concat();
        let whole = import_in(&bytes, bytes.len());
        let parts = import_in(&bytes, portion);
        match (whole, parts) {
            (Ok((one, a)), Ok((two, b))) => {
                prop_assert_eq!(one.rows, one.accepted + one.rejected);
                prop_assert_eq!((one.accepted, one.rejected), (a.rows.len() as u64, a.rejected.len() as u64));
                prop_assert_eq!(one.reasons.values().sum::<u64>(), one.rejected);
                prop_assert_eq!(&one, &two);
                prop_assert_eq!(a.rows, b.rows);
                let mut lines: Vec<u64> = a.rejected.iter().map(|r| r.line).collect();
                lines.dedup();
                prop_assert_eq!(lines.len(), a.rejected.len(), "a line was counted twice");
            }
            (Err(one), Err(two)) => prop_assert_eq!(one, two),
            (one, two) => prop_assert!(false, "{:?} {:?}", one.is_ok(), two.is_ok()),
        }
    }

    /// What the crate `csv` writes, we read as it was.
    #[test]
    fn the_csv_crate_is_the_oracle(cells in proptest::collection::vec(("[a-z\",;\n\r|é张 ]{0,12}", "[ -~]{0,12}"), 1..20)) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["phone", "one", "two"]).unwrap();
        for (i, (one, two)) in cells.iter().enumerate() {
            writer.write_record([&format!("138{i:08}"), one, two]).unwrap();
        }
        let bytes = writer.into_inner().unwrap();
        let (report, kept) = import_in(&bytes, 7).unwrap();
        prop_assert_eq!(report.accepted, cells.len() as u64, "{:?}", kept.rejected);
        for (row, (one, two)) in kept.rows.iter().zip(&cells) {
            prop_assert_eq!((&row.fields["one"], &row.fields["two"]), (one, two));
        }
    }
}
