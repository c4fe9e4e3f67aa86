import type { Connection, ProviderEvent, StatusShown } from '@freshet/domain';

type Told = Extract<ProviderEvent, { kind: 'aggregated' | 'status-told' }>;

/**
 * What a free read of a connection tells, as events of its provider's: data that is not here yet, then the status. That all
 * is well is only believed of a provider that tells of all that may be wrong.
 */
export const eventsShown = (
  connection: Pick<Connection, 'externalId' | 'products' | 'freshness' | 'status' | 'statusReason'>,
  { status, reason, data = [] }: StatusShown,
  at: number,
  tellsStatus: boolean,
): readonly Told[] => {
  const { externalId, freshness } = connection;
  const came = data.flatMap(({ products, at: asOf }): readonly Told[] => {
    const granted = connection.products.filter((product) => products === null || products.includes(product));
    const isNews = granted.some((product) => (freshness[product] ?? Number.NEGATIVE_INFINITY) < asOf);
    return isNews ? [{ kind: 'aggregated', externalId, at: asOf, products: granted, newData: null }] : [];
  });
  const isSame = status === connection.status && reason === connection.statusReason;
  const isWell = status === 'ACTIVE' && !tellsStatus;
  return isSame || isWell ? came : [...came, { kind: 'status-told', externalId, status, reason, at }];
};
