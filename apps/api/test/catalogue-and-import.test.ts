import { createConnectors } from '@freshet/connectors';
import { catalogueProviders } from '@freshet/policy';
import { importBody } from '../src/connections/import-body.js';

const body = importBody(() => Date.UTC(2026, 10, 21));

const parse = (provider: string, connector: string) =>
  body.safeParse({
    connections: [
      { externalId: 'e1', connector, provider, customerId: 'ada', institutionId: 'bank', products: ['BALANCES'] },
    ],
  });

const ways = Object.entries(catalogueProviders).flatMap(([provider, { reachedThrough }]) =>
  reachedThrough.map((connector) => [provider, connector] as const),
);

it.each(ways)('a connection of %s through %s can be imported', (provider, connector) => {
  expect(parse(provider, connector).error).toBeUndefined();
});

it('a name that the catalogue could not hold cannot be imported either', () => {
  expect(parse('Plaid', 'plaid').success).toBe(false);
  expect(parse('PLAID', 'Plaid').success).toBe(false);
  expect(parse('P'.repeat(65), 'plaid').success).toBe(false);
  expect(parse('P'.repeat(64), 'p'.repeat(32)).success).toBe(true);
  expect(parse('PLAID', 'p'.repeat(33)).success).toBe(false);
});

it('every connector that there is leads to some provider, and imports only what the catalogue reaches through it', () => {
  const connectors = createConnectors({
    meld: { apiKey: 'k', baseUrl: 'http://127.0.0.1:9' },
    bud: { clientId: 'c', clientSecret: 's', baseUrl: 'http://127.0.0.1:9' },
  });
  expect([...connectors.keys()]).toEqual(['meld', 'bud']);
  for (const [name, { capabilities }] of connectors) {
    const reached = ways.filter(([, connector]) => connector === name).map(([provider]) => provider);
    expect(reached).not.toEqual([]);
    expect(reached).toEqual(expect.arrayContaining([...(capabilities.imports ?? [])]));
  }
});
