import type { ConnectorsConfig } from '@freshet/connectors';
import {
  DEFAULT_FINICITY_WEBHOOK_SECRET,
  DEFAULT_MELD_WEBHOOK_SECRET,
  DEFAULT_MX_WEBHOOK_SECRET,
} from '@freshet/sandbox';
import type { Settings } from '../engine/settings.js';

export const emulatorUrl = (settings: Pick<Settings, 'sandboxPort'>): string =>
  `http://127.0.0.1:${settings.sandboxPort}`;

/** The connectors as they are, talking to the emulator instead of the providers. Its keys open nothing else. */
export const sandboxConnectors = (settings: Pick<Settings, 'sandboxPort' | 'publicUrl'>): ConnectorsConfig => {
  const base = emulatorUrl(settings);
  return {
    meld: {
      apiKey: 'sandbox-meld-key',
      baseUrl: `${base}/meld`,
      webhookSecret: DEFAULT_MELD_WEBHOOK_SECRET,
      webhookUrl: `${settings.publicUrl}/webhooks/meld`,
    },
    bud: {
      clientId: 'sandbox-bud-client',
      clientSecret: 'sandbox-bud-secret',
      baseUrl: `${base}/bud`,
      jwksUrl: `${base}/bud-callback.jwks`,
      redirectUrl: `${base}/done`,
    },
    mx: {
      clientId: 'sandbox-mx-client',
      apiKey: 'sandbox-mx-key',
      baseUrl: `${base}/mx`,
      webhookSecret: DEFAULT_MX_WEBHOOK_SECRET,
      redirectUrl: `${base}/done`,
    },
    finicity: {
      partnerId: 'sandbox-finicity-partner',
      partnerSecret: 'sandbox-finicity-secret',
      appKey: 'sandbox-finicity-key',
      baseUrl: `${base}/finicity`,
      webhookSecret: DEFAULT_FINICITY_WEBHOOK_SECRET,
      webhookUrl: `${settings.publicUrl}/webhooks/finicity/${DEFAULT_FINICITY_WEBHOOK_SECRET}`,
    },
    plaid: {
      clientId: 'sandbox-plaid-client',
      secret: 'sandbox-plaid-secret',
      baseUrl: `${base}/plaid`,
      clientName: 'Freshet sandbox',
      redirectUrl: `${base}/done`,
      webhookUrl: `${settings.publicUrl}/webhooks/plaid`,
    },
  };
};
