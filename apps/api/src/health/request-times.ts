const NAME = 'freshet_http_request_duration_seconds';
/** Upper bounds of the buckets, in seconds; the last bucket has none. */
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

interface Times {
  readonly labels: string;
  readonly inBucket: number[];
  sum: number;
}

const bucketOf = (seconds: number): number => {
  const found = BOUNDS.findIndex((bound) => seconds <= bound);
  return found === -1 ? BOUNDS.length : found;
};

const linesOf = ({ labels, inBucket, sum }: Times): readonly string[] => {
  let below = 0;
  const buckets = inBucket.map((count, index) => {
    below += count;
    return `${NAME}_bucket{${labels},le="${BOUNDS[index] ?? '+Inf'}"} ${below}`;
  });
  return [...buckets, `${NAME}_sum{${labels}} ${sum}`, `${NAME}_count{${labels}} ${below}`];
};

/**
 * The histogram of request durations. Written by hand because it moves with every request: the library's own costs as
 * much as reading the request's body. Routes are patterns and statuses are ours, so there are few series.
 */
export class RequestTimes {
  private readonly series = new Map<string, Times>();

  observe(method: string, route: string, status: number, seconds: number): void {
    const key = `${method} ${status} ${route}`;
    const times = this.series.get(key) ?? this.begin(key, `method="${method}",route="${route}",status="${status}"`);
    const bucket = bucketOf(seconds);
    times.inBucket[bucket] = (times.inBucket[bucket] ?? 0) + 1;
    times.sum += seconds;
  }

  /** In the text format of Prometheus. */
  text(): string {
    const head = [`# HELP ${NAME} From the head of a request to the end of its answer`, `# TYPE ${NAME} histogram`];
    return `${[...head, ...[...this.series.values()].flatMap(linesOf)].join('\n')}\n`;
  }

  private begin(key: string, labels: string): Times {
    const times = { labels, inBucket: Array.from({ length: BOUNDS.length + 1 }, () => 0), sum: 0 };
    this.series.set(key, times);
    return times;
  }
}
