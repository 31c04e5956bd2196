import { describe, expect, it } from 'vitest';
import { column, defused, fit, grouped, styleFor, widthOf, wrapped } from '../../src/cli/text.ts';

describe('text of data', () => {
  it.each([
    ['a colour', 'a\u001B[31mred\u001B[0m', 'a␛[31mred␛[0m'],
    ['a window title', '\u001B]0;owned\u0007', '␛]0;owned·'],
    ['an 8-bit escape', 'a\u009B2Jb', 'a·2Jb'],
    ['line breaks and tabs', 'one\r\n\ttwo\u2028three', 'one two three'],
    ['a turned direction', 'invoice\u202Egpj.exe', 'invoicegpj.exe'],
    ['characters without width', 'a\u200Bb\uFEFFc', 'abc'],
    ['half a character', 'a\uD83D', 'a·'],
    ['a tower of marks', `a${'\u0301'.repeat(50)}`, `a${'\u0301'.repeat(3)}`],
  ])('cannot command the terminal with %s', (_what, text, shown) => {
    expect(defused(text)).toBe(shown);
  });

  it('is measured in columns of a terminal', () => {
    expect(['abc', '日本', 'e\u0301', '👩‍👩‍👧', '✓', '…', '\u001B[31mred\u001B[39m'].map(widthOf)).toEqual([3, 4, 1, 2, 1, 1, 3]);
  });

  it('is cut or filled to a width', () => {
    expect(fit('repository', 10)).toBe('repository');
    expect(fit('repository', 6)).toBe('repos…');
    expect(fit('日本語', 5)).toBe('日本…');
    expect(fit('日本語', 4)).toBe('日…');
    expect(fit('a', 0)).toBe('');
    expect(column('日本語', 8)).toBe('日本語  ');
  });

  it('is broken between words, never inside one', () => {
    expect(wrapped('see http://127.0.0.1:8233/namespaces now', 12)).toEqual(['see', '  http://127.0.0.1:8233/namespaces', '  now']);
    expect(wrapped('short', 12)).toEqual(['short']);
  });

  it('groups the digits of numbers', () => {
    expect([0, 999, 1000, 1_234_567].map(grouped)).toEqual(['0', '999', '1 000', '1 234 567']);
  });
});

describe('colours', () => {
  it('are given on a terminal that has them, nowhere else', () => {
    expect(styleFor({ isTTY: true, hasColors: () => true })('red', 'x')).toBe('\u001B[31mx\u001B[39m');
    expect(styleFor({ isTTY: true, hasColors: () => false })('red', 'x')).toBe('x');
    expect(styleFor({})('red', 'x')).toBe('x');
  });
});
