//! Telephone events (RFC 4733): digits heard, once per press, and digits sent.
//! It refuses tones in the voice band: a trunk that sends those has not negotiated telephone-event.

use super::rtp::ahead32;

/// `0`-`9`, `*`, `#`, `A`-`D`, by event code.
const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', 'A', 'B', 'C', 'D'];
/// A segment of a press longer than the duration field can say (RFC 4733 section 2.5.1.3).
const SEGMENT: u32 = 0xffff;

/// The four bytes of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TelephoneEvent {
    pub code: u8,
    pub end: bool,
    /// -dBm0, 0 to 63.
    pub volume: u8,
    /// In samples, since the event's timestamp.
    pub duration: u16,
}

impl TelephoneEvent {
    pub fn read(payload: &[u8]) -> Option<TelephoneEvent> {
        let &[code, flags, high, low, ..] = payload else { return None };
        Some(TelephoneEvent {
            code,
            end: flags & 0x80 != 0,
            volume: flags & 0x3f,
            duration: u16::from_be_bytes([high, low]),
        })
    }

    pub fn write(&self) -> [u8; 4] {
        let [high, low] = self.duration.to_be_bytes();
        [self.code, u8::from(self.end) << 7 | self.volume & 0x3f, high, low]
    }

    pub fn digit(&self) -> Option<char> {
        DIGITS.get(usize::from(self.code)).copied()
    }
}

/// Tells presses from repetitions. A press is told at its first packet, so losing its end loses nothing.
#[derive(Debug, Clone, Default)]
pub struct Heard {
    press: Option<Press>,
}

#[derive(Debug, Clone, Copy)]
struct Press {
    timestamp: u32,
    code: u8,
    duration: u16,
    ended: bool,
}

impl Heard {
    /// A packet of an event. Some: a key was pressed.
    pub fn hear(&mut self, timestamp: u32, marker: bool, event: TelephoneEvent) -> Option<char> {
        let digit = event.digit()?;
        let Some(press) = &mut self.press else {
            return Some(self.begin(timestamp, event, digit));
        };
        if timestamp == press.timestamp && event.code == press.code {
            press.duration = press.duration.max(event.duration);
            press.ended |= event.end;
            return None;
        }
        if ahead32(timestamp, press.timestamp) < 0 && press.timestamp.wrapping_sub(timestamp) < 8000 * 5 {
            return None; // a late packet of a press before
        }
        if !press.ended && press.goes_on_as(timestamp, marker, event) {
            *press = Press { timestamp, code: event.code, duration: event.duration, ended: event.end };
            return None;
        }
        Some(self.begin(timestamp, event, digit))
    }

    fn begin(&mut self, timestamp: u32, event: TelephoneEvent, digit: char) -> char {
        self.press = Some(Press { timestamp, code: event.code, duration: event.duration, ended: event.end });
        digit
    }
}

impl Press {
    /// The next segment of a very long press; or a sender that wrongly advances the timestamp with each packet.
    fn goes_on_as(&self, timestamp: u32, marker: bool, event: TelephoneEvent) -> bool {
        let passed = timestamp.wrapping_sub(self.timestamp);
        let segment = passed == SEGMENT || passed == SEGMENT + 1;
        let crawling = passed <= 480 && event.duration > self.duration;
        event.code == self.code && !marker && (segment || crawling)
    }
}

/// A press that we send: 100 ms, then its end three times, then 60 ms of nothing. One step per 20 ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sending {
    code: u8,
    step: u8,
    /// The RTP timestamp of its first packet, once it left.
    pub timestamp: Option<u32>,
}

const TONE_STEPS: u8 = 5;
const END_STEPS: u8 = 3;
const PAUSE_STEPS: u8 = 3;

impl Sending {
    /// None: not a key.
    pub fn new(digit: char) -> Option<Sending> {
        let code = DIGITS.iter().position(|&d| d == digit.to_ascii_uppercase())?;
        Some(Sending { code: code as u8, step: 0, timestamp: None })
    }

    /// What this frame sends: `Some(Some(event))`, a pause `Some(None)`, or it is over `None`.
    pub fn advance(&mut self) -> Option<Option<TelephoneEvent>> {
        let step = self.step;
        self.step += 1;
        let tones = u16::from(step.min(TONE_STEPS - 1) + 1);
        let event = TelephoneEvent { code: self.code, end: step >= TONE_STEPS, volume: 10, duration: tones * 160 };
        match step {
            0..8 => Some(Some(event)),
            _ if step < TONE_STEPS + END_STEPS + PAUSE_STEPS => Some(None),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (timestamp, marker, code, end, duration)
    type Row = (u32, bool, u8, bool, u16);

    fn heard(rows: &[Row]) -> String {
        let mut heard = Heard::default();
        let event = |&(_, _, code, end, duration): &Row| TelephoneEvent { code, end, volume: 10, duration };
        rows.iter().filter_map(|row| heard.hear(row.0, row.1, event(row))).collect()
    }

    #[test]
    fn each_press_is_told_once() {
        let table: [(&str, &[Row], &str); 9] = [
            ("a whole press", &[(0, true, 9, false, 160), (0, false, 9, false, 320), (0, false, 9, true, 320)], "9"),
            ("the end thrice", &[(0, true, 1, true, 800), (0, false, 1, true, 800), (0, false, 1, true, 800)], "1"),
            ("start lost", &[(0, false, 11, true, 800)], "#"),
            ("end lost, same key again", &[(0, true, 5, false, 160), (1600, true, 5, false, 160)], "55"),
            ("end lost, another key", &[(0, true, 5, false, 160), (1600, false, 6, false, 160)], "56"),
            (
                "reordered over the next press",
                &[(0, true, 5, true, 800), (1600, true, 6, false, 160), (0, false, 5, true, 800)],
                "56",
            ),
            (
                "a very long press",
                &[(0, true, 2, false, 65535), (65535, false, 2, false, 160), (65535, false, 2, true, 320)],
                "2",
            ),
            (
                "a clock that crawls",
                &[(0, true, 3, false, 160), (160, false, 3, false, 320), (320, false, 3, false, 480)],
                "3",
            ),
            ("wrap-around", &[(u32::MAX - 80, true, 0, true, 800), (700, true, 15, false, 160)], "0D"),
        ];
        for (story, rows, expected) in table {
            assert_eq!(heard(rows), expected, "{story}");
        }
    }

    #[test]
    fn flash_and_short_payloads_are_no_keys() {
        assert_eq!(heard(&[(0, true, 16, false, 160)]), "");
        assert_eq!(TelephoneEvent::read(&[1, 2, 3]), None);
    }

    #[test]
    fn what_we_send_is_heard_once() {
        let mut sending = Sending::new('#').expect("a key");
        let mut rows: Vec<Row> = Vec::new();
        let mut steps = 0;
        while let Some(step) = sending.advance() {
            steps += 1;
            if let Some(event) = step {
                let read = TelephoneEvent::read(&event.write()).expect("four bytes");
                rows.push((77, rows.is_empty(), read.code, read.end, read.duration));
            }
        }
        assert_eq!((heard(&rows).as_str(), rows.len(), steps), ("#", 8, 11));
        assert_eq!(rows.iter().filter(|row| row.3).count(), 3);
        assert_eq!(Sending::new('x'), None);
    }
}
