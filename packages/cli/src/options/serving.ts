import type { Lifetimes, LogLevel } from '@signet/admission';
import { type Command, Option } from 'commander';
import { collect, parseDuration, parseInteger } from './duration.ts';

/** What {@link addAnswerOptions} produces; times in milliseconds. */
export interface AnswerFlags {
  readonly fresh: number;
  readonly stale: number;
  readonly denied: number;
  readonly tags: number;
  readonly reload: number;
  readonly grace: number;
  readonly logLevel: LogLevel;
}

/** What {@link addAccessOptions} produces. */
export interface AccessFlags {
  readonly host: string;
  readonly port: number;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly clientCa?: string;
  readonly requireClientCert?: boolean;
  readonly tokenFile?: string;
}

/** `--host` and `--port`, of commands that listen. */
export function addListenOptions(command: Command, port: number): Command {
  return command
    .option('--host <address>', 'address to listen on; without a certificate only one of this machine', '127.0.0.1')
    .addOption(new Option('--port <n>', 'port; 0 takes a free one').argParser(parseInteger(0, 65_535)).default(port));
}

/** Who may use a server, and by which certificate it is known. `tokensFor`: what bearer tokens open. */
export function addAccessOptions(command: Command, tokensFor: string): Command {
  return command
    .optionsGroup('Access:')
    .option('--tls-cert <file>', 'PEM certificate chain: serve HTTPS (with --tls-key)')
    .option('--tls-key <file>', 'PEM private key of the certificate')
    .option(
      '--client-ca <file>',
      'PEM certificates of who issues client certificates; such a client may use everything',
    )
    .option('--require-client-cert', 'all but health checks need a client certificate (with --client-ca)')
    .option('--token-file <file>', `bearer tokens for ${tokensFor}, one a line`);
}

/** What {@link addWebhookOptions} produces. */
export interface WebhookFlags {
  readonly webhookSecretFile?: string;
  readonly webhookHost?: readonly string[];
  readonly notifyUrl?: string;
  readonly notifySecretFile?: string;
}

/** Notifications of registries. `does`: what follows them; `result`: what is told of it. */
export function addWebhookOptions(command: Command, does: string, result: string): Command {
  return command
    .optionsGroup('Registries that tell of pushes:')
    .option(
      '--webhook-secret-file <file>',
      `secrets that registries show, one a line: takes their notifications at /webhooks/acr, /webhooks/distribution, /webhooks/harbor, and ${does}`,
    )
    .addOption(
      new Option(
        '--webhook-host <source=host>',
        'the name that rules have for a registry, where its notifications have another one (distribution=registry.example.com); repeatable',
      ).argParser(collect),
    )
    .option('--notify-url <url>', `send what came of each ${result} there (https, or http on this machine)`)
    .option('--notify-secret-file <file>', 'the secret that such messages are signed with (HMAC-SHA256)');
}

/** How long servers that judge keep answers, and how they take up changes and end. `files`: what is looked at for changes. */
export function addAnswerOptions(command: Command, files: string): Command {
  return command
    .optionsGroup('Answers:')
    .addOption(durationOption('--fresh <duration>', 'give a yes again for so long', '5m'))
    .addOption(durationOption('--stale <duration>', 'and for so long after that, while it is verified anew', '10m'))
    .addOption(durationOption('--denied <duration>', 'give a no again for so long', '10s'))
    .addOption(durationOption('--tags <duration>', 'remember for so long what a tag names', '10s'))
    .addOption(durationOption('--reload <duration>', `look so often whether ${files} changed`, '10s'))
    .addOption(durationOption('--grace <duration>', 'finish requests in flight within this time at the end', '25s'))
    .addOption(logLevelOption());
}

/** What {@link addServerStateOption} produces. */
export interface ServerStateFlags {
  readonly state?: string;
}

/** `--state`, of commands that judge for long. */
export function addServerStateOption(command: Command): Command {
  return command.option(
    '--state <folder>',
    'keep there what was seen of signed tags, so that a start begins with it (default: in memory)',
  );
}

/** How long answers are kept. */
export function lifetimesOf({ fresh, stale, denied, tags }: AnswerFlags): Lifetimes {
  return { freshMs: fresh, staleMs: stale, deniedMs: denied, tagMs: tags };
}

/** An option that takes a duration, with a default. */
export function durationOption(flags: string, text: string, standard: string): Option {
  return new Option(flags, text).argParser(parseDuration).default(parseDuration(standard), standard);
}

/** `--log-level`, of commands that serve. */
export function logLevelOption(): Option {
  return new Option('--log-level <level>', 'what is told on standard error, as lines of JSON')
    .choices(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info');
}
