import type { Product } from './products.js';
import type { Instant } from './time.js';

interface About {
  /** The connection, as the connector addresses it. */
  readonly externalId: string;
  /** The provider's time of the event. */
  readonly at: Instant;
}

/** What a webhook says, in our words. Each is a hint: a task's end is confirmed by reading. */
export type ProviderEvent =
  /** The customer finished the widget: of a new connection, or of a repair. */
  | (About & { readonly kind: 'link-completed'; readonly providerConnectionId: string | null })
  | (About & { readonly kind: 'status-told'; readonly status: string; readonly reason: string | null })
  /** Data of these products arrived; `newData` false where the provider says that nothing was new. */
  | (About & {
      readonly kind: 'aggregated';
      readonly products: readonly Product[];
      readonly newData: boolean | null;
      /** Told of the history, which some providers load once and bill apart. */
      readonly isHistory?: boolean;
    })
  /** There is something new at the bank, and the provider has not pulled it yet. */
  | (About & { readonly kind: 'change-told' })
  /** A job of the provider's ended: look at it. */
  | (About & { readonly kind: 'job-ended'; readonly providerTaskId: string })
  | (About & { readonly kind: 'consent-ended' })
  | (About & { readonly kind: 'consent-renewed'; readonly consentExpiresAt: Instant | null })
  | (About & { readonly kind: 'new-accounts' })
  | (About & { readonly kind: 'deleted' })
  /** Genuine, but nothing to us. */
  | { readonly kind: 'ignored'; readonly type: string };

export type ProviderEventKind = ProviderEvent['kind'];
