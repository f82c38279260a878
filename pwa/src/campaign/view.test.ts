import { beforeAll, describe, expect, it } from 'vitest';
import type { CampaignState, Delivery } from '../api/campaign.ts';
import { speak } from '../i18n/locale.svelte.ts';
import { ready } from './texts.ts';
import { escalationLine, outcome, stepName, verbsOf, whoLines } from './view.ts';

beforeAll(async () => {
  await speak('vi');
  await ready();
});

describe('what can be done to a campaign', () => {
  const can = (state: CampaignState, me = 'me') => verbsOf({ state, authors: ['author'] }, me);
  it('follows its state', () => {
    expect(can('draft')).toEqual(['submit', 'cancel']);
    expect(can('approved')).toEqual(['schedule', 'return', 'cancel']);
    expect(can('scheduled')).toEqual(['cancel']);
    expect(can('running')).toEqual(['pause', 'close', 'cancel']);
    expect(can('paused')).toEqual(['resume', 'close', 'cancel']);
    expect(can('closing')).toEqual(['close']);
    expect(can('completed')).toEqual(['archive']);
    expect(can('archived')).toEqual([]);
    expect(can('cancelled')).toEqual([]);
  });
  it('lets only a second person approve', () => {
    expect(can('in_review')).toEqual(['approve', 'return', 'cancel']);
    expect(can('in_review', 'author')).toEqual(['cancel']);
  });
});

describe('a plan in words', () => {
  const name = (id: string) => ({ u: 'Phòng A', g: 'Nhóm B' })[id] ?? id;
  it('says for whom it is', () => {
    expect(whoLines({ units: [] }, name)).toEqual(['Toàn cơ quan']);
    expect(whoLines({ units: ['u'], cohorts: ['g'], roles: ['trainer'], exclude: { units: ['u'] } }, name)).toEqual([
      'Phòng A',
      'Nhóm B',
      'Chỉ người có vai trò: Người viết bài',
      'Trừ Phòng A',
    ]);
    expect(whoLines({ units: [], rule: { units: [], joinedFrom: '2026-03-01' } }, name)).toEqual(['Người vào làm từ 1/3/2026']);
  });
  it('says who is told when a unit is behind', () => {
    expect(escalationLine({ day: -3, below: 70, to: 'head' })).toBe('3 ngày trước hạn: báo người phụ trách đơn vị nếu dưới 70% xong');
    expect(escalationLine({ day: 0, below: 0, to: 'owner' })).toBe('đúng ngày hạn: báo người lập chiến dịch nếu chưa đạt mục tiêu');
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
    expect(outcome(delivery('sent', 'unsure'))).toBe('Đã chuyển đi, chưa rõ có đến không');
    expect(outcome(delivery('dropped', 'done_before'))).toBe('Đã học xong trước đó');
    expect(outcome(delivery('dropped', 'a_new_reason'))).toBe('Không gửi');
  });
});
