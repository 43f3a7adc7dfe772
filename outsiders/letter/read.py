"""Reads a PDF file with pypdf, and prints what a reader of the paper sees: texts, with their places in millimetres from
the upper left corner of the page.

Usage: read.py FILE
"""

import json
import sys

from pypdf import PdfReader

MILLIMETRE = 72 / 25.4

reader = PdfReader(sys.argv[1], strict=True)
page = reader.pages[0]
height = float(page.mediabox.height)
texts = []


def visit(text, _, matrix, font, size):
    if text.strip():
        place = {"left": round(matrix[4] / MILLIMETRE, 2), "top": round((height - matrix[5]) / MILLIMETRE, 2)}
        texts.append({"text": text.strip(), "size": size, **place})


text = page.extract_text(visitor_text=visit)
fonts = [font.get_object() for font in page["/Resources"]["/Font"].values()]
described = [font["/DescendantFonts"][0].get_object() for font in fonts]
widths = {}
right = 0.0
for font, cid in zip(fonts, described):
    first, values = cid["/W"][0], cid["/W"][1]
    widths[font["/BaseFont"]] = [float(value) for value in values]
for one in texts:
    # The widest letter of the fonts is 1.1 em; the mono font, in which PINs are, has 0.602.
    mono = one["text"].isalnum() and len(one["text"]) > 40
    right = max(right, one["left"] + len(one["text"]) * one["size"] * (0.602 if mono else 0) / MILLIMETRE)
print(json.dumps({
    "pages": len(reader.pages),
    "size": [round(float(page.mediabox.width) / MILLIMETRE), round(height / MILLIMETRE)],
    "language": reader.trailer["/Root"].get("/Lang"),
    "information": {key: str(value) for key, value in (reader.metadata or {}).items()},
    "fonts_embedded": all("/FontFile2" in cid["/FontDescriptor"] for cid in described),
    "text": text,
    "texts": texts,
    "right": right,
}))
