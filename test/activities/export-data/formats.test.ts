/** Files in the four formats, beside what other programs write and read. */
import { stringify } from 'csv-stringify/sync';
import { parquetReadObjects, parquetMetadata } from 'hyparquet';
import { afterAll, describe, expect, test } from 'vitest';
import { seeded } from '../../support/random.ts';
import { errorOf } from '../../support/job-error.ts';
import { ExportBench } from './exports.ts';

const bench = new ExportBench();
afterAll(() => bench.remove());

const ndjson = (rows: readonly unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
let files = 0;

function source(rows: readonly unknown[]) {
  files += 1;
  return { type: 'file', path: bench.file(`rows-${files}.ndjson`, ndjson(rows)), format: 'ndjson' } as const;
}

function csvSource(text: string | Buffer) {
  files += 1;
  return { type: 'file', path: bench.file(`rows-${files}.csv`, text), format: 'csv' } as const;
}

/** Texts of the characters that CSV and JSON care about. */
function oddTexts(count: number, seed: number): string[] {
  const random = seeded(seed);
  const pieces = [
    ',',
    '"',
    '\n',
    '\r\n',
    '\r',
    '\t',
    '=',
    '+',
    '-',
    '@',
    '＝',
    '＋',
    '－',
    '＠',
    '\\',
    '\\.',
    ' ',
    'a',
    'é',
    '😀',
    ';',
    '\u0001',
    '1',
    'null',
  ];
  const pick = (): string => pieces[Math.floor(random() * pieces.length)] ?? '';
  return Array.from({ length: count }, () => Array.from({ length: Math.floor(random() * 4) }, pick).join(''));
}

describe('CSV', () => {
  const texts = oddTexts(3000, 7);
  const rows = texts.slice(0, 1000).map((a, index) => ({ a, b: texts[index + 1000], c: texts[index + 2000], n: index }));

  test.each([
    ['defuse', true],
    ['keep', false],
  ] as const)('formulas %s: the bytes are those of csv-stringify', async (formulas, isEscaped) => {
    const { text } = await bench.export({ source: source(rows), format: 'csv', csv: { formulas } });
    // A formula is put into quotes, as OWASP's page says, and csv-stringify leaves that to its caller.
    const quoted_match = isEscaped ? /\r|^'?[=+\-@\t＝＋－＠]/ : /\r/;
    const expected = stringify(rows, {
      header: true,
      escape_formulas: isEscaped,
      quoted_empty: true,
      quoted_match,
      cast: { number: String },
    });
    expect(text).toBe(expected);
  });

  test.each(['=1+1', '+1', '-1', '@x', '\t=1', '\r=1', '＝1', '＋1', '－1', '＠x'])(
    'defuses %j in a cell and in a name',
    async (formula) => {
      const { text } = await bench.export({ source: source([{ [formula]: formula }]), format: 'csv' });
      expect(text).toBe(`"'${formula}"\n"'${formula}"\n`);
    },
  );

  test('leaves numbers, times and harmless texts as they are', async () => {
    const { text } = await bench.export({
      source: source([
        { n: -1.5, t: 'a=b', z: '' },
        { n: null, t: null, z: "'" },
      ]),
      format: 'csv',
    });
    expect(text).toBe(`n,t,z\n-1.5,a=b,""\n,,'\n`);
  });

  test('has the delimiter, the header and the byte order mark that were asked for', async () => {
    const csv = { delimiter: ';', header: false, bom: true } as const;
    const { content } = await bench.export({ source: source([{ a: 'x;y', b: 'x,y' }]), format: 'csv', csv });
    expect(content.toString('hex')).toBe(Buffer.from('\ufeff"x;y";x,y\n').toString('hex'));
  });

  test('what was exported is read back cell for cell, nulls and empty texts told apart', async () => {
    const given = texts.slice(0, 500).map((a, index) => ({ a, b: index % 7 === 0 ? null : (texts[index + 500] ?? '') }));
    const first = await bench.export({ source: source(given), format: 'csv', csv: { formulas: 'keep' } });
    const second = await bench.export({ source: csvSource(first.text), format: 'ndjson' });
    expect(second.text).toBe(ndjson(given));
  });

  test.each([
    ['line ends of Windows and a byte order mark', '\ufeffa,b\r\n1,"x\r\ny"\r\n', '{"a":"1","b":"x\\r\\ny"}\n'],
    ['no line end at the end', 'a,b\n1,', '{"a":"1","b":null}\n'],
    ['empty lines between', 'a,b\n\n1,2\n\n\n', '{"a":"1","b":"2"}\n'],
    ['a null in the one column', 'a\n\nx\n', '{"a":null}\n{"a":"x"}\n'],
    ['a header alone', 'a,b\n', ''],
    ['a NUL and control characters', 'a\n\0\u0001\n', '{"a":"\\u0000\\u0001"}\n'],
  ])('reads %s', async (_title, text, expected) => {
    expect((await bench.export({ source: csvSource(text), format: 'ndjson' })).text).toBe(expected);
  });

  test.each([
    ['an empty file', '', 'no header line'],
    ['a column without a name', 'a,,c\n', 'Column 2 of the CSV file has no name'],
    ['two columns of a name', 'a,b,a\n1,2,3\n', 'Two columns of the source have the name "a"'],
    ['a short row', 'a,b\n1,2\n3\n', 'Row 2 of the CSV file has 1 cells, and the header line has 2'],
    ['a long row', 'a,b\n1,2,3\n', 'Row 1 of the CSV file has 3 cells'],
    ['a quote that is not closed', 'a\n"x\ny\n', 'Row 1 of the CSV file has a quote that is not closed'],
    ['text behind quotes', 'a\n"x"y\n', 'something behind the quotes'],
    ['a quote inside', 'a\nx"y\n', 'has a quote in a cell that does not begin with one'],
    ['a lone carriage return', 'a\nx\ry\n', 'a carriage return outside of quotes'],
    ['invalid UTF-8', Buffer.from([0x61, 0x0a, 0xff, 0x0a]), 'Row 1 of the CSV file has bytes in cell 1 that are no valid UTF-8'],
  ])('refuses %s', async (_title, text, says) => {
    const error = await errorOf(bench.export({ source: csvSource(text), format: 'csv' }));
    expect([error.code, error.message]).toEqual(['source-unreadable', expect.stringContaining(says)]);
  });
});

describe('JSON and NDJSON', () => {
  test('values are those that were given, digit by digit', async () => {
    const line =
      '{"big":12345678901234567890,"exact":0.10,"exp":1e400,"nested":{"a":[1,"x\\u0041"]},"text":"\\u00e9\\n\\"\\\\\\u0007","yes":true,"no":null}';
    const { text } = await bench.export({
      source: { type: 'file', path: bench.file('exact.ndjson', line), format: 'ndjson' },
      format: 'ndjson',
    });
    expect(text).toBe(
      '{"big":12345678901234567890,"exact":0.10,"exp":1e400,"nested":{"a":[1,"x\\u0041"]},"text":"é\\n\\"\\\\\\u0007","yes":true,"no":null}\n',
    );
  });

  test('odd texts come back from JSON.parse as they were', async () => {
    const rows = oddTexts(2000, 9).map((text, id) => ({ id, [`k"${id % 3}`]: text }));
    const { text } = await bench.export({ source: source(rows), format: 'json' });
    const filled = rows.map((row) => ({ 'k"0': null, 'k"1': null, 'k"2': null, ...row }));
    expect(JSON.parse(text)).toEqual(filled);
  });

  test('no row is an empty array', async () => {
    const { text, result } = await bench.export({ source: csvSource('a\n'), format: 'json' });
    expect([JSON.parse(text), result.rows]).toEqual([[], 0]);
  });

  test('a column has one type for all its values; one that has several is JSON', async () => {
    const rows = [
      { a: 1, b: 1, c: 'x', d: true, e: 2 ** 53, f: null },
      { a: 2, b: 1.5, c: 1, d: false, e: 1, g: {} },
    ];
    const { sidecar } = await bench.export({ source: source(rows), format: 'csv' });
    expect(sidecar.columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'a bigint',
      'b float',
      'c json',
      'd boolean',
      'e bigint',
      'f text',
      'g json',
    ]);
  });

  test.each([
    ['no JSON', '{"a":1}\nx\n', 'Line 2 of the source is no JSON'],
    ['no object', '[1]\n', 'is JSON, and no object'],
    ['half a surrogate pair', '{"a":"\\ud800"}\n', 'half a surrogate pair in "a"'],
    [
      'invalid UTF-8',
      Buffer.concat([Buffer.from('{"a":"'), Buffer.of(0xff), Buffer.from('"}\n')]),
      'Line 1 of the source has bytes that are no valid UTF-8',
    ],
    ['no line', '', 'no columns'],
    ['an object that is nested too deep for the parser', `{"a":${'['.repeat(500_000)}`, 'is no JSON'],
  ])('refuses %s', async (_title, text, says) => {
    const path = bench.file('refused.ndjson', text);
    const error = await errorOf(bench.export({ source: { type: 'file', path, format: 'ndjson' }, format: 'ndjson' }));
    expect([error.code, error.message]).toEqual(['source-unreadable', expect.stringContaining(says)]);
  });
});

