//! The file: a page, its content, and the fonts.

use std::collections::BTreeMap;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Content, Filter, Name, Pdf, Rect, Ref, Str, TextStr};

use crate::error::LetterError;
use crate::font::{Font, Glyphs, Style};
use crate::letter::Language;
use crate::place::{HEIGHT, WIDTH, points};

const SYSTEM: SystemInfo<'_> = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

/// Page that is being written. Places are in millimetres from the upper left corner, sizes in points.
pub(crate) struct Sheet {
    fonts: [Font; 3],
    content: Content,
}

impl Sheet {
    pub(crate) fn new() -> Result<Self, LetterError> {
        let [sans, bold, mono] = Style::ALL.map(Font::read);
        Ok(Self { fonts: [sans?, bold?, mono?], content: Content::new() })
    }

    pub(crate) fn font(&self, style: Style) -> &Font {
        match (&self.fonts, style) {
            ([sans, ..], Style::Sans) => sans,
            ([_, bold, _], Style::Bold) => bold,
            ([.., mono], Style::Mono) => mono,
        }
    }

    /// Sets glyphs of a font, beginning at `left`, with their base line at `top`. `gray`: 0 is black.
    pub(crate) fn text(&mut self, style: Style, size: f32, (left, top): (f32, f32), gray: f32, glyphs: &Glyphs) {
        let codes: Vec<u8> = glyphs.glyphs.iter().flat_map(|(glyph, _)| glyph.0.to_be_bytes()).collect();
        self.content.set_fill_gray(gray).begin_text().set_font(Name(resource(style)), size);
        self.content.set_text_matrix([1.0, 0.0, 0.0, 1.0, points(left), points(HEIGHT - top)]);
        self.content.show(Str(&codes)).end_text();
    }

    /// Draws a horizontal line. `dashed`: of dashes of 1 mm.
    pub(crate) fn line(&mut self, (left, top): (f32, f32), length: f32, dashed: bool) {
        let height = points(HEIGHT - top);
        self.content.save_state().set_stroke_gray(0.45).set_line_width(0.5);
        if dashed {
            self.content.set_dash_pattern([points(1.0), points(1.0)], 0.0);
        }
        self.content.move_to(points(left), height).line_to(points(left + length), height).stroke().restore_state();
    }

    /// Returns the file.
    pub(crate) fn finish(self, language: Language, title: &str) -> Result<Vec<u8>, LetterError> {
        let [catalog, pages, page, content, info] = [1, 2, 3, 4, 5].map(Ref::new);
        let fonts: BTreeMap<Style, Ref> = Style::ALL.into_iter().zip([10, 20, 30].map(Ref::new)).collect();
        let mut pdf = Pdf::new();
        pdf.catalog(catalog).pages(pages).lang(TextStr(language.tag()));
        pdf.document_info(info).title(TextStr(title)).creator(TextStr("Keyferry"));
        pdf.pages(pages).kids([page]).count(1);
        {
            let mut page = pdf.page(page);
            page.parent(pages).media_box(Rect::new(0.0, 0.0, points(WIDTH), points(HEIGHT))).contents(content);
            let mut resources = page.resources();
            let mut named = resources.fonts();
            for (style, font) in &fonts {
                named.pair(Name(resource(*style)), *font);
            }
        }
        for font in &self.fonts {
            if let Some(first) = fonts.get(&font.style) {
                embed(&mut pdf, font, *first)?;
            }
        }
        pdf.stream(content, &self.content.finish());
        Ok(pdf.finish())
    }
}

fn resource(style: Style) -> &'static [u8] {
    match style {
        Style::Sans => b"S",
        Style::Bold => b"B",
        Style::Mono => b"M",
    }
}

/// Writes a font with all its glyphs, from the object `first` on. A code in a text is the number of a glyph.
fn embed(pdf: &mut Pdf, font: &Font, first: Ref) -> Result<(), LetterError> {
    let [cid, descriptor, cmap, data] = [1, 2, 3, 4].map(|offset| Ref::new(first.get() + offset));
    let (face, name) = (&font.face, Name(font.style.name()));
    pdf.type0_font(first)
        .base_font(name)
        .encoding_predefined(Name(b"Identity-H"))
        .descendant_font(cid)
        .to_unicode(cmap);
    {
        let mut written = pdf.cid_font(cid);
        written.subtype(CidFontType::Type2).base_font(name).system_info(SYSTEM).font_descriptor(descriptor);
        written.default_width(0.0).cid_to_gid_map_predefined(Name(b"Identity"));
        let widths = (0..face.number_of_glyphs()).map(|glyph| font.advance(ttf_parser::GlyphId(glyph)));
        written.widths().consecutive(0, widths);
    }
    let scale = |units: i16| f32::from(units) * 1000.0 / f32::from(face.units_per_em());
    let bounds = face.global_bounding_box();
    let bounds = Rect::new(scale(bounds.x_min), scale(bounds.y_min), scale(bounds.x_max), scale(bounds.y_max));
    let monospaced = if face.is_monospaced() { FontFlags::FIXED_PITCH } else { FontFlags::empty() };
    pdf.font_descriptor(descriptor)
        .name(name)
        .flags(FontFlags::NON_SYMBOLIC | monospaced)
        .bbox(bounds)
        .italic_angle(0.0)
        .ascent(scale(face.ascender()))
        .descent(scale(face.descender()))
        .cap_height(scale(face.capital_height().unwrap_or(face.ascender())))
        .stem_v(80.0)
        .font_file2(data);
    let mut unicode = UnicodeCmap::new(Name(b"Custom"), SYSTEM);
    for c in characters(font) {
        if let Some(glyph) = face.glyph_index(c) {
            unicode.pair(glyph.0, c);
        }
    }
    pdf.cmap(cmap, &unicode.finish());
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::default());
    let packed = packed.write_all(font.style.bytes()).and_then(|()| packed.finish()).map_err(|_| LetterError::Font)?;
    let length = i32::try_from(font.style.bytes().len()).map_err(|_| LetterError::Font)?;
    pdf.stream(data, &packed).filter(Filter::FlateDecode).pair(Name(b"Length1"), length);
    Ok(())
}

/// Returns the characters that a font has.
fn characters(font: &Font) -> Vec<char> {
    let mut found = Vec::new();
    let tables = font.face.tables().cmap.into_iter().flat_map(|cmap| cmap.subtables);
    for table in tables.filter(|table| table.is_unicode()) {
        table.codepoints(|code| found.extend(char::from_u32(code)));
    }
    found.sort_unstable();
    found.dedup();
    found
}
