"""How the page looks: the system's own fonts, light and dark, one column on a phone."""

STYLE = """
.gradio-container { max-width: min(1080px, 100vw) !important; margin: 0 auto !important; }
footer { display: none !important; }
:root { --quiet: #4b5563; --for: 30, 120, 90; --against: 176, 60, 50; --bar: #2f6f9f; --rest: #9aa7b4; }
.dark { --quiet: #b6bdc7; --for: 90, 200, 150; --against: 235, 125, 110; --bar: #6db1e0; --rest: #6b7785; }
.bars { display: grid; gap: .7rem; }
.bar .head { display: flex; gap: .6rem; align-items: baseline; flex-wrap: wrap; }
.bar .head span { color: var(--quiet); font-size: .92em; }
.bar .head em { margin-left: auto; font-style: normal; font-variant-numeric: tabular-nums; }
.bar.below b, .bar.below em { font-weight: 400; color: var(--quiet); }
.track { position: relative; height: .6rem; border-radius: .3rem; background: var(--background-fill-secondary);
  border: 1px solid var(--border-color-primary); margin-top: .2rem; }
.fill { height: 100%; border-radius: .3rem; background: var(--bar); min-width: 2px; }
.bar.below .fill { background: var(--rest); }
.cut { position: absolute; top: -.25rem; bottom: -.25rem; width: 2px; opacity: .75;
  background: var(--body-text-color); }
.note { color: var(--quiet); font-size: .9em; margin-top: .8rem; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.words { line-height: 1.75; }
.words h4 { margin: 0 0 .4rem; font-weight: 600; }
.words mark { color: inherit; border-radius: .25rem; padding: .1rem .15rem; }
.words mark.for { background: rgba(var(--for), calc(var(--s) * .6)); }
.words mark.against { background: rgba(var(--against), calc(var(--s) * .6)); text-decoration: underline dotted; }
.words ul { display: flex; flex-wrap: wrap; gap: .3rem .9rem; padding: 0; margin: .8rem 0 0; list-style: none; }
.words li { font-variant-numeric: tabular-nums; list-style: none; }
.words li.for b, .note .for { color: rgb(var(--for)); }
.words li.against b, .note .against { color: rgb(var(--against)); text-decoration: underline dotted; }
.compare { display: grid; gap: 1.5rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr)); }
.compare h4 { margin: 0 0 .6rem; font-weight: 600; overflow-wrap: anywhere; }
.similar { padding-left: 1.4rem; line-height: 1.7; }
.similar b { font-variant-numeric: tabular-nums; margin-right: .4rem; }
.similar span { color: var(--quiet); margin-left: .4rem; font-size: .92em; }
.problem { border: 1px solid rgb(var(--against)); border-left-width: 5px; border-radius: .4rem; padding: .8rem 1rem; }
@media (max-width: 640px) {
  .tab-wrapper, .tab-container { overflow-x: auto; max-width: 100%; }
  .tab-container button { padding: .4rem .5rem !important; }
  .bar .head span { flex-basis: 100%; order: 3; }
}
"""
