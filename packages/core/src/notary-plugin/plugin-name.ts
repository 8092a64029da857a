import { PluginError } from '../errors.ts';
import { shown } from '../formats/strict-json.ts';

const namePattern = /^[a-zA-Z0-9_.-]{1,128}$/;
const filePrefix = 'notation-';

/** Where a plugin lies: its program, and the folder that has its name. Rule: wire-formats 9.1. */
export interface PluginPlace {
  readonly name: string;
  /** `…/plugins/NAME` */
  readonly folder: string;
  /** `…/plugins/NAME/notation-NAME`, with `.exe` on Windows */
  readonly path: string;
}

/** A name that cannot lead out of the folder of plugins. @throws {PluginError} PLUGIN_NAME_INVALID */
export function checkPluginName(name: string): string {
  if (namePattern.test(name) && name !== '.' && name !== '..') return name;
  throw new PluginError(
    'PLUGIN_NAME_INVALID',
    `the name of a plugin has letters, digits and _ . - alone (at most 128): ${shown(name)} has not`,
  );
}

/** The file of a plugin of this name. */
export function pluginFileName(name: string, platform: NodeJS.Platform): string {
  return `${filePrefix}${name}${platform === 'win32' ? '.exe' : ''}`;
}

/** The plugin that a file of this name would be; undefined where it would be none. */
export function pluginNameOfFile(file: string, platform: NodeJS.Platform): string | undefined {
  const ending = platform === 'win32' ? '.exe' : '';
  if (!file.startsWith(filePrefix) || !file.endsWith(ending)) return undefined;
  const name = file.slice(filePrefix.length, file.length - ending.length);
  return namePattern.test(name) && name !== '.' && name !== '..' ? name : undefined;
}
