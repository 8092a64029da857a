import type { Command } from 'commander';
import type { Context } from '../command.ts';
import { defineConvert } from './policy-convert.ts';
import { defineInit } from './policy-init.ts';

/** `signet policy init|…` */
export function define(command: Command, context: Context): void {
  defineInit(command.command('init').summary('write a new trust policy'), context);
  defineConvert(command.command('convert').summary("write another tool's trust policy as Signet's"), context);
}
