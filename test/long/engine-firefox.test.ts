import { fullTests } from '../e2e/engines/full.js';
import { inEngine } from '../e2e/engines/visits.js';

await inEngine('firefox', fullTests);
