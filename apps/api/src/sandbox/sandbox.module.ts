import { Body, Controller, HttpCode, Inject, Module, Post, type DynamicModule } from '@nestjs/common';
import { DAY, formatInstant, parseDuration } from '@freshet/domain';
import { z } from 'zod';
import { Public } from '../http/access.js';
import type { ClockWalk } from './walk-clock.js';

const CLOCK_WALK = Symbol('ClockWalk');

/** A walk answers when it is over: a longer way is walked in several requests. */
const MAX_ADVANCE_MS = 31 * DAY;

const advanceBody = z.strictObject({
  advance: z.string().transform((text, context) => {
    const ms = parseDuration(text);
    if (ms !== undefined && ms > 0 && ms <= MAX_ADVANCE_MS) return ms;
    context.addIssue('must be an ISO-8601 duration such as PT3H, more than nothing and at most P31D');
    return z.NEVER;
  }),
});

/** Sandbox mode only: moves the clock of the service and of the emulator. */
@Controller('sandbox')
export class SandboxController {
  constructor(@Inject(CLOCK_WALK) private readonly walk: ClockWalk) {}

  @Post('clock')
  @HttpCode(200)
  @Public()
  async advance(@Body({ schema: advanceBody }) body: z.infer<typeof advanceBody>): Promise<{ readonly now: string }> {
    return { now: formatInstant(await this.walk.advance(body.advance)) };
  }
}

@Module({})
export class SandboxModule {}

export const sandboxModule = (walk: ClockWalk): DynamicModule => ({
  module: SandboxModule,
  controllers: [SandboxController],
  providers: [{ provide: CLOCK_WALK, useValue: walk }],
});
