"""The matrices of Winograd's convolution F(4, 3), and where they come from. What they are for: winograd.py.

Take two polynomials, h with m coefficients and g with r. Their product s, whose s[k] sums h[i] * g[k - i], has
m + r - 1 coefficients, so its values at m + r - 1 points determine it: evaluate both there, multiply value by value,
interpolate (Lagrange). With matrices A and G that evaluate h and g, and B that interpolates,
s = B [ (A h) * (G g) ]. Take the dot product with any numbers d, once by the definition and once by the matrices:

    sum_k d[k] s[k] = sum_i h[i] sum_a d[i + a] g[a] = h.T y            y: m outputs of r taps, what is wanted
    sum_k d[k] s[k] = d.T B [ (A h) * (G g) ]        = h.T A.T [ (G g) * (B.T d) ]

Both hold for every h, so y = A.T [ (G g) * (B.T d) ]. The points are 0, 1, -1, 2, -2, as many as are needed, since
their powers are small, and infinity, where a polynomial's value is its leading coefficient:

    row of G      at a finite point p:  (1, p, p**2) / product of (p - q) over the other finite points q
                  at infinity:          (0, 0, 1)
    row of B.T    at a finite point p:  the coefficients of  product of (z - q) over the other finite points q
                  at infinity:          the coefficients of  product of (z - q) over all finite points q
    column of A.T at a finite point p:  (1, p, ..., p**(m - 1))
                  at infinity:          (0, ..., 0, 1)

(Lagrange divides the polynomials of B.T by the products that stand under G here; done to the taps it costs nothing.)
F(2, 3) takes 0, 1, -1 and infinity; F(4, 3) takes 2 and -2 as well: its matrices stand below. The row of B.T at 0, say,
is (z - 1)(z + 1)(z - 2)(z + 2), which is 4 - 5 z**2 + z**4, and G divides by 4.

Source: Lavin & Gray, arXiv:1509.09308; Winograd, Arithmetic Complexity of Computations, 1980.
"""

B_T = [
    [4, 0, -5, 0, 1, 0],  # 0
    [0, -4, -4, 1, 1, 0],  # 1
    [0, 4, -4, -1, 1, 0],  # -1
    [0, -2, -1, 2, 1, 0],  # 2
    [0, 2, -1, -2, 1, 0],  # -2
    [0, 4, 0, -5, 0, 1],  # infinity
]
G = [
    [1 / 4, 0, 0],
    [-1 / 6, -1 / 6, -1 / 6],
    [-1 / 6, 1 / 6, -1 / 6],
    [1 / 24, 1 / 12, 1 / 6],
    [1 / 24, -1 / 12, 1 / 6],
    [0, 0, 1],
]
A_T = [[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]]
