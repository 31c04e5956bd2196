import { describe, expect, it } from 'vitest';
import { checkMetricsAddress } from '../../../src/worker/metrics.ts';

describe('the address of metrics', () => {
  it.each(['127.0.0.1:9464', 'localhost:1', '[::1]:65535', 'worker-1.internal:80'])('may be %s', (address) => {
    expect(checkMetricsAddress(address)).toBe(address);
  });

  it.each(['9464', ':9464', '127.0.0.1', '127.0.0.1:0', '127.0.0.1:65536', 'http://127.0.0.1:9464', 9464, null])('is not %j', (address) => {
    expect(() => checkMetricsAddress(address)).toThrow('Expected metrics.address to be host and port, such as "127.0.0.1:9464", got:');
  });
});
