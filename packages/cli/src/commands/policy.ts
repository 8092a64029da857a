import type { Command } from 'commander';
import type { Context } from '../command.ts';
import { defineCheck } from './policy-check.ts';
import { defineConvert } from './policy-convert.ts';
import { defineExplain } from './policy-explain.ts';
import { defineInit } from './policy-init.ts';
import { defineShow } from './policy-show.ts';
import { defineSigner } from './policy-signer.ts';
import { defineTest } from './policy-test.ts';

/** `signet policy init|check|explain|test|show|convert|signer` */
export function define(command: Command, context: Context): void {
  defineInit(command.command('init').summary('write a new trust policy'), context);
  defineConvert(command.command('convert').summary("write another tool's trust policy as Signet's"), context);
  defineCheck(command.command('check').summary('find what is wrong with a policy'), context);
  defineExplain(command.command('explain').summary('say which rule decides about an image, and why'), context);
  defineTest(command.command('test').summary('judge tables of cases by a policy'), context);
  defineShow(command.command('show').summary('show a policy as it works'), context);
  defineSigner(command.command('signer').summary('let somebody sign, or nobody any more'), context);
}
