"""What is wrong with a body, in words: each sentence once, in English and in Spanish."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from api.messages import Language

SENTENCES: Final[Mapping[str, tuple[str, str]]] = {
    "one_fault": (
        "The body has 1 fault: mend each one listed in errors.",
        "El cuerpo tiene un error: corrija lo que dice errors.",
    ),
    "many_faults": (
        "The body has {count} faults: mend each one listed in errors.",
        "El cuerpo tiene {count} errores: corrija cada uno de los que dice errors.",
    ),
    "first_faults": (" The first {count} are listed.", " Ahí están los primeros {count}."),
    "wrong_type": ("{value} is {what}; expected {expected}.", "{value} es {what}; se espera {expected}."),
    "out_of_range": (
        "{value} is out of range; expected {expected}.",
        "{value} está fuera de sus límites; se espera {expected}.",
    ),
    "will_not_do": (
        "{value} will not do; expected {expected}.",
        "{value} no vale; tiene que tener {expected}.",
    ),
    "unknown_field": ("There is no field {value} here.", "Aquí no hay ningún campo {value}."),
    "unknown_value": (
        "{value} is not known; expected one of {known}.",
        "{value} no se conoce; se espera uno de {known}.",
    ),
    "maybe": (" Maybe '{near}'.", " Quizá '{near}'."),
    "read_only": (
        "The service keeps {value} itself: leave it out.",
        "El servicio lleva {value} por sí mismo: quítelo.",
    ),
    "missing": ("'{name}' is required.", "Falta '{name}'."),
    "many_items": (
        "{count} items are too many; expected {most} at most.",
        "{count} elementos son demasiados; se esperan {most} como mucho.",
    ),
    "long_text": (
        "The text has {count} characters; expected {most} at most.",
        "El texto tiene {count} caracteres; se esperan {most} como mucho.",
    ),
    "many_bytes": (
        "{count} bytes of JSON are too many; expected {most} at most.",
        "{count} bytes de JSON son demasiados; se esperan {most} como mucho.",
    ),
    "naive_instant": (
        "{value} has no offset; add Z, or one such as +01:00.",
        "A {value} le falta la zona horaria: añada Z, o una como +01:00.",
    ),
    "bad_instant": (
        "{value} is no instant; expected {expected}.",
        "{value} no es un instante; se espera {expected}.",
    ),
    "pinned_and_excluded": (
        "{value} is excluded too: drop one of the two.",
        "{value} también está excluido: quite una de las dos cosas.",
    ),
    "window_ends_first": (
        "{ends} is not after available_from, {begins}: move one of the two, or both in one request.",
        "{ends} no es posterior a available_from, {begins}: cambie uno de los dos, o ambos de una vez.",
    ),
    "busy_not_load": (
        "The sizes add up to {sum}; load is {load}: leave out one of the two.",
        "Los tamaños suman {sum} y load es {load}: quite uno de los dos.",
    ),
    "duplicate_id": ("{value} is the id of {place} already.", "{value} ya es el identificador de {place}."),
    "infinite": ("an infinite number", "un número infinito"),
    "is_bool": ("a boolean", "un booleano"),
    "is_int": ("an integer", "un entero"),
    "is_float": ("a number", "un número"),
    "is_str": ("a string", "un texto"),
    "is_list": ("a list", "una lista"),
    "is_null": ("null", "null"),
    "is_dict": ("an object", "un objeto"),
    "true_or_false": ("true or false", "true o false"),
    "one_of": ("one of {known}", "uno de {known}"),
    "instant": (
        "an instant with an offset, such as 2026-11-23T09:00:00+01:00",
        "un instante con zona horaria, como 2026-11-23T09:00:00+01:00",
    ),
    "bad_id": ("1 to 128 visible ASCII characters", "de 1 a 128 caracteres ASCII visibles"),
    "bad_name": (
        "1 to 128 characters, none of them a control character",
        "de 1 a 128 caracteres, ninguno de control",
    ),
    "above": ("{what} above {low}", "{what} mayor que {low}"),
    "from": ("{what} from {low}", "{what} desde {low}"),
    "below": ("{range} and below {high}", "{range} y menor que {high}"),
    "to": ("{range} to {high}", "{range} hasta {high}"),
}
"""In English and in Spanish."""


def say(key: str, language: Language, **facts: object) -> str:
    """A sentence, or a part of one; numbers as they are written in the language."""
    said = {name: number(fact, language) if _counts(fact) else fact for name, fact in facts.items()}
    return SENTENCES[key][language == "es"].format(**said)


def number(value: object, language: Language) -> str:
    """A number, its thousands apart; one with a fraction as JSON has it."""
    if isinstance(value, float) and not value.is_integer():
        return f"{value}"
    text = f"{value:,}"
    return text.replace(",", ".") if language == "es" else text


def _counts(fact: object) -> bool:
    return isinstance(fact, int | float) and not isinstance(fact, bool)
