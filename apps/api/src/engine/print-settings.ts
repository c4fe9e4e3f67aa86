import { DEFAULT_TENANT, formatDuration } from '@freshet/domain';
import { leastRetention, retentionRules, retentions } from '@freshet/flows';
import { callFields, callRows } from './connector-calls.js';
import { rowsOf } from './connector-credentials.js';
import { builtConnectors, capabilitiesWhenConfigured, connectorDescriptions } from './connector-rows.js';
import { settingMeanings } from './setting-meanings.js';
import { shownWebhookUrl } from './webhook-url.js';

type Row = readonly string[];

/** A Markdown table as the formatter writes it: every column as wide as its widest cell. */
const table = (head: Row, rows: readonly Row[]): string => {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => (row[column] ?? '').length), 3));
  const line = (row: Row): string => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [line(head), rule, ...rows.map(line)].join('\n');
};

const code = (word: string): string => `\`${word}\``;

/** The service's own settings. */
export const printServiceSettings = (): string =>
  table(
    ['variable', 'default', 'meaning'],
    Object.entries(settingMeanings).map(([variable, { otherwise, meaning }]) => [code(variable), otherwise, meaning]),
  );

/** Who needs how much of what is kept. */
export const printRetention = (): string =>
  table(
    ['kept', 'at least', 'because of', 'stays anyway'],
    retentions.map((name) => {
      const { what, needs, stays } = retentionRules[name];
      const because = needs.map(({ who, ms }) => `${who} (${code(formatDuration(ms))})`);
      return [what, code(formatDuration(leastRetention(name))), because.join('; '), stays];
    }),
  );

/** What each connector is given. */
export const printConnectorSettings = (): string =>
  table(
    ['variable', 'in a file', 'needed', 'secret', 'without it', 'meaning'],
    builtConnectors.flatMap((name) =>
      rowsOf(name).map(([field, { variable, required, secret, otherwise, meaning }]) => [
        code(variable),
        code(`${name}.${field}`),
        required ? 'yes' : '',
        secret ? 'yes' : '',
        required ? 'off' : (otherwise ?? ''),
        meaning,
      ]),
    ),
  );

/** How calls go through each connector. */
export const printCallSettings = (): string =>
  table(
    ['variable', 'in a file', 'default', 'meaning'],
    callFields.map((field) => {
      const { variable, shown, meaning } = callRows[field];
      return [code(`<CONNECTOR>_${variable}`), code(`calls.<connector>.${field}`), shown, meaning];
    }),
  );

export const printCallTimeouts = (): string =>
  table(
    ['connector', 'deadline of a call', 'because'],
    builtConnectors.map((name) => {
      const { timeoutMs, because } = connectorDescriptions[name].calls;
      return [code(name), code(formatDuration(timeoutMs)), because];
    }),
  );

const yes = (can: boolean): string => (can ? 'yes' : 'no');

/** What each connector can do when all that it takes is set. */
export const printCapabilities = (): string => {
  const all = capabilitiesWhenConfigured();
  const row = (what: string, of: (can: (typeof all)[number][1]) => string): Row => [
    what,
    ...all.map(([, can]) => of(can)),
  ];
  return table(
    ['', ...all.map(([name]) => code(name))],
    [
      row('forced refresh', (can) => yes(can.refresh)),
      row('repair', (can) => yes(can.repair)),
      row('add products', (can) => yes(can.addProducts)),
      row('delete', (can) => yes(can.delete)),
      row('import of its own', ({ imports }) => (imports.length === 0 ? 'no' : imports.join(', '))),
      row('tells statuses itself', (can) => yes(can.tellsStatus)),
      row('shows a repair without a webhook', (can) => yes(can.showsRepair)),
      row('shows its newest data in a free read', (can) => yes(can.showsData)),
      row('webhooks', (can) => yes(can.webhooks)),
    ],
  );
};

/** Where each connector's webhooks come in. */
export const printWebhookAddresses = (): string =>
  table(
    ['connector', 'default tenant', 'another tenant'],
    capabilitiesWhenConfigured()
      .filter(([, { webhooks }]) => webhooks)
      .map(([name]) => [
        code(name),
        code(shownWebhookUrl('<PUBLIC_URL>', DEFAULT_TENANT, name)),
        code(shownWebhookUrl('<PUBLIC_URL>', '<tenant>', name)),
      ]),
  );
