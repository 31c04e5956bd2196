/** Owns how a part's section of the report reads: what was run where, what came of it, and what to know to read the figures. */
import type { Machine } from './machine.ts';

/** What a part has to say. */
export interface Section {
  readonly title: string;
  /** What its figures are. */
  readonly method: string;
  /** One line for each promise or finding. */
  readonly verdicts: readonly string[];
  readonly tables: readonly Table[];
  readonly howToRead: readonly string[];
  readonly notMeasured: readonly string[];
}

interface Table {
  readonly title: string;
  readonly text: string;
}

/** How a part was run. */
export interface SectionFacts {
  /** `npm run bench` and its arguments. */
  readonly command: string;
  /** Day of the run, such as 2026-11-25. */
  readonly date: string;
  readonly machine: Machine;
  /** Load average before the first run. */
  readonly loadBefore: number;
}

/** The section, in Markdown. */
export function sectionText(section: Section, facts: SectionFacts): string {
  const paragraphs = [
    `## ${section.title}`,
    `Written by \`${facts.command}\` on ${facts.date}. ${section.method}`,
    list([...facts.machine.facts, loadFact(facts)]),
    ...section.verdicts.map((verdict) => `**${verdict}**`),
    ...section.tables.flatMap(({ title, text }) => [`### ${title}`, text]),
    ...listed('How to read', section.howToRead),
    ...listed('Not measured', section.notMeasured),
  ];
  return paragraphs.join('\n\n');
}

function listed(title: string, items: readonly string[]): readonly string[] {
  return items.length === 0 ? [] : [`### ${title}`, list(items)];
}

function list(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n');
}

function loadFact({ machine, loadBefore }: SectionFacts): string {
  const isBusy = loadBefore > machine.cores / 4;
  return `load average before the first run: ${loadBefore.toFixed(2)}${isBusy ? ' (OTHER PROGRAMS RAN: rates and latencies are worse than on a quiet machine, and spread further)' : ''}`;
}
