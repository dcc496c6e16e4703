"""Where the activations are looked at: at kinks, near them, and far out."""

POINTS = sorted(
    {
        sign * value
        for sign in (-1.0, 1.0)
        for value in (
            0.0,
            1e-12,
            1e-6,
            0.01,
            0.3,
            0.5,
            1.0,
            1.7,
            2.0,
            2.5,
            2.999999,
            3.0,
            3.000001,
            4.0,
            5.0,
            5.999999,
            6.0,
            6.000001,
            7.5,
            9.0,
            12.0,
            17.0,
            20.0,
            30.0,
            37.0,
            50.0,
            88.0,
            100.0,
            700.0,
            1e4,
        )
    }
)
