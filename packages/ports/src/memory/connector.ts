import type {
  ChangeAnswer,
  ImportAnswer,
  LinkAnswer,
  ProviderEvent,
  RefreshAnswer,
  RefreshProgress,
  StatusShown,
} from '@freshet/domain';
import type { Connector, ConnectorCapabilities, RefreshCall, WebhookVerdict } from '../connector.js';

type Asks = Exclude<keyof Connector, 'name' | 'capabilities' | 'tokens' | 'statuses'>;

/** One call of a connector, as it was made. */
export interface RecordedCall<Ask extends Asks = Asks> {
  readonly ask: Ask;
  readonly call: Parameters<Connector[Ask]>[0];
}

/** What it answers next: a value, or a function of the call. */
type Scripted<Call, Answer> = Answer | ((call: Call) => Answer | Promise<Answer>);

/** The answers to each question; the last one is given again and again. */
export interface Script {
  readonly refresh?: readonly Scripted<RefreshCall, RefreshAnswer>[];
  readonly progress?: readonly Scripted<Parameters<Connector['progress']>[0], RefreshProgress>[];
  readonly status?: readonly Scripted<Parameters<Connector['status']>[0], StatusShown | null>[];
  readonly repair?: readonly Scripted<Parameters<Connector['repair']>[0], LinkAnswer>[];
  readonly addProducts?: readonly Scripted<Parameters<Connector['addProducts']>[0], ChangeAnswer>[];
  readonly delete?: readonly Scripted<Parameters<Connector['delete']>[0], ChangeAnswer>[];
  readonly import?: readonly Scripted<Parameters<Connector['import']>[0], ImportAnswer>[];
  readonly verifyWebhook?: readonly Scripted<Parameters<Connector['verifyWebhook']>[0], WebhookVerdict>[];
  readonly translateWebhook?: (body: string, receivedAt: number) => readonly ProviderEvent[];
  readonly capabilities?: Partial<ConnectorCapabilities>;
}

export interface ScriptedConnector extends Connector {
  readonly calls: readonly RecordedCall[];
  /** The calls of one question. */
  callsOf<Ask extends Asks>(ask: Ask): readonly Parameters<Connector[Ask]>[0][];
  /** From now on. */
  script(more: Script): void;
}

const everything: ConnectorCapabilities = {
  refresh: true,
  repair: true,
  addProducts: true,
  delete: true,
  imports: [],
  tellsStatus: false,
  showsRepair: false,
  showsData: false,
  webhooks: true,
};

/** A connector that says what it was told to, and remembers what it was asked. A forced call is `sent` before it answers. */
export const scriptedConnector = (name: string, start: Script = {}): ScriptedConnector => {
  let script = start;
  const calls: RecordedCall[] = [];
  const given = new Map<Asks, number>();

  const answer = async <Call, Answer>(
    ask: Asks,
    call: Call,
    answers: readonly Scripted<Call, Answer>[] | undefined,
  ): Promise<Answer> => {
    calls.push({ ask, call: call as RecordedCall['call'] });
    if (answers === undefined || answers.length === 0) throw new Error(`${name} has no answer to ${ask}`);
    const turn = given.get(ask) ?? 0;
    given.set(ask, turn + 1);
    const next = answers[Math.min(turn, answers.length - 1)] as Scripted<Call, Answer>;
    return typeof next === 'function' ? (next as (call: Call) => Answer | Promise<Answer>)(call) : next;
  };

  return {
    name,
    capabilities: { ...everything, ...start.capabilities },
    calls,
    callsOf: <Ask extends Asks>(ask: Ask) =>
      calls.filter((call) => call.ask === ask).map(({ call }) => call as Parameters<Connector[Ask]>[0]),
    script: (more) => {
      script = { ...script, ...more };
      for (const ask of Object.keys(more)) given.delete(ask as Asks);
    },
    refresh: async (call, context) => {
      await context.sending();
      return answer('refresh', call, script.refresh);
    },
    progress: (call) => answer('progress', call, script.progress),
    status: (call) => answer('status', call, script.status ?? [null]),
    repair: (call) => answer('repair', call, script.repair),
    addProducts: (call) => answer('addProducts', call, script.addProducts),
    delete: (call) => answer('delete', call, script.delete),
    import: (call) => answer('import', call, script.import),
    verifyWebhook: (call) => answer('verifyWebhook', call, script.verifyWebhook),
    translateWebhook: (body, receivedAt) => {
      calls.push({ ask: 'translateWebhook', call: body });
      return script.translateWebhook?.(body, receivedAt) ?? [];
    },
  };
};
