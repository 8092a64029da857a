import { type Command, Option } from 'commander';
import { type Context, onRun } from '../command.ts';
import { addNotes } from '../notes.ts';
import { collect, parseInteger } from '../options/duration.ts';
import { addOutputOptions } from '../options/output.ts';
import { addPluginConfigOption, addPolicyOptions } from '../options/policy.ts';
import { addRegistryOptions } from '../options/registry.ts';
import { addAnswerOptions, addServerStateOption } from '../options/serving.ts';
import { parseSize } from '../options/size.ts';
import type { ProxyFlags } from '../proxy/flags.ts';

const defaultCacheSize = '10GiB';

/** `signet proxy serve` */
export function defineServe(command: Command, context: Context): void {
  command
    .description(
      'Serves the images of other registries for pulling: a manifest is given when the policy lets it pass, a tag means the digest that was verified, blobs are checked while they stream.',
    )
    .option(
      '--upstream <[name=]url>',
      'a registry behind the proxy: https://registry.example; repeatable with names (hub=https://docker.io), which begin the paths that lead there',
      collect,
    )
    .option('--host <address>', 'address to listen on; without a certificate only one of this machine', '127.0.0.1')
    .addOption(new Option('--port <n>', 'port; 0 takes a free one').argParser(parseInteger(0, 65_535)).default(5000))
    .optionsGroup('Access:')
    .option('--tls-cert <file>', 'PEM certificate chain: serve HTTPS (with --tls-key)')
    .option('--tls-key <file>', 'PEM private key of the certificate')
    .option('--client-ca <file>', 'PEM certificates of who issues client certificates; such a client may pull')
    .option('--htpasswd <file>', 'accounts that may pull (bcrypt: htpasswd -B)')
    .option('--token', 'hand out tokens at /token, as large registries do (with --htpasswd)')
    .option('--allow-anonymous', 'let everybody pull who reaches the address; on this machine nobody is asked anyway')
    .option('--metrics-token-file <file>', 'bearer tokens for /metrics, one a line')
    .optionsGroup('Cache:')
    .option('--cache <dir>', 'keep what was checked in this folder')
    .addOption(
      new Option('--cache-size <size>', 'of all that is kept: 512MiB, 10GiB')
        .argParser(parseSize)
        .default(parseSize(defaultCacheSize), defaultCacheSize),
    );
  addAnswerOptions(command, 'policy, keys, certificate or accounts');
  addPolicyOptions(command);
  addPluginConfigOption(command);
  addServerStateOption(command);
  addRegistryOptions(command);
  addNotes(
    command,
    "Rules name images as the registries behind the proxy do, not by the proxy's address. Registries of this machine or its link, and such of http://, are asked only where a rule names their host. Clients' credentials never go on to a registry: the proxy logs in by its own (signet login, --registry-config).\n\nA changed policy, key, certificate or account file is taken into use when it is good; else the one before is kept, and the log says so. SIGHUP looks at once. SIGTERM or Ctrl-C finishes the requests in flight.\n\nExample:\n  signet proxy serve --upstream https://registry.example --policy policy.yaml",
  );
  addOutputOptions(command);
  onRun<ProxyFlags>(command, context, async (_args, flags, io) =>
    (await import('../proxy/serve.ts')).serveProxy(flags, io),
  );
}
