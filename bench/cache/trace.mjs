// Finds the longest task of the main thread in the browser's own trace.

const categories = ['toplevel', 'blink.user_timing'];

/**
 * Runs `task` while `page` is traced. Resolves to the result of `task`, and to the longest task between the marks of the page, in ms:
 * `longest` by the clock, and `busiest` by processor time, which other programs do not lengthen.
 */
export async function longestTask(page, task) {
  const session = await page.context().newCDPSession(page);
  const events = [];
  session.on('Tracing.dataCollected', ({ value }) => events.push(...value.filter(({ name }) => wanted(name))));
  const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
  await session.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig: { includedCategories: categories } });
  const result = await task();
  await session.send('Tracing.end');
  await complete;
  await session.detach();
  return { ...longestBetweenMarks(events), result };
}

function wanted(name) {
  return name === 'ThreadControllerImpl::RunTask' || name.startsWith('bench: ');
}

function longestBetweenMarks(events) {
  const mark = (name) => events.find((event) => event.name === name);
  const [begin, end] = [mark('bench: begin'), mark('bench: end')];
  if (!begin || !end) throw new Error('trace: expected the marks of a page, got none');
  // Timestamps and durations are in microseconds.
  const tasks = events.filter(
    ({ name, pid, tid, ts, dur }) =>
      name === 'ThreadControllerImpl::RunTask' && pid === begin.pid && tid === begin.tid && ts < end.ts && ts + dur > begin.ts,
  );
  if (tasks.length === 0) throw new Error('trace: expected tasks, got none');
  const most = (field) => Math.max(...tasks.map((task) => task[field] ?? 0)) / 1000;
  return { longest: most('dur'), busiest: most('tdur') };
}
