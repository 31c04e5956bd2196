/**
 * Owns the templates of mails: a text with placeholders, `{{name}}`, each replaced by the value of that name. Nothing else is in
 * the language: no conditions, no loops, and no way to put a value into HTML unescaped.
 */

/** What placeholders stand for, by name. */
export type TemplateValues = Readonly<Record<string, string | number | boolean>>;

const PLACEHOLDER = /\{\{\s*([A-Za-z0-9_.-]+)\s*\}\}/g;
const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** The text with its values as they are. A placeholder without a value stays: `templateProblem` finds it. */
export function fillText(template: string, values: TemplateValues): string {
  return fill(template, (name) => valueOf(values, name));
}

/** The HTML with its values escaped, so that none of them is markup or ends an attribute in quotation marks. */
export function fillHtml(template: string, values: TemplateValues): string {
  return fill(template, (name) => valueOf(values, name)?.replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? ''));
}

/** What keeps the template from being filled, as a sentence; undefined when nothing does. */
export function templateProblem(template: string, values: TemplateValues): string | undefined {
  const missing = [...template.matchAll(PLACEHOLDER)].map(([, name = '']) => name).find((name) => valueOf(values, name) === undefined);
  if (missing !== undefined) return `It has the placeholder "{{${missing}}}", and values has no "${missing}".`;
  const rest = template.replaceAll(PLACEHOLDER, '');
  return rest.includes('{{') ? 'It has "{{" without a name of A–Z a–z 0–9 . _ - and "}}" behind it.' : undefined;
}

/** One pass: what comes in with a value is no placeholder. */
function fill(template: string, replacement: (name: string) => string | undefined): string {
  return template.replaceAll(PLACEHOLDER, (placeholder, name: string) => replacement(name) ?? placeholder);
}

function valueOf(values: TemplateValues, name: string): string | undefined {
  return Object.hasOwn(values, name) ? String(values[name]) : undefined;
}
