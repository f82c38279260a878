import { beforeAll, describe, expect, it } from 'vitest';
import type { Delivery } from '../api/campaign.ts';
import { speak } from '../i18n/locale.svelte.ts';
import { ready } from './texts.ts';
import { outcome, stepName, verbsOf } from './view.ts';

beforeAll(async () => {
  await speak('vi');
  await ready();
});

describe('what can be done to a campaign', () => {
  it('follows its state', () => {
    expect(verbsOf('scheduled')).toEqual(['cancel']);
    expect(verbsOf('running')).toEqual(['pause', 'close', 'cancel']);
    expect(verbsOf('paused')).toEqual(['resume', 'close', 'cancel']);
    expect(verbsOf('completed')).toEqual([]);
    expect(verbsOf('cancelled')).toEqual([]);
  });
});

describe('the ledger', () => {
  it('names the step', () => {
    expect(stepName('d-7')).toBe('7 ngày trước hạn');
    expect(stepName('2.d+14')).toBe('14 ngày sau hạn');
    expect(stepName('soon')).toBe('soon');
  });
  const delivery = (state: Delivery['state'], reason?: string) => ({ state, reason }) as Delivery;
  it('says why', () => {
    expect(outcome(delivery('waiting'))).toBe('Chờ đến giờ gửi');
    expect(outcome(delivery('dropped', 'done_before'))).toBe('Đã học xong trước đó');
    expect(outcome(delivery('dropped', 'a_new_reason'))).toBe('Không gửi');
  });
});
