import type { ProviderEntry } from '../schema/entry.js';
import { akoya } from './akoya.js';
import { basiq } from './basiq.js';
import { belvo } from './belvo.js';
import { bridge } from './bridge.js';
import { bud } from './bud.js';
import { enablebanking } from './enablebanking.js';
import { finapi } from './finapi.js';
import { finicity } from './finicity.js';
import { gocardless } from './gocardless.js';
import { mesh } from './mesh.js';
import { mx } from './mx.js';
import { plaid } from './plaid.js';
import { pluggy } from './pluggy.js';
import { powens } from './powens.js';
import { saltedge } from './saltedge.js';
import { simplefin } from './simplefin.js';
import { stripe } from './stripe.js';
import { teller } from './teller.js';
import { tink } from './tink.js';
import { tokenio } from './tokenio.js';
import { truelayer } from './truelayer.js';
import { yapily } from './yapily.js';
import { yodlee } from './yodlee.js';

/** Every provider that the catalogue knows, by the name that connections carry. */
export const providers = {
  AKOYA: akoya,
  BASIQ: basiq,
  BELVO: belvo,
  BRIDGE: bridge,
  BUD: bud,
  ENABLEBANKING: enablebanking,
  FINAPI: finapi,
  FINICITY: finicity,
  GOCARDLESS: gocardless,
  MESH: mesh,
  MX: mx,
  PLAID: plaid,
  PLUGGY: pluggy,
  POWENS: powens,
  SALTEDGE: saltedge,
  SIMPLEFIN: simplefin,
  STRIPE: stripe,
  TELLER: teller,
  TINK: tink,
  TOKENIO: tokenio,
  TRUELAYER: truelayer,
  YAPILY: yapily,
  YODLEE: yodlee,
} as const satisfies Readonly<Record<string, ProviderEntry>>;
