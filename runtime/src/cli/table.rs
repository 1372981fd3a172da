//! Tables for people, at most 80 columns wide.

const WIDEST: usize = 80;
const GAP: &str = "  ";

/// Rows under a head. The first columns, `texts` of them, are texts and stand left; the others are numbers and stand right. The first
/// gives way where the table would be too wide.
pub(super) fn table(head: &[&str], texts: usize, rows: &[Vec<String>]) -> String {
    let cells = |row: &[String]| row.iter().map(|cell| cell.chars().count()).collect::<Vec<_>>();
    let mut widths: Vec<usize> = head.iter().map(|cell| cell.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(cells(row)) {
            *width = (*width).max(cell);
        }
    }
    let others: usize = widths.iter().skip(1).map(|width| width + GAP.len()).sum();
    if let Some(first) = widths.first_mut() {
        *first = (*first).min(WIDEST.saturating_sub(others).max(6));
    }
    let head: Vec<String> = head.iter().map(|cell| (*cell).to_owned()).collect();
    let mut text = String::new();
    for row in std::iter::once(&head).chain(rows) {
        let mut line = String::new();
        for (index, (cell, width)) in row.iter().zip(&widths).enumerate() {
            if index > 0 {
                line.push_str(GAP);
            }
            if index < texts {
                line.push_str(&format!("{:<width$}", shortened(cell, *width)));
            } else {
                line.push_str(&format!("{cell:>width$}"));
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn shortened(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// So many of a thing: `1 record`, `5,000 records`.
pub(super) fn counted(number: u64, thing: &str) -> String {
    let end = if number == 1 { "" } else { "s" };
    format!("{} {thing}{end}", grouped(number))
}

/// A number with its thousands apart: `5,000`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        for (number, expected) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (12_345_678, "12,345,678"),
            (u64::MAX, "18,446,744,073,709,551,615"),
        ] {
            assert_eq!(grouped(number), expected);
        }
    }

    #[test]
    fn numbers_stand_right_and_long_names_give_way() {
        let rows =
            vec![vec!["tickets".to_owned(), "5,000".to_owned()], vec!["ä".repeat(100), "7".to_owned()]];
        let shown = table(&["stream", "records"], 1, &rows);
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| line.chars().count() <= 80), "{shown}");
        assert!(lines[1].starts_with("tickets ") && lines[1].ends_with("    5,000"), "{shown}");
        assert!(lines[2].contains("ä…") && lines[2].ends_with("        7"), "{shown}");
    }
}
