/* Shows openapi.json; "Authorize" takes an access token, and "Try it out" asks this server. */
window.SwaggerUIBundle({
  url: '/api/docs/openapi.json',
  dom_id: '#api',
  deepLinking: true,
  validatorUrl: null, // nobody else is asked
});
