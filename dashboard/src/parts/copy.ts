/** Owns copying to the clipboard. */
import { say } from './toasts.tsx';

export async function copy(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    say(`${what} copied.`);
  } catch {
    say('The browser does not let this page copy. Select the text instead.', true);
  }
}
