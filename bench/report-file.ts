/** Owns the places of the parts in `docs/benchmarks.md`: each writes its own section and leaves the others as they are. */
import { PARTS, type PartName } from './arguments.ts';

/**
 * The document with this part's section put in the place of its earlier one. A part that has none yet gets it before those that
 * come after it in the order of parts.
 * @throws Error when a section has no end
 */
export function replaceSection(document: string, part: PartName, section: string): string {
  const block = `${startOf(part)}\n\n${section.trim()}\n\n${endOf(part)}`;
  const start = document.indexOf(startOf(part));
  if (start !== -1) {
    const end = document.indexOf(endOf(part), start);
    if (end === -1) throw new Error(`The section of "${part}" in docs/benchmarks.md has no end: the line "${endOf(part)}" is missing.`);
    return document.slice(0, start) + block + document.slice(end + endOf(part).length);
  }
  const next = PARTS.slice(PARTS.indexOf(part) + 1).find((later) => document.includes(startOf(later)));
  if (next === undefined) return `${document.trimEnd()}\n\n${block}\n`;
  const place = document.indexOf(startOf(next));
  return `${document.slice(0, place)}${block}\n\n${document.slice(place)}`;
}

function startOf(part: PartName): string {
  return `<!-- part ${part} -->`;
}

function endOf(part: PartName): string {
  return `<!-- end of part ${part} -->`;
}
