/** Four fifths of what anybody who adds jobs can rely on, over HTTP. */
import { httpContract } from './contract.ts';

for (const part of [1, 3, 4, 5]) httpContract({ part, of: 5 });
