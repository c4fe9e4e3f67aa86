export { readWorkload } from './workload/read-workload.js';
export { printDayOfLimits } from './pictures/day-of-limits.js';
export { printFreshForMoney } from './pictures/fresh-for-money.js';
export { printMonthOfMoney } from './pictures/month-of-money.js';
export { printOneWeek } from './pictures/one-week.js';
