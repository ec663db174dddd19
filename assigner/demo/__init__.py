"""`make demo`: the living service, with a made-up centre at work in it."""
