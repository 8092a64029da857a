import type { Gathering } from './gathering.ts';
import type { InputKind } from './inventory.ts';
import type { CustomPaths } from './kubernetes/kind-table.ts';
import type { WorkloadLimits } from './limits.ts';
import type { PlaceFinder } from './place.ts';

/** How an input is read. */
export interface ReadOptions {
  /** Its name: in places, and for what it is taken for. */
  readonly file: string;
  /** `auto`, the default: by the name, else by the text; YAML documents by what they hold. */
  readonly kind?: 'auto' | InputKind;
  /** Where further kinds of Kubernetes objects hold images. */
  readonly customPaths?: CustomPaths;
  /** Values of a Dockerfile's ARGs (`docker build --build-arg`). */
  readonly buildArgs?: Readonly<Record<string, string>>;
  /** What a Compose file's variables are taken from; nothing else is. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly limits?: Partial<WorkloadLimits>;
}

/** What every reader is given. */
export interface ReadContext {
  readonly text: string;
  readonly options: ReadOptions;
  readonly limits: WorkloadLimits;
  readonly places: PlaceFinder;
  readonly gathering: Gathering;
  readonly kinds: Set<InputKind>;
}
