/** Of the report: both colour schemes; tables and wide pictures scroll on narrow screens. */
export const styleSheet = `
:root { color-scheme: light dark; --page: light-dark(#ffffff, #14171c); --ink: light-dark(#1b1f24, #e4e6ea); --faint: light-dark(#656d76, #9aa3ad); --line: light-dark(#d8dee4, #2e343c); --accent: light-dark(#0072b2, #4ea8de); --warning: light-dark(#a04a00, #f0a35e); }
body { margin: 0; font: 16px/1.55 system-ui, sans-serif; color: var(--ink); background: var(--page); }
main { max-width: 1000px; margin: 0 auto; padding: 32px 16px 64px; }
h1 { font-size: 1.8rem; line-height: 1.2; margin: 0 0 4px; }
h2 { font-size: 1.35rem; margin: 56px 0 8px; border-top: 1px solid var(--line); padding-top: 24px; }
p { max-width: 46rem; }
a { color: var(--accent); }
.machine, caption { color: var(--faint); font-size: 0.85rem; text-align: left; }
.machine { max-width: none; margin: 0 0 12px; }
nav { display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 0.9rem; }
figure { margin: 28px 0; min-width: 0; }
figure svg { display: block; min-width: 620px; max-width: 100%; height: auto; --plot-background: var(--page); }
figcaption { font-weight: 600; margin-bottom: 6px; }
figcaption small { display: block; font-weight: 400; color: var(--faint); }
.side-by-side svg { min-width: 320px; }
.side-by-side { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 0 32px; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 14px; list-style: none; padding: 0; margin: 4px 0; font-size: 0.8rem; }
.legend span { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin-right: 5px; }
.verdict { border-left: 3px solid var(--accent); padding: 4px 0 4px 28px; margin: 16px 0; max-width: 46rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.82rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
caption { padding-bottom: 4px; }
th { color: var(--faint); font-weight: 600; vertical-align: bottom; white-space: normal; }
th, td { padding: 5px 12px 5px 0; text-align: right; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; }
#claims table { width: 100%; }
#claims th, #claims td { text-align: left; vertical-align: top; white-space: normal; }
.missing { color: var(--warning); }
`;
