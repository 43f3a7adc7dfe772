//! The page.

use crate::error::LetterError;
use crate::font::{Glyphs, Style, shown};
use crate::letter::{Letter, LetterKey, MOST_LINES};
use crate::pdf::Sheet;
use crate::place;

const BLACK: f32 = 0.0;
const SOFT: f32 = 0.35;

/// Most keys of a letter.
const MOST_KEYS: usize = 3;

/// Sizes of text, in points.
const BODY: f32 = 10.0;
const SMALL: f32 = 7.0;
const TITLE: f32 = 12.0;
/// Largest and smallest size of a PIN. A PIN of 63 characters has the smallest.
const PIN: (f32, f32) = (22.0, 8.0);

/// Characters of the cover of a PIN: dark ones, which look like parts of a PIN through the paper.
const COVER: &[u8; 32] = b"8B0Q#M3W@6R9X&5GS2%H4KA7$N1E8D0Z";

/// Returns the letter as a PDF file. It contains the PIN: keep it nowhere.
///
/// # Errors
/// [`LetterError`] if a part does not fit, or contains a character that the fonts do not have.
pub fn print(letter: &Letter<'_>) -> Result<Vec<u8>, LetterError> {
    let lines = letter.address.len();
    if !(1..=MOST_LINES).contains(&lines) || letter.address.iter().any(|line| line.trim().is_empty()) {
        return Err(LetterError::Lines(lines));
    }
    if !(1..=MOST_KEYS).contains(&letter.keys.len()) {
        return Err(LetterError::Keys(letter.keys.len()));
    }
    let mut sheet = Sheet::new()?;
    marks(&mut sheet);
    address(&mut sheet, letter)?;
    information(&mut sheet, letter)?;
    text(&mut sheet, letter)?;
    for (index, key) in (0_u8..).zip(letter.keys) {
        key_with_cover(&mut sheet, letter, f32::from(index) * place::KEY_STEP, key)?;
    }
    sheet.finish(letter.language, letter.language.texts().title)
}

/// Returns glyphs that are at most `millimetres` wide.
fn fitting(
    sheet: &Sheet,
    (style, size): (Style, f32),
    what: &'static str,
    text: &str,
    millimetres: f32,
) -> Result<Glyphs, LetterError> {
    let font = sheet.font(style);
    let glyphs = font.glyphs(text).map_err(|c| LetterError::Character { what, shown: shown(c) })?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "widths of the page, in millimetres")]
    match font.width(&glyphs, size) <= place::points(millimetres) {
        true => Ok(glyphs),
        false => Err(LetterError::Wide { what, millimetres: millimetres as u16 }),
    }
}

fn marks(sheet: &mut Sheet) {
    for fold in place::FOLDS {
        sheet.line((4.0, fold), 5.0, false);
    }
    sheet.line((4.0, place::PUNCH), 3.0, false);
}

fn address(sheet: &mut Sheet, letter: &Letter<'_>) -> Result<(), LetterError> {
    if let Some(sender) = letter.sender {
        let glyphs = fitting(sheet, (Style::Sans, SMALL), "the sender", sender, place::ADDRESS_WIDTH)?;
        sheet.text(Style::Sans, SMALL, (place::LEFT, place::SENDER), SOFT, &glyphs);
        sheet.line((place::LEFT, place::SENDER_RULE), place::ADDRESS_WIDTH, false);
    }
    for (index, line) in (0_u8..).zip(letter.address) {
        let top = place::ADDRESS + f32::from(index) * place::ADDRESS_STEP;
        let glyphs = fitting(sheet, (Style::Sans, BODY), "the address", line.trim(), place::ADDRESS_WIDTH)?;
        sheet.text(Style::Sans, BODY, (place::LEFT, top), BLACK, &glyphs);
    }
    Ok(())
}

fn information(sheet: &mut Sheet, letter: &Letter<'_>) -> Result<(), LetterError> {
    let texts = letter.language.texts();
    let date = letter.date.format(texts.date_format).to_string();
    let width = place::LEFT + place::TEXT_WIDTH - place::INFO_LEFT;
    let facts = [(texts.date, date.as_str(), "the date"), (texts.reference, letter.reference, "the order's id")];
    for (index, (name, value, what)) in (0_u8..).zip(facts) {
        let top = place::INFO + f32::from(index) * 11.0;
        let glyphs = fitting(sheet, (Style::Sans, SMALL), what, name, width)?;
        sheet.text(Style::Sans, SMALL, (place::INFO_LEFT, top), SOFT, &glyphs);
        let glyphs = fitting(sheet, (Style::Sans, BODY), what, value, width)?;
        sheet.text(Style::Sans, BODY, (place::INFO_LEFT, top + 4.6), BLACK, &glyphs);
    }
    Ok(())
}

