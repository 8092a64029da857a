import type { Command } from 'commander';
import type { Context } from '../command.ts';
import { defineConvert } from './key-convert.ts';
import { defineGenerate } from './key-generate.ts';
import { defineShow } from './key-show.ts';

/** `signet key generate|show|convert` */
export function define(command: Command, context: Context): void {
  defineGenerate(command.command('generate').summary('make a key pair'), context);
  defineShow(command.command('show').summary('show what a key file holds'), context);
  defineConvert(command.command('convert').summary('write a key in another form'), context);
}
