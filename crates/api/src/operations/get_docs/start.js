// Shows the document of this connector. The page is for reading: it sends no request to the API, and asks for no token.
const hidden = () => null;

SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  // The validator is a service of others.
  validatorUrl: null,
  supportedSubmitMethods: [],
  plugins: [
    () => ({ wrapComponents: { authorizeBtn: () => hidden, authorizeOperationBtn: () => hidden } }),
  ],
});
