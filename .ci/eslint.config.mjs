// The page's modules: names that nobody declares or imports, imports and variables that nobody uses, lines too long to
// read. What a browser offers is listed by hand, so that a misspelt name of an own module can't pass as one of its
// names.
const BROWSER = [
  "document", "window", "location", "history", "performance", "innerWidth", "addEventListener", "setTimeout",
  "setInterval", "clearInterval", "requestAnimationFrame", "atob", "Blob", "Response", "DecompressionStream",
  "createImageBitmap", "clearTimeout", "URLSearchParams", "fetch", "URL", "Option", "CSS", "Worker",
];

export default [
  {
    files: ["minicnn/{explain,app/serve}/**/*.js"],
    languageOptions: {
      ecmaVersion: 2022,
      sourceType: "module",
      globals: Object.fromEntries(BROWSER.map((name) => [name, "readonly"])),
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "no-undef": "error",
      "no-unused-vars": "error",
      "no-redeclare": "error",
      "no-const-assign": "error",
      "no-dupe-keys": "error",
      "no-unreachable": "error",
      "prefer-const": "error",
      eqeqeq: "error",
      "max-len": ["error", { code: 120, ignoreUrls: true }],
    },
  },
];
