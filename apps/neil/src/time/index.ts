/**
 * `@good-place/neil/time`: how Neil reads and cuts time: moments, stretches, durations, periods, days.
 */
export { dateAt, dayBegins, days, type Here, zoned } from "./calendar.js";
export { durationText, parseDuration } from "./duration.js";
export { type Moment, momentWithin, parseMoment, type Stretch, takeStretch } from "./moment.js";
export { PERIOD_NAMES, type Period, parsePeriod } from "./period.js";
export { checkZone } from "./zone.js";
