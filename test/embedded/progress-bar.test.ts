import { expect, test } from 'vitest';
import { reportTo } from '../../src/embedded/progress-bar.ts';

const half = { label: 'Temporal server', receivedBytes: 20_000_000, totalBytes: 40_000_000 };
const whole = { ...half, receivedBytes: 40_000_000 };

function report(isTTY: boolean): string {
  let text = '';
  const { onNotice, onProgress } = reportTo({ isTTY, write: (part) => (text += part) });
  onNotice('Downloading');
  onProgress(half);
  onProgress(half);
  onProgress(whole);
  onNotice('Ready');
  return text;
}

test('on a terminal the bar is redrawn in place, not more often than it can be seen, and the next notice has its own line', () => {
  const bar = (filled: number): string => '█'.repeat(filled) + '░'.repeat(28 - filled);
  expect(report(true)).toBe(
    [
      'Downloading\n',
      `\r\u001B[2KTemporal server  ${bar(14)}  50 %  20.0 MB of 40.0 MB`,
      `\r\u001B[2KTemporal server  ${bar(28)} 100 %  40.0 MB of 40.0 MB`,
      '\nReady\n',
    ].join(''),
  );
});

test('elsewhere only the notices are written', () => {
  expect(report(false)).toBe('Downloading\nReady\n');
});

test('an unknown total is shown as what came so far', () => {
  let text = '';
  reportTo({ isTTY: true, write: (part) => (text += part) }).onProgress({ ...half, totalBytes: undefined });
  expect(text).toBe('\r\u001B[2KTemporal server  20.0 MB');
});
