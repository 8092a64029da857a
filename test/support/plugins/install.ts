import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeChain, type TestKeyKind } from '../certificates.ts';
import type { PluginSetup } from './good-plugin.ts';

const program: string = fileURLToPath(new URL('./run.ts', import.meta.url));

/** The text of a program that is this plugin. */
export function pluginScript(setup: PluginSetup): string {
  const lines = [
    `#!${process.execPath}`,
    `const { runAsPlugin } = await import(${JSON.stringify(program)});`,
    `await runAsPlugin(${JSON.stringify(setup)});`,
  ];
  return `${lines.join('\n')}\n`;
}

/** Writes a plugin as a program of its own; gives its path. */
export function writePlugin(folder: string, setup: PluginSetup, file = `notation-${setup.name}`): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, file);
  writeFileSync(path, pluginScript(setup), { mode: 0o755 });
  return path;
}

/** Puts a plugin where notation looks for it. */
export function installTestPlugin(notationFolder: string, setup: PluginSetup): string {
  return writePlugin(join(notationFolder, 'plugins', setup.name), setup);
}

/** A key and its chain as files, by the names of the plugin's settings. */
export interface PluginKey {
  readonly config: { readonly keyFile: string; readonly chainFile: string };
  readonly ders: readonly Uint8Array[];
  readonly rootPem: string;
}

/** Makes them. */
export function writePluginKey(folder: string, kind: TestKeyKind = 'ec-256', name = 'plugin'): PluginKey {
  const subject = `C=US,ST=WA,L=Seattle,O=Notary,CN=${name}`;
  const { leaf, all, ders, root } = makeChain({ leaf: { key: kind, subject } });
  mkdirSync(folder, { recursive: true });
  const config = { keyFile: join(folder, `${name}.key`), chainFile: join(folder, `${name}.crt`) };
  writeFileSync(config.keyFile, leaf.keyPem);
  writeFileSync(config.chainFile, all.map(({ pem }) => pem).join(''));
  return { config, ders, rootPem: root.pem };
}
