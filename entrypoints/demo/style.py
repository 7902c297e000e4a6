"""The style of the page: the system's own fonts, light and dark, and one column on a phone.

Gradio rewrites each rule. It loses a border that a variable gives if one of its sides is set too.
"""

STYLE = """
.gradio-container { width: 100% !important; max-width: min(1120px, 100vw) !important; margin: 0 auto !important; }
footer { display: none !important; }
:root { --quiet: #4b5563; --for: 22, 121, 84; --against: 180, 50, 40; --bar: #2b6ea3;
  --rest: #9aa7b4; --line: #1f2937; }
.dark { --quiet: #b6bdc7; --for: 84, 204, 150; --against: 240, 128, 114; --bar: #62a9de;
  --rest: #66727f; --line: #fff; --color-accent: #38bdf8; --slider-color: #38bdf8; }
:focus-visible { outline: 2px solid var(--bar) !important; outline-offset: 1px; }
.min_value, .max_value { color: var(--quiet) !important; }
header h1 { font-size: 1.7rem; font-weight: 650; letter-spacing: -.01em; margin: .4rem 0 0; }
header .note { margin: .2rem 0 .4rem; }
.note { color: var(--quiet) !important; font-size: .9em; margin: .5rem 0; }
.note:has(.right) { display: flex; flex-wrap: wrap; justify-content: space-between; column-gap: 1rem; }
.note a { margin: 0 !important; padding: 0 !important; color: inherit; }
.note.warning { color: inherit !important; border-left: 4px solid rgb(var(--against)); padding-left: .6rem; }
.note .right { white-space: nowrap; margin-left: auto; }
.note .key { display: inline-block; width: 2px; height: 1em; vertical-align: -.15em; background: var(--line); }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.html-container { padding: 0 !important; }

.answer { border: 1px solid color-mix(in srgb, var(--bar) 45%, transparent); border-left: 5px solid var(--bar);
  border-radius: .5rem; padding: .8rem 1rem; background: color-mix(in srgb, var(--bar) 6%, transparent); }
.answer p.say { font-size: 1.2rem; line-height: 1.45; margin: 0 0 .15rem; }
.answer p.say b { font-weight: 700; }
.answer p.say span { color: var(--quiet); font-size: .8em; }
.answer p.note { margin: 0 0 .5rem; }
.answer p.of { font-weight: 650; margin: .6rem 0 .1rem; }
.answer ul.opinion { margin: 0; padding-left: 1.1rem; line-height: 1.55; }
.answer .buttons { display: flex; flex-wrap: wrap; gap: .5rem; margin-top: .7rem; }
#paper-answer { scroll-margin-top: .7rem; }
button.copy { margin: 0 !important; line-height: 1.4; border: 1px solid var(--quiet); border-radius: .4rem;
  padding: .3rem .8rem; min-height: 2.25rem; background: transparent; color: inherit; font: inherit;
  font-size: .92em; cursor: pointer; }
button.copy:hover { background: color-mix(in srgb, var(--bar) 14%, transparent); }
.answer .old-note:empty { display: none; }
.answer .old-note { font-weight: 650; margin: 0 0 .5rem; }
.answer.old { border-style: dashed; border-left-style: dashed; border-color: rgb(var(--against));
  background: transparent; }
.answer.old p.say { text-decoration: line-through; text-decoration-thickness: 1px; }
.note.keys { margin: -.5rem 0 0; text-align: center; }
kbd { font: inherit; font-size: .92em; border: 1px solid var(--rest); border-radius: .25rem; padding: 0 .3rem; }
details.known, details.method, details.rest { font-size: .9em; margin: .3rem 0; }
details.known > summary, details.method > summary, details.rest > summary { cursor: pointer; color: var(--quiet);
  text-decoration: underline; text-underline-offset: 3px; padding: .25rem 0; width: fit-content; }
details.known p, details.method p { color: var(--quiet); margin: .3rem 0; line-height: 1.5; }
.failed { color: rgb(var(--against)); font-style: normal; }

ul.bars { list-style: none; padding: 0; margin: 0; display: grid; gap: .2rem; }
ul.bars > li { margin: 0; padding: .35rem .5rem; border-radius: .5rem; }
ul.bars > li.passes { background: color-mix(in srgb, var(--bar) 9%, transparent); }
.bar summary { list-style: none; cursor: pointer; border-radius: .3rem; }
.bar summary::-webkit-details-marker { display: none; }
.bar summary .head span::after { content: " \\25BE"; opacity: .6; }
.bar details[open] summary .head span::after { content: " \\25B4"; }
.bar summary:focus-visible { outline-offset: 3px !important; }
.bar details p { font-size: .9em; color: var(--quiet); margin: .5rem 0 .2rem; line-height: 1.5; }
.bar .head { display: flex; column-gap: .6rem; align-items: baseline; flex-wrap: wrap; }
.bar .head span { color: var(--quiet); font-size: .92em; }
.bar em { margin-left: auto; font-style: normal; font-variant-numeric: tabular-nums; }
.bar.passes em { font-weight: 600; }
.bar .role { font-style: normal; font-size: .8em; border: 1px solid currentColor; border-radius: .8rem;
  padding: 0 .45rem; white-space: nowrap; }
.bar.below b, .bar.below em { font-weight: 400; color: var(--quiet); }
.track { position: relative; height: .55rem; border-radius: .3rem; margin-top: .3rem;
  background: color-mix(in srgb, var(--rest) 25%, transparent); }
.fill { height: 100%; border-radius: .3rem; background: var(--bar); min-width: 2px; }
.bar.below .fill { background: var(--rest); }
.cut { position: absolute; top: -.2rem; bottom: -.2rem; width: 2px; margin-left: -1px; opacity: .8;
  background: var(--line); }

.words { line-height: 1.75; }
.words p.title { font-weight: 650; font-size: 1.05em; margin: 0 0 .3rem; }
.words mark { color: inherit; border-radius: .2rem; padding: .12rem 0; }
.words mark.for { background: rgba(var(--for), calc(var(--s) * .55)); }
.words mark.against { background: rgba(var(--against), calc(var(--s) * .5)); text-decoration: underline dotted; }
.sides { display: grid; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); gap: .3rem 1.6rem;
  margin-top: .9rem; }
.sides .side { font-weight: 650; margin: 0; text-transform: capitalize; }
.sides .for .side { color: rgb(var(--for)) !important; }
.sides .against .side { color: rgb(var(--against)) !important;
  text-decoration: underline dotted; text-underline-offset: 4px; }
.sides ul { list-style: none; padding: 0; margin: .4rem 0 0; }
.sides li { display: flex; justify-content: space-between; gap: .6rem; margin: 0 0 .2rem; padding: 0 .45rem;
  line-height: 1.6; border-radius: .25rem; overflow-wrap: anywhere; }
.sides li b { font-weight: 500; }
.sides li span { font-variant-numeric: tabular-nums; }
.sides .for li { background: linear-gradient(to right, rgba(var(--for), .22) var(--w), transparent var(--w)); }
.sides .against li { background: linear-gradient(to right, rgba(var(--against), .2) var(--w), transparent var(--w)); }

table.compare, table.batch { width: 100%; border-collapse: collapse; margin-top: .6rem; }
table.compare, table.batch, table.compare tr, table.batch tr, table.compare thead, table.batch thead {
  border: 0 none !important; }
table.compare th, table.compare td, table.batch th, table.batch td { text-align: left; font-weight: 400;
  padding: .45rem .6rem; vertical-align: top; border-width: 0 0 1px; border-style: solid;
  border-color: var(--border-color-primary); }
table thead th { font-weight: 650 !important; }
table.compare thead th { font-size: 1.05em; overflow-wrap: anywhere; }
table.compare span { display: block; font-size: .85em; font-weight: 400; color: var(--quiet); }
table.compare tbody th { width: 30%; }
table.compare .below { color: var(--quiet); }
table.batch td:last-child span { display: inline-block; margin-right: .8rem; white-space: nowrap; }
.scroll { overflow-x: auto; }

ol.similar { padding-left: 1.6rem; margin-top: .6rem; }
ol.similar li { padding: .5rem 0; border-width: 0 0 1px; border-style: solid;
  border-color: var(--border-color-primary); }
ol.similar p { margin: 0; line-height: 1.5; }
div.problem { border: 1px solid rgb(var(--against)); box-shadow: inset 5px 0 0 rgb(var(--against));
  border-radius: .4rem; padding: .8rem 1rem .8rem 1.3rem; margin-top: .4rem; }
.secondary-wrap input { padding-right: 2rem; text-overflow: ellipsis; }
@media (max-width: 640px) {
  .gradio-container > .main, .gradio-container main { padding: .6rem !important; }
  .tab-wrapper, .tab-container { overflow-x: auto; max-width: 100%; }
  .tab-container button { padding: .4rem .5rem !important; }
  .bar .head span { flex-basis: 100%; order: 3; }
  table.compare { font-size: .85em; }
  table.compare th, table.compare td { padding: .4rem .3rem; }
  table.compare thead span { display: none; }
}
@media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important; } }
"""
