/**
 * Owns the terminal while a command runs: lines that stay, and below them, on a terminal only, a block that is redrawn.
 * Does not know what the lines say.
 */
import { createLogUpdate } from 'log-update';
import type { OutputStream } from './host.ts';
import { type Style, styleFor, wrapped } from './text.ts';

const REDRAW_MS = 500;
const WIDTH_WITHOUT_TERMINAL = 100;
const ROWS_WITHOUT_TERMINAL = 24;
const NARROWEST = 40;

/** The room that a block or a table has. */
export interface Room {
  readonly width: number;
  readonly rows: number;
}

export class Screen {
  readonly style: Style;
  /** True on a terminal: the block is shown. Elsewhere the caller says lines instead. */
  readonly isLive: boolean;
  readonly #stream: OutputStream;
  readonly #draw: ReturnType<typeof createLogUpdate>;
  #block: ((room: Room) => readonly string[]) | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(stream: OutputStream) {
    this.#stream = stream;
    this.style = styleFor(stream);
    this.isLive = stream.isTTY === true;
    this.#draw = createLogUpdate(stream);
  }

  get room(): Room {
    // Terminals of no width exist (some CI systems make them); there the usual size is as good a guess as any.
    const { columns, rows } = this.#stream;
    return {
      width: Math.max(NARROWEST, columns || WIDTH_WITHOUT_TERMINAL),
      rows: rows || ROWS_WITHOUT_TERMINAL,
    };
  }

  /** Writes lines that stay, above the block. On a terminal they are broken between words. */
  say(...lines: readonly string[]): void {
    const { width } = this.room;
    const shown = this.isLive ? lines.flatMap((line) => wrapped(line, width)) : lines;
    this.above(() => this.#stream.write(shown.map((line) => `${line}\n`).join('')));
  }

  /** Lets somebody else write lines to the same terminal without damage to the block. */
  above(write: () => void): void {
    if (this.#block === undefined) {
      write();
      return;
    }
    this.#draw.clear();
    write();
    this.redraw();
  }

  /** Keeps the block that `lines` makes at the bottom, until `endBlock`. Without a terminal nothing is shown. */
  showBlock(lines: (room: Room) => readonly string[]): void {
    if (!this.isLive) return;
    this.#block = lines;
    this.#timer ??= setInterval(() => this.redraw(), REDRAW_MS).unref();
    this.redraw();
  }

  redraw(): void {
    if (this.#block !== undefined) this.#draw(this.#block(this.room).join('\n'));
  }

  /** Takes the block away. */
  endBlock(): void {
    if (this.#block === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#block = undefined;
    this.#draw.clear();
    this.#draw.done();
  }
}
