/** Of the report: both colour schemes, tables that scroll on narrow screens. */
export const styleSheet = `
:root { color-scheme: light dark; }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 960px; margin: 0 auto; padding: 24px 16px 64px; }
h1 { font-size: 1.6rem; margin: 0; }
h2 { font-size: 1.25rem; margin: 48px 0 8px; border-top: 1px solid #8885; padding-top: 24px; }
.machine, caption { color: #777; font-size: 0.85rem; text-align: left; }
nav { display: flex; flex-wrap: wrap; gap: 4px 16px; font-size: 0.9rem; }
figure { margin: 24px 0; }
figure svg { max-width: 100%; height: auto; }
figcaption { font-weight: 600; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 14px; list-style: none; padding: 0; margin: 4px 0; font-size: 0.8rem; }
.legend span { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin-right: 5px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.82rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
th, td { padding: 4px 10px 4px 0; text-align: right; border-bottom: 1px solid #8883; }
th:first-child, td:first-child { text-align: left; }
#claims td { text-align: left; white-space: normal; }
.missing { color: #b35c00; }
`;
