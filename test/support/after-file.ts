import { afterAll } from 'vitest';
import { removeLeftTempDirs } from './temp.ts';

// Vitest runs this file before each test file, also where files share a worker and its modules (`npm run check`).
afterAll(removeLeftTempDirs);
