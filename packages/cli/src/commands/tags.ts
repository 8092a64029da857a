import type { Command } from 'commander';
import type { Context } from '../command.ts';
import { defineExport } from './tags-export.ts';
import { defineGc } from './tags-gc.ts';
import { defineImport } from './tags-import.ts';
import { defineImportDct } from './tags-import-dct.ts';
import { defineInit } from './tags-init.ts';
import { defineInspect } from './tags-inspect.ts';
import { defineList } from './tags-list.ts';
import { defineLog } from './tags-log.ts';
import { definePublish } from './tags-publish.ts';
import { defineRebuild } from './tags-rebuild.ts';
import { defineRefresh } from './tags-refresh.ts';
import { defineRemove } from './tags-remove.ts';
import { defineRevoke } from './tags-revoke.ts';
import { defineState } from './tags-state.ts';
import { defineStatus } from './tags-status.ts';

/** `signet tags …` */
export function define(command: Command, context: Context): void {
  defineInit(command.command('init').summary('begin: write the first catalogue of a repository'), context);
  definePublish(command.command('publish').summary('put what is recorded into the catalogue'), context);
  defineRefresh(command.command('refresh').summary('sign catalogues anew before they expire'), context);
  defineStatus(command.command('status').summary('say whether there is anything to do'), context);
  defineList(command.command('list').summary('show what every tag of a repository is, and who says so'), context);
  defineInspect(command.command('inspect').summary('show all about one tag: statements, and what it was'), context);
  defineLog(command.command('log').summary('show who made which tag what, and when'), context);
  defineRemove(command.command('remove').summary('take a tag out of the catalogue'), context);
  defineRevoke(command.command('revoke').summary('deny a digest for good'), context);
  defineGc(command.command('gc').summary('remove what is not needed any more from the journal'), context);
  defineRebuild(command.command('rebuild').summary('make a catalogue anew after a disaster'), context);
  defineExport(command.command('export').summary('take a catalogue out, into a layout on disk'), context);
  defineImport(command.command('import').summary('bring a catalogue in that was taken out'), context);
  defineImportDct(command.command('import-dct').summary('bring tags over from Docker Content Trust'), context);
  defineState(command.command('state').summary('show or forget what this client remembers'), context);
}
