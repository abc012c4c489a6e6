//! Lines of a file that grows.

/// Gives on what is appended in whole lines, and keeps the rest until its end comes.
#[derive(Debug, Clone, Default)]
pub struct WholeLines {
    /// The last line, while its end is missing.
    rest: Vec<u8>,
}

impl WholeLines {
    /// Takes the next bytes in; gives the lines that are whole now, each with its end.
    #[must_use]
    pub fn take(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.rest.extend_from_slice(bytes);
        let end = self.rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let rest = self.rest.split_off(end);
        std::mem::replace(&mut self.rest, rest)
    }

    /// Whether the end of a line is missing.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        !self.rest.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_given_on_when_its_end_has_come() {
        let mut lines = WholeLines::default();
        assert_eq!(lines.take(b"one\ntw"), b"one\n");
        assert_eq!(lines.take(b""), b"");
        assert!(lines.is_cut());
        assert_eq!(lines.take(b"o\nthree\n"), b"two\nthree\n");
        assert!(!lines.is_cut());
    }
}
