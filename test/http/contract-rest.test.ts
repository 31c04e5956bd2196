/** Three quarters of what anybody who adds jobs can rely on, over HTTP. */
import { httpContract } from './contract.ts';

for (const part of [2, 3, 4]) httpContract({ part, of: 4 });
