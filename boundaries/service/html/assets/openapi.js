// Start Swagger UI on this server's own document; nothing is asked of any other. The document comes in the language of the
// page; what Swagger UI says itself is English, and is put into Indonesian here as it appears.
const WORDS = {
  Parameters: "Parameter",
  "No parameters": "Tidak ada parameter",
  Responses: "Jawaban",
  Response: "Jawaban",
  "Server response": "Jawaban server",
  "Response body": "Badan jawaban",
  "Response headers": "Kepala jawaban",
  "Response content type": "Jenis isi jawaban",
  "Request body": "Badan permintaan",
  "Request URL": "Alamat permintaan",
  "Request duration": "Lama permintaan",
  Headers: "Kepala",
  Name: "Nama",
  Description: "Keterangan",
  Type: "Tipe",
  Code: "Kode",
  Details: "Rincian",
  Links: "Tautan",
  "No links": "Tidak ada tautan",
  "Try it out": "Coba",
  Execute: "Jalankan",
  Clear: "Bersihkan",
  Cancel: "Batal",
  Reset: "Ulang",
  Download: "Unduh",
  "Loading...": "Memuat…",
  LOADING: "MEMUAT",
  Undocumented: "Tidak terdokumentasi",
  "Media type": "Jenis media",
  "Controls Accept header.": "Mengatur kepala Accept.",
  "Example Value": "Contoh isi",
  Example: "Contoh",
  Schema: "Skema",
  Model: "Model",
  Servers: "Server",
  required: "wajib",
  "Available values": "Nilai yang mungkin",
  "Default value": "Nilai bawaan",
  "Add item": "Tambah",
  "Send empty value": "Kirim nilai kosong",
  Curl: "Curl",
};

const place = document.getElementById("swagger");
if (document.documentElement.lang === "id") {
  new MutationObserver((changes) => {
    for (const { addedNodes, target } of changes)
      for (const each of addedNodes.length ? addedNodes : [target]) translate(each);
  }).observe(place, { childList: true, subtree: true, characterData: true });
}

function translate(node) {
  const texts = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
  for (let text = node.nodeType === Node.TEXT_NODE ? node : texts.nextNode(); text; text = texts.nextNode()) {
    const found = WORDS[text.data.trim()];
    // What was typed, and what a server answered, stays as it is.
    if (found && found !== text.data && !text.parentElement?.closest("pre, code, textarea, option, .microlight"))
      text.data = found;
  }
}

window.SwaggerUIBundle({
  domNode: place,
  url: place.dataset.openapi,
  docExpansion: "none",
  defaultModelsExpandDepth: -1,
  validatorUrl: null,
  deepLinking: true,
  presets: [window.SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
});
