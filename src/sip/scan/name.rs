//! `"Display" <uri>;params` and `uri;params`: From, To, Contact, Route.

use super::Params;
use super::value::trim;

#[derive(Clone, Copy, Debug)]
pub struct NameAddr<'a> {
    /// With its quotes, if any.
    pub display: &'a [u8],
    pub uri: &'a [u8],
    tag: Option<&'a [u8]>,
    pub(crate) params: &'a [u8],
}

impl<'a> NameAddr<'a> {
    pub fn tag(&self) -> Option<&'a [u8]> {
        self.tag
    }

    pub fn param(&self, name: &str) -> Option<Option<&'a [u8]>> {
        Params(self.params).get(name)
    }

    pub fn parsed_uri(&self) -> Option<super::Uri<'a>> {
        super::Uri::parse(self.uri)
    }
}

/// `None`: an open quote or bracket, or no URI.
pub fn name_addr(value: &[u8]) -> Option<NameAddr<'_>> {
    let value = trim(value);
    let open = opening_bracket(value)?;
    let (display, uri, params) = match open {
        Some(open) => {
            let close = open + value[open..].iter().position(|&b| b == b'>')?;
            (trim(&value[..open]), &value[open + 1..close], trim(&value[close + 1..]))
        }
        // Without brackets, what follows the first semicolon belongs to the header (RFC 3261 section 20).
        None => {
            let semicolon = value.iter().position(|&b| b == b';').unwrap_or(value.len());
            (&[][..], trim(&value[..semicolon]), &value[semicolon..])
        }
    };
    let sound = !uri.is_empty()
        && uri.contains(&b':')
        && !uri.iter().any(|b| matches!(b, b'\r' | b'\n' | b'<' | b' ' | b'\t'))
        && (params.is_empty() || params[0] == b';')
        && (open.is_some() || !uri.iter().any(|b| matches!(b, b'?' | b',' | b'"')))
        && sound_display(display);
    let tag = Params(params).value("tag").filter(|tag| !tag.is_empty());
    sound.then_some(NameAddr { display, uri, tag, params })
}

/// `Some(None)`: there is no bracket. `None`: a quote never ends.
fn opening_bracket(value: &[u8]) -> Option<Option<usize>> {
    let (mut quoted, mut escaped) = (false, false);
    for (i, &b) in value.iter().enumerate() {
        if escaped {
            escaped = false;
        } else if quoted {
            match b {
                b'\\' => escaped = true,
                b'"' => quoted = false,
                _ => {}
            }
        } else if b == b'"' {
            quoted = true;
        } else if b == b'<' {
            return Some(Some(i));
        }
    }
    if quoted { None } else { Some(None) }
}

/// Quoted as a whole, or words. Unquoted, strange letters are tolerated (RFC 4475 section 3.1.2.15 says one may).
fn sound_display(display: &[u8]) -> bool {
    match display {
        [] => true,
        [b'"', .., b'"'] if display.len() > 1 => true,
        words => !words.contains(&b'"'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_an_address() {
        let a = name_addr(b"\"A \\\" <B>\" <sip:a@b;lr>;tag=x ; q=1").unwrap();
        assert_eq!(a.uri, b"sip:a@b;lr");
        assert_eq!(a.tag(), Some(b"x".as_slice()));
        assert_eq!(a.param("Q"), Some(Some(b"1".as_slice())));
        let b = name_addr(b"sip:a@b;tag=y").unwrap();
        assert_eq!((b.uri, b.tag()), (b"sip:a@b".as_slice(), Some(b"y".as_slice())));
        let c = name_addr(b"Bell, Alexander\r\n <sip:a@b>\r\n ;tag=43").unwrap();
        assert_eq!(c.tag(), Some(b"43".as_slice()));
        assert!(name_addr(b"\"Mr J. User <sip:j@e>").is_none(), "an open quote");
        assert!(name_addr(b"<sip:j@e").is_none(), "an open bracket");
        assert!(name_addr(b"Caf\xe9 <sip:j@e>").is_some(), "a Latin-1 byte");
    }
}
