import { describe, expect, it } from 'vitest';
import { replaceSection } from '../../../bench/report-file.ts';

const DOCUMENT = `# Benchmarks

By hand.

<!-- part jobs -->

## A plain job

Old.

<!-- end of part jobs -->

<!-- part heartbeat -->

## A heartbeat

Beats.

<!-- end of part heartbeat -->
`;

describe('the section of a part', () => {
  it('takes the place of its earlier one and leaves all else as it was', () => {
    expect(replaceSection(DOCUMENT, 'jobs', '## A plain job\n\nNew.\n')).toBe(DOCUMENT.replace('Old.', 'New.'));
  });

  it('that was not there yet comes before those of later parts', () => {
    const document = replaceSection(DOCUMENT, 'cancel', '## A cancel');
    const [before = '', after = ''] = document.split('<!-- part cancel -->\n\n## A cancel\n\n<!-- end of part cancel -->\n\n');
    expect(before + after).toBe(DOCUMENT);
    expect(before).toContain('<!-- end of part jobs -->');
    expect(after).toMatch(/^<!-- part heartbeat -->/);
  });

  it('of the last part comes last', () => {
    expect(replaceSection(DOCUMENT, 'stats', '## Counts')).toBe(
      `${DOCUMENT}\n<!-- part stats -->\n\n## Counts\n\n<!-- end of part stats -->\n`,
    );
  });

  it('is the same when it is written twice', () => {
    const once = replaceSection(DOCUMENT, 'recovery', '## Recovery');
    expect(replaceSection(once, 'recovery', '## Recovery')).toBe(once);
  });

  it('without an end is not replaced', () => {
    const broken = DOCUMENT.replace('<!-- end of part jobs -->', '');
    expect(() => replaceSection(broken, 'jobs', '## New')).toThrow('the line "<!-- end of part jobs -->" is missing');
  });
});
