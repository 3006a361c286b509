"""What is wrong within a filter, in Indonesian: the messages of `boundaries.service.filters`, for pages.

Words of CQL2 itself (operators, functions, types) stay what they are: whoever writes a filter writes them.
"""

import re
from collections.abc import Mapping
from typing import Final

#: A message, ``{}`` for what stands in it, and the same in Indonesian with the same places in the same order.
FILTERS: Final[Mapping[str, str]] = {
    "unknown language {}": "bahasa {} tidak dikenal",
    "the filter has {} characters": "filter memuat {} karakter",
    "at most {}": "paling banyak {}",
    "at most {} levels": "paling banyak {} tingkat",
    "at most {} operators and operands": "paling banyak {} operator dan operan",
    # kinds of values
    "a number": "bilangan",
    "a condition": "syarat",
    "a date or timestamp": "tanggal atau waktu",
    "date or timestamp": "tanggal atau waktu",
    "an interval": "selang waktu",
    "a geometry": "geometri",
    "a truth value": "nilai benar/salah",
    "an array": "larik",
    "an object": "objek",
    "{} is text": "{} adalah teks",
    "{} is a number": "{} adalah bilangan",
    "{} is a truth value": "{} adalah nilai benar/salah",
    "{} is a {}": "{} adalah {}",
    "{} is an {}": "{} adalah {}",
    "{} and {}": "{} dan {}",
    "text": "teks",
    "integer": "bilangan bulat",
    "boolean": "nilai benar/salah",
    '"{}" for a property of that name': '"{}" untuk atribut dengan nama itu',
    "{} is of time": "{} menyatakan waktu",
    "what stands {} is {}": "yang tertulis {} adalah {}",
    "there is {}": "yang ada {}",
    "{} beside {}": "{} di samping {}",
    # conditions
    "{}: {} takes {} {}": "{}: {} menerima {} {}",
    "{}: no condition {}": "{}: bukan syarat {}",
    "a condition such as kursi > 8": "syarat seperti kursi > 8",
    "the property {} {} is no condition by itself": "atribut {} {} belum berupa syarat",
    "unknown property {} {}": "atribut {} tidak dikenal {}",
    "BETWEEN {} of truth values": "BETWEEN {} dengan nilai benar/salah",
    "numbers, dates or text": "bilangan, tanggal, atau teks",
    "the pattern of LIKE {} is no text": "pola LIKE {} bukan teks",
    "text such as 'JAWA%', with CASEI or ACCENTI": "teks seperti 'JAWA%', dengan CASEI atau ACCENTI",
    "the pattern {} of LIKE ends with its escape character": "pola {} pada LIKE berakhir dengan karakter pelolosnya",
    "a backslash takes the next character as it is; for a backslash of its own write \\\\":
        "garis miring terbalik membuat karakter berikutnya dibaca apa adanya; untuk tanda itu sendiri tulislah \\\\",
    "{}: {} {} compares like with like": "{}: {} {} membandingkan yang sejenis",
    "{}: {} {} cannot compare it": "{}: {} {} tidak dapat membandingkannya",
    "S_INTERSECTS and the other spatial functions": "S_INTERSECTS dan fungsi ruang lainnya",
    "T_INTERSECTS and the like": "T_INTERSECTS dan yang serupa",
    # times
    "the interval {} mixes a date and a timestamp": "selang waktu {} mencampur tanggal dan waktu",
    "two dates, or two timestamps": "dua tanggal, atau dua waktu",
    "the interval {} ends before it begins": "selang waktu {} berakhir sebelum mulai",
    "the earlier end first": "ujung yang lebih awal lebih dahulu",
    "a date, a timestamp or an interval": "tanggal, waktu, atau selang waktu",
    "{} {} is of intervals only, and {}": "{} {} hanya untuk selang waktu, dan {}",
    "{} {} is no time: {}": "{} {} bukan waktu: {}",
    "{} {} is no {}": "{} {} bukan {}",
    "a UTC time such as 2024-02-14T00:00:00Z": "waktu UTC seperti 2024-02-14T00:00:00Z",
    "{}, or {}": "{}, atau {}",
    "a second 60 is only in the last minute of a month, UTC":
        "detik ke-60 hanya ada di menit terakhir suatu bulan, UTC",
    "the interval {} has not two ends": "selang waktu {} tidak memiliki dua ujung",
    "{} at {} is no end of an interval": "{} di {} bukan ujung selang waktu",
    "a date or timestamp in quotes, '..' or a property": "tanggal atau waktu dalam tanda kutip, '..', atau atribut",
    # space
    "too many spatial functions": "fungsi ruang terlalu banyak",
    "the spatial functions of the filter would take too long":
        "fungsi ruang dalam filter ini akan terlalu lama dihitung",
    "literals that meet fewer features, have fewer sides and cross themselves less, other conditions before them, or "
    "fewer spatial functions":
        "geometri yang mengenai lebih sedikit fitur, bersisi lebih sedikit dan lebih jarang memotong dirinya, syarat "
        "lain di depannya, atau fungsi ruang yang lebih sedikit",
    "the literal geometries have too many positions": "geometri dalam filter memuat terlalu banyak titik",
    "{} {} is no geometry: {}": "{} {} bukan geometri: {}",
    "{} at {} is no geometry": "{} di {} bukan geometri",
    "positions of two numbers": "titik yang berupa dua bilangan",
    "{} {} is not valid: {}": "{} {} tidak sah: {}",
    "a valid geometry": "geometri yang sah",
    "the ring of a polygon {} is not closed": "cincin poligon {} tidak tertutup",
    "rings of at least four positions, the last the same as the first":
        "cincin dengan sedikitnya empat titik, yang terakhir sama dengan yang pertama",
    "{} lies outside the area where its system can be computed": "{} di luar daerah tempat sistemnya dapat dihitung",
    "{} lies outside of the earth": "{} di luar bumi",
    "positions in the axis order of filter-crs: longitude -180..180, latitude -90..90":
        "titik menurut urutan sumbu filter-crs: bujur -180..180, lintang -90..90",
    "positions where filter-crs is in use": "titik di daerah berlakunya filter-crs",
    "the lower height of BBOX {} is greater than the upper":
        "ketinggian bawah BBOX {} lebih besar daripada yang atas",
    "the lower corner of BBOX {} lies above the upper one": "sudut bawah BBOX {} lebih tinggi daripada sudut atas",
    "BBOX {}": "BBOX {}",
    "BBOX {}: {}": "BBOX {}: {}",
    "BBOX {} has {} numbers": "BBOX {} memuat {} bilangan",
    "four, or six with heights": "empat, atau enam dengan ketinggian",
    "BBOX of four numbers (or six of which the third and sixth are heights), the minima first":
        "BBOX dari empat bilangan (atau enam yang ketiga dan keenamnya ketinggian), yang terkecil lebih dahulu",
    "{} cannot be computed with this literal: {}": "{} tidak dapat dihitung dengan geometri ini: {}",
    # CQL2 Text
    "the filter is empty": "filter kosong",
    "the filter is too long": "filter terlalu panjang",
    "too deep {}…": "terlalu dalam {}…",
    "too deep at character {}": "terlalu dalam pada karakter {}",
    "unexpected {}": "{} tidak pada tempatnya",
    "unexpected {} {}": "{} tidak pada tempatnya {}",
    "unexpected the end": "filter berakhir terlalu awal",
    "unexpected {}, a word of the language": "{} tidak pada tempatnya: kata dari bahasa filter",
    "unknown function {}": "fungsi {} tidak dikenal",
    "the text that begins {} is not closed": "teks yang mulai {} tidak ditutup",
    "a single quote at its end": "tanda kutip tunggal di akhirnya",
    "the name that begins {} is not closed": "nama yang mulai {} tidak ditutup",
    "a double quote at its end": "tanda kutip ganda di akhirnya",
    "CQL2 Text, such as kursi > 8": "CQL2 Text, seperti kursi > 8",
    "a property, a value, a function or a parenthesis": "atribut, nilai, fungsi, atau kurung",
    "the end, AND, OR or an operator": "akhir, AND, OR, atau operator",
    "LIKE, BETWEEN or IN": "LIKE, BETWEEN, atau IN",
    "AND between the limits of BETWEEN": "AND di antara kedua batas BETWEEN",
    "NULL or NOT NULL after IS": "NULL atau NOT NULL sesudah IS",
    "IS NULL or IS NOT NULL": "IS NULL atau IS NOT NULL",
    "text in single quotes": "teks dalam tanda kutip tunggal",
    "a geometry other than GEOMETRYCOLLECTION": "geometri selain GEOMETRYCOLLECTION",
    "{} is too large a number": "{} bilangan yang terlalu besar",
    "a finite number": "bilangan yang terbatas",
    "a number after the sign": "bilangan sesudah tandanya",
    "{} has {} operands": "{} memuat {} operan",
    "IN has too many values": "IN memuat terlalu banyak nilai",
    # CQL2 JSON
    "not JSON: {} at character {}": "bukan JSON: {} pada karakter {}",
    "not JSON: {} is no number": "bukan JSON: {} bukan bilangan",
    "CQL2 JSON": "CQL2 JSON",
    "the JSON is too deep": "JSON-nya terlalu dalam",
    "the member {} is given twice": "anggota {} diberikan dua kali",
    "each member once": "setiap anggota satu kali",
    "the number {} is too large": "bilangan {} terlalu besar",
    "{} {} is no condition or value": "{} {} bukan syarat atau nilai",
    "the object {} is not understood": "objek {} tidak dipahami",
    "the object {} has other members than {}": "objek {} memuat anggota selain {}",
    "an operator {} has other members than op and args": "operator {} memuat anggota selain op dan args",
    "unknown operator {} {}": "operator {} tidak dikenal {}",
    "{} {} has {} operands": "{} {} memuat {} operan",
    "the second operand of in at {}.args[1] is no array": "operan kedua dari in di {}.args[1] bukan larik",
    "an array of values": "larik nilai",
    "an array of two": "larik dua nilai",
    "an array of {} or {} finite numbers": "larik {} atau {} bilangan terbatas",
    "unknown geometry {} {}": "geometri {} tidak dikenal {}",
    "the {} {} has other members than type and {}": "{} {} memuat anggota selain type dan {}",
    "the {} {} is empty": "{} {} kosong",
    "at least one position": "sedikitnya satu titik",
    "the coordinates {} are not nested as GeoJSON has them": "koordinat {} tidak bersarang seperti dalam GeoJSON",
    "arrays of positions": "larik titik",
    "{} {} is no position": "{} {} bukan titik",
    "not all of the numbers {} are finite numbers": "tidak semua bilangan {} terbatas",
    "{} {} is no text": "{} {} bukan teks",
    "text in double quotes": "teks dalam tanda kutip ganda",
}  # fmt: skip

#: Where in a filter something is: a phrase in many messages, wherever it stands in them.
_PLACE: Final = re.compile(r"\bat character (\d+)|\bat (\$[\w.\[\]]*)")


def placed(text: str) -> str:
    """Put the places that a message names into Indonesian.

    >>> placed("teks yang mulai at character 3 tidak ditutup")
    'teks yang mulai pada karakter 3 tidak ditutup'
    """
    return _PLACE.sub(lambda found: f"pada karakter {found[1]}" if found[1] else f"di {found[2]}", text)
