/**
 * Owns which licence a text is, by sentences that no other licence has. Ids: https://spdx.org/licenses/. A GNU licence's
 * text does not say whether "or any later version" was granted, so its id is without `-only` and `-or-later`.
 */
const LICENCE_FILE = /^(?:licen[cs]e|copying|unlicense)(?:[.-][\w.-]+)?$/i;
const MAX_TEXT = 64 * 1024;

interface Mark {
  readonly spdx: string;
  /** In lower case, words with single spaces, no other signs but those of the sentence. */
  readonly sentence: string;
  /** Must be in the text too. */
  readonly also?: string;
  /** Must not be. */
  readonly not?: string;
}

const BSD = 'redistribution and use in source and binary forms, with or without modification, are permitted provided that';
const BSD_3 = 'may be used to endorse or promote products derived from this software without specific prior written permission';
const MARKS: readonly Mark[] = [
  {
    spdx: 'MIT',
    sentence:
      'permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files',
    also: 'this permission notice shall be included in all copies or substantial portions of the software',
  },
  { spdx: 'Apache-2.0', sentence: 'apache license version 2.0', also: 'terms and conditions for use, reproduction, and distribution' },
  { spdx: 'GPL-3.0', sentence: 'gnu general public license version 3, 29 june 2007' },
  { spdx: 'GPL-2.0', sentence: 'gnu general public license version 2, june 1991' },
  { spdx: 'LGPL-3.0', sentence: 'gnu lesser general public license version 3, 29 june 2007' },
  { spdx: 'LGPL-2.1', sentence: 'gnu lesser general public license version 2.1, february 1999' },
  { spdx: 'LGPL-2.0', sentence: 'gnu library general public license version 2, june 1991' },
  { spdx: 'AGPL-3.0', sentence: 'gnu affero general public license version 3, 19 november 2007' },
  { spdx: 'BSD-3-Clause', sentence: BSD, also: BSD_3, not: 'all advertising materials' },
  { spdx: 'BSD-2-Clause', sentence: BSD, also: 'redistributions in binary form must reproduce', not: 'endorse or promote products' },
  {
    spdx: 'ISC',
    sentence:
      'permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted, provided that the above copyright notice and this permission notice appear in all copies',
  },
  { spdx: 'MPL-2.0', sentence: 'mozilla public license version 2.0', also: 'covered software' },
  { spdx: 'Unlicense', sentence: 'this is free and unencumbered software released into the public domain' },
  { spdx: 'CC0-1.0', sentence: 'cc0 1.0 universal' },
];

/** True for a licence file of the top folder. */
export function isLicencePath(path: string): boolean {
  return LICENCE_FILE.test(path);
}

/** SPDX id of the licence that the text is, or of the first one in it; `unknown` when none is recognised. */
export function licenceOf(content: Buffer): string {
  const text = plain(content.toString('utf8', 0, MAX_TEXT));
  const found = MARKS.filter(({ sentence, also, not }) => {
    return text.includes(sentence) && (also === undefined || text.includes(also)) && (not === undefined || !text.includes(not));
  });
  return found.toSorted((a, b) => text.indexOf(a.sentence) - text.indexOf(b.sentence))[0]?.spdx ?? 'unknown';
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