describe('Parquet', () => {
  test('values of every type come back, nulls as well', async () => {
    const rows = [
      { i: 1, big: 2 ** 52, f: 0.1, t: 'x', b: true, j: { a: [1] }, n: null },
      { i: -5, big: -(2 ** 52), f: -1e300, t: 'é😀', b: false, j: null, n: null },
      { i: null, big: null, f: null, t: '', b: null, j: [], n: null },
    ];
    const { content } = await bench.export({ source: source(rows), format: 'parquet' });
    const read = await parquetReadObjects({
      file: content.buffer.slice(content.byteOffset, content.byteOffset + content.length) as ArrayBuffer,
    });
    const expected = rows.map(({ i, big, j, ...rest }) => ({
      i: i === null ? null : BigInt(i),
      big: big === null ? null : BigInt(big),
      ...rest,
      j: j === null ? null : JSON.stringify(j),
    }));
    expect(read.map((row) => ({ ...row }))).toEqual(expected.map(({ i, big, j, ...rest }) => ({ i, big, ...rest, j })));
  });

  test('no row is a file that has the columns', async () => {
    const { content } = await bench.export({ source: csvSource('a,b\n'), format: 'parquet' });
    const { schema, num_rows } = parquetMetadata(
      content.buffer.slice(content.byteOffset, content.byteOffset + content.length) as ArrayBuffer,
    );
    expect([schema.map(({ name }) => name), num_rows]).toEqual([['root', 'a', 'b'], 0n]);
  });

  test('gzip around it is refused', async () => {
    const error = await errorOf(bench.export({ source: csvSource('a\n'), format: 'parquet', gzip: true }));
    expect([error.code, error.message]).toEqual(['invalid-input', expect.stringContaining('compressed by itself')]);
  });
});
