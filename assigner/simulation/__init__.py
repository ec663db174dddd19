"""A world on a manual clock, to judge rules over time: the same draws for every policy, paired comparisons.

Times are hours since the world began, as floats; task types and agents are numbers, `World.types` and
`World.agents` their names. What there is:

- `world.py`: `World` (types, agents, how long each takes, who is there when), `Case` and `Step` (what a
  client asks, each draw made in advance), `cases(world, seed, number)` draws them. A trace is a list of
  `Case` made by whoever has one.
- `presence.py`: who is there when: `Shifts`, `Published` and `Independent`.
- `moment.py`: what a policy sees (`Moment`: `Line`s of waiting `Task`s, agents idle and busy) and what it is
  (`Policy`: `choose(moment)` gives pairs of a task and an agent).
- `bare.py`: `run(world, cases, policy, seed=…)`, the bare desk: fast, for long comparisons. `Outcome` has
  each task and when each case ended.
- `living.py`: `run`, the living desk: the same world with the real store in memory, dispatcher and solver.
- `measures.py`, `compare.py`: what a run was worth, and paired differences with 95 % intervals.
- `theory.py`: Erlang C, Erlang A and Cobham, to check the simulator with.
- `policies.py`: the table `POLICIES`, from a name to what makes a policy.
- `price_and_hold.py`: our rule over time, `solver/over_time.py`, at the bare desk.
"""
