import { describe, expect, it } from 'vitest';
import { type Section, sectionText } from '../../../bench/section.ts';

const SECTION: Section = {
  title: 'A thing',
  method: 'Figures are medians.',
  verdicts: ['It costs little.'],
  tables: [{ title: 'Cost', text: '| a |' }],
  howToRead: ['Slowly.', 'Twice.'],
  notMeasured: [],
};
const MACHINE = { cores: 2, facts: ['2 cores', 'Node 20'] };

describe('a section', () => {
  it('names the command, the day and the machine, and leaves out what it has nothing to say of', () => {
    expect(sectionText(SECTION, { command: 'npm run bench', date: '2026-11-25', machine: MACHINE, loadBefore: 0.1 })).toBe(`## A thing

Written by \`npm run bench\` on 2026-11-25. Figures are medians.

- 2 cores
- Node 20
- load average before the first run: 0.10

**It costs little.**

### Cost

| a |

### How to read

- Slowly.
- Twice.`);
  });

  it('says it loudly when other programs ran', () => {
    const text = sectionText(SECTION, { command: 'npm run bench', date: '2026-11-25', machine: MACHINE, loadBefore: 0.6 });
    expect(text).toContain('load average before the first run: 0.60 (OTHER PROGRAMS RAN');
  });
});
