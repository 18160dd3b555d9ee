//! Reads Lua sources just far enough to make iteration safe and to find literals for checks.
//! It refuses to be a parser: Luau's own compiler judges the syntax.
//!
//! Luau walks tables with string and number keys in an order that depends on the keys and their history alone
//! (its string hash has no seed), but keys that are tables or functions hash by address. So every
//! `for k, v in EXPR do` becomes `for k, v in __each(EXPR) do`, and `__each` refuses such keys.

use super::request::ScriptError;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Name,
    /// A quoted or long string; the token's text is the content as written, without the quotes.
    Text,
    /// A piece of an interpolated string.
    Piece,
    Number,
    Symbol,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'a> {
    pub kind: Kind,
    pub text: &'a str,
    pub start: usize,
    pub end: usize,
    pub line: u32,
}

/// The tokens of a source. What cannot be read ends the list: the compiler says why.
pub fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut scanner = Scanner { source, bytes: source.as_bytes(), at: 0, line: 1, braces: Vec::new(), out: Vec::new() };
    while scanner.step().is_some() {}
    scanner.out
}

/// The source with every generic `for` guarded. Line numbers stay as they are.
pub fn guarded(name: &str, source: &str) -> Result<String, ScriptError> {
    let tokens = tokens(source);
    let refuse = |line: u32, message: &str| ScriptError { at: format!("{name}:{line}"), message: message.to_owned() };
    if let Some(token) = tokens.iter().find(|t| t.kind == Kind::Name && t.text == "__each") {
        return Err(refuse(token.line, "the name __each is reserved: choose another one"));
    }
    let mut out = String::with_capacity(source.len() + 256);
    let mut copied = 0;
    let mut i = 0;
    while i < tokens.len() {
        i += 1;
        if !is_word(&tokens[i - 1], "for") {
            continue;
        }
        let Some(head) = tokens[i..].iter().position(|t| is_word(t, "in") || is_symbol(t, "=")) else { continue };
        let word = i + head;
        if !is_word(&tokens[word], "in") {
            continue;
        }
        let Some(tail) = tokens[word..].iter().position(|t| is_word(t, "do")) else { continue };
        if let Some(inner) = tokens[word..word + tail].iter().find(|t| is_word(t, "function")) {
            let fix = "a function inside `for ... in` is not read: give it a name in a line before the loop";
            return Err(refuse(inner.line, fix));
        }
        out.push_str(&source[copied..tokens[word].end]);
        out.push_str(" __each(");
        out.push_str(&source[tokens[word].end..tokens[word + tail - 1].end]);
        out.push_str(") ");
        copied = tokens[word + tail - 1].end;
        i = word + tail;
    }
    out.push_str(&source[copied..]);
    Ok(out)
}

pub fn is_word(token: &Token, word: &str) -> bool {
    token.kind == Kind::Name && token.text == word
}

pub fn is_symbol(token: &Token, symbol: &str) -> bool {
    token.kind == Kind::Symbol && token.text == symbol
}

struct Scanner<'a> {
    source: &'a str,
    bytes: &'a [u8],
    at: usize,
    line: u32,
    /// Open braces: true where the brace opened inside an interpolated string.
    braces: Vec<bool>,
    out: Vec<Token<'a>>,
}

impl<'a> Scanner<'a> {
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn advance(&mut self) {
        if self.peek(0) == b'\n' {
            self.line += 1;
        }
        self.at += 1;
    }

    fn push(&mut self, kind: Kind, start: usize, line: u32, inner: (usize, usize)) {
        let text = self.source.get(inner.0..inner.1).unwrap_or("");
        self.out.push(Token { kind, text, start, end: self.at, line });
    }

    fn step(&mut self) -> Option<()> {
        while self.peek(0).is_ascii_whitespace() {
            self.advance();
        }
        if self.at >= self.bytes.len() {
            return None;
        }
        let (start, line) = (self.at, self.line);
        match self.peek(0) {
            b'-' if self.peek(1) == b'-' => return self.comment(),
            b'"' | b'\'' => return self.quoted(),
            b'`' => {
                self.advance();
                return self.interpolated();
            }
            b'[' if self.long_level().is_some() => {
                let inner = self.long()?;
                self.push(Kind::Text, start, line, inner);
            }
            b'{' => {
                self.braces.push(false);
                self.symbol(1);
            }
            b'}' => {
                if self.braces.pop() == Some(true) {
                    self.advance();
                    return self.interpolated();
                }
                self.symbol(1);
            }
            c if c == b'_' || c.is_ascii_alphabetic() => self.run(Kind::Name),
            c if c.is_ascii_digit() => self.run(Kind::Number),
            b'=' if self.peek(1) == b'=' => self.symbol(2),
            b'~' | b'<' | b'>' | b'+' | b'-' | b'*' | b'/' | b'^' | b'%' | b'.' if self.peek(1) == b'=' => {
                self.symbol(2);
            }
            c if c.is_ascii() => self.symbol(1),
            _not_ascii => {
                let width = self.source[self.at..].chars().next().map_or(1, char::len_utf8);
                self.symbol(width);
            }
        }
        Some(())
    }

