import type { Command } from 'commander';
import type { Context } from '../command.ts';
import { defineInstall } from './plugin-install.ts';
import { defineList } from './plugin-list.ts';
import { defineUninstall } from './plugin-uninstall.ts';

/** `signet plugin list|install|uninstall` */
export function define(command: Command, context: Context): void {
  defineList(command.command('list').summary('show the plugins that are installed'), context);
  defineInstall(command.command('install').summary('install a plugin from a file, a folder or an address'), context);
  defineUninstall(command.command('uninstall').summary('remove plugins'), context);
}
