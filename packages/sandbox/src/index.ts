/** A provider emulator over real HTTP, with faults on demand: see the README. */
export { startSandbox, type Sandbox } from './sandbox.js';
export {
  DEFAULT_FINICITY_WEBHOOK_SECRET,
  DEFAULT_MELD_WEBHOOK_SECRET,
  DEFAULT_MX_WEBHOOK_SECRET,
  DEFAULT_PORT,
  type SandboxOptions,
  type SandboxSecrets,
} from './settings.js';
export { FAULTS, type FaultName } from './faults.js';
export { signMeldWebhook } from './meld/signature.js';
