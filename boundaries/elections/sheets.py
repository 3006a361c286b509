"""A table as a sheet of XLSX, written column by column: text stays text, the same rows give the same bytes."""

import io
import zipfile
from typing import Any, Final

from boundaries.extras import needed

_MOMENT: Final = (1980, 1, 1, 0, 0, 0)
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_SPREADSHEET: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_BLOCK: Final = 20_000
#: What XML 1.0 has no way to write.
_FORBIDDEN: Final = r"[\x00-\x08\x0b\x0c\x0e-\x1f]"
_PARTS: Final = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType='
    '"application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType='
    f'"{_TYPE}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" Type='
    f'"{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" Type='
    f'"{_RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="{_RELATIONS}/styles" '
    'Target="styles.xml"/></Relationships>',
    # Format 1 is "@": text, so that a code typed over stays text, too.
    "xl/styles.xml": f'<styleSheet xmlns="{_SPREADSHEET}"><fonts count="1"><font/></fonts><fills count="2"><fill>'
    '<patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf/>'
    '<xf numFmtId="49" applyNumberFormat="1"/></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" '
    'builtinId="0"/></cellStyles></styleSheet>',
}  # fmt: skip


def xlsx_bytes(rows: Any, name: str) -> bytes:
    """Return an Arrow table as an XLSX file with one sheet, `name`; the header stays in sight."""
    workbook = (
        f'<workbook xmlns="{_SPREADSHEET}" xmlns:r="{_RELATIONS}"><sheets><sheet name="{name[:31]}" sheetId="1" '
        'r:id="r1"/></sheets></workbook>'
    )
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for part, text in {**_PARTS, "xl/workbook.xml": workbook}.items():
            archive.writestr(_entry(part), _HEAD + text, compresslevel=6)
        with archive.open(_entry("xl/worksheets/sheet1.xml"), "w", force_zip64=True) as sheet:
            head = (
                f'{_HEAD}<worksheet xmlns="{_SPREADSHEET}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" '
                'topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>'
            )
            titles = "".join(
                f'<c t="inlineStr" s="1"><is><t>{each}</t></is></c>' for each in rows.column_names
            )
            sheet.write(f"{head}<row>{titles}</row>".encode())
            for start in range(0, len(rows), _BLOCK):
                sheet.write(_rows(rows.slice(start, _BLOCK)))
            sheet.write(b"</sheetData></worksheet>")
    return sink.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _MOMENT)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _rows(rows: Any) -> bytes:
    with needed():
        import pyarrow as pa
        import pyarrow.compute as pc

    cells = []
    for column in rows.columns:
        values = column.combine_chunks()
        is_text = pa.types.is_string(values.type)
        if is_text:
            values = pc.replace_substring_regex(values, _FORBIDDEN, "")
            for bare, written in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
                values = pc.replace_substring(values, bare, written)
        else:
            values = values.cast(pa.string())
        before, after = (
            ('<c t="inlineStr" s="1"><is><t>', "</t></is></c>") if is_text else ("<c><v>", "</v></c>")
        )
        cells.append(
            pc.binary_join_element_wise(before, values, after, "").fill_null(
                '<c s="1"/>' if is_text else "<c/>"
            )
        )
    written = pc.binary_join_element_wise("<row>", *cells, "</row>", "")
    return "".join(written.to_pylist()).encode()
