extension ReportPage {
  static let style = """
    :root{color-scheme:light dark;--ink:#1f2328;--page:#fff;--muted:#59636e;--line:#d8dee4;--mark:#ffe9a8;--link:#0059b3;\
    --gain:#007f5c;--loss:#b3261e;--blue:0,114,178}
    @media screen and (prefers-color-scheme:dark){:root{--ink:#e6edf3;--page:#0d1117;--muted:#9aa4af;--line:#30363d;\
    --mark:#5c4a00;--link:#79b8ff;--gain:#2fc79a;--loss:#ff8a80;--blue:86,180,233}}
    *{box-sizing:border-box}
    body{margin:0 auto;max-width:62rem;padding:1rem;font:16px/1.5 system-ui,sans-serif;color:var(--ink);\
    background:var(--page);overflow-wrap:break-word}
    h1{font-size:1.6rem;line-height:1.25;margin:.5rem 0}
    h2{font-size:1.25rem;border-bottom:1px solid var(--line);padding-bottom:.25rem;margin-top:2rem}
    h2,h3{break-after:avoid}h3{font-size:1.05rem}a{color:var(--link)}
    nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1rem;list-style:none;margin:0;padding:0}
    .verdict{font-size:1.05rem;border-left:.25rem solid var(--muted);padding-left:.75rem}
    .verdict.gain{border-color:var(--gain)}.verdict.loss{border-color:var(--loss)}.note{color:var(--muted)}
    .scroll{overflow-x:auto}table{border-collapse:collapse;margin:.75rem 0;font-variant-numeric:tabular-nums}
    caption{text-align:left;color:var(--muted);padding-bottom:.25rem}
    th,td{padding:.3rem .55rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
    th:first-child{padding-left:0}tbody th{font-weight:400}.n{text-align:right;white-space:nowrap}
    .shade{background:rgba(var(--blue),calc(var(--shade)*.5));border:1px solid var(--page);print-color-adjust:exact;\
    -webkit-print-color-adjust:exact}
    figure{margin:1rem 0;break-inside:avoid}svg.chart{max-width:calc(100% + 16px);height:auto;\
    display:block;margin-left:-16px}.narrow{display:none}
    .grid{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(340px,100%),1fr));gap:0 1rem}.grid figure{margin:.5rem 0}
    @media(max-width:700px){.wide{display:none}.narrow{display:block}table{font-size:.9rem}th,td{padding:.3rem .4rem}\
    tbody th{min-width:6rem}td:not(.n){min-width:6rem}}
    article{border:1px solid var(--line);border-radius:.5rem;padding:.75rem 1rem;margin:.75rem 0;break-inside:avoid}
    dl{margin:.5rem 0 0}dt{color:var(--muted);font-size:.85rem}dd{margin:0 0 .5rem;overflow-wrap:anywhere}
    .score{font-variant-numeric:tabular-nums}mark{background:var(--mark);color:inherit;border-radius:.2rem;padding:0 .1rem;\
    print-color-adjust:exact;-webkit-print-color-adjust:exact}
    pre,code{font-size:.85rem;overflow-wrap:anywhere}pre{white-space:pre-wrap}td code{word-break:break-all}
    summary{cursor:pointer;color:var(--muted)}:focus-visible{outline:2px solid var(--link);outline-offset:2px}
    @media print{body{max-width:none;padding:0}nav,details{display:none}.wide{display:block}.narrow{display:none}\
    .scroll{overflow:visible}}
    """
}
