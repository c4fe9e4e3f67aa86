import { describe, expect, test } from '@jest/globals';
import { createConnectors } from './registry.js';

const meld = { apiKey: 'key' };
const bud = { clientId: 'client', clientSecret: 'secret', baseUrl: 'https://api-sandbox.thisisbud.com' };

describe('the connectors that are on', () => {
  test('are those with credentials, under their names', () => {
    const both = createConnectors({ meld, bud });
    expect([...both.keys()]).toEqual(['meld', 'bud']);
    for (const [name, connector] of both) expect(connector.name).toBe(name);
    expect([...createConnectors({ meld: { apiKey: '' }, bud: { ...bud, clientSecret: '' } }).keys()]).toEqual([]);
    expect([...createConnectors({ meld: null }).keys()]).toEqual([]);
  });

  test('a wrong address stops the start', () => {
    expect(() => createConnectors({ meld: { ...meld, baseUrl: 'api.meld.io' } })).toThrow();
    expect(() => createConnectors({ bud: { ...bud, jwksUrl: 'ftp://keys' } })).toThrow();
  });
});
