import { type Command, Option } from 'commander';
import { parseDuration, parseInteger } from './duration.ts';

/** What {@link addRegistryOptions} produces. */
export interface RegistryFlags {
  readonly plainHttp?: boolean;
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly insecureSkipTlsVerify?: boolean;
  readonly registryConfig?: string;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly concurrency?: number;
}

/** How registries are reached: `--plain-http`, `--ca-file`, `--registry-config`, … */
export function addRegistryOptions(command: Command): Command {
  return command
    .optionsGroup('Registry:')
    .option('--plain-http', 'HTTP without TLS (loopback registries: by default)')
    .option('--ca-file <file>', 'PEM certificates that registries are trusted by, in place of those of the system')
    .option('--cert-file <file>', 'PEM client certificate (with --key-file)')
    .option('--key-file <file>', 'PEM private key of the client certificate')
    .option('--insecure-skip-tls-verify', 'DANGER: talk to whoever answers; certificates are not checked')
    .option(
      '--registry-config <file>',
      "docker's config.json with logins (default: DOCKER_CONFIG, then podman's auth.json)",
    )
    .addOption(
      new Option('--timeout <duration>', 'time limit of one reference: 500ms, 30s, 2m').argParser(parseDuration),
    )
    .addOption(
      new Option('--concurrency <n>', 'references and requests in flight (default: 32)').argParser(
        parseInteger(1, 256),
      ),
    );
}
