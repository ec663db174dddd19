"""What `assigner simulate` says, in English and Spanish: a part of `words.WORDS`."""

from __future__ import annotations

from collections.abc import Mapping

SIMULATE: Mapping[str, tuple[str, str]] = {
    "simulating": ("Simulating", "Simulando"),
    "sim_headline": (
        "{hours} of {agents}, {seeds} times with other draws: about {cases} each.",
        "{hours} de {agents}, {seeds} veces con otros sorteos: alrededor de {cases} cada vez.",
    ),
    "sim_one_hours": ("1 hour", "1 hora"),
    "sim_many_hours": ("{count} hours", "{count} horas"),
    "sim_one_agents": ("1 agent", "1 agente"),
    "sim_many_agents": ("{count} agents", "{count} agentes"),
    "sim_one_cases": ("1 case", "1 caso"),
    "sim_many_cases": ("{count} cases", "{count} casos"),
    "sim_verdict": ("{policy} beside {other}: {said}.", "{policy} frente a {other}: {said}."),
    "sim_better": ("surely better in {measures}", "sin duda mejor en {measures}"),
    "sim_worse": ("surely worse in {measures}", "sin duda peor en {measures}"),
    "sim_alike": (
        "nothing is sure; more --seeds may tell",
        "nada es seguro; quizá con más --seeds",
    ),
    "sim_reading": (
        "± and ─●─ are 95 % intervals. Sure is what leaves out 0; it is green where better, red where worse.",
        "± y ─●─ son intervalos del 95 %. Es seguro lo que no llega al 0: verde si es mejor, rojo si peor.",
    ),
    "sim_measure": ("Measure", "Medida"),
    "sim_policy": ("Policy", "Política"),
    "sim_mean": ("Mean", "Media"),
    "sim_picture": ("worse  0 better", " peor  0  mejor"),
    "sim_against": ("Against {name}", "Frente a {name}"),
    "sim_cycle": ("Whole case", "Caso entero"),
    "sim_wait": ("Wait", "Espera"),
    "sim_wait_p99": ("p99 wait", "Espera p99"),
    "sim_wait_longest": ("Longest wait", "Espera máxima"),
    "sim_attained": ("Promises kept", "Cumplimiento"),
    "sim_abandoned": ("Abandoned", "Abandonos"),
    "sim_profile": (
        "{count} numbers will not do; expected 1, 24 of a day, or 168 of a week from Monday's midnight.",
        "{count} números no valen; se espera 1, 24 de un día, o 168 de una semana desde el lunes a las 0 h.",
    ),
    "sim_no_profile": (
        "'arrivals_per_hour' is required, unless --trace tells what arrives.",
        "Hace falta 'arrivals_per_hour', salvo que --trace diga lo que llega.",
    ),
    "sim_no_arrivals": (
        "Nothing ever arrives: give an hour a number above 0.",
        "Nunca llega nada: ponga en alguna hora un número mayor que 0.",
    ),
    "sim_empty": ("There are none: name one at least.", "No hay: indique al menos uno."),
    "sim_no_share": (
        "No case begins with any of them: give one a share above 0.",
        "Ningún caso empieza por ellas: dé a alguna un 'share' mayor que 0.",
    ),
    "sim_no_queue": ("There is no queue '{name}'.{maybe}", "No hay cola '{name}'.{maybe}"),
    "sim_no_category": ("There is no category '{name}'.{maybe}", "No hay categoría '{name}'.{maybe}"),
    "sim_then": (
        "The shares add up to {sum}; expected 1 at most, what is left is the end of the case.",
        "Las partes suman {sum}; se espera 1 como mucho, lo que falta es el fin del caso.",
    ),
    "sim_nobody": (
        "No agent has all its skills: nobody could ever do '{name}'.",
        "Ningún agente tiene todas sus habilidades: nadie podría hacer '{name}'.",
    ),
    "sim_same_name": (
        "One of several who are alike is named '{name}' too: give it another name.",
        "Uno de varios iguales también se llama '{name}': dele otro nombre.",
    ),
    "sim_time": (
        "'{text}' is no time of day; expected such as 08:30, in quotes or not, 24:00 at most.",
        "'{text}' no es una hora; se espera algo como 08:30, con comillas o sin ellas, 24:00 como mucho.",
    ),
    "sim_backward": (
        "It ends before it begins: of a night make two shifts, one until 24:00 and one from 00:00.",
        "Acaba antes de empezar: de una noche haga dos turnos, uno hasta las 24:00 y otro desde las 00:00.",
    ),
    "sim_overlap": (
        "Two shifts overlap: make one of them, or move one.",
        "Dos turnos se solapan: júntelos, o mueva uno.",
    ),
    "sim_too_many": (
        "{count} agents are too many for so many categories; expected {most} at most.",
        "{count} agentes son demasiados para tantas categorías; se esperan {most} como mucho.",
    ),
    "sim_too_long": (
        "That would be about {count} tasks; expected {most} at most: fewer hours, or fewer arrivals.",
        "Serían unas {count} tareas; se esperan {most} como mucho: menos horas, o menos llegadas.",
    ),
    "sim_long_trace": (
        "More than {most} hours are between the first row and the last: leave some out, or mend a year.",
        "Entre la primera fila y la última hay más de {most} horas: quite algunas, o corrija algún año.",
    ),
    "sim_endless": (
        "A case would go on for more than {most} tasks: lower the shares in 'then', so that it ends.",
        "Un caso pasaría de {most} tareas: baje las partes de 'then', para que termine.",
    ),
    "sim_nothing": (
        "Nothing arrived, so there is nothing to compare: give more hours, or more arrivals.",
        "No llegó nada, y no hay qué comparar: dé más horas, o más llegadas.",
    ),
    "sim_living": (
        "'{name}' is a rule of the service's queues: ask for it with --desk living.",
        "'{name}' es una regla de las colas del servicio: pídala con --desk living.",
    ),
    "sim_no_policy": (
        "There is no policy '{name}'.{maybe}",
        "No hay ninguna política '{name}'.{maybe}",
    ),
    "sim_policies": ("There are: {known}.", "Hay: {known}."),
}
"""By key; the gaps are the same in both languages."""
