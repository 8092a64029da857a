import {
  createNotifier,
  createPushWatcher,
  type Metrics,
  type Notifier,
  type PushWatcher,
  type WatcherOptions,
  type WebhookSource,
  webhookSources,
} from '@signet/admission';
import { CliError } from '../errors.ts';
import type { WebhookFlags } from '../options/serving.ts';
import { readTokens } from './server-secrets.ts';

/** What follows up the notifications of registries, where they are taken. */
export interface Following {
  readonly watcher?: PushWatcher;
  /** Gives up what has not begun. */
  close(): Promise<void>;
}

/** What pushes change, and what is told of them. */
interface Watching extends Pick<WatcherOptions, 'judge' | 'logger' | 'onForget'> {
  readonly metrics: Metrics;
}

/** @throws {CliError} USAGE, FILE_UNREADABLE; {AdmissionError} SERVER_INVALID for an address that is not safe */
export async function openWatcher(
  flags: WebhookFlags,
  { judge, metrics, logger, ...telling }: Watching,
): Promise<Following> {
  const { webhookSecretFile, webhookHost = [], notifyUrl, notifySecretFile } = flags;
  if (webhookSecretFile === undefined) {
    if (webhookHost.length > 0 || notifyUrl !== undefined || notifySecretFile !== undefined)
      throw new CliError('USAGE', '--webhook-host and --notify-… are for --webhook-secret-file, which is missing');
    return { close: async () => {} };
  }
  const hosts = parseHosts(webhookHost);
  const notifier = await openNotifier(flags, metrics, logger);
  const more = { ...telling, ...(notifier === undefined ? {} : { notifier }) };
  const watcher = createPushWatcher({ judge, logger, hosts, onVerified: metrics.push, ...more });
  return {
    watcher,
    async close() {
      await watcher.close();
      await notifier?.close();
    },
  };
}

/** What is told where, if anything is. @throws {CliError} USAGE, FILE_UNREADABLE; {AdmissionError} SERVER_INVALID */
export async function openNotifier(
  { notifyUrl: url, notifySecretFile: file }: WebhookFlags,
  metrics: Metrics,
  logger: WatcherOptions['logger'],
): Promise<Notifier | undefined> {
  if (url === undefined && file === undefined) return undefined;
  if (url === undefined || file === undefined)
    throw new CliError('USAGE', '--notify-url and --notify-secret-file belong together: one of them is missing');
  const [secret, ...others] = await readTokens(file);
  if (secret === undefined || others.length > 0)
    throw new CliError('FILE_UNREADABLE', `${file} holds more than one secret: messages are signed with one`);
  return createNotifier({
    url,
    secret,
    onDone(result, why) {
      metrics.notification(result);
      if (result !== 'delivered') logger.warn({ result, why }, 'a message about a push was not delivered');
    },
  });
}

/** The values of `--webhook-host`. @throws {CliError} USAGE */
export function parseHosts(texts: readonly string[]): Partial<Record<WebhookSource, string>> {
  return Object.fromEntries(texts.map(parseHost));
}

function parseHost(text: string): readonly [WebhookSource, string] {
  const [, name, host] = /^(\w+)=([\w.:[\]-]{1,255})$/.exec(text) ?? [];
  const source = webhookSources.find((each) => each === name);
  if (source !== undefined && host !== undefined) return [source, host];
  const wanted = webhookSources.map((each) => `${each}=HOST`).join(', ');
  throw new CliError('USAGE', `--webhook-host wants ${wanted}, not ${JSON.stringify(text.slice(0, 100))}`);
}
