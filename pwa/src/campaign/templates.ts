import type { CampaignItem, Plan } from '../api/campaign.ts';
import type { Text } from '../i18n/locale.svelte.ts';

// Template is what a campaign can start from. Items that this organisation has not published are left out.
export interface Template {
  id: string;
  name: Text;
  what: Text;
  goal: Text;
  items: CampaignItem[];
  days: number; // from the start to about the due day
  joinedDays?: number; // for those who joined within so many days, and whoever joins
  plan?: Partial<Plan>;
}

export const templates: Template[] = [
  {
    id: 'yearly',
    name: { vi: 'An toàn thông tin hằng năm', en: 'Yearly security refresher' },
    what: { vi: 'Ai cũng học lại mỗi năm một lần, kèm một bài thực hành.', en: 'Everybody learns again once a year, with one drill.' },
    goal: {
      vi: 'Mỗi người nhận ra thư lừa đảo, biết báo cho ai và giữ được tài khoản của mình.',
      en: 'Everybody recognises a scam, knows whom to tell, and keeps their accounts safe.',
    },
    items: [
      { kind: 'course', id: 'phishing-basics', required: true },
      { kind: 'course', id: 'passwords-mfa-sim', required: true },
      { kind: 'drill', id: 'monday-inbox', required: false },
    ],
    days: 28,
    plan: { recurrence: 12 },
  },
  {
    id: 'joiners',
    name: { vi: 'Người mới vào cơ quan', en: 'New joiners' },
    what: {
      vi: 'Ai mới vào cũng được giao ngay, có ít nhất năm ngày làm việc.',
      en: 'Whoever joins gets it at once, with at least five working days.',
    },
    goal: { vi: 'Người mới làm việc an toàn ngay từ tuần đầu.', en: 'New colleagues work safely from their first week.' },
    items: [
      { kind: 'course', id: 'passwords-mfa-sim', required: true },
      { kind: 'course', id: 'phishing-basics', required: true },
    ],
    days: 90,
    joinedDays: 30,
  },
  {
    id: 'warning',
    name: { vi: 'Cảnh báo khẩn: đang có lừa đảo', en: 'Urgent warning: a scam is going round' },
    what: {
      vi: 'Một bài ngắn trong một tuần, nhắc sớm và báo người phụ trách sớm.',
      en: 'One short course within a week, with early reminders and early word to heads.',
    },
    goal: {
      vi: 'Trong một tuần, mọi người biết dấu hiệu của đợt lừa đảo này và biết báo ngay.',
      en: 'Within a week everybody knows the signs of this scam and reports it at once.',
    },
    items: [{ kind: 'course', id: 'phishing-basics', required: true }],
    days: 7,
    plan: {
      graceDays: 14,
      reminders: { offsets: [-3, -1, 1, 3, 7], holdOut: 0 },
      escalation: [
        { day: -2, below: 50, to: 'head' },
        { day: 1, below: 0, to: 'head' },
        { day: 3, below: 0, to: 'parent' },
      ],
    },
  },
  {
    id: 'skills',
    name: { vi: 'Tháng kỹ năng số', en: 'Digital-skills month' },
    what: {
      vi: 'Mỗi tuần mở một phần: kiểm chứng tin, tài khoản, rồi thực hành.',
      en: 'A part opens every week: verify news, accounts, then a drill.',
    },
    goal: {
      vi: 'Mỗi người kiểm chứng được thông tin và giữ được tài khoản khi làm việc trên mạng.',
      en: 'Everybody verifies information and keeps their accounts safe when working online.',
    },
    items: [
      { kind: 'course', id: 'find-and-verify', required: true },
      { kind: 'course', id: 'passwords-mfa-sim', required: true, opensAfter: { days: 7 } },
      { kind: 'drill', id: 'monday-inbox', required: false, opensAfter: { days: 14 } },
    ],
    days: 30,
  },
  {
    id: 'practice',
    name: { vi: 'Thực hành nhận biết lừa đảo', en: 'Practise spotting scams' },
    what: { vi: 'Chỉ bài thực hành, mười phút, không chấm điểm ai.', en: 'A drill alone, ten minutes, nobody is marked.' },
    goal: {
      vi: 'Mỗi người tập báo một thư đáng ngờ, và thấy việc đó dễ.',
      en: 'Everybody practises reporting a suspicious message, and finds it easy.',
    },
    items: [{ kind: 'drill', id: 'monday-inbox', required: true }],
    days: 14,
    plan: { escalation: [] },
  },
];
