"""What the demo says, in English and Spanish."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from api.messages import Language
from assigner.cli.words import Both, both

WORDS: Final[Mapping[str, Both]] = {
    # before
    "starting": ("Starting the service …", "Arrancando el servicio …"),
    "not_started": ("The service did not start: {why}", "El servicio no arrancó: {why}"),
    "no_reason": ("it said nothing.", "no dijo nada."),
    "by_signal": ("signal {number} killed it.", "lo mató la señal {number}."),
    "too_slow": ("it was not ready within {seconds} s.", "no estuvo listo en {seconds} s."),
    "ended": (
        "The service ended: {why} Its log is {log}",
        "El servicio terminó: {why} Su registro es {log}",
    ),
    "somebodys": (
        "{folder} holds a centre that is not the demo's: use another --state-dir.",
        "{folder} contiene un centro que no es el de la demo: use otro --state-dir.",
    ),
    "in_use": (
        "Another demo is at work in {folder}: end it, or use another --state-dir.",
        "Otra demo está en marcha en {folder}: ciérrela, o use otro --state-dir.",
    ),
    "made_centre": (
        "A made-up telecoms back office: {queues} queues, {agents} agents, {tasks} tasks that wait.",
        "Un back office de telecomunicaciones inventado: {queues} colas, {agents} agentes, {tasks} tareas.",
    ),
    "goes_on": (
        "It goes on where it was left {ago} ago: {waiting} tasks wait, {held} are with agents.",
        "Sigue donde se dejó hace {ago}: {waiting} tareas esperan, {held} están con agentes.",
    ),
    "anew": ("--fresh starts anew.", "--fresh empieza de nuevo."),
    "pace": (
        "Its agents do an hour's work in {hour}, and its deadlines are as much nearer.",
        "Sus agentes hacen el trabajo de una hora en {hour}, y sus plazos se acortan igual.",
    ),
    "real_clock": (
        "The service knows nothing of that: it runs on the real clock, at full size.",
        "El servicio no lo sabe: va con el reloj real, tal cual es.",
    ),
    # the view
    "faster": ("{pace}× faster than life", "{pace}× más deprisa que la vida"),
    "waiting": ("waiting", "esperan"),
    "offered": ("offered", "ofrecidas"),
    "in_hands": ("with agents", "con agentes"),
    "held": ("held", "retenidas"),
    "done": ("done", "hechas"),
    "at_risk": ("at risk", "en riesgo"),
    "late": ("late", "tarde"),
    "offers_s": ("offers a second", "ofertas por segundo"),
    "to_offer": ("A task's wait for its first offer", "Espera hasta la primera oferta"),
    "reaction": (
        "Once task and agent were free",
        "Desde que tarea y agente están libres",
    ),
    "within": ("half within {half}, 95 % within {most}", "la mitad en {half}, el 95 % en {most}"),
    "none_yet": ("none yet", "aún ninguna"),
    "queue": ("Queue", "Cola"),
    "backlog": ("Backlog", "Pendientes"),
    "oldest": ("Oldest", "Más antigua"),
    "agents": ("Agents", "Agentes"),
    "busy": ("busy", "ocupados"),
    "free": ("free", "libres"),
    "away": ("away", "ausentes"),
    "offline": ("offline", "desconectados"),
    "why_waits": ("Why does {task} wait?", "¿Por qué espera {task}?"),
    "nobody_waits": ("Nothing waits for an agent.", "Ninguna tarea espera agente."),
    "lately": ("Lately", "Últimamente"),
    "stop": ("Ctrl-C ends it; what is there stays.", "Ctrl-C la cierra; lo que hay se conserva."),
    # events
    "came_odd": (
        "{task} ({queue}) came, and nobody has the skills",
        "{task} ({queue}) llega, y nadie tiene las habilidades",
    ),
    "took": (
        "{agent} took {task} ({queue}), {wait} after it came",
        "{agent} toma {task} ({queue}), {wait} tras llegar",
    ),
    "declined": ("{agent} declined {task}: “{reason}”", "{agent} rechaza {task}: «{reason}»"),
    "ignored": ("{agent} let the offer of {task} expire", "{agent} deja caducar la oferta de {task}"),
    "too_late": ("{agent} was too late for {task}", "{agent} llega tarde para {task}"),
    "finished": (
        "{agent} finished {task}, after {wait} of work",
        "{agent} termina {task}, tras {wait} de trabajo",
    ),
    "left": ("{agent} goes for a break", "{agent} se va a descansar"),
    "back": ("{agent} is back", "{agent} ha vuelto"),
    # reasons
    "not_mine": ("not my customer's language", "no hablo bien su idioma"),
    "unsure": ("I would have to ask somebody", "tendría que preguntar"),
    "leaving": ("I am about to leave", "estoy a punto de salir"),
    "conflict": ("I know this customer", "conozco a este cliente"),
    # try it
    "try": ("Try it", "Pruébelo"),
    "try_docs": ("every route, to be tried", "todas las rutas, para probarlas"),
    "try_key": ("the platform's key, for curl", "la clave de la plataforma, para curl"),
    "try_stats": ("how it stands", "cómo va"),
    "try_why": ("why it waits", "por qué espera"),
    "try_task": ("a task of yours: watch who takes it", "una tarea suya: mire quién la toma"),
    # without a terminal
    "progress": (
        "{time}: {waiting} waiting, {held} with agents, {done} done; {late} late; {rate} offers a second.",
        "{time}: {waiting} esperan, {held} con agentes, {done} hechas; {late} tarde; {rate} ofertas/s.",
    ),
    # the summary
    "summary": ("What happened in {time}", "Qué pasó en {time}"),
    "there": ("There at the beginning", "Al empezar"),
    "made": ("Came", "Llegaron"),
    "yours": ("Made or ended by others", "Creadas o cerradas por otros"),
    "completed": ("Completed", "Hechas"),
    "now_waiting": ("Waiting", "A la espera"),
    "now_held": ("Held", "Retenidas"),
    "now_offered": ("Offered", "Ofrecidas"),
    "now_in_hands": ("With agents", "Con agentes"),
    "tasks": ("Tasks", "Tareas"),
    "offers": ("Offers", "Ofertas"),
    "offers_made": ("Made", "Hechas"),
    "accepted": ("Accepted", "Aceptadas"),
    "turned_down": ("Declined", "Rechazadas"),
    "expired": ("Expired", "Caducadas"),
    "withdrawn": ("Withdrawn: the agent left first", "Retiradas: el agente se fue antes"),
    "still_open": ("Still open", "Aún abiertas"),
    "kept": (
        "It is kept in {folder}: run it again, and it goes on from here.",
        "Se conserva en {folder}: ejecútela de nuevo y seguirá desde aquí.",
    ),
    # the second act
    "second": (
        "Or in one call, with nothing stored: {tasks} tasks and {agents} agents to POST /v1/assign.",
        "O en una llamada, sin guardar nada: {tasks} tareas y {agents} agentes a POST /v1/assign.",
    ),
    "second_more": ("All of it, on the command line:", "Entero, en la línea de órdenes:"),
}


def say(key: str, language: Language, **facts: object) -> str:
    """The words of a key, with these facts in their gaps."""
    return both(WORDS[key], language).format(**facts)
