import { shortTests } from './short.js';
import { inEngine } from './visits.js';

await inEngine('chromium', shortTests);
