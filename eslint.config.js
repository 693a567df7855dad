// What the modules of the browser and their tests must not do; the types are checked by tsc.

import js from "@eslint/js";
import globals from "globals";

const MARKUP = "Markup is never made from data: clone a <template> and set textContent (STYLE, rule 25).";
const BARE = "The browser sees modules as they are: relative paths that end in .js (STYLE, rule 26).";

const banned = [
  { selector: "MemberExpression[property.name=/^(innerHTML|outerHTML)$/]", message: MARKUP },
  { selector: "MemberExpression[property.value=/^(innerHTML|outerHTML)$/]", message: MARKUP },
  {
    selector: "CallExpression[callee.property.name=/^(insertAdjacentHTML|setHTMLUnsafe|parseFromString)$/]",
    message: MARKUP,
  },
  { selector: "CallExpression[callee.object.name='document'][callee.property.name=/^write(ln)?$/]", message: MARKUP },
  { selector: "CallExpression[callee.property.name='createContextualFragment']", message: MARKUP },
  { selector: "ImportExpression", message: "Hashed static files rewrite only static statements." },
];

const relative = { selector: "ImportDeclaration[source.value!=/^[.]{1,2}[/].*[.]js$/]", message: BARE };
const exported = {
  selector: ":matches(ExportNamedDeclaration, ExportAllDeclaration)[source]:not([source.value=/^[.]{1,2}[/].*[.]js$/])",
  message: BARE,
};

/** These touch no document, no window, no network and no clock of their own. */
const PURE = [
  "audience",
  "backoff",
  "cola/board",
  "cola/clock",
  "cola/filter",
  "cola/order",
  "cola/plot",
  "cola/series",
  "cola/words",
  "connection",
  "digest",
  "figures",
  "held",
  "hub",
  "inbox",
  "live",
  "outcome",
  "protocol",
  "readers",
  "shared-connection",
  "shown",
  "store",
  "timers",
  "words",
];

export default [
  js.configs.recommended,
  {
    rules: {
      eqeqeq: "error",
      "no-var": "error",
      "prefer-const": "error",
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      semi: "error",
      "max-lines": ["error", { max: 280 }],
      "no-restricted-syntax": ["error", ...banned],
    },
  },
  {
    files: ["frontend/**/*.js"],
    languageOptions: { globals: globals.browser },
    rules: {
      "no-restricted-syntax": ["error", ...banned, relative, exported],
      "no-console": "error",
    },
  },
  {
    files: PURE.map((name) => `frontend/static/sam/js/${name}.js`),
    languageOptions: { globals: { ...off(globals.browser), ...globals.builtin } },
    rules: {
      "no-restricted-properties": [
        "error",
        { object: "Date", property: "now", message: "The clock comes from outside." },
        { object: "Math", property: "random", message: "Randomness comes from outside." },
      ],
    },
  },
  {
    files: ["tests/js/**/*.js", "eslint.config.js"],
    languageOptions: { globals: globals.node },
  },
];

/** @param {Record<string, boolean>} names */
function off(names) {
  return Object.fromEntries(Object.keys(names).map((name) => [name, "off"]));
}
