/**
 * Owns which licence a text is, by sentences that no other licence has. Ids: https://spdx.org/licenses/. A GNU licence's
 * text does not say whether "or any later version" was granted, so its id is without `-only` and `-or-later`.
 */
import { type Mark, MARKS, RIDER } from './licence-marks.ts';

const LICENCE_FILE = /^(?:licen[cs]e|copying|unlicense)(?:[.-][\w.-]+)?$/i;
/** https://reuse.software/spec/: `LICENSES/Apache-2.0.txt` */
const REUSE_FILE = /^LICENSES\/([A-Za-z0-9.+-]{1,100})\.txt$/;
/** https://spdx.github.io/spdx-spec/, "Using SPDX license identifiers in source files" */
const DECLARED = /^[ \t]*(?:[#*-]|\/\/|<!--)*[ \t]*SPDX-License-Identifier:[ \t]*([A-Za-z0-9.+() -]{1,100})/m;
const MAX_TEXT = 64 * 1024;
const MAX_DISTANCE = 2500;

/** True for a licence file of the top folder, and for those of the folder that REUSE names. */
export function isLicencePath(path: string): boolean {
  return LICENCE_FILE.test(path) || REUSE_FILE.test(path);
}

/**
 * SPDX id of the licence that the text is, or of the first one in it; `unknown` when none is recognised. A text that names its
 * id (`SPDX-License-Identifier: MIT OR Apache-2.0`) is taken by its word, and so is a name after the REUSE specification.
 */
export function licenceOf(content: Buffer, path = ''): string {
  const head = content.toString('utf8', 0, MAX_TEXT);
  const declared = DECLARED.exec(head)?.[1]?.trim();
  if (declared !== undefined) return declared;
  const text = plain(head);
  const found = text.includes(RIDER) ? [] : MARKS.filter((mark) => isMarked(text, mark));
  const first = found.toSorted((a, b) => text.indexOf(a.sentence) - text.indexOf(b.sentence))[0]?.spdx;
  return REUSE_FILE.exec(path)?.[1] ?? first ?? 'unknown';
}

function isMarked(text: string, { sentence, also, not }: Mark): boolean {
  const at = text.indexOf(sentence);
  if (at === -1) return false;
  // What stands further down may be of another licence in the same file.
  const rest = text.slice(at, at + MAX_DISTANCE);
  return (also === undefined || rest.includes(also)) && not?.test(rest) !== true;
}

/** Without what editors and people change: case, line breaks, mark-up, quotes, the comma before "version". */
function plain(text: string): string {
  return text
    .toLowerCase()
    .replace(/[*#=_"'“”‘’<>()]/g, ' ')
    .replace(/\bisc license\b|and distribute/g, (part) => (part === 'and distribute' ? 'and/or distribute' : part))
    .replace(/\s+/g, ' ')
    .replace(/ ,/g, ',')
    .replace(/license, version/g, 'license version');
}
