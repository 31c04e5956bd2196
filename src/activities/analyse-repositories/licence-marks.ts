/**
 * Owns the sentences by which licence texts are known, in the form that `licence.ts` brings a text into: lower case, single
 * spaces, no mark-up and quotes. Ids: https://spdx.org/licenses/
 */

export interface Mark {
  readonly spdx: string;
  readonly sentence: string;
  /** Must follow it. */
  readonly also?: string;
  /** Must not follow it. */
  readonly not?: RegExp;
}

const MIT =
  'permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files';
const MIT_NOTICE = 'this permission notice shall be included in all copies or substantial portions of the software';
const BSD = 'redistribution and use in source and binary forms, with or without modification, are permitted provided that';
const ADVERTISING = 'all advertising materials';
const NO_BSD = /all advertising materials|nuclear|military/;
const ISC = 'permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted';

export const MARKS: readonly Mark[] = [
  {
    spdx: 'MIT',
    sentence: MIT,
    also: MIT_NOTICE,
    not: /except as contained in this notice|shall be used for good, not evil|endorse or promote/,
  },
  { spdx: 'X11', sentence: MIT, also: 'except as contained in this notice, the name of the x consortium' },
  { spdx: 'MIT-0', sentence: MIT, also: 'furnished to do so. the software is provided as is' },
  { spdx: 'MIT-0', sentence: MIT, also: 'furnished to do so, subject to the following conditions: the software is provided as is' },
  { spdx: 'MIT-0', sentence: 'mit no attribution', also: MIT, not: /this permission notice shall be included/ },
  { spdx: 'Apache-2.0', sentence: 'apache license version 2.0', also: 'terms and conditions for use, reproduction, and distribution' },
  { spdx: 'Apache-2.0', sentence: 'licensed under the apache license version 2.0', not: /terms and conditions for use/ },
  { spdx: 'AGPL-3.0', sentence: 'gnu affero general public license version 3, 19 november 2007' },
  { spdx: 'GPL-3.0', sentence: 'gnu general public license version 3, 29 june 2007' },
  { spdx: 'GPL-2.0', sentence: 'gnu general public license version 2, june 1991' },
  { spdx: 'GPL-1.0', sentence: 'gnu general public license version 1, february 1989' },
  { spdx: 'LGPL-3.0', sentence: 'gnu lesser general public license version 3, 29 june 2007' },
  { spdx: 'LGPL-2.1', sentence: 'gnu lesser general public license version 2.1, february 1999' },
  { spdx: 'LGPL-2.0', sentence: 'gnu library general public license version 2, june 1991' },
  { spdx: 'BSD-4-Clause', sentence: BSD, also: ADVERTISING },
  { spdx: 'BSD-3-Clause', sentence: BSD, also: 'used to endorse or promote products', not: NO_BSD },
  {
    spdx: 'BSD-2-Clause',
    sentence: BSD,
    also: 'redistributions in binary form must reproduce',
    not: /endorse or promote|nuclear|military|advertising/,
  },
  { spdx: 'ISC', sentence: ISC, also: 'provided that the above copyright notice and this permission notice appear in all copies' },
  { spdx: '0BSD', sentence: ISC, not: /provided that/ },
  { spdx: 'MPL-2.0', sentence: 'mozilla public license version 2.0', also: 'covered software' },
  { spdx: 'MPL-1.1', sentence: 'mozilla public license version 1.1', also: 'covered code' },
  { spdx: 'EPL-2.0', sentence: 'eclipse public license - v 2.0' },
  { spdx: 'EPL-1.0', sentence: 'eclipse public license - v 1.0' },
  { spdx: 'EUPL-1.2', sentence: 'european union public licence v. 1.2' },
  { spdx: 'CDDL-1.0', sentence: 'common development and distribution license cddl version 1.0' },
  { spdx: 'BSL-1.0', sentence: 'boost software license - version 1.0' },
  {
    spdx: 'Zlib',
    sentence: 'the origin of this software must not be misrepresented',
    also: 'altered source versions must be plainly marked',
  },
  { spdx: 'NCSA', sentence: MIT, also: 'redistributions of source code must retain' },
  { spdx: 'UPL-1.0', sentence: 'the universal permissive license upl, version 1.0' },
  {
    spdx: 'PostgreSQL',
    sentence:
      'permission to use, copy, modify, and/or distribute this software and its documentation for any purpose, without fee, and without a written agreement',
  },
  { spdx: 'Python-2.0', sentence: 'python software foundation license version 2' },
  { spdx: 'Artistic-2.0', sentence: 'artistic license 2.0', also: 'standard version' },
  { spdx: 'BlueOak-1.0.0', sentence: 'blue oak model license version 1.0.0' },
  { spdx: 'MS-PL', sentence: 'microsoft public license ms-pl' },
  { spdx: 'OFL-1.1', sentence: 'sil open font license version 1.1' },
  { spdx: 'CC0-1.0', sentence: 'cc0 1.0 universal' },
  { spdx: 'CC-BY-4.0', sentence: 'creative commons attribution 4.0 international public license' },
  { spdx: 'CC-BY-SA-4.0', sentence: 'creative commons attribution-sharealike 4.0 international public license' },
  { spdx: 'Unlicense', sentence: 'this is free and unencumbered software released into the public domain' },
  { spdx: 'WTFPL', sentence: 'do what the fuck you want to public license' },
  { spdx: 'BUSL-1.1', sentence: 'business source license 1.1', also: 'additional use grant' },
  { spdx: 'SSPL-1.0', sentence: 'server side public license version 1, october 16, 2018' },
  { spdx: 'FSL-1.1-MIT', sentence: 'functional source license version 1.1, mit future license' },
  { spdx: 'FSL-1.1-ALv2', sentence: 'functional source license version 1.1, alv2 future license' },
  { spdx: 'Elastic-2.0', sentence: 'elastic license 2.0', also: 'the licensor' },
];

/** A condition that turns any licence into another one. */
export const RIDER = 'commons clause license condition';