    fn symbol(&mut self, width: usize) {
        let (start, line) = (self.at, self.line);
        self.at += width;
        self.push(Kind::Symbol, start, line, (start, self.at));
    }

    /// A name, or a number: `0x1F`, `1_000`, `3.14e-2` (its sign is a symbol of its own, which does no harm).
    fn run(&mut self, kind: Kind) {
        let (start, line) = (self.at, self.line);
        while self.peek(0) == b'_'
            || self.peek(0).is_ascii_alphanumeric()
            || (kind == Kind::Number && self.peek(0) == b'.' && self.peek(1) != b'.')
        {
            self.at += 1;
        }
        self.push(kind, start, line, (start, self.at));
    }

    fn comment(&mut self) -> Option<()> {
        self.at += 2;
        if self.peek(0) == b'[' && self.long_level().is_some() {
            self.long()?;
            return Some(());
        }
        while self.at < self.bytes.len() && self.peek(0) != b'\n' {
            self.at += 1;
        }
        Some(())
    }

    fn quoted(&mut self) -> Option<()> {
        let (start, line, quote) = (self.at, self.line, self.peek(0));
        self.at += 1;
        while self.peek(0) != quote {
            if self.at >= self.bytes.len() {
                return None;
            }
            if self.peek(0) == b'\\' {
                self.escape();
            } else {
                self.advance();
            }
        }
        self.at += 1;
        self.push(Kind::Text, start, line, (start + 1, self.at - 1));
        Some(())
    }

    fn escape(&mut self) {
        self.at += 1;
        if self.peek(0) == b'z' {
            self.at += 1;
            while self.peek(0).is_ascii_whitespace() {
                self.advance();
            }
        } else {
            self.advance();
        }
    }

    /// From behind a backtick or a closing brace, up to the next opening brace or the closing backtick.
    fn interpolated(&mut self) -> Option<()> {
        let (start, line) = (self.at, self.line);
        loop {
            match self.peek(0) {
                _end if self.at >= self.bytes.len() => return None,
                b'\\' if self.peek(1) == b'u' => self.at += 3,
                b'\\' => self.escape(),
                b'`' => {
                    self.at += 1;
                    break;
                }
                b'{' => {
                    self.at += 1;
                    self.braces.push(true);
                    break;
                }
                _other => self.advance(),
            }
        }
        self.push(Kind::Piece, start, line, (start, self.at - 1));
        Some(())
    }

    /// At `[`: the level of a long bracket, if it is one.
    fn long_level(&self) -> Option<usize> {
        let mut level = 0;
        while self.peek(1 + level) == b'=' {
            level += 1;
        }
        (self.peek(1 + level) == b'[').then_some(level)
    }

    fn long(&mut self) -> Option<(usize, usize)> {
        let level = self.long_level()?;
        self.at += level + 2;
        let start = self.at;
        let close = format!("]{}]", "=".repeat(level));
        while !self.bytes.get(self.at..)?.starts_with(close.as_bytes()) {
            if self.at >= self.bytes.len() {
                return None;
            }
            self.advance();
        }
        let end = self.at;
        self.at += close.len();
        Some((start, end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(source: &str) -> Vec<&str> {
        tokens(source).into_iter().map(|t| t.text).collect()
    }

    #[test]
    fn strings_and_comments_are_no_code() {
        assert_eq!(words("-- for x in y do\n'a\\'b' \"for\" [[in\ndo]] x"), ["a\\'b", "for", "in\ndo", "x"]);
        assert_eq!(words("--[==[ for ]] ]==] y"), ["y"]);
        assert_eq!(words("`a{b}c{ {d} }e` f"), ["a", "b", "c", "{", "d", "}", "e", "f"]);
    }

    #[test]
    fn generic_loops_are_guarded_and_lines_kept() {
        let source = "for i = 1, 3 do end\nfor k, v in t do\n  for _, x in ipairs(v) do end end";
        let out = guarded("flow.lua", source).unwrap();
        assert_eq!(
            out,
            "for i = 1, 3 do end\nfor k, v in __each( t)  do\n  for _, x in __each( ipairs(v))  do end end"
        );
    }

    #[test]
    fn a_comment_before_do_does_not_swallow_the_bracket() {
        let out = guarded("f", "for k in t -- all\ndo end").unwrap();
        assert_eq!(out, "for k in __each( t)  -- all\ndo end");
    }

    #[test]
    fn what_cannot_be_guarded_is_refused_with_its_line() {
        let error = guarded("flow.lua", "\nfor k in (function() end)() do end").unwrap_err();
        assert_eq!(error.at, "flow.lua:2");
        assert!(guarded("flow.lua", "local __each = 1").is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_scanned_without_a_panic(source in "[ a-z`{}\\[\\]='\"\\\\\n\\-0-9é中]{0,80}") {
            let _ = guarded("f", &source);
        }
    }
}
