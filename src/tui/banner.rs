//! Big letters for a projector: three rows of half blocks, legible from the back of a room.

/// Rows of a banner.
pub const ROWS: u16 = 3;

/// Pixels of a letter, five rows from the top; small letters are drawn large.
const LETTERS: [(char, [&str; 5]); 45] = [
    ('A', [".#.", "#.#", "###", "#.#", "#.#"]),
    ('B', ["##.", "#.#", "##.", "#.#", "##."]),
    ('C', [".##", "#..", "#..", "#..", ".##"]),
    ('D', ["##.", "#.#", "#.#", "#.#", "##."]),
    ('E', ["###", "#..", "##.", "#..", "###"]),
    ('F', ["###", "#..", "##.", "#..", "#.."]),
    ('G', [".##", "#..", "#.#", "#.#", ".##"]),
    ('H', ["#.#", "#.#", "###", "#.#", "#.#"]),
    ('I', ["#", "#", "#", "#", "#"]),
    ('J', ["..#", "..#", "..#", "#.#", ".#."]),
    ('K', ["#.#", "#.#", "##.", "#.#", "#.#"]),
    ('L', ["#..", "#..", "#..", "#..", "###"]),
    ('M', ["#...#", "##.##", "#.#.#", "#...#", "#...#"]),
    ('N', ["#..#", "##.#", "#.##", "#..#", "#..#"]),
    ('O', ["###", "#.#", "#.#", "#.#", "###"]),
    ('P', ["##.", "#.#", "##.", "#..", "#.."]),
    ('Q', ["###", "#.#", "#.#", "###", "..#"]),
    ('R', ["##.", "#.#", "##.", "#.#", "#.#"]),
    ('S', [".##", "#..", ".#.", "..#", "##."]),
    ('T', ["###", ".#.", ".#.", ".#.", ".#."]),
    ('U', ["#.#", "#.#", "#.#", "#.#", "###"]),
    ('V', ["#.#", "#.#", "#.#", "#.#", ".#."]),
    ('W', ["#...#", "#...#", "#.#.#", "##.##", "#...#"]),
    ('X', ["#.#", "#.#", ".#.", "#.#", "#.#"]),
    ('Y', ["#.#", "#.#", ".#.", ".#.", ".#."]),
    ('Z', ["###", "..#", ".#.", "#..", "###"]),
    ('0', ["###", "#.#", "#.#", "#.#", "###"]),
    ('1', [".#.", "##.", ".#.", ".#.", "###"]),
    ('2', ["##.", "..#", ".#.", "#..", "###"]),
    ('3', ["##.", "..#", ".#.", "..#", "##."]),
    ('4', ["#.#", "#.#", "###", "..#", "..#"]),
    ('5', ["###", "#..", "##.", "..#", "##."]),
    ('6', [".##", "#..", "###", "#.#", "###"]),
    ('7', ["###", "..#", ".#.", ".#.", ".#."]),
    ('8', ["###", "#.#", "###", "#.#", "###"]),
    ('9', ["###", "#.#", "###", "..#", "##."]),
    (' ', ["..", "..", "..", "..", ".."]),
    (':', [".", "#", ".", "#", "."]),
    ('.', [".", ".", ".", ".", "#"]),
    (',', [".", ".", ".", "#", "#"]),
    ('?', ["##.", "..#", ".#.", "...", ".#."]),
    ('!', ["#", "#", "#", ".", "#"]),
    ('\'', ["#", "#", ".", ".", "."]),
    ('-', ["..", "..", "##", "..", ".."]),
    ('→', ["....", "..#.", "####", "..#.", "...."]),
];

/// The rows of a text in big letters; absent when it is wider than the room, or a letter has no picture.
#[must_use]
pub fn rows(text: &str, room: usize) -> Option<[String; ROWS as usize]> {
    let mut rows: [String; ROWS as usize] = Default::default();
    for letter in text.chars() {
        let large = letter.to_ascii_uppercase();
        let (_, pixels) = LETTERS.iter().find(|(known, _)| *known == large)?;
        for (row, line) in rows.iter_mut().enumerate() {
            let lit = |y: usize| pixels.get(y).map_or("", |pixels| pixels).chars().map(|pixel| pixel == '#');
            let (upper, lower) = (lit(2 * row), lit(2 * row + 1).chain(std::iter::repeat(false)));
            line.extend(upper.zip(lower).map(half));
            line.push(' ');
        }
    }
    (rows[0].chars().count() <= room).then_some(rows)
}

/// Two pixels, one above the other, in one cell.
fn half((upper, lower): (bool, bool)) -> char {
    match (upper, lower) {
        (true, true) => '█',
        (true, false) => '▀',
        (false, true) => '▄',
        (false, false) => ' ',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_drawn_in_half_blocks() {
        assert_eq!(
            rows("Hi", 20).expect("both have a picture").map(|row| row.trim_end().to_owned()),
            ["█ █ █", "█▀█ █", "▀ ▀ ▀"]
        );
    }

    #[test]
    fn what_has_no_room_or_no_picture_is_left_to_plain_text() {
        assert_eq!(rows("A node dies", 20), None);
        assert_eq!(rows("größer", 80), None);
    }

    #[test]
    fn a_letter_is_a_rectangle() {
        for (letter, pixels) in LETTERS {
            assert!(pixels.iter().all(|row| row.len() == pixels[0].len()), "{letter}");
        }
    }
}
