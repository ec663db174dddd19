"""What no schema can say, said to Schemathesis: SCHEMATHESIS_HOOKS names this module."""

import schemathesis


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case, kwargs: object) -> None:
    """An agent's load is left out where it has something in hand: the two would have to agree."""
    body = case.body
    agents = body.get("agents") if isinstance(body, dict) else None
    for agent in agents if isinstance(agents, list) else ():
        if (
            isinstance(agent, dict)
            and agent.get("busy")
            and type(agent.get("load")) is int
            and agent["load"] >= 0
        ):
            del agent["load"]
