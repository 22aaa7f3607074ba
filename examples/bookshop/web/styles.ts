export const styles = `
:root { color-scheme: light dark; --paper: light-dark(#faf7f2, #16171b); --ink: light-dark(#23211e, #ece8e1); --soft: light-dark(#6f6a62, #a49e94);
  --card: light-dark(#fff, #1f2126); --line: light-dark(#e6dfd3, #32343b); --accent: light-dark(#a3341f, #ff9a7a); }
* { box-sizing: border-box; margin: 0 }
body { background: var(--paper); color: var(--ink); font: 17px/1.6 "Hiragino Mincho ProN", "Yu Mincho", Georgia, serif; min-height: 100vh;
  display: grid; grid-template-rows: auto 1fr auto; gap: 2rem; padding: 1.5rem clamp(1rem, 5vw, 4rem); max-width: 76rem; margin: auto }
header a { font-size: 1.4rem; letter-spacing: .04em; color: inherit; text-decoration: none }
a { color: var(--accent) } h1 { line-height: 1.2; font-size: clamp(1.6rem, 4vw, 2.4rem) } h2 { font-size: 1.05rem; line-height: 1.3 }
p { color: var(--soft) } .lead { font-size: 1.2rem; margin-bottom: 2rem } footer { color: var(--soft); font-size: .85rem }
.shelf { list-style: none; padding: 0; display: grid; gap: 1.5rem; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)) }
.card { display: grid; gap: .35rem; padding: 1rem; height: 100%; background: var(--card); border: 1px solid var(--line); border-radius: 14px;
  color: inherit; text-decoration: none; transition: transform .15s, border-color .15s; align-content: start }
.card:hover, .card:focus-visible { transform: translateY(-3px); border-color: var(--accent) }
.cover { display: grid; align-content: end; aspect-ratio: 3 / 4; width: 100%; max-width: 16rem; padding: 1rem; border-radius: 4px 10px 10px 4px; color: #fff;
  background: linear-gradient(100deg, #0003 0 4%, transparent 4%), linear-gradient(160deg, hsl(var(--h) 48% 38%), hsl(calc(var(--h) + 40) 55% 24%));
  box-shadow: 0 6px 18px #0003; font-size: 1.15rem; line-height: 1.25; margin-bottom: .6rem }
.price { color: var(--ink); font-variant-numeric: tabular-nums } .price s { color: var(--soft) } .price b { color: var(--accent) }
.book { display: grid; gap: 2rem; grid-template-columns: minmax(10rem, 16rem) 1fr } .book div { display: grid; gap: .8rem; align-content: start }
@media (max-width: 40rem) { .book { grid-template-columns: 1fr } }
form { display: flex; gap: 1rem; align-items: center; flex-wrap: wrap } input, button { font: inherit; padding: .5rem .8rem; border-radius: 8px; border: 1px solid var(--line);
  background: var(--card); color: inherit } button { background: var(--accent); color: var(--paper); border: 0; cursor: pointer; padding-inline: 1.6rem }
.steps { list-style: none; display: flex; gap: .5rem; padding: 0; margin: 1.5rem 0 } .steps li { padding: .3rem .9rem; border-radius: 99px; border: 1px solid var(--line); color: var(--soft) }
.steps .done { background: var(--accent); color: var(--paper); border-color: transparent }
@media (prefers-reduced-motion: reduce) { .card { transition: none } }
`
