//! The fonts: which characters they have, and how wide these are.

use icu_normalizer::ComposingNormalizerBorrowed;
use ttf_parser::{Face, GlyphId};

use crate::error::LetterError;

/// Font of the letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Style {
    Sans,
    Bold,
    Mono,
}

impl Style {
    pub(crate) const ALL: [Self; 3] = [Self::Sans, Self::Bold, Self::Mono];

    /// Returns the font file.
    pub(crate) fn bytes(self) -> &'static [u8] {
        match self {
            Self::Sans => include_bytes!("../fonts/sans.ttf"),
            Self::Bold => include_bytes!("../fonts/bold.ttf"),
            Self::Mono => include_bytes!("../fonts/mono.ttf"),
        }
    }

    /// Returns the name in the file.
    pub(crate) fn name(self) -> &'static [u8] {
        match self {
            Self::Sans => b"DejaVuSans",
            Self::Bold => b"DejaVuSans-Bold",
            Self::Mono => b"DejaVuSansMono-Bold",
        }
    }
}

/// Font that was read.
pub(crate) struct Font {
    pub(crate) style: Style,
    pub(crate) face: Face<'static>,
}

/// Text as glyphs of one font.
#[derive(Clone, Debug, Default)]
pub(crate) struct Glyphs {
    pub(crate) glyphs: Vec<(GlyphId, char)>,
}

impl Font {
    pub(crate) fn read(style: Style) -> Result<Self, LetterError> {
        Ok(Self { style, face: Face::parse(style.bytes(), 0).map_err(|_| LetterError::Font)? })
    }

    /// Returns the glyphs of a text, or the first character that the font does not have.
    pub(crate) fn glyphs(&self, text: &str) -> Result<Glyphs, char> {
        let composed = ComposingNormalizerBorrowed::new_nfc().normalize(text);
        let glyph = |c: char| self.face.glyph_index(c).filter(|glyph| glyph.0 != 0).map(|glyph| (glyph, c)).ok_or(c);
        let glyphs = composed.chars().map(glyph).collect::<Result<Vec<_>, char>>()?;
        Ok(Glyphs { glyphs })
    }

    /// Returns the width of glyphs at a size in points, in points.
    pub(crate) fn width(&self, glyphs: &Glyphs, size: f32) -> f32 {
        glyphs.glyphs.iter().map(|(glyph, _)| self.advance(*glyph)).sum::<f32>() * size / 1000.0
    }

    /// Returns the width of a glyph in thousandths of the size.
    pub(crate) fn advance(&self, glyph: GlyphId) -> f32 {
        let units = f32::from(self.face.units_per_em());
        f32::from(self.face.glyph_hor_advance(glyph).unwrap_or_default()) * 1000.0 / units
    }
}

/// Returns a character for a message: with its code point, and without itself if it is invisible.
pub(crate) fn shown(c: char) -> String {
    let code = format!("U+{:04X}", u32::from(c));
    let is_plain = c.is_alphanumeric() || c.is_ascii_punctuation();
    if is_plain { format!("{c} ({code})") } else { code }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fonts_have_the_letters_of_european_and_vietnamese_names() {
        let font = Font::read(Style::Sans).unwrap();
        for name in [
            "Lucie Šimůnková",
            "Łukasz Żółć",
            "Nguyễn Thị Ánh Tuyết",
            "Γεώργιος Παπαδόπουλος",
            "Пётр Чайковский",
            "Ğülşah İnönü",
            "Əli Əliyev",
            "Ștefan Țepeș",
            "გიორგი",
            "Արմեն",
            "Seán O’Brien-Żak, c/o “Müller & Söhne” № 5",
        ] {
            assert!(font.glyphs(name).is_ok(), "{name}: {:?}", font.glyphs(name).err());
        }
        // Decomposed, as some directories store names.
        assert_eq!(font.glyphs("S\u{30c}imu\u{30a}nkova\u{301}").unwrap().glyphs.len(), "Simunkova".len());
    }

    #[test]
    fn what_would_be_a_box_or_wrong_is_refused() {
        let font = Font::read(Style::Sans).unwrap();
        for (text, first) in [
            ("王小明", '王'),
            ("Ali عمر", 'ع'),
            ("אילן", 'א'),
            ("राम", 'र'),
            ("Ada 🔑", '🔑'),
            ("x\u{301}y\u{335}", '\u{301}'),
            ("a\u{202e}b", '\u{202e}'),
            ("a\u{ad}b", '\u{ad}'),
            ("a\nb", '\n'),
        ] {
            assert_eq!(font.glyphs(text).err(), Some(first), "{text}");
        }
        assert_eq!((shown('王'), shown('\u{202e}')), ("王 (U+738B)".to_owned(), "U+202E".to_owned()));
    }

    #[test]
    fn mono_has_every_visible_ascii_character() {
        let font = Font::read(Style::Mono).unwrap();
        let all: String = (' '..='~').collect();
        let glyphs = font.glyphs(&all).unwrap();
        assert!(glyphs.glyphs.iter().all(|(glyph, _)| font.advance(*glyph) == font.advance(glyphs.glyphs[0].0)));
    }
}
