/** `npm run test:long` makes the same assertions with larger numbers. */
export const isLong = process.env['TEST_SCALE'] === 'long';

/** The number for this run. */
export function scaled(number: number, long: number): number {
  return isLong ? long : number;
}
