// visit counts the visits to the list of courses: whoever comes from it reads the draft anew.
export const visit = { n: 0 };
