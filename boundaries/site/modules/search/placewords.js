// Made by scripts/bundle.py of boundaries/law/place_words.json: do not edit.

export const WORDS = {
  "hints": {
    "prov": "provinsi",
    "provinsi": "provinsi",
    "propinsi": "provinsi",
    "kab": "kabupaten",
    "kabupaten": "kabupaten",
    "kota": "kota",
    "kodya": "kota",
    "kotamadya": "kota",
    "kec": "kecamatan",
    "kecamatan": "kecamatan",
    "distrik": "kecamatan",
    "desa": "desa",
    "ds": "desa",
    "kel": "kelurahan",
    "kelurahan": "kelurahan",
    "kampung": "desa",
    "gampong": "desa",
    "nagari": "desa",
    "dapil": "dapil"
  },
  "chambers": {
    "dpr": [
      "dpr"
    ],
    "dpd": [
      "dpd"
    ],
    "dprd": [
      "dprd-provinsi",
      "dprd-kabkota"
    ]
  },
  "dprd_of": {
    "provinsi": "dprd-provinsi",
    "kabupaten": "dprd-kabkota",
    "kota": "dprd-kabkota"
  },
  "idle": [
    "administrasi",
    "adm",
    "pemilih",
    "wni"
  ],
  "short": {
    "jabar": "jawa barat",
    "jateng": "jawa tengah",
    "jatim": "jawa timur",
    "sumut": "sumatera utara",
    "sumbar": "sumatera barat",
    "sumsel": "sumatera selatan",
    "kalbar": "kalimantan barat",
    "kalteng": "kalimantan tengah",
    "kalsel": "kalimantan selatan",
    "kaltim": "kalimantan timur",
    "kaltara": "kalimantan utara",
    "sulut": "sulawesi utara",
    "sulteng": "sulawesi tengah",
    "sulsel": "sulawesi selatan",
    "sultra": "sulawesi tenggara",
    "sulbar": "sulawesi barat",
    "ntb": "nusa tenggara barat",
    "ntt": "nusa tenggara timur",
    "diy": "daerah istimewa yogyakarta",
    "jogja": "yogyakarta",
    "yogya": "yogyakarta",
    "djogja": "yogyakarta",
    "djokja": "yogyakarta",
    "djokjakarta": "yogyakarta",
    "kepri": "kepulauan riau",
    "babel": "kepulauan bangka belitung",
    "malut": "maluku utara",
    "dki": "dki jakarta",
    "jkt": "jakarta",
    "jaksel": "jakarta selatan",
    "jakbar": "jakarta barat",
    "jaktim": "jakarta timur",
    "jakut": "jakarta utara",
    "jakpus": "jakarta pusat",
    "tangsel": "tangerang selatan",
    "kep": "kepulauan",
    "tg": "tanjung",
    "tj": "tanjung",
    "gn": "gunung",
    "ln": "luar negeri",
    "overseas": "luar negeri",
    "north": "utara",
    "east": "timur",
    "south": "selatan",
    "west": "barat",
    "central": "tengah"
  },
  "also": {
    "daerah khusus ibukota jakarta": "dki jakarta",
    "daerah khusus jakarta": "dki jakarta",
    "daerah istimewa yogyakarta": "di yogyakarta"
  },
  "sounds": [
    [
      "oe",
      "u"
    ],
    [
      "dj",
      "j"
    ],
    [
      "tj",
      "c"
    ],
    [
      "nj",
      "ny"
    ]
  ],
  "roman": [
    "i",
    "ii",
    "iii",
    "iv",
    "v",
    "vi",
    "vii",
    "viii",
    "ix",
    "x",
    "xi",
    "xii",
    "xiii",
    "xiv",
    "xv"
  ]
};
