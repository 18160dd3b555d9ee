//! What commands print. A reader who went away (`outpace demo | head`) ends the command as it ends any other, and is
//! no panic.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write};

/// What a shell reports of a program ended by SIGPIPE.
const READER_GONE: i32 = 128 + 13;

pub(crate) fn print(text: Arguments<'_>) {
    let mut out = std::io::stdout().lock();
    if let Err(error) = out.write_fmt(text).and_then(|()| out.flush()) {
        if error.kind() == ErrorKind::BrokenPipe {
            std::process::exit(READER_GONE);
        }
        eprintln!("standard output: {error}");
        std::process::exit(1);
    }
}

/// The same, and a new line.
pub(crate) fn line(text: Arguments<'_>) {
    print(format_args!("{text}\n"));
}

/// The standard library's, but for readers who go away.
macro_rules! print {
    ($($text:tt)*) => { $crate::cli::out::print(format_args!($($text)*)) };
}

/// The standard library's, but for readers who go away.
macro_rules! println {
    ($($text:tt)*) => { $crate::cli::out::line(format_args!($($text)*)) };
}
