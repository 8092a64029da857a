import { type Command, Option } from 'commander';
import { type Context, onRun } from '../command.ts';
import { addNotes } from '../notes.ts';
import { parseInteger } from '../options/duration.ts';
import { addImagePathOption } from '../options/inputs.ts';
import { addOutputOptions } from '../options/output.ts';
import { addPolicyOptions } from '../options/policy.ts';
import { addRegistryOptions } from '../options/registry.ts';
import { addAnswerOptions } from '../options/serving.ts';
import type { ServeFlags } from '../serve/flags.ts';

/** `signet serve` */
export function define(command: Command, context: Context): void {
  command
    .description(
      'Answers, by one policy, Kubernetes admission webhooks (/validate, /mutate), ImageReview (/imagereview), Gatekeeper (/gatekeeper/verify, /gatekeeper/mutate) and REST (/v1/verify).',
    )
    .option('--host <address>', 'address to listen on; without a certificate only one of this machine', '127.0.0.1')
    .addOption(new Option('--port <n>', 'port; 0 takes a free one').argParser(parseInteger(0, 65_535)).default(8443))
    .option('--socket <path>', 'listen on a unix socket too, for this user alone');
  addImagePathOption(command);
  command
    .optionsGroup('Access:')
    .option('--tls-cert <file>', 'PEM certificate chain: serve HTTPS (with --tls-key)')
    .option('--tls-key <file>', 'PEM private key of the certificate')
    .option(
      '--client-ca <file>',
      'PEM certificates of who issues client certificates; such a client may use everything',
    )
    .option('--require-client-cert', 'all but health checks need a client certificate (with --client-ca)')
    .option('--token-file <file>', 'bearer tokens for /v1/verify and /metrics, one a line')
    .optionsGroup('Registries that tell of pushes:')
    .option(
      '--webhook-secret-file <file>',
      'secrets that registries show, one a line: takes their notifications at /webhooks/acr, /webhooks/distribution, /webhooks/harbor, and verifies what was pushed',
    )
    .addOption(
      new Option(
        '--webhook-host <source=host>',
        'the name that rules have for a registry, where its notifications have another one (distribution=registry.example.com); repeatable',
      ).argParser((text, before: readonly string[] = []) => [...before, text]),
    )
    .option('--notify-url <url>', 'send what came of each verified push there (https, or http on this machine)')
    .option('--notify-secret-file <file>', 'the secret that such messages are signed with (HMAC-SHA256)')
    .optionsGroup('Kubernetes:')
    .option(
      '--pull-secrets',
      'where a registry refuses, ask it with the pull secrets of the namespace and object under review (reads them through the Kubernetes API)',
    )
    .option(
      '--service-account-dir <dir>',
      "folder with token and ca.crt of the pod's service account (default: where Kubernetes puts them)",
    );
  addAnswerOptions(command, 'policy, keys, certificate or tokens');
  addPolicyOptions(command);
  addRegistryOptions(command);
  addNotes(
    command,
    'A changed policy, key, certificate or token is taken into use when it is good; else the one before is kept, and the log says so. SIGHUP looks at once. SIGTERM or Ctrl-C finishes the requests in flight.\n\nRegistries of this machine or its link (loopback, 169.254.0.0/16) are asked only where a rule names their host; the same holds for plain HTTP.\n\nExample:\n  signet serve --policy policy.yaml --tls-cert tls.crt --tls-key tls.key --host 0.0.0.0',
  );
  addOutputOptions(command);
  onRun<ServeFlags>(command, context, async (_args, flags, io) => (await import('../serve/serve.ts')).serve(flags, io));
}
