import { type CelEnv, type CelFunc, CelScalar, celEnv, celFunc } from '@bufbuild/cel';
import { conversionFunctions } from './conversions.ts';
import { listFunctions } from './lists.ts';
import { Meter } from './meter.ts';
import { compilePattern, type Pattern } from './patterns.ts';
import { stringFunctions } from './strings.ts';
import { timeFunctions } from './time-functions.ts';

/** The library's evaluator with our functions in place of those of its own that cannot be bounded, or give no exact answer. */
export interface Machine {
  readonly env: CelEnv;
  readonly meter: Meter;
  /** Before each evaluation: nothing of the one before is left. */
  readonly start: () => void;
}

/** Evaluation is synchronous, and no function calls back into it: one machine serves all conditions, one after another. */
export function createMachine(): Machine {
  const meter = new Meter();
  // Automata grow with what they have seen: they live as long as one evaluation.
  const patterns = new Map<string, Pattern>();
  const patternOf = (text: string): Pattern => {
    const pattern = patterns.get(text) ?? compilePattern(text);
    patterns.set(text, pattern);
    return pattern;
  };
  const funcs: CelFunc[] = [
    tick(meter),
    ...stringFunctions(meter, patternOf),
    ...listFunctions(meter),
    ...conversionFunctions(meter),
    ...timeFunctions(),
  ];
  const start = (): void => {
    meter.start();
    patterns.clear();
  };
  return { env: celEnv({ funcs }), meter, start };
}

/** What `instrument` puts before each turn of a loop. */
function tick(meter: Meter): CelFunc {
  return celFunc('@tick', [CelScalar.INT], CelScalar.BOOL, (steps) => {
    meter.charge(Number(steps));
    return true;
  });
}
