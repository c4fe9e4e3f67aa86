import type { Answer, Call } from '../wire/exchange.js';
import type { World } from '../world.js';
import { budAnswer } from './answers.js';

/** Bud's sandbox providers; those that connections were registered for are added to them. */
const ALWAYS_THERE = ['Bank_Of_Bud', 'Natwest_Sandbox', 'Barclays', 'Monzo'];

export function isInMaintenance(world: World, provider: string, at: number): boolean {
  const window = world.books.maintenance.get(provider);
  return window !== undefined && window.start <= at && (window.end === null || at < window.end);
}

export function listProviders(world: World, call: Call): Answer {
  const { at } = call;
  const registered = world.books.connections.find('connector', 'bud').map((consent) => consent.institutionId);
  const providers = [...new Set([...ALWAYS_THERE, ...registered])].sort();
  const data = providers.map((provider) => {
    const window = world.books.maintenance.get(provider);
    // A window that has passed is not told any more.
    const isTold = window !== undefined && (window.end === null || at < window.end);
    return {
      provider,
      display_name: provider.replaceAll('_', ' '),
      maintenance_window: isTold
        ? { start: iso(window.start), end: window.end === null ? null : iso(window.end) }
        : null,
      maintenance_status: isInMaintenance(world, provider, at) ? 'active' : 'inactive',
      icon: 'https://example.com/icon.svg',
      regions: ['GBR'],
      mobile_only: false,
    };
  });
  return budAnswer('open_banking_providers_get', 200, data, { results: data.length });
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
