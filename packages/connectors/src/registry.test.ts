import { describe, expect, test } from '@jest/globals';
import { createConnectors } from './registry.js';

const meld = { apiKey: 'key' };
const bud = { clientId: 'client', clientSecret: 'secret', baseUrl: 'https://api-sandbox.thisisbud.com' };
const finicity = { partnerId: 'partner', partnerSecret: 'secret', appKey: 'key' };

describe('the connectors that are on', () => {
  test('are those with credentials, under their names', () => {
    const all = createConnectors({ meld, bud, finicity });
    expect([...all.keys()]).toEqual(['meld', 'bud', 'finicity']);
    for (const [name, connector] of all) expect(connector.name).toBe(name);
    expect([...createConnectors({ meld: { apiKey: '' }, bud: { ...bud, clientSecret: '' } }).keys()]).toEqual([]);
    expect([...createConnectors({ meld: null, finicity: { ...finicity, appKey: '' } }).keys()]).toEqual([]);
  });

  test('a wrong address stops the start', () => {
    expect(() => createConnectors({ meld: { ...meld, baseUrl: 'api.meld.io' } })).toThrow();
    expect(() => createConnectors({ bud: { ...bud, jwksUrl: 'ftp://keys' } })).toThrow();
  });
});
