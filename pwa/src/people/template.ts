import type { Locale } from '../i18n/locale.svelte.ts';

const rows = {
  vi: [
    'thư điện tử,họ tên,mã đơn vị,tên đơn vị,đơn vị cha,vai trò,ngày vào,phụ trách',
    'hanh.nt@coquan.example,Nguyễn Thị Hạnh,van-phong,Văn phòng,,,2024-03-01,x',
    'son.dh@coquan.example,Đỗ Hồng Sơn,cong-nghe,Phòng Công nghệ,van-phong,người viết bài,2025-09-15,',
  ],
  en: [
    'email,name,unit,unit name,parent unit,role,joined,head',
    'hanh.nt@office.example,Nguyễn Thị Hạnh,office,Office,,,2024-03-01,x',
    'son.dh@office.example,Đỗ Hồng Sơn,technology,Technology,office,trainer,2025-09-15,',
  ],
};

// template is a list to begin with; the mark in front tells spreadsheets that it is UTF-8.
export const template = (locale: Locale): string => '\ufeff' + rows[locale].join('\r\n') + '\r\n';
