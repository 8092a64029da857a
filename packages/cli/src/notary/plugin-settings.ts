import { CliError } from '../errors.ts';

/** `--plugin-config`, each `NAME=VALUE`. @throws {CliError} USAGE */
export function parseSettings(texts: readonly string[]): Readonly<Record<string, string>> {
  const settings = new Map<string, string>();
  for (const text of texts) {
    const at = text.indexOf('=');
    const name = text.slice(0, at);
    if (at < 1) throw new CliError('USAGE', '--plugin-config NAME=VALUE is wanted');
    if (settings.has(name)) throw new CliError('USAGE', `--plugin-config ${name} is given twice`);
    settings.set(name, text.slice(at + 1));
  }
  return Object.fromEntries(settings);
}
