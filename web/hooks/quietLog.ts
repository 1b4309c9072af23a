import { getLogger, LoggerNames, LogLevel } from "livekit-client";

/**
 * LiveKit's client writes a dozen lines of each call into everybody's console; what goes wrong is
 * enough. Only the level it begins with is set: nothing is stored, and one that was asked for with
 * its `setLogLevel` stays.
 */
export function quietLog(): void {
  getLogger(LoggerNames.Default).setDefaultLevel(LogLevel.warn);
}
