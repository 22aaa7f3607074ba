/** ECS shows what it was told a little later: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html */
const CONSISTENCY_WINDOW_MS = 5_000

/**
 * To be awaited before looking for what an earlier attempt may have done. Counted from now, whenever that was: clocks differ
 * and are set, and a request of a dead process may still have been under way.
 */
export async function untilConsistent(driver: { elapsed: number; pause(ms: number): Promise<void> }): Promise<void> {
  const until = driver.elapsed + CONSISTENCY_WINDOW_MS
  while (driver.elapsed < until) await driver.pause(until - driver.elapsed)
}
