//! The header: which column is the number, and what the others are called. It refuses to guess between two.

use super::scanner::Record;
use crate::words::Reason;
use crate::words::phone::mask_text;
use serde::{Deserialize, Serialize};

/// What a column is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Use {
    Phone,
    /// An IANA zone that replaces the number's own.
    Zone,
    Lang,
    CallbackAt,
    /// Kept with the lead as it stands.
    Field,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// As in the file.
    pub title: String,
    /// The lead's field: lower case; `name` for its synonyms.
    pub name: String,
    pub used_as: Use,
}

#[derive(Debug, Clone)]
pub struct Columns {
    list: Vec<Column>,
    phone: usize,
}

/// Titles without spaces, underscores and dashes, in lower case; simplified and traditional.
#[rustfmt::skip]
const PHONE: &[&str] = &[
    "phone", "phonenumber", "phoneno", "phone1", "mobile", "mobilephone", "mobilenumber", "mobileno", "cell", "cellphone",
    "cellnumber", "tel", "telephone", "telephonenumber", "telno", "number", "msisdn", "contactnumber", "contactphone",
    "customerphone", "primaryphone", "homephone", "workphone", "callee", "e164",
    "电话", "电话号码", "手机", "手机号", "手机号码", "联系电话", "联系方式", "联系号码", "号码", "客户电话", "客户手机",
    "客户号码", "被叫", "被叫号码", "固话", "座机", "移动电话", "联系手机",
    "電話", "電話號碼", "手機", "手機號", "手機號碼", "聯絡電話", "聯繫電話", "號碼", "客戶電話", "客戶手機", "行動電話",
    "被叫號碼", "連絡電話",
];
#[rustfmt::skip]
const NAME: &[&str] = &[
    "name", "fullname", "customer", "customername", "contact", "contactname", "clientname", "leadname",
    "姓名", "客户", "客户姓名", "客户名", "客户名称", "名字", "名称", "联系人", "称呼",
    "客戶", "客戶姓名", "客戶名稱", "名稱", "聯絡人", "稱呼",
];
const ZONE: &[&str] = &["zone", "timezone", "tz", "时区", "時區"];
const LANG: &[&str] = &["lang", "language", "locale", "语言", "语种", "語言", "語種"];
#[rustfmt::skip]
const CALLBACK: &[&str] = &[
    "callbackat", "callback", "callbacktime", "callbackdate",
    "回拨时间", "回访时间", "预约时间", "预约回拨", "回撥時間", "回訪時間", "預約時間",
];

impl Columns {
    pub fn read(header: &Record<'_>) -> Result<Columns, Reason> {
        if let Some(reason) = &header.bad {
            return Err(reason.clone());
        }
        let titles: Vec<String> = (0..header.len()).map(|at| header.field(at).trim().to_owned()).collect();
        if titles.iter().any(|title| title.contains(unreadable)) {
            return Err(Reason::new("import.header"));
        }
        let mut list: Vec<Column> = titles.iter().enumerate().map(|(at, title)| column(at, title)).collect();
        let phone = phone_column(&mut list)?;
        refuse_twins(&list)?;
        Ok(Columns { list, phone })
    }

    pub fn list(&self) -> &[Column] {
        &self.list
    }

    pub fn phone(&self) -> usize {
        self.phone
    }
}

/// A title may have a line break in it; other control characters are no text.
fn unreadable(c: char) -> bool {
    c == '\u{fffd}' || (c.is_control() && !c.is_whitespace())
}

fn column(at: usize, title: &str) -> Column {
    let plain = plain(title);
    let is = |known: &[&str]| known.contains(&plain.as_str());
    let (used_as, name) = if is(PHONE) {
        (Use::Phone, "phone".to_owned())
    } else if is(ZONE) {
        (Use::Zone, "zone".to_owned())
    } else if is(LANG) {
        (Use::Lang, "lang".to_owned())
    } else if is(CALLBACK) {
        (Use::CallbackAt, "callback_at".to_owned())
    } else if is(NAME) {
        (Use::Field, "name".to_owned())
    } else if title.is_empty() {
        (Use::Field, format!("column_{}", at + 1))
    } else {
        (Use::Field, title.to_lowercase())
    };
    Column { title: title.to_owned(), name, used_as }
}

fn plain(title: &str) -> String {
    let kept = title.chars().filter(|c| !c.is_whitespace() && !matches!(c, '_' | '-' | '.' | '\u{feff}' | ':' | '：'));
    kept.flat_map(char::to_lowercase).collect()
}

/// One column is the number. Of several that could be, the one titled exactly `phone` is, and the others are fields.
fn phone_column(list: &mut [Column]) -> Result<usize, Reason> {
    let claims: Vec<usize> = (0..list.len()).filter(|at| list[*at].used_as == Use::Phone).collect();
    let exact: Vec<usize> = claims.iter().copied().filter(|at| plain(&list[*at].title) == "phone").collect();
    let phone = match (claims.as_slice(), exact.as_slice()) {
        ([], _) => {
            let titles: Vec<String> = list.iter().take(20).map(|c| mask_text(&c.title)).collect();
            return Err(Reason::new("import.no_phone_column").with("columns", titles.join(", ")));
        }
        ([only], _) | (_, [only]) => *only,
        ([first, second, ..], _) => {
            let reason = Reason::new("import.two_phone_columns").with("first", &list[*first].title);
            return Err(reason.with("second", &list[*second].title));
        }
    };
    for at in claims.into_iter().filter(|at| *at != phone) {
        list[at].used_as = Use::Field;
        list[at].name = list[at].title.to_lowercase();
    }
    Ok(phone)
}

fn refuse_twins(list: &[Column]) -> Result<(), Reason> {
    for (at, column) in list.iter().enumerate() {
        if list[..at].iter().any(|before| before.name == column.name) {
            return Err(Reason::new("import.two_columns").with("name", &column.name));
        }
    }
    Ok(())
}
