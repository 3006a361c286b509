// Start Swagger UI on this server's own document; nothing is asked of any other.
const place = document.getElementById("swagger");
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
