"""What `assigner apply` and `assigner export` say, in English and Spanish: a part of `words.WORDS`."""

from __future__ import annotations

from collections.abc import Mapping

CENTRE: Mapping[str, tuple[str, str]] = {
    # what is wrong with the YAML
    "yaml_not_utf8": ("It is not UTF-8 from here on.", "Desde aquí no está en UTF-8."),
    "bad_yaml": ("It is not YAML: {error}.", "No es YAML: {error}."),
    "second_document": (
        "A second document begins here; a file has one.",
        "Aquí empieza un segundo documento; un fichero solo tiene uno.",
    ),
    "tagged": (
        "The tag {tag} means nothing here; text goes in quotes.",
        "La etiqueta {tag} no significa nada aquí; el texto va entre comillas.",
    ),
    "twice_at": (
        "'{name}' is there twice; first on line {first}.",
        "'{name}' está dos veces; la primera, en la línea {first}.",
    ),
    "no_anchor": ("There is no anchor '{name}' above.", "No hay un ancla '{name}' más arriba."),
    "too_many_aliased": (
        "Aliases bring in more than {most:,} values.",
        "Los alias aportan más de {most:,} valores.",
    ),
    "too_deep": ("It is more than {most} levels deep.", "Tiene más de {most} niveles."),
    "odd_key": ("A key has to be a text.", "Una clave tiene que ser un texto."),
    "bad_merge": (
        "'<<' takes an object, or a list of objects, such as *name.",
        "'<<' admite un objeto o una lista de objetos, como *nombre.",
    ),
    # what is wrong with the centre
    "centre_empty": (
        "It says nothing; expected queues, agents or tasks.",
        "No dice nada; se espera queues, agents o tasks.",
    ),
    "not_object": (
        "{shown} will not do; expected an object: names with values.",
        "{shown} no vale; se espera un objeto: nombres con valores.",
    ),
    "no_section": (
        "There is no section '{name}'; expected queues, agents, tasks, or x-… for what is yours.{maybe}",
        "No existe la sección '{name}'; se espera queues, agents, tasks, o x-… para lo suyo.{maybe}",
    ),
    "bad_id": (
        "{shown} will not do; expected an id of 1 to 128 visible ASCII characters.",
        "{shown} no vale; se espera un identificador de 1 a 128 caracteres ASCII visibles.",
    ),
    "other_id": (
        "The id is not that of the key: leave it out.",
        "El id no es el de la clave: quítelo.",
    ),
    "quote_it": (" Write it in quotes.", " Escríbalo entre comillas."),
    "elsewhere": (
        "'{name}' is in {file} too, on line {line}.",
        "'{name}' está también en {file}, en la línea {line}.",
    ),
    "prune_nobody": (
        "--prune needs a section 'agents', else everybody would go.",
        "--prune necesita una sección 'agents'; si no, se irían todos.",
    ),
    "too_large": (
        "It has more than {most:,} bytes.",
        "Tiene más de {most:,} bytes.",
    ),
    # the service
    "not_reached": (
        "{url} did not answer: {why}",
        "{url} no respondió: {why}",
    ),
    "not_a_service": (
        "{url} does not answer as this service does: {why}",
        "{url} no responde como este servicio: {why}",
    ),
    "other_version": (
        "{url} has fields that this version does not know; use the version that it runs: {why}",
        "{url} tiene campos que esta versión no conoce; use la misma versión que el servicio: {why}",
    ),
    "changed_meanwhile": (
        "Somebody changed it meanwhile, and it is left as it is: run this again.",
        "Alguien lo ha cambiado entretanto y queda como está: ejecútelo otra vez.",
    ),
    "made_meanwhile": (
        "Somebody made it meanwhile; it is now as the file says.",
        "Alguien lo ha creado entretanto; ahora está como dice el fichero.",
    ),
    "broke_off": (
        "It broke off; what is done stays done, and running this again does the rest.",
        "Se ha interrumpido; lo hecho queda hecho, y al ejecutarlo otra vez se hace el resto.",
    ),
    # the difference, and what was done
    "queues": ("Queues", "Colas"),
    "agents": ("Agents", "Agentes"),
    "nothing_to_do": ("There is nothing to do.", "No hay nada que hacer."),
    "same_count": ("{count} the same", "{count} sin cambios"),
    "ended_count": ("{count} ended, and left alone", "{count} terminadas, que no se tocan"),
    "would": (
        "{made} to make, {changed} to change, {removed} to remove.",
        "Por hacer: {made} altas, {changed} cambios, {removed} bajas.",
    ),
    "done": (
        "{made} made, {changed} changed, {removed} removed, {same} the same.",
        "Altas: {made}; cambios: {changed}; bajas: {removed}; sin cambios: {same}.",
    ),
    "unlisted": (
        "Agents that are not in the file: {count}; --prune removes them.",
        "Agentes que no están en el fichero: {count}; --prune los quita.",
    ),
    "tasks_ended": (
        "Tasks that have ended, and are left alone: {count}.",
        "Tareas terminadas, que no se tocan: {count}.",
    ),
    "not_as_asked": ("{count} did not go as asked:", "{count} no han ido como se pedía:"),
    "reading_files": ("Reading the file", "Leyendo el fichero"),
    "reading_centre": ("Reading the centre", "Leyendo el centro"),
    "applying": ("Applying", "Aplicando"),
}
"""By key; the gaps are the same in both languages."""