fn text(sheet: &mut Sheet, letter: &Letter<'_>) -> Result<(), LetterError> {
    let texts = letter.language.texts();
    let glyphs = fitting(sheet, (Style::Bold, TITLE), "the title", texts.title, place::TEXT_WIDTH)?;
    sheet.text(Style::Bold, TITLE, (place::LEFT, place::SUBJECT), BLACK, &glyphs);
    let mut top = place::TEXT;
    paragraph(sheet, &(texts.intro)(letter.user_name.trim()), 0.0, &mut top)?;
    let must_change = letter.keys.iter().any(|key| key.change_on_first_use);
    let last = if must_change { texts.new_pin } else { texts.keep_pin };
    for (number, step) in (1..).zip(texts.steps.into_iter().chain([last])) {
        let glyphs = fitting(sheet, (Style::Sans, BODY), "the text", &format!("{number}."), 10.0)?;
        sheet.text(Style::Sans, BODY, (place::LEFT, top), BLACK, &glyphs);
        paragraph(sheet, step, 6.0, &mut top)?;
    }
    match top <= place::TEXT_END + place::TEXT_STEP {
        true => Ok(()),
        false => Err(LetterError::Wide { what: "the name of the user", millimetres: 165 }),
    }
}

/// Sets a paragraph in lines, indented by `indent`, and moves `top` below it.
fn paragraph(sheet: &mut Sheet, text: &str, indent: f32, top: &mut f32) -> Result<(), LetterError> {
    let width = place::TEXT_WIDTH - indent;
    let set = |sheet: &mut Sheet, line: &str, top: &mut f32| {
        let glyphs = fitting(sheet, (Style::Sans, BODY), "the name of the user", line, width)?;
        sheet.text(Style::Sans, BODY, (place::LEFT + indent, *top), BLACK, &glyphs);
        *top += place::TEXT_STEP;
        Ok::<_, LetterError>(())
    };
    let mut line = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        match fitting(sheet, (Style::Sans, BODY), "the name of the user", &longer, width) {
            Ok(_) => line = longer,
            Err(LetterError::Wide { .. }) if !line.is_empty() => {
                set(sheet, &line, top)?;
                word.clone_into(&mut line);
            }
            Err(error) => return Err(error),
        }
    }
    set(sheet, &line, top)?;
    *top += 1.5;
    Ok(())
}

/// Sets serial number and PIN below the second fold, and above it the cover: what lies on the PIN when the sheet is
/// folded.
fn key_with_cover(sheet: &mut Sheet, letter: &Letter<'_>, below: f32, key: &LetterKey<'_>) -> Result<(), LetterError> {
    let texts = letter.language.texts();
    let [_, fold] = place::FOLDS;
    if below == 0.0 {
        sheet.line((place::LEFT, fold), place::TEXT_WIDTH, true);
        let glyphs = fitting(sheet, (Style::Sans, SMALL), "the text", texts.fold, place::TEXT_WIDTH)?;
        sheet.text(Style::Sans, SMALL, (place::LEFT, fold - 1.5), SOFT, &glyphs);
    }
    let label = fold + place::LABEL_BELOW_FOLD + below;
    let value = label + place::VALUE_BELOW_LABEL;
    for (left, name) in [(place::LEFT, texts.serial), (place::PIN_LEFT, texts.pin)] {
        let glyphs = fitting(sheet, (Style::Sans, SMALL), "the text", name, 40.0)?;
        sheet.text(Style::Sans, SMALL, (left, label), SOFT, &glyphs);
    }
    let serial = fitting(sheet, (Style::Mono, 12.0), "the serial number", key.serial, place::PIN_LEFT - place::LEFT)?;
    sheet.text(Style::Mono, 12.0, (place::LEFT, value), BLACK, &serial);

    let font = sheet.font(Style::Mono);
    let pin = font.glyphs(key.pin).map_err(|_| LetterError::Pin)?;
    let (largest, smallest) = PIN;
    let size = (largest * place::points(place::PIN_WIDTH) / font.width(&pin, largest)).clamp(smallest, largest);
    if font.width(&pin, size) > place::points(place::PIN_WIDTH) {
        return Err(LetterError::Pin);
    }
    sheet.text(Style::Mono, size, (place::PIN_LEFT, value), BLACK, &pin);
    cover(sheet, size, pin.glyphs.len(), fold - (value - fold), below == 0.0)
}

/// Sets characters where the sheet lies on the PIN when it is folded at the second fold. Without them, light through
/// the envelope could show the PIN. `mirrored`: where the PIN's base line is then.
fn cover(sheet: &mut Sheet, size: f32, length: usize, mirrored: f32, is_first: bool) -> Result<(), LetterError> {
    // Only the first key is opposite to empty paper; the text covers the others.
    if !is_first {
        return Ok(());
    }
    for (row, offset) in [(0, 4.5), (7, 6.0), (13, 7.5)] {
        let dark = (0..length + 2).filter_map(|at| COVER.get((at * 5 + row) % COVER.len()));
        let text: String = dark.map(|c| char::from(*c)).collect();
        let glyphs = sheet.font(Style::Mono).glyphs(&text).map_err(|_| LetterError::Font)?;
        sheet.text(Style::Mono, size, (place::PIN_LEFT - 3.0, mirrored + offset), 0.55, &glyphs);
    }
    Ok(())
}
