//! What a person said or typed, taken out of a message of a flow before it becomes a fact: facts are for ever, and no
//! erasure reaches them. It refuses to guess: only what is known of the person is found, word for word.

/// Messages quote the beginning of long values; so much of one is enough to know it.
const BEGINNING: usize = 20;
/// Shorter ones are taken out as whole words alone: "en" is a part of many.
const ANYWHERE: usize = 4;
const INSTEAD: &str = "***";

pub(super) fn withhold<'a>(message: &str, said: impl Iterator<Item = &'a str>) -> String {
    // One key, or one letter, says nothing, and stands in every message.
    let mut said: Vec<&str> = said.map(str::trim).filter(|value| value.chars().nth(1).is_some()).collect();
    said.sort_unstable_by_key(|value| std::cmp::Reverse(value.len()));
    said.dedup();
    said.into_iter().fold(message.to_owned(), |text, value| without(&text, value))
}

fn without(text: &str, value: &str) -> String {
    let length = value.chars().count();
    let anywhere = length >= ANYWHERE || !value.is_ascii();
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let same = rest.chars().zip(value.chars()).take_while(|(a, b)| a == b);
        let (count, bytes) = same.fold((0, 0), |(count, bytes), (a, _)| (count + 1, bytes + a.len_utf8()));
        let apart = |neighbour: Option<char>| neighbour.is_none_or(|c| !c.is_ascii_alphanumeric());
        let word = apart(out.chars().next_back()) && apart(rest[bytes..].chars().next());
        if count >= length.min(BEGINNING) && (anywhere || word) {
            out.push_str(INSTEAD);
            rest = &rest[bytes..];
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(message: &str, said: &[&str]) -> String {
        withhold(message, said.iter().copied())
    }

    #[test]
    fn what_was_said_is_taken_out_wherever_it_stands() {
        let message = "finish: \"4711\" is no outcome of pin4711; known are order, no";
        assert_eq!(left(message, &["4711"]), "finish: \"***\" is no outcome of pin***; known are order, no");
        assert_eq!(left("王伟先生", &["王伟", "先"]), "***先生");
    }

    #[test]
    fn short_values_are_taken_out_as_words() {
        assert_eq!(left("lang \"en\" when sent, 12 of 312", &["en", "12"]), "lang \"***\" when sent, *** of 312");
        assert_eq!(left("digits must be 1 to 32", &["1", " ", ""]), "digits must be 1 to 32");
    }

    #[test]
    fn a_long_value_is_known_by_its_beginning() {
        let address = "12 Long Street, next to the mill, third floor, ring twice, beware of the dog";
        let message = format!("say: \"{}\" is no name", &address[..60]);
        assert_eq!(left(&message, &[address]), "say: \"***\" is no name");
        assert_eq!(left("12 Long Street is another", &[address]), "12 Long Street is another");
    }

    #[test]
    fn the_longer_of_two_goes_first() {
        assert_eq!(left("Anna Berg and Anna", &["Anna", "Anna Berg"]), "*** and ***");
    }
}
