/** One thing about a gate of this machine. `problem`: a way in that the gate does not see, or a gate that cannot work; `note`: what to know. */
export interface GateFinding {
  readonly engine: 'containerd' | 'docker';
  readonly state: 'good' | 'note' | 'problem';
  readonly code: GateFindingCode;
  /** One sentence. Texts from files of this machine are in it. */
  readonly text: string;
  readonly remedy?: string;
}

/** What is found, in one stable word. docs/gates.md lists them. */
export type GateFindingCode =
  | 'CONFIG_READ'
  | 'CONFIG_UNREADABLE'
  | 'CONFIG_NEWER'
  | 'ENGINE_OLD'
  | 'PLUGIN_OFF'
  | 'NO_VERIFIERS'
  | 'GATE_MISSING'
  | 'GATE_SKIPPED'
  | 'GATE_BROKEN'
  | 'GATE_READY'
  | 'GATE_LATE'
  | 'WRITABLE'
  | 'LOCAL_PULL'
  | 'OTHER_CLIENTS'
  | 'REMOTE_SOCKET'
  | 'SHARED_SOCKET'
  | 'NOT_LISTED'
  | 'NOT_LOADED'
  | 'WRONG_SPEC'
  | 'GATE_SILENT'
  | 'SWARM'
  | 'LIVE_RESTORE'
  | 'MIRRORS'
  | 'ENGINE_SILENT';

/** The findings about one engine, made in short form. */
export type Find = (state: GateFinding['state'], code: GateFindingCode, text: string, remedy?: string) => GateFinding;

export function finderFor(engine: GateFinding['engine']): Find {
  return (state, code, text, remedy) => ({ engine, state, code, text, ...(remedy === undefined ? {} : { remedy }) });
}
